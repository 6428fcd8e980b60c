/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bars, sparklines and clipping. */
#include <langinfo.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>

#include "guard/render/bars.h"

#define PIECES 8 /* of a cell, where there are blocks */

/* What is shown as 0.0 % draws nothing; what is more draws something, where a piece is
 * small enough not to overstate it. */
#define SHOWN_PERCENT 0.05

bool dg_bars_have_blocks(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", NULL);
	bool have = locale && dg_streq(nl_langinfo_l(CODESET, locale), "UTF-8");

	if (locale)
		freelocale(locale);
	return have;
}

/* --- bars --- */

static size_t count_pieces(double percent, size_t cells, bool blocks)
{
	double share = percent < 0 ? 0 : percent > 100 ? 100 : percent;
	double all = (double)(blocks ? cells * PIECES : cells);
	size_t pieces = (size_t)(share / 100 * all + 0.5);

	return pieces == 0 && blocks && percent >= SHOWN_PERCENT ? 1 : pieces;
}

static char *append(char *to, const char *cell)
{
	return stpcpy(to, cell);
}

const char *dg_bar(double percent, size_t width, bool blocks,
		   char ret[static DG_BAR_SIZE])
{
	static const char *const parts[PIECES + 1] = {"░", "▏", "▎", "▍", "▌",
						      "▋", "▊", "▉", "█"};
	size_t cells = width < DG_BAR_MAX ? width : DG_BAR_MAX;
	size_t each = blocks ? PIECES : 1, filled;
	char *to = ret;

	*to = '\0';
	filled = isnan(percent) ? 0 : count_pieces(percent, cells, blocks);
	for (size_t i = 0; i < cells; i++) {
		size_t here = filled < each ? filled : each;

		if (isnan(percent))
			to = append(to, " ");
		else if (blocks)
			to = append(to, parts[here]);
		else
			to = append(to, here ? "#" : ".");
		filled -= here;
	}
	return ret;
}

/* --- sparklines --- */

/* Of those that are numbers; NaN: none is. */
static double find_mean(const double *values, size_t count)
{
	double sum = 0;
	size_t known = 0;

	for (size_t i = 0; i < count; i++)
		if (!isnan(values[i])) {
			sum += values[i];
			known++;
		}
	return known ? sum / (double)known : (double)NAN;
}

static const char *find_level(double percent, bool blocks)
{
	static const char *const high[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	static const char *const plain[] = {"_", ".", ":", "-", "=", "+", "*", "#"};
	size_t last = DG_COUNT(high) - 1, level;

	if (isnan(percent))
		return " ";
	if (percent < 0)
		percent = 0;
	level = percent >= 100 ? last : (size_t)(percent / 100 * DG_COUNT(high));
	return blocks ? high[level] : plain[level];
}

const char *dg_sparkline(const double *percents, size_t count, size_t width, bool blocks,
			 char ret[static DG_BAR_SIZE])
{
	size_t cells = width < DG_BAR_MAX ? width : DG_BAR_MAX;
	char *to = ret;

	*to = '\0';
	if (count < cells)
		cells = count;
	for (size_t i = 0; i < cells; i++) {
		size_t from = i * count / cells, until = (i + 1) * count / cells;

		to = append(to,
			    find_level(find_mean(percents + from, until - from), blocks));
	}
	return ret;
}

/* --- text that has to fit --- */

static bool is_inside_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t dg_count_columns(const char *text)
{
	size_t columns = 0;

	for (; *text; text++)
		columns += !is_inside_character(*text);
	return columns;
}

/* Bytes of the first `columns` characters among the `size` bytes at `text`. */
static size_t find_end(const char *text, size_t size, size_t columns)
{
	size_t i = 0;

	while (i < size && (columns > 0 || is_inside_character(text[i])))
		columns -= !is_inside_character(text[i++]);
	return i;
}

static void print_clipped(FILE *out, const char *text, size_t size, size_t columns)
{
	if (find_end(text, size, columns) == size) {
		fwrite(text, 1, size, out);
		return;
	}
	fwrite(text, 1, find_end(text, size, columns - 1), out);
	fputs("…", out);
}

static char *finish(FILE *stream, char **text)
{
	if (fclose(stream) == 0)
		return *text;
	free(*text);
	return NULL;
}

char *dg_clip(const char *text, size_t columns)
{
	char *clipped = NULL;
	size_t size;
	FILE *stream = open_memstream(&clipped, &size);

	if (!stream)
		return NULL;
	print_clipped(stream, text, strlen(text), columns ? columns : 1);
	return finish(stream, &clipped);
}

char *dg_clip_words(const char *text, size_t columns)
{
	char *clipped = NULL;
	size_t size;
	FILE *stream = open_memstream(&clipped, &size);

	if (!stream)
		return NULL;
	while (*text) {
		size_t word = strcspn(text, " "), gap = strspn(text + word, " ");

		print_clipped(stream, text, word, columns ? columns : 1);
		fwrite(text + word, 1, gap, stream);
		text += word + gap;
	}
	return finish(stream, &clipped);
}

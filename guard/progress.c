/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The live line on a terminal. */
#include <math.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guard/progress.h"
#include "guard/render/bars.h"
#include "policy/text.h"

#define WIDTH_USUAL 80
#define WIDTH_MIN   16 /* below it there is no room for a word */
#define WIDTH_MAX   120
#define DISK_MAX    16 /* columns of a disk's name */
#define SPARK_MAX   48

#define ERASE "\r\033[K"

static bool can_rewrite(FILE *out)
{
	const char *term = getenv("TERM");

	return isatty(fileno(out)) && term && *term && !dg_streq(term, "dumb");
}

void dg_display_open(struct dg_display *display, FILE *out, bool wanted)
{
	*display = (struct dg_display){.stage = -1, .step = 1};
	if (wanted && can_rewrite(out))
		display->out = out;
	display->blocks = display->out && dg_bars_have_blocks();
}

/* --- the history --- */

/* Half as many, each of twice as many looks. */
static void fold_history(struct dg_display *d)
{
	d->count /= 2;
	for (size_t i = 0; i < d->count; i++) {
		double a = d->history[2 * i], b = d->history[2 * i + 1];

		d->history[i] = isnan(a) ? b : isnan(b) ? a : (a + b) / 2;
	}
	d->step *= 2;
}

static void add_look(struct dg_display *d, double percent)
{
	if (percent >= 0) {
		d->sum += percent;
		d->known++;
	}
	if (++d->looks < d->step)
		return;
	d->history[d->count++] = d->known ? d->sum / d->known : (double)NAN;
	d->looks = d->known = 0;
	d->sum = 0;
	if (d->count == DG_DISPLAY_HISTORY)
		fold_history(d);
}

/* --- the line --- */

static void put(char *line, size_t size, const char *text)
{
	size_t used = strlen(line);

	snprintf(line + used, size - used, "%s", text);
}

/* Append `text` if it fits `width` columns. */
static bool put_fitting(char *line, size_t size, size_t width, const char *text)
{
	if (dg_count_columns(line) + dg_count_columns(text) > width)
		return false;
	put(line, size, text);
	return true;
}

static void describe_stage(const struct dg_progress *p, char *line, size_t size)
{
	snprintf(line, size, "%s%s %.0f/%.0f s",
		 p->stage == DG_PROGRESS_WAITING  ? "waiting for load"
		 : p->stage == DG_PROGRESS_WINDOW ? "sampling"
						  : "trying ",
		 p->stage != DG_PROGRESS_TRIAL ? ""
		 : p->way		       ? p->way
					       : "a load",
		 p->elapsed_s, p->planned_s);
}

static void put_disk(const struct dg_progress *p, char *line, size_t size, size_t width)
{
	DG_FREE char *clean = NULL, *name = NULL;
	char text[128], await[32] = "";

	if (!p->disk)
		return;
	clean = dg_clean_text(p->disk, strlen(p->disk));
	name = clean ? dg_clip(clean, DISK_MAX) : NULL;
	if (!name)
		return;
	if (p->disk_await_ms >= 0)
		snprintf(await, sizeof(await), " %.1f ms", p->disk_await_ms);
	snprintf(text, sizeof(text), "  %s%s", name, await);
	put_fitting(line, size, width, text);
}

/* Of what is left of the width. */
static void put_sparkline(const struct dg_display *d, char *line, size_t size,
			  size_t width)
{
	size_t used = dg_count_columns(line) + 2, cells;
	char spark[DG_BAR_SIZE];

	if (used >= width || d->count == 0)
		return;
	cells = width - used < SPARK_MAX ? width - used : SPARK_MAX;
	put(line, size, "  ");
	put(line, size, dg_sparkline(d->history, d->count, cells, d->blocks, spark));
}

static void compose(const struct dg_display *d, const struct dg_progress *p, size_t width,
		    char *line, size_t size)
{
	char text[64], stage[128];
	DG_FREE char *clipped = NULL;

	describe_stage(p, stage, sizeof(stage));
	clipped = dg_clip(stage, width);
	snprintf(line, size, "%s", clipped ? clipped : "");
	if (p->io_full_percent >= 0) {
		snprintf(text, sizeof(text), "  io full %.0f %%", p->io_full_percent);
		put_fitting(line, size, width, text);
	}
	put_disk(p, line, size, width);
	put_sparkline(d, line, size, width);
}

/* --- the terminal --- */

/* Columns that may be written to without a wrap; 0: too few to be of use. */
static size_t find_width(FILE *out)
{
	struct winsize size;
	size_t width = WIDTH_USUAL;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col)
		width = size.ws_col;
	if (width > WIDTH_MAX)
		width = WIDTH_MAX;
	return width < WIDTH_MIN ? 0 : width - 1;
}

/* A job in the background leaves the terminal to others. */
static bool is_in_front(FILE *out)
{
	pid_t front = tcgetpgrp(fileno(out));

	return front < 0 || front == getpgrp();
}

void dg_display_show(const struct dg_progress *progress, void *arg)
{
	struct dg_display *d = arg;
	char line[1024];
	size_t width;

	if (!d->out)
		return;
	if (d->stage != (int)progress->stage) {
		d->stage = progress->stage;
		d->count = 0;
		d->step = 1;
		d->looks = d->known = 0;
		d->sum = 0;
	}
	add_look(d, progress->io_full_percent);
	width = find_width(d->out);
	if (!width || !is_in_front(d->out))
		return;
	compose(d, progress, width, line, sizeof(line));
	fprintf(d->out, ERASE "%s", line);
	fflush(d->out);
	d->shown = true;
}

void dg_display_close(struct dg_display *display)
{
	if (display->out && display->shown) {
		fputs(ERASE, display->out);
		fflush(display->out);
	}
	*display = (struct dg_display){.stage = -1, .step = 1};
}

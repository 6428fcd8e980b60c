/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* compare as a page. */
#include <errno.h>

#include "guard/render/html-page.h"
#include "guard/render/records.h"
#include "policy/timefmt.h"

/* --- tables --- */

static void print_time(FILE *out, int64_t time)
{
	char text[DG_TIME_SIZE];

	dg_html_element(out, "td", NULL, time ? dg_time_format(time, text) : "not known");
}

static void print_heads(FILE *out, const struct dg_comparison *c, const char *caption,
			const char *class)
{
	char title[DG_BOOT_TITLE_SIZE];

	fputs("<table>\n", out);
	dg_html_element(out, "caption", NULL, caption);
	fputs("<thead><tr><td></td>\n", out);
	for (int side = 0; side < 2; side++)
		dg_html_element(out, "th scope=\"col\"", class,
				dg_boot_title(c, side, title));
	fputs("</tr></thead>\n<tbody>\n", out);
}

static int print_figures(FILE *out, const struct dg_comparison *c)
{
	if (c->figures.count == 0)
		return 0;
	print_heads(out, c, "Figures", "number");
	for (size_t i = 0; i < c->figures.count; i++) {
		fputs("<tr>", out);
		dg_html_element(out, "th scope=\"row\"", NULL, c->figures.items[i].what);
		for (int side = 0; side < 2; side++) {
			DG_FREE char *text = dg_figure_text(&c->figures.items[i], side);

			if (!text)
				return -ENOMEM;
			dg_html_element(out, "td", "number", text);
		}
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
	return 0;
}

static void print_circumstances(FILE *out, const struct dg_comparison *c)
{
	print_heads(out, c, "Circumstances", NULL);
	for (size_t i = 0; i < c->circumstances.count; i++) {
		const struct dg_comparison_row *row = &c->circumstances.items[i];

		fputs(row->same ? "<tr>" : "<tr class=\"changed\">", out);
		dg_html_element(out, "th scope=\"row\"", NULL, row->what);
		for (int side = 0; side < 2; side++)
			dg_html_element(out, "td", NULL,
					row->sides[side].text ? row->sides[side].text
							      : "not known");
		fputs("</tr>\n", out);
	}
	fputs("</tbody></table>\n", out);
}

static void print_boots(FILE *out, const struct dg_comparison *c)
{
#define TEXTS(member)                                  \
	{                                              \
		c->boots[0].member, c->boots[1].member \
	}
	const struct {
		const char *what, *texts[2];
	} rows[] = {
		{.what = "boot id", .texts = TEXTS(boot_id)},
		{.what = "kernel", .texts = TEXTS(kernel)},
		{.what = "verdict", .texts = TEXTS(verdict)},
		{.what = "headline", .texts = TEXTS(headline)},
	};
#undef TEXTS

	print_heads(out, c, "Boots", NULL);
	for (size_t i = 0; i < DG_COUNT(rows); i++) {
		fputs("<tr>", out);
		dg_html_element(out, "th scope=\"row\"", NULL, rows[i].what);
		for (int side = 0; side < 2; side++)
			dg_html_element(out, "td", NULL,
					rows[i].texts[side] ? rows[i].texts[side]
							    : "not known");
		fputs("</tr>\n", out);
	}
	fputs("<tr><th scope=\"row\">booted</th>\n", out);
	print_time(out, c->boots[0].boot_time);
	print_time(out, c->boots[1].boot_time);
	fputs("</tr>\n</tbody></table>\n", out);
}

int dg_html_comparison(FILE *out, const struct dg_comparison *c,
		       const struct dg_style *style)
{
	char a[DG_BOOT_TITLE_SIZE], b[DG_BOOT_TITLE_SIZE];
	char title[2 * DG_BOOT_TITLE_SIZE + 8];
	int r;

	(void)style;
	snprintf(title, sizeof(title), "%s and %s", dg_boot_title(c, 0, a),
		 dg_boot_title(c, 1, b));
	dg_html_begin(out, title);
	dg_html_element(out, "p", NULL, c->changed);
	dg_html_element(out, "p", NULL, c->same);
	if (c->caveat)
		dg_html_element(out, "p", "quiet", c->caveat);
	r = print_figures(out, c);
	print_circumstances(out, c);
	print_boots(out, c);
	dg_html_end(out);
	return r;
}

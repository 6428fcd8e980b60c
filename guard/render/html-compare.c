/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* compare as a page: no script, nothing from elsewhere, light or dark as the reader has
 * it, and fit to be printed. */
#include <errno.h>

#include "guard/render/records.h"
#include "policy/timefmt.h"

static const char head[] =
	"<!doctype html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" "
	"content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	"<meta name=\"generator\" content=\"driftguard " DG_VERSION "\">\n";

static const char style_sheet[] =
	"<style>\n"
	":root { --text: #1c1c1c; --back: #fff; --quiet: #5f5f5f; --line: #d0d0d0; "
	"--mark: #fff3c4; }\n"
	"@media (prefers-color-scheme: dark) {\n"
	"  :root { --text: #e8e8e8; --back: #161616; --quiet: #a5a5a5; --line: #454545; "
	"--mark: #453a10; }\n"
	"}\n"
	"body { color: var(--text); background: var(--back); margin: 2rem auto; "
	"padding: 0 1rem; max-width: 52rem; font: 1rem/1.5 system-ui, sans-serif; }\n"
	"h1 { font-size: 1.4rem; }\n"
	"table { border-collapse: collapse; width: 100%; margin: 1.5rem 0; }\n"
	"caption { text-align: left; font-weight: bold; padding-bottom: .3rem; }\n"
	"th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; "
	"border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }\n"
	"thead th { border-bottom-width: 2px; }\n"
	"tbody th { font-weight: normal; }\n"
	".number { text-align: right; white-space: nowrap; "
	"font-variant-numeric: tabular-nums; }\n"
	".changed td { background: var(--mark); }\n"
	".quiet, footer { color: var(--quiet); }\n"
	"footer { font-size: .85rem; }\n"
	"@media print { body { margin: 0; max-width: none; } }\n"
	"</style>\n";

/* --- escaping --- */

/* For text and for attribute values in double quotes. */
static void print_text(FILE *out, const char *text)
{
	static const char *const entities[128] = {
		['&'] = "&amp;",  ['<'] = "&lt;",   ['>'] = "&gt;",
		['"'] = "&quot;", ['\''] = "&#39;",
	};

	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p < DG_COUNT(entities) && entities[*p])
			fputs(entities[*p], out);
		else
			fputc(*p, out);
}

static void print_element(FILE *out, const char *tag, const char *class, const char *text)
{
	fprintf(out, "<%s%s%s%s>", tag, class ? " class=\"" : "", class ? class : "",
		class ? "\"" : "");
	print_text(out, text);
	fprintf(out, "</%.*s>\n", (int)strcspn(tag, " "), tag);
}

static void print_time(FILE *out, int64_t time)
{
	char text[DG_TIME_SIZE];

	print_element(out, "td", NULL, time ? dg_time_format(time, text) : "not known");
}

/* --- tables --- */

static void print_heads(FILE *out, const struct dg_comparison *c, const char *caption,
			const char *class)
{
	char title[DG_BOOT_TITLE_SIZE];

	fputs("<table>\n", out);
	print_element(out, "caption", NULL, caption);
	fputs("<thead><tr><td></td>\n", out);
	for (int side = 0; side < 2; side++)
		print_element(out, "th scope=\"col\"", class,
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
		print_element(out, "th scope=\"row\"", NULL, c->figures.items[i].what);
		for (int side = 0; side < 2; side++) {
			DG_FREE char *text = dg_figure_text(&c->figures.items[i], side);

			if (!text)
				return -ENOMEM;
			print_element(out, "td", "number", text);
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
		print_element(out, "th scope=\"row\"", NULL, row->what);
		for (int side = 0; side < 2; side++)
			print_element(out, "td", NULL,
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
		print_element(out, "th scope=\"row\"", NULL, rows[i].what);
		for (int side = 0; side < 2; side++)
			print_element(out, "td", NULL,
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
	fputs(head, out);
	print_element(out, "title", NULL, title);
	fputs(style_sheet, out);
	fputs("</head>\n<body>\n", out);
	print_element(out, "h1", NULL, title);
	print_element(out, "p", NULL, c->changed);
	print_element(out, "p", NULL, c->same);
	if (c->caveat)
		print_element(out, "p", "quiet", c->caveat);
	r = print_figures(out, c);
	print_circumstances(out, c);
	print_boots(out, c);
	fputs("<footer>driftguard " DG_VERSION "</footer>\n</body>\n</html>\n", out);
	return r;
}

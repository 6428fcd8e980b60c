/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all pages share: no script, nothing from elsewhere, light or dark as the reader
 * has it, and fit to be printed. */
#include "guard/render/html-page.h"
#include "policy/util.h"

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
	".critical { border-left: 4px solid #b3261e; } "
	".warning { border-left: 4px solid #b26a00; } "
	".notice { border-left: 4px solid #1a6fb0; }\n"
	"article { padding-left: .8rem; margin: 1rem 0; }\n"
	"pre { border: 1px solid var(--line); padding: .6rem; overflow-x: auto; }\n"
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

void dg_html_element(FILE *out, const char *tag, const char *class, const char *text)
{
	fprintf(out, "<%s%s%s%s>", tag, class ? " class=\"" : "", class ? class : "",
		class ? "\"" : "");
	print_text(out, text);
	fprintf(out, "</%.*s>\n", (int)strcspn(tag, " "), tag);
}

/* --- pages --- */

void dg_html_begin(FILE *out, const char *title)
{
	fputs(head, out);
	dg_html_element(out, "title", NULL, title);
	fputs(style_sheet, out);
	fputs("</head>\n<body>\n", out);
	dg_html_element(out, "h1", NULL, title);
}

void dg_html_end(FILE *out)
{
	fputs("<footer>driftguard " DG_VERSION "</footer>\n</body>\n</html>\n", out);
}

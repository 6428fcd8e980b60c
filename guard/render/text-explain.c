/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* explain, for people. */
#include "guard/render/text.h"

int dg_text_check(FILE *out, const struct dg_check *check, const struct dg_style *style)
{
	fprintf(out, "%s%s%s (%s)\n", style->colour ? DG_BOLD : "", check->id,
		style->colour ? DG_RESET : "", check->family);
	dg_print_wrapped(out, check->title, style, 0, 0);
	fprintf(out, "\nSeverity: %s%s%s%s\n", dg_severity_name(check->severity),
		check->grades ? "; " : "", check->grades ? check->grades : "",
		check->flags & DG_ESSENTIAL
			? "\nEssential: when it cannot be judged, the verdict is unknown"
			: "");
	fputs("\nWhy\n", out);
	dg_print_wrapped(out, check->why, style, 2, 2);
	fputs("\nWhat to do\n", out);
	dg_print_wrapped(out, check->remedy, style, 2, 2);
	return 0;
}

int dg_text_checks(FILE *out, const struct dg_check *const *checks, size_t count,
		   const struct dg_style *style)
{
	(void)style;
	for (size_t i = 0; i < count; i++)
		fprintf(out, "%-10s %-26s %s%s\n", checks[i]->family, checks[i]->id,
			checks[i]->title,
			checks[i]->flags & DG_ESSENTIAL ? " (essential)" : "");
	return 0;
}

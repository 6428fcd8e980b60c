/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For a ticket or a report: one page that needs nothing else. */
#include "guard/render/records.h"

const struct dg_renderer dg_render_html = {
	.name = "html",
	.verdict = dg_html_verdict,
	.comparison = dg_html_comparison,
};

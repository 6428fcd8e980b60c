/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a login prints: PAM shows every file of /run/motd.d, half-written ones too, so
 * that the text lies elsewhere and only a link is there. The link stays: one that dangles
 * prints nothing. */
#include "guard/base/write.h"
#include "guard/render/render.h"
#include "guard/sink/sink.h"

static const struct dg_folder shown = {.base = "/run", .below = "motd.d"};

int dg_sink_motd(const struct dg_sink_call *call, char **ret_why)
{
	DG_FREE char *text = NULL;
	int r = 0;

	if (dg_level_reaches(call->verdict->level, call->from))
		r = dg_motd_text(call->verdict, &text);
	if (r < 0)
		return r;
	if (!text || !*text)
		return dg_root_drop(call->root, &dg_run_folder, "motd", ret_why);
	r = dg_root_write(call->root, &dg_run_folder, "motd", text, strlen(text), 0644,
			  ret_why);
	return r < 0 ? r
		     : dg_root_link(call->root, &shown, "driftguard",
				    "/run/driftguard/motd", ret_why);
}

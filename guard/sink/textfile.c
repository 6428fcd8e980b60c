/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For the Prometheus node exporter's textfile collector, where it is installed. Of a
 * policy that says no, nothing is removed: the file may be somebody else's doing. */
#include <errno.h>

#include "guard/base/write.h"
#include "guard/render/render.h"
#include "guard/sink/sink.h"

/* Where Debian's prometheus-node-exporter looks. */
static const struct dg_folder folder = {
	.base = "/var/lib", .below = "prometheus/node-exporter", .others = true};

static int render(const struct dg_verdict *verdict, char **ret, size_t *ret_size)
{
	const struct dg_style style = {0};
	FILE *out = open_memstream(ret, ret_size);
	int r;

	if (!out)
		return -ENOMEM;
	r = dg_render_prometheus.verdict(out, verdict, &style);
	if (fclose(out) != 0 && r == 0)
		r = -ENOMEM;
	return r;
}

int dg_sink_textfile(const struct dg_sink_call *call, char **ret_why)
{
	DG_FREE char *text = NULL, *why = NULL;
	size_t size;
	int r;

	if (!dg_level_reaches(call->verdict->level, call->from))
		return 0;
	r = render(call->verdict, &text, &size);
	if (r == 0)
		r = dg_root_write(call->root, &folder, "driftguard.prom", text, size,
				  0644, &why);
	/* No exporter is installed. */
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		*ret_why = DG_STEAL(why);
	return r;
}

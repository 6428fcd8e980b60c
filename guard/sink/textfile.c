/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For the Prometheus node exporter's textfile collector, where it is installed. Once the
 * policy says no, our file is removed, or its figures would stay for ever; one without
 * our mark is somebody else's doing (a cron job of an admin, say). */
#include <errno.h>

#include "guard/base/write.h"
#include "guard/render/render.h"
#include "guard/sink/sink.h"

/* Where Debian's prometheus-node-exporter looks. */
static const struct dg_folder folder = {
	.base = "/var/lib", .below = "prometheus/node-exporter", .others = true};

#define NAME "driftguard.prom"
#define PATH "/var/lib/prometheus/node-exporter/" NAME
/* To the exporter this is a comment. */
#define MARK "# Written by driftguard record (the policy's sinks.textfile).\n"

/* Of a file that cannot be told to be ours, nothing is removed. */
static int drop_own(const struct dg_root *root, char **ret_why)
{
	DG_FREE char *head = NULL;
	size_t size;
	int r = dg_root_read_head(root, PATH, DG_ROOT_FILE, 0, strlen(MARK), &head,
				  &size);

	if (r < 0 || size != strlen(MARK) || memcmp(head, MARK, size) != 0)
		return 0;
	return dg_root_drop(root, &folder, NAME, ret_why);
}

static int render(const struct dg_verdict *verdict, char **ret, size_t *ret_size)
{
	const struct dg_style style = {0};
	FILE *out = open_memstream(ret, ret_size);
	int r;

	if (!out)
		return -ENOMEM;
	fputs(MARK, out);
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
		return drop_own(call->root, ret_why);
	r = render(call->verdict, &text, &size);
	if (r == 0)
		r = dg_root_write(call->root, &folder, NAME, text, size, 0644, &why);
	/* No exporter is installed. */
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		*ret_why = DG_STEAL(why);
	return r;
}

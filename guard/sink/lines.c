/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Own lines among others'. */
#include <errno.h>
#include <stdio.h>

#include "guard/sink/reboot.h"

bool dg_reboot_cures(const struct dg_verdict *verdict)
{
	const struct dg_plan *plan = verdict->plan;

	return plan && plan->ready && plan->step_count == 0 &&
	       dg_streq(plan->then, "reboot");
}

static bool is_own(const char *line, size_t size, const char *mark)
{
	size_t n = strlen(mark);

	return size >= n && memcmp(line, mark, n) == 0 &&
	       (size == n || line[n] == '\n' || line[n] == ':');
}

/* Of the last line the newline may be missing. */
static size_t line_size(const char *text, size_t size)
{
	const char *end = memchr(text, '\n', size);

	return end ? (size_t)(end - text) + 1 : size;
}

/* Copy the lines that are others'; returns whether there are any. */
static bool copy_others(FILE *out, const char *old, size_t size, const char *mark)
{
	bool any = false, ended = true;

	for (size_t at = 0, n; at < size; at += n) {
		n = line_size(old + at, size - at);
		if (is_own(old + at, n, mark))
			continue;
		fwrite(old + at, 1, n, out);
		ended = old[at + n - 1] == '\n';
		any = true;
	}
	if (!ended)
		fputc('\n', out);
	return any;
}

static bool has_own(const char *old, size_t size, const char *mark)
{
	for (size_t at = 0; at < size; at += line_size(old + at, size - at))
		if (is_own(old + at, line_size(old + at, size - at), mark))
			return true;
	return false;
}

int dg_lines_replace(const char *old, size_t size, const char *mark, const char *line,
		     char **ret, size_t *ret_size, bool *ret_change)
{
	char *text = NULL;
	size_t length = 0;
	FILE *out;
	bool any;

	*ret = NULL;
	*ret_change = false;
	if (old && (size == 0 || (!line && !has_own(old, size, mark))))
		return 0;
	if (!old && !line)
		return 0;
	out = open_memstream(&text, &length);
	if (!out)
		return -ENOMEM;
	any = copy_others(out, old, old ? size : 0, mark);
	if (line)
		fprintf(out, "%s\n", line);
	if (fclose(out) != 0) {
		free(text);
		return -ENOMEM;
	}
	*ret_change = !old || length != size || memcmp(text, old, size) != 0;
	if (!*ret_change || (!any && !line)) {
		free(text);
		text = NULL;
	}
	*ret = text;
	*ret_size = length;
	return 0;
}

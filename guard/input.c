/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What verbs work on: facts of a host or a file. */
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/base/root.h"
#include "guard/collect/collect.h"
#include "guard/verbs.h"
#include "policy/json-scan.h"

#define FACTS_SIZE_MAX ((size_t)16 << 20)
#define DEADLINE_MS    10000

/* --- files named on the command line --- */

static int read_stream(FILE *in, size_t cap, char **ret_text, size_t *ret_size)
{
	DG_FREE char *text = NULL;
	size_t room = 64 * 1024, size = 0, n;

	text = malloc(room);
	while (text && (n = fread(text + size, 1, room - size - 1, in)) > 0) {
		char *more;

		size += n;
		if (size > cap)
			return -EFBIG;
		if (size + 1 < room)
			continue;
		room *= 2;
		more = realloc(text, room);
		if (!more)
			return -ENOMEM;
		text = more;
	}
	if (!text)
		return -ENOMEM;
	if (ferror(in))
		return -EIO;
	text[size] = '\0';
	*ret_text = DG_STEAL(text);
	*ret_size = size;
	return 0;
}

int dg_read_argument(const char *path, size_t cap, char **ret_text, size_t *ret_size)
{
	DG_FCLOSE FILE *file = NULL;
	int r;

	if (dg_streq(path, "-")) {
		r = read_stream(stdin, cap, ret_text, ret_size);
	} else {
		file = fopen(path, "re");
		r = file ? read_stream(file, cap, ret_text, ret_size) : -errno;
	}
	if (r < 0)
		dg_complain("cannot read %s: %s", path, dg_errno_words(r));
	return r;
}

/* --- facts --- */

static int read_facts(const struct dg_options *options, struct dg_facts **ret)
{
	struct dg_json_error error = {0};
	struct json_object *json = NULL;
	DG_FREE char *text = NULL, *why = NULL;
	size_t size;
	int r;

	r = dg_read_argument(options->facts, FACTS_SIZE_MAX, &text, &size);
	if (r < 0)
		return r;
	r = dg_json_parse(text, size, 0, &json, NULL, &error);
	if (r < 0) {
		dg_complain("%s:%u:%u: %s", options->facts, error.line, error.column,
			    error.message);
		return r;
	}
	r = dg_facts_decode(json, ret, &why);
	json_object_put(json);
	if (r < 0)
		dg_complain("%s: %s", options->facts, why ? why : strerror(-r));
	return r;
}

static int collect_facts(const struct dg_options *options, struct dg_facts **ret)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	int r = dg_open_root(options, &root);

	if (r < 0)
		return r;
	r = dg_collect(root, options->has_now ? &options->now : NULL, DEADLINE_MS, ret);
	if (r < 0)
		dg_complain("cannot examine %s: %s", options->root, dg_errno_words(r));
	return r;
}

int dg_load_facts(const struct dg_options *options, struct dg_facts **ret)
{
	int r;

	if (!options->facts)
		return collect_facts(options, ret);
	r = read_facts(options, ret);
	if (r == 0 && options->has_now) {
		dg_set_int(&(*ret)->time, options->now);
		dg_set_gap(&(*ret)->host.tool_time.meta, DG_ABSENT, "the time was given");
	}
	return r;
}

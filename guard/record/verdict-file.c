/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the last verdict of this boot. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/record/boots.h"
#include "policy/json-scan.h"
#include "policy/text.h"

#define VERDICT_FILE "/run/driftguard/verdict.json"

int dg_verdict_read(const struct dg_root *root, struct dg_verdict **ret, char **ret_why)
{
	struct dg_json_error error = {0};
	struct json_object *json = NULL;
	DG_FREE char *data = NULL, *member = NULL;
	size_t size;
	int r = dg_root_read(root, VERDICT_FILE, DG_VERDICT_FILE_MAX, &data, &size);

	if (r < 0)
		return r;
	r = dg_json_parse(data, size, 0, &json, NULL, &error);
	if (r == -EBADMSG || r == -EFBIG)
		*ret_why = dg_format(VERDICT_FILE ":%u:%u: %s", error.line, error.column,
				     error.message);
	if (r < 0)
		return r;
	r = dg_verdict_decode(json, ret, &member);
	json_object_put(json);
	if (r < 0 && member)
		*ret_why = dg_format(VERDICT_FILE ": %s", member);
	return r;
}

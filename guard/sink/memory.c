/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What sinks remember. */
#include "guard/sink/memory.h"

#include <errno.h>
#include <json-c/json.h>

#include "guard/base/write.h"
#include "guard/collect/collect.h"
#include "policy/json-member.h"
#include "policy/json-scan.h"
#include "policy/text.h"

#define SIZE_MAX_READ ((size_t)64 * 1024)

static const struct dg_folder folder = {.base = "/var/lib", .below = "driftguard"};

void dg_memory_drop(struct json_object **json)
{
	json_object_put(*json);
}

const char *dg_memory_text(struct json_object *json, const char *key)
{
	DG_FREE char *why = NULL;
	const char *text = NULL;

	return dg_member_text(json, key, false, &text, &why) == 0 ? text : "";
}

int dg_memory_read(const struct dg_root *root, const char *name, const char *schema,
		   struct json_object **ret, char **ret_why)
{
	DG_FREE char *path = dg_format("/var/lib/driftguard/%s", name), *data = NULL;
	struct json_object *json = NULL;
	size_t size;
	int r = path ? dg_root_read(root, path, SIZE_MAX_READ, &data, &size) : -ENOMEM;

	*ret = NULL;
	/* Too large is none of ours. */
	if (r == -ENOENT || r == -EFBIG)
		return 0;
	if (r == 0)
		r = dg_json_parse(data, size, 0, &json, NULL, NULL);
	if (r == -EBADMSG)
		return 0;
	if (r < 0) {
		*ret_why = dg_format("cannot read %s: %s", path, dg_errno_words(r));
		return r;
	}
	if (dg_streq(dg_memory_text(json, "schema"), schema))
		*ret = json;
	else
		json_object_put(json);
	return 0;
}

int dg_memory_write(const struct dg_root *root, const char *name, const char *schema,
		    struct json_object *json, char **ret_why)
{
	DG_FREE char *line = NULL;
	const char *text;

	json_object_object_add(json, "schema", json_object_new_string(schema));
	text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_NOSLASHESCAPE |
							    JSON_C_TO_STRING_SPACED);
	line = text ? dg_format("%s\n", text) : NULL;
	if (!line)
		return -ENOMEM;
	return dg_root_write(root, &folder, name, line, strlen(line), 0644, ret_why);
}

int dg_memory_forget(const struct dg_root *root, const char *name, char **ret_why)
{
	return dg_root_drop(root, &folder, name, ret_why);
}

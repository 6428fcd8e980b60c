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

static int read_from(const struct dg_root *root, const struct dg_folder *folder,
		     const struct dg_memory *memory, struct json_object **ret,
		     char **ret_why)
{
	DG_FREE char *path =
		dg_format("%s/%s/%s", folder->base, folder->below, memory->name);
	DG_FREE char *data = NULL;
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
	if (dg_streq(dg_memory_text(json, "schema"), memory->schema))
		*ret = json;
	else
		json_object_put(json);
	return 0;
}

int dg_memory_read(const struct dg_root *root, const struct dg_memory *memory,
		   struct json_object **ret, char **ret_why)
{
	*ret = NULL;
	/* That is there only where it is the newer one. */
	if (memory->or_in_run) {
		int r = read_from(root, &dg_run_folder, memory, ret, ret_why);

		if (r < 0 || *ret)
			return r;
	}
	return read_from(root, &dg_state_folder, memory, ret, ret_why);
}

static int write_to(const struct dg_root *root, const struct dg_folder *folder,
		    const char *name, const char *line, char **ret_why)
{
	return dg_root_write(root, folder, name, line, strlen(line), 0644, ret_why);
}

int dg_memory_write(const struct dg_root *root, const struct dg_memory *memory,
		    struct json_object *json, char **ret_why)
{
	DG_FREE char *line = NULL, *why = NULL;
	const char *text;
	int r;

	json_object_object_add(json, "schema", json_object_new_string(memory->schema));
	text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_NOSLASHESCAPE |
							    JSON_C_TO_STRING_SPACED);
	line = text ? dg_format("%s\n", text) : NULL;
	if (!line)
		return -ENOMEM;
	r = write_to(root, &dg_state_folder, memory->name, line, &why);
	if (memory->or_in_run && dg_has_no_room(r))
		return write_to(root, &dg_run_folder, memory->name, line, ret_why);
	if (r == 0 && memory->or_in_run)
		return dg_root_drop(root, &dg_run_folder, memory->name, ret_why);
	if (r < 0)
		*ret_why = DG_STEAL(why);
	return r;
}

int dg_memory_settle(const struct dg_root *root, const struct dg_memory *memory,
		     char **ret_why)
{
	DG_MEMORY_CLEANUP struct json_object *json = NULL;
	int r = read_from(root, &dg_run_folder, memory, &json, ret_why);

	return r == 0 && json ? dg_memory_write(root, memory, json, ret_why) : r;
}

int dg_memory_forget(const struct dg_root *root, const struct dg_memory *memory,
		     char **ret_why)
{
	int r = dg_root_drop(root, &dg_state_folder, memory->name, ret_why);

	if (r < 0 || !memory->or_in_run)
		return r;
	return dg_root_drop(root, &dg_run_folder, memory->name, ret_why);
}

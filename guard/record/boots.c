/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing this boot's record and verdict. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/base/lock.h"
#include "guard/record/boots.h"
#include "policy/text.h"

#define FILE_MODE 0644

const struct dg_folder dg_boots_folder = {.base = "/var/lib",
					  .below = "driftguard/boots"};

bool dg_is_boot_file(const char *name)
{
	size_t size = strlen(name), suffix = strlen(".json");

	return dg_ends_with(name, ".json") && dg_is_boot_id(name, size - suffix);
}

static void json_drop(struct json_object **json)
{
	json_object_put(*json);
}

/* With a newline; owned by the caller, NULL: out of memory. */
static char *text_of(struct json_object *json)
{
	const char *text = json_object_to_json_string_ext(
		json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			      JSON_C_TO_STRING_NOSLASHESCAPE);

	return text ? dg_format("%s\n", text) : NULL;
}

/* As text, the oldest samples left out as long as it is too large to be read again. */
static char *fit_text(struct json_object *json)
{
	char *text = text_of(json);
	struct json_object *samples;

	if (!json_object_object_get_ex(json, "samples", &samples) ||
	    !json_object_is_type(samples, json_type_array))
		return text;
	while (text && strlen(text) > DG_BOOT_FILE_MAX &&
	       json_object_array_length(samples) > 0) {
		json_object_array_del_idx(samples, 0, 1);
		free(text);
		text = text_of(json);
	}
	return text;
}

static int write_record(const struct dg_root *root, const struct dg_boot_record *record,
			struct json_object *verdict, char **ret_why)
{
	DG_CLEANUP(json_drop)
	struct json_object *json = dg_boot_record_encode(record, verdict);
	DG_FREE char *name = dg_format("%s.json", dg_get(&record->boot_id));
	DG_FREE char *text = json ? fit_text(json) : NULL;

	if (!text || !name)
		return -ENOMEM;
	if (strlen(text) > DG_BOOT_FILE_MAX) {
		*ret_why = dg_format("cannot write %s/%s: it would be larger than what "
				     "is read of such a file",
				     DG_BOOTS_DIR, name);
		return -EFBIG;
	}
	return dg_root_write(root, &dg_boots_folder, name, text, strlen(text), FILE_MODE,
			     ret_why);
}

int dg_boot_write(const struct dg_root *root, const struct dg_boot_record *record,
		  struct json_object *verdict, size_t keep, char **ret_why)
{
	const char *id = dg_get(&record->boot_id);
	int r;

	if (!id || !dg_is_boot_id(id, strlen(id))) {
		*ret_why = dg_format("cannot write a record below %s: which boot this "
				     "is, is not known (%s)",
				     DG_BOOTS_DIR, id ? id : "no boot id");
		return -EINVAL;
	}
	r = write_record(root, record, verdict, ret_why);
	return r < 0 ? r : dg_boots_retain(root, id, keep, ret_why);
}

int dg_verdict_write(const struct dg_root *root, struct json_object *verdict,
		     char **ret_why)
{
	DG_FREE char *text = text_of(verdict);

	if (!text)
		return -ENOMEM;
	return dg_root_write(root, &dg_run_folder, "verdict.json", text, strlen(text),
			     FILE_MODE, ret_why);
}

int dg_record_again(const struct dg_root *root, char **ret_why)
{
	static const char mark[] = "judged while packages were being changed\n";

	return dg_root_write(root, &dg_run_folder, "apt-touched", mark, strlen(mark),
			     FILE_MODE, ret_why);
}

int dg_record_lock(const struct dg_root *root, int limit_ms, int *ret_fd, char **ret_why)
{
	int r = dg_lock_take(root, &dg_run_folder, "record.lock", limit_ms, ret_fd,
			     ret_why);

	if (r == -EBUSY)
		*ret_why = dg_format("another run of driftguard record is at it");
	return r;
}

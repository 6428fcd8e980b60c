/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was measured in this boot: the self-test and the samples of its record, that
 * `driftguard record` wrote. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/collect/collect.h"
#include "guard/collect/line.h"
#include "policy/boot-record.h"
#include "policy/json-scan.h"
#include "policy/text.h"

static void json_drop(struct json_object **json)
{
	json_object_put(*json);
}

static void set_gaps(struct dg_facts *facts, enum dg_state state, const char *why)
{
	dg_set_gap(&facts->probe.meta, state, "%s", why);
	dg_set_gap(&facts->samples.meta, state, "%s", why);
}

static bool is_this_boot(struct json_object *json, const char *boot_id)
{
	struct json_object *value;

	return json_object_object_get_ex(json, "boot_id", &value) &&
	       json_object_is_type(value, json_type_string) &&
	       dg_streq(json_object_get_string(value), boot_id);
}

/* Only what was measured: all else in the record is of the past. */
static int take_measured(struct json_object *json, struct dg_facts *facts)
{
	static const char *const keys[] = {"probe", "samples"};
	DG_CLEANUP(json_drop) struct json_object *some = json_object_new_object();

	for (size_t i = 0; i < DG_COUNT(keys); i++) {
		struct json_object *value;

		if (json_object_object_get_ex(json, keys[i], &value))
			json_object_object_add(some, keys[i], json_object_get(value));
	}
	set_gaps(facts, DG_MALFORMED, "not in this boot's record");
	return dg_record_merge(&dg_facts_record, some, facts);
}

static void read_record(const struct dg_root *root, const char *path, const char *boot_id,
			struct dg_facts *facts)
{
	DG_CLEANUP(json_drop) struct json_object *json = NULL;
	struct dg_json_error error = {0};
	DG_FREE char *text = NULL, *why = NULL;
	size_t size;
	int r = dg_root_read(root, path, DG_BOOT_FILE_MAX, &text, &size);

	if (r < 0) {
		dg_gap_from_errno(&facts->probe.meta, r, path);
		dg_gap_from_errno(&facts->samples.meta, r, path);
		return;
	}
	r = dg_json_parse(text, size, 0, &json, NULL, &error);
	if (r < 0)
		why = dg_format("%s:%u: %s", path, error.line, error.message);
	else if (dg_document_check(json, DG_BOOT_SCHEMA, &why) == 0 &&
		 !is_this_boot(json, boot_id))
		why = dg_format("%s: is another boot's record", path);
	if (why)
		set_gaps(facts, DG_MALFORMED, why);
	else if (take_measured(json, facts) < 0)
		set_gaps(facts, DG_UNREADABLE, "out of memory");
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	DG_LINE_CLEANUP struct dg_str id = {0};
	DG_FREE char *path = NULL;

	dg_read_line_fact(root, "proc/sys/kernel/random/boot_id", &id);
	if (!dg_known(&id)) {
		set_gaps(
			facts, id.meta.state,
			"which boot this is cannot be told, nor which record is its own");
		return;
	}
	if (!dg_is_boot_id(id.value, strlen(id.value))) {
		set_gaps(facts, DG_MALFORMED, "this boot's id is no id");
		return;
	}
	path = dg_format("%s/%s.json", DG_BOOTS_DIR, id.value);
	if (path)
		read_record(root, path, id.value, facts);
	else
		set_gaps(facts, DG_UNREADABLE, "out of memory");
}

const struct dg_collector dg_collect_measured = {
	.name = "measured",
	.fills = (const char *const[]){"probe", "samples", NULL},
	.run = run,
};

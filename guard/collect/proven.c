/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which kernels have booted well here: the boots' records that `driftguard record` wrote.
 * A file that cannot be used proves nothing, and hides no other's proof. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/collect/line.h"
#include "policy/json-scan.h"
#include "policy/proven.h"
#include "policy/text.h"

#define NAMES_MAX ((size_t)131072)

static void json_drop(struct json_object **json)
{
	json_object_put(*json);
}

/*
 * One boot is proof enough, and parsing all of them would take longer than all else: of a
 * kernel that is proven by now the others are passed over, by a look at how `record`
 * writes its name. What looks otherwise is parsed.
 */
static bool is_proven(const struct dg_facts *facts, const char *text)
{
	static const char key[] = "\"kernel\": \"";
	const char *value = strstr(text, key);

	dg_list_foreach (proof, facts->proven) {
		const char *rest =
			value ? dg_after(value + strlen(key), proof->abi.value) : NULL;

		if (rest && *rest == '"' && proof->well.value)
			return true;
	}
	return false;
}

/* 0; *ret NULL: there is no need for it. -EBADMSG and others: it cannot be used. */
static int read_record(const struct dg_root *root, const char *name,
		       const struct dg_facts *facts, struct dg_boot_record **ret)
{
	DG_CLEANUP(json_drop) struct json_object *json = NULL;
	DG_FREE char *path = dg_format("%s/%s", DG_BOOTS_DIR, name);
	DG_FREE char *text = NULL, *why = NULL;
	size_t size;
	int r = path ? dg_root_read(root, path, DG_BOOT_FILE_MAX, &text, &size) : -ENOMEM;

	if (r == 0 && is_proven(facts, text))
		return 0;
	if (r == 0)
		r = dg_json_parse(text, size, 0, &json, NULL, NULL);
	return r < 0 ? r : dg_boot_record_decode(json, ret, &why);
}

static bool is_record(const char *name)
{
	size_t size = strlen(name), suffix = strlen(".json");

	return dg_ends_with(name, ".json") && dg_is_boot_id(name, size - suffix);
}

static int note_file(const struct dg_root *root, const char *name, const char *host_id,
		     struct dg_facts *facts)
{
	DG_CLEANUP(dg_boot_record_freep) struct dg_boot_record *record = NULL;
	const char *id;
	int r = read_record(root, name, facts, &record);

	if (r < 0 || !record)
		return r == -ENOMEM ? r : 0;
	id = dg_get(&record->boot_id);
	/* A copy under another boot's name is no second boot. */
	return dg_streq(dg_after(name, id ? id : ""), ".json")
		       ? dg_proven_note(facts, record, host_id)
		       : 0;
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	DG_LINE_CLEANUP struct dg_str id = {0};
	DG_NAMES_FREE char **names = NULL;
	int r = dg_root_list(root, DG_BOOTS_DIR, NAMES_MAX, &names, NULL);

	if (r < 0) {
		dg_gap_from_errno(&facts->proven.meta, r, DG_BOOTS_DIR);
		return;
	}
	dg_read_host_id(root, &id);
	dg_set_known(&facts->proven.meta);
	for (char **name = names; r == 0 && *name; name++)
		if (is_record(*name))
			r = note_file(root, *name, dg_get(&id), facts);
	if (r < 0)
		dg_gap_from_errno(&facts->proven.meta, r, DG_BOOTS_DIR);
}

const struct dg_collector dg_collect_proven = {
	.name = "proven",
	.fills = (const char *const[]){"proven", NULL},
	.run = run,
};

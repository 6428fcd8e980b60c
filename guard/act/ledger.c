/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/act/ledger.h"

#include <errno.h>
#include <json-c/json.h>

#include "guard/act/runner.h"
#include "guard/base/write.h"
#include "guard/collect/collect.h"
#include "policy/abi.h"
#include "policy/text.h"
#include "policy/timefmt.h"

#define FILE_MAX ((size_t)64 * 1024)

static const struct dg_folder folder = {.base = "/etc", .below = "driftguard/pins.d"};

static void add(struct json_object *json, const char *key, const char *text)
{
	if (text)
		json_object_object_add(json, key, json_object_new_string(text));
}

/* With a newline; owned by the caller. */
static char *compose(const struct dg_act_ledger *ledger)
{
	struct json_object *json = json_object_new_object();
	char since[DG_TIME_SIZE], until[DG_DATE_SIZE];
	const char *text;
	char *copy;

	add(json, "schema", "driftguard.pin/1");
	add(json, "abi", ledger->abi);
	add(json, "reason", ledger->reason);
	add(json, "owner", ledger->owner);
	add(json, "since", dg_time_format(ledger->since, since));
	if (ledger->until)
		add(json, "until", dg_date_format(ledger->until, until));
	text = json_object_to_json_string_ext(
		json, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			      JSON_C_TO_STRING_NOSLASHESCAPE);
	copy = text ? dg_format("%s\n", text) : NULL;
	json_object_put(json);
	return copy;
}

/* The name of an entry's file; `abi` may come from a record that somebody wrote. */
static int name_file(const char *abi, char **ret, char **ret_why)
{
	if (!dg_abi_valid(abi)) {
		*ret_why = dg_format("\"%s\" is no kernel's name", abi);
		return -EINVAL;
	}
	*ret = dg_format("%s.json", abi);
	return *ret ? 0 : -ENOMEM;
}

static int write_entry(const struct dg_root *root, const struct dg_act_ledger *ledger,
		       char **ret_why)
{
	DG_FREE char *name = NULL, *text = compose(ledger);
	int r = name_file(ledger->abi, &name, ret_why);

	if (r == 0 && !text)
		r = -ENOMEM;
	return r < 0 ? r
		     : dg_root_write(root, &folder, name, text, strlen(text), 0644,
				     ret_why);
}

/* The entry that is written stays. */
static int remove_entry(const struct dg_root *root, const struct dg_act_ledger *ledger,
			const char *abi, char **ret_why)
{
	DG_FREE char *name = NULL, *why = NULL;
	int r = dg_streq(abi, ledger->abi) ? -ENOENT : name_file(abi, &name, &why);

	if (r == 0)
		r = dg_root_remove(root, &folder, name, &why);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		*ret_why = DG_STEAL(why);
	return r;
}

int dg_ledger_apply(const struct dg_root *root, const struct dg_act_ledger *ledger,
		    char **ret_why)
{
	int r = ledger->abi ? write_entry(root, ledger, ret_why) : 0;

	for (size_t i = 0; r == 0 && ledger->remove && ledger->remove[i]; i++)
		r = remove_entry(root, ledger, ledger->remove[i], ret_why);
	return r;
}

/* --- as part of a record --- */

static int note_removed(const struct dg_root *root, const char *abi,
			struct dg_action_ledger *noted, char **ret_why)
{
	struct dg_action_removed *item = DG_ADD(&noted->removed, DG_ACTION_LIST_MAX);
	DG_FREE char *path = dg_format("%s/%s/%s.json", folder.base, folder.below, abi);
	DG_FREE char *data = NULL;
	size_t size;
	int r;

	if (!item || !path)
		return -ENOMEM;
	dg_set_str(&item->abi, abi);
	r = dg_root_read(root, path, FILE_MAX, &data, &size);
	if (r == 0)
		dg_set_strn(&item->entry, data, size);
	else if (r == -ENOENT || r == -ENOTDIR)
		dg_set_gap(&item->entry.meta, DG_ABSENT, "there is no %s", path);
	else
		*ret_why = dg_format("cannot read %s: %s", path, dg_errno_words(r));
	return r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

int dg_ledger_note(const struct dg_root *root, const struct dg_act_ledger *ledger,
		   struct dg_action_ledger *ret, char **ret_why)
{
	int r = 0;

	dg_set_known(&ret->meta);
	dg_set_known(&ret->removed.meta);
	dg_action_set(&ret->abi, ledger->abi);
	dg_action_set(&ret->reason, ledger->reason);
	dg_action_set(&ret->owner, ledger->owner);
	dg_set_gap(&ret->since.meta, DG_ABSENT, "none");
	dg_set_gap(&ret->until.meta, DG_ABSENT, "none");
	if (ledger->abi)
		dg_set_int(&ret->since, ledger->since);
	/* Of a trial it is kept too, for the pin that may come of it. */
	if (ledger->until)
		dg_set_int(&ret->until, ledger->until);
	for (size_t i = 0; r == 0 && ledger->remove && ledger->remove[i]; i++)
		r = note_removed(root, ledger->remove[i], ret, ret_why);
	return r;
}

int dg_ledger_apply_noted(const struct dg_root *root,
			  const struct dg_action_ledger *noted, char **ret_why)
{
	DG_FREE const char **remove = calloc(noted->removed.count + 1, sizeof(*remove));
	struct dg_act_ledger ledger = {
		.abi = dg_get(&noted->abi),
		.reason = dg_get(&noted->reason),
		.owner = dg_get(&noted->owner),
		.since = dg_known(&noted->since) ? noted->since.value : 0,
		.until = dg_known(&noted->until) ? noted->until.value : 0,
		.remove = remove,
	};
	size_t n = 0;

	if (!remove)
		return -ENOMEM;
	dg_list_foreach (item, noted->removed)
		if (dg_known(item) && dg_get(&item->abi))
			remove[n++] = item->abi.value;
	return dg_ledger_apply(root, &ledger, ret_why);
}

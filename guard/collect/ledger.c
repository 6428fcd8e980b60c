/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ledger of pins: /etc/driftguard/pins.d/ABI.json. A file that cannot be used is an
 * item that says why, never one that is passed over; which kernel it is about is told by
 * its name. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/collect/collect.h"
#include "policy/abi.h"
#include "policy/json-scan.h"
#include "policy/text.h"
#include "policy/timefmt.h"

#define LEDGER	    "/etc/driftguard/pins.d"
#define SCHEMA	    "driftguard.pin/1"
#define FILE_MAX    ((size_t)64 * 1024)
#define ENTRIES_MAX 1024

static void json_drop(struct json_object **json)
{
	json_object_put(*json);
}

/* A day, which is included. */
static int parse_until(const char *s, int64_t *ret)
{
	return dg_date_parse_end(s, ret);
}

/* A day, or a time. */
static int parse_since(const char *s, int64_t *ret)
{
	return dg_date_parse_start(s, ret) == 0 ? 0 : dg_time_parse(s, ret);
}

/* 1 and the text under `key` (it holds no NUL, see json-scan.h); 0: there is none;
 * -EBADMSG: it is no text. */
static int take_text(struct json_object *json, const char *key, const char **ret)
{
	struct json_object *value;

	if (!json_object_object_get_ex(json, key, &value))
		return 0;
	if (!json_object_is_type(value, json_type_string))
		return -EBADMSG;
	*ret = json_object_get_string(value);
	return 1;
}

static bool take_str(struct json_object *json, const char *key, struct dg_str *fact)
{
	const char *text;
	int r = take_text(json, key, &text);

	if (r > 0)
		dg_set_str(fact, text);
	else if (r == 0)
		dg_set_gap(&fact->meta, DG_ABSENT, "no \"%s\"", key);
	return r >= 0;
}

static bool take_time(struct json_object *json, const char *key,
		      int (*parse)(const char *, int64_t *), struct dg_int *fact)
{
	const char *text;
	int64_t time;
	int r = take_text(json, key, &text);

	if (r == 0)
		dg_set_gap(&fact->meta, DG_ABSENT, "no \"%s\"", key);
	if (r <= 0)
		return r == 0;
	if (parse(text, &time) < 0)
		return false;
	dg_set_int(fact, time);
	return true;
}

/* The name that the entry's file has to have. */
static bool is_named_after(const char *name, const char *abi)
{
	const char *rest = dg_after(name, abi);

	return dg_abi_valid(abi) && dg_streq(rest, ".json");
}

/* All that it says is a gap, for that reason; without the kernel's name the item is. */
static void set_unusable(struct dg_debt *debt, const char *name, enum dg_state state,
			 const char *why)
{
	struct dg_meta *metas[] = {&debt->reason.meta, &debt->owner.meta,
				   &debt->since.meta, &debt->until.meta};
	size_t size = strlen(name) - strlen(".json");
	DG_FREE char *abi = strndup(name, size);

	if (!abi || !dg_abi_valid(abi)) {
		dg_set_gap(&debt->meta, state, LEDGER "/%s: %s", name, why);
		return;
	}
	dg_set_str(&debt->abi, abi);
	for (size_t i = 0; i < DG_COUNT(metas); i++)
		dg_set_gap(metas[i], state, LEDGER "/%s: %s", name, why);
}

/* What is wrong with an entry, and the member at which (as a JSON pointer); NULL:
 * nothing, and the item is filled. */
static const char *take_entry(struct json_object *json, const char *name,
			      struct dg_debt *debt, const char **ret_where)
{
	const char *schema = NULL, *abi = NULL;

	*ret_where = "";
	if (!json_object_is_type(json, json_type_object))
		return "is no object";
	*ret_where = "/schema";
	if (take_text(json, "schema", &schema) < 0 || !dg_streq(schema, SCHEMA))
		return "\"schema\" is not \"" SCHEMA "\"";
	*ret_where = "/abi";
	if (take_text(json, "abi", &abi) < 0 || !abi || !is_named_after(name, abi))
		return "\"abi\" is not the kernel that the file is named after";
	dg_set_str(&debt->abi, abi);
	*ret_where = "/reason";
	if (!take_str(json, "reason", &debt->reason))
		return "\"reason\" is no text";
	*ret_where = "/owner";
	if (!take_str(json, "owner", &debt->owner))
		return "\"owner\" is no text";
	*ret_where = "/since";
	if (!take_time(json, "since", parse_since, &debt->since))
		return "\"since\" is no date (2026-06-03) or time (RFC 3339)";
	*ret_where = "/until";
	if (!take_time(json, "until", parse_until, &debt->until))
		return "\"until\" is no date (2026-06-03)";
	return NULL;
}

static void parse_entry(const char *data, size_t size, const char *name,
			struct dg_debt *debt)
{
	DG_CLEANUP(json_drop) struct json_object *json = NULL;
	struct dg_json_error error = {0};
	DG_CLEANUP(dg_json_scan_freep) struct dg_json_scan *scan = NULL;
	DG_FREE char *text = NULL;
	const char *why, *where;
	unsigned line;
	int r = dg_json_parse(data, size, 0, &json, &scan, &error);

	if (r < 0) {
		text = dg_format("line %u, column %u: %s", error.line, error.column,
				 error.message[0] ? error.message : dg_errno_words(r));
		set_unusable(debt, name, dg_state_from_errno(r),
			     text ? text : dg_errno_words(-ENOMEM));
		return;
	}
	why = take_entry(json, name, debt, &where);
	if (!why)
		return;
	/* What is missing stands nowhere. */
	line = dg_json_line(scan, where);
	text = dg_format("line %u: %s", line ? line : 1, why);
	set_unusable(debt, name, DG_MALFORMED, text ? text : why);
}

static void read_entry(const struct dg_root *root, const char *name,
		       struct dg_facts *facts)
{
	DG_FREE char *path = dg_format(LEDGER "/%s", name);
	DG_FREE char *data = NULL;
	struct dg_debt *debt = DG_ADD(&facts->ledger, ENTRIES_MAX);
	size_t size;
	int r;

	if (!debt) {
		dg_gap_from_errno(&facts->ledger.meta, -ENOMEM, LEDGER);
		return;
	}
	if (path)
		dg_set_str(&debt->path, path);
	r = path ? dg_root_read(root, path, FILE_MAX, &data, &size) : -ENOMEM;
	/* A link that dangles is an entry all the same, and cannot be read. */
	if (r < 0)
		set_unusable(debt, name, DG_UNREADABLE, dg_errno_words(r));
	else
		parse_entry(data, size, name, debt);
}

/* Something else that has the folder's name is as good as an entry that cannot be used:
 * that there is none is not what it says. */
static bool note_misplaced(const struct dg_root *root, struct dg_facts *facts)
{
	struct stat st;
	struct dg_debt *debt;

	if (dg_root_stat(root, LEDGER, false, &st) < 0)
		return false;
	debt = DG_ADD(&facts->ledger, ENTRIES_MAX);
	if (!debt)
		return false;
	dg_set_known(&facts->ledger.meta);
	dg_set_gap(&debt->meta, DG_MALFORMED, LEDGER ": %s",
		   S_ISLNK(st.st_mode) ? "is a link that leads to no folder"
				       : "is not a folder");
	return true;
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	DG_NAMES_FREE char **names = NULL;
	int r = dg_root_list(root, LEDGER, ENTRIES_MAX, &names, NULL);

	if ((r == -ENOTDIR || r == -ENOENT) && note_misplaced(root, facts))
		return;
	if (r < 0) {
		dg_gap_from_errno(&facts->ledger.meta, r, LEDGER);
		return;
	}
	dg_set_known(&facts->ledger.meta);
	for (char **name = names; *name; name++)
		if ((*name)[0] != '.' && dg_ends_with(*name, ".json"))
			read_entry(root, *name, facts);
}

const struct dg_collector dg_collect_ledger = {
	.name = "ledger",
	.fills = (const char *const[]){"ledger", NULL},
	.run = run,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What driftguard did to the boot configuration, /var/lib/driftguard/actions/ID.json. A
 * file that cannot be used is an item that says why: it may be an action that was cut
 * off. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/collect/collect.h"
#include "guard/parse/proc-locks.h"
#include "policy/action-record.h"
#include "policy/json-scan.h"
#include "policy/text.h"

#define NAMES_MAX   ((size_t)65536)
#define ACTIONS_MAX 64
#define LOCKS_MAX   ((size_t)4 << 20)

static void json_drop(struct json_object **json)
{
	json_object_put(*json);
}

static const struct dg_record *item_record(void)
{
	return dg_record_field(&dg_facts_record, "actions", strlen("actions"))->record;
}

static void copy_text(const struct dg_str *from, struct dg_str *to)
{
	if (dg_known(from))
		dg_set_str(to, from->value);
	else
		dg_set_gap(&to->meta, from->meta.state, "%s", "none");
}

static void copy_time(const struct dg_int *from, struct dg_int *to)
{
	if (dg_known(from))
		dg_set_int(to, from->value);
	else
		dg_set_gap(&to->meta, from->meta.state, "%s", "none");
}

static void take(const struct dg_action *action, struct dg_deed *deed)
{
	copy_text(&action->id, &deed->id);
	copy_text(&action->verb, &deed->verb);
	copy_text(&action->boot_id, &deed->boot_id);
	copy_time(&action->started, &deed->started);
	copy_time(&action->ended, &deed->ended);
	dg_set_bool(&deed->open, dg_action_is_open(action));
	copy_text(&action->outcome, &deed->outcome);
	copy_text(&action->why, &deed->why);
	copy_text(&action->target, &deed->target);
	copy_text(&action->strategy, &deed->strategy);
}

/* --- is one under way? --- */

/* Whether the lock of guard/act/lock.h is held. Trying to take it could turn a run away
 * that begins just now. */
static void look_at_lock(const struct dg_root *root, struct dg_bool *ret)
{
	DG_FREE char *text = NULL;
	struct stat st;
	size_t size;
	int r = dg_root_stat(root, "run/driftguard/act.lock", true, &st);

	if (r == 0)
		r = dg_root_read(root, "proc/locks", LOCKS_MAX, &text, &size);
	if (r == 0)
		dg_set_bool(ret, dg_proc_locks_flocked(text, size, st.st_dev, st.st_ino));
	else if (dg_state_from_errno(r) == DG_ABSENT)
		dg_set_bool(ret, false);
}

/* A record that was open while somebody held the lock is that run's: so the lock is
 * looked at before the records and after them. */
static void note_held(const struct dg_bool *before, const struct dg_bool *after,
		      struct dg_facts *facts)
{
	bool told = dg_known(before) && dg_known(after);

	dg_list_foreach (deed, facts->actions) {
		if (!dg_known(deed))
			continue;
		if (!dg_true(&deed->open) || !told)
			dg_set_gap(&deed->held.meta, DG_ABSENT, "%s",
				   told ? "closed" : "not known");
		else
			dg_set_bool(&deed->held, before->value || after->value);
	}
}

/* --- records --- */

/* What is wrong with a record; NULL: nothing. */
static const char *find_fault(const struct dg_action *action, const char *name)
{
	const char *id = dg_get(&action->id);

	if (!id || !dg_streq(dg_after(name, id), ".json"))
		return "\"id\" is not what the file is named after";
	if (!dg_known(&action->started))
		return "\"started\" is no time";
	if (!dg_action_is_open(action) && !dg_known(&action->outcome))
		return "it is closed, and has no \"outcome\"";
	return NULL;
}

static void parse(const char *data, size_t size, const char *name, struct dg_deed *deed)
{
	DG_CLEANUP(json_drop) struct json_object *json = NULL;
	DG_CLEANUP(dg_action_freep) struct dg_action *action = NULL;
	struct dg_json_error error = {0};
	DG_FREE char *why = NULL;
	const char *fault;
	int r = dg_json_parse(data, size, 0, &json, NULL, &error);

	if (r < 0)
		why = dg_format("line %u: %s", error.line, error.message);
	if (r == 0)
		r = dg_action_decode(json, &action, &why);
	fault = r == 0 ? find_fault(action, name) : why ? why : dg_errno_words(r);
	if (fault)
		dg_set_gap(&deed->meta, DG_MALFORMED, "%s/%s: %s", DG_ACTIONS_DIR, name,
			   fault);
	else
		take(action, deed);
}

/* 0, -ENOENT or -ENOMEM. */
static int read_item(const struct dg_root *root, const char *name, struct dg_deed *deed)
{
	DG_FREE char *path = dg_format("%s/%s", DG_ACTIONS_DIR, name);
	DG_FREE char *data = NULL;
	size_t size;
	int r;

	if (!path)
		return -ENOMEM;
	r = dg_root_read(root, path, DG_ACTION_FILE_MAX, &data, &size);
	if (r == -ENOENT) /* removed just now, to make room */
		return r;
	dg_set_known(&deed->meta);
	if (r == 0)
		parse(data, size, name, deed);
	else
		dg_set_gap(&deed->meta, DG_UNREADABLE, "%s/%s: %s", DG_ACTIONS_DIR, name,
			   dg_errno_words(r));
	return 0;
}

/* Runs that only looked are many, and must not crowd out those that did something. */
static bool is_worth_keeping(const struct dg_deed *deed)
{
	const char *outcome = dg_get(&deed->outcome);

	return !dg_known(deed) || !outcome || dg_streq(outcome, "done") ||
	       dg_streq(outcome, "undone") || dg_streq(outcome, "unfinished");
}

static int add_item(struct dg_facts *facts, struct dg_deed *deed)
{
	struct dg_deed *item = DG_ADD(&facts->actions, NAMES_MAX);

	if (!item)
		return -ENOMEM;
	*item = *deed;
	*deed = (struct dg_deed){0};
	return 0;
}

static bool is_record(const char *name)
{
	return *name != '.' && dg_ends_with(name, ".json");
}

static int read_all(const struct dg_root *root, char *const *names,
		    struct dg_facts *facts)
{
	size_t left = 0;
	int r = 0;

	for (char *const *name = names; *name; name++)
		left += is_record(*name);
	for (; r == 0 && *names; names++) {
		struct dg_deed deed = {0};

		if (!is_record(*names))
			continue;
		r = read_item(root, *names, &deed);
		/* Names sort by time, so the newest come last. */
		if (r == 0 && (left-- <= ACTIONS_MAX || is_worth_keeping(&deed)))
			r = add_item(facts, &deed);
		dg_record_clear(item_record(), &deed);
		if (r == -ENOENT)
			r = 0;
	}
	return r;
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct dg_bool before = {0}, after = {0};
	DG_NAMES_FREE char **names = NULL;
	int r;

	look_at_lock(root, &before);
	r = dg_root_list(root, DG_ACTIONS_DIR, NAMES_MAX, &names, NULL);

	if (r == 0) {
		dg_set_known(&facts->actions.meta);
		r = read_all(root, names, facts);
		look_at_lock(root, &after);
		note_held(&before, &after, facts);
	}
	if (r < 0)
		dg_gap_from_errno(&facts->actions.meta, r, DG_ACTIONS_DIR);
}

const struct dg_collector dg_collect_actions = {
	.name = "actions",
	.fills = (const char *const[]){"actions", NULL},
	.run = run,
};

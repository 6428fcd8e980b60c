/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* An action's record as JSON and back. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "policy/action-record.h"
#include "policy/fields.h"
#include "policy/text.h"
#include "policy/timefmt.h"

/* --- the field table --- */

FIELDS(text, F(dg_word, name, DG_STR));
static const struct dg_record text_record = {.name = "text",
					     .size = sizeof(struct dg_word),
					     .fields = text_fields,
					     .count = DG_COUNT(text_fields),
					     .bare = true};

FIELDS(argv, F(dg_action_argv, words, DG_LIST_OF, OF(text)));
static const struct dg_record argv_record = {.name = "argv",
					     .size = sizeof(struct dg_action_argv),
					     .fields = argv_fields,
					     .count = DG_COUNT(argv_fields),
					     .bare = true};

FIELDS(step, F(dg_action_step, argv, DG_RECORD, OF(argv)),
       F(dg_action_step, why, DG_STR, ABSENT_OK),
       F(dg_action_step, undo, DG_LIST_OF, OF(argv), ABSENT_OK),
       F(dg_action_step, state, DG_STR), F(dg_action_step, status, DG_INT, ABSENT_OK),
       F(dg_action_step, signal, DG_INT, ABSENT_OK),
       F(dg_action_step, timed_out, DG_BOOL, ABSENT_OK),
       F(dg_action_step, output, DG_LIST_OF, OF(text), ABSENT_OK));
RECORD(step, dg_action_step, NULL);

FIELDS(host, F(dg_action_host, pin, DG_STR, ABSENT_OK),
       F(dg_action_host, pin_time, DG_TIME, ABSENT_OK),
       F(dg_action_host, next_pin, DG_STR, ABSENT_OK),
       F(dg_action_host, next_pin_time, DG_TIME, ABSENT_OK),
       F(dg_action_host, boots, DG_STR, ABSENT_OK),
       F(dg_action_host, fresh, DG_BOOL, ABSENT_OK));
RECORD(host, dg_action_host, NULL);

FIELDS(goal, F(dg_action_goal, pin, DG_STR, ABSENT_OK),
       F(dg_action_goal, next_pin, DG_STR, ABSENT_OK),
       F(dg_action_goal, boots, DG_STR, ABSENT_OK),
       F(dg_action_goal, fresh, DG_BOOL, ABSENT_OK), F(dg_action_goal, missing, DG_INT));
RECORD(goal, dg_action_goal, NULL);

FIELDS(gate, F(dg_action_gate, id, DG_STR), F(dg_action_gate, open, DG_BOOL),
       F(dg_action_gate, detail, DG_STR, ABSENT_OK));
RECORD(gate, dg_action_gate, NULL);

FIELDS(removed, F(dg_action_removed, abi, DG_STR),
       F(dg_action_removed, entry, DG_STR, ABSENT_OK));
RECORD(removed, dg_action_removed, NULL);

FIELDS(ledger, F(dg_action_ledger, abi, DG_STR, ABSENT_OK),
       F(dg_action_ledger, reason, DG_STR, ABSENT_OK),
       F(dg_action_ledger, owner, DG_STR, ABSENT_OK),
       F(dg_action_ledger, since, DG_TIME, ABSENT_OK),
       F(dg_action_ledger, until, DG_TIME, ABSENT_OK),
       F(dg_action_ledger, removed, DG_LIST_OF, OF(removed), ABSENT_OK));
RECORD(ledger, dg_action_ledger, NULL);

FIELDS(action, F(dg_action, id, DG_STR), F(dg_action, tool, DG_STR),
       F(dg_action, verb, DG_STR), F(dg_action, boot_id, DG_STR, ABSENT_OK),
       F(dg_action, host, DG_STR, ABSENT_OK), F(dg_action, kernel, DG_STR, ABSENT_OK),
       F(dg_action, started, DG_TIME), F(dg_action, ended, DG_TIME, ABSENT_OK),
       F(dg_action, state, DG_STR), F(dg_action, outcome, DG_STR, ABSENT_OK),
       F(dg_action, why, DG_STR, ABSENT_OK), F(dg_action, target, DG_STR, ABSENT_OK),
       F(dg_action, strategy, DG_STR, ABSENT_OK),
       F(dg_action, because, DG_STR, ABSENT_OK),
       F(dg_action, overridden, DG_LIST_OF, OF(text)),
       F(dg_action, before, DG_RECORD, OF(host), ABSENT_OK),
       F(dg_action, goal, DG_RECORD, OF(goal), ABSENT_OK),
       F(dg_action, after, DG_RECORD, OF(host), ABSENT_OK),
       F(dg_action, steps, DG_LIST_OF, OF(step)),
       F(dg_action, undone, DG_LIST_OF, OF(step)),
       F(dg_action, gates, DG_LIST_OF, OF(gate)),
       F(dg_action, ledger, DG_RECORD, OF(ledger), ABSENT_OK));
PUBLIC_RECORD(action, dg_action, DG_ACTIONS_DIR);

void dg_action_free(struct dg_action *action)
{
	if (!action)
		return;
	dg_record_clear(&dg_action_record, action);
	free(action);
}

/* --- making --- */

struct dg_action *dg_action_new(void)
{
	struct dg_action *action = calloc(1, sizeof(*action));
	static const char none[] = "none";

	if (!action)
		return NULL;
	dg_set_known(&action->meta);
	for (size_t i = 0; i < dg_action_record.count; i++) {
		const struct dg_field *field = &dg_action_record.fields[i];
		struct dg_meta *meta = (struct dg_meta *)((char *)action + field->offset);

		if (field->type == DG_LIST_OF)
			dg_set_known(meta);
		else
			dg_set_gap(meta, DG_ABSENT, "%s", none);
	}
	dg_set_str(&action->state, "open");
	return action;
}

#define FORGET(list, record)                            \
	do {                                            \
		dg_list_foreach (item_, list)           \
			dg_record_clear(record, item_); \
		free((list).items);                     \
		(list).items = NULL;                    \
		(list).count = 0;                       \
		dg_set_known(&(list).meta);             \
	} while (0)

void dg_action_forget_undone(struct dg_action *action)
{
	FORGET(action->undone, &step_record);
}

void dg_action_forget_output(struct dg_action_step *step)
{
	FORGET(step->output, &text_record);
}

/* --- reading --- */

bool dg_action_is_open(const struct dg_action *action)
{
	return dg_streq(dg_get(&action->state), "open");
}

void dg_action_goal_get(const struct dg_action *action, struct dg_goal *ret)
{
	const struct dg_action_goal *goal = &action->goal;
	bool told = dg_known(&goal->missing) && goal->missing.value > 0;

	*ret = (struct dg_goal){.pin = dg_get(&goal->pin),
				.next_pin = dg_get(&goal->next_pin),
				.boots = dg_get(&goal->boots),
				.fresh = dg_true(&goal->fresh),
				.missing = told ? (size_t)goal->missing.value : 0};
}

void dg_action_before_get(const struct dg_action *action, struct dg_goal *ret)
{
	struct dg_goal goal;

	dg_action_goal_get(action, &goal);
	*ret = (struct dg_goal){.pin = dg_get(&action->before.pin),
				.next_pin = dg_get(&action->before.next_pin),
				.boots = dg_get(&action->before.boots),
				.fresh = dg_true(&action->before.fresh),
				.missing = goal.missing};
}

/* --- as JSON --- */

struct json_object *dg_action_encode(const struct dg_action *action)
{
	return dg_document_encode(&dg_action_record, DG_ACTION_SCHEMA, action);
}

static bool is_told(const void *fact)
{
	return dg_known(fact) || dg_absent(fact);
}

/* All that completing it, or rolling it back, goes by: a pin that is not told is not a
 * pin that was not there. */
static bool is_whole(const struct dg_action *action)
{
	const struct dg_action_host *before = &action->before;
	const struct dg_action_goal *goal = &action->goal;
	struct dg_argv argv;

	dg_list_foreach (step, action->steps)
		if (!dg_known(step) || !dg_known(&step->state) ||
		    dg_action_argv_get(&step->argv, &argv) < 0)
			return false;
	return dg_known(before) && is_told(&before->pin) && is_told(&before->pin_time) &&
	       is_told(&before->next_pin) && is_told(&before->next_pin_time) &&
	       is_told(&before->boots) && dg_known(goal) && is_told(&goal->pin) &&
	       is_told(&goal->next_pin) && is_told(&goal->boots) &&
	       dg_known(&goal->missing) && dg_known(&action->ledger) &&
	       dg_known(&action->steps);
}

/* Whether there is something to be completed must not be a guess. */
static int verify(const struct dg_action *action, char **ret_why)
{
	const char *state = dg_get(&action->state), *why = NULL;

	if (!dg_known(&action->id))
		why = "there is no \"id\"";
	else if (!dg_streq(state, "closed") && !dg_streq(state, "open"))
		why = "\"state\" is neither \"open\" nor \"closed\"";
	else if (dg_streq(state, "open") && !is_whole(action))
		why = "it is open, and does not tell all of what was before, and is to "
		      "be";
	if (why)
		*ret_why = dg_format("%s", why);
	return why ? -EBADMSG : 0;
}

int dg_action_decode(struct json_object *json, struct dg_action **ret, char **ret_why)
{
	DG_CLEANUP(dg_action_freep) struct dg_action *action = NULL;
	int r = dg_document_check(json, DG_ACTION_SCHEMA, ret_why);

	if (r < 0)
		return r;
	action = calloc(1, sizeof(*action));
	if (!action)
		return -ENOMEM;
	r = dg_record_decode(&dg_action_record, json, action);
	if (r == 0)
		r = verify(action, ret_why);
	if (r < 0)
		return r;
	*ret = DG_STEAL(action);
	return 0;
}

/* --- ids --- */

const char *dg_action_id(int64_t time, uint32_t number,
			 char buf[static DG_ACTION_ID_SIZE])
{
	char text[DG_TIME_SIZE];
	size_t n = 0;

	dg_time_format(time, text);
	for (const char *p = text; *p; p++)
		if (*p != '-' && *p != ':')
			buf[n++] = *p;
	snprintf(buf + n, DG_ACTION_ID_SIZE - n, "-%08x", number);
	return buf;
}

bool dg_is_action_id(const char *text, size_t size)
{
	static const char form[] = "ddddddddTddddddZ-xxxxxxxx";

	if (size != strlen(form))
		return false;
	for (size_t i = 0; i < size; i++) {
		const char *allowed = form[i] == 'd'   ? "0123456789"
				      : form[i] == 'x' ? "0123456789abcdef"
						       : NULL;

		if (allowed ? !text[i] || !strchr(allowed, text[i]) : text[i] != form[i])
			return false;
	}
	return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan from JSON. */
#include <errno.h>

#include "policy/judge.h"
#include "policy/json-member.h"

static const char *strategy_name(int i)
{
	static const char *const names[] = {"repin", "unpin", "reboot", "refresh",
					    "install"};

	return names[i];
}
#define STRATEGIES 5

static const char *then_name(int i)
{
	(void)i;
	return "reboot";
}

static int read_argv(struct json_object *json, struct dg_argv *ret, char **ret_why)
{
	size_t n;

	if (!json_object_is_type(json, json_type_array))
		return dg_member_bad("argv", "is no list", ret_why);
	n = json_object_array_length(json);
	if (n < 1 || n >= DG_ARGV_MAX)
		return dg_member_bad("argv", "has no words, or too many", ret_why);
	for (size_t i = 0; i < n; i++) {
		struct json_object *word = json_object_array_get_idx(json, i);

		if (!dg_value_is_text(word))
			return dg_member_bad("argv", "is not made of clean words",
					     ret_why);
		ret->words[i] = strdup(json_object_get_string(word));
		if (!ret->words[i])
			return -ENOMEM;
	}
	return 0;
}

static int read_step(struct json_object *json, struct dg_plan *plan, char **ret_why)
{
	struct dg_step *step = &plan->steps[plan->step_count++];
	struct json_object *argv, *undo;
	int r = dg_member_get(json, "argv", json_type_array, false, &argv, ret_why);

	if (r == 0)
		r = read_argv(argv, &step->argv, ret_why);
	if (r == 0)
		r = dg_member_text(json, "why", false, &step->why, ret_why);
	if (r == 0)
		r = dg_member_list(json, "undo", DG_UNDO_MAX, &undo, ret_why);
	for (size_t i = 0; r == 0 && i < json_object_array_length(undo); i++)
		r = read_argv(json_object_array_get_idx(undo, i),
			      &step->undo[step->undo_count++], ret_why);
	return r;
}

static int read_preflight(struct json_object *json, struct dg_plan *plan, char **ret_why)
{
	struct dg_preflight *p = &plan->preflights[plan->preflight_count++];
	bool ok = false;
	int r = dg_member_text(json, "id", false, &p->id, ret_why);

	if (r == 0)
		r = dg_member_bool(json, "ok", &ok, ret_why);
	if (r == 0)
		r = dg_member_copy(json, "detail", false, &p->detail, ret_why);
	if (r == 0 && json_object_object_get_ex(json, "unblock", NULL))
		r = dg_member_copy(json, "unblock", true, &p->unblock, ret_why);
	if (r == 0 && json_object_object_get_ex(json, "advisory", NULL))
		r = dg_member_bool(json, "advisory", &p->advisory, ret_why);
	p->ok = ok ? DG_YES : DG_NO;
	return r;
}

static int read_lists(struct json_object *json, struct dg_plan *plan, char **ret_why)
{
	struct json_object *preflight, *commands;
	int r = dg_member_list(json, "preflight", DG_PREFLIGHTS_MAX, &preflight, ret_why);

	for (size_t i = 0; r == 0 && i < json_object_array_length(preflight); i++)
		r = read_preflight(json_object_array_get_idx(preflight, i), plan,
				   ret_why);
	if (r == 0)
		r = dg_member_list(json, "commands", DG_STEPS_MAX, &commands, ret_why);
	for (size_t i = 0; r == 0 && i < json_object_array_length(commands); i++)
		r = read_step(json_object_array_get_idx(commands, i), plan, ret_why);
	return r;
}

static int read_plan(struct json_object *json, struct dg_plan *plan, char **ret_why)
{
	int strategy = -1, then = -1;
	int r = dg_member_copy(json, "target", true, &plan->target, ret_why);

	if (r == 0)
		r = dg_member_word(json, "strategy", false, strategy_name, STRATEGIES,
				   &strategy, ret_why);
	if (r == 0)
		r = dg_member_copy(json, "why", false, &plan->why, ret_why);
	if (r == 0)
		r = dg_member_bool(json, "ready", &plan->ready, ret_why);
	if (r == 0)
		r = dg_member_word(json, "then", true, then_name, 1, &then, ret_why);
	if (r < 0)
		return r;
	plan->strategy = strategy_name(strategy);
	plan->then = then < 0 ? NULL : then_name(then);
	return read_lists(json, plan, ret_why);
}

int dg_plan_decode(struct json_object *json, struct dg_plan **ret, char **ret_why)
{
	DG_CLEANUP(dg_plan_freep) struct dg_plan *plan = calloc(1, sizeof(*plan));
	int r;

	if (!plan)
		return -ENOMEM;
	plan->source = json_object_get(json);
	r = read_plan(json, plan, ret_why);
	if (r == 0)
		*ret = DG_STEAL(plan);
	return r;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A plan as JSON (CONTRACT.md, "plan"). */
#include <json-c/json.h>

#include "policy/judge.h"

static void add_text(struct json_object *json, const char *key, const char *value)
{
	json_object_object_add(json, key, value ? json_object_new_string(value) : NULL);
}

static struct json_object *encode_argv(const struct dg_argv *argv)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < DG_ARGV_MAX && argv->words[i]; i++)
		json_object_array_add(array, json_object_new_string(argv->words[i]));
	return array;
}

static struct json_object *encode_preflight(const struct dg_preflight *p)
{
	struct json_object *json = json_object_new_object();

	add_text(json, "id", p->id);
	/* What cannot be told is not passed; the detail says which of the two it is. */
	json_object_object_add(json, "ok", json_object_new_boolean(p->ok == DG_YES));
	add_text(json, "detail", p->detail);
	if (p->unblock)
		add_text(json, "unblock", p->unblock);
	if (p->advisory)
		json_object_object_add(json, "advisory", json_object_new_boolean(true));
	return json;
}

static struct json_object *encode_step(const struct dg_step *step)
{
	struct json_object *json = json_object_new_object();
	struct json_object *undo = json_object_new_array();

	json_object_object_add(json, "argv", encode_argv(&step->argv));
	add_text(json, "why", step->why);
	for (size_t i = 0; i < step->undo_count; i++)
		json_object_array_add(undo, encode_argv(&step->undo[i]));
	json_object_object_add(json, "undo", undo);
	return json;
}

struct json_object *dg_plan_encode(const struct dg_plan *plan)
{
	struct json_object *json = json_object_new_object();
	struct json_object *preflight = json_object_new_array();
	struct json_object *commands = json_object_new_array();

	add_text(json, "target", plan->target);
	add_text(json, "strategy", plan->strategy);
	add_text(json, "why", plan->why);
	json_object_object_add(json, "ready", json_object_new_boolean(plan->ready));
	for (size_t i = 0; i < plan->preflight_count; i++)
		json_object_array_add(preflight, encode_preflight(&plan->preflights[i]));
	json_object_object_add(json, "preflight", preflight);
	for (size_t i = 0; i < plan->step_count; i++)
		json_object_array_add(commands, encode_step(&plan->steps[i]));
	json_object_object_add(json, "commands", commands);
	add_text(json, "then", plan->then);
	return json;
}

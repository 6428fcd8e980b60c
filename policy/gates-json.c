/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the policy lets happen, as JSON. */
#include <json-c/json.h>

#include "policy/gates.h"

static const char *const answer_names[] = {
	[DG_NO] = "no", [DG_YES] = "yes", [DG_CANNOT_TELL] = "cannot-tell"};

static void add_text(struct json_object *json, const char *key, const char *text)
{
	json_object_object_add(json, key, text ? json_object_new_string(text) : NULL);
}

struct json_object *dg_gates_encode(const struct dg_enforcement *e)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < e->gate_count; i++) {
		struct json_object *gate = json_object_new_object();

		add_text(gate, "id", e->gates[i].id);
		add_text(gate, "open", answer_names[e->gates[i].open]);
		add_text(gate, "detail", e->gates[i].detail);
		json_object_array_add(array, gate);
	}
	return array;
}

struct json_object *dg_enforcement_encode(const struct dg_enforcement *e)
{
	struct json_object *json = json_object_new_object();

	add_text(json, "state", dg_enforce_state_name(e->state));
	add_text(json, "action", e->action);
	add_text(json, "because", e->because);
	add_text(json, "summary", e->summary);
	json_object_object_add(json, "plan", e->plan ? dg_plan_encode(e->plan) : NULL);
	json_object_object_add(json, "gates", dg_gates_encode(e));
	return json;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* enforce, for machines: schema driftguard.enforce/1. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/render/enforce.h"

static void add_text(struct json_object *json, const char *key, const char *text)
{
	json_object_object_add(json, key, text ? json_object_new_string(text) : NULL);
}

int dg_json_enforce(FILE *out, const struct dg_enforce_told *told,
		    const struct dg_style *style)
{
	struct json_object *decision = dg_enforcement_encode(told->decision);
	struct json_object *json = json_object_new_object();
	int r = -ENOMEM;

	(void)style;
	if (json && decision) {
		add_text(json, "schema", "driftguard.enforce/1");
		add_text(json, "tool", DG_VERSION);
		add_text(json, "host", told->verdict->host.name);
		add_text(json, "outcome", told->outcome);
		add_text(json, "why", told->why);
		add_text(json, "boots", told->boots);
		add_text(json, "recovered", told->recovered);
		add_text(json, "record", told->record);
		add_text(json, "no_record", told->no_record);
		json_object_object_foreach(decision, key, value)
			json_object_object_add(json, key, json_object_get(value));
		r = dg_print_json(out, json);
	}
	json_object_put(decision);
	json_object_put(json);
	return r;
}

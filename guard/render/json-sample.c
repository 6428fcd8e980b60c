/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* sample, for machines: schema driftguard.sample/1. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/render/render.h"
#include "policy/facts-fields.h"
#include "policy/pressure.h"

static void add_text(struct json_object *json, const char *key, const char *text)
{
	json_object_object_add(json, key, text ? json_object_new_string(text) : NULL);
}

int dg_json_sample(FILE *out, const struct dg_sample *sample,
		   const struct dg_pressure *pressure, const struct dg_style *style)
{
	const struct dg_disk_load *device = pressure->device;
	const struct dg_guest_load *guest = pressure->guest;
	struct json_object *json = json_object_new_object();
	int r;

	(void)style;
	if (!json)
		return -ENOMEM;
	add_text(json, "schema", "driftguard.sample/1");
	add_text(json, "tool", DG_VERSION);
	add_text(json, "decision", dg_pressure_name(pressure->kind));
	add_text(json, "why", pressure->why);
	json_object_object_add(json, "loaded", json_object_new_boolean(pressure->loaded));
	add_text(json, "device", device ? dg_get(&device->name) : NULL);
	add_text(json, "guest", guest ? dg_get(&guest->vmid) : NULL);
	json_object_object_add(json, "sample",
			       dg_record_encode(&dg_sample_record, sample));
	r = dg_print_json(out, json);
	json_object_put(json);
	return r;
}

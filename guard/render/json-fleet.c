/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fleet, for machines: what policy/fleet.schema.json says. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/fleet/fleet.h"
#include "guard/render/render.h"
#include "policy/catalog.h"
#include "policy/timefmt.h"

#define FLEET_SCHEMA "driftguard.fleet/1"

static void add(struct json_object *json, const char *key, struct json_object *value)
{
	json_object_object_add(json, key, value);
}

static void add_text(struct json_object *json, const char *key, const char *value)
{
	add(json, key, value ? json_object_new_string(value) : NULL);
}

static struct json_object *encode_drift(const struct dg_fleet_host *host)
{
	struct json_object *array = json_object_new_array();

	for (const char **id = host->drift; id && *id; id++)
		json_object_array_add(array, json_object_new_string(*id));
	return array;
}

static struct json_object *encode_kernel(const struct dg_fleet_host *host)
{
	struct json_object *json = json_object_new_object();

	add_text(json, "running", host->running);
	add_text(json, "expected_series", host->expected_series);
	add_text(json, "next_boot", host->next_boot);
	add_text(json, "target", host->target);
	return json;
}

static struct json_object *encode_host(const struct dg_fleet_host *host)
{
	struct json_object *json = json_object_new_object();
	char time[DG_TIME_SIZE];

	add_text(json, "source", host->source);
	add_text(json, "problem", host->problem);
	add_text(json, "id", host->id);
	add_text(json, "name", host->name);
	add_text(json, "product", host->product);
	add_text(json, "version", host->version);
	add_text(json, "facts_time",
		 host->facts_time == DG_FLEET_NO_TIME
			 ? NULL
			 : dg_time_format(host->facts_time, time));
	add_text(json, "verdict", dg_level_name(host->level));
	add_text(json, "headline", host->headline);
	add(json, "kernel", encode_kernel(host));
	add(json, "drift", encode_drift(host));
	return json;
}

static struct json_object *encode_counts(const struct dg_fleet *fleet)
{
	struct json_object *json = json_object_new_object();

	for (enum dg_level level = DG_LEVEL_OK; level <= DG_LEVEL_UNKNOWN; level++)
		add(json, dg_level_name(level),
		    json_object_new_int64((int64_t)fleet->levels[level]));
	return json;
}

static struct json_object *encode_checks(const struct dg_fleet *fleet)
{
	size_t count;
	const struct dg_check *const *all = dg_catalog(&count);
	struct json_object *json = json_object_new_object();

	for (size_t i = 0; i < count; i++)
		add(json, all[i]->id, json_object_new_int64((int64_t)fleet->drift[i]));
	return json;
}

int dg_json_fleet(FILE *out, const struct dg_fleet *fleet, const struct dg_style *style)
{
	struct json_object *json = json_object_new_object();
	struct json_object *hosts = json_object_new_array();
	char time[DG_TIME_SIZE];
	int r;

	(void)style;
	add_text(json, "schema", FLEET_SCHEMA);
	add_text(json, "time", dg_time_format(fleet->time, time));
	add_text(json, "verdict", dg_level_name(fleet->level));
	add(json, "counts", encode_counts(fleet));
	add(json, "checks", encode_checks(fleet));
	add(json, "replaced", json_object_new_int64((int64_t)fleet->replaced));
	add(json, "old", json_object_new_int64((int64_t)fleet->old));
	for (size_t i = 0; i < fleet->count; i++)
		json_object_array_add(hosts, encode_host(&fleet->hosts[i]));
	add(json, "hosts", hosts);
	r = dg_print_json(out, json);
	json_object_put(json);
	return r;
}

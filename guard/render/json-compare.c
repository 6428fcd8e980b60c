/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* compare, for machines: schema driftguard.comparison/1. */
#include <json-c/json.h>

#include "guard/render/records.h"
#include "policy/facts-fields.h"
#include "policy/timefmt.h"

static void add(struct json_object *json, const char *key, struct json_object *value)
{
	json_object_object_add(json, key, value);
}

static void add_text(struct json_object *json, const char *key, const char *text)
{
	add(json, key, text ? json_object_new_string(text) : NULL);
}

/* 0 is no time. */
static void add_time(struct json_object *json, const char *key, int64_t time)
{
	char text[DG_TIME_SIZE];

	add_text(json, key, time ? dg_time_format(time, text) : NULL);
}

static struct json_object *encode_boot(const struct dg_comparison *c, int side)
{
	__typeof__(&c->boots[side]) boot = &c->boots[side];
	struct json_object *json = json_object_new_object(), *sample = NULL;

	if (boot->has_sample) {
		sample = json_object_new_object();
		add_time(sample, "time", boot->sample_time);
		add(sample, "window_s", dg_real_encode(boot->window_s));
	}
	add_text(json, "boot_id", boot->boot_id);
	add_time(json, "boot_time", boot->boot_time);
	add_text(json, "kernel", boot->kernel);
	add_text(json, "verdict", boot->verdict);
	add_text(json, "headline", boot->headline);
	add(json, "sample", sample);
	return json;
}

/* A number as one; what is no number as text; null is not known. */
static struct json_object *encode_side(const struct dg_comparison_side *side)
{
	if (side->is_number)
		return dg_real_encode(side->number);
	return side->text ? json_object_new_string(side->text) : NULL;
}

static struct json_object *encode_rows(const struct dg_comparison_rows *rows)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < rows->count; i++) {
		const struct dg_comparison_row *row = &rows->items[i];
		struct json_object *json = json_object_new_object();

		add_text(json, "what", row->what);
		add_text(json, "unit", *row->unit ? row->unit : NULL);
		add(json, "a", encode_side(&row->sides[0]));
		add(json, "b", encode_side(&row->sides[1]));
		add(json, "same", json_object_new_boolean(row->same));
		json_object_array_add(array, json);
	}
	return array;
}

int dg_json_comparison(FILE *out, const struct dg_comparison *c,
		       const struct dg_style *style)
{
	struct json_object *json = json_object_new_object();
	int r;

	(void)style;
	add_text(json, "schema", "driftguard.comparison/1");
	add_text(json, "tool", DG_VERSION);
	add(json, "a", encode_boot(c, 0));
	add(json, "b", encode_boot(c, 1));
	add(json, "figures", encode_rows(&c->figures));
	add(json, "circumstances", encode_rows(&c->circumstances));
	add_text(json, "changed", c->changed);
	add_text(json, "same", c->same);
	add_text(json, "caveat", c->caveat);
	r = dg_print_json(out, json);
	json_object_put(json);
	return r;
}

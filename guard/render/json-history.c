/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* history, for machines: schema driftguard.history/1. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/record/boots.h"
#include "guard/render/records.h"
#include "policy/facts-fields.h"
#include "policy/pressure.h"
#include "policy/timefmt.h"

static void add(struct json_object *json, const char *key, struct json_object *value)
{
	json_object_object_add(json, key, value);
}

static void add_text(struct json_object *json, const char *key, const char *text)
{
	add(json, key, text ? json_object_new_string(text) : NULL);
}

static void add_time(struct json_object *json, const char *key, const struct dg_int *fact)
{
	char text[DG_TIME_SIZE];

	add_text(json, key, dg_known(fact) ? dg_time_format(fact->value, text) : NULL);
}

static void add_real(struct json_object *json, const char *key,
		     const struct dg_real *fact)
{
	add(json, key, fact && dg_known(fact) ? dg_real_encode(fact->value) : NULL);
}

/* Of the sample that stands for the boot. */
static struct json_object *encode_sample(const struct dg_sample *sample)
{
	const struct dg_stall *io = dg_sample_stall(sample, "io");
	struct json_object *json = json_object_new_object();

	add_time(json, "time", &sample->time);
	add_real(json, "window_s", &sample->window_s);
	add(json, "loaded", json_object_new_boolean(dg_sample_is_loaded(sample)));
	add_real(json, "io_some_percent", io ? &io->some_percent : NULL);
	add_real(json, "io_full_percent", io ? &io->full_percent : NULL);
	add_real(json, "iowait_percent", &sample->iowait_percent);
	return json;
}

static struct json_object *encode_words(const struct dg_boot_record *record)
{
	struct json_object *array = json_object_new_array();

	dg_list_foreach (word, record->drift)
		if (dg_known(word) && dg_get(&word->name))
			json_object_array_add(array,
					      json_object_new_string(word->name.value));
	return array;
}

static struct json_object *encode_boot(const struct dg_boot_record *record)
{
	const struct dg_sample *sample = dg_boot_sample(record);
	struct json_object *json = json_object_new_object();

	add_text(json, "boot_id", dg_get(&record->boot_id));
	add_time(json, "boot_time", &record->boot_time);
	add_time(json, "time", &record->time);
	add_text(json, "host", dg_get(&record->host));
	add_text(json, "kernel", dg_get(&record->kernel));
	add_text(json, "product", dg_get(&record->product));
	add_text(json, "product_version", dg_get(&record->product_version));
	add_text(json, "qemu", dg_get(&record->qemu));
	add(json, "guests", json_object_new_int64((int64_t)record->guests.count));
	add_text(json, "verdict", dg_get(&record->verdict));
	add_text(json, "headline", dg_get(&record->headline));
	add(json, "drift", encode_words(record));
	add(json, "samples", json_object_new_int64((int64_t)record->samples.count));
	add(json, "sample", sample ? encode_sample(sample) : NULL);
	return json;
}

static struct json_object *encode_unusable(const struct dg_boot_file *file)
{
	struct json_object *json = json_object_new_object();

	add_text(json, "file", file->name);
	add_text(json, "why", file->why);
	return json;
}

int dg_json_history(FILE *out, const struct dg_history *history,
		    const struct dg_style *style)
{
	struct json_object *json = json_object_new_object();
	struct json_object *boots = json_object_new_array();
	struct json_object *unusable = json_object_new_array();
	int r;

	(void)style;
	for (size_t i = 0; i < history->count; i++) {
		const struct dg_boot_file *file = &history->files[i];

		if (file->record)
			json_object_array_add(boots, encode_boot(file->record));
		else
			json_object_array_add(unusable, encode_unusable(file));
	}
	add_text(json, "schema", "driftguard.history/1");
	add_text(json, "tool", DG_VERSION);
	add(json, "boots", boots);
	add(json, "unusable", unusable);
	r = dg_print_json(out, json);
	json_object_put(json);
	return r;
}

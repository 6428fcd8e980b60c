/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe, for machines: schema driftguard.probe/1. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/probe/probe.h"
#include "guard/probe/ring.h"
#include "guard/render/render.h"

static const char *const verdict_names[] = {
	[DG_IDLE_CANNOT_TELL] = "cannot-tell",
	[DG_IDLE_CHARGED] = "counts",
	[DG_IDLE_FREE] = "does-not-count",
	[DG_IDLE_NOT_TRIED] = "cannot-tell",
};

static const char *const opt_out_names[] = {
	[DG_IDLE_CANNOT_TELL] = "cannot-tell",
	[DG_IDLE_CHARGED] = "does-not-work",
	[DG_IDLE_FREE] = "works",
	[DG_IDLE_NOT_TRIED] = "not-available",
};

static const char *const scope_names[] = {
	[DG_IDLE_NOWHERE] = "none",
	[DG_IDLE_OWN] = "own-cgroup",
	[DG_IDLE_SHARED] = "shared-cgroup",
	[DG_IDLE_HOST] = "host",
};

static const char *const wait_names[DG_IDLE_WAYS] = {
	[DG_IDLE_BEFORE] = "baseline",
	[DG_IDLE_PLAIN] = "plain",
	[DG_IDLE_NO_IOWAIT] = "no-iowait",
	[DG_IDLE_AFTER] = "baseline-after",
};

static void add_text(struct json_object *json, const char *key, const char *text)
{
	json_object_object_add(json, key,
			       text && *text ? json_object_new_string(text) : NULL);
}

static void add_number(struct json_object *json, const char *key, int64_t value)
{
	json_object_object_add(json, key, json_object_new_int64(value));
}

/* One decimal; json-c would print all that a double has. */
static void add_percent(struct json_object *json, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.1f", value);
	json_object_object_add(json, key, json_object_new_double_s(value, text));
}

static struct json_object *encode_wait(const char *name, const struct dg_idle_wait *wait)
{
	struct json_object *json = json_object_new_object();

	add_text(json, "name", name);
	add_number(json, "elapsed_us", wait->elapsed_us);
	add_number(json, "some_us", wait->some_us);
	add_number(json, "full_us", wait->full_us);
	add_percent(json, "some_percent", dg_idle_percent(wait, wait->some_us));
	add_percent(json, "full_percent", dg_idle_percent(wait, wait->full_us));
	return json;
}

static struct json_object *encode_test(const struct dg_idle_test *test)
{
	struct json_object *json = json_object_new_object();
	struct json_object *waits = json_object_new_array();

	add_text(json, "verdict", verdict_names[test->plain]);
	add_text(json, "opt_out", opt_out_names[test->no_iowait]);
	add_text(json, "why", test->why);
	add_text(json, "scope", scope_names[test->scope]);
	add_text(json, "scope_why", test->scope_why);
	add_number(json, "elapsed_us", test->elapsed_us);
	for (size_t i = 0; i < DG_IDLE_WAYS; i++)
		if (test->waits[i].done)
			json_object_array_add(
				waits, encode_wait(wait_names[i], &test->waits[i]));
	json_object_object_add(json, "waits", waits);
	return json;
}

static struct json_object *encode_names(const struct dg_int *mask)
{
	struct json_object *names = json_object_new_array();
	const struct dg_ring_feature *features;
	size_t n;

	features = dg_ring_features(&n);
	for (size_t i = 0; i < n; i++)
		if (dg_known(mask) && mask->value >> features[i].bit & 1)
			json_object_array_add(names,
					      json_object_new_string(features[i].name));
	return names;
}

/* The members of `from` behind those of `to`. */
static void append_members(struct json_object *to, struct json_object *from)
{
	json_object_object_foreach(from, key, value)
		json_object_object_add(to, key, json_object_get(value));
}

int dg_json_probe(FILE *out, const struct dg_probe *probe, const struct dg_style *style)
{
	static const char *const paths[] = {"kernel.release", "ring", NULL};
	struct json_object *facts = dg_facts_encode_some(probe->facts, paths);
	struct json_object *json = json_object_new_object();
	int r = -ENOMEM;

	(void)style;
	if (facts && json) {
		add_text(json, "schema", "driftguard.probe/1");
		add_text(json, "tool", DG_VERSION);
		append_members(json, facts);
		json_object_object_add(json, "feature_names",
				       encode_names(&probe->facts->ring.features));
		json_object_object_add(json, "idle_wait",
				       probe->test ? encode_test(probe->test) : NULL);
		add_text(json, "conclusion", probe->conclusion);
		r = dg_print_json(out, json);
	}
	json_object_put(facts);
	json_object_put(json);
	return r;
}

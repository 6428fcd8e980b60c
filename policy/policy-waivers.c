/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <json-c/json.h>
#include "policy/glob.h"
#include "policy/policy-keys.h"
#include "policy/policy-waivers.h"

/* --- merging --- */

static const char *waiver_id(struct json_object *waiver)
{
	return json_object_get_string(dg_policy_value(waiver, "id"));
}

static size_t id_find(struct json_object *array, size_t n, const char *id)
{
	size_t i = 0;

	while (i < n && !dg_streq(waiver_id(json_object_array_get_idx(array, i)), id))
		i++;
	return i;
}

int dg_waivers_merge(struct json_object *to, struct json_object *from)
{
	size_t before = json_object_array_length(to);

	for (size_t i = 0; i < json_object_array_length(from); i++) {
		struct json_object *waiver = json_object_array_get_idx(from, i);
		struct json_object *copy = NULL;
		size_t at = id_find(to, before, waiver_id(waiver));
		int r = json_object_deep_copy(waiver, &copy, NULL);

		if (r == 0)
			r = at < before ? json_object_array_put_idx(to, at, copy)
					: json_object_array_add(to, copy);
		if (r < 0) {
			json_object_put(copy);
			return -ENOMEM;
		}
	}
	return 0;
}

/* --- as records --- */

static void texts_free(char **texts)
{
	for (size_t i = 0; texts && texts[i]; i++)
		free(texts[i]);
	free(texts);
}

/* A copy of a text, NULL where there is none. 0 or -ENOMEM. */
static int text_take(struct json_object *waiver, const char *key, char **ret)
{
	struct json_object *value = dg_policy_value(waiver, key);

	if (!value)
		return 0;
	*ret = strdup(json_object_get_string(value));
	return *ret ? 0 : -ENOMEM;
}

static int hosts_take(struct json_object *waiver, char ***ret)
{
	struct json_object *array = dg_policy_value(waiver, "hosts");
	size_t n;
	char **hosts;

	if (!array)
		return 0;
	n = json_object_array_length(array);
	hosts = calloc(n + 1, sizeof(*hosts));
	if (!hosts)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		hosts[i] = strdup(
			json_object_get_string(json_object_array_get_idx(array, i)));
		if (!hosts[i]) {
			texts_free(hosts);
			return -ENOMEM;
		}
	}
	*ret = hosts;
	return 0;
}

/* On an error the record is half-built, and dg_waivers_free()'s to clear. */
static int waiver_take(struct json_object *value, struct dg_waiver *waiver)
{
	const struct {
		const char *key;
		char **place;
	} texts[] = {
		{.key = "id", .place = &waiver->id},
		{.key = "check", .place = &waiver->check},
		{.key = "kernel", .place = &waiver->kernel},
		{.key = "subject", .place = &waiver->subject},
		{.key = "reason", .place = &waiver->reason},
		{.key = "owner", .place = &waiver->owner},
	};
	struct json_object *until = dg_policy_value(value, "until");
	struct json_object *since = dg_policy_value(value, "since");
	int r = hosts_take(value, &waiver->hosts);

	for (size_t i = 0; r == 0 && i < DG_COUNT(texts); i++)
		r = text_take(value, texts[i].key, texts[i].place);
	if (until)
		dg_policy_until_parse(json_object_get_string(until),
				      json_object_get_string(since), &waiver->until);
	return r;
}

int dg_waivers_take(struct json_object *array, struct dg_waiver **ret, size_t *ret_count)
{
	size_t n = array ? json_object_array_length(array) : 0;
	struct dg_waiver *waivers = n > 0 ? calloc(n, sizeof(*waivers)) : NULL;
	int r = n > 0 && !waivers ? -ENOMEM : 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = waiver_take(json_object_array_get_idx(array, i), &waivers[i]);
	if (r < 0) {
		dg_waivers_free(waivers, n);
		return r;
	}
	*ret = waivers;
	*ret_count = n;
	return 0;
}

void dg_waivers_free(struct dg_waiver *waivers, size_t count)
{
	for (size_t i = 0; waivers && i < count; i++) {
		free(waivers[i].id);
		free(waivers[i].check);
		texts_free(waivers[i].hosts);
		free(waivers[i].kernel);
		free(waivers[i].subject);
		free(waivers[i].reason);
		free(waivers[i].owner);
	}
	free(waivers);
}

/* --- which one covers a finding --- */

static bool pattern_is_any(const char *pattern)
{
	return !pattern || dg_streq(pattern, "*");
}

bool dg_waiver_covers_host(const struct dg_waiver *waiver, const char *host_name)
{
	if (!waiver->hosts)
		return true;
	for (char **host = waiver->hosts; *host; host++)
		if (pattern_is_any(*host) ||
		    (host_name && dg_glob_match(*host, host_name)))
			return true;
	return false;
}

static bool covers_kernel(const struct dg_waiver *waiver, const char *const kernels[],
			  size_t n)
{
	if (pattern_is_any(waiver->kernel))
		return true;
	for (size_t i = 0; i < n; i++)
		if (kernels[i] && dg_glob_match(waiver->kernel, kernels[i]))
			return true;
	return false;
}

static bool covers_subject(const struct dg_waiver *waiver,
			   const struct dg_finding *finding)
{
	if (pattern_is_any(waiver->subject))
		return true;
	for (size_t i = 0; i < finding->subject_count; i++)
		if (finding->subjects[i].name &&
		    dg_glob_match(waiver->subject, finding->subjects[i].name))
			return true;
	return false;
}

const struct dg_waiver *dg_policy_find_waiver(const struct dg_policy *policy,
					      const struct dg_finding *finding,
					      const char *host_name,
					      const char *const kernels[],
					      size_t kernel_count)
{
	const struct dg_waiver *last = NULL;

	for (size_t i = 0; i < policy->waiver_count; i++) {
		const struct dg_waiver *waiver = &policy->waivers[i];

		if (dg_streq(waiver->check, finding->check->id) &&
		    dg_waiver_covers_host(waiver, host_name) &&
		    covers_kernel(waiver, kernels, kernel_count) &&
		    covers_subject(waiver, finding) &&
		    (!last || waiver->until > last->until))
			last = waiver;
	}
	return last;
}

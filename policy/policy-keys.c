/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of keys, look-up in it, and the values' places. */
#include <errno.h>
#include <json-c/json.h>
#include "policy/catalog.h"
#include "policy/nearest.h"
#include "policy/policy-keys.h"
#include "policy/timefmt.h"

#define DAYS_MAX 36500
#define DAY	 INT64_C(86400)

static const char *const schema_words[] = {DG_POLICY_SCHEMA, NULL};
static const char *const severity_words[] = {"notice", "warning", "critical", "off",
					     NULL};
static const char *const strategy_words[] = {"auto", "repin", "unpin", NULL};
static const char *const action_words[] = {"notify",	    "repin",   "unpin",
					   "pin-next-boot", "refresh", NULL};
static const char *const sink_words[] = {"ok",	     "notice", "warning",
					 "critical", "off",    NULL};

#define KEY(dotted, kind, ...)                                     \
	{                                                          \
		.path = dotted, .type = DG_KEY_##kind, __VA_ARGS__ \
	}
#define FLAGS(set)	   .flags = (set)
#define WORDS(set)	   .words = set##_words
#define RANGE(least, most) .min = (least), .max = (most)
#define PLACE(member)	   .place = offsetof(struct dg_policy, member)

static const struct dg_policy_key keys[] = {
	KEY("schema", WORD, FLAGS(DG_KEY_REQUIRED), WORDS(schema)),

	KEY("checks", OBJECT, FLAGS(DG_KEY_OVERRIDE)),
	KEY("checks.*", OBJECT),
	KEY("checks.*.severity", WORD, WORDS(severity)),
	KEY("essential", CHECK, FLAGS(DG_KEY_LIST | DG_KEY_OVERRIDE)),

	KEY("pin", OBJECT, FLAGS(DG_KEY_OVERRIDE)),
	KEY("pin.max_age_days", INT, RANGE(1, DAYS_MAX), PLACE(pin.max_age_days)),
	KEY("pin.warn_days", INT, RANGE(0, DAYS_MAX), PLACE(pin.warn_days)),
	KEY("pin.grace_days", INT, RANGE(0, DAYS_MAX), PLACE(pin.grace_days)),
	KEY("pin.require_reason", BOOL, PLACE(pin.require_reason)),
	KEY("pin.strategy", WORD, WORDS(strategy), PLACE(pin.strategy)),

	KEY("waivers", OBJECT, FLAGS(DG_KEY_LIST)),
	KEY("waivers.id", TEXT, FLAGS(DG_KEY_REQUIRED | DG_KEY_UNIQUE)),
	KEY("waivers.check", CHECK, FLAGS(DG_KEY_REQUIRED)),
	KEY("waivers.hosts", TEXT, FLAGS(DG_KEY_LIST | DG_KEY_FILLED)),
	KEY("waivers.kernel", TEXT),
	KEY("waivers.subject", TEXT),
	KEY("waivers.reason", TEXT, FLAGS(DG_KEY_REQUIRED)),
	KEY("waivers.owner", TEXT, FLAGS(DG_KEY_REQUIRED)),
	KEY("waivers.since", DATE),
	KEY("waivers.until", DATE, FLAGS(DG_KEY_REQUIRED), .from = "since"),

	KEY("overrides", OBJECT, FLAGS(DG_KEY_LIST)),
	KEY("overrides.hosts", TEXT,
	    FLAGS(DG_KEY_REQUIRED | DG_KEY_LIST | DG_KEY_FILLED)),

	KEY("pressure", OBJECT, FLAGS(DG_KEY_OVERRIDE)),
	KEY("pressure.window_s", INT, RANGE(1, 3600), PLACE(pressure.window_s)),
	KEY("pressure.io_full_percent", INT, RANGE(1, 100),
	    PLACE(pressure.io_full_percent)),
	KEY("pressure.await_ms", INT, RANGE(1, 60000), PLACE(pressure.await_ms)),
	KEY("pressure.queue", INT, RANGE(1, 65536), PLACE(pressure.queue)),
	KEY("pressure.cpu_some_percent", INT, RANGE(1, 100),
	    PLACE(pressure.cpu_some_percent)),
	KEY("pressure.memory_some_percent", INT, RANGE(1, 100),
	    PLACE(pressure.memory_some_percent)),

	KEY("enforce", OBJECT, FLAGS(DG_KEY_OVERRIDE)),
	KEY("enforce.enabled", BOOL, PLACE(enforce.enabled)),
	KEY("enforce.on", CHECK, FLAGS(DG_KEY_LIST)),
	KEY("enforce.actions", WORD, FLAGS(DG_KEY_LIST), WORDS(action)),
	KEY("enforce.grace_days", INT, RANGE(0, DAYS_MAX), PLACE(enforce.grace_days)),
	KEY("enforce.require_proven", BOOL, PLACE(enforce.require_proven)),
	KEY("enforce.canaries", TEXT, FLAGS(DG_KEY_LIST)),
	KEY("enforce.rollout_percent", INT, RANGE(0, 100),
	    PLACE(enforce.rollout_percent)),
	KEY("enforce.cooldown_hours", INT, RANGE(0, 24 * DAYS_MAX),
	    PLACE(enforce.cooldown_hours)),

	KEY("sinks", OBJECT, FLAGS(DG_KEY_OVERRIDE)),
	KEY("sinks.motd", WORD, WORDS(sink)),
	KEY("sinks.journal", WORD, WORDS(sink)),
	KEY("sinks.mail", WORD, WORDS(sink)),
	KEY("sinks.textfile", BOOL),
	KEY("sinks.reboot_required", BOOL),

	KEY("history", OBJECT, FLAGS(DG_KEY_OVERRIDE)),
	KEY("history.keep_boots", INT, RANGE(1, 100000)),
};

const struct dg_policy_key *dg_policy_keys(size_t *ret_count)
{
	*ret_count = DG_COUNT(keys);
	return keys;
}

/* --- look-up --- */

const char *dg_key_name(const struct dg_policy_key *key, const char *parent)
{
	const char *rest = key->path;

	if (key->flags & DG_KEY_OVERRIDE && dg_streq(parent, "overrides"))
		return rest;
	if (*parent) {
		rest = dg_after(rest, parent);
		if (!rest || *rest++ != '.')
			return NULL;
	}
	return strchr(rest, '.') ? NULL : rest;
}

const struct dg_policy_key *dg_key_find(const char *parent, const char *name)
{
	for (size_t i = 0; i < DG_COUNT(keys); i++) {
		const char *known = dg_key_name(&keys[i], parent);

		if (dg_streq(known, "*") ? dg_catalog_find(name) != NULL
					 : dg_streq(known, name))
			return &keys[i];
	}
	return NULL;
}

bool dg_keys_are_checks(const char *parent)
{
	for (size_t i = 0; i < DG_COUNT(keys); i++)
		if (dg_streq(dg_key_name(&keys[i], parent), "*"))
			return true;
	return false;
}

const char *dg_key_nearest(const char *parent, const char *name)
{
	const char *names[DG_COUNT(keys)];

	for (size_t i = 0; i < DG_COUNT(keys); i++)
		names[i] = dg_key_name(&keys[i], parent);
	return dg_nearest_word(name, names, DG_COUNT(keys));
}

const char *dg_word_find(const char *const *words, const char *word)
{
	while (*words && !dg_streq(*words, word))
		words++;
	return *words;
}

/* --- values --- */

int dg_policy_date_parse(const char *text, int64_t *ret_time)
{
	return dg_date_parse_end(text, ret_time) == 0 ? 0 : dg_time_parse(text, ret_time);
}

/* "90d" */
static bool parse_days(const char *text, int64_t *ret_days)
{
	int64_t days = 0;
	const char *s = text;

	for (; *s >= '0' && *s <= '9' && days <= DAYS_MAX; s++)
		days = 10 * days + (*s - '0');
	if (!dg_streq(s, "d") || days < 1 || days > DAYS_MAX)
		return false;
	*ret_days = days;
	return true;
}

int dg_policy_until_parse(const char *text, const char *since, int64_t *ret_time)
{
	int64_t days, from;

	if (!parse_days(text, &days))
		return dg_policy_date_parse(text, ret_time);
	/* As the last second of its day. */
	if (!since ||
	    (dg_date_parse_end(since, &from) < 0 && dg_time_parse(since, &from) < 0))
		return -EINVAL;
	from += DAY - 1 - ((from - DG_TIME_FIRST) % DAY);
	*ret_time = from + days * DAY;
	return 0;
}

struct json_object *dg_policy_value(struct json_object *tree, const char *path)
{
	while (tree && *path) {
		char name[64];
		size_t n = strcspn(path, ".");

		if (n >= sizeof(name) || !json_object_is_type(tree, json_type_object))
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		if (!json_object_object_get_ex(tree, name, &tree))
			return NULL;
		path += n + (path[n] == '.');
	}
	return tree;
}

static void place_fill(const struct dg_policy_key *key, struct json_object *value,
		       void *place)
{
	const char *word = NULL;

	switch (key->type) {
	case DG_KEY_INT:
		*(int64_t *)place = value ? json_object_get_int64(value) : key->min;
		break;
	case DG_KEY_BOOL:
		*(bool *)place = value && json_object_get_boolean(value);
		break;
	case DG_KEY_WORD:
		if (value)
			word = dg_word_find(key->words, json_object_get_string(value));
		*(const char **)place = word ? word : key->words[0];
		break;
	default:
		break;
	}
}

void dg_policy_place(struct dg_policy *policy, struct json_object *tree)
{
	for (size_t i = 0; i < DG_COUNT(keys); i++)
		if (keys[i].place)
			place_fill(&keys[i], dg_policy_value(tree, keys[i].path),
				   (char *)policy + keys[i].place);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a check's function says what it found. */
#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>

#include "policy/check.h"
#include "policy/text.h"
#include "policy/timefmt.h"

static const char *const severity_names[] = {
	[DG_FINE] = "ok",
	[DG_NOTICE] = "notice",
	[DG_WARNING] = "warning",
	[DG_CRITICAL] = "critical",
};

static const char *const status_names[] = {
	[DG_OK] = "ok",
	[DG_DRIFT] = "drift",
	[DG_WAIVED] = "waived",
	[DG_NOT_APPLICABLE] = "not-applicable",
	[DG_NOT_MEASURED] = "not-measured",
	[DG_UNKNOWN] = "unknown",
};

const char *dg_severity_name(enum dg_severity severity)
{
	return severity_names[severity];
}

const char *dg_status_name(enum dg_status status)
{
	return status_names[status];
}

int dg_severity_parse(const char *word, enum dg_severity *ret)
{
	for (enum dg_severity s = DG_NOTICE; s <= DG_CRITICAL; s++)
		if (dg_streq(word, severity_names[s])) {
			*ret = s;
			return 0;
		}
	return -EINVAL;
}

static void find(struct dg_finding *f, enum dg_status status, const char *fmt,
		 va_list args) DG_PRINTF(3, 0);

static void find(struct dg_finding *f, enum dg_status status, const char *fmt,
		 va_list args)
{
	free(f->summary);
	f->summary = dg_vformat(fmt, args);
	f->status = status;
	f->severity = DG_FINE;
}

#define FIND(status)                        \
	do {                                \
		va_list args;               \
		va_start(args, fmt);        \
		find(f, status, fmt, args); \
		va_end(args);               \
	} while (0)

void dg_find_ok(struct dg_finding *f, const char *fmt, ...)
{
	FIND(DG_OK);
}

void dg_find_unknown(struct dg_finding *f, const char *fmt, ...)
{
	FIND(DG_UNKNOWN);
}

void dg_find_not_applicable(struct dg_finding *f, const char *fmt, ...)
{
	FIND(DG_NOT_APPLICABLE);
}

void dg_find_not_measured(struct dg_finding *f, const char *fmt, ...)
{
	FIND(DG_NOT_MEASURED);
}

void dg_find_drift(struct dg_finding *f, enum dg_severity severity, const char *fmt, ...)
{
	FIND(DG_DRIFT);
	f->severity = severity;
}

void dg_find_remedy(struct dg_finding *f, const char *fmt, ...)
{
	va_list args;

	free(f->remedy);
	va_start(args, fmt);
	f->remedy = dg_vformat(fmt, args);
	va_end(args);
}

void dg_find_subject(struct dg_finding *f, const char *kind, const char *name)
{
	struct dg_subject *all;

	if (!name)
		return;
	for (size_t i = 0; i < f->subject_count; i++)
		if (dg_streq(f->subjects[i].kind, kind) &&
		    dg_streq(f->subjects[i].name, name))
			return;
	all = reallocarray(f->subjects, f->subject_count + 1, sizeof(*all));
	if (!all)
		return;
	f->subjects = all;
	all[f->subject_count].kind = kind;
	all[f->subject_count].name = strdup(name);
	if (all[f->subject_count].name)
		f->subject_count++;
}

static void add(struct dg_finding *f, const char *key, struct json_object *value)
{
	if (!f->evidence)
		f->evidence = json_object_new_object();
	json_object_object_add(f->evidence, key, value);
}

void dg_find_text(struct dg_finding *f, const char *key, const char *value)
{
	if (value)
		add(f, key, json_object_new_string(value));
}

void dg_find_number(struct dg_finding *f, const char *key, int64_t value)
{
	add(f, key, json_object_new_int64(value));
}

void dg_find_date(struct dg_finding *f, const char *key, int64_t time)
{
	char text[DG_TIME_SIZE];

	add(f, key, json_object_new_string(dg_time_format(time, text)));
}

void dg_find_item(struct dg_finding *f, const char *key, const char *value)
{
	struct json_object *array;

	if (!value)
		return;
	if (!f->evidence || !json_object_object_get_ex(f->evidence, key, &array)) {
		array = json_object_new_array();
		add(f, key, array);
	}
	json_object_array_add(array, json_object_new_string(value));
}

bool dg_find_has(const struct dg_finding *f, const char *key)
{
	return f->evidence && json_object_object_get_ex(f->evidence, key, NULL);
}

bool dg_find_says(const struct dg_finding *f, const char *key, const char *value)
{
	struct json_object *said;

	return f->evidence && json_object_object_get_ex(f->evidence, key, &said) &&
	       json_object_is_type(said, json_type_string) &&
	       dg_streq(json_object_get_string(said), value);
}

void dg_finding_clear(struct dg_finding *finding)
{
	for (size_t i = 0; i < finding->subject_count; i++)
		free(finding->subjects[i].name);
	free(finding->subjects);
	free(finding->summary);
	free(finding->remedy);
	json_object_put(finding->evidence);
	if (finding->waiver) {
		free(finding->waiver->id);
		free(finding->waiver->reason);
		free(finding->waiver->owner);
		free(finding->waiver);
	}
	memset(finding, 0, sizeof(*finding));
}

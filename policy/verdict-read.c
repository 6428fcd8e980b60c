/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A verdict from JSON: what was recorded, by this version or another one. Whatever the
 * file holds, what comes out is fit for every output form. */
#include <errno.h>

#include "policy/catalog.h"
#include "policy/judge.h"
#include "policy/text.h"
#include "policy/json-member.h"
#include "policy/view.h"

#define LIST_MAX 4096 /* elements of any list */

static const char *level_word(int i)
{
	return dg_level_name((enum dg_level)i);
}

static const char *status_word(int i)
{
	return dg_status_name((enum dg_status)i);
}

static const char *severity_word(int i)
{
	return dg_severity_name((enum dg_severity)(DG_NOTICE + i));
}

static const char *kind_word(int i)
{
	static const char *const kinds[] = {"kernel",  "guest",	 "esp",	 "module",
					    "package", "device", "layer"};

	return kinds[i];
}
#define KINDS 7

/* --- a finding's parts --- */

static int read_subjects(struct json_object *json, struct dg_finding *f, char **ret_why)
{
	struct json_object *list;
	size_t count;
	int r = dg_member_list(json, "subjects", LIST_MAX, &list, ret_why);

	if (r < 0)
		return r;
	count = json_object_array_length(list);
	f->subjects = calloc(count ? count : 1, sizeof(*f->subjects));
	if (!f->subjects)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		int kind;

		r = dg_member_word(item, "kind", false, kind_word, KINDS, &kind, ret_why);
		if (r == 0)
			r = dg_member_copy(item, "name", false, &f->subjects[i].name,
					   ret_why);
		if (r < 0)
			return r;
		f->subjects[i].kind = kind_word(kind);
		f->subject_count++;
	}
	return 0;
}

static bool is_evidence(struct json_object *value)
{
	if (json_object_is_type(value, json_type_int))
		return true;
	if (!json_object_is_type(value, json_type_array))
		return dg_value_is_text(value);
	if (json_object_array_length(value) > LIST_MAX)
		return false;
	for (size_t i = 0; i < json_object_array_length(value); i++)
		if (!dg_value_is_text(json_object_array_get_idx(value, i)))
			return false;
	return true;
}

static int read_evidence(struct json_object *json, struct dg_finding *f, char **ret_why)
{
	struct json_object *evidence;
	int r = dg_member_get(json, "evidence", json_type_object, false, &evidence,
			      ret_why);

	if (r < 0)
		return r;
	json_object_object_foreach(evidence, key, value)
	{
		if (!dg_text_is_clean(key, strlen(key)) || !is_evidence(value))
			return dg_member_bad("evidence", "holds what is no evidence",
					     ret_why);
	}
	f->evidence = json_object_get(evidence);
	return 0;
}

static int read_note(struct json_object *json, struct dg_finding *f, char **ret_why)
{
	struct dg_waiver_note *note = calloc(1, sizeof(*note));
	struct json_object *days;
	int r;

	f->waiver = note;
	if (!note)
		return -ENOMEM;
	r = dg_member_copy(json, "id", false, &note->id, ret_why);
	if (r == 0)
		r = dg_member_copy(json, "reason", false, &note->reason, ret_why);
	if (r == 0)
		r = dg_member_copy(json, "owner", false, &note->owner, ret_why);
	if (r == 0)
		r = dg_member_time(json, "until", &note->until, ret_why);
	if (r == 0)
		r = dg_member_get(json, "days_left", json_type_int, false, &days,
				  ret_why);
	if (r < 0)
		return r;
	note->days_left = json_object_get_int64(days);
	return note->days_left < 0 ? dg_member_bad("days_left", "is negative", ret_why)
				   : 0;
}

static int read_waiver(struct json_object *json, struct dg_finding *f, char **ret_why)
{
	bool waived = f->status == DG_WAIVED;
	struct json_object *note;
	int r = dg_member_get(json, "waiver", json_type_object, true, &note, ret_why);

	if (r < 0)
		return r;
	if (waived != (note != NULL))
		return dg_member_bad("waiver", "does not fit the status", ret_why);
	return note ? read_note(note, f, ret_why) : 0;
}

/* Only drift, waived or not, has a severity. */
static int read_grade(struct json_object *json, struct dg_finding *f, char **ret_why)
{
	int status, severity;
	int r = dg_member_word(json, "status", false, status_word, DG_UNKNOWN + 1,
			       &status, ret_why);

	if (r == 0)
		r = dg_member_word(json, "severity", true, severity_word,
				   DG_CRITICAL - DG_NOTICE + 1, &severity, ret_why);
	if (r < 0)
		return r;
	f->status = (enum dg_status)status;
	if ((f->status == DG_DRIFT || f->status == DG_WAIVED) != (severity >= 0))
		return dg_member_bad("severity", "does not fit the status", ret_why);
	f->severity = severity >= 0 ? (enum dg_severity)(DG_NOTICE + severity) : DG_FINE;
	return 0;
}

static int read_finding(struct json_object *json, struct dg_finding *f, char **ret_why)
{
	int r = read_grade(json, f, ret_why);

	if (r == 0)
		r = dg_member_copy(json, "summary", false, &f->summary, ret_why);
	if (r == 0)
		r = read_subjects(json, f, ret_why);
	if (r == 0)
		r = read_evidence(json, f, ret_why);
	if (r == 0)
		r = dg_member_copy(json, "remedy", true, &f->remedy, ret_why);
	return r < 0 ? r : read_waiver(json, f, ret_why);
}

/* --- all findings --- */

/* Where the check of that id has its finding; NULL: it is none of this version's. */
static struct dg_finding *find_place(struct dg_verdict *v, const char *id)
{
	for (size_t i = 0; i < v->finding_count; i++)
		if (dg_streq(v->findings[i].check->id, id))
			return &v->findings[i];
	return NULL;
}

static int place_finding(struct json_object *json, struct dg_verdict *v, bool *seen,
			 char **ret_why)
{
	const char *id = NULL;
	struct dg_finding *f;
	const struct dg_check *check;
	int r = dg_member_text(json, "id", false, &id, ret_why);

	if (r < 0)
		return r;
	f = find_place(v, id);
	if (!f)
		return 0;
	if (seen[f - v->findings])
		return dg_member_bad(id, "stands twice", ret_why);
	seen[f - v->findings] = true;
	check = f->check;
	dg_finding_clear(f);
	f->check = check;
	return read_finding(json, f, ret_why);
}

static int read_findings(struct json_object *json, struct dg_verdict *v, char **ret_why)
{
	bool seen[DG_CHECKS_MAX] = {false};
	struct json_object *list;
	int r = dg_member_list(json, "findings", LIST_MAX, &list, ret_why);

	if (r == 0)
		r = dg_findings_blank(v, "it is not in the recorded verdict, which "
					 "another version made");
	for (size_t i = 0; r == 0 && i < json_object_array_length(list); i++)
		r = place_finding(json_object_array_get_idx(list, i), v, seen, ret_why);
	return r;
}

/* --- the head --- */

#define TO(member) offsetof(struct dg_verdict, member)

static const struct {
	const char *within; /* NULL: the document itself */
	const char *key;
	size_t offset;
	bool required;
} texts[] = {
	{.key = "tool", .offset = TO(tool)},
	{.key = "headline", .offset = TO(headline), .required = true},
	{.within = "host", .key = "id", .offset = TO(host.id)},
	{.within = "host", .key = "name", .offset = TO(host.name)},
	{.within = "host", .key = "product", .offset = TO(host.product)},
	{.within = "host", .key = "version", .offset = TO(host.version)},
	{.within = "host", .key = "boot_id", .offset = TO(host.boot_id)},
	{.within = "kernel", .key = "running", .offset = TO(kernel.running)},
	{.within = "kernel",
	 .key = "expected_series",
	 .offset = TO(kernel.expected_series)},
	{.within = "kernel", .key = "next_boot", .offset = TO(kernel.next_boot)},
	{.within = "kernel",
	 .key = "next_boot_because",
	 .offset = TO(kernel.next_boot_because)},
	{.within = "kernel", .key = "target", .offset = TO(kernel.target)},
};

static int read_texts(struct json_object *json, struct dg_verdict *v, char **ret_why)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < DG_COUNT(texts); i++) {
		struct json_object *at = json;

		if (texts[i].within)
			r = dg_member_get(json, texts[i].within, json_type_object, false,
					  &at, ret_why);
		if (r == 0)
			r = dg_member_copy(at, texts[i].key, !texts[i].required,
					   (char **)((char *)v + texts[i].offset),
					   ret_why);
	}
	/* Shown together, told together. */
	if (r == 0 && !v->kernel.next_boot != !v->kernel.next_boot_because)
		r = dg_member_bad("next_boot_because", "does not fit next_boot", ret_why);
	return r;
}

static int read_schema(struct json_object *json, char **ret_why)
{
	const char *schema = NULL;
	int r = dg_member_text(json, "schema", false, &schema, ret_why);

	if (r == 0 && !dg_streq(schema, DG_VERDICT_SCHEMA))
		r = dg_member_bad("schema", "is not " DG_VERDICT_SCHEMA, ret_why);
	return r;
}

static int read_head(struct json_object *json, struct dg_verdict *v, char **ret_why)
{
	const char *product;
	int level;
	int r = read_schema(json, ret_why);

	if (r == 0)
		r = dg_member_time(json, "time", &v->time, ret_why);
	if (r == 0)
		r = dg_member_word(json, "verdict", false, level_word,
				   DG_LEVEL_UNKNOWN + 1, &level, ret_why);
	if (r == 0)
		r = read_texts(json, v, ret_why);
	if (r < 0)
		return r;
	v->level = (enum dg_level)level;
	product = dg_product_name(v->host.product);
	if (product)
		v->host.product_name = dg_format("%s", product);
	return product && !v->host.product_name ? -ENOMEM : 0;
}

int dg_verdict_decode(struct json_object *json, struct dg_verdict **ret, char **ret_why)
{
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = calloc(1, sizeof(*v));
	struct json_object *plan = NULL;
	int r;

	if (!v)
		return -ENOMEM;
	r = read_head(json, v, ret_why);
	if (r == 0)
		r = read_findings(json, v, ret_why);
	if (r == 0)
		r = dg_member_get(json, "plan", json_type_object, true, &plan, ret_why);
	if (r == 0 && plan)
		r = dg_plan_decode(plan, &v->plan, ret_why);
	if (r == 0)
		*ret = DG_STEAL(v);
	return r;
}

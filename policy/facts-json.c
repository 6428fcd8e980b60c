/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Facts as JSON and back: loops over the field table. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>

#include "policy/facts.h"
#include "policy/text.h"
#include "policy/timefmt.h"

#define FACTS_SCHEMA "driftguard.facts/1"
/* Far above any host; a bound for hostile documents. */
#define LIST_ITEMS_MAX 65536

static struct dg_meta *member_at(const struct dg_field *field, const void *data)
{
	return (struct dg_meta *)((char *)(uintptr_t)data + field->offset);
}

static size_t member_size(const struct dg_field *field)
{
	switch (field->type) {
	case DG_STR:
		return sizeof(struct dg_str);
	case DG_INT:
	case DG_TIME:
		return sizeof(struct dg_int);
	case DG_BOOL:
		return sizeof(struct dg_bool);
	case DG_REAL:
		return sizeof(struct dg_real);
	case DG_RECORD:
		return field->record->size;
	case DG_LIST_OF:
		return sizeof(struct dg_list);
	}
	return 0;
}

/* --- clearing --- */

static void clear_member(const struct dg_field *field, struct dg_meta *meta)
{
	switch (field->type) {
	case DG_STR:
		free(((struct dg_str *)meta)->value);
		break;
	case DG_RECORD:
		dg_record_clear(field->record, meta);
		return;
	case DG_LIST_OF: {
		struct dg_list *list = (struct dg_list *)meta;

		for (size_t i = 0; i < list->count; i++)
			dg_record_clear(field->record,
					(char *)list->items + i * field->record->size);
		free(list->items);
		break;
	}
	case DG_INT:
	case DG_REAL:
	case DG_BOOL:
	case DG_TIME:
		break;
	}
	free(meta->detail);
	memset(meta, 0, member_size(field));
}

void dg_record_clear(const struct dg_record *record, void *data)
{
	for (size_t i = 0; i < record->count; i++)
		clear_member(&record->fields[i], member_at(&record->fields[i], data));
	free(((struct dg_meta *)data)->detail);
	memset(data, 0, record->size);
}

void dg_facts_free(struct dg_facts *facts)
{
	if (!facts)
		return;
	dg_record_clear(&dg_facts_record, facts);
	free(facts);
}

struct dg_facts *dg_facts_new(void)
{
	struct dg_facts *facts = calloc(1, sizeof(*facts));

	if (facts)
		dg_set_known(&facts->meta);
	return facts;
}

/* --- encoding --- */

static struct json_object *encode_gap(const struct dg_meta *meta)
{
	struct json_object *json = json_object_new_object();

	json_object_object_add(json, "state",
			       json_object_new_string(dg_state_name(meta->state)));
	if (meta->detail)
		json_object_object_add(json, "detail",
				       json_object_new_string(meta->detail));
	return json;
}

static struct json_object *encode_list(const struct dg_record *record,
				       const struct dg_list *list)
{
	struct json_object *json = json_object_new_array();

	for (size_t i = 0; i < list->count; i++) {
		const void *item = (const char *)list->items + i * record->size;

		json_object_array_add(json, dg_known(item)
						    ? dg_record_encode(record, item)
						    : encode_gap(item));
	}
	return json;
}

/* json-c would print all that a double has. */
struct json_object *dg_real_encode(double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.6g", value);
	return json_object_new_double_s(value, text);
}

static struct json_object *encode_member(const struct dg_field *field,
					 const struct dg_meta *meta)
{
	char text[DG_TIME_SIZE];

	if (meta->state != DG_KNOWN)
		return encode_gap(meta);
	switch (field->type) {
	case DG_STR:
		return json_object_new_string(((const struct dg_str *)meta)->value);
	case DG_INT:
		return json_object_new_int64(((const struct dg_int *)meta)->value);
	case DG_REAL:
		return dg_real_encode(((const struct dg_real *)meta)->value);
	case DG_BOOL:
		return json_object_new_boolean(((const struct dg_bool *)meta)->value);
	case DG_TIME:
		dg_time_format(((const struct dg_int *)meta)->value, text);
		return json_object_new_string(text);
	case DG_RECORD:
		return dg_record_encode(field->record, meta);
	case DG_LIST_OF:
		return encode_list(field->record, (const struct dg_list *)meta);
	}
	return NULL;
}

struct json_object *dg_record_encode(const struct dg_record *record, const void *data)
{
	struct json_object *json;

	if (record->bare)
		return encode_member(record->fields, member_at(record->fields, data));
	json = json_object_new_object();

	for (size_t i = 0; i < record->count; i++) {
		const struct dg_field *field = &record->fields[i];

		json_object_object_add(json, field->name,
				       encode_member(field, member_at(field, data)));
	}
	return json;
}

struct json_object *dg_document_encode(const struct dg_record *record, const char *schema,
				       const void *data)
{
	struct json_object *json = json_object_new_object();
	struct json_object *body = dg_record_encode(record, data);

	json_object_object_add(json, "schema", json_object_new_string(schema));
	json_object_object_foreach(body, key, value)
		json_object_object_add(json, key, json_object_get(value));
	json_object_put(body);
	return json;
}

struct json_object *dg_facts_encode(const struct dg_facts *facts)
{
	return dg_document_encode(&dg_facts_record, FACTS_SCHEMA, facts);
}

static struct json_object *open_object(struct json_object *json, const char *key)
{
	struct json_object *child;

	if (json_object_object_get_ex(json, key, &child))
		return child;
	child = json_object_new_object();
	json_object_object_add(json, key, child);
	return child;
}

/* `path` leads through records only: a list is taken over as a whole or not at all. */
static void encode_path(const struct dg_facts *facts, const char *path,
			struct json_object *json)
{
	const struct dg_record *record = &dg_facts_record;
	const void *data = facts;

	while (record) {
		const char *dot = strchrnul(path, '.');
		const struct dg_field *field =
			dg_record_field(record, path, (size_t)(dot - path));

		if (!field)
			return;
		if (!*dot) {
			json_object_object_add(
				json, field->name,
				encode_member(field, member_at(field, data)));
			return;
		}
		if (field->type != DG_RECORD)
			return;
		json = open_object(json, field->name);
		data = member_at(field, data);
		record = field->record;
		path = dot + 1;
	}
}

struct json_object *dg_facts_encode_some(const struct dg_facts *facts,
					 const char *const *paths)
{
	struct json_object *json = json_object_new_object();

	for (; *paths; paths++)
		encode_path(facts, *paths, json);
	return json;
}

/* --- decoding --- */

/* An object with a "state" of ours stands for a fact that is not known. */
static bool decode_gap(struct json_object *json, struct dg_meta *meta)
{
	struct json_object *state, *detail;
	const char *text;

	if (!json_object_is_type(json, json_type_object) ||
	    !json_object_object_get_ex(json, "state", &state) ||
	    !json_object_is_type(state, json_type_string))
		return false;
	text = json_object_get_string(state);
	for (enum dg_state s = DG_UNREADABLE; s < DG_KNOWN; s++) {
		if (!dg_streq(text, dg_state_name(s)))
			continue;
		if (json_object_object_get_ex(json, "detail", &detail) &&
		    json_object_is_type(detail, json_type_string))
			dg_set_gap(meta, s, "%s", json_object_get_string(detail));
		else
			meta->state = s;
		return true;
	}
	return false;
}

static void decode_time(struct json_object *json, struct dg_int *fact)
{
	int64_t value;

	if (!json_object_is_type(json, json_type_string) ||
	    dg_time_parse(json_object_get_string(json), &value) < 0)
		dg_set_gap(&fact->meta, DG_MALFORMED, "no RFC 3339 time in the facts");
	else
		dg_set_int(fact, value);
}

static const enum json_type wanted_types[] = {
	[DG_STR] = json_type_string,	[DG_INT] = json_type_int,
	[DG_BOOL] = json_type_boolean,	[DG_TIME] = json_type_string,
	[DG_RECORD] = json_type_object, [DG_LIST_OF] = json_type_array,
	[DG_REAL] = json_type_double,
};

/* What stands for a record: an object, or the value of its only field. */
static enum dg_type type_of(const struct dg_record *record)
{
	return record->bare ? record->fields->type : DG_RECORD;
}

/* 10 is a number with a fraction, too. */
static bool is_wanted(struct json_object *json, enum dg_type type)
{
	return json_object_is_type(json, wanted_types[type]) ||
	       (type == DG_REAL && json_object_is_type(json, json_type_int));
}

static int decode_list(const struct dg_record *record, struct json_object *json,
		       struct dg_list *list)
{
	size_t count = json_object_array_length(json);

	if (count > LIST_ITEMS_MAX) {
		dg_set_gap(&list->meta, DG_MALFORMED, "more than %d items",
			   LIST_ITEMS_MAX);
		return 0;
	}
	dg_set_known(&list->meta);
	for (size_t i = 0; i < count; i++) {
		struct json_object *value = json_object_array_get_idx(json, i);
		struct dg_meta *item = dg_list_add(list, record->size, LIST_ITEMS_MAX);
		int r = 0;

		if (!item)
			return -ENOMEM;
		if (decode_gap(value, item))
			continue;
		if (!is_wanted(value, type_of(record)))
			dg_set_gap(item, DG_MALFORMED, "of a wrong type in the facts");
		else
			r = dg_record_decode(record, value, item);
		if (r < 0)
			return r;
	}
	return 0;
}

static int decode_member(const struct dg_field *field, struct json_object *json,
			 struct dg_meta *meta)
{
	if (decode_gap(json, meta))
		return 0;
	if (!is_wanted(json,
		       field->type == DG_RECORD ? type_of(field->record) : field->type)) {
		dg_set_gap(meta, DG_MALFORMED, "of a wrong type in the facts");
		return 0;
	}
	switch (field->type) {
	case DG_STR:
		dg_set_strn((struct dg_str *)meta, json_object_get_string(json),
			    (size_t)json_object_get_string_len(json));
		return 0;
	case DG_INT:
		dg_set_int((struct dg_int *)meta, json_object_get_int64(json));
		return 0;
	case DG_REAL:
		dg_set_real((struct dg_real *)meta, json_object_get_double(json));
		return 0;
	case DG_BOOL:
		dg_set_bool((struct dg_bool *)meta, json_object_get_boolean(json));
		return 0;
	case DG_TIME:
		decode_time(json, (struct dg_int *)meta);
		return 0;
	case DG_RECORD:
		return dg_record_decode(field->record, json, meta);
	case DG_LIST_OF:
		return decode_list(field->record, json, (struct dg_list *)meta);
	}
	return 0;
}

int dg_record_merge(const struct dg_record *record, struct json_object *json, void *data)
{
	for (size_t i = 0; i < record->count; i++) {
		const struct dg_field *field = &record->fields[i];
		struct dg_meta *meta = member_at(field, data);
		struct json_object *value;
		int r;

		if (!json_object_object_get_ex(json, field->name, &value))
			continue;
		if (field->type == DG_RECORD && meta->state == DG_KNOWN &&
		    json_object_is_type(value, json_type_object) &&
		    !json_object_object_get_ex(value, "state", NULL)) {
			r = dg_record_merge(field->record, value, meta);
			if (r < 0)
				return r;
			continue;
		}
		clear_member(field, meta);
		r = decode_member(field, value, meta);
		if (r < 0)
			return r;
	}
	return 0;
}

int dg_record_decode(const struct dg_record *record, struct json_object *json, void *data)
{
	dg_set_known(data);
	if (record->bare)
		return decode_member(record->fields, json,
				     member_at(record->fields, data));
	for (size_t i = 0; i < record->count; i++)
		if (!json_object_object_get_ex(json, record->fields[i].name, NULL))
			dg_set_gap(member_at(&record->fields[i], data), DG_UNREADABLE,
				   "not in the facts");
	return dg_record_merge(record, json, data);
}

int dg_document_check(struct json_object *json, const char *schema, char **ret_why)
{
	struct json_object *mark;

	if (json_object_is_type(json, json_type_object) &&
	    json_object_object_get_ex(json, "schema", &mark) &&
	    dg_streq(json_object_get_string(mark), schema))
		return 0;
	*ret_why = dg_format("no document of schema \"%s\"", schema);
	return -EBADMSG;
}

int dg_facts_decode(struct json_object *json, struct dg_facts **ret, char **ret_why)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = NULL;
	int r = dg_document_check(json, FACTS_SCHEMA, ret_why);

	if (r < 0)
		return r;
	facts = dg_facts_new();
	if (!facts)
		return -ENOMEM;
	r = dg_record_decode(&dg_facts_record, json, facts);
	if (r < 0)
		return r;
	*ret = DG_STEAL(facts);
	return 0;
}

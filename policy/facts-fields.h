/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The field table (facts-fields.c) names each member of the model, its type and its
 * source; encoding, decoding, freeing and the search for gaps are loops over it. */
#pragma once

#include "policy/fact.h"

struct json_object;

enum dg_type { DG_STR, DG_INT, DG_REAL, DG_BOOL, DG_TIME, DG_RECORD, DG_LIST_OF };

struct dg_field {
	const char *name; /* JSON key */
	enum dg_type type;
	bool absent_ok; /* absence is a value, not a gap */
	size_t offset;
	const struct dg_record *record; /* of DG_RECORD and DG_LIST_OF */
	const char *source;		/* where it is read; NULL: as its record */
};

struct dg_record {
	const char *name;
	size_t size;
	const char *source;
	const struct dg_field *fields;
	size_t count;
	bool bare; /* of one field, which in JSON stands for the whole */
};

extern const struct dg_record dg_facts_record;
extern const struct dg_record dg_word_record, dg_sample_record, dg_idle_record;
extern const struct dg_record dg_action_record;
extern const struct dg_record *const dg_grub_facts; /* of a struct dg_grub */
extern const struct dg_record *const dg_esp_facts,
	*const dg_program_facts; /* of a struct dg_esp */

/* The field whose name is the `size` bytes at `name`; NULL: none. */
const struct dg_field *dg_record_field(const struct dg_record *record, const char *name,
				       size_t size);

/* A number as it is written in every document: of six significant digits. */
struct json_object *dg_real_encode(double value);

/* A record as JSON and back. Decoding takes any JSON: a member of a wrong type becomes
 * malformed, a missing one unreadable, unknown keys are passed over (a newer version's
 * facts). 0 or -ENOMEM. */
struct json_object *dg_record_encode(const struct dg_record *record, const void *data);
int dg_record_decode(const struct dg_record *record, struct json_object *json,
		     void *data);
/* Take over from `json`, an object, only the members it names; within a record that is
 * known already, likewise. */
int dg_record_merge(const struct dg_record *record, struct json_object *json, void *data);
/* The same with a schema mark in front: a document. */
struct json_object *dg_document_encode(const struct dg_record *record, const char *schema,
				       const void *data);
/* Whether `json` is an object with this schema mark. -EBADMSG: not; *ret_why is then set
 * (owned). */
int dg_document_check(struct json_object *json, const char *schema, char **ret_why);
void dg_record_clear(const struct dg_record *record, void *data);
/* The first gap among the facts that `path`, from this record on, names: as
 * dg_facts_gap(). */
char *dg_record_gap(const struct dg_record *record, const void *data, const char *path);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Setting single facts, and finding gaps and sources by a fact's dotted name. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>

#include "policy/facts.h"
#include "policy/text.h"

static const char *const state_names[] = {
	[DG_UNREADABLE] = "unreadable",
	[DG_ABSENT] = "absent",
	[DG_MALFORMED] = "malformed",
	[DG_KNOWN] = "known",
};

const char *dg_state_name(enum dg_state state)
{
	return (size_t)state < DG_COUNT(state_names) ? state_names[state] : "unreadable";
}

void dg_set_known(struct dg_meta *meta)
{
	free(meta->detail);
	meta->detail = NULL;
	meta->state = DG_KNOWN;
}

void dg_set_gap(struct dg_meta *meta, enum dg_state state, const char *fmt, ...)
{
	DG_FREE char *raw = NULL;
	va_list args;

	va_start(args, fmt);
	raw = dg_vformat(fmt, args);
	va_end(args);
	free(meta->detail);
	meta->detail = raw ? dg_clean_text(raw, strlen(raw)) : NULL;
	meta->state = state;
}

void dg_set_strn(struct dg_str *fact, const char *value, size_t size)
{
	char *clean = dg_clean_text(value, size);

	if (!clean) {
		dg_set_gap(&fact->meta, DG_UNREADABLE, "out of memory");
		return;
	}
	free(fact->value);
	fact->value = clean;
	dg_set_known(&fact->meta);
}

void dg_set_str(struct dg_str *fact, const char *value)
{
	dg_set_strn(fact, value, strlen(value));
}

void dg_set_int(struct dg_int *fact, int64_t value)
{
	fact->value = value;
	dg_set_known(&fact->meta);
}

void dg_set_bool(struct dg_bool *fact, bool value)
{
	fact->value = value;
	dg_set_known(&fact->meta);
}

void dg_set_real(struct dg_real *fact, double value)
{
	if (!isfinite(value)) {
		dg_set_gap(&fact->meta, DG_MALFORMED, "no finite number");
		return;
	}
	fact->value = value;
	dg_set_known(&fact->meta);
}

void *dg_list_add(void *list, size_t item_size, size_t max)
{
	struct dg_list *l = list;
	void *items;

	if (l->count >= max)
		return NULL;
	/* Room grows by doubling: a full list has a power of two of items. */
	if ((l->count & (l->count - 1)) == 0) {
		size_t room = l->count ? l->count * 2 : 1;

		items = reallocarray(l->items, room, item_size);
		if (!items)
			return NULL;
		l->items = items;
	}
	dg_set_known(&l->meta);
	items = (char *)l->items + l->count++ * item_size;
	memset(items, 0, item_size);
	dg_set_known(items);
	return items;
}

const struct dg_field *dg_record_field(const struct dg_record *record, const char *name,
				       size_t size)
{
	for (size_t i = 0; i < record->count; i++)
		if (strlen(record->fields[i].name) == size &&
		    memcmp(record->fields[i].name, name, size) == 0)
			return &record->fields[i];
	return NULL;
}

/* The texts below grow from the gap outwards: ": unreadable: why" at the fact itself, and
 * ".name" of each member on the way in front of it. */
static char *describe_gap(const struct dg_meta *meta)
{
	return dg_format(": %s%s%s", dg_state_name(meta->state), meta->detail ? ": " : "",
			 meta->detail ? meta->detail : "");
}

static char *put_member(const struct dg_field *field, char *gap)
{
	char *longer = gap ? dg_format(".%s%s", field->name, gap) : NULL;

	free(gap);
	return longer;
}

static char *find_gap(const struct dg_record *record, const void *data, const char *path);

static char *find_gap_below(const struct dg_field *field, const void *fact,
			    const char *rest)
{
	if (field->type == DG_RECORD)
		return find_gap(field->record, fact, rest);
	if (field->type == DG_LIST_OF) {
		const struct dg_list *list = fact;

		for (size_t i = 0; i < list->count; i++) {
			const char *item =
				(const char *)list->items + i * field->record->size;
			char *gap = find_gap(field->record, item, rest);

			if (gap)
				return gap;
		}
	}
	return NULL;
}

static char *find_gap_at(const struct dg_field *field, const void *data, const char *rest)
{
	const struct dg_meta *meta =
		(const struct dg_meta *)((const char *)data + field->offset);

	if (meta->state == DG_ABSENT && field->absent_ok)
		return NULL;
	if (meta->state != DG_KNOWN)
		return put_member(field, describe_gap(meta));
	return rest ? put_member(field, find_gap_below(field, meta, rest)) : NULL;
}

static char *find_gap(const struct dg_record *record, const void *data, const char *path)
{
	const char *dot = strchrnul(path, '.');
	const char *rest = *dot ? dot + 1 : NULL;
	const struct dg_field *field;

	/* An item that is itself not known has no members to look at. */
	if (!dg_known(data))
		return describe_gap(data);
	if (!dg_streq(path, "*")) {
		field = dg_record_field(record, path, (size_t)(dot - path));
		return field ? find_gap_at(field, data, rest)
			     : dg_format(".%s: no such fact", path);
	}
	for (size_t i = 0; i < record->count; i++) {
		char *gap = find_gap_at(&record->fields[i], data, "*");

		if (gap)
			return gap;
	}
	return NULL;
}

char *dg_record_gap(const struct dg_record *record, const void *data, const char *path)
{
	DG_FREE char *gap = find_gap(record, data, path);

	return gap ? dg_format("%s", gap + 1) : NULL;
}

char *dg_facts_gap(const struct dg_facts *facts, const char *path)
{
	return dg_record_gap(&dg_facts_record, facts, path);
}

struct dg_meta *dg_facts_at(struct dg_facts *facts, const char *path)
{
	const struct dg_record *record = &dg_facts_record;
	char *data = (char *)facts;

	while (record) {
		const char *dot = strchrnul(path, '.');
		const struct dg_field *field =
			dg_record_field(record, path, (size_t)(dot - path));

		if (!field)
			return NULL;
		data += field->offset;
		if (!*dot)
			return (struct dg_meta *)data;
		record = field->type == DG_RECORD ? field->record : NULL;
		path = dot + 1;
	}
	return NULL;
}

const char *dg_facts_source(const char *path)
{
	const struct dg_record *record = &dg_facts_record;
	const char *source = NULL;

	while (record) {
		const char *dot = strchrnul(path, '.');
		const struct dg_field *field =
			dg_record_field(record, path, (size_t)(dot - path));

		if (!field)
			break;
		if (field->record && field->record->source)
			source = field->record->source;
		if (field->source)
			source = field->source;
		record = *dot ? field->record : NULL;
		path = dot + 1;
	}
	return source;
}

bool dg_installed_has_image(const struct dg_installed *kernel)
{
	return !dg_absent(&kernel->image) || dg_known(&kernel->image_size);
}

bool dg_installed_has_initrd(const struct dg_installed *kernel)
{
	return !dg_absent(&kernel->initrd) || dg_known(&kernel->initrd_size);
}

bool dg_copy_has_image(const struct dg_copy *copy)
{
	return !dg_absent(&copy->image) || dg_known(&copy->image_size);
}

const char *dg_debt_gap(const struct dg_debt *debt)
{
	const struct dg_meta *metas[] = {&debt->meta, &debt->reason.meta,
					 &debt->owner.meta, &debt->since.meta,
					 &debt->until.meta};

	return dg_first_gap(metas, DG_COUNT(metas));
}

bool dg_deed_is_unfinished(const struct dg_deed *deed)
{
	return dg_true(&deed->open) || dg_streq(dg_get(&deed->outcome), "unfinished");
}

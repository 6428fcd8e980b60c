/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A boot's record: made from facts and verdict, and as JSON. */
#include <errno.h>
#include <json-c/json.h>

#include "policy/boot-record.h"
#include "policy/fields.h"
#include "policy/text.h"
#include "policy/view.h"

FIELDS(boot_guest, F(dg_boot_guest, vmid, DG_STR),
       F(dg_boot_guest, name, DG_STR, ABSENT_OK),
       F(dg_boot_guest, qemu, DG_STR, ABSENT_OK),
       F(dg_boot_guest, iothreads, DG_INT, ABSENT_OK));
RECORD(boot_guest, dg_boot_guest, NULL);

FIELDS(boot, F(dg_boot_record, tool, DG_STR), F(dg_boot_record, boot_id, DG_STR),
       F(dg_boot_record, boot_time, DG_TIME), F(dg_boot_record, time, DG_TIME),
       F(dg_boot_record, host, DG_STR), F(dg_boot_record, host_id, DG_STR, ABSENT_OK),
       F(dg_boot_record, kernel, DG_STR), F(dg_boot_record, kernel_version, DG_STR),
       F(dg_boot_record, product, DG_STR, ABSENT_OK),
       F(dg_boot_record, product_version, DG_STR, ABSENT_OK),
       F(dg_boot_record, qemu, DG_STR, ABSENT_OK),
       F(dg_boot_record, guests, DG_LIST_OF, OF(boot_guest), ABSENT_OK),
       F(dg_boot_record, verdict, DG_STR), F(dg_boot_record, headline, DG_STR),
       F(dg_boot_record, drift, DG_LIST_OF, THE(dg_word_record), ABSENT_OK),
       F(dg_boot_record, probe, DG_RECORD, THE(dg_idle_record), ABSENT_OK),
       F(dg_boot_record, samples, DG_LIST_OF, THE(dg_sample_record), ABSENT_OK));
RECORD(boot, dg_boot_record, DG_BOOTS_DIR);

void dg_boot_record_free(struct dg_boot_record *record)
{
	if (!record)
		return;
	dg_record_clear(&boot_record, record);
	free(record);
}

/* --- making --- */

static void set_text(struct dg_str *fact, const char *text)
{
	if (text)
		dg_set_str(fact, text);
	else
		dg_set_gap(&fact->meta, DG_ABSENT, "not known");
}

/* By way of JSON: the one copy that the field table gives. */
static int copy_measured(const struct dg_facts *facts, struct dg_boot_record *record)
{
	static const char *const paths[] = {"probe", "samples", NULL};
	struct json_object *json = dg_facts_encode_some(facts, paths);
	int r = json ? dg_record_merge(&boot_record, json, record) : -ENOMEM;

	json_object_put(json);
	return r;
}

static int add_guests(const struct dg_facts *facts, struct dg_boot_record *record)
{
	dg_set_gap(&record->guests.meta, DG_ABSENT, "none ran");
	dg_list_foreach (guest, facts->guests) {
		struct dg_boot_guest *item;

		if (!dg_known(guest) || !dg_known(&guest->running))
			continue;
		item = DG_ADD(&record->guests, guest - facts->guests.items + 1);
		if (!item)
			return -ENOMEM;
		set_text(&item->vmid, dg_get(&guest->vmid));
		set_text(&item->name, dg_get(&guest->name));
		set_text(&item->qemu, dg_get(&guest->running.binary.version));
		dg_set_int(&item->iothreads,
			   dg_known(&guest->running.iothreads)
				   ? (int64_t)guest->running.iothreads.count
				   : 0);
	}
	return 0;
}

static int add_drift(const struct dg_verdict *verdict, struct dg_boot_record *record)
{
	dg_set_gap(&record->drift.meta, DG_ABSENT, "none");
	for (size_t i = 0; i < verdict->finding_count; i++) {
		struct dg_word *word;

		if (verdict->findings[i].status != DG_DRIFT)
			continue;
		word = DG_ADD(&record->drift, verdict->finding_count);
		if (!word)
			return -ENOMEM;
		dg_set_str(&word->name, verdict->findings[i].check->id);
	}
	return 0;
}

static void set_host(const struct dg_facts *facts, const struct dg_verdict *verdict,
		     struct dg_boot_record *record)
{
	set_text(&record->tool, verdict->tool);
	set_text(&record->boot_id, verdict->host.boot_id);
	if (dg_known(&facts->host.boot_time))
		dg_set_int(&record->boot_time, facts->host.boot_time.value);
	dg_set_int(&record->time, verdict->time);
	set_text(&record->host, verdict->host.name);
	set_text(&record->host_id, verdict->host.id);
	set_text(&record->kernel, verdict->kernel.running);
	set_text(&record->kernel_version, dg_get(&facts->kernel.version));
	set_text(&record->product, verdict->host.product);
	set_text(&record->product_version, verdict->host.version);
	set_text(&record->qemu,
		 dg_known(&facts->qemu) ? dg_get(&facts->qemu.version) : NULL);
	set_text(&record->verdict, dg_level_name(verdict->level));
	set_text(&record->headline, verdict->headline);
}

int dg_boot_record_make(const struct dg_facts *facts, const struct dg_verdict *verdict,
			struct dg_boot_record **ret)
{
	DG_CLEANUP(dg_boot_record_freep)
	struct dg_boot_record *record = calloc(1, sizeof(*record));
	int r;

	if (!record)
		return -ENOMEM;
	dg_set_known(&record->meta);
	set_host(facts, verdict, record);
	r = add_guests(facts, record);
	if (r == 0)
		r = add_drift(verdict, record);
	if (r == 0)
		r = copy_measured(facts, record);
	if (r < 0)
		return r;
	*ret = DG_STEAL(record);
	return 0;
}

/* --- as JSON --- */

struct json_object *dg_boot_record_encode(const struct dg_boot_record *record,
					  struct json_object *verdict)
{
	struct json_object *json =
		dg_document_encode(&boot_record, DG_BOOT_SCHEMA, record);

	if (verdict)
		json_object_object_add(json, "document", json_object_get(verdict));
	return json;
}

int dg_boot_record_decode(struct json_object *json, struct dg_boot_record **ret,
			  char **ret_why)
{
	DG_CLEANUP(dg_boot_record_freep) struct dg_boot_record *record = NULL;
	int r = dg_document_check(json, DG_BOOT_SCHEMA, ret_why);

	if (r < 0)
		return r;
	record = calloc(1, sizeof(*record));
	if (!record)
		return -ENOMEM;
	r = dg_record_decode(&boot_record, json, record);
	if (r < 0)
		return r;
	*ret = DG_STEAL(record);
	return 0;
}

bool dg_is_boot_id(const char *text, size_t size)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (size != strlen(form))
		return false;
	for (size_t i = 0; i < size; i++)
		if (form[i] == '-'
			    ? text[i] != '-'
			    : !text[i] || !strchr("0123456789abcdefABCDEF", text[i]))
			return false;
	return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of boots for tests: written as JSON, where what is left out is not known. */
#pragma once

#include <json-c/json.h>

#include "policy/boot-record.h"
#include "policy/json-scan.h"
#include "policy/text.h"

#define BOOT_A "0f7c2b9e-5a41-4d0c-8f3e-6b1d2a7c9e50"
#define BOOT_B "1f7c2b9e-5a41-4d0c-8f3e-6b1d2a7c9e51"
#define BOOT_C "0f7c2b9e-9999-4d0c-8f3e-6b1d2a7c9e52"

/* Members as JSON; NULL: the usual, as of the incident. */
struct boot {
	const char *id, *time, *host, *kernel, *version, *product, *qemu, *guests;
	const char *samples; /* NULL: none */
};

#define OR(text, usual) ((text) ? (text) : (usual))

/* The document; the caller frees it. */
static inline char *boot_text(const struct boot *b)
{
	char *text = dg_format(
		"{\"schema\": \"driftguard.boot/1\", \"tool\": \"0.1.0\",\n"
		"\"boot_id\": \"%s\", \"boot_time\": \"%s\",\n"
		"\"time\": \"2026-06-03T08:00:00Z\", \"host\": %s, \"host_id\": \"aa\",\n"
		"\"kernel\": \"%s\", \"kernel_version\": \"%s\", \"product\": \"pve\",\n"
		"\"product_version\": \"%s\", \"qemu\": %s, \"guests\": %s,\n"
		"\"verdict\": \"critical\", \"headline\": \"A <b>head</b>line\",\n"
		"\"drift\": [], \"probe\": {\"state\": \"absent\"}, \"samples\": %s}\n",
		OR(b->id, BOOT_A), OR(b->time, "2026-05-31T20:12:09Z"),
		OR(b->host, "\"pve1\""), OR(b->kernel, "6.5.13-5-pve"),
		OR(b->version, "#1 SMP"), OR(b->product, "9.2.3"),
		OR(b->qemu, "\"11.0.0-3\""),
		OR(b->guests, "[{\"vmid\": \"101\", \"qemu\": \"11.0.0-3\", "
			      "\"iothreads\": 2}, {\"vmid\": \"103\", "
			      "\"qemu\": \"11.0.0-3\", \"iothreads\": 1}]"),
		OR(b->samples, "{\"state\": \"absent\"}"));

	assert_non_null(text);
	return text;
}

static inline struct dg_boot_record *record_parse(const char *text)
{
	struct dg_json_error error = {0};
	struct dg_boot_record *record = NULL;
	struct json_object *json = NULL;
	DG_FREE char *why = NULL;

	if (dg_json_parse(text, strlen(text), 0, &json, NULL, &error) < 0)
		fail_msg("%u:%u: %s", error.line, error.column, error.message);
	if (dg_boot_record_decode(json, &record, &why) < 0)
		fail_msg("%s", why);
	json_object_put(json);
	return record;
}

static inline struct dg_boot_record *record_make(const struct boot *b)
{
	DG_FREE char *text = boot_text(b);

	return record_parse(text);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was so when this boot began, and may be so no more: the pin of a trial boot, which
 * proxmox-boot-cleanup.service removes (a line of tmpfiles saved it), and what our script
 * in the initramfs saw (initramfs-hook/). */
#include <errno.h>
#include <json-c/json.h>

#include "guard/collect/collect.h"
#include "policy/abi.h"
#include "policy/json-member.h"
#include "policy/json-scan.h"
#include "policy/text.h"
#include "policy/timefmt.h"

#define SAVED_PIN  "run/driftguard/next-boot-pin"
#define EARLY_FILE "run/driftguard/initramfs.json"
#define SCHEMA	   "driftguard.initramfs/1"
#define SIZE_LIMIT ((size_t)16 * 1024)

static void json_drop(struct json_object **json)
{
	json_object_put(*json);
}

/* A member that is a text or null. */
static void take_text(struct json_object *json, const char *key, struct dg_str *fact)
{
	DG_FREE char *why = NULL;
	const char *text = NULL;
	int r = dg_member_text(json, key, true, &text, &why);

	if (r < 0)
		dg_set_gap(&fact->meta, DG_MALFORMED, "/" EARLY_FILE ": %s",
			   why ? why : "out of memory");
	else if (!text)
		dg_set_gap(&fact->meta, DG_ABSENT, "the initramfs knew of none");
	else
		dg_set_str(fact, text);
}

static void take_time(struct json_object *json, const char *key, struct dg_int *fact)
{
	DG_FREE char *why = NULL;
	const char *text = NULL;
	int64_t time;
	int r = dg_member_text(json, key, true, &text, &why);

	if (r == 0 && !text)
		dg_set_gap(&fact->meta, DG_ABSENT, "the initramfs knew of none");
	else if (r < 0 || dg_time_parse(text, &time) < 0)
		dg_set_gap(&fact->meta, DG_MALFORMED,
			   "/" EARLY_FILE ": \"%s\" is no time", key);
	else
		dg_set_int(fact, time);
}

static void take_early(struct json_object *json, struct dg_early *early)
{
	dg_set_known(&early->meta);
	take_text(json, "kernel", &early->kernel);
	take_text(json, "pin", &early->pin);
	take_text(json, "next_boot_pin", &early->next_pin);
	take_text(json, "image_for", &early->image_kernel);
	take_time(json, "image_made", &early->image_time);
	take_text(json, "image_userland", &early->image_userland);
	take_text(json, "image_qemu", &early->image_qemu);
	take_text(json, "image_pin", &early->image_pin);
}

static void read_early(const struct dg_root *root, struct dg_early *early)
{
	DG_CLEANUP(json_drop) struct json_object *json = NULL;
	struct dg_json_error error = {0};
	DG_FREE char *data = NULL, *why = NULL;
	size_t size;
	int r = dg_root_read(root, EARLY_FILE, SIZE_LIMIT, &data, &size);

	if (r < 0) {
		dg_gap_from_errno(&early->meta, r, EARLY_FILE);
		return;
	}
	r = dg_json_parse(data, size, 0, &json, NULL, &error);
	if (r < 0)
		dg_set_gap(&early->meta, DG_MALFORMED, "/" EARLY_FILE ":%u: %s",
			   error.line, error.message);
	else if (dg_document_check(json, SCHEMA, &why) < 0)
		dg_set_gap(&early->meta, DG_MALFORMED, "/" EARLY_FILE ": %s",
			   why ? why : "out of memory");
	else
		take_early(json, early);
}

/* The initramfs saw the same file, a second before. */
static void read_trial(const struct dg_root *root, const struct dg_early *early,
		       struct dg_str *trial)
{
	const char *seen = dg_known(early) ? dg_get(&early->next_pin) : NULL;

	dg_read_line_fact(root, SAVED_PIN, trial);
	if (dg_absent(trial) && seen)
		dg_set_str(trial, seen);
	if (dg_known(trial) && !dg_abi_valid(trial->value))
		dg_set_gap(&trial->meta, DG_MALFORMED,
			   "/" SAVED_PIN ": \"%s\" is no kernel's name", trial->value);
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct dg_boot *boot = &facts->boot;

	read_early(root, &boot->early);
	read_trial(root, &boot->early, &boot->trial);
}

const struct dg_collector dg_collect_early = {
	.name = "early",
	.fills = (const char *const[]){"boot.early", "boot.trial", NULL},
	.run = run,
};

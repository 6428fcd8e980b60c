/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept of each boot, /var/lib/driftguard/boots/BOOT-ID.json: which kernel and
 * userland met, what was measured, and what the verdict was. Schema driftguard.boot/1. */
#pragma once

#include "policy/facts.h"
#include "policy/judge.h"

#define DG_BOOT_SCHEMA "driftguard.boot/1"
#define DG_BOOTS_DIR   "/var/lib/driftguard/boots"
/* A larger file is not read, and none is written. */
#define DG_BOOT_FILE_MAX ((size_t)4 * 1024 * 1024)
/* Windows that are kept of one boot; older ones make room. */
#define DG_BOOT_SAMPLES_MAX 16

struct dg_boot_guest {
	struct dg_meta meta;
	struct dg_str vmid;
	struct dg_str name;
	struct dg_str qemu;	 /* version that it ran */
	struct dg_int iothreads; /* how many */
};

struct dg_boot_record {
	struct dg_meta meta;
	struct dg_str tool;
	struct dg_str boot_id;
	struct dg_int boot_time;
	struct dg_int time; /* of the last verdict */
	struct dg_str host;
	struct dg_str host_id;
	struct dg_str kernel;	      /* release */
	struct dg_str kernel_version; /* uname -v */
	struct dg_str product;	      /* pve, pbs, pmg, debian */
	struct dg_str product_version;
	struct dg_str qemu;		      /* the installed one's version */
	DG_LIST(struct dg_boot_guest) guests; /* that ran; absent: none */
	struct dg_str verdict;		      /* its level */
	struct dg_str headline;
	DG_LIST(struct dg_word) drift;	   /* ids of the checks that drifted */
	struct dg_idle_result probe;	   /* absent: not tried */
	DG_LIST(struct dg_sample) samples; /* oldest first; absent: none taken */
};

void dg_boot_record_free(struct dg_boot_record *record); /* and `record` itself */
DG_DEFINE_CLEANUP(struct dg_boot_record *, dg_boot_record_free);

/* What facts and their verdict leave behind; probe and samples are copied too. 0 or
 * -ENOMEM. */
int dg_boot_record_make(const struct dg_facts *facts, const struct dg_verdict *verdict,
			struct dg_boot_record **ret);

/* As a document with its schema mark, and under "document" the whole verdict (taken over
 * as a reference; NULL: left out). */
struct json_object *dg_boot_record_encode(const struct dg_boot_record *record,
					  struct json_object *verdict);
/* -EBADMSG: no document of this schema; *ret_why is then set (owned). */
int dg_boot_record_decode(struct json_object *json, struct dg_boot_record **ret,
			  char **ret_why);

/* Whether the `size` bytes at `text` are a boot's id, as /proc/sys/kernel/random/boot_id
 * has it: 36 hexadecimal digits and dashes. Fit to be a file's name. */
bool dg_is_boot_id(const char *text, size_t size);

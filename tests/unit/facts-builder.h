/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Healthy hosts as facts in memory, which a test then bends; and judging them. */
#pragma once

#include "policy/facts.h"
#include "policy/judge.h"

#define DAY INT64_C(86400)
#define NOW INT64_C(1780473600) /* 2026-06-03T08:00:00Z */

/* Kernels of the hosts below, newest first; the old one is added by pin_old(). */
#define NEWEST	"7.0.6-2-pve"
#define NEWER	"7.0.2-6-pve"
#define BEFORE	"6.17.13-13-pve"
#define OLD	"6.5.13-5-pve"
#define ROOT_ID "0a1b"

/* Hosts on which nothing is wrong and nothing is a gap. The caller frees them. */
struct dg_facts *host_grub(void);   /* PVE 9.2, plain GRUB, BIOS */
struct dg_facts *host_esps(void);   /* PVE 9.2, UEFI, systemd-boot on two listed ESPs */
struct dg_facts *host_debian(void); /* Debian 13 without Proxmox, plain GRUB */

/* --- bending --- */
struct dg_installed *add_kernel(struct dg_facts *f, const char *abi);
struct dg_package *add_package(struct dg_facts *f, const char *name, const char *version);
struct dg_installed *kernel_of(struct dg_facts *f, const char *abi);
struct dg_package *package_of(struct dg_facts *f, const char *name);
/* The package that add_kernel() made. */
struct dg_package *owner_of(struct dg_facts *f, const char *abi);
void drop_package(struct dg_facts *f, const char *name);
void run_kernel(struct dg_facts *f, const char *abi);
/* GRUB's menu of all kernels, newest first; to be made anew when kernels change. */
void make_menu(struct dg_facts *f, struct dg_grub *grub);
/* Each kernel's copy and entry on an ESP. */
void make_copies(struct dg_facts *f, struct dg_esp *esp);
/* `set default=` of plain GRUB. */
void grub_default(struct dg_facts *f, const char *value);
/* The pin file alone, and a pin that every boot loader follows. */
void pin_file(struct dg_facts *f, const char *abi, int64_t days_ago);
void pin(struct dg_facts *f, const char *abi, int64_t days_ago);
/* OLD installed, pinned and running, as in the incident. */
void pin_old(struct dg_facts *f);
/* A complete entry of the ledger, due at the end of the day `days_left` days on. */
struct dg_debt *document(struct dg_facts *f, const char *abi, int64_t days_left);
struct dg_upgrade *add_upgrade(struct dg_facts *f, int64_t days_ago, const char *package,
			       const char *from, const char *to);
/* A running guest with an I/O thread that waits in its ring, of that QEMU. */
struct dg_guest *add_waiting_guest(struct dg_facts *f, const char *version,
				   const char *build_id);
/* An action of driftguard in another boot; outcome NULL: it has none yet. */
struct dg_deed *add_action(struct dg_facts *f, bool open, const char *outcome);
void make_gap(void *fact); /* unreadable */
void make_absent(void *fact);

/* --- judging --- */
/* By the default policy, and over it `policy` (members of the document's object without
 * its schema; NULL: none). */
struct dg_verdict *judge(const struct dg_facts *f, const char *policy);
const struct dg_finding *found(const struct dg_verdict *v, const char *id);
/* The text under `key` in a finding's evidence; NULL: none. */
const char *evidence(const struct dg_finding *finding, const char *key);

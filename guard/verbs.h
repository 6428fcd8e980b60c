/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The verbs of the command line and what they are given. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "guard/act/runner.h"
#include "guard/render/render.h"
#include "policy/policy.h"

enum {
	DG_EXIT_DONE = 0,
	DG_EXIT_FAILED = 1,
	DG_EXIT_REFUSED = 2,
	DG_EXIT_UNUSABLE = 3, /* arguments, policy or facts; also: verdict unknown */
};

#define DG_OVERRIDES_MAX 16

struct dg_options {
	const char *root;   /* "/" by default */
	const char *policy; /* NULL: the installed layers */
	const char *facts;  /* NULL: collect; "-": standard input */
	const struct dg_renderer *format;
	bool has_now;
	int64_t now;
	bool redact;
	double window_s; /* 0: the policy's */
	double wait_s;	 /* 0: do not wait for load */
	bool load;
	const char *load_dir;
	bool sample;
	/* pin and unpin */
	const char *reason, *until, *owner;
	bool next_boot, keep, accept_sticky, dry_run;
	const char *overrides[DG_OVERRIDES_MAX + 1]; /* NULL-terminated, each a list */
	bool yes;				     /* enforce */
	const char *boot_tool; /* pin, unpin, enforce; NULL: the host's */
	bool quiet;
	int verbose;
	uint64_t given; /* a bit for each option that was given (options.c) */
	char **args;	/* behind the verb, NULL-terminated */
};

struct dg_verb {
	const char *name;
	const char *args; /* for the help text */
	const char *help;
	int max_args;
	/* What it prints of a form, by its place in struct dg_renderer; 0: a verdict. */
	size_t output;
	bool plain; /* has text and json alone, and no place in that table for them */
	int (*run)(const struct dg_options *options);
};

#define DG_OUTPUT(member) .output = offsetof(struct dg_renderer, member)

extern const struct dg_verb dg_verb_check, dg_verb_facts, dg_verb_explain, dg_verb_policy,
	dg_verb_probe, dg_verb_sample, dg_verb_record, dg_verb_history, dg_verb_compare,
	dg_verb_status, dg_verb_fleet, dg_verb_pin, dg_verb_unpin, dg_verb_enforce;

/* Say on standard error what went wrong, as "driftguard: ...". */
void dg_complain(const char *fmt, ...) DG_PRINTF(1, 2);
/* Flush standard output: 0, or -EIO after a complaint (a full disk, a closed pipe). */
int dg_finish_output(void);

/* Print it as options->format has it, unless quiet. 0, or a negative errno after a
 * complaint. */
int dg_print_verdict(const struct dg_options *options, const struct dg_verdict *verdict);

/* --- input shared by verbs (guard/input*.c); each complains on its own --- */

struct dg_cluster;
struct dg_facts;
struct dg_root;

/* The folder options->root. One that no system lies in is refused: -ENOENT. */
int dg_open_root(const struct dg_options *options, struct dg_root **ret);
/* Collect from options->root, or read options->facts; --now applied. */
int dg_load_facts(const struct dg_options *options, struct dg_facts **ret);
/* The policy in force for a host of that name (NULL: not known). An explicit --policy
 * that cannot be used is an error; an installed layer's problems become findings. */
int dg_load_policy(const struct dg_options *options, const char *host_name,
		   struct dg_policy **ret);
/* The same with what /etc/pve holds (guard/layers/layers.h), the caller's to clear. */
int dg_load_policy_and(const struct dg_options *options, const char *host_name,
		       struct dg_cluster *ret_cluster, struct dg_policy **ret);
/* For `record`: keep a copy of the cluster's layer for when /etc/pve cannot be had. */
int dg_keep_cluster_policy(const struct dg_options *options, int64_t now);
/* The recorded boots of options->root. */
int dg_load_history(const struct dg_options *options, struct dg_history *ret);
/* The program that changes the boot configuration, absolute; *ret is owned. `acts`: it is
 * to be run. Negative, after a complaint: --boot-tool or --now does
 * not fit the root, or no memory. */
int dg_find_boot_tool(const struct dg_options *options, const struct dg_root *root,
		      bool acts, char **ret);
/* Whether this user may do it: this host's boot configuration is root's to change, and
 * much of it root's to read. Negative, after a complaint: no; one who only looks is told
 * what that means. */
int dg_check_user(const struct dg_root *root, bool acts, const char *verb);
/* The exit status of a verb that acted (CONTRACT.md). */
int dg_act_exit_status(enum dg_act_outcome outcome);
/* A file named on the command line, at most `cap` bytes; "-" is standard input. */
int dg_read_argument(const char *path, size_t cap, char **ret_text, size_t *ret_size);
void dg_print_problems(FILE *out, const struct dg_policy *policy);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * dpkg's log, /var/log/dpkg.log and its rotated elders: a line for each thing done,
 * "2025-09-01 10:11:12 upgrade pve-manager:all 8.4.1 9.0.3" (dpkg(1), --log). It is read
 * in chunks, as it comes out of a file or of zlib.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dg_dpkg_log_action {
	DG_DPKG_LOG_INSTALL,
	DG_DPKG_LOG_UPGRADE,
	DG_DPKG_LOG_REMOVE,
	DG_DPKG_LOG_PURGE,
	DG_DPKG_LOG_ACTION_COUNT
};

/* Most events kept of one parser; more are -E2BIG. dpkg logs some 100 a year and host. */
#define DG_DPKG_LOG_EVENTS_MAX 100000

struct dg_dpkg_log_event {
	int64_t time; /* see dg_dpkg_log.first */
	enum dg_dpkg_log_action action;
	char *package;
	char *architecture; /* "all", "amd64"; NULL: the log names none */
	char *old_version;  /* NULL: "<none>" */
	char *new_version;  /* NULL: "<none>", as with remove */
};

struct dg_dpkg_log {
	struct dg_dpkg_log_event *events; /* of wanted packages, in the order read */
	size_t n_events;
	/*
	 * The earliest and the latest time of any line; both 0 where there is no good
	 * line. Seconds since 1970 as if the log's clock were UTC: dpkg writes the local
	 * time and no zone, so that a time may be off by up to 14 hours.
	 */
	int64_t first, last;
	size_t n_lines; /* empty ones not counted */
	size_t n_bad;	/* of these, not understood: skipped */
};

/* Whether the caller wants the package of this name (not NUL-terminated). */
typedef bool (*dg_dpkg_log_wanted_fn)(void *ctx, const char *name, size_t len);

struct dg_dpkg_log_parser;

/* A new parser, to be freed with dg_dpkg_log_free(); `wanted` NULL: all. -ENOMEM. */
int dg_dpkg_log_new(dg_dpkg_log_wanted_fn wanted, void *ctx,
		    struct dg_dpkg_log_parser **ret);

/* Read the next bytes; chunks may end anywhere. -ENOMEM, -E2BIG: of no use any more. */
int dg_dpkg_log_feed(struct dg_dpkg_log_parser *p, const char *chunk, size_t len);

/*
 * The file ends here and another one may follow. A last line without its newline is a
 * torn one: dpkg writes whole lines. It counts as bad.
 */
void dg_dpkg_log_file_end(struct dg_dpkg_log_parser *p);

/*
 * The last file ends here: hand out what was found; free *ret with dg_dpkg_log_done().
 * The parser is then as new. -EBADMSG: over half of the lines are bad, this is no such
 * log; *ret_why (may be NULL) says so, the caller frees it.
 */
int dg_dpkg_log_finish(struct dg_dpkg_log_parser *p, struct dg_dpkg_log *ret,
		       char **ret_why);

/* Both take NULL. */
void dg_dpkg_log_free(struct dg_dpkg_log_parser *p);
void dg_dpkg_log_done(struct dg_dpkg_log *log);

/* dpkg's word: "upgrade". */
const char *dg_dpkg_log_action_name(enum dg_dpkg_log_action action);

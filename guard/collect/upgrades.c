/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* When the packages that a pin can outlive were upgraded, from dpkg's logs. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "guard/base/cleanup.h"
#include "guard/collect/collect.h"
#include "guard/parse/dpkg-log.h"
#include "guard/parse/gunzip.h"
#include "policy/text.h"
#include "policy/view.h"

#define LOG "/var/log/dpkg.log"

/* Of one log, and of all, unpacked. dpkg writes some 60 KiB a month. */
#define LOG_MAX	 ((size_t)64 * 1024 * 1024)
#define LOGS_MAX ((uint64_t)256 * 1024 * 1024)
/* Rotated logs; logrotate keeps 12 of them, a month each, unless told otherwise. */
#define ROTATED_MAX  120
#define UPGRADES_MAX 4096
#define PIECE	     ((size_t)64 * 1024)

/* Longer than the name of any package of interest. */
#define NAME_SIZE 64

/* 2005-01-01, when dpkg first wrote a log: an earlier line is from a host whose clock was
 * not set yet, and would make that log reach back further than it does. */
#define TIME_MIN INT64_C(1104537600)

/* What was read, going back from the newest log as far as no log is missing or refuses
 * to be read: so everything from `since` on has been seen. */
struct history {
	const struct dg_root *root;
	struct dg_dpkg_log_parser *parser;
	struct dg_dpkg_log logs[ROTATED_MAX + 1]; /* newest first */
	size_t log_count, event_count;
	uint64_t left;	 /* of LOGS_MAX */
	bool dated;	 /* `since` is set */
	int64_t since;	 /* as the logs write it */
	int error;	 /* of the log that ended it */
	char *error_why; /* may be NULL */
	char error_path[sizeof(LOG ".000.gz")];
};

static void history_done(struct history *h)
{
	for (size_t i = 0; i < h->log_count; i++)
		dg_dpkg_log_done(&h->logs[i]);
	dg_dpkg_log_free(h->parser);
	free(h->error_why);
}

static bool is_wanted(void *ctx, const char *name, size_t len)
{
	char copy[NAME_SIZE], series[DG_SERIES_SIZE];

	(void)ctx;
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, name, len);
	copy[len] = '\0';
	return dg_is_userland_package(copy) || dg_streq(copy, "proxmox-default-kernel") ||
	       dg_series_from_package(copy, series, sizeof(series));
}

/* --- one log --- */

static size_t log_limit(const struct history *h)
{
	return h->left < LOG_MAX ? (size_t)h->left : LOG_MAX;
}

static int log_feed(void *ctx, const char *piece, size_t size)
{
	struct history *h = ctx;

	h->left -= size < h->left ? size : h->left;
	return dg_dpkg_log_feed(h->parser, piece, size);
}

static int log_read_plain(struct history *h, const char *path)
{
	DG_FREE char *piece = malloc(PIECE);
	DG_CLOSE int fd = -1;
	uint64_t offset = 0, limit = log_limit(h);
	size_t size = PIECE;
	int r = piece ? dg_root_open(h->root, path, DG_ROOT_FILE, &fd) : -ENOMEM;

	while (r == 0 && size == PIECE) {
		r = dg_fd_read_at(fd, offset, piece, PIECE, &size);
		if (r < 0)
			break;
		offset += size;
		r = offset > limit ? -EFBIG : log_feed(h, piece, size);
	}
	return r;
}

static int log_read_packed(struct history *h, const char *path, char **ret_why)
{
	DG_FREE char *data = NULL;
	size_t size;
	int r = dg_root_read(h->root, path, LOG_MAX, &data, &size);

	return r < 0 ? r
		     : dg_gunzip_stream(data, size, log_limit(h), log_feed, h, ret_why);
}

/* Read the log at `path` into `ret`; errors are those of reading and of the parser. */
static int log_read(struct history *h, const char *path, struct dg_dpkg_log *ret,
		    char **ret_why)
{
	bool packed = dg_ends_with(path, ".gz");
	int r = packed ? log_read_packed(h, path, ret_why) : log_read_plain(h, path);
	struct dg_dpkg_log log;

	if (r == 0)
		return dg_dpkg_log_finish(h->parser, ret, ret_why);
	/* Also makes the parser forget what it was fed. */
	if (dg_dpkg_log_finish(h->parser, &log, NULL) == 0)
		dg_dpkg_log_done(&log);
	return r;
}

/* --- all of them --- */

static void history_add(struct history *h, const struct dg_dpkg_log *log)
{
	h->logs[h->log_count++] = *log;
	h->event_count += log->n_events;
	if (log->n_lines > log->n_bad && log->first >= TIME_MIN) {
		h->since = log->first;
		h->dated = true;
	}
}

/* 0, or -ENOENT: there is no such log; other errors are noted, and end the history. */
static int history_read_log(struct history *h, const char *path)
{
	struct dg_dpkg_log log;
	char *why = NULL;
	int r = log_read(h, path, &log, &why);

	if (r == 0) {
		history_add(h, &log);
	} else if (r != -ENOENT) {
		h->error = r;
		h->error_why = DG_STEAL(why);
		snprintf(h->error_path, sizeof(h->error_path), "%s", path);
	}
	free(why);
	return r;
}

/* logrotate leaves the first rotated log plain, the others packed. Going back it is, for
 * a log that is rotated meanwhile is then seen twice; forth, it would be missed. */
static void history_read(struct history *h)
{
	char path[sizeof(h->error_path)];
	int r = history_read_log(h, LOG);

	/* dpkg makes its log when it runs: where there is none, it has not since. */
	for (int i = 1; (r == 0 || (r == -ENOENT && i == 1)) && i <= ROTATED_MAX; i++) {
		if (h->event_count >= UPGRADES_MAX)
			break;
		snprintf(path, sizeof(path), LOG ".%d", i);
		r = history_read_log(h, path);
		if (r != -ENOENT)
			continue;
		snprintf(path, sizeof(path), LOG ".%d.gz", i);
		r = history_read_log(h, path);
	}
}

/* --- facts --- */

/* dpkg writes local time without its zone. Of the running system it is known; a tree is
 * taken for one that keeps UTC. */
static int64_t to_utc(const struct dg_root *root, int64_t local)
{
	time_t t = (time_t)local, utc;
	struct tm tm;

	if (!dg_root_is_live(root) || !gmtime_r(&t, &tm))
		return local;
	tm.tm_isdst = -1;
	utc = mktime(&tm);
	return utc == (time_t)-1 ? local : (int64_t)utc;
}

static void set_optional(struct dg_str *fact, const char *value)
{
	if (value)
		dg_set_str(fact, value);
	else
		fact->meta.state = DG_ABSENT;
}

/* A purge comes after a removal and changes no version. */
static bool is_upgrade(const struct dg_dpkg_log_event *e)
{
	return e->action != DG_DPKG_LOG_PURGE;
}

static bool add_upgrade(const struct history *h, const struct dg_dpkg_log_event *e,
			struct dg_packages *packages)
{
	struct dg_upgrade *up = DG_ADD(&packages->upgrades, UPGRADES_MAX);

	if (!up)
		return false;
	dg_set_int(&up->time, to_utc(h->root, e->time));
	dg_set_str(&up->package, e->package);
	set_optional(&up->from, e->old_version);
	set_optional(&up->to, e->action == DG_DPKG_LOG_REMOVE ? NULL : e->new_version);
	return true;
}

/* In the order of the logs, which is the order of events even where a clock was set back.
 * Where there are too many the oldest are left out, and `since` moves on to the others.
 */
static void set_upgrades(struct history *h, struct dg_packages *packages)
{
	size_t extra = h->event_count > UPGRADES_MAX ? h->event_count - UPGRADES_MAX : 0;
	bool fine = true;

	dg_set_known(&packages->upgrades.meta);
	for (size_t i = h->log_count; fine && i-- > 0;) {
		for (size_t k = 0; fine && k < h->logs[i].n_events; k++) {
			const struct dg_dpkg_log_event *e = &h->logs[i].events[k];

			if (extra > 0) {
				extra--;
				h->since = e->time > h->since ? e->time : h->since;
			} else if (is_upgrade(e)) {
				fine = add_upgrade(h, e, packages);
			}
		}
	}
	if (!fine)
		dg_set_gap(&packages->upgrades.meta, DG_UNREADABLE, "out of memory");
}

static void set_since(const struct history *h, struct dg_int *fact)
{
	if (h->dated)
		dg_set_int(fact, to_utc(h->root, h->since));
	else
		dg_set_gap(&fact->meta, DG_ABSENT, "no dpkg log holds a line");
}

static void set_gap(const struct history *h, struct dg_meta *meta)
{
	if (h->error_why)
		dg_set_gap(meta, dg_state_from_errno(h->error), "%s: %s", h->error_path,
			   h->error_why);
	else if (h->error)
		dg_gap_from_errno(meta, h->error, h->error_path);
	else
		dg_gap_from_errno(meta, -ENOENT, LOG);
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	DG_CLEANUP(history_done)
	struct history h = {.root = root, .left = LOGS_MAX, .error_path = LOG};
	struct dg_packages *packages = &facts->packages;

	dg_set_known(&packages->meta);
	h.error = dg_dpkg_log_new(is_wanted, NULL, &h.parser);
	if (h.error == 0)
		history_read(&h);
	/* Nothing seen before a log that cannot be read is no history. */
	if (h.log_count == 0 || (h.error < 0 && !h.dated)) {
		set_gap(&h, &packages->upgrades.meta);
		set_gap(&h, &packages->log_since.meta);
		return;
	}
	set_upgrades(&h, packages);
	set_since(&h, &packages->log_since);
}

static const char *const fills[] = {"packages.upgrades", "packages.log_since", NULL};

const struct dg_collector dg_collect_upgrades = {
	.name = "upgrades",
	.fills = fills,
	.run = run,
};

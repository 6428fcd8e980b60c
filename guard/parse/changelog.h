/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Debian changelogs (deb-changelog(5)), of which the newest entry, the first one, says
 * when a package was built. Unpacked text; its first 64 KiB are enough for all but
 * Debian's kernels, whose entries list every commit of a stable release.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct dg_changelog {
	char *package; /* the source package's name */
	char *version;
	int64_t time; /* seconds since 1970, UTC */
};

/*
 * Read the first entry of `text`. -EBADMSG: it is no such text, or it ends before that
 * entry does; *ret_why (may be NULL) says where, the caller frees it. -ENOMEM. Free *ret
 * with dg_changelog_done().
 */
int dg_changelog_parse(const char *text, size_t len, struct dg_changelog *ret,
		       char **ret_why);

void dg_changelog_done(struct dg_changelog *c);

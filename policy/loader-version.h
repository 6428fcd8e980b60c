/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The order in which systemd-boot ranks entries: negative, 0 or positive as `a` is
 * older than, equal to or newer than `b`. The UAPI group's Version Format Specification
 * (https://uapi-group.org/specifications/specs/version_format_specification/), read the
 * way systemd does it where the two differ: "~" is looked at before the end of a string
 * ("1~rc1" < "1"), "^" ranks below letters, digits and ".", a number is newer than none
 * even where it is 0, and an ignored character behind "~" counts as one that remains.
 * Tested against `systemd-analyze compare-versions`.
 */
int dg_loader_version_cmp(const char *a, const char *b);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/proc-locks.h"

#include <sys/sysmacros.h>

#include "guard/parse/span.h"
#include "policy/util.h"

/* "00:1a:12345": two numbers of the device, in hexadecimal, and the inode. */
static bool is_file(struct dg_span word, dev_t dev, ino_t ino)
{
	const uint64_t wanted[] = {major(dev), minor(dev), ino};

	for (size_t i = 0; i < DG_COUNT(wanted); i++) {
		struct dg_span part;
		uint64_t value;

		if (!dg_span_split(&word, ':', &part) ||
		    (i < 2 ? dg_parse_hex(part, &value) : dg_parse_u64(part, &value)) <
			    0 ||
		    value != wanted[i])
			return false;
	}
	return true;
}

/* "1: FLOCK  ADVISORY  WRITE 4711 00:1a:12345 0 EOF"; "1: -> FLOCK" only waits. */
static bool is_flock(struct dg_span line, dev_t dev, ino_t ino)
{
	struct dg_span words[6];

	for (size_t i = 0; i < DG_COUNT(words); i++)
		if (!dg_span_word(&line, &words[i]))
			return false;
	return dg_span_eq(words[1], "FLOCK") && is_file(words[5], dev, ino);
}

bool dg_proc_locks_flocked(const char *buf, size_t len, dev_t dev, ino_t ino)
{
	struct dg_span rest = dg_span_of(buf, len), line;

	while (dg_span_line(&rest, &line))
		if (is_flock(line, dev, ino))
			return true;
	return false;
}

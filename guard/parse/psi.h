/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pressure files, /proc/pressure/io and a cgroup's io.pressure:
 *
 *     some avg10=0.10 avg60=0.57 avg300=0.37 total=102394049
 *     full avg10=0.09 avg60=0.34 avg300=0.20 total=72192720
 *
 * (Documentation/accounting/psi.rst of the kernel). The averages are of no use over a
 * short window; the totals are exact at the moment of reading. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dg_psi {
	uint64_t some_us; /* microseconds in which some task was stalled, since boot; 0
			     where there is no such line */
	uint64_t full_us; /* ... and no other ran; 0 where there is no such line */
	bool has_some;	  /* irq has none */
	bool has_full;	  /* cpu.pressure of old kernels has none */
};

/* 0, or -EBADMSG: neither a `some` nor a `full` line, a total that is no number, or a
 * line twice. Lines and fields of other names are passed over. */
int dg_psi_parse(const char *buf, size_t len, struct dg_psi *ret);

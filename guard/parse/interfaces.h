/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* /etc/network/interfaces (interfaces(5), interfaces-bridge(5) of ifupdown2): which ports
 * it names, and which files it includes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define DG_INTERFACES_MAX 4096 /* of each */

struct dg_interfaces {
	/* Of `iface` and of the members of bridges and bonds: without what stands behind
	 * ':' (an alias) and '.' (a VLAN); in the file's order, each once. */
	char **ports;
	size_t n_ports;
	char **sources; /* patterns; of `source-directory`, with "/" behind them */
	size_t n_sources;
};

/* What is no directive of these is passed over, as it is no fault of a name. 0, -ENOMEM,
 * or -E2BIG: more than DG_INTERFACES_MAX. */
int dg_interfaces_parse(const char *buf, size_t len, struct dg_interfaces *ret);
void dg_interfaces_clear(struct dg_interfaces *interfaces);

/* The interface that a [Link] section of a systemd.link(5) file names; *ret is owned,
 * NULL where it names none. 0 or -ENOMEM. */
int dg_link_name_parse(const char *buf, size_t len, char **ret);

/* Whether the kernel or its driver has a part in that name, as udev's schemes make it of
 * slots, paths and the driver's own port names (systemd.net-naming-scheme(7)), or as the
 * kernel counts: not where it is made of the hardware address, or was chosen by somebody.
 */
bool dg_port_name_varies(const char *name);

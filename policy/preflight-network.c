/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether another kernel may call the network's ports otherwise: drivers have changed the
 * names of their ports between kernels, and a bridge without its port is a host that is
 * not reached any more. */
#include "policy/preflight.h"
#include "policy/text.h"

#define NAMED_MAX 4

/* "eno1, eno2 and 3 more"; NULL: none, or out of memory. */
static char *list_loose(const struct dg_view *view, size_t *ret_count)
{
	DG_FREE char *names = NULL;
	size_t count = 0;

	dg_list_foreach (port, view->facts->ports) {
		char *more;

		if (!dg_known(&port->name) || !dg_absent(&port->held))
			continue;
		if (++count > NAMED_MAX)
			continue;
		more = dg_format("%s%s%s", names ? names : "", names ? ", " : "",
				 port->name.value);
		free(names);
		names = more;
	}
	*ret_count = count;
	if (count <= NAMED_MAX)
		return DG_STEAL(names);
	return dg_format("%s and %zu more", names ? names : "", count - NAMED_MAX);
}

void dg_ask_names(const struct dg_view *view, const struct dg_installed *kernel,
		  struct dg_preflight *p)
{
	DG_FREE char *gap = dg_facts_gap(view->facts, "ports.*");
	DG_FREE char *names = NULL;
	size_t count;

	names = list_loose(view, &count);
	if (dg_streq(kernel->abi.value, dg_get(&view->facts->kernel.release))) {
		dg_preflight_answer(p, DG_YES, "the running kernel made the names");
	} else if (names) {
		dg_preflight_answer(p, DG_NO,
				    "/etc/network/interfaces names %s, and no .link file "
				    "holds %s fast: another kernel may change %s",
				    names, count > 1 ? "them" : "it",
				    count > 1 ? "them" : "it");
		p->unblock = dg_format("pve-network-interface-pinning generate, or a "
				       ".link file for each");
	} else if (gap) {
		dg_preflight_answer(p, DG_CANNOT_TELL, "%s", gap);
	} else {
		dg_preflight_answer(p, DG_YES,
				    "no name that a kernel may change is used");
	}
}

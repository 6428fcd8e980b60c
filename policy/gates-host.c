/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gates: is this a moment in which the boot configuration of this host may be touched? */
#include "policy/gate.h"
#include "policy/timefmt.h"

/* --- known --- */

/* The checks that an action rests on, whatever it is about. */
static const char *const rests_on[] = {
	"kernel-series-behind", "boot-next-broken",	"boot-next-differs",
	"pin-not-applied",	"pin-target-missing",	"next-boot-pin-left",
	"esp-missing",		"esp-booted-unmanaged", "pin-expired",
	"module-blocks-target", "policy-invalid",	"clock-implausible",
	"upgrade-in-progress",	"action-unfinished",
};

static bool rests(const struct dg_gate_work *w, const char *id)
{
	for (size_t i = 0; i < DG_COUNT(rests_on); i++)
		if (dg_streq(rests_on[i], id))
			return true;
	return dg_policy_lists(w->view->policy, "enforce.on", id);
}

/* What is pinned, and what would be: no other entry of the ledger counts. */
static bool rests_on_kernel(const struct dg_gate_work *w, const char *abi)
{
	const char *kernels[] = {w->view->pin.abi, dg_get(&w->view->facts->boot.pin),
				 w->view->next.abi, dg_gate_kernel(w)};

	for (size_t i = 0; i < DG_COUNT(kernels); i++)
		if (dg_streq(kernels[i], abi))
			return true;
	return false;
}

/* Why an entry cannot be used; NULL: all of them can. */
static const char *find_unusable(const struct dg_gate_work *w, bool rested_on)
{
	dg_list_foreach (debt, w->view->facts->ledger) {
		const char *abi = dg_get(&debt->abi), *gap = dg_debt_gap(debt);

		if (gap && (!abi || rests_on_kernel(w, abi)) == rested_on)
			return gap;
	}
	return NULL;
}

/* The first unknown of the checks; NULL: none. */
static const struct dg_finding *find_unknown(const struct dg_gate_work *w,
					     size_t *ret_count)
{
	*ret_count = 0;
	for (size_t i = 0; i < w->verdict->finding_count; i++) {
		const struct dg_finding *f = &w->verdict->findings[i];

		if (!rests(w, f->check->id))
			continue;
		++*ret_count;
		if (f->status == DG_UNKNOWN)
			return f;
	}
	return NULL;
}

void dg_gate_known(const struct dg_gate_work *w, struct dg_gate *gate)
{
	size_t count;
	const struct dg_finding *f = find_unknown(w, &count);
	const char *unusable = find_unusable(w, true), *other = find_unusable(w, false);

	if (f)
		dg_gate_untold(gate, "%s is unknown: %s", f->check->id, f->summary);
	else if (unusable)
		dg_gate_untold(gate, "%s", unusable);
	else if (!dg_gate_gap(w, gate,
			      DG_PATHS("kernel.release", "kernels", "boot.pin",
				       "boot.next_pin", "boot.managed", "ledger.abi")))
		dg_gate_open(gate,
			     "none of the %zu checks that it rests on is unknown%s%s",
			     count,
			     other ? "; to mind: an entry of the ledger about another "
				     "kernel cannot be used: "
				   : "",
			     other ? other : "");
}

/* --- clock, container, upgrade --- */

void dg_gate_clock(const struct dg_gate_work *w, struct dg_gate *gate)
{
	char time[DG_TIME_SIZE];

	dg_time_format(w->view->now, time);
	if (dg_gate_gap(w, gate, DG_PATHS("time", "kernel.build_time", "host.tool_time")))
		return;
	if (w->view->clock_ok)
		dg_gate_open(gate, "%s is plausible", time);
	else
		dg_gate_shut(gate,
			     "it cannot be %s: the kernel, or this program, is "
			     "younger",
			     time);
}

void dg_gate_container(const struct dg_gate_work *w, struct dg_gate *gate)
{
	const char *kind = dg_get(&w->view->facts->host.container);

	if (kind)
		dg_gate_shut(gate, "this is a container (%s): the kernel is its host's",
			     kind);
	else if (w->view->outside)
		dg_gate_shut(gate, "no kernel is installed here: the running one came "
				   "from outside");
	else if (!dg_gate_gap(w, gate, DG_PATHS("host.container")))
		dg_gate_open(gate, "this is no container");
}

void dg_gate_upgrade(const struct dg_gate_work *w, struct dg_gate *gate)
{
	const struct dg_packages *packages = &w->view->facts->packages;

	if (dg_true(&packages->locked))
		dg_gate_shut(gate, "dpkg is at work: %s is locked",
			     dg_facts_source("packages.locked"));
	else if (w->view->unsettled)
		dg_gate_shut(gate, "a package change was stopped half-way "
				   "(dpkg --configure -a)");
	else if (!dg_gate_gap(w, gate,
			      DG_PATHS("packages.locked", "packages.journal",
				       "packages.unsettled.*")))
		dg_gate_open(gate, "no package is being changed");
}

/* --- next-boot-pin --- */

void dg_gate_next_boot_pin(const struct dg_gate_work *w, struct dg_gate *gate)
{
	const char *pin = dg_get(&w->view->facts->boot.next_pin);
	const struct dg_choice *next = &w->view->next;

	if (pin)
		dg_gate_shut(gate, "%s is pinned for the next boot", pin);
	else if (next->once)
		dg_gate_shut(gate, "%s boots once, by %s",
			     next->abi ? next->abi : "a kernel", next->mechanism);
	else if (!dg_gate_gap(w, gate, DG_PATHS("boot.next_pin")))
		dg_gate_open(gate, "nothing is pinned for the next boot");
}

/* --- migration --- */

static bool is_migrating(const struct dg_str *lock)
{
	return dg_streq(dg_get(lock), "migrate");
}

static bool is_guest_migrating(const struct dg_facts *facts, struct dg_gate *gate)
{
	dg_list_foreach (guest, facts->guests) {
		const char *id = dg_get(&guest->vmid);

		if (is_migrating(&guest->lock))
			dg_gate_shut(gate, "guest %s is being migrated (lock: migrate)",
				     id ? id : "?");
		else if (dg_known(&guest->running) && dg_true(&guest->running.incoming))
			dg_gate_shut(gate, "guest %s is being migrated to this host",
				     id ? id : "?");
		else
			continue;
		return true;
	}
	dg_list_foreach (container, facts->containers) {
		const char *id = dg_get(&container->vmid);

		if (!is_migrating(&container->lock))
			continue;
		dg_gate_shut(gate, "container %s is being migrated (lock: migrate)",
			     id ? id : "?");
		return true;
	}
	return false;
}

void dg_gate_migration(const struct dg_gate_work *w, struct dg_gate *gate)
{
	const struct dg_facts *facts = w->view->facts;

	if (is_guest_migrating(facts, gate) ||
	    dg_gate_gap(
		    w, gate,
		    DG_PATHS("guests.lock", "guests.running.incoming", "containers.*")))
		return;
	dg_gate_open(gate, "none of %zu guests and %zu containers is being migrated",
		     facts->guests.count, facts->containers.count);
}

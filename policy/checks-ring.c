/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The qemu family: what the running guests' QEMU does to this kernel's accounting. */
#include "policy/catalog.h"
#include "policy/guest.h"
#include "policy/text.h"
#include "policy/view.h"

/* What was seen of the guests' ring waits. */
struct rings {
	const struct dg_facts *facts;
	enum dg_answer exempts; /* the kernel lets a waiter opt out */
	struct dg_named plain, unseen;
	size_t running, exempt;
	bool kernel_lacks, qemu_lacks; /* of guests that wait plainly */
};

static void rings_clear(struct rings *rings)
{
	dg_named_clear(&rings->plain);
	dg_named_clear(&rings->unseen);
}

static void describe_wait(struct dg_finding *f, const char *label,
			  const struct dg_guest *guest, const struct dg_ring_wait *wait)
{
	const char *thread = dg_get(&wait->name);
	DG_FREE char *text = dg_format(
		"%s: running QEMU %s, thread %lld (%s), flags 0x%llx", label,
		dg_qemu_version_text(&guest->running.binary), (long long)wait->tid.value,
		thread ? thread : "?", (unsigned long long)wait->flags.value);

	if (text)
		dg_find_item(f, "waits", text);
}

static void describe_plain(struct dg_finding *f, const char *label,
			   const struct dg_guest *guest)
{
	dg_list_foreach (wait, guest->running.waits)
		if (dg_known(&wait->flags) && !dg_wait_opts_out(wait))
			describe_wait(f, label, guest, wait);
}

/* How often a thread is looked at before its plain wait is believed where the kernel lets
 * it opt out (DOMAIN: up to three times). */
#define LOOKS_WANTED 3

/* Seen to wait plainly, and then busy: a QEMU that opts out by its version may have had
 * block requests in flight, when it waits plainly. */
static bool is_doubtful(const struct rings *rings, const struct dg_running *running,
			const struct dg_ring_wait *wait)
{
	return rings->exempts == DG_YES && dg_known(&wait->looks) &&
	       wait->looks.value < LOOKS_WANTED && dg_known(&running->binary) &&
	       dg_qemu_opts_out(&running->binary);
}

static bool is_all_doubtful(const struct rings *rings, const struct dg_running *running)
{
	dg_list_foreach (wait, running->waits)
		if (dg_known(&wait->flags) && !dg_wait_opts_out(wait) &&
		    !is_doubtful(rings, running, wait))
			return false;
	return true;
}

/* A QEMU of which one thread opts out does opt out: others that wait plainly have block
 * requests in flight. */
static bool waits_plainly(const struct dg_running *running, enum dg_answer exempts)
{
	bool plain = false;

	if (!dg_known(&running->waits))
		return false;
	dg_list_foreach (wait, running->waits) {
		if (!dg_known(&wait->flags))
			continue;
		if (dg_wait_opts_out(wait) && exempts != DG_NO)
			return false;
		plain |= !dg_wait_opts_out(wait);
	}
	return plain;
}

/* An I/O thread that is busy at the moment of the look waits a moment later: by its
 * version this QEMU is one that does. */
static bool may_wait_unseen(const struct rings *rings, const struct dg_running *running)
{
	return (rings->exempts != DG_YES || !dg_qemu_opts_out(&running->binary)) &&
	       dg_ring_refuses(&rings->facts->ring) != DG_YES &&
	       dg_absent(&running->waits) && dg_known(&running->iothreads) &&
	       running->iothreads.count > 0 && dg_known(&running->binary) &&
	       dg_qemu_waits_in_ring(&running->binary) != DG_NO;
}

static void look_at_rings(struct rings *rings, const struct dg_guest *guest,
			  struct dg_finding *f)
{
	DG_FREE char *label = dg_guest_label(guest);
	const struct dg_running *running = &guest->running;

	if (!label || !dg_guest_runs(guest))
		return;
	rings->running++;
	if (waits_plainly(running, rings->exempts) && is_all_doubtful(rings, running)) {
		dg_name_guest(&rings->unseen, NULL, label);
		dg_find_item(f, "not_seen_waiting", label);
	} else if (waits_plainly(running, rings->exempts)) {
		dg_name_guest(&rings->plain, f, label);
		describe_plain(f, label, guest);
		rings->kernel_lacks |= rings->exempts != DG_YES;
		rings->qemu_lacks |=
			rings->exempts == DG_YES || !dg_qemu_opts_out(&running->binary);
	} else if (dg_known(&running->waits)) {
		rings->exempt++;
	} else if (may_wait_unseen(rings, running)) {
		dg_name_guest(&rings->unseen, NULL, label);
		dg_find_item(f, "not_seen_waiting", label);
	}
}

static void describe_ring(const struct rings *rings, struct dg_finding *f)
{
	static const char *const words[] = {
		[DG_NO] = "no", [DG_YES] = "yes", [DG_CANNOT_TELL] = "unknown"};
	bool inferred =
		rings->exempts != DG_CANNOT_TELL && dg_true(&rings->facts->ring.inferred);
	DG_FREE char *text = dg_format("%s%s", words[rings->exempts],
				       inferred ? " (inferred from its version)" : "");

	dg_find_text(f, "kernel", dg_get(&rings->facts->kernel.release));
	dg_find_text(f, "kernel_no_iowait", text);
	dg_find_number(f, "guests_running", (int64_t)rings->running);
	dg_find_number(f, "guests_exempt", (int64_t)rings->exempt);
	if (dg_known(&rings->facts->qemu))
		dg_find_text(f, "installed_qemu", dg_get(&rings->facts->qemu.version));
}

#define NEWER_KERNEL "Boot a kernel of 6.15 or newer, which lets QEMU exempt these waits"
#define NEWER_QEMU                                                                   \
	"a QEMU that opts out (pve-qemu-kvm 10.2.1-2 or newer; until there is one, " \
	"disks "                                                                     \
	"without iothread=1 are not affected)"

/* A new kernel comes with a reboot, after which the guests run the installed QEMU. */
static void advise(const struct rings *rings, struct dg_finding *f)
{
	bool installed =
		dg_known(&rings->facts->qemu) && dg_qemu_opts_out(&rings->facts->qemu);

	/* Else the row's remedy names both halves. */
	if (rings->exempts == DG_CANNOT_TELL)
		return;
	dg_find_text(f, "missing",
		     !rings->qemu_lacks	   ? "kernel"
		     : rings->kernel_lacks ? "kernel and qemu"
					   : "qemu");
	if (rings->kernel_lacks && (installed || !rings->qemu_lacks))
		dg_find_remedy(f, NEWER_KERNEL "; %s QEMU does opt out.",
			       installed ? "the installed" : "the guests'");
	else if (rings->kernel_lacks)
		dg_find_remedy(f, NEWER_KERNEL "; and install " NEWER_QEMU ".");
	else if (installed)
		dg_find_remedy(
			f,
			"Migrate the guests away and back, or stop and start them: the "
			"installed QEMU %s opts out, the one that they run does not.",
			rings->facts->qemu.version.value);
	else
		dg_find_remedy(
			f, "Install " NEWER_QEMU
			   ", then migrate the guests away and back, or stop and start "
			   "them.");
}

static void conclude_rings(const struct rings *rings, struct dg_finding *f)
{
	const char *kernel = rings->facts->kernel.release.value;
	DG_FREE char *plain = dg_named_text(&rings->plain);
	DG_FREE char *unseen = dg_named_text(&rings->unseen);

	if (rings->plain.count > 0) {
		dg_find_drift(
			f, DG_WARNING,
			"QEMU of %s waits for events in io_uring, and kernel %s counts "
			"that as I/O stall: I/O pressure and iowait of this host cannot "
			"be trusted",
			plain ? plain : "guests", kernel);
		advise(rings, f);
	} else if (rings->unseen.count > 0) {
		dg_find_unknown(
			f,
			"QEMU of %s is one whose I/O threads wait in io_uring; they were "
			"too busy to see how",
			unseen ? unseen : "guests");
	} else if (rings->exempt > 0) {
		dg_find_ok(f,
			   "QEMU of %zu running guest%s waits in io_uring, and exempts "
			   "its waits",
			   rings->exempt, rings->exempt == 1 ? "" : "s");
	} else if (rings->running > 0) {
		dg_find_ok(f, "no thread of %zu running guest%s waits in io_uring",
			   rings->running, rings->running == 1 ? "" : "s");
	} else {
		dg_find_ok(f, "no guest runs");
	}
	describe_ring(rings, f);
}

static void check_ring_phantom(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_facts *facts = view->facts;
	DG_CLEANUP(rings_clear)
	struct rings rings = {.facts = facts, .exempts = dg_ring_exempts(&facts->ring)};

	switch (dg_kernel_counts_ring_waits(facts)) {
	case DG_CANNOT_TELL:
		dg_find_unknown(f, "the running kernel's name \"%s\" holds no version",
				facts->kernel.release.value);
		return;
	case DG_NO:
		dg_find_ok(f, "kernel %s does not count waits in io_uring as I/O stall",
			   facts->kernel.release.value);
		return;
	case DG_YES:
		break;
	}
	dg_list_foreach (guest, facts->guests)
		look_at_rings(&rings, guest, f);
	conclude_rings(&rings, f);
}

static const struct dg_check ring_phantom = {
	.id = "qemu-ring-phantom",
	.family = "qemu",
	.title = "A running guest's QEMU waits in a way that this kernel counts as I/O "
		 "stall",
	.severity = DG_WARNING,
	.flags = DG_HOST_KERNEL,
	.needs = {"kernel.release", "guests"},
	.each = {"guests.vmid", "guests.running", "guests.running.waits.flags"},
	.run = check_ring_phantom,
	.remedy =
		"A kernel of 6.15 or newer under a QEMU that opts out (pve-qemu-kvm from "
		"10.2.1-2); guests started before an upgrade keep their old QEMU.",
	.why = "From 10.2 on, QEMU's I/O threads wait for events inside io_uring_enter. "
	       "Kernels from 6.5 (and 6.4.4, 6.1.39) count such a wait as I/O stall, "
	       "though no I/O is under way; from 6.15 the waiter may opt out "
	       "(IORING_ENTER_NO_IOWAIT, feature bit 17; kernel commits 8a796565cec3, "
	       "07754bfd9aee). Where it does not, I/O pressure and iowait of the host "
	       "cannot be trusted: the incident's 69 % on a bored disk. No table of "
	       "versions decides: /proc/PID/task/TID/syscall shows of each waiting "
	       "thread whether it opted out (bit 7 of the call's flags). A QEMU that "
	       "opts out waits plainly while block requests are in flight, so a plain "
	       "wait is looked at up to three times where the kernel has the bit.",
};

static const struct dg_check *const rows[] = {&ring_phantom};

const struct dg_family dg_ring_checks = {
	.name = "qemu", .checks = rows, .count = DG_COUNT(rows)};

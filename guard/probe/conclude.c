/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/probe/probe.h"

#include "guard/probe/uring.h"
#include "policy/text.h"

#define SYSCTL_OFF 2

bool dg_probe_refused(const struct dg_ring *ring)
{
	return dg_absent(&ring->features) ||
	       (dg_known(&ring->disabled) && ring->disabled.value == SYSCTL_OFF);
}

bool dg_probe_told(const struct dg_ring *ring, const struct dg_idle_test *test)
{
	return dg_probe_refused(ring) || dg_known(&ring->features) ||
	       (test && test->plain != DG_IDLE_CANNOT_TELL);
}

static bool may_opt_out(const struct dg_ring *ring)
{
	return dg_known(&ring->features) &&
	       (ring->features.value & DG_URING_FEAT_NO_IOWAIT);
}

/* The self-test is proof. */
static char *conclude_charged(const struct dg_ring *ring, const struct dg_idle_test *test)
{
	if (test->no_iowait == DG_IDLE_FREE)
		return dg_format("This kernel counts idle io_uring waits as I/O stall, "
				 "and QEMU may opt out (feature bit 17); pve-qemu-kvm "
				 "from 10.2.1-2 on does, 10.2.1-1 and unpatched builds "
				 "from 10.2 on do not.");
	if (test->no_iowait == DG_IDLE_CHARGED)
		return dg_format(
			"This kernel counts idle io_uring waits as I/O stall, "
			"even those of a waiter that opts out, against what its "
			"feature bit 17 promises: I/O pressure cannot be trusted "
			"under QEMU from 10.2 on with I/O threads.");
	if (may_opt_out(ring))
		return dg_format("This kernel counts idle io_uring waits as I/O stall; "
				 "QEMU may opt out (feature bit 17), but whether that "
				 "helps could not be measured: %s.",
				 test->why);
	return dg_format(
		"This kernel counts idle io_uring waits as I/O stall, and QEMU "
		"cannot opt out (feature bit 17 came with Linux 6.15): every QEMU "
		"from 10.2 on with I/O threads makes phantom I/O pressure here.");
}

/* Going by the features alone. */
static char *conclude_features(const struct dg_ring *ring,
			       const struct dg_idle_test *test)
{
	const char *how = test ? "not measured: " : "inferred from its version";
	const char *why = test ? test->why : "";

	if (may_opt_out(ring))
		return dg_format("This kernel lets QEMU opt out of having idle io_uring "
				 "waits counted as I/O stall (feature bit 17); "
				 "pve-qemu-kvm from 10.2.1-2 on does (%s%s).",
				 how, why);
	return dg_format(
		"This kernel does not let QEMU opt out of having idle io_uring "
		"waits counted as I/O stall (feature bit 17 came with Linux "
		"6.15): where it counts them, as 6.5 and later do, QEMU from 10.2 "
		"on with I/O threads makes phantom I/O pressure (%s%s).",
		how, why);
}

char *dg_probe_conclude(const struct dg_ring *ring, const struct dg_idle_test *test)
{
	const char *detail = ring->features.meta.detail;

	if (dg_probe_refused(ring))
		return dg_format(
			"This kernel refuses io_uring (%s): QEMU falls back to "
			"epoll, and its idle waits are not counted as I/O stall.",
			dg_absent(&ring->features) && detail
				? detail
				: "kernel.io_uring_disabled is 2");
	if (test && test->plain == DG_IDLE_CHARGED)
		return conclude_charged(ring, test);
	if (test && test->plain == DG_IDLE_FREE)
		return dg_format("This kernel does not count idle io_uring waits as I/O "
				 "stall: no QEMU makes phantom I/O pressure here.");
	if (dg_known(&ring->features))
		return conclude_features(ring, test);
	return dg_format("What this kernel makes of idle io_uring waits cannot be told: "
			 "%s.",
			 detail ? detail : "not looked at");
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What this kernel's io_uring can do: asked of the kernel where it is the one that runs,
 * else inferred from its version. Asking takes some 30 us. */
#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/parse/span.h"
#include "guard/probe/ring.h"
#include "guard/probe/uring.h"

#define SYSCTL	   "proc/sys/kernel/io_uring_disabled"
#define OSRELEASE  "proc/sys/kernel/osrelease"
#define SYSCTL_OFF 2 /* for everybody; 1: for all but the privileged (Linux 6.6) */

static void read_disabled(const struct dg_root *root, struct dg_int *fact)
{
	DG_FREE char *data = NULL;
	uint64_t value;
	size_t size;
	int r = dg_root_read(root, SYSCTL, 64, &data, &size);

	if (r < 0)
		dg_gap_from_errno(&fact->meta, r, SYSCTL);
	else if (dg_parse_u64(dg_span_trim(dg_span_of(data, size)), &value) < 0 ||
		 value > SYSCTL_OFF)
		dg_set_gap(&fact->meta, DG_MALFORMED, "/" SYSCTL ": is not 0, 1 or 2");
	else
		dg_set_int(fact, (int64_t)value);
}

/* --- the kernel that runs --- */

/*
 * Refused to this process: by the kernel, and so to QEMU too, or only here? The sysctl
 * says so where it is 2. A kernel that has the sysctl has io_uring, so that "no such
 * call" comes from a filter (seccomp) around this process; a filter may also say EPERM.
 */
static void set_refused(struct dg_ring *ring, int r)
{
	bool sysctl = dg_known(&ring->disabled);
	enum dg_state state = DG_UNREADABLE;
	const char *by = "";

	if (r == -EPERM && sysctl && ring->disabled.value == SYSCTL_OFF) {
		state = DG_ABSENT;
		by = "; kernel.io_uring_disabled is 2";
	} else if (r == -EPERM && sysctl && ring->disabled.value == 1) {
		by = "; kernel.io_uring_disabled is 1, and this user is not privileged";
	} else if (r == -ENOSYS && !sysctl) {
		state = DG_ABSENT;
		by = "; this kernel has no io_uring";
	} else if (r == -EPERM || r == -ENOSYS) {
		by = "; it may be refused to this program only (a seccomp filter)";
	}
	dg_set_gap(&ring->features.meta, state, "io_uring_setup: %s%s",
		   strerrorname_np(-r), by);
	dg_set_gap(&ring->last_op.meta, state, "io_uring_setup: %s", strerrorname_np(-r));
}

static void ask_kernel(struct dg_ring *ring)
{
	uint32_t features;
	int last_op, r = dg_uring_ask(&features, &last_op);

	dg_set_bool(&ring->inferred, false);
	if (r < 0) {
		set_refused(ring, r);
		return;
	}
	dg_set_int(&ring->features, features);
	if (last_op < 0)
		dg_set_gap(&ring->last_op.meta, DG_ABSENT,
			   "this kernel does not tell (Linux 5.6 does)");
	else
		dg_set_int(&ring->last_op, last_op);
}

/* --- a tree --- */

/* What cannot be inferred is a gap, not "refused": the release may be missing. */
static void infer_features(const struct dg_root *root, struct dg_int *fact)
{
	DG_FREE char *data = NULL;
	struct dg_str release = {0};
	uint32_t features;
	int r;

	dg_read_line_fact(root, OSRELEASE, &release);
	if (!dg_known(&release)) {
		dg_set_gap(&fact->meta, DG_UNREADABLE, "%s", release.meta.detail);
		free(release.meta.detail);
		return;
	}
	data = release.value;
	r = dg_ring_infer(data, &features);
	if (r == 0)
		dg_set_int(fact, features);
	else if (r == -ENOSYS)
		dg_set_gap(&fact->meta, DG_ABSENT, "Linux %s has no io_uring", data);
	else
		dg_set_gap(&fact->meta, DG_UNREADABLE,
			   "/" OSRELEASE ": \"%s\" is no kernel release", data);
}

static void infer(const struct dg_root *root, struct dg_ring *ring)
{
	dg_set_bool(&ring->inferred, true);
	infer_features(root, &ring->features);
	dg_set_gap(&ring->last_op.meta, DG_ABSENT,
		   "only the running kernel can be asked");
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct dg_ring *ring = &facts->ring;

	dg_set_known(&ring->meta);
	read_disabled(root, &ring->disabled);
	if (dg_root_is_live(root))
		ask_kernel(ring);
	else
		infer(root, ring);
}

const struct dg_collector dg_collect_ring = {
	.name = "ring",
	.fills = (const char *const[]){"ring", NULL},
	.run = run,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel that runs. */
#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/parse/uname-version.h"

static const char *const vendor_names[] = {
	[DG_UNAME_OTHER] = NULL,
	[DG_UNAME_PMX] = "PMX",
	[DG_UNAME_PVE] = "PVE",
	[DG_UNAME_DEBIAN] = "Debian",
};

static void set_vendor(enum dg_uname_vendor vendor, struct dg_str *fact)
{
	const char *name =
		(size_t)vendor < DG_COUNT(vendor_names) ? vendor_names[vendor] : NULL;

	if (name)
		dg_set_str(fact, name);
	else
		dg_set_gap(&fact->meta, DG_ABSENT, "uname -v names no vendor");
}

static void derive_from_version(const char *text, struct dg_kernel *kernel)
{
	struct dg_uname_version version;
	int r = dg_uname_version_parse(text, strlen(text), &version);

	set_vendor(r == 0 ? version.vendor : DG_UNAME_OTHER, &kernel->vendor);
	if (r == 0) {
		dg_set_int(&kernel->build_time, version.build_time);
		dg_uname_version_clear(&version);
	} else if (r == -ENODATA) {
		dg_set_gap(&kernel->build_time.meta, DG_UNREADABLE,
			   "uname -v holds no date: %s", text);
	} else if (r == -EBADMSG) {
		dg_set_gap(&kernel->build_time.meta, DG_MALFORMED,
			   "uname -v holds a date that does not exist: %s", text);
	} else {
		dg_set_gap(&kernel->build_time.meta, DG_UNREADABLE, "%s",
			   dg_errno_words(r));
	}
}

static void read_version(const struct dg_root *root, struct dg_kernel *kernel)
{
	const struct dg_meta *version = &kernel->version.meta;

	dg_read_line_fact(root, "proc/sys/kernel/version", &kernel->version);
	if (version->state == DG_KNOWN) {
		derive_from_version(kernel->version.value, kernel);
		return;
	}
	dg_set_gap(&kernel->build_time.meta, version->state, "%s", version->detail);
	/* Nobody looked for a vendor: that is not "none". */
	dg_set_gap(&kernel->vendor.meta, DG_UNREADABLE, "%s", version->detail);
}

/* A kernel that can load modules lists them. A tree may be a disk's, without /proc; all
 * kernels that are installed on disks can. */
static void read_modular(const struct dg_root *root, struct dg_bool *fact)
{
	struct stat st;
	int r = dg_root_stat(root, "proc/modules", true, &st);

	if (r == 0)
		dg_set_bool(fact, true);
	else if (dg_state_from_errno(r) == DG_ABSENT)
		dg_set_bool(fact, !dg_root_is_live(root));
	else
		dg_gap_from_errno(&fact->meta, r, "proc/modules");
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct dg_kernel *kernel = &facts->kernel;

	dg_read_line_fact(root, "proc/sys/kernel/osrelease", &kernel->release);
	read_version(root, kernel);
	dg_read_line_fact(root, "proc/cmdline", &kernel->cmdline);
	read_modular(root, &kernel->modular);
}

const struct dg_collector dg_collect_kernel = {
	.name = "kernel",
	.fills = (const char *const[]){"kernel.release", "kernel.version",
				       "kernel.vendor", "kernel.build_time",
				       "kernel.cmdline", "kernel.modular", NULL},
	.run = run,
};

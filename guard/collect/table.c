/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The collectors of a host. */
#include "guard/collect/run.h"

/* What lies in memory and small files first; what reads devices, firmware or a file
 * system in user space (/etc/pve) last. */
static const struct dg_collector *const collectors[] = {
	&dg_collect_host,	&dg_collect_kernel,	 &dg_collect_ring,
	&dg_collect_kernels,	&dg_collect_modules,	 &dg_collect_dkms,
	&dg_collect_measured,	&dg_collect_ledger,	 &dg_collect_packages,
	&dg_collect_upgrades,	&dg_collect_preferences, &dg_collect_boot,
	&dg_collect_early,	&dg_collect_grub,	 &dg_collect_efi,
	&dg_collect_partitions, &dg_collect_esps,	 &dg_collect_qemu,
	&dg_collect_guests,
};

const struct dg_collector *const *dg_collectors(size_t *ret_count)
{
	*ret_count = DG_COUNT(collectors);
	return collectors;
}

int dg_collect(const struct dg_root *root, const int64_t *now, int deadline_ms,
	       struct dg_facts **ret)
{
	return dg_collect_with(root, collectors, DG_COUNT(collectors), now, deadline_ms,
			       ret);
}

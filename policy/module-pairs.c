/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pairs of modules and userland. A new pair is a new row. */
#include "policy/module-pairs.h"
#include "policy/debversion.h"

/* --- rules --- */

#define NUMBERS 3

static const char *skip_epoch(const char *version)
{
	const char *colon = strchr(version, ':');

	return colon ? colon + 1 : version;
}

/* major.minor.patch; missing ones are 0, and what is no number ends them. */
static void read_numbers(const char *version, unsigned long long ret[static NUMBERS])
{
	const char *p = skip_epoch(version);
	char *end;

	memset(ret, 0, NUMBERS * sizeof(*ret));
	for (size_t i = 0; i < NUMBERS && *p >= '0' && *p <= '9'; i++) {
		ret[i] = strtoull(p, &end, 10);
		if (*end != '.')
			return;
		p = end + 1;
	}
}

/* "2.4.2-pve1" fits "2.4.2-1": what a distribution appends does not count. */
static bool same_numbers(const char *module, const char *userland)
{
	unsigned long long a[NUMBERS], b[NUMBERS];

	read_numbers(module, a);
	read_numbers(userland, b);
	return memcmp(a, b, sizeof(a)) == 0;
}

/* "535.183.01" of "1:535.183.01-1~deb12u1". */
static size_t upstream_size(const char *version)
{
	const char *revision = strrchr(version, '-');

	return revision ? (size_t)(revision - version) : strlen(version);
}

static bool same_upstream(const char *module, const char *userland)
{
	const char *u = skip_epoch(userland);
	size_t n = upstream_size(u);

	return strlen(module) == n && memcmp(module, u, n) == 0;
}

/* drbd-utils of 9 drive modules of 8.4 and 9; those of 8 know nothing of 9. */
static bool drbd_fits(const char *module, const char *userland)
{
	return dg_debversion_upstream_major(module) < 9 ||
	       dg_debversion_upstream_major(userland) >= 9;
}

/* --- rows --- */

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct dg_module_pair dg_module_pairs[] = {
	{
		.module = "zfs",
		.packages = NAMES("zfsutils-linux"),
		.fits = same_numbers,
		.rule = "the same upstream version",
		.remedy = "A loaded zfs is replaced by a reboot only: boot a kernel "
			  "whose zfs is "
			  "that of the tools, or upgrade what is behind",
	},
	{
		.module = "nvidia",
		.packages = NAMES("libnvidia-ml1", "nvidia-driver-libs",
				  "nvidia-driver-cuda", "nvidia-smi"),
		.library = "libnvidia-ml",
		.fits = same_upstream,
		.rule = "exactly the same version",
		.remedy = "Install driver and user libraries of one version, then load "
			  "the module "
			  "anew or reboot",
	},
	{
		.module = "drbd",
		.packages = NAMES("drbd-utils"),
		.fits = drbd_fits,
		.rule = "utils of 9 or later for a module of 9 or later",
		.remedy = "Upgrade drbd-utils",
	},
};

const size_t dg_module_pair_count = DG_COUNT(dg_module_pairs);

const struct dg_module_pair *dg_module_pair_find(const char *module)
{
	for (size_t i = 0; i < DG_COUNT(dg_module_pairs); i++)
		if (dg_streq(module, dg_module_pairs[i].module))
			return &dg_module_pairs[i];
	return NULL;
}

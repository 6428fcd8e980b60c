/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernels that lie on disk: images and initrds in /boot, and module directories. */
#include <errno.h>

#include "guard/collect/modules.h"
#include "guard/parse/bzimage.h"
#include "guard/parse/pe.h"
#include "policy/abi.h"
#include "policy/text.h"

#define KERNELS_MAX 256
#define NAMES_CAP   16384

/* Where kernels are named; what stands behind the prefix is an ABI. */
static const struct {
	const char *dir, *prefix;
} places[] = {
	{.dir = "boot", .prefix = "vmlinuz-"},
	{.dir = "boot", .prefix = "initrd.img-"},
	{.dir = "lib/modules", .prefix = ""},
	{.dir = "usr/lib/modules", .prefix = ""},
};

struct abis {
	char abi[KERNELS_MAX][DG_ABI_MAX + 1];
	size_t n;
	size_t dirs; /* places that are there */
};

/* --- which there are --- */

/* Copies that were put aside (.bak, .dpkg-tmp) are no kernels, whatever they are of. */
static bool is_abi(const char *s)
{
	char image[sizeof("vmlinuz-") + DG_ABI_MAX] = "vmlinuz-";

	if (!dg_abi_valid(s))
		return false;
	memcpy(image + strlen(image), s, strlen(s) + 1);
	return dg_abi_from_image(image);
}

static int abis_add(struct abis *abis, const char *abi)
{
	for (size_t i = 0; i < abis->n; i++)
		if (dg_streq(abis->abi[i], abi))
			return 0;
	if (abis->n == KERNELS_MAX)
		return -E2BIG;
	memcpy(abis->abi[abis->n++], abi, strlen(abi) + 1);
	return 0;
}

static int find_abis(const struct dg_root *root, const char *dir, const char *prefix,
		     struct abis *abis)
{
	DG_NAMES_FREE char **names = NULL;
	int r = dg_root_list(root, dir, NAMES_CAP, &names, NULL);

	if (r < 0)
		return dg_state_from_errno(r) == DG_ABSENT ? 0 : r;
	abis->dirs++;
	for (char **name = names; r == 0 && *name; name++) {
		const char *abi = dg_after(*name, prefix);

		if (abi && is_abi(abi))
			r = abis_add(abis, abi);
	}
	return r;
}

static int newer_first(const void *a, const void *b)
{
	return dg_abi_cmp(b, a);
}

/* --- one kernel --- */

/* A regular file's path, size and time; else all three say why not. */
static int read_file(const struct dg_root *root, const char *path, struct dg_str *fact,
		     struct dg_int *size, struct dg_int *time)
{
	struct stat st;
	int r = dg_root_stat(root, path, true, &st);

	if (r == 0 && !S_ISREG(st.st_mode))
		r = S_ISDIR(st.st_mode) ? -EISDIR : -ENOTSUP;
	if (r < 0) {
		dg_gap_from_errno(&fact->meta, r, path);
		dg_gap_from_errno(&size->meta, r, path);
		dg_gap_from_errno(&time->meta, r, path);
		return r;
	}
	dg_set_str(fact, path);
	dg_set_int(size, st.st_size);
	dg_set_int(time, st.st_mtim.tv_sec);
	return 0;
}

static void set_version(const struct dg_bzimage *image, int64_t size, const char *path,
			struct dg_str *fact)
{
	if ((uint64_t)size < image->min_size)
		dg_set_gap(&fact->meta, DG_MALFORMED,
			   "%s: truncated at byte %lld of at least %llu", path,
			   (long long)size, (unsigned long long)image->min_size);
	else if (!image->version)
		dg_set_gap(&fact->meta, DG_ABSENT, "%s: its header holds no version",
			   path);
	else
		dg_set_str(fact, image->version);
}

static void read_version(const char *data, size_t n, const char *path, int64_t size,
			 struct dg_str *fact)
{
	DG_CLEANUP(dg_bzimage_freep) struct dg_bzimage *image = NULL;
	DG_FREE char *why = NULL;
	int r = dg_bzimage_parse(data, n, &image, &why);

	if (r == 0)
		set_version(image, size, path, fact);
	else if (why)
		/* An image of another kind is none of this format, and sound for all we
		 * know. */
		dg_set_gap(&fact->meta,
			   r == -EMEDIUMTYPE ? DG_ABSENT : dg_state_from_errno(r),
			   "%s: %s", path, why);
	else
		dg_gap_from_errno(&fact->meta, r, path);
}

/* Whether it carries signatures for the firmware; whose, is not looked at. */
static void read_signed(const char *data, size_t n, const char *path, int64_t size,
			struct dg_bool *fact)
{
	DG_FREE char *why = NULL;
	struct dg_pe pe;
	int r = dg_pe_parse(data, n, (uint64_t)size, &pe, &why);

	if (r == 0)
		dg_set_bool(fact, pe.signatures_size > 0);
	else
		dg_set_gap(&fact->meta, r == -EMEDIUMTYPE ? DG_ABSENT : DG_MALFORMED,
			   "%s: %s", path, why ? why : dg_errno_words(r));
}

static void set_image_gap(struct dg_installed *kernel, int r, const char *path)
{
	dg_gap_from_errno(&kernel->image_version.meta, r, path);
	dg_gap_from_errno(&kernel->is_signed.meta, r, path);
}

static void read_head(const struct dg_root *root, const char *path,
		      struct dg_installed *kernel)
{
	int64_t size = kernel->image_size.value;
	DG_FREE char *data = NULL;
	size_t n;
	int r = dg_root_read_head(root, path, DG_ROOT_FILE, 0, DG_BZIMAGE_HEAD, &data,
				  &n);

	if (r < 0) {
		set_image_gap(kernel, r, path);
		return;
	}
	if (dg_bzimage_is_lost(data, n, (uint64_t)size))
		dg_set_gap(&kernel->image.meta, DG_ABSENT,
			   "%s: %lld bytes, blank or cut off", path, (long long)size);
	read_version(data, n, path, size, &kernel->image_version);
	read_signed(data, n, path, size, &kernel->is_signed);
}

static void read_image(const struct dg_root *root, struct dg_installed *kernel)
{
	DG_FREE char *path = dg_format("/boot/vmlinuz-%s", kernel->abi.value);
	int r = path ? read_file(root, path, &kernel->image, &kernel->image_size,
				 &kernel->image_time)
		     : -ENOMEM;

	if (r < 0)
		set_image_gap(kernel, r, path ? path : "boot");
	else
		read_head(root, path, kernel);
}

/* What a full disk or a power cut left of one is none. */
static void read_initrd(const struct dg_root *root, struct dg_installed *kernel)
{
	DG_FREE char *path = dg_format("/boot/initrd.img-%s", kernel->abi.value);

	if (path &&
	    read_file(root, path, &kernel->initrd, &kernel->initrd_size,
		      &kernel->initrd_time) == 0 &&
	    kernel->initrd_size.value < DG_INITRD_MIN)
		dg_set_gap(&kernel->initrd.meta, DG_ABSENT, "%s: only %lld bytes", path,
			   (long long)kernel->initrd_size.value);
}

/* --- its modules --- */

/* What every module directory of a kernel's package holds one of. */
static bool is_module_index(const char *name)
{
	static const char *const names[] = {"kernel", "modules.dep", "modules.dep.bin",
					    "modules.builtin", "modules.order"};

	for (size_t i = 0; i < DG_COUNT(names); i++)
		if (dg_streq(name, names[i]))
			return true;
	return false;
}

/* Removing a kernel leaves behind what dpkg does not own: modules that DKMS built, say.
 * An empty directory is none of these: dpkg removes its own. */
static void judge_modules(char **names, const char *path, struct dg_str *fact)
{
	for (char **name = names; *name; name++) {
		if (!is_module_index(*name))
			continue;
		dg_set_str(fact, path);
		return;
	}
	if (!names[0])
		dg_set_str(fact, path);
	else
		dg_set_gap(&fact->meta, DG_ABSENT, "%s: only left-overs: %s%s%s%s", path,
			   names[0], names[1] ? ", " : "", names[1] ? names[1] : "",
			   names[1] && names[2] ? ", ..." : "");
}

static void read_modules_at(const struct dg_root *root, const char *dir, const char *abi,
			    struct dg_str *fact)
{
	DG_NAMES_FREE char **names = NULL;
	DG_FREE char *path = dg_format("/%s/%s", dir, abi);
	int r = path ? dg_root_list(root, path, NAMES_CAP, &names, NULL) : -ENOMEM;

	if (r == 0)
		judge_modules(names, path, fact);
	/* The first place says more than that there is no second one. */
	else if (!dg_absent(fact) || dg_state_from_errno(r) != DG_ABSENT)
		dg_gap_from_errno(&fact->meta, r, path ? path : dir);
}

static void read_modules(const struct dg_root *root, struct dg_installed *kernel)
{
	read_modules_at(root, "lib/modules", kernel->abi.value, &kernel->modules);
	if (dg_absent(&kernel->modules))
		read_modules_at(root, "usr/lib/modules", kernel->abi.value,
				&kernel->modules);
}

static void add_kernel(const struct dg_root *root, const char *abi,
		       const struct dg_facts *loaded, struct dg_facts *facts)
{
	struct dg_installed *kernel = DG_ADD(&facts->kernels, KERNELS_MAX);

	if (!kernel) {
		dg_gap_from_errno(&facts->kernels.meta, -ENOMEM, "boot");
		return;
	}
	dg_set_str(&kernel->abi, abi);
	if (!dg_known(&kernel->abi))
		return;
	read_image(root, kernel);
	read_initrd(root, kernel);
	read_modules(root, kernel);
	dg_read_built(root, loaded, kernel);
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *loaded = dg_facts_new();
	struct abis abis = {.n = 0};

	if (!loaded) {
		dg_gap_from_errno(&facts->kernels.meta, -ENOMEM, "boot");
		return;
	}

	for (size_t i = 0; i < DG_COUNT(places); i++) {
		int r = find_abis(root, places[i].dir, places[i].prefix, &abis);

		if (r < 0) {
			dg_gap_from_errno(&facts->kernels.meta, r, places[i].dir);
			return;
		}
	}
	if (!abis.dirs) {
		dg_set_gap(&facts->kernels.meta, DG_ABSENT,
			   "neither /boot nor /lib/modules is there");
		return;
	}
	qsort(abis.abi, abis.n, sizeof(abis.abi[0]), newer_first);
	dg_set_known(&facts->kernels.meta);
	dg_read_modules(root, loaded);
	for (size_t i = 0; i < abis.n; i++)
		add_kernel(root, abis.abi[i], loaded, facts);
}

const struct dg_collector dg_collect_kernels = {
	.name = "kernels",
	.fills = (const char *const[]){"kernels", NULL},
	.run = run,
};

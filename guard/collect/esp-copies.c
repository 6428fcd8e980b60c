/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The copies of kernels on an ESP. */
#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/collect/esp.h"
#include "guard/parse/bzimage.h"
#include "policy/abi.h"
#include "policy/text.h"

#define NAMES_CAP 1024

static void set_version(const struct dg_bzimage *image, uint64_t size, const char *path,
			struct dg_str *fact)
{
	if (size < image->min_size)
		dg_set_gap(&fact->meta, DG_MALFORMED,
			   "%s: truncated at byte %llu of at least %llu", path,
			   (unsigned long long)size, (unsigned long long)image->min_size);
	else if (!image->version)
		dg_set_gap(&fact->meta, DG_ABSENT, "%s: its header holds no version",
			   path);
	else
		dg_set_str(fact, image->version);
}

/* An image of another kind (arm64, EFI zboot) has no such version; what a full disk left
 * of one is none. */
static void read_version(struct dg_volume *v, const char *path, uint64_t file_size,
			 struct dg_copy *copy)
{
	struct dg_str *fact = &copy->image_version;
	DG_CLEANUP(dg_bzimage_freep) struct dg_bzimage *image = NULL;
	DG_FREE char *data = NULL;
	DG_FREE char *why = NULL;
	size_t size;
	int r = dg_volume_read_head(v, path, DG_BZIMAGE_HEAD, &data, &size);

	if (r < 0) {
		dg_volume_gap(v, &fact->meta, r, path);
		return;
	}
	if (dg_bzimage_is_lost(data, size, file_size))
		dg_set_gap(&copy->image.meta, DG_ABSENT,
			   "%s: %llu bytes, blank or cut off", path,
			   (unsigned long long)file_size);
	r = dg_bzimage_parse(data, size, &image, &why);
	if (r == 0)
		set_version(image, file_size, path, fact);
	else
		dg_set_gap(&fact->meta,
			   r == -EMEDIUMTYPE ? DG_ABSENT : dg_state_from_errno(r),
			   "%s: %s", path, why ? why : dg_errno_words(r));
}

/* The status of a file; anything else of that name is none. */
static int stat_file(struct dg_volume *v, const char *path, struct dg_volume_stat *ret)
{
	int r = dg_volume_stat(v, path, ret);

	return r == 0 && ret->directory ? -EISDIR : r;
}

static void read_image(struct dg_volume *v, const char *path, struct dg_copy *copy)
{
	struct dg_volume_stat st;
	int r = stat_file(v, path, &st);

	if (r < 0) {
		dg_volume_gap(v, &copy->image.meta, r, path);
		dg_volume_gap(v, &copy->image_size.meta, r, path);
		dg_volume_gap(v, &copy->image_version.meta, r, path);
		return;
	}
	dg_set_str(&copy->image, path);
	dg_set_int(&copy->image_size, (int64_t)st.size);
	read_version(v, path, st.size, copy);
}

static void read_initrd(struct dg_volume *v, const char *path, struct dg_copy *copy)
{
	struct dg_volume_stat st;
	int r = stat_file(v, path, &st);

	if (r < 0) {
		dg_volume_gap(v, &copy->initrd.meta, r, path);
		dg_volume_gap(v, &copy->initrd_size.meta, r, path);
		dg_volume_gap(v, &copy->initrd_time.meta, r, path);
		return;
	}
	if (st.size < DG_INITRD_MIN)
		dg_set_gap(&copy->initrd.meta, DG_ABSENT, "%s: only %llu bytes", path,
			   (unsigned long long)st.size);
	else
		dg_set_str(&copy->initrd, path);
	dg_set_int(&copy->initrd_size, (int64_t)st.size);
	if (st.dated)
		dg_set_int(&copy->initrd_time, st.mtime);
	else
		dg_set_gap(&copy->initrd_time.meta, DG_ABSENT, "%s: bears no time", path);
}

/* The last item again: an empty folder is what a removed kernel leaves, no copy. */
static void drop_empty(struct dg_esp *esp)
{
	struct dg_copy *copy = &esp->copies.items[esp->copies.count - 1];

	/* Of files that are there and empty something else is known. */
	if (!dg_absent(&copy->image) || !dg_absent(&copy->image_version) ||
	    !dg_absent(&copy->initrd) || !dg_absent(&copy->initrd_size))
		return;
	free(copy->meta.detail);
	free(copy->abi.value);
	free(copy->abi.meta.detail);
	free(copy->image.meta.detail);
	free(copy->image_size.meta.detail);
	free(copy->image_version.meta.detail);
	free(copy->initrd.meta.detail);
	free(copy->initrd_size.meta.detail);
	free(copy->initrd_time.meta.detail);
	esp->copies.count--;
}

/* False: there is no room for more, and the list says so. */
static bool add_copy(struct dg_volume *v, const char *dir, const char *abi,
		     struct dg_esp *esp)
{
	DG_FREE char *below = dir ? dg_format("%s/%s/", dir, abi) : strdup("");
	DG_FREE char *image = below ? dg_format("%svmlinuz-%s", below, abi) : NULL;
	DG_FREE char *initrd = below ? dg_format("%sinitrd.img-%s", below, abi) : NULL;
	struct dg_copy *copy =
		image && initrd ? DG_ADD(&esp->copies, DG_ESP_KERNELS_MAX) : NULL;

	if (!copy) {
		dg_set_gap(&esp->copies.meta, DG_UNREADABLE,
			   "more than %d kernels, or no memory for them",
			   DG_ESP_KERNELS_MAX);
		return false;
	}
	dg_set_str(&copy->abi, abi);
	read_image(v, image, copy);
	read_initrd(v, initrd, copy);
	drop_empty(esp);
	return true;
}

static int compare_names(const void *key, const void *name)
{
	return strcmp(key, *(char *const *)name);
}

/* An initrd may be all that is left of a kernel: then it stands for the copy. */
static const char *find_lone_initrd(const char *name, char *const *names, size_t n)
{
	const char *abi = dg_after(name, "initrd.img-");
	DG_FREE char *image = abi ? dg_format("vmlinuz-%s", abi) : NULL;

	if (!image || bsearch(image, names, n, sizeof(*names), compare_names))
		return NULL;
	return abi;
}

/* The kernel that the i-th name is of; NULL: of none. */
static const char *find_abi(const char *dir, char *const *names, size_t n, size_t i)
{
	const char *abi = dir ? names[i] : dg_abi_from_image(names[i]);

	if (!abi)
		abi = find_lone_initrd(names[i], names, n);
	return abi && dg_abi_valid(abi) ? abi : NULL;
}

void dg_esp_read_copies(struct dg_volume *v, const char *dir, struct dg_esp *esp)
{
	DG_NAMES_FREE char **names = NULL;
	size_t n = 0;
	int r = dg_volume_list(v, dir ? dir : "", NAMES_CAP, &names);

	if (r < 0 && dg_state_from_errno(r) != DG_ABSENT) {
		dg_volume_gap(v, &esp->copies.meta, r, dir ? dir : "");
		return;
	}
	dg_set_known(&esp->copies.meta);
	while (r == 0 && names[n])
		n++;
	for (size_t i = 0; i < n; i++) {
		const char *abi = find_abi(dir, names, n, i);

		if (abi && !add_copy(v, dir, abi, esp))
			return;
	}
}

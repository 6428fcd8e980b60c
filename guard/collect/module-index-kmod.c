/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking modules up in depmod's binary indexes, by libkmod. */
#include <errno.h>
#include <libkmod.h>

#include "guard/base/cleanup.h"
#include "guard/collect/modules.h"
#include "guard/parse/span.h"
#include "policy/text.h"

/* A binary index (kmod, libkmod/libkmod-index.c): magic, version, and the offset of its
 * root, whose upper bits say what the node holds, in this order. depmod writes the root
 * last, so that a truncated index has not all of it. */
#define INDEX_MAGIC 0xb007f457u
#define INDEX_MAJOR 2
#define INDEX_HEAD  12
#define NODE_PREFIX 0x80000000u /* a string */
#define NODE_VALUES 0x40000000u /* a count; of each a priority and a string */
#define NODE_CHILDS 0x20000000u /* the first and last character, and their offsets */
#define NODE_OFFSET 0x0fffffffu
#define ROOT_MAX    ((size_t)8192)

static void drop_kmod(struct kmod_ctx **ctx)
{
	if (*ctx)
		kmod_unref(*ctx);
}

static void drop_module(struct kmod_module **module)
{
	if (*module)
		kmod_module_unref(*module);
}

__attribute__((format(printf, 6, 0))) static void keep_quiet(void *data, int priority,
							     const char *file, int line,
							     const char *fn,
							     const char *format,
							     va_list args)
{
	(void)data, (void)priority, (void)file, (void)line, (void)fn;
	(void)format, (void)args;
}

/* --- which of them it may be given --- */

static uint32_t get_be32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

/* Step over parts of a node; false: it ends before. */
static bool skip_bytes(struct dg_span *rest, size_t n)
{
	if (rest->n < n)
		return false;
	*rest = dg_span_skip(*rest, n);
	return true;
}

static bool skip_string(struct dg_span *rest)
{
	return skip_bytes(rest, dg_span_find(*rest, '\0') + 1);
}

static bool skip_children(struct dg_span *rest)
{
	unsigned char first, last;

	if (rest->n < 2)
		return false;
	first = (unsigned char)rest->p[0];
	last = (unsigned char)rest->p[1];
	return first <= last && last < 128 &&
	       skip_bytes(rest, 2 + sizeof(uint32_t) * (size_t)(last - first + 1));
}

static bool skip_values(struct dg_span *rest)
{
	uint32_t count;

	if (rest->n < sizeof(count))
		return false;
	count = get_be32(rest->p);
	*rest = dg_span_skip(*rest, sizeof(count));
	for (; count; count--)
		if (!skip_bytes(rest, sizeof(uint32_t)) || !skip_string(rest))
			return false;
	return true;
}

/* Whether the root, which is `rest`, is all there and nothing is behind it. */
static bool is_whole_root(struct dg_span rest, uint32_t flags)
{
	return (!(flags & NODE_PREFIX) || skip_string(&rest)) &&
	       (!(flags & NODE_CHILDS) || skip_children(&rest)) &&
	       (!(flags & NODE_VALUES) || skip_values(&rest)) && rest.n == 0;
}

static bool is_whole(const struct dg_root *root, const char *path, off_t size)
{
	DG_FREE char *head = NULL;
	DG_FREE char *node = NULL;
	uint32_t offset;
	size_t n;

	if (dg_root_read_head(root, path, DG_ROOT_FILE, 0, INDEX_HEAD, &head, &n) < 0 ||
	    n != INDEX_HEAD || get_be32(head) != INDEX_MAGIC ||
	    get_be32(head + 4) >> 16 != INDEX_MAJOR)
		return false;
	offset = get_be32(head + 8);
	if ((offset & NODE_OFFSET) < INDEX_HEAD || (off_t)(offset & NODE_OFFSET) > size)
		return false;
	return dg_root_read_head(root, path, DG_ROOT_FILE, offset & NODE_OFFSET, ROOT_MAX,
				 &node, &n) == 0 &&
	       is_whole_root(dg_span_of(node, n), offset);
}

/* libkmod maps its indexes, follows links out of the tree and believes every offset. So a
 * link, a pipe or a truncated index is kept from it. */
static bool is_sound(const struct dg_root *root, const char *path, bool searched)
{
	struct stat st;

	return dg_root_stat(root, path, false, &st) == 0 && S_ISREG(st.st_mode) &&
	       (!searched || is_whole(root, path, st.st_size));
}

/* Not there, or left empty by depmod, which has nothing to say: libkmod does without. */
static bool is_left_out(const struct dg_root *root, const char *path)
{
	struct stat st;
	int r = dg_root_stat(root, path, false, &st);

	return r == -ENOENT || (r == 0 && S_ISREG(st.st_mode) && st.st_size == 0);
}

/* All that libkmod opens; it searches three of them. */
static bool has_indexes(const struct dg_root *root, const char *dir)
{
	static const struct {
		const char *name;
		bool searched, optional;
	} indexes[] = {
		{.name = "modules.dep.bin", .searched = true},
		{.name = "modules.builtin.bin", .searched = true},
		{.name = "modules.builtin.alias.bin", .searched = true, .optional = true},
		{.name = "modules.alias.bin"},
		{.name = "modules.symbols.bin"},
	};

	for (size_t i = 0; i < DG_COUNT(indexes); i++) {
		DG_FREE char *path = dg_format("%s/%s", dir, indexes[i].name);

		if (!path)
			return false;
		if (!(indexes[i].optional && is_left_out(root, path)) &&
		    !is_sound(root, path, indexes[i].searched))
			return false;
	}
	return true;
}

/* --- looking up --- */

/* libkmod takes the directory by its path: this one stays at what was opened. It reads no
 * configuration; aliases of modprobe.d are not looked at. */
static int open_kmod(int fd, struct kmod_ctx **ret, char **ret_path)
{
	static const char *const no_config[] = {NULL};
	DG_CLEANUP(drop_kmod) struct kmod_ctx *ctx = NULL;
	DG_FREE char *path = dg_format("/proc/self/fd/%d", fd);

	ctx = path ? kmod_new(path, no_config) : NULL;
	if (!ctx)
		return -ENOMEM;
	kmod_set_log_fn(ctx, keep_quiet, NULL);
	if (kmod_load_resources(ctx) < 0)
		return -ENODATA;
	*ret = DG_STEAL(ctx);
	*ret_path = DG_STEAL(path);
	return 0;
}

static int look_up(struct kmod_ctx *ctx, const char *dir, struct dg_wanted_module *wanted)
{
	DG_CLEANUP(drop_module) struct kmod_module *module = NULL;
	const char *path, *rest;
	int r = kmod_module_new_from_name_lookup(ctx, wanted->file, &module);

	if (r < 0)
		return r == -ENOMEM ? r : -ENODATA;
	if (!module)
		return 0;
	path = kmod_module_get_path(module);
	if (!path) {
		wanted->builtin = true;
		return 0;
	}
	rest = dg_after(path, dir);
	wanted->path = strdup(rest ? rest + strspn(rest, "/") : path);
	return wanted->path ? 0 : -ENOMEM;
}

int dg_module_index_kmod(const struct dg_root *root, const char *dir,
			 struct dg_wanted_module *wanted, size_t count)
{
	DG_CLEANUP(drop_kmod) struct kmod_ctx *ctx = NULL;
	DG_FREE char *path = NULL;
	DG_CLOSE int fd = -1;
	int r;

	if (!has_indexes(root, dir))
		return -ENODATA;
	r = dg_root_open(root, dir, DG_ROOT_DIR, &fd);
	if (r == 0)
		r = open_kmod(fd, &ctx, &path);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = look_up(ctx, path, &wanted[i]);
	return r;
}

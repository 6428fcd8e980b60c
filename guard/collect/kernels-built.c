/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which of the modules in use each kernel has. */
#include <errno.h>

#include "guard/base/cleanup.h"
#include "guard/base/elf-file.h"
#include "guard/collect/modules.h"
#include "guard/parse/grow.h"
#include "policy/modules.h"
#include "policy/text.h"

#define BUILT_MAX 4096

/* What the kernel's build appends to a signed module (Linux, include/linux/
 * module_signature.h, MODULE_SIG_STRING). */
static const char signature_mark[] = "~Module signature appended~\n";
#define MARK_SIZE (sizeof(signature_mark) - 1)

struct search {
	struct dg_wanted_module *wanted;
	size_t count;
};

static void search_drop(struct search *search)
{
	for (size_t i = 0; i < search->count; i++)
		free(search->wanted[i].path);
	free(search->wanted);
}

/* What the kernel's own tools take for a module's name; a tree may hold anything. */
static bool is_name(const char *name)
{
	return name[0] && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
					     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")];
}

static int want(struct search *search, const char *name)
{
	struct dg_wanted_module next = {.module = name};

	if (!is_name(name))
		return 0;
	for (size_t i = 0; dg_module_file(name, i, next.file, sizeof(next.file)); i++) {
		struct dg_wanted_module *slot = DG_GROW(search->wanted, search->count);

		if (!slot)
			return -ENOMEM;
		*slot = next;
		search->count++;
	}
	return 0;
}

/* Those from outside of the kernel's tree; how many there are. */
static int want_all(const struct dg_facts *loaded, struct search *search,
		    size_t *ret_foreign)
{
	size_t foreign = 0;
	int r = 0;

	dg_list_foreach (module, loaded->modules) {
		if (!dg_known(&module->name) || !dg_module_is_foreign(module))
			continue;
		foreign++;
		r = want(search, module->name.value);
		if (r < 0)
			return r;
	}
	*ret_foreign = foreign;
	return 0;
}

/* --- what was found --- */

/* A signature is appended to the file; of a compressed one it is inside. */
static void read_signature(const struct dg_root *root, const char *path, off_t size,
			   struct dg_bool *fact)
{
	DG_FREE char *tail = NULL;
	size_t n;
	int r;

	if (!dg_ends_with(path, ".ko")) {
		dg_set_gap(&fact->meta, DG_ABSENT, "%s is compressed: not looked at",
			   path);
		return;
	}
	if (size < (off_t)MARK_SIZE) {
		dg_set_bool(fact, false);
		return;
	}
	r = dg_root_read_head(root, path, DG_ROOT_FILE, (uint64_t)size - MARK_SIZE,
			      MARK_SIZE, &tail, &n);
	if (r < 0)
		dg_gap_from_errno(&fact->meta, r, path);
	else
		dg_set_bool(fact, n == MARK_SIZE &&
					  memcmp(tail, signature_mark, MARK_SIZE) == 0);
}

/* The kernel that a module was built for: a kernel refuses one of another. What lies in
 * the kernel's own tree came with it. */
static void read_vermagic(const struct dg_root *root, const char *path,
			  struct dg_str *fact)
{
	DG_FREE char *value = NULL, *why = NULL;
	DG_CLOSE int fd = -1;
	int r;

	if (!dg_ends_with(path, ".ko")) {
		dg_set_gap(&fact->meta, DG_ABSENT, "%s is compressed: not looked at",
			   path);
		return;
	}
	r = dg_root_open(root, path, DG_ROOT_FILE, &fd);
	if (r == 0)
		r = dg_elf_read_modinfo(fd, "vermagic", &value, &why);
	if (r == 0)
		dg_set_str(fact, value);
	else if (r == -ENODATA)
		dg_set_gap(&fact->meta, DG_ABSENT, "%s: states no vermagic", path);
	else if (why)
		dg_set_gap(&fact->meta, DG_MALFORMED, "%s: %s", path, why);
	else
		dg_gap_from_errno(&fact->meta, r, path);
}

static struct dg_built *add_built(struct dg_installed *kernel, const char *name)
{
	struct dg_built *built = DG_ADD(&kernel->built, BUILT_MAX);

	if (!built) {
		dg_gap_from_errno(&kernel->built.meta, -ENOMEM, kernel->modules.value);
		return NULL;
	}
	dg_set_str(&built->name, name);
	built->vermagic.meta.state = DG_ABSENT; /* not looked at */
	return built;
}

static void add_builtin(struct dg_installed *kernel, const char *name)
{
	struct dg_built *built = add_built(kernel, name);

	if (!built)
		return;
	dg_set_gap(&built->path.meta, DG_ABSENT, "built into the image");
	dg_set_gap(&built->is_signed.meta, DG_ABSENT, "built into the image");
	dg_set_bool(&built->in_tree, true);
}

/* An index outlives the file: what is not there cannot be loaded. */
static void add_file(const struct dg_root *root, struct dg_installed *kernel,
		     const char *name, const char *path)
{
	DG_FREE char *full = path[0] == '/'
				     ? strdup(path)
				     : dg_format("%s/%s", kernel->modules.value, path);
	struct dg_built *built;
	struct stat st;
	int r = full ? dg_root_stat(root, full, true, &st) : -ENOMEM;

	if (r < 0 && dg_state_from_errno(r) == DG_ABSENT)
		return;
	built = add_built(kernel, name);
	if (!built)
		return;
	dg_set_str(&built->path, path);
	dg_set_bool(&built->in_tree, dg_after(path, "kernel/"));
	if (r < 0) {
		dg_gap_from_errno(&built->meta, r, full ? full : path);
		return;
	}
	read_signature(root, full, st.st_size, &built->is_signed);
	if (!built->in_tree.value)
		read_vermagic(root, full, &built->vermagic);
}

static void take_found(const struct dg_root *root, const struct search *search,
		       struct dg_installed *kernel)
{
	dg_set_known(&kernel->built.meta);
	for (size_t i = 0; i < search->count; i++) {
		const struct dg_wanted_module *wanted = &search->wanted[i];

		if (wanted->path)
			add_file(root, kernel, wanted->module, wanted->path);
		else if (wanted->builtin)
			add_builtin(kernel, wanted->module);
	}
}

/* --- one kernel --- */

static void forget_found(struct search *search)
{
	for (size_t i = 0; i < search->count; i++) {
		free(search->wanted[i].path);
		search->wanted[i].path = NULL;
		search->wanted[i].builtin = false;
	}
}

static void search_kernel(const struct dg_root *root, struct search *search,
			  struct dg_installed *kernel)
{
	const char *dir = kernel->modules.value;
	DG_FREE char *why = NULL;
	int r = dg_root_is_live(root)
			? dg_module_index_kmod(root, dir, search->wanted, search->count)
			: -ENODATA;

	if (r < 0) {
		forget_found(search);
		r = dg_module_index_text(root, dir, search->wanted, search->count, &why);
	}
	if (r == 0)
		take_found(root, search, kernel);
	else if (r == -ENODATA)
		dg_set_gap(&kernel->built.meta, DG_UNREADABLE,
			   "%s: no module index (run depmod %s)", dir, kernel->abi.value);
	else if (why)
		dg_set_gap(&kernel->built.meta, dg_state_from_errno(r),
			   "%s/modules.dep: %s", dir, why);
	else
		dg_gap_from_errno(&kernel->built.meta, r, dir);
}

void dg_read_built(const struct dg_root *root, const struct dg_facts *loaded,
		   struct dg_installed *kernel)
{
	DG_CLEANUP(search_drop) struct search search = {.count = 0};
	const struct dg_meta *modules = &loaded->modules.meta;
	size_t foreign = 0;
	int r = want_all(loaded, &search, &foreign);

	if (r < 0)
		dg_gap_from_errno(&kernel->built.meta, r, "sys/module");
	else if (modules->state != DG_KNOWN && modules->state != DG_ABSENT)
		dg_set_gap(&kernel->built.meta, DG_UNREADABLE,
			   "which modules are in "
			   "use: %s",
			   modules->detail ? modules->detail : "not read");
	else if (!foreign)
		dg_set_gap(&kernel->built.meta, DG_ABSENT,
			   "no module from outside the kernel's tree is in use");
	else if (dg_known(&kernel->modules))
		search_kernel(root, &search, kernel);
	else if (dg_absent(&kernel->modules))
		dg_set_known(&kernel->built.meta); /* nothing is there */
	else
		dg_set_gap(&kernel->built.meta, kernel->modules.meta.state, "%s",
			   kernel->modules.meta.detail);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looking modules up in depmod's text: where no binary index is, or none can be trusted.
 */
#include <errno.h>

#include "guard/collect/modules.h"
#include "guard/parse/modules-dep.h"
#include "policy/text.h"

#define TEXT_MAX ((size_t)16 * 1024 * 1024)

struct search {
	struct dg_wanted_module *wanted;
	size_t count;
	bool builtin;
	bool begins[256]; /* with this character one of the names does */
};

static bool is_named(struct dg_span name, const char *file)
{
	for (size_t i = 0; i < name.n; i++) {
		char a = name.p[i] == '-' ? '_' : name.p[i];

		if (!file[i] || a != (file[i] == '-' ? '_' : file[i]))
			return false;
	}
	return !file[name.n];
}

static int take(void *ctx, struct dg_span path, struct dg_span name)
{
	const struct search *search = ctx;

	if (!search->begins[(unsigned char)name.p[0]])
		return 0;
	for (size_t i = 0; i < search->count; i++) {
		struct dg_wanted_module *wanted = &search->wanted[i];

		if (wanted->path || !is_named(name, wanted->file))
			continue;
		if (search->builtin) {
			wanted->builtin = true;
			continue;
		}
		wanted->path = dg_span_dup(path);
		if (!wanted->path)
			return -ENOMEM;
	}
	return 0;
}

int dg_module_index_text(const struct dg_root *root, const char *dir,
			 struct dg_wanted_module *wanted, size_t count, char **ret_why)
{
	struct search search = {.wanted = wanted, .count = count};
	DG_FREE char *dep = dg_format("%s/modules.dep", dir);
	DG_FREE char *builtin = dg_format("%s/modules.builtin", dir);
	DG_FREE char *data = NULL;
	DG_FREE char *more = NULL;
	size_t size;
	int r;

	for (size_t i = 0; i < count; i++)
		search.begins[(unsigned char)wanted[i].file[0]] = true;
	r = dep && builtin ? dg_root_read(root, dep, TEXT_MAX, &data, &size) : -ENOMEM;

	if (r == 0)
		r = dg_modules_dep_parse(data, size, take, &search, ret_why);
	if (r < 0)
		return r == -ENOENT ? -ENODATA : r;
	search.builtin = true;
	r = dg_root_read(root, builtin, TEXT_MAX, &more, &size);
	if (r == 0)
		r = dg_modules_builtin_parse(more, size, take, &search, ret_why);
	return r == -ENOENT ? 0 : r;
}

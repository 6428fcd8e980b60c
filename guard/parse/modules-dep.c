/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/modules-dep.h"

#include "guard/parse/grow.h"

bool dg_module_path_name(struct dg_span path, struct dg_span *ret_name)
{
	static const char *const suffixes[] = {".ko", ".ko.gz", ".ko.xz", ".ko.zst"};
	const char *slash = path.n ? memrchr(path.p, '/', path.n) : NULL;
	struct dg_span name =
		slash ? dg_span_skip(path, (size_t)(slash - path.p) + 1) : path;

	for (size_t i = 0; i < DG_COUNT(suffixes); i++) {
		size_t n = strlen(suffixes[i]);

		if (name.n <= n || !dg_span_ends(name, suffixes[i]))
			continue;
		*ret_name = dg_span_head(name, name.n - n);
		return true;
	}
	return false;
}

/* One line's module. Paths hold no blank and no NUL: depmod's own reader knows none. */
static int take_path(struct dg_span path, dg_modules_dep_fn fn, void *ctx)
{
	struct dg_span name;

	if (memchr(path.p, '\0', path.n) || memchr(path.p, ' ', path.n) ||
	    !dg_module_path_name(path, &name))
		return -EBADMSG;
	return fn(ctx, path, name);
}

static int parse(const char *buf, size_t len, bool has_deps, dg_modules_dep_fn fn,
		 void *ctx, char **ret_why)
{
	struct dg_span rest = dg_span_of(buf, len), line;
	size_t number = 0;
	int r = 0;

	while (r == 0 && dg_span_line(&rest, &line)) {
		size_t n = has_deps ? dg_span_find(line, ':') : line.n;

		number++;
		if (rest.n == 0 && buf[len - 1] != '\n')
			return dg_bad_line(ret_why, number, "cut short");
		if (n == 0 || (has_deps && n == line.n))
			return dg_bad_line(ret_why, number, "no module");
		r = take_path(dg_span_head(line, n), fn, ctx);
		if (r == -EBADMSG)
			return dg_bad_line(ret_why, number, "no module");
	}
	return r;
}

int dg_modules_dep_parse(const char *buf, size_t len, dg_modules_dep_fn fn, void *ctx,
			 char **ret_why)
{
	return parse(buf, len, true, fn, ctx, ret_why);
}

int dg_modules_builtin_parse(const char *buf, size_t len, dg_modules_dep_fn fn, void *ctx,
			     char **ret_why)
{
	return parse(buf, len, false, fn, ctx, ret_why);
}

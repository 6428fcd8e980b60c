/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/grow.h"
#include "guard/parse/modules-list.h"
#include "guard/parse/span.h"

static const struct {
	const char *word;
	enum dg_module_state state;
} states[] = {
	{.word = "Live", .state = DG_MODULE_LIVE},
	{.word = "Loading", .state = DG_MODULE_LOADING},
	{.word = "Unloading", .state = DG_MODULE_UNLOADING},
};

static int read_state(struct dg_span s, enum dg_module_state *ret)
{
	size_t i;

	for (i = 0; i < DG_COUNT(states); i++) {
		if (!dg_span_eq(s, states[i].word))
			continue;
		*ret = states[i].state;
		return 0;
	}
	return -EBADMSG;
}

/* "(POE)", also with '-' and '+' for a module that goes or comes. */
static int read_taint(struct dg_span s, char **ret)
{
	if (s.n > 0 && (!dg_span_starts(s, "(") || !dg_span_ends(s, ")") || s.n < 3))
		return -EBADMSG;
	*ret = s.n ? dg_span_dup(dg_span_of(s.p + 1, s.n - 2)) : strdup("");
	if (!*ret)
		return -ENOMEM;
	(*ret)[strcspn(*ret, "-+")] = '\0';
	return 0;
}

static int line_parse(struct dg_span rest, struct dg_loaded_module *m)
{
	struct dg_span name, size, count, users, state, address, taint = {0};
	uint64_t v;

	if (!dg_span_word(&rest, &name) || !dg_span_word(&rest, &size) ||
	    !dg_span_word(&rest, &count) || !dg_span_word(&rest, &users) ||
	    !dg_span_word(&rest, &state) || !dg_span_word(&rest, &address))
		return -EBADMSG;
	dg_span_word(&rest, &taint);
	if (dg_parse_u64(size, &m->size) < 0 || read_state(state, &m->state) < 0 ||
	    dg_span_trim(rest).n > 0)
		return -EBADMSG;
	m->refcount = -1;
	if (!dg_span_eq(count, "-")) {
		if (dg_parse_u64(count, &v) < 0 || v > INT64_MAX)
			return -EBADMSG;
		m->refcount = (int64_t)v;
	}
	m->name = dg_span_dup(name);
	return m->name ? read_taint(taint, &m->taint) : -ENOMEM;
}

int dg_modules_list_parse(const char *buf, size_t len, struct dg_modules_list *ret,
			  char **ret_why)
{
	DG_CLEANUP(dg_modules_list_clear) struct dg_modules_list list = {0};
	struct dg_span rest = dg_span_of(buf, len), line;

	while (dg_span_line(&rest, &line)) {
		struct dg_loaded_module *slot;
		int r;

		if (list.n_modules == DG_MODULES_MAX)
			return dg_bad_line(ret_why, list.n_modules + 1,
					   "too many modules");
		slot = DG_GROW(list.modules, list.n_modules);
		if (!slot)
			return -ENOMEM;
		list.n_modules++;
		r = line_parse(line, slot);
		if (r == -EBADMSG)
			return dg_bad_line(ret_why, list.n_modules, "no module");
		if (r < 0)
			return r;
	}
	*ret = list;
	list = (struct dg_modules_list){0};
	return 0;
}

void dg_modules_list_clear(struct dg_modules_list *list)
{
	size_t i;

	if (!list)
		return;
	for (i = 0; i < list->n_modules; i++) {
		free(list->modules[i].name);
		free(list->modules[i].taint);
	}
	free(list->modules);
	*list = (struct dg_modules_list){0};
}

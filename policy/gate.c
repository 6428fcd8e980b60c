/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What gates are made of: answers, and the lists of the policy. */
#include <json-c/json.h>

#include "policy/gate.h"
#include "policy/policy-keys.h"
#include "policy/text.h"

/* --- answers; memory that is short shows as a gate without a detail --- */

#define ANSWER(gate, answer, fmt)                          \
	do {                                               \
		va_list args_;                             \
		va_start(args_, fmt);                      \
		(gate)->open = (answer);                   \
		(gate)->detail = dg_vformat((fmt), args_); \
		va_end(args_);                             \
	} while (0)

void dg_gate_open(struct dg_gate *gate, const char *fmt, ...)
{
	ANSWER(gate, DG_YES, fmt);
}

void dg_gate_shut(struct dg_gate *gate, const char *fmt, ...)
{
	ANSWER(gate, DG_NO, fmt);
}

void dg_gate_untold(struct dg_gate *gate, const char *fmt, ...)
{
	ANSWER(gate, DG_CANNOT_TELL, fmt);
}

bool dg_gate_gap(const struct dg_gate_work *w, struct dg_gate *gate,
		 const char *const *paths)
{
	for (; *paths; paths++) {
		DG_FREE char *gap = dg_facts_gap(w->view->facts, *paths);

		if (!gap)
			continue;
		dg_gate_untold(gate, "%s", gap);
		return true;
	}
	return false;
}

/* --- lists of the policy --- */

bool dg_policy_lists(const struct dg_policy *policy, const char *path, const char *word)
{
	struct json_object *list = dg_policy_value(policy->tree, path);
	size_t count = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++)
		if (dg_streq(json_object_get_string(json_object_array_get_idx(list, i)),
			     word))
			return true;
	return false;
}

char *dg_policy_list_join(const struct dg_policy *policy, const char *path)
{
	struct json_object *list = dg_policy_value(policy->tree, path);
	size_t count = list ? json_object_array_length(list) : 0;
	char *all = strdup("");

	for (size_t i = 0; all && i < count; i++) {
		char *longer = dg_format(
			"%s%s%s", all, *all ? ", " : "",
			json_object_get_string(json_object_array_get_idx(list, i)));

		free(all);
		all = longer;
	}
	return all;
}

const char *dg_gate_kernel(const struct dg_gate_work *w)
{
	const struct dg_boot *boot = &w->view->facts->boot;
	const char *next = dg_get(&boot->next_pin);

	if (w->plan && w->plan->target)
		return w->plan->target;
	return next ? next : dg_get(&boot->pin);
}

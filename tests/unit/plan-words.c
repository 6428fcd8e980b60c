/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "tests/unit/plan-words.h"

#define TEXT_MAX 1024

static void append(char *text, const char *between, const char *more)
{
	size_t n = strlen(text);

	snprintf(text + n, TEXT_MAX - n, "%s%s", n ? between : "", more);
}

static void append_words(char *text, const struct dg_argv *argv)
{
	for (size_t i = 0; argv->words[i]; i++)
		append(text, i ? " " : "", argv->words[i]);
}

static void say_commands(const struct dg_plan *plan, char *text)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct dg_step *step = &plan->steps[i];
		char undo[TEXT_MAX] = "";

		append(text, "; ", "");
		append_words(text, &step->argv);
		for (size_t j = 0; j < step->undo_count; j++) {
			append(undo, "; ", "");
			append_words(undo, &step->undo[j]);
		}
		if (*undo) {
			append(text, " [", undo);
			append(text, "", "]");
		}
		assert_non_null(step->why);
	}
}

static void say_failed(const struct dg_plan *plan, bool advisory, char *text)
{
	for (size_t i = 0; i < plan->preflight_count; i++) {
		const struct dg_preflight *p = &plan->preflights[i];

		assert_non_null(p->detail);
		if (strstr(p->detail, "(null)"))
			fail_msg("%s: %s", p->id, p->detail);
		if (p->ok != DG_YES && p->advisory == advisory)
			append(text, ", ", p->id);
	}
}

static size_t expect_text(const char *name, const char *what, const char *is,
			  const char *wanted)
{
	is = is ? is : "";
	wanted = wanted ? wanted : "";
	if (dg_streq(is, wanted))
		return 0;
	print_error("%s: %s is \"%s\", not \"%s\"\n", name, what, is, wanted);
	return 1;
}

size_t plan_expect(const struct plan_words *w, const struct dg_plan *plan)
{
	char commands[TEXT_MAX] = "", failed[TEXT_MAX] = "", advice[TEXT_MAX] = "";
	size_t wrong = 0;

	if (!plan)
		return expect_text(w->name, "strategy", NULL, w->strategy);
	say_commands(plan, commands);
	say_failed(plan, false, failed);
	say_failed(plan, true, advice);
	wrong += expect_text(w->name, "strategy", plan->strategy, w->strategy);
	wrong += expect_text(w->name, "target", plan->target, w->target);
	wrong += expect_text(w->name, "commands", commands, w->commands);
	wrong += expect_text(w->name, "then", plan->then, w->then);
	wrong += expect_text(w->name, "failed preflights", failed, w->fails);
	wrong += expect_text(w->name, "advice", advice, w->advice);
	if (w->why)
		wrong += expect_text(w->name, "why", plan->why, w->why);
	if (plan->ready == !!*failed) {
		print_error("%s: ready is wrong\n", w->name);
		wrong++;
	}
	return wrong;
}

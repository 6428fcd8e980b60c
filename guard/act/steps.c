/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running the commands, and looking after each at what it was to do. */
#include <errno.h>

#include "guard/act/act.h"
#include "guard/base/process.h"
#include "guard/collect/collect.h"
#include "guard/collect/run.h"
#include "policy/text.h"

#define LIMIT_S	    300
#define GRACE_MS    5000
#define DEADLINE_MS 10000

static int limit_of(const struct dg_act *act)
{
	return act->request->step_limit_s > 0 ? act->request->step_limit_s : LIMIT_S;
}

/* "proxmox-boot-tool kernel pin 7.0.6-2-pve" */
static char *say_command(const struct dg_argv *argv)
{
	char *text = dg_format("%s", argv->words[0]);

	for (size_t i = 1; text && i < DG_ARGV_MAX && argv->words[i]; i++) {
		char *longer = dg_format("%s %s", text, argv->words[i]);

		free(text);
		text = longer;
	}
	return text;
}

static const char *last_line(const struct dg_action_step *step)
{
	const struct dg_word *last = NULL;

	dg_list_foreach (line, step->output)
		if (dg_get(&line->name) && *line->name.value)
			last = line;
	return last ? last->name.value : NULL;
}

static int note_end(struct dg_action_step *step, const struct dg_process_end *end)
{
	dg_set_str(&step->state, "ended");
	dg_set_bool(&step->timed_out, end->timed_out);
	if (end->status >= 0)
		dg_set_int(&step->status, end->status);
	if (end->signal)
		dg_set_int(&step->signal, end->signal);
	return dg_action_set_output(step, end->output ? end->output : "", end->size);
}

/* Whether it succeeded by its own account, or why not. */
static int judge_end(const struct dg_act *act, const struct dg_argv *argv,
		     const struct dg_action_step *step, const struct dg_process_end *end,
		     char **ret_why)
{
	DG_FREE char *command = say_command(argv);
	const char *words = last_line(step);

	if (!end->timed_out && end->status == 0)
		return 0;
	if (!command)
		return -ENOMEM;
	if (end->timed_out)
		*ret_why = dg_format(
			"%s did not end within %d s%s", command, limit_of(act),
			end->left ? ", and cannot be killed" : ", and was killed");
	else if (end->signal)
		*ret_why = dg_format("%s was ended by signal %d", command, end->signal);
	else
		*ret_why = dg_format("%s failed with status %d%s%s", command, end->status,
				     words ? ": " : "", words ? words : "");
	return end->timed_out ? -ETIMEDOUT : -EIO;
}

int dg_act_command(struct dg_act *act, struct dg_action_step *step, char **ret_why)
{
	DG_CLEANUP(dg_process_end_clear) struct dg_process_end end = {0};
	struct dg_argv argv;
	struct dg_process process = {
		.program = act->request->tool,
		.argv = (const char *const *)argv.words,
		.in = -1,
		.keep = {act->lock, act->dpkg},
		.limit_ms = limit_of(act) * 1000,
		.grace_ms = GRACE_MS,
	};
	const char *refused;
	int r = dg_action_argv_get(&step->argv, &argv);

	/* A record may have been written by somebody else. */
	refused = r == 0 ? dg_command_refuse(&argv) : "is no list of words";
	if (refused) {
		*ret_why = dg_format("a command %s", refused);
		return -EINVAL;
	}
	r = dg_process_run(&process, &end);
	if (r < 0) {
		dg_set_str(&step->state, "ended");
		*ret_why = dg_format("cannot start %s: %s", act->request->tool,
				     dg_errno_words(r));
		return r;
	}
	act->left |= end.left;
	r = note_end(step, &end);
	return r < 0 ? r : judge_end(act, &argv, step, &end, ret_why);
}

/* --- what a step was to do --- */

/* Only what is quick to read: the boot loaders are looked at after the last step. */
static int verify_pins(const struct dg_act *act, const struct dg_goal *goal,
		       char **ret_why)
{
	static const struct dg_collector *const table[] = {&dg_collect_boot};
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = NULL;
	int r = dg_collect_with(act->request->root, table, DG_COUNT(table),
				act->request->now, DEADLINE_MS, &facts);
	DG_FREE char *why = NULL;

	if (r < 0)
		return r;
	if (dg_goal_reached(facts, act->request->policy, goal, &why) == DG_YES)
		return 0;
	*ret_why = dg_format("proxmox-boot-tool says that it did what it was told, but "
			     "%s",
			     why ? why : "that cannot be told");
	return -EIO;
}

static int run_step(struct dg_act *act, struct dg_action_step *step, struct dg_goal *goal,
		    char **ret_why)
{
	DG_FREE char *unwritten = NULL;
	struct dg_argv argv;
	int r;

	dg_action_not_run(step, "begun");
	r = dg_act_write(act, ret_why);
	if (r < 0) {
		dg_set_str(&step->state, "planned");
		return r;
	}
	r = dg_act_command(act, step, ret_why);
	if (r == 0)
		r = dg_action_argv_get(&step->argv, &argv);
	if (r == 0) {
		dg_goal_step(&argv, goal);
		r = verify_pins(act, goal, ret_why);
	}
	/* That it has ended is known without the record, too: it stands as begun. */
	dg_act_write(act, &unwritten);
	return r;
}

int dg_act_steps(struct dg_act *act, char **ret_why)
{
	struct dg_goal goal = {.pin = dg_get(&act->action->before.pin),
			       .next_pin = dg_get(&act->action->before.next_pin)};
	int r = 0;

	dg_list_foreach (step, act->action->steps) {
		struct dg_argv argv;

		if (!dg_action_step_is_done(step))
			r = run_step(act, step, &goal, ret_why);
		else if (dg_action_argv_get(&step->argv, &argv) == 0)
			dg_goal_step(&argv, &goal);
		if (r < 0)
			break;
	}
	return r;
}

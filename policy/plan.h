/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From facts and policy to a target kernel, the preflights it must pass, and the commands
 * that lead there, each with its undo. Data only; guard/act runs it. */
#pragma once

#include "policy/view.h"

#define DG_ARGV_MAX	  6
#define DG_STEPS_MAX	  4
#define DG_UNDO_MAX	  2
#define DG_PREFLIGHTS_MAX 18

/* NULL-terminated; the words are owned by the plan. */
struct dg_argv {
	char *words[DG_ARGV_MAX];
};

struct dg_step {
	struct dg_argv argv;
	const char *why;
	struct dg_argv undo[DG_UNDO_MAX];
	size_t undo_count;
};

enum dg_answer { DG_NO, DG_YES, DG_CANNOT_TELL };

struct dg_preflight {
	const char *id;
	enum dg_answer ok; /* one that cannot be told is not passed */
	char *detail;
	char *unblock; /* what would make it pass; NULL: nothing known */
	bool advisory; /* worth a look, and nothing waits for it */
};

struct dg_plan {
	char *target;	      /* an ABI; NULL: no kernel is changed */
	const char *strategy; /* repin, unpin, reboot, refresh, install; pin-next-boot */
	char *why;
	bool ready;
	struct dg_preflight preflights[DG_PREFLIGHTS_MAX];
	size_t preflight_count;
	struct dg_step steps[DG_STEPS_MAX];
	size_t step_count;
	const char *then; /* "reboot"; NULL: nothing */
	/* Of a plan that was read: what the texts that are const lie in. NULL: they are
	 * this program's own. */
	struct json_object *source;
};

/* Not passed, and in the way. */
static inline bool dg_preflight_blocks(const struct dg_preflight *p)
{
	return p->ok != DG_YES && !p->advisory;
}

/* All preflights of moving to `kernel`, into plan->preflights. 0 or -ENOMEM. */
int dg_preflight_run(const struct dg_view *view, const struct dg_installed *kernel,
		     struct dg_plan *plan);
/* Those of making the boot loaders follow what is asked for already; `kernel` (may be
 * NULL) is what that is. */
int dg_preflight_refresh(const struct dg_view *view, const struct dg_installed *kernel,
			 struct dg_plan *plan);
/* None of those that differ from kernel to kernel is answered no; `once_built`: leaving
 * out the modules that are in use and would have to be built. */
bool dg_preflight_passes(const struct dg_view *view, const struct dg_installed *kernel,
			 bool once_built);

/* What should be done about `findings`, a verdict's. *ret is NULL where nothing is to be
 * done. 0 or -ENOMEM. */
int dg_plan_make(const struct dg_view *view, const struct dg_finding *findings,
		 size_t finding_count, struct dg_plan **ret);
void dg_plan_free(struct dg_plan *plan);
/* Free the steps, and leave none. */
void dg_plan_drop_steps(struct dg_plan *plan);
DG_DEFINE_CLEANUP(struct dg_plan *, dg_plan_free);

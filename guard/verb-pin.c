/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pin: a kernel is pinned, and the debt is written down; or it is tried. */
#include <errno.h>
#include <pwd.h>
#include <unistd.h>

#include "guard/pin-trial.h"
#include "guard/pin-work.h"
#include "policy/abi.h"
#include "policy/pin-terms.h"
#include "policy/text.h"
#include "policy/timefmt.h"

/* --- what was asked for --- */

static int complain_abi(const char *word)
{
	DG_FREE char *clean = dg_clean_text_max(word, strlen(word), 80);

	dg_complain("\"%s\" is no kernel's name, such as 6.17.13-13-pve",
		    clean ? clean : "?");
	return DG_EXIT_UNUSABLE;
}

static int check_words(const struct dg_options *o)
{
	const char *abi = o->args[0];

	if (!abi == !o->keep) {
		dg_complain("pin: say which kernel (ls /boot/vmlinuz-*), or --keep for "
			    "the one that runs on trial");
		return DG_EXIT_UNUSABLE;
	}
	if (o->keep && o->next_boot) {
		dg_complain("pin: --keep ends a trial, and --next-boot begins one");
		return DG_EXIT_UNUSABLE;
	}
	if (o->accept_sticky && !o->next_boot) {
		dg_complain("pin: --accept-sticky goes with --next-boot");
		return DG_EXIT_UNUSABLE;
	}
	return abi && !dg_abi_valid(abi) ? complain_abi(abi) : DG_GO_ON;
}

/* Who calls: behind sudo, and else the user of the terminal or of the process. */
static const char *find_login(char *buf, size_t size)
{
	const char *name = getenv("SUDO_USER");
	const struct passwd *user;

	if (!name || !*name)
		name = getlogin_r(buf, size) == 0 ? buf : NULL;
	if (!name) {
		user = getpwuid(getuid());
		name = user ? user->pw_name : NULL;
	}
	return name && *name && strlen(name) <= DG_PIN_OWNER_MAX &&
			       dg_text_is_clean(name, strlen(name))
		       ? name
		       : NULL;
}

struct asked {
	const char *abi;
	char login[DG_PIN_OWNER_MAX + 1];
	char until[DG_DATE_SIZE]; /* of a trial's record */
	struct dg_pin_terms terms;
	struct dg_pin_trial trial;
};

static void asked_clear(struct asked *asked)
{
	dg_pin_trial_clear(&asked->trial);
}

/* What was not said now was said when the trial began. */
static void take_trial_terms(struct asked *asked)
{
	const struct dg_action *action = asked->trial.action;
	const struct dg_action_ledger *ledger = action ? &action->ledger : NULL;

	if (!ledger)
		return;
	if (!asked->terms.reason)
		asked->terms.reason = dg_get(&ledger->reason);
	if (!asked->terms.owner)
		asked->terms.owner = dg_get(&ledger->owner);
	if (!asked->terms.until && dg_known(&ledger->until))
		asked->terms.until = dg_date_format(ledger->until.value, asked->until);
}

static int find_trial(struct dg_pin_work *work, struct asked *asked)
{
	if (dg_pin_trial_find(work->root, &work->view, &asked->trial) < 0) {
		dg_complain("out of memory");
		return DG_EXIT_FAILED;
	}
	asked->abi = dg_get(&work->facts->kernel.release);
	if (!asked->trial.found) {
		dg_complain("--keep: %s; driftguard pin %s pins it all the same",
			    asked->trial.how, asked->abi ? asked->abi : "ABI");
		return DG_EXIT_REFUSED;
	}
	if (!dg_abi_valid(asked->abi))
		return complain_abi(asked->abi);
	dg_pin_work_note(work, "This boot was a trial: %s.", asked->trial.how);
	take_trial_terms(asked);
	return DG_GO_ON;
}

/* --- the plans --- */

static void note_debt(struct dg_pin_work *work, const struct dg_pin_entry *entry)
{
	if (!entry->wanted)
		dg_pin_work_note(work, "Nothing is written into the ledger: neither a "
				       "reason nor a date was given.");
	else if (entry->due_today)
		dg_pin_work_note(work, "It is due today: from tomorrow on (UTC) it "
				       "counts as expired.");
}

static int make_entry(struct dg_pin_work *work, const struct asked *asked,
		      struct dg_pin_entry *ret)
{
	DG_FREE char *why = NULL;
	int r = dg_pin_entry_make(&work->view, asked->abi, &asked->terms, ret, &why);

	if (r == 0)
		return DG_GO_ON;
	dg_complain("%s", why ? why : "out of memory");
	return r == -EINVAL ? DG_EXIT_UNUSABLE : DG_EXIT_FAILED;
}

/* Is it written down like that already? */
static bool is_written(const struct dg_view *view, const char *abi,
		       const struct dg_pin_entry *entry)
{
	dg_list_foreach (debt, view->facts->ledger)
		if (dg_known(debt) && dg_streq(dg_get(&debt->abi), abi))
			return dg_streq(dg_get(&debt->reason), entry->reason) &&
			       dg_streq(dg_get(&debt->owner), entry->owner) &&
			       dg_known(&debt->since) && dg_known(&debt->until) &&
			       debt->since.value == entry->since &&
			       debt->until.value == entry->until;
	return false;
}

static int plan_set(struct dg_pin_work *work, const struct asked *asked)
{
	struct dg_pin_entry entry;
	int status = make_entry(work, asked, &entry);

	if (status != DG_GO_ON)
		return status;
	note_debt(work, &entry);
	if (dg_plan_pin(&work->view, DG_PIN_SET, asked->abi, &work->plan) < 0 ||
	    dg_pin_work_stale(work, asked->abi) < 0) {
		dg_complain("out of memory");
		return DG_EXIT_FAILED;
	}
	if (!entry.wanted || is_written(&work->view, asked->abi, &entry))
		return DG_GO_ON;
	work->ledger.abi = asked->abi;
	work->ledger.reason = entry.reason;
	work->ledger.owner = entry.owner;
	work->ledger.since = entry.since;
	work->ledger.until = entry.until;
	return DG_GO_ON;
}

/* A trial is no debt. What was said of it is kept in its record, for --keep. */
static int keep_terms(struct dg_pin_work *work, const struct asked *asked)
{
	DG_FREE char *why = NULL;
	int r = dg_pin_terms_check(&asked->terms, &why);

	if (r == 0 && asked->terms.until)
		r = dg_pin_until_parse(asked->terms.until, work->view.now,
				       &work->ledger.until, &why);
	if (r < 0) {
		dg_complain("%s", why ? why : "out of memory");
		return DG_EXIT_UNUSABLE;
	}
	work->ledger.reason = asked->terms.reason;
	work->ledger.owner = asked->terms.owner ? asked->terms.owner : asked->terms.login;
	return DG_GO_ON;
}

static void note_sticky(struct dg_pin_work *work, const char *abi)
{
	dg_pin_work_note(work,
			 "proxmox-boot-tool kernel pin --next-boot is no true one-shot: "
			 "it changes what boots from now on, and only a boot that comes "
			 "as far as multi-user takes that back. Should %s hang or panic "
			 "before, it boots again at every reset, until somebody picks "
			 "another kernel in the boot menu.",
			 abi);
}

/* There is no true one-shot here, and --accept-sticky was not said. */
static int refuse_sticky(struct dg_pin_work *work)
{
	struct dg_preflight *p = &work->plan->preflights[work->plan->preflight_count++];

	p->id = "one-shot";
	p->ok = DG_NO;
	p->detail = dg_format("%s", work->once.why);
	p->unblock =
		dg_format("--accept-sticky, for a trial that lasts until a boot comes "
			  "up well");
	work->plan->ready = false;
	return p->detail ? 0 : -ENOMEM;
}

static int plan_try(struct dg_pin_work *work, const struct asked *asked)
{
	int r = dg_plan_pin(&work->view, DG_PIN_TRY, asked->abi, &work->plan);

	/* It boots next as it is. */
	if (r < 0 || !work->plan->step_count)
		return r;
	r = dg_once_choose(&work->view, asked->abi, &work->once);
	if (r < 0)
		return r;
	if (work->once.way != DG_ONCE_NONE) {
		dg_pin_work_note(work,
				 "A true one-shot: the boot loader clears it before it "
				 "boots %s, and every reset after that boots what it "
				 "would boot now.",
				 asked->abi);
		dg_plan_free(DG_STEAL(work->plan));
		return dg_plan_pin(&work->view, DG_PIN_TRY_ONCE, asked->abi, &work->plan);
	}
	note_sticky(work, asked->abi);
	return work->options->accept_sticky ? 0 : refuse_sticky(work);
}

static int plan(struct dg_pin_work *work, struct asked *asked)
{
	int status = DG_GO_ON;

	if (work->options->keep)
		status = find_trial(work, asked);
	if (status != DG_GO_ON)
		return status;
	if (!work->options->next_boot)
		return plan_set(work, asked);
	status = keep_terms(work, asked);
	if (status != DG_GO_ON)
		return status;
	if (plan_try(work, asked) == 0)
		return DG_GO_ON;
	dg_complain("out of memory");
	return DG_EXIT_FAILED;
}

static int run_pin(const struct dg_options *options)
{
	DG_CLEANUP(asked_clear)
	struct asked asked = {.abi = options->args[0],
			      .terms = {.reason = options->reason,
					.owner = options->owner,
					.until = options->until}};
	DG_PIN_WORK_CLEANUP struct dg_pin_work work = {0};
	int status = check_words(options);

	asked.terms.login = find_login(asked.login, sizeof(asked.login));
	if (status == DG_GO_ON)
		status = dg_pin_work_open(options, "pin", &work);
	if (status == DG_GO_ON)
		status = plan(&work, &asked);
	return status == DG_GO_ON ? dg_pin_work_finish(&work) : status;
}

const struct dg_verb dg_verb_pin = {
	.name = "pin",
	.args = "ABI",
	.help = "pin a kernel, and write down why and until when",
	.max_args = 1,
	.plain = true,
	.run = run_pin,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* record: judge, and write down what is to last: this boot's record and the last verdict.
 * What the units run. */
#include <errno.h>
#include <json-c/json.h>
#include <time.h>

#include "guard/base/cleanup.h"
#include "guard/collect/collect.h"
#include "guard/probe/probe.h"
#include "guard/progress.h"
#include "guard/record/boots.h"
#include "guard/sample/sample.h"
#include "guard/sink/sink.h"
#include "guard/verbs.h"
#include "policy/policy-keys.h"
#include "policy/text.h"

/* As long as another run may take that has begun to judge: reading has a limit of its
 * own, and so has handing over a mail. */
#define LOCK_LIMIT_MS 40000

/* A record in the making. */
struct work {
	const struct dg_options *options;
	const struct dg_root *root;
	struct dg_facts *facts;
	struct dg_policy *policy;
	struct dg_verdict *verdict;
	int lock;     /* -1: not held */
	char *unread; /* why this boot's record may not be written; NULL: it may */
	bool failed;  /* something was not done, and it was said what */
};

static void work_clean(struct work *w)
{
	if (w->lock >= 0)
		close(w->lock);
	free(w->unread);
	dg_verdict_free(w->verdict);
	dg_policy_free(w->policy);
	dg_facts_free(w->facts);
}

/* A sink that fails does not hide the others. */
static void note_failure(struct work *w, const char *what, int r, const char *why)
{
	if (r >= 0)
		return;
	w->failed = true;
	if (why)
		dg_complain("%s", why);
	else
		dg_complain("%s: %s", what, dg_errno_words(r));
}

/* --- what this boot's record holds already --- */

/* What is there and cannot be read must not be written over; what is no record at all can
 * be, and is none any more then. */
static void look_at_earlier(struct work *w)
{
	const struct dg_meta *metas[] = {&w->facts->samples.meta, &w->facts->probe.meta};

	for (size_t i = 0; i < DG_COUNT(metas); i++)
		if (metas[i]->state == DG_UNREADABLE && !w->unread)
			w->unread = dg_format("what it holds could not be read: %s",
					      metas[i]->detail ? metas[i]->detail
							       : "nobody read it");
}

/* What this boot's record holds is read and written anew by one run at a time. Who cannot
 * have the lock says what is wrong with this host all the same. Where there can be no
 * lock there is no other run that has one: what cannot be written is told later. */
static void lock_record(struct work *w)
{
	DG_FREE char *why = NULL;

	if (dg_record_lock(w->root, LOCK_LIMIT_MS, &w->lock, &why) == -EBUSY)
		w->unread = DG_STEAL(why);
}

static int load_facts(struct work *w)
{
	int r;

	lock_record(w);
	r = dg_load_facts(w->options, &w->facts);
	if (r == 0)
		look_at_earlier(w);
	return r;
}

/* Once it was judged. */
static void forget_malformed(struct dg_meta *meta)
{
	char *detail = meta->detail;

	if (meta->state != DG_MALFORMED)
		return;
	meta->detail = NULL;
	dg_set_gap(meta, DG_ABSENT,
		   "an earlier record of this boot could not be used: %s",
		   detail ? detail : "malformed");
	free(detail);
}

/* Older samples make room. */
static void limit_samples(struct dg_facts *facts)
{
	while (facts->samples.count > DG_BOOT_SAMPLES_MAX) {
		struct dg_sample *items = facts->samples.items;

		dg_record_clear(&dg_sample_record, &items[0]);
		facts->samples.count--;
		memmove(&items[0], &items[1], facts->samples.count * sizeof(items[0]));
	}
}

/* --- measuring --- */

/* Sampling takes its time: what is judged, and what this boot's record holds, is read
 * anew, since an upgrade or another run may have changed either. */
static int renew_facts(struct work *w, bool sampled)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *old = DG_STEAL(w->facts);
	struct dg_sample *sample;

	if (load_facts(w) < 0)
		return -EIO;
	if (!sampled)
		return 0;
	sample = DG_ADD(&w->facts->samples, w->facts->samples.count + 1);
	if (sample)
		*sample = old->samples.items[--old->samples.count];
	else
		note_failure(w, "cannot sample", -ENOMEM, NULL);
	return 0;
}

/* 0, or negative: what was asked for cannot be, and it was said why. */
static int take_sample(struct work *w)
{
	struct dg_display display;
	const struct dg_sample_options options = {
		.window_s = w->options->window_s,
		.wait_s = w->options->wait_s,
		.progress = dg_display_show,
		.arg = &display,
	};
	DG_FREE char *why = NULL;
	int r;

	dg_display_open(&display, stderr, !w->options->quiet);
	r = dg_sample_take(w->root, w->policy, &options, w->facts, &why);
	dg_display_close(&display);
	note_failure(w, "cannot sample", r, why);
	return r == -EINVAL ? r : renew_facts(w, r == 0);
}

/* The answer is the kernel's and does not change while it runs. */
static void probe_once(struct work *w)
{
	struct dg_idle_test test;

	if (!dg_root_is_live(w->root) || dg_known(&w->facts->probe) || w->unread)
		return;
	dg_idle_test_run(w->root, &test);
	dg_record_clear(&dg_idle_record, &w->facts->probe);
	dg_idle_result_make(&test, (int64_t)time(NULL), &w->facts->probe);
}

/* --- writing --- */

static void write_boot(struct work *w, struct json_object *document)
{
	struct json_object *keep = dg_policy_value(w->policy->tree, "history.keep_boots");
	DG_CLEANUP(dg_boot_record_freep) struct dg_boot_record *record = NULL;
	DG_FREE char *why = NULL;
	int r;

	if (w->unread) {
		w->failed = true;
		dg_complain("this boot's record is not written anew, because %s",
			    w->unread);
		return;
	}
	forget_malformed(&w->facts->samples.meta);
	forget_malformed(&w->facts->probe.meta);
	limit_samples(w->facts);
	r = dg_boot_record_make(w->facts, w->verdict, &record);
	if (r == 0)
		r = dg_boot_write(w->root, record, document,
				  keep ? (size_t)json_object_get_int64(keep) : 1, &why);
	note_failure(w, "cannot write this boot's record", r, why);
}

static void write_verdict(struct work *w, struct json_object *document)
{
	DG_FREE char *why = NULL;
	int r = dg_verdict_write(w->root, document, &why);

	note_failure(w, "cannot write the verdict", r, why);
}

/* In the middle of an upgrade much cannot be told, and that would stand until tomorrow.
 */
static void ask_again(struct work *w)
{
	DG_FREE char *why = NULL;

	if (dg_true(&w->facts->packages.locked))
		note_failure(w, "cannot have it judged again",
			     dg_record_again(w->root, &why), why);
}

static void note_sink(void *arg, const char *sink, const char *why)
{
	struct work *w = arg;

	w->failed = true;
	dg_complain("%s: %s", sink, why);
}

static void tell_sinks(struct work *w)
{
	const struct dg_sink_job job = {
		.root = w->root, .policy = w->policy, .verdict = w->verdict};

	dg_sinks_run(&job, note_sink, w);
}

static int judge_and_write(struct work *w)
{
	struct json_object *document;
	int r = dg_judge(w->facts, w->policy, &w->verdict);

	if (r < 0) {
		dg_complain("cannot judge: %s", dg_errno_words(r));
		return DG_EXIT_FAILED;
	}
	document = dg_verdict_encode(w->verdict);
	write_boot(w, document);
	write_verdict(w, document);
	ask_again(w);
	json_object_put(document);
	tell_sinks(w);
	if (dg_keep_cluster_policy(w->options, w->verdict->time) < 0)
		w->failed = true;
	if (dg_print_verdict(w->options, w->verdict) < 0)
		w->failed = true;
	return w->failed ? DG_EXIT_FAILED : DG_EXIT_DONE;
}

/* --- the verb --- */

static int open_root(const struct dg_options *options, struct dg_root **ret)
{
	int r = dg_open_root(options, ret);

	if (r < 0)
		return r;
	if (options->sample && !dg_root_is_live(*ret)) {
		dg_complain("--sample: %s is a tree, which stands still; only the "
			    "running system can be measured",
			    options->root);
		return -ENOTSUP;
	}
	if (!options->sample && (options->window_s > 0 || options->wait_s > 0)) {
		dg_complain("--window and --wait-for-load are about a sample, which "
			    "--sample asks for");
		return -EINVAL;
	}
	return 0;
}

static int run_record(const struct dg_options *options)
{
	DG_ROOT_CLEANUP struct dg_root *root = NULL;
	DG_CLEANUP(work_clean) struct work w = {.options = options, .lock = -1};
	int r = open_root(options, &root);

	if (r < 0)
		return DG_EXIT_UNUSABLE;
	w.root = root;
	/* Before a sample, facts are for sampling; they are read again behind it. */
	r = options->sample ? dg_load_facts(options, &w.facts) : load_facts(&w);
	if (r < 0 || dg_load_policy(options, dg_get(&w.facts->host.name), &w.policy) < 0)
		return DG_EXIT_UNUSABLE;
	if (options->sample && take_sample(&w) < 0)
		return DG_EXIT_UNUSABLE;
	probe_once(&w);
	return judge_and_write(&w);
}

const struct dg_verb dg_verb_record = {
	.name = "record",
	.args = "",
	.help = "judge, and keep verdict and samples as this boot's record",
	DG_OUTPUT(verdict),
	.run = run_record,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parent's side of collecting: what came in time is taken over, the rest is named. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

#include "guard/base/apart.h"
#include "guard/collect/run.h"

struct run {
	const struct dg_root *root;
	const struct dg_collector *const *table;
	size_t count;
	size_t next; /* the collector whose facts come next */
	int64_t deadline;
	int64_t begun; /* when `next` began */
	struct dg_facts *facts;
};

static void json_drop(struct json_object **json)
{
	json_object_put(*json);
}

static void tokener_drop(struct json_tokener **tokener)
{
	if (*tokener)
		json_tokener_free(*tokener);
}

static void set_time(struct dg_facts *facts, const int64_t *now)
{
	struct timespec t;

	if (now) {
		dg_set_int(&facts->time, *now);
		dg_set_gap(&facts->host.tool_time.meta, DG_ABSENT,
			   "the time was given, no clock was read");
		return;
	}
	clock_gettime(CLOCK_REALTIME, &t);
	dg_set_int(&facts->time, t.tv_sec);
	dg_set_int(&facts->host.tool_time, DG_RELEASE_TIME);
}

/* Groups that several collectors fill are there from the start: facts are merged into
 * them. A nested record (boot.grub) is one collector's, and comes as a whole. */
static void open_groups(struct dg_facts *facts)
{
	dg_set_known(&facts->host.meta);
	dg_set_known(&facts->kernel.meta);
	dg_set_known(&facts->packages.meta);
	dg_set_known(&facts->boot.meta);
}

/* The collector's turn is over, and its facts are missing. */
static void give_up(struct run *run, const char *why)
{
	const char *const *path = run->table[run->next++]->fills;

	for (; *path; path++) {
		struct dg_meta *meta = dg_facts_at(run->facts, *path);

		if (meta)
			dg_set_gap(meta, DG_UNREADABLE, "%s", why);
	}
}

/* "not read within 1.5 s (collector grub)" */
static void give_up_late(struct run *run, int64_t ms)
{
	const char *name = run->table[run->next]->name;
	long long tenths = (ms + 50) / 100;
	char why[128];

	if (tenths % 10)
		snprintf(why, sizeof(why), "not read within %lld.%lld s (collector %s)",
			 tenths / 10, tenths % 10, name);
	else
		snprintf(why, sizeof(why), "not read within %lld s (collector %s)",
			 tenths / 10, name);
	give_up(run, why);
}

static void give_up_ended(struct run *run, struct dg_collect_child *child)
{
	const char *name = run->table[run->next]->name;
	char why[128];
	int status;

	if (!dg_apart_wait(&child->pid, &status))
		snprintf(why, sizeof(why), "the collector %s ended early", name);
	else if (WIFSIGNALED(status))
		snprintf(why, sizeof(why), "the collector %s was ended by signal %d",
			 name, WTERMSIG(status));
	else
		snprintf(why, sizeof(why), "the collector %s ended early with status %d",
			 name, WEXITSTATUS(status));
	give_up(run, why);
}

static void give_up_garbled(struct run *run)
{
	char why[128];

	snprintf(why, sizeof(why), "the collector %s handed over what is not its facts",
		 run->table[run->next]->name);
	give_up(run, why);
}

static int parse_line(const char *line, size_t size, struct json_object **ret)
{
	DG_CLEANUP(tokener_drop) struct json_tokener *tokener = json_tokener_new();
	DG_CLEANUP(json_drop) struct json_object *json = NULL;

	if (!tokener)
		return -ENOMEM;
	if (size == 0 || size > INT32_MAX)
		return -EBADMSG;
	/* Not JSON_TOKENER_STRICT: see policy/json-parse.c; that nothing follows is seen to
	 * below. */
	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	json = json_tokener_parse_ex(tokener, line, (int)size);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    json_tokener_get_parse_end(tokener) != size)
		return -EBADMSG;
	*ret = DG_STEAL(json);
	return 0;
}

static int take_line(struct run *run, const char *line, size_t size)
{
	DG_CLEANUP(json_drop) struct json_object *json = NULL;
	struct json_object *name, *body;
	int r = parse_line(line, size, &json);

	if (r < 0)
		return r;
	if (!json_object_is_type(json, json_type_object) ||
	    !json_object_object_get_ex(json, "collector", &name) ||
	    !dg_streq(json_object_get_string(name), run->table[run->next]->name) ||
	    !json_object_object_get_ex(json, "facts", &body) ||
	    !json_object_is_type(body, json_type_object))
		return -EBADMSG;
	r = dg_record_merge(&dg_facts_record, body, run->facts);
	if (r == 0)
		run->next++;
	return r;
}

/* When the collector whose turn it is has to be done. */
static int64_t turn_begin(struct run *run)
{
	int64_t left;

	run->begun = dg_collect_clock();
	left = run->deadline - run->begun;
	return run->begun + (run->next + 1 < run->count ? left / 2 : left);
}

/* 1: go on with this child. 0: it is of no more use. */
static int take_turn(struct run *run, struct dg_collect_child *child)
{
	int64_t until = turn_begin(run);
	const char *line;
	size_t size;
	int r = dg_collect_child_line(child, until, &line, &size);

	if (r == 0) {
		give_up_ended(run, child);
	} else if (r == -ETIMEDOUT) {
		give_up_late(run, until - run->begun);
		r = 0;
	} else if (r > 0) {
		r = take_line(run, line, size);
		r = r < 0 ? r : 1;
	}
	if (r == -EBADMSG) {
		give_up_garbled(run);
		r = 0;
	}
	return r;
}

/* As far as one child gets. */
static int run_child(struct run *run)
{
	DG_CLEANUP(dg_collect_child_end) struct dg_collect_child child = {.fd = -1};
	int r = dg_collect_child_start(run->root, run->table + run->next,
				       run->count - run->next, &child);

	if (r < 0)
		return r;
	do
		r = take_turn(run, &child);
	while (r > 0 && run->next < run->count);
	return r < 0 ? r : 0;
}

int dg_collect_with(const struct dg_root *root, const struct dg_collector *const *table,
		    size_t count, const int64_t *now, int deadline_ms,
		    struct dg_facts **ret)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = dg_facts_new();
	struct run run = {.root = root,
			  .table = table,
			  .count = count,
			  .deadline = dg_collect_clock() + deadline_ms,
			  .facts = facts};

	if (!facts)
		return -ENOMEM;
	open_groups(facts);
	dg_set_str(&facts->tool, DG_VERSION);
	dg_set_bool(&facts->live, dg_root_is_live(root));
	set_time(facts, now);
	while (run.next < count && dg_collect_clock() < run.deadline) {
		int r = run_child(&run);

		if (r < 0)
			return r;
	}
	while (run.next < count)
		give_up_late(&run, deadline_ms);
	*ret = DG_STEAL(facts);
	return 0;
}

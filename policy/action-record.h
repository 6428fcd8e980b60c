/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is kept of each action, /var/lib/driftguard/actions/ID.json: what was to be done,
 * from what state, with what undo, and what came of it. Schema driftguard.action/1.
 * While `state` is "open" the record is the intent: who finds it so completes the action,
 * or rolls it back. */
#pragma once

#include "policy/facts.h"
#include "policy/goal.h"

#define DG_ACTION_SCHEMA "driftguard.action/1"
#define DG_ACTIONS_DIR	 "/var/lib/driftguard/actions"
/* A larger file is not read, and none is written. */
#define DG_ACTION_FILE_MAX ((size_t)1024 * 1024)
/* What is kept of a command's output: lines, and bytes of each. */
#define DG_ACTION_LINES_MAX 200
#define DG_ACTION_LINE_MAX  400
#define DG_ACTION_LIST_MAX  1024 /* items of the other lists */

struct dg_action_argv {
	struct dg_meta meta;
	DG_LIST(struct dg_word) words;
};

/* A command, planned or of an undo. */
struct dg_action_step {
	struct dg_meta meta;
	struct dg_action_argv argv;
	struct dg_str why;
	DG_LIST(struct dg_action_argv) undo;
	struct dg_str state;	  /* planned, begun, ended */
	struct dg_int status;	  /* exit status; absent: it did not exit by itself */
	struct dg_int signal;	  /* that ended it; absent: none */
	struct dg_bool timed_out; /* absent: not ended */
	DG_LIST(struct dg_word) output; /* lines; absent: not ended */
};

/* What boots, and what was told to boot. */
struct dg_action_host {
	struct dg_meta meta;
	struct dg_str pin;
	struct dg_int pin_time;
	struct dg_str next_pin;
	struct dg_int next_pin_time;
	struct dg_str boots;  /* an ABI; absent: the loaders do not agree, or unknown */
	struct dg_bool fresh; /* struct dg_goal */
};

struct dg_action_goal {
	struct dg_meta meta;
	struct dg_str pin, next_pin, boots; /* struct dg_goal */
	struct dg_bool fresh;
	struct dg_int missing;
};

struct dg_action_gate {
	struct dg_meta meta;
	struct dg_str id;
	struct dg_bool open;
	struct dg_str detail;
};

/* An entry of the ledger that goes. */
struct dg_action_removed {
	struct dg_meta meta;
	struct dg_str abi;
	struct dg_str entry; /* the whole file, as one line; absent: there was none */
};

struct dg_action_ledger {
	struct dg_meta meta;
	struct dg_str abi; /* absent: no entry is written */
	struct dg_str reason, owner;
	struct dg_int since, until;
	DG_LIST(struct dg_action_removed) removed;
};

struct dg_action {
	struct dg_meta meta;
	struct dg_str id;
	struct dg_str tool; /* version of this program */
	struct dg_str verb; /* pin, unpin, enforce */
	struct dg_str boot_id;
	struct dg_str host;
	struct dg_str kernel; /* that ran */
	struct dg_int started, ended;
	struct dg_str state;   /* open, closed */
	struct dg_str outcome; /* absent: open */
	struct dg_str why;     /* a sentence */
	struct dg_str target, strategy, because;
	DG_LIST(struct dg_word) overridden;
	struct dg_action_host before;
	struct dg_action_goal goal;
	struct dg_action_host after;
	DG_LIST(struct dg_action_step) steps;
	DG_LIST(struct dg_action_step) undone;
	DG_LIST(struct dg_action_gate) gates;
	struct dg_action_ledger ledger;
};

void dg_action_free(struct dg_action *action); /* and `action` itself */
DG_DEFINE_CLEANUP(struct dg_action *, dg_action_free);
/* Nothing done yet: lists empty, state "open". NULL: no memory. */
struct dg_action *dg_action_new(void);

struct json_object *dg_action_encode(const struct dg_action *action);
/* -EBADMSG: no document of this schema, one that does not tell its state, or an open one
 * that is not whole, from which nothing could be completed or rolled back; *ret_why is
 * then set (owned). */
int dg_action_decode(struct json_object *json, struct dg_action **ret, char **ret_why);

/* 20260603T071244Z-0123abcd, of a time and a number. Fit to be a file's name. */
#define DG_ACTION_ID_SIZE sizeof("20260603T071244Z-0123abcd")
const char *dg_action_id(int64_t time, uint32_t number,
			 char buf[static DG_ACTION_ID_SIZE]);
bool dg_is_action_id(const char *text, size_t size);

bool dg_action_is_open(const struct dg_action *action);

/* Of several attempts at an undo, or at a step, the last one is kept. */
void dg_action_forget_undone(struct dg_action *action);
void dg_action_forget_output(struct dg_action_step *step);

/* `text` as a fact; absent where it is NULL. */
void dg_action_set(struct dg_str *fact, const char *text);

/* Did its command succeed, by its own account? */
bool dg_action_step_is_done(const struct dg_action_step *step);
bool dg_action_step_is_refresh(const struct dg_action_step *step);

/* A command that was not run, in that state. */
void dg_action_not_run(struct dg_action_step *step, const char *state);

/* A command into a record, and back; its words are then the record's, and must not be
 * freed. 0 or -ENOMEM; -EBADMSG: not what a command of a plan looks like. */
int dg_action_argv_set(struct dg_action_argv *fact, const struct dg_argv *argv);
int dg_action_argv_get(const struct dg_action_argv *fact, struct dg_argv *ret);

/* What a command said, line by line: of more than is kept, the beginning and the end. */
int dg_action_set_output(struct dg_action_step *step, const char *text, size_t size);

/* The goal of the record, and the one that its undo has; pointers lead into it. */
void dg_action_goal_get(const struct dg_action *action, struct dg_goal *ret);
void dg_action_before_get(const struct dg_action *action, struct dg_goal *ret);

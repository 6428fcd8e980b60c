/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The shape of a GRUB script: commands, and the conditionals, loops, functions and blocks
 * that they stand in. Between the words (grub-lex) and their meaning (grub-cfg).
 */
#pragma once

#include "guard/parse/grub-lex.h"

#define DG_GRUB_SCRIPT_FRAMES_MAX 64	/* constructs within constructs */
#define DG_GRUB_SCRIPT_WORDS_MAX  65536 /* of one command */

enum dg_grub_frame_kind {
	DG_GRUB_IF,
	DG_GRUB_LOOP,
	DG_GRUB_FUNCTION,
	DG_GRUB_BLOCK, /* of a command: what its first word says */
};

struct dg_grub_frame {
	enum dg_grub_frame_kind kind;
	size_t line;
	bool in_condition;	  /* if: between `if` and `then` */
	bool dead;		  /* if: a branch that a GRUB of today never takes */
	bool taken;		  /* if: an earlier branch always is */
	unsigned int branch_vars; /* if: variables in this branch's condition */
	unsigned int chain_vars;  /* if: in all conditions so far */
	int tag;		  /* block: the user's, from `open` */
};

struct dg_grub_command {
	const struct dg_grub_word *words;
	size_t n; /* at least 1 */
	size_t line;
};

struct dg_grub_script {
	/* A command ended; not called for conditions and in functions. 0 or negative. */
	int (*command)(struct dg_grub_script *s, const struct dg_grub_command *c);
	/* A command's block opens. The block's tag (>= 0), or negative errno. */
	int (*open)(struct dg_grub_script *s, const struct dg_grub_command *c);
	/* A function begins to be defined. */
	void (*function)(struct dg_grub_script *s, const char *name);
	void *user;
	char **ret_why; /* may be NULL */

	/* The state; read it in the callbacks. */
	struct dg_grub_lexer lexer;
	struct dg_grub_frame frames[DG_GRUB_SCRIPT_FRAMES_MAX];
	size_t depth;
	struct dg_grub_word *words;
	size_t n_words;
	size_t words_line;
	bool naming; /* behind `function`, before its '{' */
};

/* Walk the script. 0, what a callback returned, -ENOMEM, or -EBADMSG with *ret_why. */
int dg_grub_script_walk(struct dg_grub_script *s, const char *buf, size_t len);

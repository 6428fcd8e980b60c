/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Words of GRUB's script language, as grub-core/script/yylex.l splits them: '…' is taken
 * as it stands, "…" knows \$ \\ \" and \newline, a backslash elsewhere takes the next
 * character; '{' and '}' are tokens wherever they stand unquoted. A variable is kept as
 * it is written.
 */
#pragma once

#include "guard/parse/span.h"

/* Variables that a word refers to. */
enum dg_grub_var {
	DG_GRUB_VAR_NEXT_ENTRY = 1 << 0,
	DG_GRUB_VAR_SAVED_ENTRY = 1 << 1,
	DG_GRUB_VAR_DEFAULT = 1 << 2,
	DG_GRUB_VAR_RECORDFAIL = 1 << 3,
	DG_GRUB_VAR_FEATURE = 1 << 4, /* feature_…: what this GRUB can do */
	DG_GRUB_VAR_OTHER = 1 << 5,
};

enum dg_grub_token {
	DG_GRUB_END,
	DG_GRUB_SEPARATOR, /* newline ; ;; & && | || < > */
	DG_GRUB_OPEN,	   /* { */
	DG_GRUB_CLOSE,	   /* } */
	DG_GRUB_WORD,
};

struct dg_grub_word {
	char *text;	   /* unquoted; owned */
	unsigned int vars; /* DG_GRUB_VAR_… */
	bool plain;	   /* nothing was quoted: may be a reserved word */
};

struct dg_grub_lexer {
	struct dg_span rest;
	size_t line; /* where `rest` begins, from 1 */
};

/*
 * The next token, a dg_grub_token; *ret_word is written for DG_GRUB_WORD only and its
 * text is then the caller's. -EBADMSG: a quote is not closed. -ENOMEM.
 */
int dg_grub_lex(struct dg_grub_lexer *lexer, struct dg_grub_word *ret_word);

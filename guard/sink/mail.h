/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within sink/: mail. */
#pragma once

#include "guard/sink/sink.h"

enum dg_mail_step {
	DG_MAIL_NOTHING,
	DG_MAIL_SEND,  /* it got worse: mail, and remember that */
	DG_MAIL_LOWER, /* it got better: remember that, so that worse is worse again */
};

/* What is to be done about a verdict of level `now`, if `last` is what was remembered
 * (ok: nothing was). What is unknown is no better than anything. Pure. */
enum dg_mail_step dg_mail_decide(enum dg_level last, enum dg_level now, const char *from);

/* The message, headers and all; *ret is owned. 0 or -ENOMEM. */
int dg_mail_compose(const struct dg_verdict *verdict, enum dg_level last, char **ret,
		    size_t *ret_size);

/*
 * Hand a message to root over to `program`, which is called as sendmail(8) is: "-i --
 * root", the message on its standard input. It has `limit_ms` to take it; then it is
 * killed with what it started. 0, or with *ret_why set: -ENOENT, no such program, and
 * others of posix_spawn(3); -ETIMEDOUT; -EIO: it failed, with its status and its own
 * words.
 */
int dg_sendmail_run(const char *program, const char *message, size_t size, int limit_ms,
		    char **ret_why);

/* dg_sink_mail() by that program, and within that time. */
int dg_mail_by(const struct dg_sink_call *call, const char *program, int limit_ms,
	       char **ret_why);

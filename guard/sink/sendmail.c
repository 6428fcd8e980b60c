/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running somebody else's sendmail. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "guard/base/apart.h"
#include "guard/base/cleanup.h"
#include "guard/base/process.h"
#include "guard/collect/collect.h"
#include "guard/sink/mail.h"
#include "policy/text.h"

#define WORDS_MAX 400 /* of its own, in our message */

/* A file in memory that a child may read from its beginning, and beside the numbers that
 * it gets it as. */
static int make_input(const char *message, size_t size)
{
	DG_CLOSE int fd = memfd_create("driftguard-mail", MFD_CLOEXEC);
	int r, above;

	if (fd < 0)
		return -errno;
	r = dg_write_all(fd, message, size);
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r < 0)
		return r;
	above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return above < 0 ? -errno : above;
}

/* What it said, in one line; NULL: nothing. */
static char *read_words(const struct dg_process_end *end)
{
	size_t n = end->size < WORDS_MAX ? end->size : WORDS_MAX;

	while (n > 0 && (end->output[n - 1] == '\n' || end->output[n - 1] == ' '))
		n--;
	return n > 0 ? dg_clean_text(end->output, n) : NULL;
}

static int explain(const char *program, const struct dg_process_end *end, char **ret_why)
{
	DG_FREE char *words = read_words(end);

	*ret_why = dg_format(end->signal ? "%s was ended by signal %d%s%s"
					 : "%s failed with status %d%s%s",
			     program, end->signal ? end->signal : end->status,
			     words ? ": " : "", words ? words : "");
	return -EIO;
}

int dg_sendmail_run(const char *program, const char *message, size_t size, int limit_ms,
		    char **ret_why)
{
	static const char *const argv[] = {"sendmail", "-i", "--", "root", NULL};
	DG_CLEANUP(dg_process_end_clear) struct dg_process_end end = {0};
	DG_CLOSE int in = make_input(message, size);
	const struct dg_process process = {.program = program,
					   .argv = argv,
					   .in = in,
					   .quiet = true,
					   .limit_ms = limit_ms};
	int r;

	if (in < 0)
		return in;
	r = dg_process_run(&process, &end);
	if (r < 0) {
		*ret_why = dg_format("cannot start %s: %s", program, dg_errno_words(r));
		return r;
	}
	if (end.timed_out) {
		*ret_why = dg_format("%s did not take the message within %d s", program,
				     limit_ms / 1000);
		return -ETIMEDOUT;
	}
	return end.status == 0 ? 0 : explain(program, &end, ret_why);
}

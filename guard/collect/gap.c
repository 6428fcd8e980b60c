/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a failed read means for a fact, and facts of one line. */
#include <errno.h>
#include <string.h>

#include "guard/collect/collect.h"
#include "guard/parse/span.h"

#define LINE_FILE_MAX ((size_t)64 * 1024)

static const struct {
	int error;
	const char *words;
} errors[] = {
	{.error = ENOENT, .words = "is not there"},
	{.error = ENOTDIR, .words = "is not there: a part of the path is no directory"},
	{.error = EACCES, .words = "no permission"},
	{.error = EPERM, .words = "no permission"},
	{.error = EFBIG, .words = "is larger than what is read of it"},
	{.error = E2BIG, .words = "holds more entries than are read"},
	{.error = EISDIR, .words = "is a directory"},
	{.error = ENOTSUP, .words = "is not a regular file"},
	{.error = ELOOP, .words = "its symbolic links lead in a circle"},
	{.error = EBADMSG, .words = "is not of its format"},
	{.error = ENOMEM, .words = "out of memory"},
	{.error = EAGAIN, .words = "was being renamed or is leased"},
	{.error = ESTALE, .words = "was being replaced all the time"},
	{.error = ENOSYS,
	 .words = "openat2 is not to be had: Linux before 5.6, or a seccomp filter"},
	{.error = ENOTCONN, .words = "its file system's service does not run"},
};

const char *dg_errno_words(int r)
{
	const char *words;

	for (size_t i = 0; i < DG_COUNT(errors); i++)
		if (errors[i].error == -r)
			return errors[i].words;
	words = strerrordesc_np(-r); /* unlike strerror(), in no locale's language */
	return words ? words : "unknown error";
}

enum dg_state dg_state_from_errno(int r)
{
	if (r == -ENOENT || r == -ENOTDIR)
		return DG_ABSENT;
	return r == -EBADMSG ? DG_MALFORMED : DG_UNREADABLE;
}

void dg_gap_from_errno(struct dg_meta *meta, int r, const char *path)
{
	dg_set_gap(meta, dg_state_from_errno(r), "/%s: %s", path + strspn(path, "/"),
		   dg_errno_words(r));
}

void dg_read_line_fact(const struct dg_root *root, const char *path, struct dg_str *fact)
{
	DG_FREE char *data = NULL;
	struct dg_span rest, line = {0};
	size_t size;
	int r = dg_root_read(root, path, LINE_FILE_MAX, &data, &size);

	path += strspn(path, "/");
	if (r < 0) {
		dg_gap_from_errno(&fact->meta, r, path);
		return;
	}
	rest = dg_span_of(data, size);
	dg_span_line(&rest, &line);
	line = dg_span_trim(line);
	if (line.n == 0)
		dg_set_gap(&fact->meta, DG_ABSENT, "/%s: %s", path,
			   size ? "its first line is empty" : "is empty");
	else if (memchr(line.p, '\0', line.n))
		dg_set_gap(&fact->meta, DG_MALFORMED, "/%s: holds a NUL byte", path);
	else
		dg_set_strn(fact, line.p, line.n);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writing below a root: own folders, atomic files. */
#include "guard/base/write.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "policy/text.h"

#define FOLDER_MODE    0755
#define NAMES_MAX      131072 /* of a folder that is swept */
#define NAME_TRIES     16
#define COMPONENT_SIZE 256

const struct dg_folder dg_state_folder = {.base = "/var/lib", .below = "driftguard"};
const struct dg_folder dg_run_folder = {.base = "/run", .below = "driftguard"};

/* What is being done, for the message should it fail. */
struct job {
	const struct dg_folder *folder;
	const char *verb; /* "write", "remove" */
	const char *name; /* of the file */
	char **ret_why;
};

/* "cannot write /var/lib/driftguard/x.json: No space left on device, while ..." */
static int fail(const struct job *job, int r, const char *doing)
{
	const char *words = strerrordesc_np(-r), *below = job->folder->below;

	*job->ret_why = dg_format("cannot %s %s%s%s/%s: %s, while %s", job->verb,
				  job->folder->base, *below ? "/" : "", below, job->name,
				  words ? words : "unknown error", doing);
	return r;
}

/* The same about one of our folders, with what is wrong with it. */
static int fail_folder(const struct job *job, int r, const char *path, const char *what)
{
	*job->ret_why =
		dg_format("cannot %s %s/%s/%s: %s/%s %s", job->verb, job->folder->base,
			  job->folder->below, job->name, job->folder->base, path, what);
	return r;
}

/* --- folders --- */

/* Nobody but us can change what lies in it. */
static int verify_folder(const struct job *job, int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail(job, -errno, "looking at its folder");
	if (st.st_uid != geteuid())
		return fail_folder(job, -EPERM, path,
				   "belongs to another user, so it is not used");
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return fail_folder(job, -EPERM, path,
				   "may be written by others, so it is not used");
	return 0;
}

/* Why the directory `name` of `at` cannot be entered. */
static int explain_folder(const struct job *job, int r, int at, const char *name,
			  const char *path)
{
	struct stat st;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return fail(job, r, "opening its folder");
	if (S_ISLNK(st.st_mode))
		return fail_folder(job, -ELOOP, path,
				   "is a symbolic link, which is not followed");
	if (!S_ISDIR(st.st_mode))
		return fail_folder(job, -ENOTDIR, path, "is no directory");
	return fail(job, r, "opening its folder");
}

static int make_folder(const struct job *job, int at, const char *name)
{
	/* Somebody else may have made it meanwhile: as good. */
	if (mkdirat(at, name, FOLDER_MODE) < 0 && errno != EEXIST)
		return fail(job, -errno, "making its folder");
	/* So that a crash does not lose the folder of a file that was flushed. */
	if (fsync(at) < 0 && errno != EINVAL)
		return fail(job, -errno, "flushing its folder's folder");
	return 0;
}

static int enter_folder(const struct job *job, int at, const char *name, const char *path,
			bool make, int *ret_fd)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	DG_CLOSE int fd = openat(at, name, flags);
	bool made = fd < 0 && errno == ENOENT && make;
	int r;

	if (made) {
		r = make_folder(job, at, name);
		if (r < 0)
			return r;
		fd = openat(at, name, flags);
	}
	if (fd < 0)
		return explain_folder(job, -errno, at, name, path);
	r = job->folder->others ? 0 : verify_folder(job, fd, path);
	if (r < 0)
		return r;
	/* The umask shall not decide who can read what is kept. */
	if (made && fchmod(fd, FOLDER_MODE) < 0)
		return fail(job, -errno, "making its folder");
	*ret_fd = dg_steal_fd(&fd);
	return 0;
}

static int verify_name(const struct job *job)
{
	if (*job->name && *job->name != '.' && !strchr(job->name, '/'))
		return 0;
	return fail(job, -EINVAL, "looking at its name");
}

/* The folder that the name lies in, made where `make` says so. */
static int open_folder(const struct dg_root *root, const struct job *job, bool make,
		       int *ret_fd)
{
	const char *below = job->folder->below;
	DG_CLOSE int fd = -1;
	int r = verify_name(job);

	if (r < 0)
		return r;
	r = dg_root_open(root, job->folder->base, DG_ROOT_DIR, &fd);
	if (r < 0) {
		DG_FREE char *doing = dg_format("opening %s", job->folder->base);

		return fail(job, r, doing ? doing : "opening its folder");
	}
	for (const char *p = below; *p;) {
		size_t n = strcspn(p, "/");
		char name[COMPONENT_SIZE], path[COMPONENT_SIZE];
		int next = -1;

		snprintf(name, sizeof(name), "%.*s", (int)n, p);
		snprintf(path, sizeof(path), "%.*s", (int)(p + n - below), below);
		r = enter_folder(job, fd, name, path, make, &next);
		if (r < 0)
			return r;
		dg_closep(&fd);
		fd = next;
		p += n + (p[n] == '/');
	}
	*ret_fd = dg_steal_fd(&fd);
	return 0;
}

/* --- unfinished files --- */

static bool is_unfinished(const char *name)
{
	const char *digits = dg_after(name, DG_UNFINISHED);

	return digits && strlen(digits) == DG_UNFINISHED_DIGITS &&
	       strspn(digits, "0123456789abcdef") == DG_UNFINISHED_DIGITS;
}

/* Whoever writes now has the same clock: a time far ahead is as old as one far behind. */
static bool is_left_over(const struct stat *st)
{
	int64_t age = (int64_t)time(NULL) - st->st_mtime;

	return S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
	       (age > DG_UNFINISHED_AGE || age < -DG_UNFINISHED_AGE);
}

/* What cannot be removed is no reason not to write. */
static void sweep_folder(int folder)
{
	DG_CLOSE int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DG_NAMES_FREE char **names = NULL;

	if (fd < 0 || dg_fd_list(&fd, NAMES_MAX, &names, NULL) < 0)
		return;
	for (char **name = names; *name; name++) {
		struct stat st;

		if (is_unfinished(*name) &&
		    fstatat(folder, *name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    is_left_over(&st))
			unlinkat(folder, *name, 0);
	}
}

/* A file that is removed unless it got its name. */
struct unfinished {
	int folder;
	int fd;
	char name[sizeof(DG_UNFINISHED) + DG_UNFINISHED_DIGITS];
};

static void unfinished_drop(struct unfinished *file)
{
	int saved = errno;

	dg_closep(&file->fd);
	if (*file->name)
		unlinkat(file->folder, file->name, 0);
	errno = saved;
}

static int unfinished_open(int folder, struct unfinished *ret)
{
	for (int i = 0; i < NAME_TRIES; i++) {
		struct unfinished file = {.folder = folder};
		uint64_t number;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return -errno;
		snprintf(file.name, sizeof(file.name), "%s%0*llx", DG_UNFINISHED,
			 DG_UNFINISHED_DIGITS, (unsigned long long)number);
		file.fd = openat(folder, file.name,
				 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
				 0600);
		if (file.fd >= 0) {
			*ret = file;
			return 0;
		}
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

static int write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* --- writing and removing --- */

static int flush_folder(const struct job *job, int folder)
{
	/* EINVAL: this file system has no such thing. */
	if (fsync(folder) < 0 && errno != EINVAL)
		return fail(job, -errno, "flushing its folder");
	return 0;
}

static int write_into(const struct job *job, int folder, const void *data, size_t size,
		      mode_t mode)
{
	DG_CLEANUP(unfinished_drop)
	struct unfinished file = {.folder = folder, .fd = -1};
	int r = unfinished_open(folder, &file);

	if (r < 0)
		return fail(job, r, "making a file beside it");
	r = write_all(file.fd, data, size);
	if (r < 0)
		return fail(job, r, "writing a file beside it");
	if (fchmod(file.fd, mode) < 0)
		return fail(job, -errno, "setting the mode of a file beside it");
	if (fsync(file.fd) < 0)
		return fail(job, -errno, "flushing a file beside it");
	if (renameat(folder, file.name, folder, job->name) < 0)
		return fail(job, -errno, "renaming the file that was made beside it");
	*file.name = '\0';
	return flush_folder(job, folder);
}

int dg_root_write(const struct dg_root *root, const struct dg_folder *folder,
		  const char *name, const void *data, size_t size, mode_t mode,
		  char **ret_why)
{
	const struct job job = {
		.folder = folder, .verb = "write", .name = name, .ret_why = ret_why};
	DG_CLOSE int fd = -1;
	int r = open_folder(root, &job, !folder->others, &fd);

	if (r < 0)
		return r;
	sweep_folder(fd);
	return write_into(&job, fd, data, size, mode);
}

bool dg_has_no_room(int r)
{
	return r == -EROFS || r == -ENOSPC || r == -EDQUOT;
}

int dg_root_remove(const struct dg_root *root, const struct dg_folder *folder,
		   const char *name, char **ret_why)
{
	const struct job job = {
		.folder = folder, .verb = "remove", .name = name, .ret_why = ret_why};
	DG_CLOSE int fd = -1;
	int r = open_folder(root, &job, false, &fd);

	if (r < 0)
		return r;
	if (unlinkat(fd, name, 0) < 0)
		return fail(&job, -errno, "unlinking it");
	return flush_folder(&job, fd);
}

int dg_root_drop(const struct dg_root *root, const struct dg_folder *folder,
		 const char *name, char **ret_why)
{
	DG_FREE char *path = dg_format("%s/%s/%s", folder->base, folder->below, name);
	DG_FREE char *why = NULL;
	struct stat st;
	int r = path ? dg_root_stat(root, path, false, &st) : -ENOMEM;

	if (r == 0)
		r = dg_root_remove(root, folder, name, &why);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		*ret_why = DG_STEAL(why);
	return r;
}

static bool says(int folder, const char *name, const char *target)
{
	DG_FREE char *text = malloc(strlen(target) + 2);
	ssize_t n = text ? readlinkat(folder, name, text, strlen(target) + 1) : -1;

	return n == (ssize_t)strlen(target) && memcmp(text, target, (size_t)n) == 0;
}

int dg_root_link(const struct dg_root *root, const struct dg_folder *folder,
		 const char *name, const char *target, char **ret_why)
{
	const struct job job = {
		.folder = folder, .verb = "link", .name = name, .ret_why = ret_why};
	DG_CLOSE int fd = -1;
	int r = open_folder(root, &job, !folder->others, &fd);

	if (r < 0)
		return r;
	if (symlinkat(target, fd, name) == 0)
		return flush_folder(&job, fd);
	if (errno != EEXIST)
		return fail(&job, -errno, "linking it");
	return says(fd, name, target) ? 0 : fail(&job, -EEXIST, "linking it");
}

int dg_root_folder(const struct dg_root *root, const struct dg_folder *folder,
		   const char *name, int *ret_fd, char **ret_why)
{
	const struct job job = {
		.folder = folder, .verb = "open", .name = name, .ret_why = ret_why};
	int r = verify_name(&job);

	return r < 0 ? r : open_folder(root, &job, !folder->others, ret_fd);
}

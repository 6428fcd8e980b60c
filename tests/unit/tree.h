/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree in a temporary directory for tests of what reads a host, and children for them.
 */
#pragma once

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/base/root.h"

/* `top` is beside and above the tree: what stands there must never be seen. */
struct tree {
	char top[64];
	char dir[80];
	struct dg_root *root;
};

static inline const char *tree_path(const struct tree *t, const char *name, char out[256])
{
	snprintf(out, 256, "%s/%s", t->dir, name);
	return out;
}

static inline void tree_write(const struct tree *t, const char *name, const void *data,
			      size_t n)
{
	char path[256];
	DG_CLOSE int fd =
		open(tree_path(t, name, path), O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, n), n);
}

static inline void tree_text(const struct tree *t, const char *name, const char *text)
{
	tree_write(t, name, text, strlen(text));
}

static inline void tree_dir(const struct tree *t, const char *name)
{
	char path[256];

	assert_int_equal(mkdir(tree_path(t, name, path), 0755), 0);
}

static inline void tree_link(const struct tree *t, const char *name, const char *target)
{
	char path[256];

	assert_int_equal(symlink(target, tree_path(t, name, path)), 0);
}

static inline void tree_make(struct tree *t)
{
	strcpy(t->top, "/tmp/dg-tree-XXXXXX");
	assert_non_null(mkdtemp(t->top));
	assert_int_equal(chmod(t->top, 0755), 0);
	snprintf(t->dir, sizeof(t->dir), "%s/tree", t->top);
	assert_int_equal(mkdir(t->dir, 0755), 0);
	assert_int_equal(dg_root_new(t->dir, &t->root), 0);
}

static inline int tree_unlink(const char *path, const struct stat *st, int type,
			      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void tree_remove(struct tree *t)
{
	dg_root_free(t->root);
	nftw(t->top, tree_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

/* Run fn(arg) in a child; what it returns, 0 or a negative errno, or 1 where it died. */
static inline int child_run(int (*fn)(void *), void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(-fn(arg));
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? -WEXITSTATUS(status) : 1;
}

/* Start fn(arg) in a child that lives until child_stop(), and wait until it is ready. */
static inline pid_t child_start(void (*fn)(void *, int ready), void *arg)
{
	int ready[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		/* A test that fails or dies leaves no child behind. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ready[0]);
		fn(arg, ready[1]);
		_exit(127);
	}
	assert_true(pid > 0);
	close(ready[1]);
	/* One byte, or the end where exec closes the pipe. */
	assert_true(read(ready[0], &c, 1) >= 0);
	close(ready[0]);
	return pid;
}

static inline void child_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

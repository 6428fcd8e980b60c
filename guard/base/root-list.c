/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The root handle: the names in a directory. */
#include "guard/base/root.h"

#include <errno.h>

#include "guard/base/cleanup.h"

struct names {
	char **v; /* with room for a NULL behind the last */
	size_t n, room;
};

static void names_clean(struct names *names)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
}

void dg_names_free(char **names)
{
	size_t i;

	for (i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}

static int names_grow(struct names *names)
{
	size_t room = names->room ? names->room * 2 : 16;
	char **v = reallocarray(names->v, room + 1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	names->v = v;
	names->room = room;
	return 0;
}

static int names_add(struct names *names, const char *name)
{
	int r = names->n < names->room ? 0 : names_grow(names);

	if (r < 0)
		return r;
	names->v[names->n] = strdup(name);
	if (!names->v[names->n])
		return -ENOMEM;
	names->n++;
	return 0;
}

static int names_read(struct names *names, DIR *dir, size_t cap)
{
	for (;;) {
		const struct dirent *e;
		int r;

		errno = 0;
		e = readdir(dir);
		if (!e)
			return -errno;
		if (dg_streq(e->d_name, ".") || dg_streq(e->d_name, ".."))
			continue;
		r = names->n < cap ? names_add(names, e->d_name) : -E2BIG;
		if (r < 0)
			return r;
	}
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int names_finish(struct names *names, char ***ret_names, size_t *ret_n)
{
	int r = names->v ? 0 : names_grow(names);

	if (r < 0)
		return r;
	names->v[names->n] = NULL;
	qsort(names->v, names->n, sizeof(*names->v), name_compare);
	if (ret_n)
		*ret_n = names->n;
	names->n = 0;
	*ret_names = DG_STEAL(names->v);
	return 0;
}

int dg_fd_list(int *fd, size_t cap, char ***ret_names, size_t *ret_n)
{
	DG_CLOSEDIR DIR *dir = fdopendir(*fd);
	DG_CLEANUP(names_clean) struct names names = {0};
	int r;

	if (!dir)
		return -errno;
	dg_steal_fd(fd);
	r = names_read(&names, dir, cap);
	return r < 0 ? r : names_finish(&names, ret_names, ret_n);
}

int dg_root_list(const struct dg_root *root, const char *path, size_t cap,
		 char ***ret_names, size_t *ret_n)
{
	DG_CLOSE int fd = -1;
	int r = dg_root_open(root, path, DG_ROOT_DIR, &fd);

	return r < 0 ? r : dg_fd_list(&fd, cap, ret_names, ret_n);
}

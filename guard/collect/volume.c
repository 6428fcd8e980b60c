/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Volumes that are part of the host's tree: a mount, or the root itself. */
#include "guard/collect/volume.h"

#include <errno.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include "guard/base/cleanup.h"
#include "guard/collect/collect.h"
#include "policy/text.h"

struct dir_volume {
	struct dg_volume base;
	const struct dg_root *root;
	char *prefix;
};

void dg_volume_gap(struct dg_volume *v, struct dg_meta *meta, int r, const char *path)
{
	const char *why = r == -EBADMSG ? v->ops->why(v) : "";

	dg_set_gap(meta, dg_state_from_errno(r), "%s%s: %s", v->name, path,
		   *why ? why : dg_errno_words(r));
}

static struct dir_volume *as_dir(struct dg_volume *v)
{
	return (struct dir_volume *)v;
}

static char *dir_join(const struct dir_volume *v, const char *path)
{
	return dg_format("%s/%s", v->prefix, path);
}

static int dir_stat(struct dg_volume *base, const char *path, struct dg_volume_stat *ret)
{
	struct dir_volume *v = as_dir(base);
	DG_FREE char *full = dir_join(v, path);
	struct stat st;
	int r = full ? dg_root_stat(v->root, full, true, &st) : -ENOMEM;

	if (r < 0)
		return r;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -ENOTSUP;
	*ret = (struct dg_volume_stat){.size = (uint64_t)st.st_size,
				       .mtime = st.st_mtim.tv_sec,
				       .directory = S_ISDIR(st.st_mode),
				       .dated = true};
	return 0;
}

static int dir_read(struct dg_volume *base, const char *path, size_t cap, char **ret_data,
		    size_t *ret_size)
{
	struct dir_volume *v = as_dir(base);
	DG_FREE char *full = dir_join(v, path);

	return full ? dg_root_read(v->root, full, cap, ret_data, ret_size) : -ENOMEM;
}

static int dir_read_head(struct dg_volume *base, const char *path, size_t len,
			 char **ret_data, size_t *ret_size)
{
	struct dir_volume *v = as_dir(base);
	DG_FREE char *full = dir_join(v, path);

	return full ? dg_root_read_head(v->root, full, DG_ROOT_FILE, 0, len, ret_data,
					ret_size)
		    : -ENOMEM;
}

static int dir_list(struct dg_volume *base, const char *path, size_t cap,
		    char ***ret_names)
{
	struct dir_volume *v = as_dir(base);
	DG_FREE char *full = dir_join(v, path);

	return full ? dg_root_list(v->root, full, cap, ret_names, NULL) : -ENOMEM;
}

/* In a tree, what the mount table calls a FAT mount may be a plain folder: that of the
 * disk below says nothing. */
static int dir_space(struct dg_volume *base, uint64_t *ret_size, uint64_t *ret_free)
{
	struct dir_volume *v = as_dir(base);
	DG_FREE char *full = dir_join(v, "");
	DG_CLOSE int fd = -1;
	struct statfs st;
	int r = full ? dg_root_open(v->root, full, DG_ROOT_DIR, &fd) : -ENOMEM;

	if (r < 0)
		return r;
	if (fstatfs(fd, &st) < 0)
		return -errno;
	if (st.f_type != MSDOS_SUPER_MAGIC)
		return -ENODATA;
	*ret_size = (uint64_t)st.f_blocks * (uint64_t)st.f_bsize;
	*ret_free = (uint64_t)st.f_bavail * (uint64_t)st.f_bsize;
	return 0;
}

static int dir_changed(struct dg_volume *base, bool *ret)
{
	(void)base;
	*ret = false;
	return 0;
}

static const char *dir_why(struct dg_volume *base)
{
	(void)base;
	return "";
}

static void dir_free(struct dg_volume *base)
{
	free(as_dir(base)->prefix);
	free(base->name);
	free(base);
}

static const struct dg_volume_ops dir_ops = {
	.stat = dir_stat,
	.read = dir_read,
	.read_head = dir_read_head,
	.list = dir_list,
	.space = dir_space,
	.changed = dir_changed,
	.why = dir_why,
	.free = dir_free,
};

int dg_volume_new_dir(const struct dg_root *root, const char *prefix,
		      struct dg_volume **ret)
{
	struct dir_volume *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	prefix += strspn(prefix, "/");
	v->base.ops = &dir_ops;
	v->root = root;
	v->base.name = dg_format("/%s%s", prefix, *prefix ? "/" : "");
	v->prefix = strdup(prefix);
	if (!v->base.name || !v->prefix) {
		dir_free(&v->base);
		return -ENOMEM;
	}
	*ret = &v->base;
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a block device stands: what it lies on, its volume's name, its scheduler; from
 * /sys/block (Documentation/ABI/stable/sysfs-block of the kernel). */
#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/collect/line.h"
#include "guard/sample/reading.h"
#include "policy/text.h"

/* Of a volume: LVM-thin on LUKS on RAID is four deep. */
#define DEPTH_MAX  8
#define BELOW_MAX  64
#define SLAVES_MAX 1024

void dg_disk_place_clear(struct dg_disk_place *place)
{
	free(place->label);
	free(place->scheduler);
	dg_names_free(place->below);
	*place = (struct dg_disk_place){0};
}

/* /sys writes "!" for the "/" in cciss/c0d0. */
static char *sys_path(const char *name, const char *file)
{
	char *path = dg_format("sys/class/block/%s%s", name, file);

	for (char *p = path ? path + strlen("sys/class/block/") : NULL;
	     p && p < path + strlen("sys/class/block/") + strlen(name); p++)
		if (*p == '/')
			*p = '!';
	return path;
}

static char *read_text(const struct dg_root *root, const char *name, const char *file)
{
	DG_LINE_CLEANUP struct dg_str line = {0};
	DG_FREE char *path = sys_path(name, file);

	if (!path)
		return NULL;
	dg_read_line_fact(root, path, &line);
	return dg_get(&line) && *line.value ? DG_STEAL(line.value) : NULL;
}

/* "none [mq-deadline] kyber": the one in brackets. */
static char *read_scheduler(const struct dg_root *root, const char *name)
{
	DG_FREE char *text = read_text(root, name, "/queue/scheduler");
	char *from = text ? strchr(text, '[') : NULL;
	char *to = from ? strchr(from, ']') : NULL;

	if (to)
		return strndup(from + 1, (size_t)(to - from - 1));
	return text ? strdup(text) : NULL;
}

/* The disk that a partition is of, or the device itself. Only a partition has the file
 * "partition"; its disk's folder is the one that holds its own: ".../block/sda/sda3",
 * ".../nvme/nvme0/nvme0n1/nvme0n1p3". */
static char *whole_of(const struct dg_root *root, const char *name)
{
	DG_FREE char *path = sys_path(name, ""), *mark = sys_path(name, "/partition");
	DG_FREE char *target = NULL;
	struct stat st;
	char *last, *parent;

	if (!path || !mark || dg_root_stat(root, mark, true, &st) < 0 ||
	    dg_root_readlink(root, path, &target) < 0)
		return strdup(name);
	last = strrchr(target, '/');
	if (!last)
		return strdup(name);
	*last = '\0';
	parent = strrchr(target, '/');
	return strdup(parent ? parent + 1 : target);
}

struct found {
	char **names;
	size_t count;
};

static bool has(const struct found *found, const char *name)
{
	for (size_t i = 0; i < found->count; i++)
		if (dg_streq(found->names[i], name))
			return true;
	return false;
}

/* What a device lies on, and what that lies on. */
static void find_below(const struct dg_root *root, const char *name, int depth,
		       struct found *found)
{
	DG_FREE char *path = sys_path(name, "/slaves");
	DG_NAMES_FREE char **slaves = NULL;

	if (!path || depth >= DEPTH_MAX ||
	    dg_root_list(root, path, SLAVES_MAX, &slaves, NULL) < 0)
		return;
	for (char **slave = slaves; *slave && found->count < BELOW_MAX; slave++) {
		DG_FREE char *whole = whole_of(root, *slave);

		if (!whole || has(found, whole))
			continue;
		found->names[found->count++] = strdup(whole);
		find_below(root, whole, depth + 1, found);
	}
}

void dg_disk_place_read(const struct dg_root *root, const char *name,
			struct dg_disk_place *ret)
{
	DG_FREE char *whole = whole_of(root, name);
	struct found found = {.names = calloc(BELOW_MAX + 1, sizeof(*found.names))};

	*ret = (struct dg_disk_place){.whole = dg_streq(whole, name)};
	if (ret->whole && found.names) {
		ret->label = read_text(root, name, "/dm/name");
		ret->scheduler = read_scheduler(root, name);
		find_below(root, name, 0, &found);
	}
	ret->below = found.names;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Guests' cgroups: QEMU's by its process, containers' by their place in the tree. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "guard/collect/collect.h"
#include "guard/probe/cgroup.h"
#include "guard/sample/reading.h"
#include "policy/text.h"

#define GUESTS_MAX  4096
#define IO_STAT_MAX ((size_t)1024 * 1024)

void dg_guest_cgroups_clear(struct dg_guest_cgroups *cgroups)
{
	for (size_t i = 0; i < cgroups->count; i++) {
		struct dg_guest_cgroup *c = &cgroups->items[i];

		free(c->vmid);
		free(c->name);
		free(c->path);
		free(c->why);
		dg_below_close(&c->dir);
	}
	free(cgroups->items);
	*cgroups = (struct dg_guest_cgroups){0};
}

static char *copy(const char *s)
{
	return s ? strdup(s) : NULL;
}

static struct dg_guest_cgroup *add(struct dg_guest_cgroups *to, const char *vmid,
				   const char *name, const char *kind)
{
	struct dg_guest_cgroup *items =
		reallocarray(to->items, to->count + 1, sizeof(*items));

	if (!items)
		return NULL;
	to->items = items;
	items[to->count] = (struct dg_guest_cgroup){.vmid = copy(vmid),
						    .name = copy(name),
						    .kind = kind,
						    .dir = DG_BELOW_NONE};
	if (!items[to->count].vmid)
		return NULL;
	return &items[to->count++];
}

/* --- QEMU's --- */

/* A cgroup that others are in too says nothing about one of them: this program's own, or
 * another guest's. */
static bool is_shared(const struct dg_guest_cgroups *found, const char *path,
		      const char *own)
{
	if (dg_streq(path, "/") || dg_streq(path, own))
		return true;
	for (size_t i = 0; i + 1 < found->count; i++)
		if (dg_streq(found->items[i].path, path))
			return true;
	return false;
}

static void open_cgroup(const struct dg_root *root, const char *mount, const char *path,
			struct dg_guest_cgroup *c)
{
	DG_FREE char *dir = dg_format("%s%s", mount, path);
	int r = dir ? dg_below_open(root, dir, &c->dir) : -ENOMEM;

	if (r < 0)
		c->why = dg_format("%s: %s", dir ? dir : path, dg_errno_words(r));
}

static void find_qemu(const struct dg_root *root, const char *mount, const char *own,
		      const struct dg_guest_cgroups *found, struct dg_guest_cgroup *c)
{
	int r = dg_cgroup_path(root, c->pid, &c->path);

	if (r < 0)
		c->why = dg_format("/proc/%lld/cgroup: %s", (long long)c->pid,
				   dg_errno_words(r));
	else if (is_shared(found, c->path, own))
		c->why = dg_format("its cgroup, %s, holds other processes too", c->path);
	else
		open_cgroup(root, mount, c->path, c);
}

static int find_qemus(const struct dg_root *root, const char *mount,
		      const struct dg_facts *facts, struct dg_guest_cgroups *ret)
{
	DG_FREE char *own = NULL;

	dg_cgroup_path(root, getpid(), &own);
	dg_list_foreach (guest, facts->guests) {
		struct dg_guest_cgroup *c;

		if (!dg_known(guest) || !dg_known(&guest->running) ||
		    !dg_known(&guest->running.pid) || !dg_get(&guest->vmid) ||
		    ret->count >= GUESTS_MAX)
			continue;
		c = add(ret, guest->vmid.value, dg_get(&guest->name), "qemu");
		if (!c)
			return -ENOMEM;
		c->pid = guest->running.pid.value;
		if (mount)
			find_qemu(root, mount, own, ret, c);
		else
			c->why = dg_format("no cgroup v2 is mounted here");
	}
	return 0;
}

/* --- containers: /lxc/VMID --- */

static int find_containers(const struct dg_root *root, const char *mount,
			   struct dg_guest_cgroups *ret)
{
	DG_FREE char *top = dg_format("%s/lxc", mount);
	DG_NAMES_FREE char **names = NULL;

	if (!top)
		return -ENOMEM;
	if (dg_root_list(root, top, GUESTS_MAX, &names, NULL) < 0)
		return 0;
	for (char **name = names; *name && ret->count < GUESTS_MAX; name++) {
		DG_FREE char *path = dg_format("/lxc/%s", *name);
		struct dg_guest_cgroup *c;

		if (!**name || strspn(*name, "0123456789") != strlen(*name))
			continue;
		c = path ? add(ret, *name, NULL, "lxc") : NULL;
		if (!c)
			return -ENOMEM;
		open_cgroup(root, mount, path, c);
	}
	return 0;
}

int dg_guest_cgroups_find(const struct dg_root *root, const struct dg_facts *facts,
			  struct dg_guest_cgroups *ret)
{
	DG_CLEANUP(dg_guest_cgroups_clear) struct dg_guest_cgroups found = {0};
	DG_FREE char *mount = NULL;
	int r;

	dg_cgroup_mount(root, &mount);
	r = find_qemus(root, mount, facts, &found);
	if (r == 0 && mount)
		r = find_containers(root, mount, &found);
	if (r < 0)
		return r;
	*ret = found;
	found = (struct dg_guest_cgroups){0};
	return 0;
}

/* --- reading them --- */

static void read_pressure(const struct dg_below *dir, enum dg_resource resource,
			  struct dg_psi_reading *ret)
{
	char name[32];

	snprintf(name, sizeof(name), "%s.pressure", dg_resource_names[resource]);
	dg_psi_read(dir, name, ret);
}

static int read_io_stat(const struct dg_below *dir, struct dg_io_stat **ret,
			size_t *ret_count)
{
	DG_FREE char *text = NULL;
	size_t size;
	int r = dg_below_read(dir, "io.stat", IO_STAT_MAX, &text, &size);

	return r < 0 ? r : dg_io_stat_parse(text, size, ret, ret_count, NULL);
}

int dg_reading_take_guests(const struct dg_guest_cgroups *cgroups,
			   struct dg_reading *reading)
{
	reading->guests_us = dg_reading_clock_us();
	reading->guests = calloc(cgroups->count + 1, sizeof(*reading->guests));
	if (!reading->guests)
		return -ENOMEM;
	reading->guest_count = cgroups->count;
	for (size_t i = 0; i < cgroups->count; i++) {
		const struct dg_below *dir = &cgroups->items[i].dir;
		struct dg_guest_reading *g = &reading->guests[i];

		for (enum dg_resource j = DG_CPU; j <= DG_MEMORY; j++) {
			g->psi[j].r = -ENOENT;
			if (dir->fd >= 0)
				read_pressure(dir, j, &g->psi[j]);
		}
		g->disks_r = dir->fd >= 0 ? read_io_stat(dir, &g->disks, &g->disk_count)
					  : -ENOENT;
	}
	return 0;
}

int dg_guest_cgroups_requests(const struct dg_guest_cgroups *cgroups, uint64_t *ret)
{
	uint64_t sum = 0;
	bool told = false;

	for (size_t i = 0; i < cgroups->count; i++) {
		DG_FREE struct dg_io_stat *disks = NULL;
		size_t count = 0;

		if (cgroups->items[i].dir.fd < 0 ||
		    read_io_stat(&cgroups->items[i].dir, &disks, &count) < 0)
			continue;
		told = true;
		for (size_t j = 0; j < count; j++)
			sum += disks[j].rios + disks[j].wios;
	}
	if (!told)
		return -ENODATA;
	*ret = sum;
	return 0;
}

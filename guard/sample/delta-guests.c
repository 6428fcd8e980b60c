/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What guests and processes did between two readings. */
#include <errno.h>
#include <stdio.h>

#include "guard/collect/collect.h"
#include "guard/sample/reading.h"

#define WRITERS_MAX 5

/* --- guests --- */

static const struct dg_io_stat *find_device(const struct dg_guest_reading *reading,
					    const struct dg_io_stat *device)
{
	for (size_t i = 0; i < reading->disk_count; i++)
		if (reading->disks[i].has_number &&
		    reading->disks[i].major == device->major &&
		    reading->disks[i].minor == device->minor)
			return &reading->disks[i];
	return NULL;
}

static bool is_grown(const struct dg_io_stat *a, const struct dg_io_stat *b)
{
	return b->rios >= a->rios && b->wios >= a->wios && b->rbytes >= a->rbytes &&
	       b->wbytes >= a->wbytes && (b->rios > a->rios || b->wios > a->wios);
}

static void set_disk(const struct dg_reading *host, const struct dg_io_stat *a,
		     const struct dg_io_stat *b, double window_s,
		     struct dg_guest_disk *ret)
{
	const struct dg_diskstat *device = dg_reading_disk(host, b->major, b->minor);
	char number[32];

	snprintf(number, sizeof(number), "%u:%u", b->major, b->minor);
	dg_set_str(&ret->number, number);
	if (device)
		dg_set_str(&ret->name, device->name);
	else
		dg_set_gap(&ret->name.meta, DG_ABSENT, "not in /proc/diskstats");
	dg_set_real(&ret->reads_per_s, (double)(b->rios - a->rios) / window_s);
	dg_set_real(&ret->writes_per_s, (double)(b->wios - a->wios) / window_s);
	dg_set_real(&ret->read_bytes_per_s, (double)(b->rbytes - a->rbytes) / window_s);
	dg_set_real(&ret->write_bytes_per_s, (double)(b->wbytes - a->wbytes) / window_s);
}

static int add_disks(const struct dg_reading *host, const struct dg_guest_reading *a,
		     const struct dg_guest_reading *b, double window_s,
		     struct dg_guest_load *load)
{
	static const struct dg_io_stat nothing;

	if (a->disks_r < 0 || b->disks_r < 0) {
		dg_gap_from_errno(&load->disks.meta,
				  a->disks_r < 0 ? a->disks_r : b->disks_r, "io.stat");
		return 0;
	}
	dg_set_gap(&load->disks.meta, DG_ABSENT, "it touched none");
	for (size_t i = 0; i < b->disk_count; i++) {
		const struct dg_io_stat *before = find_device(a, &b->disks[i]);
		struct dg_guest_disk *disk;

		if (!before)
			before = &nothing;
		if (!b->disks[i].has_number || !is_grown(before, &b->disks[i]))
			continue;
		disk = DG_ADD(&load->disks, b->disk_count);
		if (!disk)
			return -ENOMEM;
		set_disk(host, before, &b->disks[i], window_s, disk);
	}
	return 0;
}

static int set_guest(const struct dg_guest_cgroup *cgroup, const struct dg_reading *a,
		     const struct dg_reading *b, size_t at, struct dg_guest_load *load)
{
	const struct dg_guest_reading *first = &a->guests[at], *last = &b->guests[at];
	int64_t window_us = b->guests_us - a->guests_us;
	int r;

	dg_set_str(&load->vmid, cgroup->vmid);
	if (cgroup->name)
		dg_set_str(&load->name, cgroup->name);
	else
		dg_set_gap(&load->name.meta, DG_ABSENT, "not known");
	dg_set_str(&load->kind, cgroup->kind);
	if (cgroup->why) {
		dg_set_gap(&load->pressure.meta, DG_UNREADABLE, "%s", cgroup->why);
		dg_set_gap(&load->disks.meta, DG_UNREADABLE, "%s", cgroup->why);
		return 0;
	}
	/* ENODEV is what an open directory of a removed cgroup answers. */
	if (last->psi[DG_IO].r == -ENODEV ||
	    (first->psi[DG_IO].r == 0 && last->psi[DG_IO].r == -ENOENT)) {
		dg_set_gap(&load->pressure.meta, DG_UNREADABLE, "it ended meanwhile");
		dg_set_gap(&load->disks.meta, DG_UNREADABLE, "it ended meanwhile");
		return 0;
	}
	dg_gap_from_errno(&load->pressure.meta, -ENOENT, "io.pressure");
	r = dg_delta_stalls(first->psi, last->psi, window_us, &load->pressure);
	return r < 0 ? r : add_disks(b, first, last, (double)window_us / 1e6, load);
}

int dg_delta_guests(const struct dg_guest_cgroups *cgroups, const struct dg_reading *a,
		    const struct dg_reading *b, struct dg_sample *sample)
{
	int r = 0;

	dg_set_gap(&sample->guests.meta, DG_ABSENT, "none runs");
	if (!a->guests || !b->guests || b->guests_us <= a->guests_us)
		return 0;
	for (size_t i = 0; i < cgroups->count && r == 0; i++) {
		struct dg_guest_load *load = DG_ADD(&sample->guests, cgroups->count);

		r = load ? set_guest(&cgroups->items[i], a, b, i, load) : -ENOMEM;
	}
	return r;
}

/* --- processes --- */

struct wrote {
	int64_t pid;
	uint64_t bytes;
};

static int by_bytes(const void *a, const void *b)
{
	const struct wrote *x = a, *y = b;

	return (x->bytes < y->bytes) - (x->bytes > y->bytes);
}

/* Both lists are by pid. A counter that went back is another process's that was given the
 * same number: all that it shows is its own. */
static size_t find_writers(const struct dg_reading *a, const struct dg_reading *b,
			   struct wrote *ret)
{
	size_t i = 0, n = 0;

	for (size_t j = 0; j < b->task_count; j++) {
		uint64_t bytes = b->tasks[j].io.write_bytes, before = 0;

		while (i < a->task_count && a->tasks[i].pid < b->tasks[j].pid)
			i++;
		if (i < a->task_count && a->tasks[i].pid == b->tasks[j].pid)
			before = a->tasks[i].io.write_bytes;
		bytes -= before <= bytes ? before : 0;
		if (bytes > 0)
			ret[n++] = (struct wrote){.pid = b->tasks[j].pid, .bytes = bytes};
	}
	qsort(ret, n, sizeof(*ret), by_bytes);
	return n < WRITERS_MAX ? n : WRITERS_MAX;
}

static const char *guest_of(const struct dg_guest_cgroups *cgroups, int64_t pid)
{
	for (size_t i = 0; i < cgroups->count; i++)
		if (cgroups->items[i].pid == pid)
			return cgroups->items[i].vmid;
	return NULL;
}

static void set_writer(const struct dg_below *proc, const struct wrote *wrote,
		       const char *vmid, double window_s, struct dg_writer *ret)
{
	DG_FREE char *name = dg_task_name(proc, wrote->pid);

	if (name)
		dg_set_str(&ret->name, name);
	else
		dg_set_gap(&ret->name.meta, DG_UNREADABLE, "it has ended");
	dg_set_int(&ret->pid, wrote->pid);
	if (vmid)
		dg_set_str(&ret->vmid, vmid);
	else
		dg_set_gap(&ret->vmid.meta, DG_ABSENT, "not a guest's");
	dg_set_real(&ret->write_bytes_per_s, (double)wrote->bytes / window_s);
}

static int add_unseen(size_t count, struct dg_sample *sample)
{
	struct dg_writer *writer = DG_ADD(&sample->writers, WRITERS_MAX + 1);

	if (!writer)
		return -ENOMEM;
	dg_set_gap(&writer->meta, DG_UNREADABLE,
		   "/proc/PID/io of %zu process%s: no permission", count,
		   count == 1 ? "" : "es");
	return 0;
}

int dg_delta_writers(const struct dg_below *proc, const struct dg_guest_cgroups *cgroups,
		     const struct dg_reading *a, const struct dg_reading *b,
		     struct dg_sample *sample)
{
	double window_s = (double)(b->tasks_us - a->tasks_us) / 1e6;
	int r = a->tasks_r < 0 ? a->tasks_r : b->tasks_r;
	DG_FREE struct wrote *wrote = NULL;
	size_t n;

	/* A list of one's own processes would be taken for that of all. */
	if (r == 0 && b->tasks_denied >= b->task_count)
		r = -EACCES;
	if (r < 0) {
		dg_gap_from_errno(&sample->writers.meta, r, "/proc/PID/io");
		return 0;
	}
	wrote = calloc(b->task_count + 1, sizeof(*wrote));
	if (!wrote)
		return -ENOMEM;
	dg_set_gap(&sample->writers.meta, DG_ABSENT, "nobody wrote");
	n = window_s > 0 ? find_writers(a, b, wrote) : 0;
	for (size_t i = 0; i < n; i++) {
		struct dg_writer *writer = DG_ADD(&sample->writers, WRITERS_MAX);

		if (!writer)
			return -ENOMEM;
		set_writer(proc, &wrote[i], guest_of(cgroups, wrote[i].pid), window_s,
			   writer);
	}
	return b->tasks_denied > 0 ? add_unseen(b->tasks_denied, sample) : 0;
}

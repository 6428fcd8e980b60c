/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within sampling: one reading of a host's counters, and what lies between two. */
#pragma once

#include "guard/base/root-below.h"
#include "guard/parse/diskstats.h"
#include "guard/parse/io-stat.h"
#include "guard/parse/proc-io.h"
#include "guard/parse/proc-stat.h"
#include "guard/parse/psi.h"
#include "policy/facts.h"

enum dg_resource { DG_CPU, DG_IO, DG_MEMORY, DG_IRQ, DG_RESOURCES };
extern const char *const dg_resource_names[DG_RESOURCES];

/* A pressure file as it was read: 0 and its totals, or a negative errno. */
struct dg_psi_reading {
	int r;
	struct dg_psi psi;
};

/* A guest's cgroup, its directory held open from the first reading on. */
struct dg_guest_cgroup {
	char *vmid, *name; /* owned; name NULL: not known */
	const char *kind;  /* qemu, lxc */
	int64_t pid;	   /* of its QEMU; 0: none */
	char *path;	   /* its cgroup's; NULL: not known */
	char *why;	   /* why its cgroup says nothing about it; NULL: it does */
	struct dg_below dir;
};

struct dg_guest_cgroups {
	struct dg_guest_cgroup *items;
	size_t count;
};

struct dg_guest_reading {
	struct dg_psi_reading psi[DG_RESOURCES];
	int disks_r;
	struct dg_io_stat *disks;
	size_t disk_count;
};

struct dg_task_reading {
	int64_t pid;
	struct dg_proc_io io;
};

/* Times are microseconds of clocks: `mono_us` stands still while the machine sleeps,
 * `boot_us` does not. */
struct dg_reading {
	int64_t mono_us, boot_us;
	struct dg_psi_reading psi[DG_RESOURCES];
	int stat_r;
	struct dg_proc_stat stat;
	int disks_r;
	struct dg_diskstat *disks; /* with partitions */
	size_t disk_count;
	int64_t guests_us;
	struct dg_guest_reading *guests; /* as many as there are cgroups */
	size_t guest_count;
	int64_t tasks_us;
	int tasks_r;
	struct dg_task_reading *tasks; /* by pid */
	size_t task_count;
	size_t tasks_denied;  /* that may not be read */
	int64_t own_cpu_us;   /* of this process */
	int64_t own_requests; /* its own block I/O, and page faults that needed some */
	int64_t own_memory_bytes; /* at most, so far */
};

void dg_reading_clear(struct dg_reading *reading);

/* What belongs to the host: pressure, processors, disks. Always fills `ret`, what cannot
 * be read with why. */
void dg_reading_take(const struct dg_below *proc, struct dg_reading *ret);
/* A pressure file of a directory. */
void dg_psi_read(const struct dg_below *dir, const char *name,
		 struct dg_psi_reading *ret);
/* What this process has used so far; to be asked last. */
void dg_reading_take_own(struct dg_reading *ret);
/* Only `psi` of I/O and the disks, for who watches. */
void dg_reading_peek(const struct dg_below *proc, struct dg_reading *ret);
int64_t dg_reading_clock_us(void);

/* --- guests (guest-reading.c) --- */

/* The cgroups of the running guests in `facts`, and of LXC containers. 0 or -ENOMEM. */
int dg_guest_cgroups_find(const struct dg_root *root, const struct dg_facts *facts,
			  struct dg_guest_cgroups *ret);
void dg_guest_cgroups_clear(struct dg_guest_cgroups *cgroups);
int dg_reading_take_guests(const struct dg_guest_cgroups *cgroups,
			   struct dg_reading *reading);
/* Requests that the guests have made so far, on all devices; -ENODATA: none of them
 * tells. */
int dg_guest_cgroups_requests(const struct dg_guest_cgroups *cgroups, uint64_t *ret);

/* --- tasks (task-reading.c) --- */

void dg_reading_take_tasks(const struct dg_below *proc, struct dg_reading *reading);
/* Threads in state D; a negative errno: /proc cannot be listed. */
int dg_count_blocked(const struct dg_below *proc, size_t *ret);
/* The name of a process; owned, NULL: it has ended. */
char *dg_task_name(const struct dg_below *proc, int64_t pid);

/* --- between two readings (delta.c, delta-guests.c); pure --- */

/* How a disk stands among others; `sys` tells (disk-place.c). */
struct dg_disk_place {
	bool whole;	 /* not a partition */
	char *label;	 /* of a dm device; NULL: none */
	char *scheduler; /* NULL: none */
	char **below;	 /* names of all devices that it lies on, NULL-terminated */
};

void dg_disk_place_read(const struct dg_root *root, const char *name,
			struct dg_disk_place *ret);
void dg_disk_place_clear(struct dg_disk_place *place);

/* Append each resource's stall that both readings have to a list of struct dg_stall. */
int dg_delta_stalls(const struct dg_psi_reading *a, const struct dg_psi_reading *b,
		    int64_t window_us, void *list);
/* Fill pressure, iowait and window of `sample`, and this program's own share. */
void dg_delta_host(const struct dg_reading *a, const struct dg_reading *b,
		   struct dg_sample *sample);
/* Whether a device did anything between the two, or has requests in flight. */
bool dg_delta_is_active(const struct dg_diskstat *a, const struct dg_diskstat *b);
void dg_delta_disk(const struct dg_diskstat *a, const struct dg_diskstat *b,
		   int64_t window_us, struct dg_disk_load *ret);
/* A device's entry; NULL: it was not there. */
const struct dg_diskstat *dg_reading_disk(const struct dg_reading *reading,
					  unsigned int major, unsigned int minor);
/* That of the one at `at` of another reading: as a rule it stands in the same place, so
 * that to find all is no matter of the square of many volumes. */
const struct dg_diskstat *dg_reading_same_disk(const struct dg_reading *reading,
					       const struct dg_reading *other, size_t at);
int dg_delta_guests(const struct dg_guest_cgroups *cgroups, const struct dg_reading *a,
		    const struct dg_reading *b, struct dg_sample *sample);
int dg_delta_writers(const struct dg_below *proc, const struct dg_guest_cgroups *cgroups,
		     const struct dg_reading *a, const struct dg_reading *b,
		     struct dg_sample *sample);

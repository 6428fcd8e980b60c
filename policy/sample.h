/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a window of sampling saw of a host's pressure, disks and guests, and what the
 * self-test of idle waits said: part of the facts, kept in the boot's record.
 *
 * Rates are per second of the window, percentages 0-100 of it, latencies milliseconds. */
#pragma once

#include "policy/fact.h"

/* One resource's PSI (Documentation/accounting/psi.rst), by the growth of `total`. */
struct dg_stall {
	struct dg_meta meta;
	struct dg_str resource; /* cpu, io, memory, irq */
	struct dg_int some_us;	/* absent: irq has no such line */
	struct dg_int full_us;	/* absent: cpu of old kernels has no such line */
	struct dg_real some_percent;
	struct dg_real full_percent;
};

struct dg_word {
	struct dg_meta meta;
	struct dg_str name;
};

/* A block device within the window, from /proc/diskstats. Means of requests that were
 * completed in it; absent: there were none. */
struct dg_disk_load {
	struct dg_meta meta;
	struct dg_str name;	       /* sda, dm-3 */
	struct dg_str number;	       /* "253:3" */
	struct dg_str label;	       /* of a dm device: pve-vm--103--disk--0 */
	DG_LIST(struct dg_word) below; /* devices that it lies on; absent: a whole disk */
	struct dg_str scheduler;       /* absent: it has none */
	struct dg_real reads_per_s;
	struct dg_real writes_per_s;
	struct dg_real read_bytes_per_s;
	struct dg_real write_bytes_per_s;
	struct dg_real r_await_ms;
	struct dg_real w_await_ms;
	struct dg_real f_await_ms; /* flushes */
	struct dg_real d_await_ms; /* discards */
	struct dg_real queue;	   /* mean number of requests in flight */
	struct dg_real util_percent;
};

/* What a guest did to one block device (io.stat of its cgroup). */
struct dg_guest_disk {
	struct dg_meta meta;
	struct dg_str number;
	struct dg_str name; /* absent: no such device in /proc/diskstats */
	struct dg_real reads_per_s;
	struct dg_real writes_per_s;
	struct dg_real read_bytes_per_s;
	struct dg_real write_bytes_per_s;
};

/* A guest's cgroup within the window. */
struct dg_guest_load {
	struct dg_meta meta;
	struct dg_str vmid;
	struct dg_str name;
	struct dg_str kind;		     /* qemu, lxc */
	DG_LIST(struct dg_stall) pressure;   /* absent: its cgroup has no such files */
	DG_LIST(struct dg_guest_disk) disks; /* those it touched */
};

/* A process that wrote within the window. */
struct dg_writer {
	struct dg_meta meta;
	struct dg_str name;
	struct dg_int pid;
	struct dg_str vmid; /* absent: it is no guest's */
	struct dg_real write_bytes_per_s;
};

/* A load of our own: small durable writes at a fixed rate, in a cgroup of its own. */
struct dg_trial {
	struct dg_meta meta;
	struct dg_str way; /* blocking, io_uring, io_uring-no-iowait */
	struct dg_int writes;
	struct dg_real await_ms;
	struct dg_int in_flight_us; /* at least one write was */
	struct dg_int stalled_us;   /* charged as io `some` */
	struct dg_int elapsed_us;
	struct dg_real inflation; /* stalled over in flight: about 1 is honest */
};

/* Whether guests were seen to wait in a way that this kernel counts as I/O stall though
 * nothing is in flight (what qemu-ring-phantom finds), at the time of the window. */
struct dg_signature {
	struct dg_meta meta;
	struct dg_str seen;		/* yes, no, unknown */
	struct dg_str because;		/* a sentence */
	DG_LIST(struct dg_word) guests; /* labels; absent: none */
};

struct dg_sample {
	struct dg_meta meta;
	struct dg_int time;	    /* its end */
	struct dg_real window_s;    /* as it came out */
	struct dg_bool interrupted; /* ended before its time */
	struct dg_str disturbed;    /* why it is not to be trusted; absent: it is */
	struct dg_int cpus;
	DG_LIST(struct dg_stall) pressure; /* absent: this kernel has PSI off */
	struct dg_real iowait_percent;
	struct dg_real idle_percent;	      /* without iowait */
	struct dg_real blocked;		      /* procs_blocked, in the window's middle */
	struct dg_real blocked_in_d;	      /* threads that stayed in state D then */
	DG_LIST(struct dg_disk_load) disks;   /* active ones */
	DG_LIST(struct dg_guest_load) guests; /* absent: none runs */
	DG_LIST(struct dg_writer) writers;    /* the top ones, most first */
	DG_LIST(struct dg_trial) trials;      /* absent: --load was not asked for */
	struct dg_signature signature;
	struct dg_real own_cpu_percent;	    /* of one processor, this program itself */
	struct dg_real own_stalled_percent; /* I/O stall of its own; absent: not known */
	struct dg_int own_memory_bytes;
};

/* The idle-wait self-test (guard/probe/idle-wait.h). */
struct dg_idle_result {
	struct dg_meta meta;
	struct dg_int time;
	struct dg_str plain;	 /* charged, free, cannot-tell, not-tried */
	struct dg_str no_iowait; /* likewise */
	struct dg_real plain_percent;
	struct dg_real no_iowait_percent;
	struct dg_str why; /* absent: both could be told */
};

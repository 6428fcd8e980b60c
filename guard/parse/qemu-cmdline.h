/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line of a running QEMU, as /proc/PID/cmdline has it: arguments that each
 * end with a NUL. Proxmox starts guests of a machine version before 10.0 with one -drive
 * a disk, later ones with one -blockdev in JSON, its nodes nested: throttle, format,
 * file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Linux takes at most 6 MiB of arguments (fs/exec.c, bprm_stack_limits). */
#define DG_QEMU_CMDLINE_MAX ((size_t)8 * 1024 * 1024)
/* Drives, and I/O threads: more than any machine has places for. */
#define DG_QEMU_ITEMS_MAX 4096

struct dg_qemu_drive {
	char *name; /* id of a -drive, else the outermost node-name; NULL: it has none */
	char *aio;  /* of the innermost node that sets it; NULL: none does */
	int direct; /* likewise: 1 past the page cache, 0 through it; -1: not said */
	char *bad;  /* why the argument cannot be read, then all else is unset */
};

struct dg_qemu_iothread {
	char *id;  /* NULL: see `bad` */
	char *bad; /* why the argument cannot be read */
};

struct dg_qemu_cmdline {
	char *program; /* argv[0] */
	char *pidfile; /* these four as they are last set; NULL: not at all */
	char *name;    /* of the guest */
	char *id;      /* Proxmox's own -id: the guest's number */
	struct dg_qemu_drive *drives;
	size_t n_drives;
	struct dg_qemu_iothread *iothreads;
	size_t n_iothreads;
	bool incoming; /* it was started to take over a guest (-incoming) */
	bool cut;      /* the last argument lacks its NUL: the rest may be missing */
};

/*
 * 0 and *ret is written: the caller clears it. One argument that cannot be read costs
 * itself only (`bad`). -EBADMSG: no argument at all, as of a process that has ended, or
 * beyond a cap above; *ret_why (may be NULL) says, owned. -ENOMEM. Linear in `len`.
 */
int dg_qemu_cmdline_parse(const char *buf, size_t len, struct dg_qemu_cmdline *ret,
			  char **ret_why);
void dg_qemu_cmdline_clear(struct dg_qemu_cmdline *cmdline);

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A running guest: the process that its pid file names, if that is its QEMU. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard/base/cleanup.h"
#include "guard/collect/guests.h"
#include "guard/parse/qemu-cmdline.h"
#include "guard/parse/span.h"
#include "policy/text.h"

#define PID_FILE_MAX 64
#define DELETED	     " (deleted)" /* fs/d_path.c */

static void set_not_running(struct dg_guest *guest, const char *why, int64_t pid)
{
	dg_set_gap(&guest->running.meta, DG_ABSENT, "process %lld %s", (long long)pid,
		   why);
}

/* What a field that is a record, or a list of them, is made of. */
static const struct dg_record *record_of(const struct dg_record *record, const char *name)
{
	return dg_record_field(record, name, strlen(name))->record;
}

void dg_guest_set_ended(struct dg_guest *guest)
{
	int64_t pid = guest->running.pid.value;

	dg_record_clear(record_of(record_of(&dg_facts_record, "guests"), "running"),
			&guest->running);
	set_not_running(guest, "has ended", pid);
}

/* --- whose process is it? --- */

static int read_pid(const struct dg_below *run, const char *name, int64_t *ret)
{
	char data[PID_FILE_MAX];
	uint64_t pid;
	size_t size;
	int r = dg_below_read_small(run, name, data, sizeof(data), &size);

	if (r < 0)
		return r;
	if (dg_parse_u64(dg_span_trim(dg_span_of(data, size)), &pid) < 0 || pid == 0 ||
	    pid > INT_MAX)
		return -EBADMSG;
	*ret = (int64_t)pid;
	return 0;
}

/* As Proxmox itself tells it: argv[0] is "kvm" at its end, or a qemu-system-ARCH. */
static bool is_qemu(const char *program)
{
	const char *base = strrchr(program, '/');

	return dg_ends_with(program, "kvm") ||
	       dg_after(base ? base + 1 : program, "qemu-");
}

/* /var/run is a link to /run. */
static const char *below_run(const char *path)
{
	const char *rest = dg_after(path, "/var/run/");

	return rest ? rest : dg_after(path, "/run/");
}

static bool is_of_guest(const struct dg_qemu_cmdline *cmdline, const char *vmid)
{
	const char *file = cmdline->pidfile ? below_run(cmdline->pidfile) : NULL;

	file = file ? dg_after(file, "qemu-server/") : NULL;
	file = file ? dg_after(file, vmid) : NULL;
	return dg_streq(file, ".pid") && is_qemu(cmdline->program);
}

/* A procfs may hide others' processes (hidepid); then it is there all the same. */
static bool is_hidden(const struct dg_root *root, int64_t pid)
{
	return dg_root_is_live(root) && getpgid((pid_t)pid) >= 0;
}

int dg_guest_open(const struct dg_root *root, int64_t pid, struct dg_below *ret)
{
	char path[32];
	int r;

	snprintf(path, sizeof(path), "proc/%lld", (long long)pid);
	r = dg_below_open(root, path, ret);
	if (r == -ENOENT && is_hidden(root, pid))
		return -EACCES;
	return r == -ENOENT || r == -ENOTDIR ? -ESRCH : r;
}

/* 0; -ESRCH: the process has ended, or has no arguments. */
static int read_cmdline(const struct dg_below *proc, struct dg_qemu_cmdline *ret,
			char **ret_why)
{
	DG_FREE char *data = NULL;
	size_t size;
	int r = dg_below_read(proc, "cmdline", DG_QEMU_CMDLINE_MAX, &data, &size);

	if (r == -ENOENT || (r == 0 && size == 0))
		return -ESRCH;
	return r < 0 ? r : dg_qemu_cmdline_parse(data, size, ret, ret_why);
}

/* --- what its command line says --- */

static void set_cut(struct dg_meta *meta)
{
	dg_set_gap(meta, DG_MALFORMED, "the command line is cut off");
}

static void set_drive(struct dg_drive *fact, const struct dg_qemu_drive *drive, size_t at)
{
	char number[32];

	if (drive->bad) {
		dg_set_gap(&fact->meta, DG_MALFORMED, "drive %zu: %s", at + 1,
			   drive->bad);
		return;
	}
	snprintf(number, sizeof(number), "drive %zu", at + 1);
	dg_set_str(&fact->name, drive->name ? drive->name : number);
	dg_guest_set_drive(fact, drive->aio, drive->direct);
}

static void set_drives(struct dg_running *running, const struct dg_qemu_cmdline *cmdline)
{
	dg_set_gap(&running->drives.meta, DG_ABSENT, "its command line names none");
	for (size_t i = 0; i < cmdline->n_drives; i++) {
		struct dg_drive *fact = DG_ADD(&running->drives, DG_QEMU_ITEMS_MAX);

		if (fact)
			set_drive(fact, &cmdline->drives[i], i);
		else
			dg_gap_from_errno(&running->drives.meta, -ENOMEM, "proc");
	}
	if (cmdline->cut)
		set_cut(&running->drives.meta);
}

static void set_iothreads(struct dg_running *running,
			  const struct dg_qemu_cmdline *cmdline)
{
	dg_set_gap(&running->iothreads.meta, DG_ABSENT, "its command line names none");
	for (size_t i = 0; i < cmdline->n_iothreads; i++) {
		struct dg_word *fact = DG_ADD(&running->iothreads, DG_QEMU_ITEMS_MAX);

		if (!fact)
			dg_gap_from_errno(&running->iothreads.meta, -ENOMEM, "proc");
		else if (cmdline->iothreads[i].bad)
			dg_set_gap(&fact->meta, DG_MALFORMED, "I/O thread %zu: %s", i + 1,
				   cmdline->iothreads[i].bad);
		else
			dg_set_str(&fact->name, cmdline->iothreads[i].id);
	}
	if (cmdline->cut)
		set_cut(&running->iothreads.meta);
}

/* --- its program file --- */

struct program {
	const struct dg_root *root;
	int64_t pid;
};

static int open_program(const void *arg, int *ret_fd)
{
	const struct program *program = arg;

	return dg_root_proc_exe(program->root, (pid_t)program->pid, ret_fd);
}

/* The file that lies where the program was started from is another one by now. */
static bool is_replaced(const struct dg_root *root, const char *path,
			const struct stat *running)
{
	struct stat st;
	int r = dg_root_stat(root, path, true, &st);

	if (r < 0)
		return r == -ENOENT;
	return st.st_dev != running->st_dev || st.st_ino != running->st_ino;
}

static void read_program(const struct dg_below *proc, int64_t pid, const char *path,
			 bool deleted, struct dg_binary *binary)
{
	struct program program = {.root = proc->root, .pid = pid};
	struct stat st;
	int r = dg_below_stat_exe(proc, &st);

	if (r == 0)
		dg_read_binary(&st, open_program, &program, path, binary);
	else
		dg_set_binary_unread(r, path, binary);
	dg_set_bool(&binary->deleted,
		    deleted || (r == 0 && is_replaced(proc->root, path, &st)));
}

/* -ESRCH: the process has ended. */
static int read_binary(const struct dg_below *proc, struct dg_running *running)
{
	DG_FREE char *path = NULL;
	int r = dg_below_readlink(proc, "exe", &path);
	bool deleted;

	if ((r == -ENOENT || r == -ESRCH) && dg_root_is_live(proc->root))
		return -ESRCH;
	if (r < 0) {
		dg_set_gap(&running->binary.meta, DG_UNREADABLE, "/%s/exe: %s",
			   proc->path, dg_errno_words(r));
		return 0;
	}
	deleted = dg_ends_with(path, DELETED);
	if (deleted)
		path[strlen(path) - strlen(DELETED)] = '\0';
	read_program(proc, running->pid.value, path, deleted, &running->binary);
	return 0;
}

/* --- all of it --- */

static int fill(const struct dg_below *proc, struct dg_guest *guest, int64_t pid,
		const struct dg_qemu_cmdline *cmdline)
{
	struct dg_running *running = &guest->running;
	int r;

	dg_set_known(&running->meta);
	dg_set_int(&running->pid, pid);
	set_drives(running, cmdline);
	set_iothreads(running, cmdline);
	dg_set_bool(&running->incoming, cmdline->incoming);
	if (cmdline->cut && !cmdline->incoming)
		set_cut(&running->incoming.meta);
	if (!dg_known(&guest->name) && cmdline->name)
		dg_set_str(&guest->name, cmdline->name);
	r = dg_guest_read_waits(proc, running);
	return r < 0 ? r : read_binary(proc, running);
}

void dg_guest_read_running(const struct dg_below *run, const char *name,
			   struct dg_guest *guest)
{
	DG_CLEANUP(dg_qemu_cmdline_clear) struct dg_qemu_cmdline cmdline = {0};
	DG_BELOW_CLEANUP struct dg_below proc = DG_BELOW_NONE;
	DG_FREE char *why = NULL;
	int64_t pid;
	int r = read_pid(run, name, &pid);

	if (r < 0) {
		DG_FREE char *path = dg_format("%s/%s", run->path, name);

		dg_gap_from_errno(&guest->running.meta, r, path ? path : name);
		return;
	}
	r = dg_guest_open(run->root, pid, &proc);
	if (r == 0)
		r = read_cmdline(&proc, &cmdline, &why);
	if (r == -ESRCH)
		set_not_running(guest, "is gone", pid);
	else if (r < 0)
		dg_set_gap(&guest->running.meta, dg_state_from_errno(r),
			   "/proc/%lld/cmdline: %s", (long long)pid,
			   why ? why : dg_errno_words(r));
	else if (!is_of_guest(&cmdline, guest->vmid.value))
		set_not_running(guest, "is not this guest's", pid);
	else if (fill(&proc, guest, pid, &cmdline) == -ESRCH)
		dg_guest_set_ended(guest);
}

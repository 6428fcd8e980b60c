/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Processes: what each wrote, and how many threads are blocked for good reason. */
#include <errno.h>
#include <stdio.h>

#include "guard/parse/span.h"
#include "guard/parse/task-stat.h"
#include "guard/sample/reading.h"
#include "policy/text.h"

#define TASKS_MAX 1048576
#define SMALL_MAX 4096

static bool parse_pid(const char *name, int64_t *ret)
{
	uint64_t pid;

	if (dg_parse_u64(dg_span_of(name, strlen(name)), &pid) < 0 || pid > INT32_MAX)
		return false;
	*ret = (int64_t)pid;
	return true;
}

/* --- what they wrote --- */

static int by_pid(const void *a, const void *b)
{
	const struct dg_task_reading *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int read_io(const struct dg_below *proc, const char *pid, struct dg_proc_io *ret)
{
	char name[64], text[SMALL_MAX];
	size_t size;
	int r;

	snprintf(name, sizeof(name), "%s/io", pid);
	r = dg_below_read_small(proc, name, text, sizeof(text), &size);
	return r < 0 ? r : dg_proc_io_parse(text, size, ret);
}

/* Processes come and go while the list is walked: those are passed over. */
void dg_reading_take_tasks(const struct dg_below *proc, struct dg_reading *reading)
{
	DG_NAMES_FREE char **names = NULL;
	size_t count, n = 0;
	int r;

	reading->tasks_us = dg_reading_clock_us();
	reading->tasks_r = dg_below_list(proc, TASKS_MAX, &names, &count);
	if (reading->tasks_r < 0)
		return;
	reading->tasks = calloc(count + 1, sizeof(*reading->tasks));
	for (char **name = names; reading->tasks && *name; name++) {
		struct dg_task_reading *task = &reading->tasks[n];

		if (!parse_pid(*name, &task->pid))
			continue;
		r = read_io(proc, *name, &task->io);
		reading->tasks_denied += r == -EACCES || r == -EPERM;
		n += r == 0;
	}
	if (!reading->tasks)
		reading->tasks_r = -ENOMEM;
	else
		qsort(reading->tasks, n, sizeof(*reading->tasks), by_pid);
	reading->task_count = n;
}

char *dg_task_name(const struct dg_below *proc, int64_t pid)
{
	char name[64], text[SMALL_MAX];
	size_t size;

	snprintf(name, sizeof(name), "%lld/comm", (long long)pid);
	if (dg_below_read_small(proc, name, text, sizeof(text), &size) < 0)
		return NULL;
	while (size > 0 && text[size - 1] == '\n')
		size--;
	return dg_clean_text(text, size);
}

/* --- which of them are blocked --- */

static int read_stat(const struct dg_below *dir, const char *id, struct dg_task_stat *ret)
{
	char name[64], text[SMALL_MAX];
	size_t size;
	int r;

	snprintf(name, sizeof(name), "%s/stat", id);
	r = dg_below_read_small(dir, name, text, sizeof(text), &size);
	return r < 0 ? r : dg_task_stat_parse(text, size, ret);
}

static size_t count_threads(const struct dg_below *proc, const char *pid)
{
	DG_BELOW_CLEANUP struct dg_below tasks = DG_BELOW_NONE;
	DG_NAMES_FREE char **names = NULL;
	struct dg_task_stat stat;
	size_t blocked = 0;
	char name[64];

	snprintf(name, sizeof(name), "%s/task", pid);
	if (dg_below_descend(proc, name, &tasks) < 0 ||
	    dg_below_list(&tasks, TASKS_MAX, &names, NULL) < 0)
		return 0;
	for (char **tid = names; *tid; tid++)
		blocked += read_stat(&tasks, *tid, &stat) == 0 && stat.state == 'D';
	return blocked;
}

/* Most processes, and all of the kernel's, have one thread. */
static size_t count_blocked(const struct dg_below *proc, const char *pid)
{
	struct dg_task_stat stat;

	if (read_stat(proc, pid, &stat) < 0)
		return 0;
	return stat.threads == 1 ? stat.state == 'D' : count_threads(proc, pid);
}

int dg_count_blocked(const struct dg_below *proc, size_t *ret)
{
	DG_NAMES_FREE char **names = NULL;
	size_t blocked = 0;
	int64_t pid;
	int r = dg_below_list(proc, TASKS_MAX, &names, NULL);

	if (r < 0)
		return r;
	for (char **name = names; *name; name++)
		if (parse_pid(*name, &pid))
			blocked += count_blocked(proc, *name);
	*ret = blocked;
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The child that runs collectors, and what it hands over. Whatever happens to it happens
 * to a copy of this process: a read that hangs or a crash stays there. */
#include "guard/collect/run.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "guard/base/apart.h"

#define PIECE	 ((size_t)64 * 1024)
#define LINE_CAP ((size_t)64 * 1024 * 1024)

int64_t dg_collect_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- in the child --- */

static int write_line(int fd, const struct dg_collector *collector,
		      const struct dg_facts *facts)
{
	struct json_object *json = json_object_new_object();
	struct json_object *body = dg_facts_encode_some(facts, collector->fills);
	const char *text;
	size_t size = 0;
	int r;

	if (!json || !body)
		return -ENOMEM;
	json_object_object_add(json, "collector",
			       json_object_new_string(collector->name));
	json_object_object_add(json, "facts", body);
	text = json_object_to_json_string_length(
		json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &size);
	if (!text)
		return -ENOMEM;
	r = dg_write_all(fd, text, size);
	r = r < 0 ? r : dg_write_all(fd, "\n", 1);
	json_object_put(json);
	return r;
}

static int run_collector(const struct dg_root *root, const struct dg_collector *collector,
			 int fd)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = dg_facts_new();

	if (!facts)
		return -ENOMEM;
	collector->run(root, facts);
	return write_line(fd, collector, facts);
}

struct job {
	const struct dg_root *root;
	const struct dg_collector *const *table;
	size_t count;
};

static int run_collectors(const void *arg, int fd)
{
	const struct job *job = arg;
	const int keep[] = {dg_root_fd(job->root), fd};
	int r = 0;

	/* One that hangs for good is left behind, and would hold this process's locks,
	 * and dpkg's among them, for as long. */
	dg_close_others(keep, DG_COUNT(keep));
	for (size_t i = 0; r == 0 && i < job->count; i++)
		r = run_collector(job->root, job->table[i], fd);
	return r;
}

/* --- in the parent --- */

int dg_collect_child_start(const struct dg_root *root,
			   const struct dg_collector *const *table, size_t count,
			   struct dg_collect_child *ret)
{
	const struct job job = {.root = root, .table = table, .count = count};
	struct dg_collect_child child = {.fd = -1};
	int r = dg_apart_start(run_collectors, &job, &child.pid, &child.fd);

	if (r == 0)
		*ret = child;
	return r;
}

/* Wait for something to read. 1, or -ETIMEDOUT at `until`. */
static int child_poll(const struct dg_collect_child *child, int64_t until)
{
	struct pollfd p = {.fd = child->fd, .events = POLLIN};

	for (;;) {
		int64_t left = until - dg_collect_clock();
		int n;

		if (left <= 0)
			return -ETIMEDOUT;
		n = poll(&p, 1, left < INT_MAX ? (int)left : INT_MAX);
		if (n > 0)
			return 1;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

static int child_grow(struct dg_collect_child *child)
{
	size_t room = child->room ? child->room * 2 : 2 * PIECE;
	char *buf;

	if (child->room - child->used >= PIECE)
		return 0;
	if (room > 2 * LINE_CAP)
		return -EBADMSG;
	buf = realloc(child->buf, room);
	if (!buf)
		return -ENOMEM;
	child->buf = buf;
	child->room = room;
	return 0;
}

/* Read some more. Bytes, 0 at the end. */
static int child_read(struct dg_collect_child *child, int64_t until)
{
	int r = child_grow(child);
	ssize_t n;

	r = r < 0 ? r : child_poll(child, until);
	if (r < 0)
		return r;
	do
		n = read(child->fd, child->buf + child->used, PIECE);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		child->used += (size_t)n;
	return n < 0 ? -errno : (int)n;
}

int dg_collect_child_line(struct dg_collect_child *child, int64_t until,
			  const char **ret_line, size_t *ret_size)
{
	size_t seen = 0;
	const char *end;
	int r;

	if (child->line) {
		child->used -= child->line;
		memmove(child->buf, child->buf + child->line, child->used);
		child->line = 0;
	}
	for (;;) {
		end = child->used > seen
			      ? memchr(child->buf + seen, '\n', child->used - seen)
			      : NULL;
		if (end)
			break;
		seen = child->used;
		r = child_read(child, until);
		if (r <= 0)
			return r;
	}
	*ret_size = (size_t)(end - child->buf);
	*ret_line = child->buf;
	child->line = *ret_size + 1;
	return 1;
}

void dg_collect_child_end(struct dg_collect_child *child)
{
	int status;

	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		dg_apart_wait(&child->pid, &status);
	}
	if (child->fd >= 0)
		close(child->fd);
	free(child->buf);
	*child = (struct dg_collect_child){.fd = -1};
}

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
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guard/base/cleanup.h"

#define PIECE	   ((size_t)64 * 1024)
#define LINE_CAP   ((size_t)64 * 1024 * 1024)
#define REAP_TRIES 120 /* of a millisecond each */

int64_t dg_collect_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- in the child --- */

static int write_all(int fd, const char *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

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
	r = write_all(fd, text, size);
	r = r < 0 ? r : write_all(fd, "\n", 1);
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

/* Ends without exit handlers or flushing: those belong to the parent. */
__attribute__((noreturn)) static void run_child(const struct dg_root *root,
						const struct dg_collector *const *table,
						size_t count, int fd, pid_t parent)
{
	int r = 0;

	/* Should the parent end first, so shall the child; it may have ended just now. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(ECHILD);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = run_collector(root, table[i], fd);
	_exit(-r);
}

/* --- in the parent --- */

int dg_collect_child_start(const struct dg_root *root,
			   const struct dg_collector *const *table, size_t count,
			   struct dg_collect_child *ret)
{
	DG_CLOSE int reader = -1;
	DG_CLOSE int writer = -1;
	pid_t parent = getpid(), pid;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	reader = ends[0];
	writer = ends[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		close(reader);
		run_child(root, table, count, writer, parent);
	}
	*ret = (struct dg_collect_child){.pid = pid, .fd = dg_steal_fd(&reader)};
	return 0;
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

bool dg_collect_child_wait(struct dg_collect_child *child, int *ret_status)
{
	const struct timespec moment = {.tv_nsec = 1000000};
	int status = 0;

	for (int i = 0; child->pid > 0 && i < REAP_TRIES; i++) {
		pid_t pid = waitpid(child->pid, &status, WNOHANG);

		/* Whoever ignores SIGCHLD has no children to wait for. */
		if (pid == child->pid || (pid < 0 && errno != EINTR)) {
			child->pid = 0;
			*ret_status = status;
			return pid > 0;
		}
		nanosleep(&moment, NULL);
	}
	return false;
}

void dg_collect_child_end(struct dg_collect_child *child)
{
	int status;

	if (child->pid > 0) {
		kill(child->pid, SIGKILL);
		dg_collect_child_wait(child, &status);
	}
	if (child->fd >= 0)
		close(child->fd);
	free(child->buf);
	*child = (struct dg_collect_child){.fd = -1};
}

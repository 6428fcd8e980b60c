/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "guard/base/apart.h"
#include "policy/util.h"

#define LONG_MS 20000

/* --- what children do --- */

static int say(const void *arg, int fd)
{
	return dg_write_all(fd, arg, strlen(arg));
}

static int say_nothing(const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	return 0;
}

/* As much as *arg, more than a pipe holds. */
static int say_much(const void *arg, int fd)
{
	const size_t *size = arg;
	char *data = calloc(1, *size);
	int r;

	if (!data)
		return -ENOMEM;
	data[0] = 'a';
	data[*size - 1] = 'z';
	r = dg_write_all(fd, data, *size);
	free(data);
	return r;
}

static int give_up(const void *arg, int fd)
{
	(void)arg;
	return dg_write_all(fd, "half", 4) < 0 ? -EPIPE : -ESTALE;
}

static int hang(const void *arg, int fd)
{
	(void)arg;
	if (dg_write_all(fd, "half", 4) < 0)
		return -EPIPE;
	for (;;)
		pause();
}

/* Says all it has and keeps its end open. */
static int linger(const void *arg, int fd)
{
	signal(SIGTERM, SIG_IGN);
	return hang(arg, fd);
}

static int die(const void *arg, int fd)
{
	(void)arg;
	(void)fd;
	raise(SIGKILL);
	return 0;
}

/* --- what comes of it --- */

static const struct {
	const char *name;
	dg_apart_fn fn;
	const char *arg;
	int deadline_ms;
	size_t cap;
	int r;
} rows[] = {
	{.name = "nothing",
	 .fn = say_nothing,
	 .arg = "",
	 .deadline_ms = LONG_MS,
	 .cap = 9},
	{.name = "a word", .fn = say, .arg = "word", .deadline_ms = LONG_MS, .cap = 9},
	{.name = "just fits",
	 .fn = say,
	 .arg = "123456789",
	 .deadline_ms = LONG_MS,
	 .cap = 9},
	{.name = "too much",
	 .fn = say,
	 .arg = "1234567890",
	 .deadline_ms = LONG_MS,
	 .cap = 9,
	 .r = -EFBIG},
	{.name = "fails", .fn = give_up, .deadline_ms = LONG_MS, .cap = 9, .r = -ESTALE},
	{.name = "dies", .fn = die, .deadline_ms = LONG_MS, .cap = 9, .r = -ECHILD},
	{.name = "hangs", .fn = hang, .deadline_ms = 100, .cap = 9, .r = -ETIMEDOUT},
	{.name = "will not end",
	 .fn = linger,
	 .deadline_ms = 100,
	 .cap = 9,
	 .r = -ETIMEDOUT},
	{.name = "no time", .fn = hang, .deadline_ms = 0, .cap = 9, .r = -ETIMEDOUT},
	{.name = "less than none",
	 .fn = hang,
	 .deadline_ms = -5,
	 .cap = 9,
	 .r = -ETIMEDOUT},
};

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < DG_COUNT(rows); i++) {
		DG_FREE char *data = NULL;
		size_t size = 77;
		int r = dg_run_apart(rows[i].fn, rows[i].arg, rows[i].deadline_ms,
				     rows[i].cap, &data, &size);

		if (r != rows[i].r)
			fail_msg("%s: %d", rows[i].name, r);
		if (r < 0) {
			assert_null(data);
			assert_int_equal(size, 77);
			continue;
		}
		assert_string_equal(data, rows[i].arg);
		assert_int_equal(size, strlen(rows[i].arg));
	}
	/* None is left behind. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_much(void **state)
{
	DG_FREE char *data = NULL;
	size_t wanted = (size_t)3 << 20, size;

	(void)state;
	assert_int_equal(dg_run_apart(say_much, &wanted, LONG_MS, wanted, &data, &size),
			 0);
	assert_int_equal(size, wanted);
	assert_int_equal(data[0], 'a');
	assert_int_equal(data[size - 1], 'z');
	assert_int_equal(data[size], '\0');
	free(DG_STEAL(data));
	/* A cap is not filled first. */
	assert_int_equal(dg_run_apart(say_much, &wanted, LONG_MS, 1000, &data, &size),
			 -EFBIG);
}

static void test_in_time(void **state)
{
	struct timespec before, after;
	DG_FREE char *data = NULL;
	size_t size;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &before);
	assert_int_equal(dg_run_apart(hang, NULL, 300, 9, &data, &size), -ETIMEDOUT);
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_in_range((after.tv_sec - before.tv_sec) * 1000 +
				(after.tv_nsec - before.tv_nsec) / 1000000,
			290, LONG_MS);
}

/* Who ignores the ends of children gets the data all the same. */
static void test_no_reaping(void **state)
{
	DG_FREE char *data = NULL;
	size_t size;

	(void)state;
	signal(SIGCHLD, SIG_IGN);
	assert_int_equal(dg_run_apart(say, "word", LONG_MS, 9, &data, &size), 0);
	assert_string_equal(data, "word");
	signal(SIGCHLD, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_much),
		cmocka_unit_test(test_in_time),
		cmocka_unit_test(test_no_reaping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

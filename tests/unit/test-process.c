/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Running another program: what it gets, what is kept of it, and how it is ended. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "guard/base/process.h"
#include "policy/util.h"

#define LONG_MS 20000

/* A shell is the program here, as any other could be. */
static struct dg_process shell(const char *const *argv)
{
	return (struct dg_process){
		.program = "/bin/sh", .argv = argv, .in = -1, .limit_ms = LONG_MS};
}

#define SCRIPT(text) ((const char *const[]){"sh", "-c", text, NULL})

static struct dg_process_end run(const struct dg_process *process)
{
	struct dg_process_end end;

	assert_int_equal(dg_process_run(process, &end), 0);
	assert_non_null(end.output);
	assert_int_equal(strlen(end.output), end.size);
	return end;
}

static void expect_says(const char *script, const char *output)
{
	struct dg_process process = shell(SCRIPT(script));
	struct dg_process_end end = run(&process);

	assert_int_equal(end.status, 0);
	assert_int_equal(end.signal, 0);
	assert_false(end.timed_out);
	assert_string_equal(end.output, output);
	dg_process_end_clear(&end);
}

static void test_given(void **state)
{
	(void)state;
	assert_int_equal(setenv("SECRET", "x", 1), 0);
	expect_says("echo out; echo err >&2; echo out", "out\nerr\nout\n");
	expect_says("env | grep -v -e ^PWD= -e ^_= -e ^SHLVL= -e ^OLDPWD= | sort",
		    "LC_ALL=C\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n");
	expect_says("pwd; test -t 0 || echo none; cat", "/\nnone\n");
	/* Its own group, and nothing open of ours. */
	expect_says("test $(cut -d' ' -f5 /proc/$$/stat) = $$ && echo group", "group\n");
	assert_int_equal(fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 100), 100);
	expect_says("test -e /proc/self/fd/100 || echo closed", "closed\n");
	close(100);
}

static void test_ends(void **state)
{
	static const struct {
		const char *script;
		int status, signal;
	} cases[] = {
		{.script = "exit 3", .status = 3},
		{.script = "exit 255", .status = 255},
		{.script = "kill -KILL $$", .status = -1, .signal = SIGKILL},
		{.script = "kill -TERM $$", .status = -1, .signal = SIGTERM},
		/* What it leaves behind is not waited for. */
		{.script = "sleep 60 & echo $!; exit 4", .status = 4},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		struct dg_process process = shell(SCRIPT(cases[i].script));
		struct dg_process_end end = run(&process);

		assert_int_equal(end.status, cases[i].status);
		assert_int_equal(end.signal, cases[i].signal);
		assert_false(end.timed_out);
		if (end.size)
			kill((pid_t)atoi(end.output), SIGKILL);
		dg_process_end_clear(&end);
	}
}

static void test_missing(void **state)
{
	static const char *const argv[] = {"none", NULL};
	struct dg_process process = {
		.program = "/nowhere/none", .argv = argv, .in = -1, .limit_ms = LONG_MS};
	struct dg_process_end end;

	(void)state;
	assert_int_equal(dg_process_run(&process, &end), -ENOENT);
	process.program = "/etc/passwd";
	assert_int_equal(dg_process_run(&process, &end), -EACCES);
	process.program = "/";
	assert_int_equal(dg_process_run(&process, &end), -EACCES);
}

/* The group goes, those too that are deaf to SIGTERM. */
static void expect_killed(const char *script, int grace_ms, int signal)
{
	struct dg_process process = shell(SCRIPT(script));
	struct dg_process_end end;
	pid_t left;

	process.limit_ms = 300;
	process.grace_ms = grace_ms;
	end = run(&process);
	assert_true(end.timed_out);
	assert_int_equal(end.status, signal ? -1 : 7);
	assert_int_equal(end.signal, signal);
	left = (pid_t)atoi(end.output);
	assert_true(left > 0);
	/* Who has adopted it may still have to reap it. */
	for (int i = 0; i < 500 && kill(left, 0) == 0; i++) {
		const struct timespec moment = {.tv_nsec = 10000000};
		char path[64], text[256] = "";
		FILE *stat;

		snprintf(path, sizeof(path), "/proc/%d/stat", left);
		stat = fopen(path, "re");
		if (stat) {
			bool dead =
				fgets(text, sizeof(text), stat) && strstr(text, ") Z ");

			fclose(stat);
			if (dead)
				break;
		}
		nanosleep(&moment, NULL);
		assert_int_not_equal(i, 499);
	}
	dg_process_end_clear(&end);
}

static void test_time_limit(void **state)
{
	(void)state;
	expect_killed("sleep 60 & echo $!; wait", 0, SIGKILL);
	expect_killed("sleep 60 & echo $!; wait", 5000, SIGTERM);
	expect_killed("trap 'exit 7' TERM; sleep 60 & echo $!; wait", 5000, 0);
	expect_killed("trap '' TERM; (trap '' TERM; sleep 60) & echo $!; wait; sleep 60",
		      200, SIGKILL);
}

static void test_much_output(void **state)
{
	struct dg_process process =
		shell(SCRIPT("head -c 6000000 /dev/zero | tr '\\0' x; exit 5"));
	struct dg_process_end end;

	(void)state;
	assert_int_equal(dg_process_run(&process, &end), 0);
	assert_int_equal(end.status, 5);
	assert_true(end.size > 0 && end.size <= DG_PROCESS_OUTPUT_MAX);
	assert_int_equal(end.output[0], 'x');
	dg_process_end_clear(&end);
}

/* A lock that is inherited is held by whatever the program leaves behind. */
static void test_keep(void **state)
{
	struct dg_process process = shell(SCRIPT("sleep 60 & echo $!"));
	char path[] = "/tmp/dg-process-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC), other;
	struct dg_process_end end;

	(void)state;
	assert_true(fd > STDERR_FILENO);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	process.keep[0] = fd;
	end = run(&process);
	close(fd);
	other = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
	kill((pid_t)atoi(end.output), SIGKILL);
	assert_int_equal(flock(other, LOCK_EX), 0);
	close(other);
	unlink(path);
	dg_process_end_clear(&end);
}

static void test_input(void **state)
{
	struct dg_process process = shell(SCRIPT("cat; echo words >&2"));
	int fd = memfd_create("input", MFD_CLOEXEC);
	struct dg_process_end end;

	(void)state;
	assert_int_equal(write(fd, "text", 4), 4);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	process.in = fd;
	end = run(&process);
	assert_string_equal(end.output, "textwords\n");
	dg_process_end_clear(&end);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	process.quiet = true;
	end = run(&process);
	assert_string_equal(end.output, "words\n");
	dg_process_end_clear(&end);
	close(fd);
}

/* As some parents leave it. */
static void test_ignored_sigchld(void **state)
{
	struct dg_process process = shell(SCRIPT("exit 6"));
	struct dg_process_end end;
	void (*before)(int) = signal(SIGCHLD, SIG_IGN);

	(void)state;
	end = run(&process);
	assert_int_equal(end.status, 6);
	assert_ptr_equal(signal(SIGCHLD, before), SIG_IGN);
	dg_process_end_clear(&end);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_given),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_time_limit),
		cmocka_unit_test(test_much_output),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_ignored_sigchld),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

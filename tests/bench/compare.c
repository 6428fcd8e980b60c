/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Run several commands in turn, round by round, so that a noisy machine disturbs all of
 * them alike; report each one's median and least wall time, its peak memory, and the
 * ratio to the first. Arguments: ROUNDS LABEL COMMAND [LABEL COMMAND...]. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 16
#define ROUNDS_MAX   1000

struct command {
	const char *label, *text;
	double ms[ROUNDS_MAX];
	long peak_kib;
	int status;
};

static struct command commands[COMMANDS_MAX];

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* `exec` in the shell's place, so that the shell's own start is the only addition. */
static void run_child(const char *text)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execl("/bin/sh", "sh", "-c", text, NULL);
	_exit(127);
}

static int run_once(struct command *c, int round)
{
	double start = now_ms();
	struct rusage usage;
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	if (pid == 0)
		run_child(c->text);
	if (wait4(pid, &c->status, 0, &usage) < 0)
		return -1;
	c->ms[round] = now_ms() - start;
	if (usage.ru_maxrss > c->peak_kib)
		c->peak_kib = usage.ru_maxrss;
	return 0;
}

static int compare_times(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void report(int count, int rounds)
{
	double first = 0;

	printf("%-34s %10s %10s %10s %8s\n", "", "median ms", "least ms", "peak KiB",
	       "ratio");
	for (int i = 0; i < count; i++) {
		struct command *c = &commands[i];

		qsort(c->ms, (size_t)rounds, sizeof(c->ms[0]), compare_times);
		if (i == 0)
			first = c->ms[rounds / 2];
		printf("%-34s %10.2f %10.2f %10ld %8.2f", c->label, c->ms[rounds / 2],
		       c->ms[0], c->peak_kib, c->ms[rounds / 2] / first);
		if (!WIFEXITED(c->status) || WEXITSTATUS(c->status) == 127)
			printf("  (did not run)");
		putchar('\n');
	}
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 0, count = (argc - 2) / 2;

	if (rounds < 1 || rounds > ROUNDS_MAX || count < 1 || count > COMMANDS_MAX ||
	    argc % 2) {
		fputs("usage: compare ROUNDS LABEL COMMAND [LABEL COMMAND...]\n", stderr);
		return 2;
	}
	for (int i = 0; i < count; i++)
		commands[i] = (struct command){.label = argv[2 + 2 * i],
					       .text = argv[3 + 2 * i]};
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < count; i++)
			if (run_once(&commands[i], round) < 0)
				return 1;
	report(count, rounds);
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Judges facts where nothing but memory can be asked of the kernel. The facts files that
 * the arguments, shell patterns, name are read first; then a seccomp filter goes up in a
 * child, and behind it each is parsed, decoded, judged and encoded again. Any other
 * system call traps.
 */
#include <errno.h>
#include <glob.h>
#include <json-c/json.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "policy/facts.h"
#include "policy/json-scan.h"
#include "policy/judge.h"

#define SEALED_MAX 1024
#define TEXT_MAX   ((size_t)16 << 20)

struct text {
	const char *label;
	char *data;
	size_t size;
};

enum outcome { NOT_REACHED, BROKEN, JUDGED };

/* What the child leaves for its parent. */
static struct report {
	int trapped; /* number of the forbidden system call, plus one */
	enum outcome outcome[SEALED_MAX];
} * report;

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

/* The end of the path that tells one file from another: "incident/facts.json". */
static const char *label_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	while (slash && slash > path && slash[-1] != '/')
		slash--;
	return slash ? slash : path;
}

static int read_text(const char *path, struct text *ret)
{
	struct text text = {.label = label_of(path), .data = malloc(TEXT_MAX)};
	FILE *file = text.data ? fopen(path, "rbe") : NULL;

	if (file) {
		text.size = fread(text.data, 1, TEXT_MAX, file);
		fclose(file);
	}
	if (!text.size) {
		free(text.data);
		return -EIO;
	}
	*ret = text;
	return 0;
}

static int read_texts(const char *pattern, struct text *texts, size_t *count)
{
	glob_t found;
	int r = 0;

	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	for (size_t i = 0; r == 0 && i < found.gl_pathc && *count < SEALED_MAX; i++) {
		r = read_text(found.gl_pathv[i], &texts[*count]);
		if (r < 0)
			printf("Bail out! cannot read %s\n", found.gl_pathv[i]);
		else
			(*count)++;
	}
	return r; /* the names stay in use */
}

/* Facts of which nothing is known: there is always one document to judge. */
static int make_empty(struct text *ret)
{
	struct dg_facts *facts = dg_facts_new();
	struct json_object *json = facts ? dg_facts_encode(facts) : NULL;
	char *data = json ? strdup(json_object_to_json_string(json)) : NULL;

	json_object_put(json);
	dg_facts_free(facts);
	if (!data)
		return -ENOMEM;
	*ret = (struct text){
		.label = "nothing known", .data = data, .size = strlen(data)};
	return 0;
}

static int judge_text(const struct text *text)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = NULL;
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = NULL;
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *verdict = NULL;
	struct json_object *json = NULL;
	DG_FREE char *why = NULL;
	int r = dg_json_parse(text->data, text->size, 0, &json, NULL, NULL);

	if (r == 0)
		r = dg_facts_decode(json, &facts, &why);
	json_object_put(json);
	if (r < 0)
		return r;
	policy = dg_policy_new();
	r = policy ? dg_policy_settle(policy, dg_get(&facts->host.name)) : -ENOMEM;
	if (r == 0)
		r = dg_judge(facts, policy, &verdict);
	if (r < 0)
		return r;
	json = dg_verdict_encode(verdict);
	r = json && json_object_to_json_string(json) ? 0 : -ENOMEM;
	json_object_put(json);
	return r;
}

static void on_trap(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	report->trapped = info->si_syscall + 1;
	_exit(1);
}

static int seal(void)
{
	static const int memory[] = {SCMP_SYS(brk),	   SCMP_SYS(munmap),
				     SCMP_SYS(mremap),	   SCMP_SYS(madvise),
				     SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn)};
	struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
	int r = filter ? 0 : -ENOMEM;

	sigaction(SIGSYS, &action, NULL);
	for (size_t i = 0; r == 0 && i < DG_COUNT(memory); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, memory[i], 0);
	if (r == 0)
		r = seccomp_rule_add(
			filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
			SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
	if (r == 0)
		r = seccomp_load(filter);
	seccomp_release(filter);
	return r;
}

/* 77: no filter can be had here. */
static _Noreturn void judge_all(const struct text *texts, size_t count)
{
	/* json-c asks the kernel for its hash's seed once, at the first key. */
	struct json_object *first = json_object_new_object();

	json_object_object_add(first, "key", NULL);
	json_object_put(first);
	if (seal() < 0)
		_exit(77);
	for (size_t i = 0; i < count; i++)
		report->outcome[i] = judge_text(&texts[i]) == 0 ? JUDGED : BROKEN;
	_exit(0);
}

static int print_report(const struct text *texts, size_t count, int status)
{
	int failed = 0;

	printf("1..%zu\n", count);
	if (report->trapped)
		printf("# system call %d while judging\n", report->trapped - 1);
	else if (!WIFEXITED(status))
		printf("# ended by signal %d\n", WTERMSIG(status));
	for (size_t i = 0; i < count; i++) {
		bool ok = report->outcome[i] == JUDGED;

		failed += !ok;
		printf("%s %zu - %s%s\n", ok ? "ok" : "not ok", i + 1, texts[i].label,
		       report->outcome[i] == BROKEN ? ": cannot be judged at all" : "");
	}
	return failed ? 1 : 0;
}

/* A filter that lets everything pass would prove nothing: this child asks for something
 * harmless and has to be stopped. */
static bool filter_holds(void)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (seal() < 0)
			_exit(77);
		getppid();
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return false;
	report->trapped = 0;
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

int main(int argc, char **argv)
{
	static struct text texts[SEALED_MAX];
	size_t count = 0;
	int status;
	pid_t child;

	if (SANITIZED) {
		puts("1..0 # SKIP sanitizers make system calls of their own");
		return 0;
	}
	if (make_empty(&texts[count++]) < 0)
		return 1;
	for (int i = 1; i < argc; i++)
		if (read_texts(argv[i], texts, &count) < 0)
			return 1;
	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED || !filter_holds())
		return 1;
	child = fork();
	if (child == 0)
		judge_all(texts, count);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return 1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		puts("1..0 # SKIP no seccomp filter can be loaded here");
		return 0;
	}
	return print_report(texts, count, status);
}

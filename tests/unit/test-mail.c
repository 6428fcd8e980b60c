/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mail: when it is sent, what it says, and programs that fail, hang, or are not there. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>
#include <sys/mount.h>

#include "guard/sink/mail.h"
#include "guard/sink/memory.h"
#include "tests/unit/sinking.h"
#include "tests/unit/verdicts.h"

#define MAILED "var/lib/driftguard/mailed.json"

static const struct dg_memory mailed = {
	.name = "mailed.json", .schema = "driftguard.mailed/1", .or_in_run = true};

/* --- when --- */

/* What is done about a verdict of each level (a row) when the last one that was mailed
 * was of each (ok, notice, warning, critical, unknown): Send, Lower, or nothing. */
static void every_decision(void **state)
{
	static const struct {
		const char *from;
		const char *rows[DG_LEVEL_UNKNOWN + 1];
	} cases[] = {
		{"off", {".....", ".....", ".....", ".....", "....."}},
		{"critical", {".LLLL", "..LLL", "...L.", "SSS.S", "....."}},
		{"warning", {".LLLL", "..LLL", "SS.LS", "SSS.S", "SS..."}},
		{"notice", {".LLLL", "S.LLL", "SS.LS", "SSS.S", "SS..."}},
		{"ok", {".LLLL", "S.LLL", "SS.LS", "SSS.S", "SS..."}},
	};
	static const char letters[] = {
		[DG_MAIL_NOTHING] = '.', [DG_MAIL_SEND] = 'S', [DG_MAIL_LOWER] = 'L'};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++)
		for (enum dg_level now = DG_LEVEL_OK; now <= DG_LEVEL_UNKNOWN; now++)
			for (enum dg_level last = DG_LEVEL_OK; last <= DG_LEVEL_UNKNOWN;
			     last++) {
				char is =
					letters[dg_mail_decide(last, now, cases[i].from)];

				if (is != cases[i].rows[now][last])
					fail_msg("from %s, %s after %s: %c, not %c",
						 cases[i].from, dg_level_name(now),
						 dg_level_name(last), is,
						 cases[i].rows[now][last]);
			}
}

/* --- what --- */

static struct dg_verdict *with_headline(const char *headline)
{
	struct dg_verdict *v = golden("incident");

	free(v->headline);
	v->headline = strdup(headline);
	return v;
}

/* The header's lines are ASCII and not folded; one empty line ends it. */
static void assert_header(const char *message)
{
	const char *end = strstr(message, "\n\n");

	assert_non_null(end);
	for (const char *p = message; p < end; p++)
		assert_true(*p == '\n' || (*p >= 0x20 && *p < 0x7f));
	for (const char *line = message; line < end; line = strchr(line, '\n') + 1) {
		size_t n = strcspn(line, "\n");

		assert_true(n < 300 && strcspn(line, ":") < 30 && *line != ' ');
	}
}

static void message(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *v = golden("incident");
	DG_FREE char *text = NULL;
	size_t size;

	(void)state;
	assert_int_equal(dg_mail_compose(v, DG_LEVEL_WARNING, &text, &size), 0);
	assert_int_equal(size, strlen(text));
	assert_header(text);
	assert_non_null(strstr(text, "To: root\nSubject: driftguard on pve1: critical: "
				     "6.5.13-5-pve runs under Proxmox VE 9.2.3"));
	assert_non_null(strstr(text, "\nAuto-Submitted: auto-generated\n"));
	assert_non_null(strstr(text, "\n    proxmox-boot-tool kernel pin 7.0.6-2-pve\n"));
	assert_non_null(strstr(text, "the last one was \"warning\""));
	/* It may be read days later. */
	assert_non_null(strstr(text, "\nJudged at 2026-06-03T08:00:00Z by this host's "));
	assert_null(strchr(text, '\033'));
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_true(strcspn(line, "\n") < 998);
}

static void odd_headlines(void **state)
{
	DG_FREE char *long_text = malloc(5001);
	const char *const headlines[] = {"日本 und ä", long_text, "x"};

	(void)state;
	memset(long_text, 'y', 5000);
	long_text[5000] = '\0';
	for (size_t i = 0; i < DG_COUNT(headlines); i++) {
		VERDICT_CLEANUP struct dg_verdict *v = with_headline(headlines[i]);
		DG_FREE char *text = NULL;
		size_t size;

		if (i == 2) {
			free(v->host.name);
			v->host.name = NULL;
		}
		assert_int_equal(dg_mail_compose(v, DG_LEVEL_OK, &text, &size), 0);
		assert_header(text);
		if (i == 0) {
			assert_non_null(strstr(text, ": critical: ?? und ?\n"));
			assert_non_null(strstr(text, "\n日本 und ä\n"));
		}
		if (i == 2)
			assert_non_null(strstr(text, "driftguard on this host: "));
	}
}

/* --- programs --- */

static const char *program(const char *script, char path[256])
{
	put(&tree, "bin/sendmail", script);
	tree_path(&tree, "bin/sendmail", path);
	assert_int_equal(chmod(path, 0755), 0);
	return path;
}

static void run(const char *script, int limit_ms, int expected, const char *says)
{
	DG_FREE char *why = NULL;
	char path[256];
	int r = dg_sendmail_run(program(script, path), "text\n", 5, limit_ms, &why);

	if (r != expected || (r < 0) != (why != NULL))
		fail_msg("%d, not %d: %s", r, expected, why ? why : "");
	if (why && (!strstr(why, path) || !strstr(why, says)))
		fail_msg("\"%s\", not \"%s\"", why, says);
}

static void programs(void **state)
{
	DG_FREE char *why = NULL;

	(void)state;
	run("#!/bin/sh\nexit 0\n", 10000, 0, "");
	/* That reads nothing is its own affair. */
	run("#!/bin/sh\nexec < /dev/null\nexit 0\n", 10000, 0, "");
	run("#!/bin/sh\necho 'no route' >&2\necho lost\nexit 75\n", 10000, -EIO,
	    "failed with status 75: no route");
	run("#!/bin/sh\nexit 1\n", 10000, -EIO, "failed with status 1");
	run("#!/bin/sh\nprintf 'a\\033[31mb' >&2\nkill -9 $$\n", 10000, -EIO,
	    "was ended by signal 9: a?[31mb");
	run("#!/bin/sh\nwhile :; do sleep 100; done\n", 300, -ETIMEDOUT,
	    "did not take the message within");
	run("#!/nonexistent\n", 10000, -ENOENT, "cannot start");
	assert_int_equal(dg_sendmail_run("/nonexistent", "", 0, 10000, &why), -ENOENT);
	assert_non_null(why);
}

/* It is called as sendmail is, with the message whole and nothing of our environment. */
static void how_it_is_called(void **state)
{
	static char large[300000];
	DG_FREE char *script = NULL, *why = NULL, *got = NULL, *args = NULL;
	char path[256];

	(void)state;
	memset(large, 'z', sizeof(large));
	script = dg_format("#!/bin/sh\ncat > '%s/got'\n"
			   "echo \"$*:${SECRET-unset}:$PATH\" > '%s/args'\n",
			   tree.dir, tree.dir);
	setenv("SECRET", "hush", 1);
	if (dg_sendmail_run(program(script, path), large, sizeof(large), 10000, &why) < 0)
		fail_msg("%s", why);
	unsetenv("SECRET");
	got = text_of("got");
	assert_int_equal(strlen(got), sizeof(large));
	assert_memory_equal(got, large, sizeof(large));
	args = text_of("args");
	assert_string_equal(args, "-i -- root:unset:/usr/sbin:/usr/bin:/sbin:/bin\n");
}

/* What a program that hangs has started ends with it. */
static void children_end_too(void **state)
{
	DG_FREE char *script = NULL, *text = NULL;
	pid_t pid;

	(void)state;
	script =
		dg_format("#!/bin/sh\nsleep 600 &\necho $! > '%s/pid'\nwait\n", tree.dir);
	run(script, 1000, -ETIMEDOUT, "");
	text = text_of("pid");
	assert_non_null(text);
	pid = (pid_t)atoi(text);
	/* Ended: gone, or whoever inherited it has not looked yet. */
	for (int i = 0; i < 200 && kill(pid, 0) == 0; i++) {
		DG_FREE char *path = dg_format("/proc/%d/stat", (int)pid);
		DG_FCLOSE FILE *stat = fopen(path, "re");
		char name[64], letter = '?';

		if (!stat || fscanf(stat, "%*d %63s %c", name, &letter) != 2 ||
		    letter == 'Z')
			return;
		usleep(10000);
	}
	assert_true(kill(pid, 0) < 0);
}

/* --- once --- */

#define COUNTING "#!/bin/sh\ncat > /dev/null\necho x >> '%s/sent'\n"

static size_t count_sent(void)
{
	DG_FREE char *text = text_of("sent");

	return text ? strlen(text) / strlen("x\n") : 0;
}

static int mail(const char *host, const char *from, const char *path, char **ret_why)
{
	VERDICT_CLEANUP struct dg_verdict *v = golden(host);
	const struct dg_sink_call call = {.root = tree.root, .verdict = v, .from = from};

	return dg_mail_by(&call, path, 10000, ret_why);
}

#define OK	 "healthy-9.2"
#define NOTICE	 "rebuilt-abi"
#define WARNING	 "before-reboot"
#define CRITICAL "incident"
#define UNKNOWN	 "status-unreadable"

static void when_it_gets_worse(void **state)
{
	static const struct {
		const char *host, *from;
		size_t sent; /* in all */
		const char *remembered;
	} steps[] = {
		{OK, "warning", 0, NULL},
		{NOTICE, "warning", 0, NULL},
		{WARNING, "warning", 1, "warning"},
		{WARNING, "warning", 1, "warning"},
		{UNKNOWN, "warning", 1, "warning"},
		{WARNING, "warning", 1, "warning"},
		{CRITICAL, "warning", 2, "critical"},
		{CRITICAL, "warning", 2, "critical"},
		{WARNING, "warning", 2, "warning"},
		{UNKNOWN, "warning", 2, "warning"},
		{OK, "warning", 2, "ok"},
		{WARNING, "critical", 2, "ok"},
		{CRITICAL, "critical", 3, "critical"},
		{CRITICAL, "off", 3, NULL},
		{CRITICAL, "critical", 4, "critical"},
		{OK, "critical", 4, "ok"},
		{UNKNOWN, "warning", 5, "unknown"},
	};
	DG_FREE char *script = dg_format(COUNTING, tree.dir);
	char path[256];

	(void)state;
	put_dir(&tree, "var/lib");
	program(script, path);
	for (size_t i = 0; i < DG_COUNT(steps); i++) {
		DG_FREE char *why = NULL, *text = NULL, *want = NULL;

		if (mail(steps[i].host, steps[i].from, path, &why) < 0)
			fail_msg("step %zu: %s", i, why);
		if (count_sent() != steps[i].sent)
			fail_msg("step %zu: %zu sent, not %zu", i, count_sent(),
				 steps[i].sent);
		text = text_of(MAILED);
		want = dg_format("\"verdict\": \"%s\"",
				 steps[i].remembered ? steps[i].remembered : "");
		if (!steps[i].remembered != !text || (text && !strstr(text, want)))
			fail_msg("step %zu: %s", i, text ? text : "nothing remembered");
	}
}

/* What was not taken is tried again; nothing is said to have been mailed that was not. */
static void again_after_a_failure(void **state)
{
	DG_FREE char *script = dg_format(COUNTING, tree.dir);
	DG_FREE char *why = NULL, *none = NULL, *then = NULL;
	char path[256];

	(void)state;
	put_dir(&tree, "var/lib");
	program("#!/bin/sh\necho 'queue full' >&2\nexit 1\n", path);
	assert_int_equal(mail(CRITICAL, "critical", path, &why), -EIO);
	assert_non_null(strstr(why, "queue full"));
	program(script, path);
	assert_int_equal(mail(CRITICAL, "critical", path, &then), 0);
	assert_int_equal(count_sent(), 1);
	assert_int_equal(mail(CRITICAL, "critical", path, &then), 0);
	assert_int_equal(count_sent(), 1);
	assert_int_equal(mail(OK, "critical", path, &then), 0);
	/* No mail system: no failure, and told as soon as there is one. */
	drop(&tree, "bin/sendmail");
	assert_int_equal(mail(CRITICAL, "critical", path, &none), 0);
	assert_null(none);
	program(script, path);
	assert_int_equal(mail(CRITICAL, "critical", path, &then), 0);
	assert_int_equal(count_sent(), 2);
}

/* What cannot be remembered would be mailed at each run. */
static void without_a_memory(void **state)
{
	DG_FREE char *script = dg_format(COUNTING, tree.dir);
	DG_FREE char *why = NULL, *unread = NULL;
	char path[256];

	(void)state;
	put(&tree, "var/lib/driftguard", "no folder");
	program(script, path);
	assert_true(mail(CRITICAL, "critical", path, &why) < 0);
	assert_non_null(why);
	assert_int_equal(count_sent(), 0);
	drop(&tree, "var/lib/driftguard");
	put_dir(&tree, MAILED);
	assert_true(mail(CRITICAL, "critical", path, &unread) < 0);
	assert_non_null(strstr(unread, MAILED));
	assert_int_equal(count_sent(), 0);
}

/* A memory that is broken is none; what was written can be read again. */
static void odd_memories(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"null",
		"[]",
		"{\"schema\": \"driftguard.mailed/2\", \"verdict\": \"critical\"}",
		"{\"schema\": \"driftguard.mailed/1\", \"verdict\": \"dreadful\"}",
		"{\"schema\": \"driftguard.mailed/1\", \"verdict\": 3}",
		"{\"schema\": \"driftguard.mailed/1\"}",
	};
	DG_FREE char *script = dg_format(COUNTING, tree.dir);
	char path[256];

	(void)state;
	program(script, path);
	for (size_t i = 0; i < DG_COUNT(texts); i++) {
		struct json_object *json = NULL;
		DG_FREE char *why = NULL;

		put(&tree, MAILED, texts[i]);
		assert_int_equal(mail(CRITICAL, "critical", path, &why), 0);
		assert_int_equal(count_sent(), i + 1);
		assert_int_equal(dg_memory_read(tree.root, &mailed, &json, &why), 0);
		assert_string_equal(dg_memory_text(json, "verdict"), "critical");
		assert_string_equal(dg_memory_text(json, "time"), "2026-06-03T08:00:00Z");
		assert_string_equal(dg_memory_text(json, "mood"), "");
		json_object_put(json);
	}
}

/* --- left for the unit --- */

#define LASTING	  "var/lib/driftguard/mail"
#define MAKESHIFT "run/driftguard/mail"

static const char *with_unit(char path[256])
{
	DG_FREE char *script = dg_format(COUNTING, tree.dir);

	put_dir(&tree, "var/lib");
	put_dir(&tree, "run/systemd/system");
	put_link(&tree, "etc/systemd/system/multi-user.target.wants/driftguard-mail.path",
		 "/usr/lib/systemd/system/driftguard-mail.path");
	return program(script, path);
}

static void must_mail(const char *host, const char *from, const char *path)
{
	DG_FREE char *why = NULL;

	if (mail(host, from, path, &why) < 0)
		fail_msg("%s, from %s: %s", host, from, why);
}

/* Where the unit that mails is enabled, the message is left for it, where a reboot does
 * not lose it. */
static void left_for_the_unit(void **state)
{
	DG_FREE char *text = NULL;
	char path[256];

	(void)state;
	with_unit(path);
	/* What could not be kept for good before is older. */
	put(&tree, MAKESHIFT, "older");
	must_mail(CRITICAL, "critical", path);
	assert_int_equal(count_sent(), 0);
	text = text_of(LASTING);
	assert_header(text);
	expect_names("var/lib/driftguard", 2);
	expect_names("run/driftguard", 0);
	drop(&tree, LASTING);
	must_mail(CRITICAL, "critical", path);
	expect_text(LASTING, NULL);
}

/* Not sent yet, and no longer so: that something is wrong is not said any more. */
static void withdrawn(void **state)
{
	static const struct {
		const char *host, *from;
		bool waits;
	} cases[] = {
		{OK, "critical", false},      {NOTICE, "warning", false},
		{WARNING, "critical", false}, {WARNING, "warning", true},
		{UNKNOWN, "critical", true},  {CRITICAL, "off", false},
	};
	static const char *const others[] = {
		"var/lib/driftguard/mail.sending", "var/lib/driftguard/mail.tries",
		"run/driftguard/mail", "run/driftguard/mail.sending",
		"run/driftguard/mail.tries"};
	char path[256];

	(void)state;
	with_unit(path);
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		must_mail(OK, "ok", path);
		must_mail(CRITICAL, "critical", path);
		assert_true(stat_of(LASTING).st_size > 0);
		for (size_t k = 0; k < DG_COUNT(others); k++)
			put(&tree, others[k], "x");
		must_mail(cases[i].host, cases[i].from, path);
		for (size_t k = 0; k < DG_COUNT(others); k++)
			expect_text(others[k], cases[i].waits ? "x" : NULL);
		if (!cases[i].waits)
			expect_text(LASTING, NULL);
	}
	/* It got worse again: that is to be said. */
	must_mail(OK, "critical", path);
	must_mail(CRITICAL, "critical", path);
	assert_true(stat_of(LASTING).st_size > 0);
}

/* No mail system: nothing is left for a unit that could not send it, and it is told as
 * soon as there is one. */
static void unit_without_a_program(void **state)
{
	char path[256];

	(void)state;
	with_unit(path);
	drop(&tree, "bin/sendmail");
	must_mail(CRITICAL, "critical", path);
	expect_names("var/lib", 0);
	program("#!/bin/sh\nexit 1\n", path);
	must_mail(CRITICAL, "critical", path);
	assert_true(stat_of(LASTING).st_size > 0);
}

/* --- nothing can be written --- */

/* In a child with mounts of its own: /var/lib is a small file system, full or read-only;
 * then it is neither. 77: no rights for that. */
static int run_makeshift(void *options)
{
	char path[256], lib[256];
	bool full = !strcmp(options, "full");

	with_unit(path);
	tree_path(&tree, "var/lib", lib);
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", lib, "tmpfs", full ? 0 : MS_RDONLY,
		  full ? "size=4k,nr_inodes=2,mode=755" : "mode=755") < 0)
		return -77;
	dg_root_free(tree.root);
	assert_int_equal(dg_root_new(tree.dir, &tree.root), 0);
	if (full)
		put_dir(&tree, "var/lib/driftguard");
	must_mail(CRITICAL, "critical", path);
	assert_true(stat_of(MAKESHIFT).st_size > 0);
	drop(&tree, MAKESHIFT);
	must_mail(CRITICAL, "critical", path);
	expect_text(MAKESHIFT, NULL);
	/* There is room again: what was mailed is kept for the boots to come. */
	if (mount(NULL, lib, NULL, MS_REMOUNT, "size=1m,nr_inodes=100") < 0)
		return -76;
	must_mail(CRITICAL, "critical", path);
	expect_text(MAKESHIFT, NULL);
	expect_text(LASTING, NULL);
	expect_names("run/driftguard", 0);
	assert_true(stat_of(MAILED).st_size > 0);
	must_mail(OK, "critical", path);
	must_mail(CRITICAL, "critical", path);
	assert_true(stat_of(LASTING).st_size > 0);
	return 0;
}

static void without_room(void **state)
{
	int r = child_run(run_makeshift, *state);

	if (r == -77)
		skip();
	assert_int_equal(r, 0);
}

static char full[] = "full", read_only[] = "read-only";

static int setup_full(void **state)
{
	*state = full;
	tree_make(&tree);
	return 0;
}

static int setup_read_only(void **state)
{
	*state = read_only;
	tree_make(&tree);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_decision),
		cmocka_unit_test(message),
		cmocka_unit_test(odd_headlines),
		TEST(programs),
		TEST(how_it_is_called),
		TEST(children_end_too),
		TEST(when_it_gets_worse),
		TEST(again_after_a_failure),
		TEST(without_a_memory),
		TEST(odd_memories),
		TEST(left_for_the_unit),
		TEST(withdrawn),
		TEST(unit_without_a_program),
		cmocka_unit_test_setup_teardown(without_room, setup_full, teardown),
		cmocka_unit_test_setup_teardown(without_room, setup_read_only, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sinks that leave files behind: what is there when a verdict is theirs, that it is taken
 * back when it is not, and that one that fails keeps no other from being told. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guard/sink/reboot.h"
#include "tests/unit/sinking.h"
#include "tests/unit/verdicts.h"

/* --- from which verdict on --- */

static void thresholds(void **state)
{
	static const struct {
		const char *from,
			*reached; /* of: ok, notice, warning, critical, unknown */
	} cases[] = {
		{"ok", "yyyyy"},       {"notice", "nyyyy"}, {"warning", "nnyyy"},
		{"critical", "nnnyn"}, {"off", "nnnnn"},    {"", "nnnnn"},
		{"perhaps", "nnnnn"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++)
		for (enum dg_level level = DG_LEVEL_OK; level <= DG_LEVEL_UNKNOWN;
		     level++)
			if (dg_level_reaches(level, cases[i].from) !=
			    (cases[i].reached[level] == 'y'))
				fail_msg("%s, from %s", dg_level_name(level),
					 cases[i].from);
}

/* --- MOTD --- */

#define MOTD "run/driftguard/motd"
#define LINK "run/motd.d/driftguard"

static void expect_link(void)
{
	char path[256], target[64];
	ssize_t n = readlink(tree_path(&tree, LINK, path), target, sizeof(target));

	assert_int_equal(n, strlen("/run/driftguard/motd"));
	assert_memory_equal(target, "/run/driftguard/motd", (size_t)n);
}

static void motd_comes_and_goes(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *bad = golden("incident");
	VERDICT_CLEANUP struct dg_verdict *good = golden("healthy-9.2");
	DG_FREE char *text = NULL;

	(void)state;
	put_dir(&tree, "run");
	tell(dg_sink_motd, good, "warning", 0);
	expect_text(MOTD, NULL);
	tell(dg_sink_motd, bad, "warning", 0);
	text = text_of(MOTD);
	assert_non_null(text);
	assert_non_null(strstr(text, "driftguard CRITICAL: 6.5.13-5-pve runs under"));
	assert_int_equal(stat_of(MOTD).st_mode & 07777, 0644);
	expect_link();
	/* PAM prints whatever lies there. */
	expect_names("run/motd.d", 1);
	expect_names("run/driftguard", 1);
	tell(dg_sink_motd, bad, "warning", 0);
	expect_text(MOTD, text);
	tell(dg_sink_motd, good, "warning", 0);
	expect_text(MOTD, NULL);
	/* It dangles, which prints nothing. */
	expect_link();
}

static void motd_from_the_policys_severity(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *warning = golden("before-reboot");
	VERDICT_CLEANUP struct dg_verdict *notice = golden("rebuilt-abi");
	VERDICT_CLEANUP struct dg_verdict *unknown = golden("status-unreadable");
	VERDICT_CLEANUP struct dg_verdict *good = golden("healthy-9.2");
	const struct {
		const struct dg_verdict *v;
		const char *from;
		bool shown;
	} cases[] = {
		{warning, "critical", false}, {warning, "warning", true},
		{warning, "off", false},      {notice, "notice", true},
		{notice, "warning", false},   {unknown, "warning", true},
		{unknown, "critical", false}, {good, "ok", false},
	};

	(void)state;
	put_dir(&tree, "run");
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_FREE char *text = NULL;

		tell(dg_sink_motd, cases[i].v, cases[i].from, 0);
		text = text_of(MOTD);
		assert_int_equal(text != NULL, cases[i].shown);
	}
}

/* Somebody else's file stays; nothing is written through a link. */
static void motd_in_the_way(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *bad = golden("incident");

	(void)state;
	put(&tree, LINK, "an admin's own\n");
	tell(dg_sink_motd, bad, "warning", -EEXIST);
	expect_text(LINK, "an admin's own\n");
	drop(&tree, LINK);
	put_link(&tree, LINK, "/elsewhere");
	tell(dg_sink_motd, bad, "warning", -EEXIST);
	put(&tree, "etc/precious", "precious");
	drop(&tree, MOTD);
	put_link(&tree, MOTD, "/etc/precious");
	drop(&tree, LINK);
	tell(dg_sink_motd, bad, "warning", 0);
	expect_text("etc/precious", "precious");
	assert_true(S_ISREG(stat_of(MOTD).st_mode));
}

/* --- the node exporter's file --- */

#define PROM "var/lib/prometheus/node-exporter/driftguard.prom"

static void textfile(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *bad = golden("incident");
	VERDICT_CLEANUP struct dg_verdict *good = golden("healthy-9.2");
	DG_FREE char *text = NULL, *later = NULL;

	(void)state;
	/* Nobody's folder is made where no exporter is. */
	put_dir(&tree, "var/lib");
	tell(dg_sink_textfile, bad, "ok", 0);
	expect_names("var/lib", 0);
	put_dir(&tree, "var/lib/prometheus/node-exporter");
	tell(dg_sink_textfile, bad, "off", 0);
	expect_text(PROM, NULL);
	tell(dg_sink_textfile, bad, "ok", 0);
	text = text_of(PROM);
	assert_non_null(strstr(text, "\ndriftguard_verdict_severity 3\n"));
	assert_int_equal(stat_of(PROM).st_mode & 07777, 0644);
	expect_names("var/lib/prometheus/node-exporter", 1);
	tell(dg_sink_textfile, good, "ok", 0);
	later = text_of(PROM);
	assert_non_null(strstr(later, "\ndriftguard_verdict_severity 0\n"));
}

/* Switched off, it leaves no old figures; nobody else's are touched. */
static void textfile_switched_off(void **state)
{
	static const char *const others[] = {"", "# HELP driftguard_verdict_severity x\n",
					     "# Written by driftguard"};
	VERDICT_CLEANUP struct dg_verdict *bad = golden("incident");
	char path[256];

	(void)state;
	put_dir(&tree, "var/lib/prometheus/node-exporter");
	tell(dg_sink_textfile, bad, "ok", 0);
	tell(dg_sink_textfile, bad, "off", 0);
	expect_names("var/lib/prometheus/node-exporter", 0);
	for (size_t i = 0; i < DG_COUNT(others); i++) {
		put(&tree, PROM, others[i]);
		tell(dg_sink_textfile, bad, "off", 0);
		expect_text(PROM, others[i]);
	}
	drop(&tree, PROM);
	assert_int_equal(mkfifo(tree_path(&tree, PROM, path), 0600), 0);
	tell(dg_sink_textfile, bad, "off", 0);
	expect_names("var/lib/prometheus/node-exporter", 1);
}

/* --- reboot-required --- */

#define FLAG "run/reboot-required"
#define PKGS "run/reboot-required.pkgs"

static void what_a_reboot_cures(void **state)
{
	static const struct {
		const char *host;
		bool cures;
	} cases[] = {
		{"before-reboot", true},	{"kernel-removed", true},
		{"healthy-9.2", false},		{"incident", false},
		{"incident-built", false},	{"esp-stale", false},
		{"pin-expired", false},		{"status-unreadable", false},
		{"kernel-meta-missing", false}, {"trial-boot", false},
		{"trial-boot-early", false},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		VERDICT_CLEANUP struct dg_verdict *v = golden(cases[i].host);

		if (dg_reboot_cures(v) != cases[i].cures)
			fail_msg("%s", cases[i].host);
	}
}

/* `other` is somebody else's text, NULL: none. */
static void replace(const char *old, const char *line, const char *expected, bool changes)
{
	DG_FREE char *text = NULL;
	bool change = !changes;
	size_t size;

	assert_int_equal(dg_lines_replace(old, old ? strlen(old) : 0, "driftguard", line,
					  &text, &size, &change),
			 0);
	if (change != changes)
		fail_msg("\"%s\": a change: %d", old ? old : "(none)", change);
	if (changes && !expected)
		assert_null(text);
	else if (changes)
		assert_string_equal(text, expected);
}

static void own_lines_among_others(void **state)
{
	static const struct {
		const char *old, *line, *expected;
		bool changes;
	} cases[] = {
		{NULL, NULL, NULL, false},
		{NULL, "driftguard: x", "driftguard: x\n", true},
		{"driftguard: x\n", "driftguard: x", NULL, false},
		{"driftguard: y\n", "driftguard: x", "driftguard: x\n", true},
		{"driftguard: x\n", NULL, NULL, true},
		{"driftguard: x", NULL, NULL, true},
		{"other\n", NULL, NULL, false},
		{"other", NULL, NULL, false},
		{"other\n", "driftguard", "other\ndriftguard\n", true},
		{"other", "driftguard", "other\ndriftguard\n", true},
		{"other\ndriftguard\n", "driftguard", NULL, false},
		{"a\ndriftguard: y\nb\n", "driftguard: x", "a\nb\ndriftguard: x\n", true},
		{"a\ndriftguard: y\nb\n", NULL, "a\nb\n", true},
		{"a\ndriftguard\nb", NULL, "a\nb\n", true},
		{"driftguard: 1\ndriftguard: 2\n", NULL, NULL, true},
		/* Others that only look like ours. */
		{"driftguardian\n", NULL, NULL, false},
		{"driftguard-extra: z\n", NULL, NULL, false},
		{" driftguard\n", NULL, NULL, false},
		{"\n", NULL, NULL, false},
		{"\ndriftguard\n", NULL, "\n", true},
		/* An empty flag is somebody's, and would be lost when ours is taken back.
		 */
		{"", "driftguard: x", NULL, false},
		{"", NULL, NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++)
		replace(cases[i].old, cases[i].line, cases[i].expected, cases[i].changes);
}

/* Bytes that are no text are others' too. */
static void lines_of_bytes(void **state)
{
	static const char old[] = "a\0b\ndriftguard\n\377\n";
	static const char kept[] = "a\0b\n\377\n";
	DG_FREE char *text = NULL;
	size_t size;
	bool change;

	(void)state;
	assert_int_equal(dg_lines_replace(old, sizeof(old) - 1, "driftguard", NULL, &text,
					  &size, &change),
			 0);
	assert_true(change);
	assert_int_equal(size, sizeof(kept) - 1);
	assert_memory_equal(text, kept, size);
}

static void set_boot(struct dg_verdict *v, const char *id)
{
	free(v->host.boot_id);
	v->host.boot_id = strdup(id);
}

static void reboot_among_others(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *due = golden("before-reboot");
	VERDICT_CLEANUP struct dg_verdict *good = golden("healthy-9.2");
	VERDICT_CLEANUP struct dg_verdict *incident = golden("incident-built");
	DG_FREE char *flag = NULL;

	(void)state;
	put_dir(&tree, "var/lib");
	put(&tree, FLAG, "*** System restart required ***\n");
	put(&tree, PKGS, "libc6\nlinux-base");
	tell(dg_sink_reboot, due, "off", 0);
	expect_text(FLAG, "*** System restart required ***\n");
	expect_text(PKGS, "libc6\nlinux-base");
	tell(dg_sink_reboot, due, "ok", 0);
	flag = text_of(FLAG);
	assert_non_null(strstr(flag,
			       "*** System restart required ***\ndriftguard: reboot "
			       "into 7.0.6-2-pve: "));
	expect_text(PKGS, "libc6\nlinux-base\ndriftguard\n");
	tell(dg_sink_reboot, due, "ok", 0);
	expect_text(FLAG, flag);
	/* A pin must go first: the reboot alone would bring the old kernel again. */
	tell(dg_sink_reboot, incident, "ok", 0);
	expect_text(FLAG, "*** System restart required ***\n");
	expect_text(PKGS, "libc6\nlinux-base\n");
	tell(dg_sink_reboot, due, "ok", 0);
	expect_text(FLAG, flag);
	tell(dg_sink_reboot, good, "ok", 0);
	expect_text(FLAG, "*** System restart required ***\n");
	tell(dg_sink_reboot, due, "ok", 0);
	tell(dg_sink_reboot, due, "off", 0);
	expect_text(FLAG, "*** System restart required ***\n");
	expect_text(PKGS, "libc6\nlinux-base\n");
}

static void reboot_alone(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *due = golden("before-reboot");
	VERDICT_CLEANUP struct dg_verdict *good = golden("healthy-9.2");

	(void)state;
	put_dir(&tree, "var/lib");
	put_dir(&tree, "run");
	tell(dg_sink_reboot, due, "ok", 0);
	assert_int_equal(stat_of(FLAG).st_mode & 07777, 0644);
	expect_text(PKGS, "driftguard\n");
	tell(dg_sink_reboot, good, "ok", 0);
	expect_names("run", 0);
	expect_names("var/lib/driftguard", 0);
}

/* What acts on that file reboots: that shall not go on for ever. */
static void reboot_is_asked_for_once(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *due = golden("before-reboot");
	VERDICT_CLEANUP struct dg_verdict *good = golden("healthy-9.2");
	VERDICT_CLEANUP struct dg_verdict *unknown = golden("status-unreadable");

	(void)state;
	put_dir(&tree, "var/lib");
	put_dir(&tree, "run");
	tell(dg_sink_reboot, due, "ok", 0);
	/* Not from here on: a reboot happened, and it is as it was. */
	set_boot(due, "1f7c2b9e-5a41-4d0c-8f3e-6b1d2a7c9e51");
	tell(dg_sink_reboot, due, "ok", 0);
	expect_names("run", 0);
	tell(dg_sink_reboot, due, "ok", 0);
	expect_names("run", 0);
	set_boot(due, "2f7c2b9e-5a41-4d0c-8f3e-6b1d2a7c9e52");
	tell(dg_sink_reboot, unknown, "ok", 0);
	tell(dg_sink_reboot, due, "ok", 0);
	expect_names("run", 0);
	/* A newer kernel is another matter. */
	free(due->plan->target);
	due->plan->target = strdup("7.0.9-1-pve");
	tell(dg_sink_reboot, due, "ok", 0);
	expect_text(PKGS, "driftguard\n");
	/* And so is the same once all was well. */
	tell(dg_sink_reboot, good, "ok", 0);
	set_boot(due, "3f7c2b9e-5a41-4d0c-8f3e-6b1d2a7c9e53");
	tell(dg_sink_reboot, due, "ok", 0);
	expect_text(PKGS, "driftguard\n");
}

/* Without a memory it might go on for ever; what was asked for is taken back. */
static void reboot_without_a_memory(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *due = golden("before-reboot");

	(void)state;
	put(&tree, FLAG, "driftguard: earlier\n");
	put(&tree, "var/lib/driftguard", "no folder");
	tell(dg_sink_reboot, due, "ok", -ENOTDIR);
	expect_text(FLAG, NULL);
	/* Which boot this is, is not known. */
	drop(&tree, "var/lib/driftguard");
	free(due->host.boot_id);
	due->host.boot_id = NULL;
	tell(dg_sink_reboot, due, "ok", 0);
	expect_text(FLAG, NULL);
}

/* --- all of them --- */

struct failures {
	char names[128];
};

static void note(void *arg, const char *sink, const char *why)
{
	struct failures *failures = arg;

	assert_true(*why);
	strcat(failures->names, sink);
	strcat(failures->names, " ");
}

static int run_all(const struct dg_verdict *v, const char *sinks,
		   struct failures *failures)
{
	DG_CLEANUP(dg_policy_freep) struct dg_policy *policy = dg_policy_new();
	DG_FREE char *text = dg_format("{\"schema\": \"driftguard.policy/1\", "
				       "\"sinks\": {%s}}",
				       sinks);
	const struct dg_sink_job job = {
		.root = tree.root, .policy = policy, .verdict = v};

	assert_int_equal(dg_policy_merge(policy, "test", text, strlen(text), true), 0);
	assert_int_equal(policy->problem_count, 0);
	assert_int_equal(dg_policy_settle(policy, NULL), 0);
	memset(failures, 0, sizeof(*failures));
	return dg_sinks_run(&job, note, failures);
}

/* Of a tree neither the journal nor mail is told; the others are, as the policy says. */
static void by_the_policy(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *due = golden("before-reboot");
	struct failures failures;

	(void)state;
	put_dir(&tree, "run");
	put_dir(&tree, "var/lib/prometheus/node-exporter");
	assert_int_equal(run_all(due, "", &failures), 0);
	assert_int_equal(stat_of(MOTD).st_mode & 07777, 0644);
	expect_text(PROM, NULL);
	expect_text(FLAG, NULL);
	assert_int_equal(run_all(due,
				 "\"motd\": \"critical\", \"textfile\": true, "
				 "\"reboot_required\": true, \"mail\": \"ok\"",
				 &failures),
			 0);
	expect_text(MOTD, NULL);
	assert_true(stat_of(PROM).st_size > 0 && stat_of(FLAG).st_size > 0);
	expect_text("var/lib/driftguard/mailed.json", NULL);
}

static void one_that_fails(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *due = golden("before-reboot");
	struct failures failures;

	(void)state;
	put(&tree, "run/driftguard", "no folder");
	put_dir(&tree, "var/lib/prometheus/node-exporter");
	assert_int_equal(
		run_all(due, "\"textfile\": true, \"reboot_required\": true", &failures),
		1);
	assert_string_equal(failures.names, "motd ");
	assert_true(stat_of(PROM).st_size > 0 && stat_of(FLAG).st_size > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thresholds),
		TEST(motd_comes_and_goes),
		TEST(motd_from_the_policys_severity),
		TEST(motd_in_the_way),
		TEST(textfile),
		TEST(textfile_switched_off),
		cmocka_unit_test(what_a_reboot_cures),
		cmocka_unit_test(own_lines_among_others),
		cmocka_unit_test(lines_of_bytes),
		TEST(reboot_among_others),
		TEST(reboot_alone),
		TEST(reboot_is_asked_for_once),
		TEST(reboot_without_a_memory),
		TEST(by_the_policy),
		TEST(one_that_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

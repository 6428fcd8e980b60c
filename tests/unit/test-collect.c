/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collecting as a whole: what hangs, crashes or babbles costs its own facts only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/collecting.h"
#include "tests/unit/fixture.h"

#define COLLECTOR(id, fn, ...)                  \
	static const struct dg_collector id = { \
		.name = #id,                    \
		.run = fn,                      \
		.fills = (const char *const[]){__VA_ARGS__, NULL}}

/* --- collectors that behave, and that do not --- */

static void run_good(const struct dg_root *root, struct dg_facts *facts)
{
	(void)root;
	dg_set_str(&facts->host.name, "pve1\x1b[2J\xff");
	dg_set_gap(&facts->host.container.meta, DG_ABSENT, "none");
}

static void run_nested(const struct dg_root *root, struct dg_facts *facts)
{
	(void)root;
	dg_set_known(&facts->boot.grub.meta);
	dg_set_str(&facts->boot.grub.path, "/boot/grub/grub.cfg");
	dg_set_known(&facts->boot.grub.entries.meta);
}

static void run_pin(const struct dg_root *root, struct dg_facts *facts)
{
	(void)root;
	dg_set_str(&facts->boot.pin, "6.5.13-5-pve");
}

static void run_many(const struct dg_root *root, struct dg_facts *facts)
{
	char name[32];

	(void)root;
	dg_set_known(&facts->modules.meta);
	for (int i = 0; i < 20000; i++) {
		struct dg_module *module = DG_ADD(&facts->modules, 20000);

		assert_non_null(module);
		snprintf(name, sizeof(name), "module%d", i);
		dg_set_str(&module->name, name);
		dg_set_str(&module->taint, "O");
	}
}

static void run_hang(const struct dg_root *root, struct dg_facts *facts)
{
	(void)root;
	(void)facts;
	for (;;)
		pause();
}

static void run_kill(const struct dg_root *root, struct dg_facts *facts)
{
	(void)root;
	(void)facts;
	kill(getpid(), SIGKILL);
}

static void run_exit(const struct dg_root *root, struct dg_facts *facts)
{
	(void)root;
	(void)facts;
	_exit(3);
}

/* Write into the pipe itself: the one descriptor that is open for writing to one. */
static void babble(const char *text)
{
	for (int fd = 3; fd < 64; fd++) {
		struct stat st;

		if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) &&
		    (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY)
			assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	}
}

static void run_garbage(const struct dg_root *root, struct dg_facts *facts)
{
	(void)root;
	(void)facts;
	babble("no JSON\n");
}

static void run_half(const struct dg_root *root, struct dg_facts *facts)
{
	(void)root;
	(void)facts;
	babble("{\"collector\":");
}

static void run_other(const struct dg_root *root, struct dg_facts *facts)
{
	(void)root;
	(void)facts;
	babble("{\"collector\":\"good\",\"facts\":{\"host\":{\"name\":\"x\"}}}\n");
}

static void run_torrent(const struct dg_root *root, struct dg_facts *facts)
{
	(void)root;
	(void)facts;
	for (;;)
		babble("                                                               "
		       " ");
}

COLLECTOR(good, run_good, "host.name", "host.container");
COLLECTOR(nested, run_nested, "boot.grub");
COLLECTOR(pin, run_pin, "boot.pin");
COLLECTOR(many, run_many, "modules");
COLLECTOR(hang, run_hang, "kernels", "boot.grub");
COLLECTOR(last, run_hang, "guests");
COLLECTOR(killed, run_kill, "kernels", "boot.grub");
COLLECTOR(leaver, run_exit, "kernels");
COLLECTOR(garbage, run_garbage, "kernels");
COLLECTOR(half, run_half, "kernels");
COLLECTOR(other, run_other, "kernels");
COLLECTOR(torrent, run_torrent, "kernels");

static struct dg_facts *collect_table(const struct dg_collector *const *table, size_t n,
				      int deadline_ms)
{
	const int64_t now = 1780000000;
	struct dg_facts *facts = NULL;

	assert_int_equal(dg_collect_with(tree.root, table, n, &now, deadline_ms, &facts),
			 0);
	assert_non_null(facts);
	/* Nobody is left behind. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	return facts;
}

static void expect_others(const struct dg_facts *facts)
{
	assert_string_equal(said(&facts->host.name), "pve1?[2J\xef\xbf\xbd");
	assert_string_equal(said(&facts->host.container), "absent: none");
	assert_string_equal(said(&facts->boot.pin), "6.5.13-5-pve");
}

static void test_merge(void **state)
{
	const struct dg_collector *const table[] = {&good, &nested, &pin, &many};
	FACTS_CLEANUP struct dg_facts *facts = collect_table(table, 4, 60000);

	(void)state;
	expect_others(facts);
	assert_true(dg_known(&facts->host) && dg_known(&facts->kernel));
	assert_true(dg_known(&facts->packages) && dg_known(&facts->boot));
	assert_string_equal(said(&facts->boot.grub.path), "/boot/grub/grub.cfg");
	assert_true(dg_known(&facts->boot.grub.entries));
	assert_int_equal(facts->modules.count, 20000);
	assert_string_equal(said(&facts->modules.items[19999].name), "module19999");
	assert_string_equal(said(&facts->boot.efi), "unreadable: ");
}

static void test_frame(void **state)
{
	const struct dg_collector *const table[] = {&good};
	FACTS_CLEANUP struct dg_facts *given = collect_table(table, 1, 60000);
	FACTS_CLEANUP struct dg_facts *clock = NULL;

	(void)state;
	assert_string_equal(said(&given->tool), DG_VERSION);
	assert_number(&given->time, 1780000000);
	assert_true(dg_absent(&given->host.tool_time));
	assert_true(dg_known(&given->live) && !given->live.value);
	assert_int_equal(dg_collect_with(tree.root, table, 1, NULL, 60000, &clock), 0);
	assert_number(&clock->host.tool_time, DG_RELEASE_TIME);
	assert_true(dg_known(&clock->time));
}

static void expect_late(const void *fact, const char *collector)
{
	const char *words = said(fact);

	if (!dg_after(words, "unreadable: not read within ") || !strstr(words, collector))
		fail_msg("%s", words);
}

static void test_hang(void **state)
{
	const struct dg_collector *const table[] = {&good, &hang, &pin, &last};
	FACTS_CLEANUP struct dg_facts *facts = collect_table(table, 4, 4000);

	(void)state;
	expect_others(facts);
	expect_late(&facts->kernels, " s (collector hang)");
	expect_late(&facts->boot.grub, " s (collector hang)");
	expect_late(&facts->guests, " s (collector last)");
}

static void test_no_time(void **state)
{
	const struct dg_collector *const table[] = {&good, &pin};
	FACTS_CLEANUP struct dg_facts *facts = collect_table(table, 2, 0);

	(void)state;
	assert_string_equal(said(&facts->host.name),
			    "unreadable: not read within 0 s (collector good)");
	assert_string_equal(said(&facts->boot.pin),
			    "unreadable: not read within 0 s (collector pin)");
}

static void test_ends(void **state)
{
	static const struct {
		const struct dg_collector *collector;
		const char *said;
	} cases[] = {
		{&killed, "unreadable: the collector killed was ended by signal 9"},
		{&leaver, "unreadable: the collector leaver ended early with status 3"},
		{&garbage,
		 "unreadable: the collector garbage handed over what is not its facts"},
		{&half, "unreadable: the collector half handed over what is not its "
			"facts"},
		{&other,
		 "unreadable: the collector other handed over what is not its facts"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		const struct dg_collector *const table[] = {&good, cases[i].collector,
							    cases[i].collector, &pin};
		FACTS_CLEANUP struct dg_facts *facts = collect_table(table, 4, 60000);

		expect_others(facts);
		assert_string_equal(said(&facts->kernels), cases[i].said);
	}
}

/* The last one's end has nobody behind it. */
static void test_last_ends(void **state)
{
	const struct dg_collector *const table[] = {&good, &pin, &killed};
	FACTS_CLEANUP struct dg_facts *facts = collect_table(table, 3, 60000);

	(void)state;
	expect_others(facts);
	assert_non_null(strstr(said(&facts->boot.grub), "signal 9"));
}

static void test_torrent(void **state)
{
	const struct dg_collector *const table[] = {&good, &torrent, &pin};
	FACTS_CLEANUP struct dg_facts *facts = collect_table(table, 3, 3000);

	(void)state;
	expect_others(facts);
	assert_false(dg_known(&facts->kernels));
}

/* The child ends with its parent, whatever ends that. */
static void test_orphan(void **state)
{
	const struct dg_collector *const table[] = {&hang};
	pid_t parent;

	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	parent = fork();
	if (parent == 0) {
		struct dg_facts *facts;

		_exit(dg_collect_with(tree.root, table, 1, NULL, 60000, &facts) < 0);
	}
	assert_true(parent > 0);
	usleep(200000);
	child_stop(parent);
	for (int i = 0; i < 2000; i++) {
		int status;

		if (waitpid(-1, &status, WNOHANG) == 0) {
			usleep(5000);
			continue;
		}
		assert_true(errno == ECHILD ||
			    (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL));
		return;
	}
	fail_msg("a child was left behind");
}

/* --- single facts --- */

static void test_line(void **state)
{
	static const struct {
		const char *data, *said;
		size_t size;
	} cases[] = {
		{.data = "6.5.13-5-pve\n", .said = "6.5.13-5-pve"},
		{.data = " \t6.5 \r\nmore\n", .said = "6.5"},
		{.data = "no end", .said = "no end"},
		{.data = "", .said = "absent: /line: is empty"},
		{.data = "\nx\n", .said = "absent: /line: its first line is empty"},
		{.data = "a\0b\n",
		 .size = 4,
		 .said = "malformed: /line: holds a NUL byte"},
		{.data = "\xff\x1b", .said = "\xef\xbf\xbd?"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		struct dg_facts *facts = dg_facts_new();

		assert_non_null(facts);
		put_data(&tree, "line", cases[i].data,
			 cases[i].size ? cases[i].size : strlen(cases[i].data));
		dg_read_line_fact(tree.root, "line", &facts->boot.pin);
		assert_string_equal(said(&facts->boot.pin), cases[i].said);
		dg_facts_free(facts);
	}
	drop(&tree, "line");
}

static void test_line_gaps(void **state)
{
	static const struct {
		const char *path, *said;
	} cases[] = {
		{"/none/x", "absent: /none/x: is not there"},
		{"dir", "unreadable: /dir: is a directory"},
		{"fifo", "unreadable: /fifo: is not a regular file"},
		{"big", "unreadable: /big: is larger than what is read of it"},
		{"loop", "unreadable: /loop: its symbolic links lead in a circle"},
		{"fifo/x", "absent: /fifo/x: is not there: a part of the path is no "
			   "directory"},
	};
	FACTS_CLEANUP struct dg_facts *facts = dg_facts_new();

	(void)state;
	put_dir(&tree, "dir");
	put_fifo(&tree, "fifo");
	put_sparse(&tree, "big", (off_t)1 << 30);
	put_link(&tree, "loop", "loop");
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		dg_read_line_fact(tree.root, cases[i].path, &facts->boot.pin);
		assert_string_equal(said(&facts->boot.pin), cases[i].said);
	}
	assert_string_equal(dg_errno_words(-EACCES), "no permission");
	assert_string_equal(dg_errno_words(-EIO), "Input/output error");
	assert_string_equal(dg_errno_words(-100000), "unknown error");
	assert_int_equal(dg_state_from_errno(-EBADMSG), DG_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),	cmocka_unit_test(test_frame),
		cmocka_unit_test(test_hang),	cmocka_unit_test(test_no_time),
		cmocka_unit_test(test_ends),	cmocka_unit_test(test_last_ends),
		cmocka_unit_test(test_torrent), cmocka_unit_test(test_orphan),
		cmocka_unit_test(test_line),	cmocka_unit_test(test_line_gaps),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collecting upgrades from dpkg's logs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <time.h>

#include "tests/unit/packages.h"
#include "tests/unit/random.h"

#define LINE(day, text) "2025-" day " 10:00:00 " text "\n"
#define UP(day, from, to)                                 \
	LINE(day, "startup archives unpack")              \
	LINE(day, "upgrade pve-manager:all " from " " to) \
	LINE(day, "upgrade bash:amd64 1 2") LINE(day, "status installed bash:amd64 2")

static int64_t since(void)
{
	return dg_known(&facts->packages.log_since) ? facts->packages.log_since.value : 0;
}

/* The day of 2025 at which the logs of this file have their lines. */
static int64_t at(int month, int day)
{
	struct tm tm = {
		.tm_year = 125, .tm_mon = month - 1, .tm_mday = day, .tm_hour = 10};

	return timegm(&tm);
}

/* "8.1>8.2 8.2>9.0"; "-" for a missing end. */
static void expect_upgrades(const char *text)
{
	char found[1024] = "";

	collect(&dg_collect_upgrades);
	assert_true(dg_known(&facts->packages.upgrades));
	dg_list_foreach (up, facts->packages.upgrades) {
		size_t n = strlen(found);

		snprintf(found + n, sizeof(found) - n, "%s%s>%s", n ? " " : "",
			 dg_known(&up->from) ? dg_get(&up->from) : "-",
			 dg_known(&up->to) ? dg_get(&up->to) : "-");
	}
	assert_string_equal(found, text);
}

static void expect_no_logs(enum dg_state state, const char *text)
{
	collect(&dg_collect_upgrades);
	expect_gap(&facts->packages.upgrades.meta, state, text);
	expect_gap(&facts->packages.log_since.meta, state, text);
}

static void test_upgrades(void **state)
{
	static const char oldest[] = UP("03-01", "8.1", "8.2");

	(void)state;
	tree_text(&tree, LOG, UP("06-01", "9.0", "9.1"));
	tree_text(&tree, LOG ".1", UP("05-01", "8.3", "9.0"));
	tree_gzip(LOG ".2.gz", "", 0, 0);
	tree_gzip(LOG ".3.gz", oldest, strlen(oldest), 0);
	expect_upgrades("8.1>8.2 8.3>9.0 9.0>9.1");
	assert_int_equal(since(), at(3, 1));
	expect_str(facts->packages.upgrades.items[0].package, "pve-manager");
	assert_int_equal(facts->packages.upgrades.items[0].time.value, at(3, 1));
	/* A number is missing: what lies behind it is not history. */
	tree_drop(LOG ".2.gz");
	expect_upgrades("8.3>9.0 9.0>9.1");
	assert_int_equal(since(), at(5, 1));
	tree_drop(LOG);
	expect_upgrades("8.3>9.0");
	tree_drop(LOG ".1");
	expect_no_logs(DG_ABSENT, "/" LOG);
}

static void test_upgrade_actions(void **state)
{
	(void)state;
	tree_text(&tree, LOG,
		  LINE("01-01", "install pve-qemu-kvm:amd64 <none> 9.0-1") LINE(
			  "01-02", "install proxmox-kernel-6.8:all 6.8.1-1 6.8.2-1")
			  LINE("01-03", "install proxmox-kernel-6.8.1-1-pve:all <none> 1")
				  LINE("01-04", "remove proxmox-ve:all 8.0 <none>") LINE(
					  "01-05", "purge proxmox-ve:all 8.0 <none>")
					  LINE("01-06",
					       "upgrade proxmox-default-kernel:all 1 2")
						  LINE("01-07",
						       "upgrade qemu-utils:amd64 1 2"));
	expect_upgrades("->9.0-1 6.8.1-1>6.8.2-1 8.0>- 1>2");
	assert_int_equal(since(), at(1, 1));
	assert_null(dg_facts_gap(facts, "packages.upgrades.*"));
}

static void test_logs_empty(void **state)
{
	(void)state;
	tree_text(&tree, LOG, "");
	expect_upgrades("");
	assert_true(dg_absent(&facts->packages.log_since));
	/* Before the clock was set: no proof that the log reaches back to 1970. */
	tree_text(&tree, LOG, "1970-01-01 00:00:09 startup archives unpack\n");
	expect_upgrades("");
	assert_true(dg_absent(&facts->packages.log_since));
	tree_text(&tree, LOG ".1", UP("05-01", "1", "2"));
	expect_upgrades("1>2");
	assert_int_equal(since(), at(5, 1));
}

static void test_logs_broken(void **state)
{
	static const char older[] = UP("03-01", "8.1", "8.2");
	char noise[70000];

	(void)state;
	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (char)random_below(256);
	tree_text(&tree, LOG ".1", UP("05-01", "8.2", "8.3"));
	tree_fifo(LOG);
	expect_no_logs(DG_UNREADABLE, "/" LOG);
	tree_drop(LOG);
	tree_dir(&tree, LOG);
	expect_no_logs(DG_UNREADABLE, "directory");
	tree_drop(LOG);
	tree_write(&tree, LOG, noise, sizeof(noise));
	expect_no_logs(DG_MALFORMED, "/" LOG);
	tree_text(&tree, LOG, UP("06-01", "8.3", "9.0"));
	for (size_t cut = 1; cut < 60; cut++) {
		tree_gzip(LOG ".2.gz", older, strlen(older), cut);
		expect_upgrades("8.2>8.3 8.3>9.0");
		assert_int_equal(since(), at(5, 1));
	}
	tree_write(&tree, LOG ".2.gz", noise, sizeof(noise));
	expect_upgrades("8.2>8.3 8.3>9.0");
	tree_gzip(LOG ".2.gz", older, strlen(older), 0);
	expect_upgrades("8.1>8.2 8.2>8.3 8.3>9.0");
	/* Nothing was seen before the one that cannot be read. */
	tree_text(&tree, LOG, "");
	tree_drop(LOG ".1");
	tree_fifo(LOG ".1");
	expect_no_logs(DG_UNREADABLE, "/" LOG ".1");
}

static void test_log_bombs(void **state)
{
	static const char *const links[] = {LOG ".3.gz", LOG ".4.gz", LOG ".5.gz",
					    LOG ".6.gz"};
	size_t size = 65 << 20, line = 4000;
	DG_FREE char *text = malloc(size);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', size);
	for (size_t i = 0; i + line < size; i += line)
		memcpy(text + i, "\n2025-04-01 10:00:00 status ", 28);
	tree_text(&tree, LOG, UP("06-01", "8.3", "9.0"));
	tree_text(&tree, LOG ".1", UP("05-01", "8.2", "8.3"));
	tree_gzip(LOG ".2.gz", text, size, 0);
	expect_upgrades("8.2>8.3 8.3>9.0");
	assert_int_equal(since(), at(5, 1));
	/* Each small enough, but not all of them together. */
	tree_gzip(LOG ".2.gz", text, 60 << 20, 0);
	tree_text(&tree, LOG ".3", UP("03-01", "8.1", "8.2"));
	expect_upgrades("8.1>8.2 8.2>8.3 8.3>9.0");
	tree_drop(LOG ".3");
	for (size_t i = 0; i < DG_COUNT(links); i++)
		tree_link(&tree, links[i], "dpkg.log.2.gz");
	tree_text(&tree, LOG ".7", UP("03-01", "8.1", "8.2"));
	expect_upgrades("8.2>8.3 8.3>9.0");
	assert_int_equal(since(), at(4, 1));
}

/* More than are kept: the newest stay, and the history begins with them. */
static void test_upgrades_many(void **state)
{
	DG_FREE char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 5000; i++)
		fprintf(f, "2025-01-01 %02d:%02d:%02d upgrade pve-manager:all %d %d\n",
			i / 3600, i / 60 % 60, i % 60, i, i + 1);
	assert_int_equal(fclose(f), 0);
	tree_text(&tree, LOG, text);
	tree_text(&tree, LOG ".1", LINE("01-01", "upgrade pve-manager:all x y"));
	collect(&dg_collect_upgrades);
	assert_int_equal(facts->packages.upgrades.count, 4096);
	expect_str(facts->packages.upgrades.items[0].from, "904");
	expect_str(facts->packages.upgrades.items[4095].to, "5000");
	assert_int_equal(since(), at(1, 1) - 10 * 3600 + 903);
}

static int64_t since_in(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	collect(&dg_collect_upgrades);
	return since();
}

/* The logs of the running system hold its local time, those of a tree are taken as UTC.
 */
static void test_local_time(void **state)
{
	int64_t live;

	(void)state;
	tree_text(&tree, LOG, UP("06-01", "9.0", "9.1"));
	assert_int_equal(since_in("XXX-5"), at(6, 1));
	dg_root_free(tree.root);
	assert_int_equal(dg_root_new("/", &tree.root), 0);
	live = since_in("UTC0");
	if (live)
		assert_int_equal(live - since_in("XXX-5"), 5 * 3600);
	unsetenv("TZ");
	if (!live)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_upgrades),   TEST(test_upgrade_actions),
		TEST(test_logs_empty), TEST(test_logs_broken),
		TEST(test_log_bombs),  TEST(test_upgrades_many),
		TEST(test_local_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Records of boots on disk: writing and reading again, what cannot be used, which are
 * kept, and which one somebody means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/time.h>

#include "guard/record/boots.h"
#include "guard/render/records.h"
#include "tests/unit/collecting.h"
#include "tests/unit/facts-builder.h"
#include "tests/unit/fixture.h"
#include "tests/unit/records.h"

#define FOLDER "var/lib/driftguard/boots/"

static void put_boot(const struct boot *b)
{
	DG_FREE char *text = boot_text(b);
	char name[128];

	snprintf(name, sizeof(name), FOLDER "%s.json", OR(b->id, BOOT_A));
	put(&tree, name, text);
}

static struct dg_history read_all(void)
{
	struct dg_history history = {0};

	assert_int_equal(dg_history_read(tree.root, &history), 0);
	return history;
}

static bool is_there(const char *name)
{
	struct stat st;

	return dg_root_stat(tree.root, name, false, &st) == 0;
}

/* --- writing, and reading again --- */

static void write_boot(const struct boot *b, size_t keep, int expected)
{
	DG_CLEANUP(dg_boot_record_freep) struct dg_boot_record *record = record_make(b);
	struct json_object *verdict = json_object_new_object();
	DG_FREE char *why = NULL;
	int r;

	json_object_object_add(verdict, "schema", json_object_new_string("v"));
	r = dg_boot_write(tree.root, record, verdict, keep, &why);
	json_object_put(verdict);
	if (r != expected)
		fail_msg("%d, not %d: %s", r, expected, why ? why : "");
	assert_true((r < 0) == (why != NULL));
}

static void written_and_read(void **state)
{
	DG_HISTORY_CLEANUP struct dg_history history = {0};
	DG_FREE char *text = NULL;
	size_t size;

	(void)state;
	put_dir(&tree, "var/lib");
	write_boot(&(struct boot){0}, 50, 0);
	write_boot(&(struct boot){0}, 50, 0);
	history = read_all();
	assert_int_equal(history.count, 1);
	assert_string_equal(history.files[0].name, BOOT_A ".json");
	assert_null(history.files[0].why);
	assert_string_equal(dg_get(&history.files[0].record->kernel), "6.5.13-5-pve");
	assert_int_equal(history.files[0].record->guests.count, 2);
	assert_int_equal(
		dg_root_read(tree.root, FOLDER BOOT_A ".json", 1 << 20, &text, &size), 0);
	assert_non_null(strstr(text, "\"document\""));
}

/* --- one run at a time --- */

static int lock_now(void *arg)
{
	DG_FREE char *why = NULL;
	int fd;

	(void)arg;
	return dg_record_lock(tree.root, 0, &fd, &why);
}

static void lock_and_say(void *arg, int ready)
{
	if (lock_now(arg) == 0 && write(ready, "1", 1) == 1)
		pause();
}

static void hang(void *arg, int ready)
{
	(void)arg;
	if (write(ready, "1", 1) == 1)
		pause();
}

static void one_run_at_a_time(void **state)
{
	DG_FREE char *why = NULL;
	struct stat st;
	pid_t other;
	int fd;

	(void)state;
	put_dir(&tree, "run");
	other = child_start(lock_and_say, NULL);
	assert_int_equal(dg_record_lock(tree.root, 50, &fd, &why), -EBUSY);
	assert_non_null(strstr(why, "another run"));
	child_stop(other);
	free(DG_STEAL(why));
	assert_int_equal(dg_record_lock(tree.root, 0, &fd, &why), 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(child_run(lock_now, NULL), -EBUSY);
	/* A child that is left behind, hanging in a read for good, has no part in it. */
	other = child_start(hang, NULL);
	close(fd);
	assert_int_equal(child_run(lock_now, NULL), 0);
	child_stop(other);
	/* Who may read a lock may hold it. */
	assert_int_equal(
		dg_root_stat(tree.root, "run/driftguard/record.lock", false, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void no_lock(void **state)
{
	DG_FREE char *why = NULL;
	int fd;

	(void)state;
	put_dir(&tree, "run");
	put_link(&tree, "run/driftguard", "/tmp");
	assert_int_equal(dg_record_lock(tree.root, 0, &fd, &why), -ELOOP);
	assert_non_null(why);
}

/* From facts to a record on disk, and back. */
static void made_of_facts(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = host_grub();
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *verdict = NULL;
	DG_CLEANUP(dg_boot_record_freep) struct dg_boot_record *record = NULL;
	DG_HISTORY_CLEANUP struct dg_history history = {0};
	DG_FREE char *why = NULL;

	(void)state;
	put_dir(&tree, "var/lib");
	dg_set_str(&facts->host.boot_id, BOOT_A);
	verdict = judge(facts, NULL);
	assert_int_equal(dg_boot_record_make(facts, verdict, &record), 0);
	assert_int_equal(dg_boot_write(tree.root, record, NULL, 50, &why), 0);
	history = read_all();
	assert_int_equal(history.count, 1);
	assert_string_equal(dg_get(&history.files[0].record->kernel), NEWEST);
	assert_string_equal(dg_get(&history.files[0].record->host), "pve1");
	assert_string_equal(dg_get(&history.files[0].record->verdict), "ok");
	assert_int_equal(history.files[0].time, NOW - 3 * DAY);
}

static void not_a_boots_id(void **state)
{
	static const char *const ids[] = {
		"",
		"b007",
		"../../../../etc/cron.d/x",
		"0f7c2b9e-5a41-4d0c-8f3e-6b1d2a7c9e5/",
		"0f7c2b9e-5a41-4d0c-8f3e-6b1d2a7c9e5",
		"0f7c2b9e-5a41-4d0c-8f3e-6b1d2a7c9e500",
		"0f7c2b9ea5a41a4d0ca8f3ea6b1d2a7c9e50",
		"gf7c2b9e-5a41-4d0c-8f3e-6b1d2a7c9e50",
	};

	(void)state;
	put_dir(&tree, "var/lib");
	for (size_t i = 0; i < DG_COUNT(ids); i++)
		write_boot(&(struct boot){.id = ids[i]}, 50, -EINVAL);
	assert_false(is_there("var/lib/driftguard"));
}

/* A file that would be too large to be read again loses its oldest samples. */
static void too_many_samples(void **state)
{
	DG_HISTORY_CLEANUP struct dg_history history = {0};
	DG_FREE char *long_text = malloc(60001), *samples = strdup("[");
	struct stat st;
	size_t left;

	(void)state;
	put_dir(&tree, "var/lib");
	memset(long_text, 'x', 60000);
	long_text[60000] = '\0';
	for (int i = 0; i < 100; i++) {
		char *longer = dg_format("%s%s{\"window_s\": %d, \"disturbed\": \"%s\"}",
					 samples, i ? "," : "", i + 1, long_text);

		free(samples);
		samples = longer;
	}
	samples = realloc(samples, strlen(samples) + 2);
	strcat(samples, "]");
	write_boot(&(struct boot){.samples = samples}, 50, 0);
	assert_int_equal(dg_root_stat(tree.root, FOLDER BOOT_A ".json", false, &st), 0);
	assert_true(st.st_size > (off_t)DG_BOOT_FILE_MAX * 9 / 10 &&
		    st.st_size <= (off_t)DG_BOOT_FILE_MAX);
	history = read_all();
	assert_non_null(history.files[0].record);
	left = history.files[0].record->samples.count;
	assert_true(left > 50 && left < 100);
	assert_true(history.files[0].record->samples.items[left - 1].window_s.value > 99);
}

static void planted_link(void **state)
{
	struct stat st;

	(void)state;
	put(&tree, "etc/shadow", "secret");
	put_link(&tree, FOLDER BOOT_A ".json", "/etc/shadow");
	write_boot(&(struct boot){0}, 50, 0);
	assert_int_equal(dg_root_stat(tree.root, FOLDER BOOT_A ".json", false, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(dg_root_stat(tree.root, "etc/shadow", false, &st), 0);
	assert_int_equal(st.st_size, strlen("secret"));
}

static void verdict_of_this_boot(void **state)
{
	struct json_object *verdict = json_object_new_object();
	DG_FREE char *why = NULL, *missing = NULL, *text = NULL;
	size_t size;

	(void)state;
	assert_int_equal(dg_verdict_write(tree.root, verdict, &missing), -ENOENT);
	assert_non_null(strstr(missing, "/run/driftguard/verdict.json"));
	put_dir(&tree, "run");
	assert_int_equal(dg_verdict_write(tree.root, verdict, &why), 0);
	json_object_put(verdict);
	assert_int_equal(
		dg_root_read(tree.root, "run/driftguard/verdict.json", 100, &text, &size),
		0);
}

#define VERDICT "run/driftguard/verdict.json"

static void read_verdict(int expected, const char *says)
{
	struct dg_verdict *verdict = NULL;
	DG_FREE char *why = NULL;
	int r = dg_verdict_read(tree.root, &verdict, &why);

	if (r != expected || (says && (!why || !strstr(why, says))))
		fail_msg("%d, not %d: %s", r, expected, why ? why : "");
	assert_int_equal(verdict != NULL, r == 0);
	dg_verdict_free(verdict);
}

static void verdict_read_back(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = host_grub();
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *verdict = judge(facts, NULL);
	struct json_object *document = dg_verdict_encode(verdict);
	DG_FREE char *why = NULL;

	(void)state;
	read_verdict(-ENOENT, NULL);
	put_dir(&tree, "run");
	assert_int_equal(dg_verdict_write(tree.root, document, &why), 0);
	json_object_put(document);
	read_verdict(0, NULL);
	put(&tree, VERDICT, "{\n");
	read_verdict(-EBADMSG, "/run/driftguard/verdict.json:2:1: ");
	put(&tree, VERDICT, "{\"schema\": \"driftguard.verdict/1\"}");
	read_verdict(-EBADMSG, "verdict.json: \"time\" is missing");
	put(&tree, VERDICT, "");
	read_verdict(-EBADMSG, "verdict.json:1:1: ");
	put_sparse(&tree, VERDICT, DG_VERDICT_FILE_MAX + 1);
	read_verdict(-EFBIG, NULL);
	drop(&tree, VERDICT);
	put_fifo(&tree, VERDICT);
	read_verdict(-EOPNOTSUPP, NULL);
	drop(&tree, VERDICT);
	put_dir(&tree, VERDICT);
	read_verdict(-EISDIR, NULL);
}

/* --- reading what is there --- */

static void nothing_there(void **state)
{
	DG_HISTORY_CLEANUP struct dg_history history = read_all();

	(void)state;
	assert_int_equal(history.count, 0);
}

static void newest_first(void **state)
{
	DG_HISTORY_CLEANUP struct dg_history history = {0};

	(void)state;
	put_boot(&(struct boot){.id = BOOT_A, .time = "2026-01-02T00:00:00Z"});
	put_boot(&(struct boot){.id = BOOT_B, .time = "2026-01-03T00:00:00Z"});
	put_boot(&(struct boot){.id = BOOT_C, .time = "2026-01-01T00:00:00Z"});
	put(&tree, FOLDER "broken.json", "{");
	history = read_all();
	assert_int_equal(history.count, 4);
	assert_string_equal(history.files[0].name, BOOT_B ".json");
	assert_string_equal(history.files[1].name, BOOT_A ".json");
	assert_string_equal(history.files[2].name, BOOT_C ".json");
	assert_null(history.files[3].record);
}

/* Of one second, the one that was written last. */
static void equal_times(void **state)
{
	DG_HISTORY_CLEANUP struct dg_history history = {0};
	const struct timeval times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	char path[256];

	(void)state;
	put_boot(&(struct boot){.id = BOOT_A, .time = "1970-01-01T00:00:09Z"});
	put_boot(&(struct boot){.id = BOOT_B, .time = "1970-01-01T00:00:09Z"});
	assert_int_equal(utimes(tree_path(&tree, FOLDER BOOT_A ".json", path), times), 0);
	history = read_all();
	assert_string_equal(history.files[0].name, BOOT_B ".json");
	assert_int_equal(history.files[1].mtime, 1000);
}

static void what_cannot_be_used(void **state)
{
	static const struct {
		const char *name, *text, *why;
	} cases[] = {
		{BOOT_A ".json", "", "line 1: "},
		{BOOT_A ".json", "{\n\n,}", "line 3: "},
		{BOOT_A ".json", "[]", "schema"},
		{BOOT_A ".json", "null", "schema"},
		{BOOT_A ".json", "{\"schema\": \"driftguard.boot/2\"}", "schema"},
		{BOOT_A ".json", "{\"schema\": \"driftguard.boot/1\"}", "which boot"},
		{BOOT_A ".json",
		 "{\"schema\": \"driftguard.boot/1\", \"boot_id\": \"" BOOT_A "\"}",
		 "which boot"},
		{BOOT_A ".json",
		 "{\"schema\": \"driftguard.boot/1\", \"boot_id\": \"" BOOT_B
		 "\", \"kernel\": \"1\"}",
		 "of another boot, " BOOT_B},
		{BOOT_A ".json",
		 "{\"schema\": \"driftguard.boot/1\", \"boot_id\": \"" BOOT_A
		 "x\", \"kernel\": \"1\"}",
		 "of another boot, "},
		{"notes.json",
		 "{\"schema\": \"driftguard.boot/1\", \"boot_id\": \"notes\", "
		 "\"kernel\": \"1\"}",
		 "no boot's id"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_HISTORY_CLEANUP struct dg_history history = {0};
		char name[128];

		snprintf(name, sizeof(name), FOLDER "%s", cases[i].name);
		put(&tree, name, cases[i].text);
		history = read_all();
		assert_int_equal(history.count, 1);
		assert_null(history.files[0].record);
		if (!strstr(history.files[0].why, cases[i].why))
			fail_msg("\"%s\", not \"%s\"", history.files[0].why,
				 cases[i].why);
		drop(&tree, name);
	}
}

static void what_is_no_file(void **state)
{
	DG_HISTORY_CLEANUP struct dg_history history = {0};

	(void)state;
	put_fifo(&tree, FOLDER BOOT_A ".json");
	put_dir(&tree, FOLDER BOOT_B ".json");
	put_link(&tree, FOLDER BOOT_C ".json", "nowhere");
	put_sparse(&tree, FOLDER "large.json", DG_BOOT_FILE_MAX + 1);
	/* Those are not of the kind at all. */
	put(&tree, FOLDER ".hidden.json", "{}");
	put(&tree, FOLDER "notes.txt", "{}");
	history = read_all();
	assert_int_equal(history.count, 4);
	for (size_t i = 0; i < history.count; i++) {
		assert_null(history.files[i].record);
		assert_non_null(history.files[i].why);
		if (dg_streq(history.files[i].name, "large.json"))
			assert_non_null(strstr(history.files[i].why, "4 MiB"));
	}
}

/* Cut anywhere, a record is unusable or whole, and nothing else. */
static void cut_anywhere(void **state)
{
	DG_FREE char *text = boot_text(&(struct boot){0});
	size_t size = strlen(text);

	(void)state;
	for (size_t n = 0; n + 2 < size; n++) {
		DG_HISTORY_CLEANUP struct dg_history history = {0};

		put_data(&tree, FOLDER BOOT_A ".json", text, n);
		history = read_all();
		assert_int_equal(history.count, 1);
		assert_null(history.files[0].record);
	}
}

/* --- how many are kept --- */

static void numbered(int i, char id[40], char time[32])
{
	snprintf(id, 40, "%08x-5a41-4d0c-8f3e-6b1d2a7c9e50", 0xabc00 + (unsigned)i);
	snprintf(time, 32, "2026-01-%02dT00:00:00Z", i);
}

static void put_numbered(int i)
{
	char id[40], time[32];

	numbered(i, id, time);
	put_boot(&(struct boot){.id = id, .time = time});
}

static bool numbered_is_there(int i)
{
	char id[40], time[32], name[128];

	numbered(i, id, time);
	snprintf(name, sizeof(name), FOLDER "%s.json", id);
	return is_there(name);
}

static void oldest_go(void **state)
{
	(void)state;
	for (int i = 1; i <= 9; i++)
		put_numbered(i);
	put(&tree, FOLDER "notes.json", "{}");
	put(&tree, FOLDER "README", "mine");
	put(&tree, FOLDER "0f7c2b9e.json", "{}");
	/* Also an older one counts as this boot's. */
	write_boot(&(struct boot){.time = "2025-01-01T00:00:00Z"}, 4, 0);
	for (int i = 1; i <= 9; i++)
		if (numbered_is_there(i) != (i > 6))
			fail_msg("boot %d", i);
	assert_true(is_there(FOLDER BOOT_A ".json"));
	assert_true(is_there(FOLDER "notes.json"));
	assert_true(is_there(FOLDER "README"));
	assert_true(is_there(FOLDER "0f7c2b9e.json"));
	write_boot(&(struct boot){.time = "2025-01-01T00:00:00Z"}, 1, 0);
	assert_true(is_there(FOLDER BOOT_A ".json"));
	assert_false(numbered_is_there(9));
}

/* Boots whose clock stood at 1970 go first, and drive out none that knew the time. */
static void broken_clock(void **state)
{
	static const char *const ids[] = {"1970aaaa-5a41-4d0c-8f3e-6b1d2a7c9e50",
					  "1970bbbb-5a41-4d0c-8f3e-6b1d2a7c9e50",
					  "1970cccc-5a41-4d0c-8f3e-6b1d2a7c9e50"};

	(void)state;
	for (int i = 1; i <= 3; i++)
		put_numbered(i);
	for (size_t i = 0; i < DG_COUNT(ids); i++)
		write_boot(&(struct boot){.id = ids[i], .time = "1970-01-01T00:00:09Z"},
			   4, 0);
	for (int i = 1; i <= 3; i++)
		assert_true(numbered_is_there(i));
	assert_false(is_there(FOLDER "1970aaaa-5a41-4d0c-8f3e-6b1d2a7c9e50.json"));
	assert_true(is_there(FOLDER "1970cccc-5a41-4d0c-8f3e-6b1d2a7c9e50.json"));
}

/* A record of a newer program is as old as its file. */
static void unusable_by_file_time(void **state)
{
	(void)state;
	for (int i = 1; i <= 3; i++)
		put_numbered(i);
	put(&tree, FOLDER BOOT_C ".json", "{\"schema\": \"driftguard.boot/2\"}");
	write_boot(&(struct boot){.id = BOOT_B}, 3, 0);
	assert_true(is_there(FOLDER BOOT_C ".json"));
	assert_true(numbered_is_there(3));
	assert_false(numbered_is_there(2));
}

static void cannot_be_removed(void **state)
{
	DG_CLEANUP(dg_boot_record_freep)
	struct dg_boot_record *record = record_make(&(struct boot){.id = BOOT_B});
	DG_FREE char *why = NULL;

	(void)state;
	put_dir(&tree, FOLDER BOOT_A ".json");
	put(&tree, FOLDER BOOT_A ".json/x", "");
	assert_true(dg_boot_write(tree.root, record, NULL, 1, &why) < 0);
	assert_non_null(strstr(why, "cannot remove"));
	assert_true(is_there(FOLDER BOOT_B ".json"));
}

/* --- which one is meant --- */

#define A_SAMPLE "[{\"window_s\": 10, \"disks\": []}]"

static void put_four(void)
{
	put_boot(&(struct boot){.id = "aaaa2b9e-5a41-4d0c-8f3e-6b1d2a7c9e50",
				.time = "2026-01-04T00:00:00Z",
				.kernel = "7.0.6-2-pve"});
	put_boot(&(struct boot){.id = "bbbb2b9e-5a41-4d0c-8f3e-6b1d2a7c9e50",
				.time = "2026-01-03T00:00:00Z",
				.kernel = "7.0.6-2-pve",
				.samples = A_SAMPLE});
	put_boot(&(struct boot){.id = "bbbbcccc-5a41-4d0c-8f3e-6b1d2a7c9e50",
				.time = "2026-01-02T00:00:00Z"});
	put_boot(&(struct boot){.id = "12342b9e-5a41-4d0c-8f3e-6b1d2a7c9e50",
				.time = "2026-01-01T00:00:00Z"});
	put(&tree, FOLDER "broken.json", "{");
}

static void picked(void **state)
{
	static const struct {
		const char *word;
		const char *id;	  /* its beginning; NULL: none */
		const char *says; /* then */
	} cases[] = {
		{"0", "aaaa", NULL},
		{"-0", "aaaa", NULL},
		{"-1", "bbbb2b9e", NULL},
		{"-3", "1234", NULL},
		{"-4", NULL, "no boot -4 among the 4"},
		{"-999999999999", NULL, "is called"},
		{"1", "1234", NULL},
		{"4", "aaaa", NULL},
		{"5", NULL, "no boot 5 among the 4"},
		{"1234", "1234", NULL},
		{"aaaa", "aaaa", NULL},
		{"AAAA2B9E", "aaaa", NULL},
		{"bbbb2b9e5a41", "bbbb2b9e", NULL},
		{"bbbb2b9e-5a41", "bbbb2b9e", NULL},
		{"bbbb2b9e-5a41-4d0c-8f3e-6b1d2a7c9e50", "bbbb2b9e", NULL},
		{"bbbb2b9e5a414d0c8f3e6b1d2a7c9e50", "bbbb2b9e", NULL},
		{"bbbb2b9e5a414d0c8f3e6b1d2a7c9e500", NULL, "is called"},
		{"bbbb", NULL,
		 "more than one boot begins with bbbb: "
		 "bbbb2b9e-5a41-4d0c-8f3e-6b1d2a7c9e50 (7.0.6-2-pve), "
		 "bbbbcccc-5a41-4d0c-8f3e-6b1d2a7c9e50 (6.5.13-5-pve)"},
		{"aaa", NULL, "is called \"aaa\""},
		{"----", NULL, "is called"},
		{"", NULL, "is called"},
		/* Its newest boot has no sample, the one before has. */
		{"7.0.6-2-pve", "bbbb2b9e", NULL},
		{"6.5.13-5-pve", "bbbbcccc", NULL},
		{"7.0.6-1-pve", NULL, "did you mean 7.0.6-2-pve?"},
	};
	DG_HISTORY_CLEANUP struct dg_history history = {0};

	(void)state;
	put_four();
	history = read_all();
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		const struct dg_boot_record *record = NULL;
		DG_FREE char *why = NULL;
		int r = dg_history_pick(&history, cases[i].word, &record, &why);

		if (cases[i].id &&
		    (r < 0 || !dg_after(dg_get(&record->boot_id), cases[i].id)))
			fail_msg("%s: %s", cases[i].word, why ? why : "another");
		if (!cases[i].id && (r >= 0 || !why || !strstr(why, cases[i].says)))
			fail_msg("%s: %s", cases[i].word, why ? why : "(null)");
	}
}

static void last_two_kernels(void **state)
{
	DG_HISTORY_CLEANUP struct dg_history history = {0};
	const struct dg_boot_record *a = NULL, *b = NULL;
	DG_FREE char *why = NULL;

	(void)state;
	put_four();
	history = read_all();
	assert_int_equal(dg_history_pick_two(&history, &a, &b, &why), 0);
	assert_string_equal(dg_get(&a->boot_id), "bbbbcccc-5a41-4d0c-8f3e-6b1d2a7c9e50");
	assert_string_equal(dg_get(&b->boot_id), "bbbb2b9e-5a41-4d0c-8f3e-6b1d2a7c9e50");
}

static void no_two_kernels(void **state)
{
	DG_HISTORY_CLEANUP struct dg_history none = read_all(), one = {0};
	const struct dg_boot_record *a = NULL, *b = NULL;
	DG_FREE char *nothing = NULL, *same = NULL;

	(void)state;
	assert_int_equal(dg_history_pick_two(&none, &a, &b, &nothing), -ENOENT);
	assert_non_null(strstr(nothing, "no boot is recorded yet"));
	put_boot(&(struct boot){.id = BOOT_A});
	put_boot(&(struct boot){.id = BOOT_B});
	one = read_all();
	assert_int_equal(dg_history_pick_two(&one, &a, &b, &same), -ENOENT);
	assert_non_null(strstr(same, "only one kernel is recorded, 6.5.13-5-pve"));
	assert_null(a);
}

/* --- forms of the history --- */

static char *render(const struct dg_renderer *renderer, const struct dg_history *history)
{
	const struct dg_style style = {.width = 80};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(renderer->history(out, history, &style), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void rendered(void **state)
{
	DG_HISTORY_CLEANUP struct dg_history none = read_all(), history = {0};
	DG_FREE char *empty = render(&dg_render_text, &none), *text = NULL, *json = NULL;
	struct json_object *parsed, *boots;

	(void)state;
	assert_non_null(strstr(empty, "No boot is recorded yet"));
	put_four();
	history = read_all();
	text = render(&dg_render_text, &history);
	assert_non_null(strstr(text, "2026-01-04 00:00"));
	assert_non_null(strstr(text, "7.0.6-2-pve"));
	assert_non_null(strstr(text, "broken.json: line 1"));
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 80);
	json = render(&dg_render_json, &history);
	parsed = json_tokener_parse(json);
	assert_true(json_object_object_get_ex(parsed, "boots", &boots));
	assert_int_equal(json_object_array_length(boots), 4);
	json_object_put(parsed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(written_and_read),
		TEST(one_run_at_a_time),
		TEST(no_lock),
		TEST(made_of_facts),
		TEST(not_a_boots_id),
		TEST(too_many_samples),
		TEST(planted_link),
		TEST(verdict_of_this_boot),
		TEST(verdict_read_back),
		TEST(nothing_there),
		TEST(newest_first),
		TEST(equal_times),
		TEST(what_cannot_be_used),
		TEST(what_is_no_file),
		TEST(cut_anywhere),
		TEST(oldest_go),
		TEST(broken_clock),
		TEST(unusable_by_file_time),
		TEST(cannot_be_removed),
		TEST(picked),
		TEST(last_two_kernels),
		TEST(no_two_kernels),
		TEST(rendered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

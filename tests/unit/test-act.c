/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of the runner: records, locks, the ledger. The whole is tried in tests/act/. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <json-c/json.h>
#include <sys/stat.h>

#include "guard/act/act.h"
#include "guard/act/ledger.h"
#include "guard/act/lock.h"
#include "guard/collect/run.h"
#include "policy/text.h"
#include "tests/unit/facts-builder.h"
#include "tests/unit/json-schema.h"
#include "tests/unit/tree.h"

#define ID "20260603T080000Z-0123abcd"

static struct tree tree;

static int set_up(void **state)
{
	(void)state;
	tree_make(&tree);
	tree_dir(&tree, "run");
	tree_dir(&tree, "etc");
	tree_dir(&tree, "var");
	tree_dir(&tree, "var/lib");
	tree_dir(&tree, "var/lib/dpkg");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tree_remove(&tree);
	return 0;
}

/* --- records --- */

static void set_host(struct dg_action_host *host)
{
	dg_set_known(&host->meta);
	dg_action_set(&host->pin, OLD);
	dg_set_int(&host->pin_time, NOW);
	dg_action_set(&host->next_pin, NULL);
	dg_set_gap(&host->next_pin_time.meta, DG_ABSENT, "none");
	dg_action_set(&host->boots, OLD);
}

static struct dg_action *make_action(void)
{
	static const struct dg_act_ledger ledger = {.abi = NULL};
	static const struct dg_argv argv = {
		.words = {(char *)"proxmox-boot-tool", (char *)"refresh"}};
	struct dg_action *action = dg_action_new();
	struct dg_action_step *step = DG_ADD(&action->steps, 4);

	dg_set_str(&action->id, ID);
	dg_set_str(&action->tool, "0.1.0");
	dg_set_str(&action->verb, "pin");
	dg_set_int(&action->started, NOW);
	assert_int_equal(dg_action_argv_set(&step->argv, &argv), 0);
	assert_int_equal(dg_action_argv_set(DG_ADD(&step->undo, 2), &argv), 0);
	dg_action_set(&step->why, NULL);
	dg_action_not_run(step, "begun");
	set_host(&action->before);
	dg_set_known(&action->goal.meta);
	dg_action_set(&action->goal.pin, NULL);
	dg_action_set(&action->goal.next_pin, NULL);
	dg_action_set(&action->goal.boots, NEWEST);
	dg_set_int(&action->goal.missing, 0);
	assert_int_equal(dg_ledger_note(NULL, &ledger, &action->ledger, NULL), 0);
	return action;
}

/* As JSON by the schema, and back. */
static struct dg_action *round_trip(const struct dg_action *action)
{
	struct json_object *schema = json_object_from_file("policy/action.schema.json");
	struct json_object *json = dg_action_encode(action), *again;
	struct dg_action *copy = NULL;
	DG_FREE char *why = NULL;

	if (!json_is_valid(schema, json, &why))
		fail_msg("%s", why);
	assert_int_equal(dg_action_decode(json, &copy, &why), 0);
	again = dg_action_encode(copy);
	assert_true(json_object_equal(json, again));
	json_object_put(again);
	json_object_put(json);
	json_object_put(schema);
	return copy;
}

static void test_record(void **state)
{
	struct dg_action *action = make_action(), *copy;
	struct dg_argv argv;

	(void)state;
	copy = round_trip(action);
	assert_true(dg_action_is_open(copy));
	assert_int_equal(copy->steps.count, 1);
	assert_int_equal(dg_action_argv_get(&copy->steps.items[0].undo.items[0], &argv),
			 0);
	assert_string_equal(argv.words[1], "refresh");
	assert_null(argv.words[2]);
	dg_action_free(copy);
	dg_action_free(action);
}

static void expect_undecoded(const char *text)
{
	struct json_object *json = json_tokener_parse(text);
	struct dg_action *action = NULL;
	DG_FREE char *why = NULL;

	assert_int_equal(dg_action_decode(json, &action, &why), -EBADMSG);
	assert_non_null(why);
	json_object_put(json);
}

#define MARK "\"schema\": \"driftguard.action/1\""

static void test_bad_records(void **state)
{
	(void)state;
	expect_undecoded("[]");
	expect_undecoded("{}");
	expect_undecoded("{\"schema\": \"driftguard.action/2\", \"state\": \"open\"}");
	expect_undecoded("{" MARK "}");
	expect_undecoded("{" MARK ", \"id\": \"x\", \"state\": \"perhaps\"}");
	expect_undecoded("{" MARK ", \"id\": \"x\", \"state\": [\"open\"]}");
	expect_undecoded("{" MARK ", \"id\": 3, \"state\": \"open\"}");
}

/* An open record is acted on, so it has to tell all of it. */
static void test_not_whole(void **state)
{
	static const char *const paths[][2] = {
		{"before", NULL},     {"goal", NULL},	      {"ledger", NULL},
		{"steps", NULL},      {"before", "pin"},      {"before", "pin_time"},
		{"before", "boots"},  {"before", "next_pin"}, {"goal", "pin"},
		{"goal", "next_pin"}, {"goal", "boots"},      {"goal", "missing"},
	};
	struct dg_action *action = make_action();

	(void)state;
	for (size_t i = 0; i < DG_COUNT(paths); i++) {
		struct json_object *json = dg_action_encode(action), *at = json;
		DG_FREE char *text = NULL;

		if (paths[i][1])
			at = json_at(json, paths[i][0]);
		json_object_object_del(at, paths[i][paths[i][1] != NULL]);
		text = strdup(json_object_to_json_string(json));
		json_object_put(json);
		expect_undecoded(text);
	}
	dg_action_free(action);
}

static void test_bad_commands(void **state)
{
	static const char *const texts[] = {"[]",
					    "\"reboot\"",
					    "[3]",
					    "[[\"a\"]]",
					    "{\"words\": [\"a\"]}",
					    "[\"a\", \"a\", \"a\", \"a\", \"a\", \"a\"]"};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(texts); i++) {
		DG_FREE char *text =
			dg_format("{" MARK ", \"id\": \"x\", \"state\": \"closed\", "
				  "\"steps\": [{\"argv\": %s}]}",
				  texts[i]);
		struct json_object *json = json_tokener_parse(text);
		struct dg_action *action = NULL;
		DG_FREE char *why = NULL;
		struct dg_argv argv;

		assert_int_equal(dg_action_decode(json, &action, &why), 0);
		assert_int_equal(dg_action_argv_get(&action->steps.items[0].argv, &argv),
				 -EBADMSG);
		dg_action_free(action);
		json_object_put(json);
	}
}

static void test_ids(void **state)
{
	static const char *const none[] = {"",
					   "20260603T080000Z-0123abc",
					   "20260603T080000Z-0123abcde",
					   "20260603T080000Z-0123ABCD",
					   "20260603 080000Z-0123abcd",
					   "../60603T080000Z-0123abcd"};
	char buf[DG_ACTION_ID_SIZE];

	(void)state;
	assert_string_equal(dg_action_id(NOW, 0x123abcd, buf), ID);
	assert_true(dg_is_action_id(ID, strlen(ID)));
	for (size_t i = 0; i < DG_COUNT(none); i++)
		assert_false(dg_is_action_id(none[i], strlen(none[i])));
}

static void test_output(void **state)
{
	struct dg_action_step step = {0};
	static char text[5000];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%d\n", i);
	assert_int_equal(dg_action_set_output(&step, text, n), 0);
	assert_int_equal(step.output.count, DG_ACTION_LINES_MAX + 1);
	assert_string_equal(step.output.items[0].name.value, "0");
	assert_string_equal(step.output.items[100].name.value,
			    "[800 lines are left out here]");
	assert_string_equal(step.output.items[101].name.value, "900");
	assert_string_equal(step.output.items[200].name.value, "999");
	for (size_t i = 0; i < step.output.count; i++)
		free(step.output.items[i].name.value);
	free(step.output.items);
	step = (struct dg_action_step){0};
	assert_int_equal(dg_action_set_output(&step, "a\033[31m\n\nb", 9), 0);
	assert_int_equal(step.output.count, 3);
	assert_string_equal(step.output.items[0].name.value, "a?[31m");
	assert_string_equal(step.output.items[2].name.value, "b");
	for (size_t i = 0; i < step.output.count; i++)
		free(step.output.items[i].name.value);
	free(step.output.items);
}

static void test_find_open(void **state)
{
	struct dg_action *action = make_action(), *open;
	DG_FREE char *why = NULL;

	(void)state;
	assert_int_equal(dg_action_find_open(tree.root, &open, &why), 0);
	assert_null(open);
	assert_int_equal(dg_action_write(tree.root, action, &why), 0);
	assert_int_equal(dg_action_find_open(tree.root, &open, &why), 0);
	assert_string_equal(open->id.value, ID);
	dg_action_free(open);
	dg_set_str(&action->state, "closed");
	assert_int_equal(dg_action_write(tree.root, action, &why), 0);
	/* Not called as a record is: not looked at. */
	tree_text(&tree, "var/lib/driftguard/actions/note.json", "{");
	assert_int_equal(dg_action_find_open(tree.root, &open, &why), 0);
	assert_null(open);
	tree_text(&tree, "var/lib/driftguard/actions/20260101T000000Z-00000000.json",
		  "{");
	assert_int_equal(dg_action_find_open(tree.root, &open, &why), -EBADMSG);
	assert_non_null(strstr(why, "20260101T000000Z-00000000.json"));
	dg_action_free(action);
}

/* The names of records are their order, of one second too. */
static void test_order(void **state)
{
	char last[DG_ACTION_ID_SIZE] = "", id[DG_ACTION_ID_SIZE];
	struct dg_action *action = make_action();
	DG_FREE char *why = NULL;
	uint32_t number;

	(void)state;
	for (int i = 0; i < 20; i++) {
		assert_int_equal(dg_action_number(tree.root, NOW, &number), 0);
		dg_set_str(&action->id, dg_action_id(NOW, number, id));
		assert_true(strcmp(last, id) < 0);
		assert_int_equal(dg_action_write(tree.root, action, &why), 0);
		memcpy(last, id, sizeof(last));
	}
	assert_int_equal(dg_action_number(tree.root, NOW + 1, &number), 0);
	assert_int_equal(number >> 20, 0);
	dg_action_free(action);
}

static void test_retention(void **state)
{
	struct dg_action *action = make_action(), *open;
	DG_NAMES_FREE char **names = NULL;
	DG_FREE char *why = NULL;
	size_t n;

	(void)state;
	for (uint32_t i = 0; i < 210; i++) {
		char id[DG_ACTION_ID_SIZE];

		dg_set_str(&action->state, i == 3 ? "open" : "closed");
		dg_set_str(&action->id, dg_action_id(NOW + i, i, id));
		assert_int_equal(dg_action_write(tree.root, action, &why), 0);
	}
	dg_actions_retain(tree.root);
	assert_int_equal(dg_root_list(tree.root, DG_ACTIONS_DIR, 1000, &names, &n), 0);
	/* An open one is never removed, however old it is. */
	assert_int_equal(n, 201);
	assert_int_equal(dg_action_find_open(tree.root, &open, &why), 0);
	assert_int_equal(open->started.value, NOW);
	assert_non_null(strstr(open->id.value, "-00000003"));
	dg_action_free(open);
	dg_action_free(action);
}

/* However many runs did nothing: what was done is kept. */
static void test_retention_of_notes(void **state)
{
	static const char *const idle[] = {"dry-run", "nothing", "refused"};
	struct dg_action *action = make_action();
	DG_NAMES_FREE char **names = NULL;
	DG_FREE char *why = NULL;
	size_t n;

	(void)state;
	dg_set_str(&action->state, "closed");
	for (uint32_t i = 0; i < 110; i++) {
		char id[DG_ACTION_ID_SIZE];

		dg_set_str(&action->outcome, i < 4 ? "done" : idle[i % 3]);
		dg_set_str(&action->id, dg_action_id(NOW + i, i, id));
		assert_int_equal(dg_action_write(tree.root, action, &why), 0);
	}
	dg_actions_retain(tree.root);
	assert_int_equal(dg_root_list(tree.root, DG_ACTIONS_DIR, 1000, &names, &n), 0);
	assert_int_equal(n, 104);
	assert_non_null(strstr(names[3], "-00000003"));
	assert_non_null(strstr(names[4], "-0000000a"));
	dg_action_free(action);
}

/* A run that does not act leaves a record, too. */
static void test_note(void **state)
{
	static const struct dg_act_gate gates[] = {
		{.id = "enabled", .open = true, .detail = "the policy says so"},
		{.id = "proven", .detail = "it never ran here"}};
	static const char *const overridden[] = {"secure-boot", NULL};
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = dg_facts_new();
	static const int64_t now = NOW;
	const struct dg_act_request request = {.root = tree.root,
					       .facts = facts,
					       .verb = "enforce",
					       .because = "pin-expired",
					       .gates = gates,
					       .gate_count = 2,
					       .overridden = overridden,
					       .now = &now};
	DG_FREE char *record = NULL, *why = NULL, *path = NULL;
	struct dg_action *open, *copy;
	struct json_object *json;

	(void)state;
	assert_int_equal(dg_act_note(&request, "dry-run", "because", &record, &why), 0);
	assert_int_equal(dg_action_find_open(tree.root, &open, &why), 0);
	assert_null(open);
	path = dg_format("%s%s", tree.dir, record);
	json = json_object_from_file(path);
	assert_int_equal(dg_action_decode(json, &copy, &why), 0);
	json_object_put(json);
	assert_string_equal(copy->outcome.value, "dry-run");
	assert_string_equal(copy->because.value, "pin-expired");
	assert_int_equal(copy->started.value, NOW);
	assert_int_equal(copy->gates.count, 2);
	assert_true(dg_true(&copy->gates.items[0].open));
	assert_false(dg_true(&copy->gates.items[1].open));
	assert_string_equal(copy->overridden.items[0].name.value, "secure-boot");
	assert_int_equal(copy->steps.count, 0);
	dg_action_free(round_trip(copy));
	dg_action_free(copy);
}

/* --- locks --- */

static int take(void *lock)
{
	int (*fn)(const struct dg_root *, int *, char **) = lock;
	DG_FREE char *why = NULL;
	int fd;

	return fn(tree.root, &fd, &why);
}

static void expect_one_at_a_time(int (*lock)(const struct dg_root *, int *, char **))
{
	DG_FREE char *why = NULL;
	int fd = -1, again = -1;

	assert_int_equal(lock(tree.root, &fd, &why), 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(child_run(take, (void *)(uintptr_t)lock), -EBUSY);
	assert_int_equal(lock(tree.root, &again, &why), -EBUSY);
	assert_non_null(why);
	/* Whoever inherits it has it. */
	again = dup(fd);
	close(fd);
	assert_int_equal(child_run(take, (void *)(uintptr_t)lock), -EBUSY);
	close(again);
	assert_int_equal(child_run(take, (void *)(uintptr_t)lock), 0);
}

static void test_locks(void **state)
{
	struct stat st;

	(void)state;
	expect_one_at_a_time(dg_act_lock);
	/* Who may read a lock may hold it: nobody else is to. */
	assert_int_equal(dg_root_stat(tree.root, "run/driftguard/act.lock", false, &st),
			 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	expect_one_at_a_time(dg_dpkg_lock);
}

/* A collector that hangs for good must not hold the locks for as long. */
static int locked_fd = -1;

static void look_at_lock(const struct dg_root *root, struct dg_facts *facts)
{
	(void)root;
	dg_set_bool(&facts->boot.cleanup_done, fcntl(locked_fd, F_GETFD) >= 0);
}

static const struct dg_collector looks = {
	.name = "boot",
	.fills = (const char *const[]){"boot.cleanup_done", NULL},
	.run = look_at_lock,
};

static void test_collectors_hold_no_lock(void **state)
{
	static const struct dg_collector *const table[] = {&looks};
	DG_FREE char *why = NULL;
	struct dg_facts *facts;

	(void)state;
	assert_int_equal(dg_dpkg_lock(tree.root, &locked_fd, &why), 0);
	assert_int_equal(dg_collect_with(tree.root, table, 1, NULL, 10000, &facts), 0);
	assert_true(dg_known(&facts->boot.cleanup_done));
	assert_false(dg_true(&facts->boot.cleanup_done));
	dg_facts_free(facts);
	close(locked_fd);
}

static void lock_as_dpkg(void *arg, int ready)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[256];
	int fd = open(tree_path(&tree, arg, path), O_RDWR | O_CREAT, 0640);

	if (fcntl(fd, F_SETLK, &lock) == 0 && write(ready, "1", 1) == 1)
		pause();
}

static void test_dpkg(void **state)
{
	pid_t pid = child_start(lock_as_dpkg, (void *)"var/lib/dpkg/lock-frontend");
	DG_FREE char *why = NULL;
	bool locked;
	int fd;

	(void)state;
	assert_int_equal(dg_dpkg_lock(tree.root, &fd, &why), -EBUSY);
	assert_non_null(strstr(why, "packages are being changed"));
	child_stop(pid);
	assert_int_equal(dg_dpkg_lock(tree.root, &fd, &why), 0);
	/* And dpkg sees ours, also after this process has looked at the file. */
	assert_int_equal(dg_root_locked(tree.root, "var/lib/dpkg/lock-frontend", &locked),
			 0);
	assert_true(locked);
	assert_int_equal(dg_root_locked(tree.root, "var/lib/dpkg/lock-frontend", &locked),
			 0);
	assert_true(locked);
	close(fd);
}

static void test_no_lock(void **state)
{
	DG_FREE char *why = NULL, *other = NULL;
	int fd;

	(void)state;
	tree_link(&tree, "run/driftguard", "/tmp");
	assert_int_equal(dg_act_lock(tree.root, &fd, &why), -ELOOP);
	assert_non_null(why);
	tree_link(&tree, "var/lib/dpkg/lock-frontend", "/etc/passwd");
	assert_int_equal(dg_dpkg_lock(tree.root, &fd, &other), -ELOOP);
	assert_non_null(other);
}

/* --- the ledger --- */

static struct dg_facts *read_ledger(void)
{
	static const struct dg_collector *const table[] = {&dg_collect_ledger};
	struct dg_facts *facts;

	assert_int_equal(dg_collect_with(tree.root, table, 1, NULL, 10000, &facts), 0);
	return facts;
}

static void test_ledger(void **state)
{
	static const char *const gone[] = {OLD, NEWEST, BEFORE, NULL};
	const struct dg_act_ledger ledger = {.abi = NEWEST,
					     .reason = "a \"reason\"\n",
					     .owner = "who",
					     .since = NOW,
					     .until = 1798761599,
					     .remove = gone};
	struct dg_action_ledger noted = {0};
	DG_FREE char *why = NULL;
	struct dg_facts *facts;

	(void)state;
	tree_dir(&tree, "etc/driftguard");
	tree_dir(&tree, "etc/driftguard/pins.d");
	tree_text(&tree, "etc/driftguard/pins.d/" OLD ".json", "{\"was\":\n \"here\"}");
	assert_int_equal(dg_ledger_note(tree.root, &ledger, &noted, &why), 0);
	assert_int_equal(noted.removed.count, 3);
	assert_string_equal(noted.removed.items[0].entry.value, "{\"was\":  \"here\"}");
	assert_true(dg_absent(&noted.removed.items[2].entry));
	/* Twice is as once. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(dg_ledger_apply_noted(tree.root, &noted, &why), 0);
		facts = read_ledger();
		assert_int_equal(facts->ledger.count, 1);
		assert_string_equal(facts->ledger.items[0].abi.value, NEWEST);
		assert_string_equal(facts->ledger.items[0].reason.value, "a \"reason\" ");
		assert_string_equal(facts->ledger.items[0].owner.value, "who");
		assert_int_equal(facts->ledger.items[0].since.value, NOW);
		assert_int_equal(facts->ledger.items[0].until.value, 1798761599);
		dg_facts_free(facts);
	}
	for (size_t i = 0; i < noted.removed.count; i++) {
		free(noted.removed.items[i].abi.value);
		free(noted.removed.items[i].entry.value);
		free(noted.removed.items[i].entry.meta.detail);
	}
	free(noted.removed.items);
	free(noted.abi.value);
	free(noted.reason.value);
	free(noted.owner.value);
}

static void test_ledger_names(void **state)
{
	static const char *const gone[] = {"../../../etc/passwd", NULL};
	const struct dg_act_ledger write = {.abi = "../x", .reason = "r", .owner = "o"};
	const struct dg_act_ledger remove = {.remove = gone};
	DG_FREE char *why = NULL, *other = NULL;

	(void)state;
	assert_int_equal(dg_ledger_apply(tree.root, &write, &why), -EINVAL);
	assert_non_null(why);
	assert_int_equal(dg_ledger_apply(tree.root, &remove, &other), -EINVAL);
	assert_non_null(other);
}

#define IN_TREE(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_bad_records),
		cmocka_unit_test(test_bad_commands),
		cmocka_unit_test(test_not_whole),
		cmocka_unit_test(test_ids),
		cmocka_unit_test(test_output),
		IN_TREE(test_find_open),
		IN_TREE(test_order),
		IN_TREE(test_retention),
		IN_TREE(test_retention_of_notes),
		IN_TREE(test_note),
		IN_TREE(test_locks),
		IN_TREE(test_collectors_hold_no_lock),
		IN_TREE(test_dpkg),
		IN_TREE(test_no_lock),
		IN_TREE(test_ledger),
		IN_TREE(test_ledger_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The journal: what an entry holds, which entries are sent, and what the catalogue says
 * of them. */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

#include "guard/sink/journal.h"
#include "tests/unit/facts-builder.h"
#include "tests/unit/sinking.h"
#include "tests/unit/verdicts.h"

/* --- entries --- */

/* The field's value; NULL: the entry has none. One that stands twice fails. */
static const char *field(const struct dg_journal_entry *entry, const char *name)
{
	static char value[4096];
	const char *found = NULL;
	size_t n = strlen(name);

	for (int i = 0; i < entry->count; i++) {
		const struct iovec *v = &entry->fields[i];
		const char *text = v->iov_base;

		assert_int_equal(strlen(text), v->iov_len);
		if (strncmp(text, name, n) != 0 || text[n] != '=')
			continue;
		assert_null(found);
		snprintf(value, sizeof(value), "%s", text + n + 1);
		found = value;
	}
	return found;
}

static void expect_field(const struct dg_journal_entry *entry, const char *name,
			 const char *expected)
{
	const char *value = field(entry, name);

	if (!expected && value)
		fail_msg("%s=%s", name, value);
	if (expected && (!value || strcmp(value, expected) != 0))
		fail_msg("%s=%s, not %s", name, value ? value : "(none)", expected);
}

static void of_a_verdict(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *v = golden("incident");
	struct dg_journal_entry entry;

	(void)state;
	assert_int_equal(dg_journal_verdict(v, &entry), 0);
	expect_field(&entry, "MESSAGE",
		     "critical: 6.5.13-5-pve runs under Proxmox VE 9.2.3, which expects "
		     "a 7.0 kernel, and a pin keeps it there");
	/* The two ids are for ever. */
	expect_field(&entry, "MESSAGE_ID", "5e3f0c0d7a1b4c9e8f6a2b7d94c1e053");
	expect_field(&entry, "PRIORITY", "2");
	expect_field(&entry, "SYSLOG_IDENTIFIER", "driftguard");
	expect_field(&entry, "DRIFTGUARD_VERDICT", "critical");
	expect_field(&entry, "DRIFTGUARD_KERNEL", "6.5.13-5-pve");
	expect_field(&entry, "DRIFTGUARD_TARGET", "7.0.6-2-pve");
	expect_field(&entry, "DRIFTGUARD_CHECK", NULL);
	expect_field(&entry, "DRIFTGUARD_STATUS", NULL);
	dg_journal_entry_clear(&entry);
	assert_int_equal(entry.count, 0);
}

static void of_a_finding(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *v = golden("incident");
	struct dg_journal_entry entry;

	(void)state;
	assert_int_equal(dg_journal_finding(v, found(v, "pin-age"), &entry), 0);
	expect_field(
		&entry, "MESSAGE",
		"pin-age: 6.5.13-5-pve has been pinned for 469 days; 90 are allowed");
	expect_field(&entry, "MESSAGE_ID", "b1c26d8e0f3a4d57a9e47c5f82d60b19");
	expect_field(&entry, "PRIORITY", "4");
	expect_field(&entry, "DRIFTGUARD_VERDICT", "critical");
	expect_field(&entry, "DRIFTGUARD_CHECK", "pin-age");
	expect_field(&entry, "DRIFTGUARD_STATUS", "drift");
	expect_field(&entry, "DRIFTGUARD_SEVERITY", "warning");
	expect_field(&entry, "DRIFTGUARD_KERNEL", "6.5.13-5-pve");
	expect_field(&entry, "DRIFTGUARD_TARGET", "7.0.6-2-pve");
	assert_non_null(field(&entry, "DRIFTGUARD_REMEDY"));
	dg_journal_entry_clear(&entry);
}

static void priorities(void **state)
{
	static const struct {
		const char *host, *priority;
	} cases[] = {
		{"healthy-9.2", "6"}, {"rebuilt-abi", "5"},	  {"before-reboot", "4"},
		{"incident", "2"},    {"status-unreadable", "4"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		VERDICT_CLEANUP struct dg_verdict *v = golden(cases[i].host);
		struct dg_journal_entry entry;

		assert_int_equal(dg_journal_verdict(v, &entry), 0);
		expect_field(&entry, "PRIORITY", cases[i].priority);
		dg_journal_entry_clear(&entry);
	}
}

/* What is not known is left out: an empty field would match another one. */
static void nothing_known(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *v = NULL;
	struct dg_journal_entry entry;

	(void)state;
	assert_int_equal(dg_verdict_missing(0, "None", &v), 0);
	assert_int_equal(dg_journal_verdict(v, &entry), 0);
	expect_field(&entry, "DRIFTGUARD_VERDICT", "unknown");
	expect_field(&entry, "DRIFTGUARD_KERNEL", NULL);
	expect_field(&entry, "DRIFTGUARD_TARGET", NULL);
	dg_journal_entry_clear(&entry);
}

/* --- sending --- */

#define SOCKET "/run/systemd/journal/socket"

/* /run for this process alone. */
static int make_run(void)
{
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/run", "tmpfs", 0, "mode=755") < 0 ||
	    mkdir("/run/systemd", 0755) < 0 || mkdir("/run/systemd/journal", 0755) < 0)
		return -ENOSYS;
	return 0;
}

static int open_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		dg_closep(&fd);
	return fd;
}

/* Each datagram, an empty line behind it, into the tree's file "entries". */
static int keep_entries(int fd)
{
	static char entry[65536];
	char path[256];
	DG_FCLOSE FILE *out = fopen(tree_path(&tree, "entries", path), "we");

	for (ssize_t n; out && (n = recv(fd, entry, sizeof(entry), 0)) > 0;) {
		fwrite(entry, 1, (size_t)n, out);
		fputc('\n', out);
	}
	return out && errno == EAGAIN ? 0 : -EIO;
}

struct sending {
	const char *host, *from;
};

static int send_to_a_socket(void *arg)
{
	const struct sending *sending = arg;
	VERDICT_CLEANUP struct dg_verdict *v = golden(sending->host);
	const struct dg_sink_call call = {
		.root = tree.root, .verdict = v, .from = sending->from};
	DG_FREE char *why = NULL;
	DG_CLOSE int fd = -1;
	int r = make_run();

	if (r < 0)
		return r;
	/* No journal is no failure, nor is one that nobody listens to any more. */
	if (dg_sink_journal(&call, &why) < 0)
		return -ENOENT;
	fd = open_socket();
	if (fd < 0)
		return -ENOSYS;
	dg_closep(&fd);
	if (dg_sink_journal(&call, &why) < 0)
		return -ECONNREFUSED;
	unlink(SOCKET);
	fd = open_socket();
	if (fd < 0 || dg_sink_journal(&call, &why) < 0)
		return -EPIPE;
	return keep_entries(fd);
}

static size_t count_in(const char *text, const char *what)
{
	size_t count = 0;

	for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
		count++;
	return count;
}

/* One a verdict and one a drift finding, from the policy's severity on. */
static void sent(void **state)
{
	static const struct {
		struct sending what;
		size_t verdicts, findings;
		const char *says;
	} cases[] = {
		{{"incident", "ok"}, 1, 7, "\nDRIFTGUARD_VERDICT=critical\n"},
		{{"incident", "warning"}, 1, 6, "\nDRIFTGUARD_CHECK=pin-age\n"},
		{{"incident", "critical"}, 1, 2, "\nDRIFTGUARD_STATUS=drift\n"},
		{{"incident", "off"}, 0, 0, ""},
		{{"healthy-9.2", "ok"}, 1, 0, "\nPRIORITY=6\n"},
		{{"healthy-9.2", "notice"}, 0, 0, ""},
		{{"status-unreadable", "warning"}, 1, 0, "VERDICT=unknown\n"},
		{{"status-unreadable", "critical"}, 0, 0, ""},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		struct sending what = cases[i].what;
		DG_FREE char *entries = NULL;
		int r = child_run(send_to_a_socket, &what);

		if (r == -ENOSYS) {
			print_message("skipped: no mount namespace of its own here\n");
			skip();
		}
		assert_int_equal(r, 0);
		entries = text_of("entries");
		assert_non_null(entries);
		assert_int_equal(count_in(entries, "MESSAGE_ID=" DG_MESSAGE_VERDICT "\n"),
				 cases[i].verdicts);
		assert_int_equal(count_in(entries, "MESSAGE_ID=" DG_MESSAGE_FINDING "\n"),
				 cases[i].findings);
		assert_non_null(strstr(entries, cases[i].says));
		assert_null(strstr(entries, "CODE_"));
	}
}

/* --- the catalogue --- */

/* Every field it shows is one of the entry's that it explains. */
static void assert_fields(const char *text, size_t size,
			  const struct dg_journal_entry *entry)
{
	const char *end = text + size, *at = text;

	while ((at = memchr(at, '@', (size_t)(end - at)))) {
		const char *close = memchr(at + 1, '@', (size_t)(end - at - 1));
		DG_FREE char *name = NULL;

		assert_non_null(close);
		name = strndup(at + 1, (size_t)(close - at - 1));
		if (!field(entry, name))
			fail_msg("no field %s", name);
		at = close + 1;
	}
}

static void assert_explained(const char *catalog, const char *id,
			     const struct dg_journal_entry *entry)
{
	DG_FREE char *head = dg_format("\n-- %s\nSubject: ", id);
	const char *at = strstr(catalog, head), *next;

	assert_non_null(at);
	assert_null(strstr(at + 1, head));
	next = strstr(at + strlen(head), "\n-- ");
	assert_fields(at, next ? (size_t)(next - at) : strlen(at), entry);
	at = strstr(at, "\nDefined-By: driftguard\n");
	assert_true(at && (!next || at < next));
}

static void catalogue(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *v = golden("incident");
	struct dg_journal_entry verdict, finding;
	char text[16384];
	DG_FCLOSE FILE *file = fopen("units/driftguard.catalog", "re");
	size_t n;

	(void)state;
	assert_non_null(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	assert_int_equal(dg_journal_verdict(v, &verdict), 0);
	assert_int_equal(dg_journal_finding(v, found(v, "pin-age"), &finding), 0);
	assert_explained(text, DG_MESSAGE_VERDICT, &verdict);
	assert_explained(text, DG_MESSAGE_FINDING, &finding);
	/* And the one of actions (test-journal-action.c). */
	assert_int_equal(count_in(text, "\n-- "), 3);
	dg_journal_entry_clear(&verdict);
	dg_journal_entry_clear(&finding);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_verdict),
		cmocka_unit_test(of_a_finding),
		cmocka_unit_test(priorities),
		cmocka_unit_test(nothing_known),
		TEST(sent),
		cmocka_unit_test(catalogue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Our reading of dpkg's status file, by itself and against dpkg-query. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "guard/parse/dpkg-status.h"
#include "policy/util.h"

#define ENTRY(name, status, version)                                    \
	"Package: " name "\nStatus: " status "\nVersion: " version "\n" \
	"Maintainer: A <a@b.c>\nArchitecture: amd64\nDescription: d\n"

static const char sample[] =
	"Package: bash\n"
	"Status: install ok installed\n"
	"Architecture: amd64\n"
	"Source: bash-source (5.2-1)\n"
	"Version: 5.2-1+b1\n"
	"Depends: libc6 (>= 2.36),\n  debianutils (>= 5.6)\n"
	"Pre-Depends: base-files:any,\n\tlibtinfo6\n"
	"Description: shell\n Bash is a shell.\n .\n Package: not-a-field\n"
	"\n\n"
	"VERSION: 9.0.3\n"
	"status:  hold\tok   installed \n"
	"paCkage: pve-manager\n"
	"\n" ENTRY("other", "deinstall ok config-files", "1") "\n" /* unwanted ones */
	ENTRY("torn", "install reinstreq half-installed",
	      "2") "\n"
		   "Package: never\nStatus: unknown ok not-installed\n\n"
		   "Package: half\nStatus: purge ok half-installed\nDescription: x\n";

static bool wanted_some(void *ctx, const char *name, size_t len)
{
	const char *const names[] = {"bash", "pve-manager", "never", "half"};
	size_t i;

	++*(int *)ctx;
	for (i = 0; i < DG_COUNT(names); i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return true;
	return false;
}

/* Parse a copy that ends with the text, so that a read beyond it is seen. */
static int parse_exact(const char *text, size_t len, dg_dpkg_wanted_fn wanted, void *ctx,
		       struct dg_dpkg_status *ret, char **ret_why)
{
	DG_FREE char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	return dg_dpkg_status_parse(copy, len, wanted, ctx, ret, ret_why);
}

static void test_fields(void **state)
{
	struct dg_dpkg_status s = {0};
	const struct dg_dpkg_package *p;
	int calls = 0;

	(void)state;
	assert_int_equal(
		parse_exact(sample, sizeof(sample) - 1, wanted_some, &calls, &s, NULL),
		0);
	assert_int_equal(calls, 6);
	assert_int_equal(s.n_packages, 4);
	p = &s.packages[0];
	assert_string_equal(p->name, "bash");
	assert_string_equal(p->version, "5.2-1+b1");
	assert_string_equal(p->architecture, "amd64");
	assert_string_equal(p->source, "bash-source");
	assert_string_equal(p->depends, "base-files:any, libtinfo6, libc6 (>= 2.36), "
					"debianutils (>= 5.6)");
	assert_int_equal(p->want, DG_DPKG_WANT_INSTALL);
	assert_int_equal(p->state, DG_DPKG_INSTALLED);
	assert_int_equal(p->line, 1);
	p = &s.packages[1];
	assert_string_equal(p->name, "pve-manager");
	assert_string_equal(p->version, "9.0.3");
	assert_null(p->architecture);
	assert_null(p->source);
	assert_null(p->depends);
	assert_int_equal(p->want, DG_DPKG_WANT_HOLD);
	assert_int_equal(p->line, 16);
	assert_int_equal(s.packages[2].state, DG_DPKG_NOT_INSTALLED);
	assert_null(s.packages[2].version);
	assert_int_equal(s.packages[3].want, DG_DPKG_WANT_PURGE);
	assert_int_equal(s.n_total, 6);
	assert_int_equal(s.counts[DG_DPKG_INSTALLED], 2);
	assert_int_equal(s.counts[DG_DPKG_HALF_INSTALLED], 2);
	assert_int_equal(s.counts[DG_DPKG_CONFIG_FILES], 1);
	assert_int_equal(s.n_unfinished, 2);
	assert_string_equal(s.unfinished[0], "torn");
	assert_string_equal(s.unfinished[1], "half");
	dg_dpkg_status_done(&s);
	dg_dpkg_status_done(&s);
	dg_dpkg_status_done(NULL);
}

static void test_empty(void **state)
{
	static const char *const texts[] = {"", "\n", "\n\n\n"};
	struct dg_dpkg_status s;
	size_t i;

	(void)state;
	assert_int_equal(dg_dpkg_status_parse(NULL, 0, NULL, NULL, &s, NULL), 0);
	for (i = 0; i < DG_COUNT(texts); i++) {
		assert_int_equal(
			parse_exact(texts[i], strlen(texts[i]), NULL, NULL, &s, NULL), 0);
		assert_int_equal(s.n_total, 0);
		dg_dpkg_status_done(&s);
	}
}

static void test_unfinished_cap(void **state)
{
	static const char one[] =
		"Package: p\nStatus: install ok unpacked\nVersion: 1\n\n";
	const size_t n = DG_DPKG_UNFINISHED_MAX + 9, len = sizeof(one) - 1;
	DG_FREE char *text = malloc(n * len);
	struct dg_dpkg_status s;
	size_t i;

	(void)state;
	assert_non_null(text);
	for (i = 0; i < n; i++)
		memcpy(text + i * len, one, len);
	assert_int_equal(dg_dpkg_status_parse(text, n * len, NULL, NULL, &s, NULL), 0);
	assert_int_equal(s.n_unfinished, n);
	assert_int_equal(s.n_packages, n);
	assert_string_equal(s.unfinished[DG_DPKG_UNFINISHED_MAX - 1], "p");
	dg_dpkg_status_done(&s);
}

#define OK "Status: install ok installed\nVersion: 1\n"

static const struct {
	const char *text, *why;
	bool only_wanted; /* in other stanzas it is passed over */
} malformed[] = {
	{"Package: a\n" OK "X", "ends in the middle of the entry of a at line 1"},
	{"\nPackage: a\n" OK "\nPac", "ends in the middle of the entry at line 6"},
	{"Package: a\n" OK "Conffiles: \n",
	 "ends in the middle of the entry of a at line 1"},
	{"Package: a\n", "ends in the middle of the entry of a at line 1"},
	{"Package: a\nStatus: install ok installed\n\n",
	 "ends in the middle of the entry of a at line 1"},
	{"Package: a\nStatus: install ok installed\n\nPackage: b\n" OK,
	 "no Version field in the entry at line 1"},
	{"Package: a\nVersion: 1\n\nPackage: b\n" OK,
	 "no Status field in the entry at line 1"},
	{OK "\nPackage: b\n" OK, "no Package field in the entry at line 1"},
	{"Package: a\nStatus: instal ok installed\nVersion: 1\n",
	 "unknown word in Status at line 2"},
	{"Package: a\nStatus: install ok\nVersion: 1\n",
	 "Status of fewer than 3 words at line 2"},
	{"Package: a\nStatus: install ok installed x\nVersion: 1\n",
	 "Status of more than 3 words at line 2"},
	{"Package: a\n" OK "Package: b\n" OK, "second Package field at line 4"},
	{"Package: a\n" OK "Conffiles:\n /x y\nDescription: d\npAckage: b\n" OK,
	 "second Package field at line 7"},
	{"Package: a b\n" OK, "not a package's name at line 1"},
	{"Package:\n" OK, "not a package's name at line 1"},
	{"Package: a\x1b[31m\n" OK, "not a package's name at line 1"},
	{"Package: -a\n" OK, "not a package's name at line 1"},
	{"Package: a\nStatus: install ok installed\nVersion:\nX: y\n",
	 "not a version at line 3"},
	{"Package: a\nStatus: install ok installed\nVersion: 1 2\n",
	 "not a version at line 3"},
	{" Package: a\n" OK, "no field name at line 1"},
	{"Package: a\n:x\n" OK, "no field name at line 2", .only_wanted = true},
	{"Package: a\n" OK "Depends: b,\n", "relation without its end at line 4",
	 .only_wanted = true},
	{"Package a\n" OK, "no colon behind the field name at line 1"},
	{"Package: a\n\x01\x02\n" OK, "no field name at line 2"},
	{"Package: a\nStatus: install ok triggers-pending\nVersion: 1\n",
	 "ends in the middle of the entry of a at line 1"},
};

static bool wanted_none(void *ctx, const char *name, size_t len)
{
	(void)ctx;
	(void)name;
	(void)len;
	return false;
}

static void test_malformed(void **state)
{
	struct dg_dpkg_status s;
	size_t i, all;

	(void)state;
	for (i = 0; i < DG_COUNT(malformed); i++) {
		for (all = malformed[i].only_wanted; all < 2; all++) {
			DG_FREE char *why = NULL;
			int r = parse_exact(malformed[i].text, strlen(malformed[i].text),
					    all ? NULL : wanted_none, NULL, &s, &why);

			if (r != -EBADMSG || !dg_streq(why, malformed[i].why))
				fail_msg("row %zu: %d, %s", i, r, why ? why : "-");
		}
	}
}

static void test_blank_line_in_value(void **state)
{
	static const char text[] = "Package: a\n" OK "Description: d\n  \t\n x\n";
	DG_FREE char *why = NULL;
	struct dg_dpkg_status s;

	(void)state;
	assert_int_equal(parse_exact(text, sizeof(text) - 1, NULL, NULL, &s, &why),
			 -EBADMSG);
	assert_string_equal(why, "blank line in a value at line 5");
}

static void test_nul(void **state)
{
	static const char text[] = "Package: a\n" OK "Description: d\0d\n";
	DG_FREE char *why = NULL;
	struct dg_dpkg_status s;

	(void)state;
	assert_int_equal(parse_exact(text, sizeof(text) - 1, NULL, NULL, &s, &why),
			 -EBADMSG);
	assert_string_equal(why, "NUL byte at line 4");
}

/* Cut at each byte: fine only where an entry is complete, and then with those before. */
static void test_truncated(void **state)
{
	size_t len;

	(void)state;
	for (len = 0; len < sizeof(sample) - 1; len++) {
		struct dg_dpkg_status s = {0};
		int r = parse_exact(sample, len, NULL, NULL, &s, NULL);

		if (len > 0 && sample[len - 1] != '\n')
			assert_int_equal(r, -EBADMSG);
		else
			assert_true(r == 0 || r == -EBADMSG);
		dg_dpkg_status_done(&s);
	}
}

/* ---- against dpkg-query ---- */

static const char query[] =
	"dpkg-query --admindir=%s -f "
	"'${Package}\\t${Version}\\t${Architecture}\\t${db:Status-Want}\\t"
	"${db:Status-Status}\\t${db:Status-Eflag}\\n' -W 2>/dev/null";

struct admin {
	char dir[32];
};

static void admin_path(const struct admin *a, const char *name, char path[static 64])
{
	snprintf(path, 64, "%s/%s", a->dir, name);
}

static void admin_write(const struct admin *a, const char *name, const char *text,
			size_t len)
{
	char path[64];
	FILE *f;

	admin_path(a, name, path);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static void admin_make(struct admin *a)
{
	static const char *const dirs[] = {"info", "updates", "triggers"};
	char path[64];
	size_t i;

	strcpy(a->dir, "/tmp/dg-dpkg-XXXXXX");
	assert_non_null(mkdtemp(a->dir));
	for (i = 0; i < DG_COUNT(dirs); i++) {
		admin_path(a, dirs[i], path);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	admin_write(a, "available", "", 0);
	admin_write(a, "arch", "amd64\ni386\narm64\n", 17);
	admin_write(a, "info/format", "1\n", 2);
}

static void admin_remove(struct admin *a)
{
	static const char *const names[] = {"info/format", "status", "available",
					    "arch",	   "info",   "updates",
					    "triggers",	   "lock",   "lock-frontend"};
	char path[64];
	size_t i;

	for (i = 0; i < DG_COUNT(names); i++) {
		admin_path(a, names[i], path);
		remove(path);
	}
	assert_int_equal(rmdir(a->dir), 0);
}

/* All of a stream, NUL-terminated. */
static char *stream_read(FILE *f, size_t *ret_len)
{
	size_t len = 0, size = 1 << 16;
	char *text = malloc(size);

	assert_non_null(text);
	while ((len += fread(text + len, 1, size - len - 1, f)) == size - 1) {
		size *= 2;
		text = realloc(text, size);
		assert_non_null(text);
	}
	text[len] = '\0';
	*ret_len = len;
	return text;
}

/* What dpkg-query makes of the status file `text`; NULL where it refuses. */
static char *dpkg_answer(const struct admin *a, const char *text, size_t len)
{
	char command[sizeof(query) + sizeof(a->dir)], *answer;
	size_t n;
	FILE *f;

	admin_write(a, "status", text, len);
	snprintf(command, sizeof(command), query, a->dir);
	f = popen(command, "re");
	assert_non_null(f);
	answer = stream_read(f, &n);
	if (pclose(f) == 0)
		return answer;
	free(answer);
	return NULL;
}

static int line_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The lines of `text` in order: dpkg-query has an order of its own. */
static char **lines_sorted(char *text, size_t *ret_n)
{
	char **lines = malloc((strlen(text) + 1) * sizeof(*lines)), *save = NULL, *line;
	size_t n = 0;

	assert_non_null(lines);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		lines[n++] = line;
	qsort(lines, n, sizeof(*lines), line_compare);
	*ret_n = n;
	return lines;
}

static char *our_answer(const struct dg_dpkg_status *s)
{
	char *text = NULL;
	size_t len, i;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	for (i = 0; i < s->n_packages; i++) {
		const struct dg_dpkg_package *p = &s->packages[i];

		if (p->state == DG_DPKG_NOT_INSTALLED)
			continue; /* dpkg-query leaves these out */
		fprintf(f, "%s\t%s\t%s\t%s\t%s\t%s\n", p->name,
			p->version ? p->version : "",
			p->architecture ? p->architecture : "",
			dg_dpkg_want_name(p->want), dg_dpkg_state_name(p->state),
			dg_dpkg_eflag_name(p->eflag));
	}
	fclose(f);
	return text;
}

static void answers_compare(char *theirs, const struct dg_dpkg_status *s)
{
	DG_FREE char *ours = our_answer(s);
	size_t n, m, i;
	DG_FREE char **a = lines_sorted(theirs, &n), **b = lines_sorted(ours, &m);

	assert_int_equal(n, m);
	for (i = 0; i < n; i++)
		assert_string_equal(a[i], b[i]);
}

/*
 * We may be stricter, never laxer: dpkg takes an entry without Status for one of a
 * package that is not installed, and a single letter behind the last newline for nothing;
 * in both cases the file lacks its end.
 */
static bool compare(const struct admin *a, const char *text, size_t len)
{
	DG_FREE char *theirs = dpkg_answer(a, text, len), *why = NULL;
	struct dg_dpkg_status s = {0};
	int r = parse_exact(text, len, NULL, NULL, &s, &why);

	if (!theirs && r != -EBADMSG)
		fail_msg("dpkg refuses %zu bytes, we return %d", len, r);
	if (theirs && r == 0)
		answers_compare(theirs, &s);
	else if (theirs && (r != -EBADMSG || !why || !strstr(why, "ends in the middle")))
		fail_msg("dpkg takes %zu bytes, we do not: %s", len, why ? why : "-");
	dg_dpkg_status_done(&s);
	return r == 0;
}

static const char every_state[] =
	"Priority: optional\nDescription: odd order\n folded\n .\n end\nVersion: "
	"1:2-3~x\n"
	"Status: install ok installed\nMaintainer: x\nArchitecture: amd64\n"
	"Multi-Arch: same\nPackage: odd\nDepends: libc6,\n  foo (>= 1) |\n bar\n\n"
	"Multi-Arch: same\nArchitecture: i386\nPackage: odd\n"
	"Status: install ok installed\nVersion: 1:2-3~x\nDescription: d\nMaintainer: "
	"x\n\n"
	"package:case\nSTATUS:Hold OK Installed\nversion :   1.0  \nDescription:\n"
	"architecture: all\nMaintainer: x\n\n\n\n" /* more than one empty line */
	ENTRY("s1", "deinstall ok config-files", "1") "\n" ENTRY("s2", "install ok half-installed", "1") "\n" ENTRY("s3", "install ok unpacked", "1.2-3+deb12u1~bpo.1") "\n" ENTRY(
		"s4", "install reinstreq half-configured",
		"0") "\n" ENTRY("s5", "install ok triggers-awaited",
				"1") "Triggers-Awaited: s6\n\n" ENTRY("s6",
								      "hold ok "
								      "triggers-pending",
								      "1") "Triggers-"
									   "Pending: "
									   "/usr/"
									   "lib\n"
									   "\n" ENTRY(
										   "s"
										   "7",
										   "pu"
										   "rg"
										   "e "
										   "ok"
										   " i"
										   "ns"
										   "ta"
										   "ll"
										   "e"
										   "d",
										   "1") "\n" ENTRY("s8",
												   "hold reinstreq installed",
												   "1") "\n" ENTRY("s9",
														   "unknown ok installed",
														   "1") "\n"
															"Package: a1\nStatus: install reinstreq half-installed\nArchitecture: arm64\n\n" ENTRY(
																"last",
																"install ok installed",
																"9") "Conffiles:\n /etc/x 0123\n /y 4\n";

static bool have_dpkg(void)
{
	if (system("command -v dpkg-query >/dev/null 2>&1") == 0)
		return true;
	print_message("skipped: there is no dpkg-query here\n");
	return false;
}

static void test_every_state(void **state)
{
	struct admin a;
	size_t len;

	(void)state;
	if (!have_dpkg()) {
		print_message("skipped: dpkg is not here to compare with\n");
		skip();
	}
	admin_make(&a);
	assert_true(compare(&a, every_state, sizeof(every_state) - 1));
	assert_true(compare(&a, "", 0));
	for (len = 1; len < sizeof(every_state) - 1; len += 17)
		compare(&a, every_state, len);
	/* And where a line ends, which is where it is hard to tell. */
	for (len = 1; len < sizeof(every_state) - 1; len++)
		if (every_state[len - 1] == '\n')
			compare(&a, every_state, len);
	admin_remove(&a);
}

static void test_as_strict_as_dpkg(void **state)
{
	struct admin a;
	size_t i;

	(void)state;
	if (!have_dpkg()) {
		print_message("skipped: dpkg is not here to compare with\n");
		skip();
	}
	admin_make(&a);
	for (i = 0; i < DG_COUNT(malformed); i++) {
		DG_FREE char *theirs =
			dpkg_answer(&a, malformed[i].text, strlen(malformed[i].text));

		/* Only what lacks its end or its Status may be good enough for dpkg. */
		if (theirs && !strstr(malformed[i].why, "ends in the middle") &&
		    !strstr(malformed[i].why, "no Status"))
			fail_msg("dpkg takes row %zu: %s", i, malformed[i].why);
	}
	admin_remove(&a);
}

static void test_this_machine(void **state)
{
	FILE *f = fopen("/var/lib/dpkg/status", "re");
	DG_FREE char *text = NULL;
	size_t len, i;
	struct admin a;

	(void)state;
	if (!f || !have_dpkg()) {
		print_message("skipped: no dpkg database here\n");
		if (f)
			fclose(f);
		skip();
	}
	text = stream_read(f, &len);
	fclose(f);
	admin_make(&a);
	assert_true(compare(&a, text, len));
	for (i = 1; i <= 50; i++)
		compare(&a, text, len / 51 * i + i % 7);
	admin_remove(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_unfinished_cap),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_blank_line_in_value),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_every_state),
		cmocka_unit_test(test_as_strict_as_dpkg),
		cmocka_unit_test(test_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

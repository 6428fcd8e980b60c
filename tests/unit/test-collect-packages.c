/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collecting packages and their dates: trees, and this host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <grp.h>

#include "tests/unit/packages.h"

#define ENTRY(name, status, version)                                                    \
	"Package: " name "\nStatus: " status "\nArchitecture: amd64\nVersion: " version \
	"\nDescription: d\n\n"
#define GOOD(name, version) ENTRY(name, "install ok installed", version)

#define CHANGES(name, year)                                 \
	name " (9.0) trixie; urgency=medium\n\n  * new\n\n" \
	     " -- A <a@b.c>  Tue, 05 Aug " year " 11:03:00 +0000\n\n"

static void collect_status(const char *text)
{
	tree_text(&tree, STATUS, text);
	collect(&dg_collect_packages);
}

static const struct dg_package *find(const char *name)
{
	dg_list_foreach (p, facts->packages.list)
		if (dg_streq(dg_get(&p->name), name))
			return p;
	return NULL;
}

static const struct dg_package *need(const char *name)
{
	const struct dg_package *p = find(name);

	if (!p)
		fail_msg("%s is not in the list", name);
	return p;
}

static void expect_status_gap(enum dg_state state, const char *text)
{
	expect_gap(&facts->packages.list.meta, state, text);
	expect_gap(&facts->packages.list.meta, state, "/" STATUS);
	expect_gap(&facts->packages.unsettled.meta, state, text);
	assert_non_null(strstr(facts->packages.list.meta.detail, "/" STATUS));
}

/* --- packages --- */

static void test_fields(void **state)
{
	const struct dg_package *p;

	(void)state;
	collect_status(GOOD("bash", "5") ENTRY(
		"pve-manager", "hold ok installed",
		"9.2.3") "Package: proxmox-kernel-7.0\nStatus: install ok installed\n"
			 "Version: 7.0.6-2\nArchitecture: all\nPre-Depends: a\nDepends: "
			 "b |\n c\n\n"
			 "Package: proxmox-ve\nStatus: unknown ok not-installed\n\n");
	assert_int_equal(facts->packages.list.count, 3);
	p = need("pve-manager");
	expect_str(p->version, "9.2.3");
	expect_str(p->architecture, "amd64");
	expect_str(p->want, "hold");
	expect_str(p->status, "installed");
	assert_true(dg_absent(&p->depends));
	expect_str(need("proxmox-kernel-7.0")->depends, "a, b | c");
	assert_true(dg_absent(&need("proxmox-kernel-7.0")->build_time));
	assert_true(dg_absent(&need("proxmox-ve")->version));
	assert_null(dg_facts_gap(facts, "packages.list.name"));
	assert_null(dg_facts_gap(facts, "packages.list.build_time"));
	assert_true(dg_known(&facts->packages.unsettled));
	assert_int_equal(facts->packages.unsettled.count, 0);
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool wanted;
	} rows[] = {
		{"pve-manager", true},
		{"pmg-api", true},
		{"proxmox-datacenter-manager", true},
		{"qemu-system-x86", true},
		{"proxmox-kernel-helper", true},
		{"pve-kernel-helper", true},
		{"proxmox-kernel-6.17.2-1-pve-signed", true},
		{"pve-kernel-5.15", true},
		{"linux-image-6.1.0-13-rt-amd64-unsigned", true},
		{"linux-image-amd64", true},
		{"nvidia-driver", true},
		{"zfsutils-linux", true},
		{"systemd-boot", true},
		{"proxmox-headers-6.8", true},
		{"pve-headers-6.2.16-3-pve", true},
		{"linux-headers-amd64", true},
		{"proxmox-kernel-headers-6.8", false},
		{"proxmox-kernel-libc-dev", false},
		{"pve-kernel-libc-dev", false},
		{"linux-image-6.1.0-13-amd64-dbg", false},
		{"linux-image-amd64-dbgsym", false},
		{"linux-image-amd64-signed-template", false},
		{"pve-manager2", false},
		{"xpve-manager", false},
		{"base-file", false},
		{"linux-imag", false},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(rows); i++) {
		char text[512];

		snprintf(text, sizeof(text), GOOD("%s", "1"), rows[i].name);
		collect_status(text);
		assert_true(dg_known(&facts->packages.list));
		if (!!find(rows[i].name) != rows[i].wanted)
			fail_msg("%s", rows[i].name);
	}
}

static void test_status_missing(void **state)
{
	(void)state;
	collect(&dg_collect_packages);
	expect_status_gap(DG_ABSENT, "");
	assert_non_null(strstr(facts->packages.list.meta.detail, STATUS));
	tree_dir(&tree, STATUS);
	collect(&dg_collect_packages);
	expect_status_gap(DG_UNREADABLE, "directory");
	tree_drop(STATUS);
	tree_fifo(STATUS);
	collect(&dg_collect_packages);
	expect_status_gap(DG_UNREADABLE, "regular file");
	tree_drop(STATUS);
	tree_link(&tree, STATUS, "status");
	collect(&dg_collect_packages);
	expect_status_gap(DG_UNREADABLE, "circle");
}

static void test_status_malformed(void **state)
{
	static const char binary[] = "\177ELF\2\1\1\0\0\0\0\377\376";

	(void)state;
	collect_status("");
	expect_status_gap(DG_MALFORMED, "no package");
	collect_status("\n\n\n");
	expect_status_gap(DG_MALFORMED, "no package");
	collect_status("Package: bash\n\n");
	expect_status_gap(DG_MALFORMED, "line 1");
	tree_write(&tree, STATUS, binary, sizeof(binary));
	collect(&dg_collect_packages);
	expect_status_gap(DG_MALFORMED, "");
}

/* Wherever it ends: never a host without packages. */
static void test_status_truncated(void **state)
{
	static const char text[] = GOOD("bash", "5") GOOD("pve-manager", "9.2.3");

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		const struct dg_meta *meta;

		tree_write(&tree, STATUS, text, n);
		collect(&dg_collect_packages);
		meta = &facts->packages.list.meta;
		if (meta->state != DG_KNOWN)
			assert_int_equal(meta->state, DG_MALFORMED);
		else if (n > strlen(GOOD("bash", "5")) + 8)
			assert_non_null(find("pve-manager"));
		else
			assert_int_equal(facts->packages.list.count, 0);
	}
}

static void test_status_large(void **state)
{
	DG_FREE char *text = NULL;
	size_t size = 0, made = 0;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	for (size_t i = 0; ftell(f) < 3 * 1000 * 1000; i++) {
		const char *name = i % 50 ? "libx" : "proxmox-kernel-6.17.";

		made += i % 50 == 0;
		fprintf(f,
			"Package: %s%zu\nStatus: install ok installed\nVersion: %zu\n"
			"Depends: %0200d\nDescription: d\n %0300d\n\n",
			name, i, i, 1, 2);
	}
	assert_int_equal(fclose(f), 0);
	collect_status(text);
	assert_true(dg_known(&facts->packages.list));
	assert_int_equal(facts->packages.list.count, made);
	expect_str(need("proxmox-kernel-6.17.50")->version, "50");
}

static void test_status_many(void **state)
{
	DG_FREE char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 5000; i++)
		fprintf(f, GOOD("nvidia-%d", "1"), i);
	assert_int_equal(fclose(f), 0);
	collect_status(text);
	expect_gap(&facts->packages.list.meta, DG_UNREADABLE, "5000");
}

static void test_unsettled(void **state)
{
	DG_FREE char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	collect_status(ENTRY("a", "install reinstreq half-installed",
			     "1") ENTRY("b", "install ok unpacked", "1")
			       ENTRY("c", "install ok half-configured", "1")
				       ENTRY("d", "install reinstreq installed", "1")
					       GOOD("e", "1"));
	assert_true(dg_known(&facts->packages.list));
	assert_int_equal(facts->packages.unsettled.count, 1);
	expect_str(facts->packages.unsettled.items[0].name, "a");
	assert_non_null(f);
	for (int i = 0; i < 200; i++)
		fprintf(f, ENTRY("p%d", "install reinstreq half-installed", "1"), i);
	assert_int_equal(fclose(f), 0);
	collect_status(text);
	assert_true(dg_known(&facts->packages.unsettled));
	assert_int_equal(facts->packages.unsettled.count, 64);
}

static void hold_lock(void *name, int ready)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[256];
	int fd = open(tree_path(&tree, name, path), O_RDWR | O_CREAT, 0640);

	if (fd < 0 || fcntl(fd, F_SETLK, &lock) < 0 || write(ready, "x", 1) != 1)
		_exit(1);
	pause();
}

static void expect_locked(bool locked)
{
	collect_status(GOOD("bash", "5"));
	assert_true(dg_known(&facts->packages.locked));
	assert_int_equal(facts->packages.locked.value, locked);
}

static void test_locked(void **state)
{
	static char lock[] = "var/lib/dpkg/lock",
		    frontend[] = "var/lib/dpkg/lock-frontend";
	char *const names[] = {lock, frontend};

	(void)state;
	expect_locked(false);
	for (size_t i = 0; i < DG_COUNT(names); i++) {
		pid_t pid = child_start(hold_lock, names[i]);

		expect_locked(true);
		child_stop(pid);
		expect_locked(false);
	}
	tree_drop(lock);
	tree_fifo(lock);
	collect_status(GOOD("bash", "5"));
	expect_gap(&facts->packages.locked.meta, DG_UNREADABLE, "/var/lib/dpkg/lock");
	assert_true(dg_known(&facts->packages.list));
}

static void expect_journal(bool journal)
{
	collect_status(GOOD("bash", "5"));
	assert_true(dg_known(&facts->packages.journal));
	assert_int_equal(facts->packages.journal.value, journal);
}

static void test_journal(void **state)
{
	(void)state;
	expect_journal(false);
	tree_text(&tree, "var/lib/dpkg/updates/tmp.i", "");
	tree_text(&tree, "var/lib/dpkg/updates/12x", "");
	expect_journal(false);
	tree_text(&tree, "var/lib/dpkg/updates/0000", "");
	expect_journal(true);
	tree_drop("var/lib/dpkg/updates/0000");
	tree_drop("var/lib/dpkg/updates/12x");
	tree_drop("var/lib/dpkg/updates/tmp.i");
	tree_drop("var/lib/dpkg/updates");
	expect_journal(false);
	tree_text(&tree, "var/lib/dpkg/updates", "");
	collect_status(GOOD("bash", "5"));
	assert_false(dg_known(&facts->packages.journal));
}

/* --- dates --- */

#define AUG_2025 INT64_C(1754391780)
#define AUG_2024 INT64_C(1722855780)

static void expect_date(int64_t time, const char *source)
{
	const struct dg_package *p;

	collect_status(GOOD("pve-manager", "9.0") GOOD("base-files", "13"));
	p = need("pve-manager");
	assert_true(dg_known(&p->build_time));
	assert_int_equal(p->build_time.value, time);
	expect_str(p->build_source, source);
	assert_true(dg_absent(&need("base-files")->build_time));
}

static void expect_no_date(enum dg_state state, const char *text)
{
	collect_status(GOOD("pve-manager", "9.0"));
	expect_gap(&need("pve-manager")->build_time.meta, state, text);
	expect_gap(&need("pve-manager")->build_source.meta, state, text);
}

static void test_dates(void **state)
{
	static const char new[] = CHANGES("x", "2025"), old[] = CHANGES("x", "2024");

	(void)state;
	expect_no_date(DG_ABSENT, "/usr/share/doc/pve-manager");
	tree_dir(&tree, DOC "pve-manager");
	expect_no_date(DG_ABSENT, "/usr/share/doc/pve-manager");
	tree_text(&tree, DOC "pve-manager/changelog", new);
	expect_date(AUG_2025, "/" DOC "pve-manager/changelog");
	tree_text(&tree, DOC "pve-manager/changelog.Debian", old);
	expect_date(AUG_2024, "/" DOC "pve-manager/changelog.Debian");
	tree_gzip(DOC "pve-manager/changelog.gz", new, strlen(new), 0);
	expect_date(AUG_2025, "/" DOC "pve-manager/changelog.gz");
	tree_gzip(DOC "pve-manager/changelog.Debian.gz", old, strlen(old), 0);
	expect_date(AUG_2024, "/" DOC "pve-manager/changelog.Debian.gz");
	/* What cannot be understood is passed over, what cannot be read is not. */
	tree_text(&tree, DOC "pve-manager/changelog.Debian.gz", "no gzip");
	expect_date(AUG_2025, "/" DOC "pve-manager/changelog.gz");
	tree_drop(DOC "pve-manager/changelog.Debian.gz");
	tree_fifo(DOC "pve-manager/changelog.Debian.gz");
	expect_no_date(DG_UNREADABLE, "/" DOC "pve-manager/changelog.Debian.gz");
}

static void test_dates_of_files(void **state)
{
	static const char new[] = CHANGES("x", "2025");

	(void)state;
	tree_text(&tree, "usr/bin/pveversion", "");
	tree_date("usr/bin/pveversion", 1700000000);
	expect_date(1700000000, "/usr/bin/pveversion");
	tree_dir(&tree, DOC "pve-manager");
	tree_text(&tree, DOC "pve-manager/copyright", "");
	tree_date(DOC "pve-manager/copyright", 1710000000);
	expect_date(1710000000, "/" DOC "pve-manager/copyright");
	tree_date(DOC "pve-manager/copyright", 1);
	expect_date(1700000000, "/usr/bin/pveversion");
	tree_date("usr/bin/pveversion", 0);
	expect_no_date(DG_ABSENT, "/" DOC "pve-manager");
	tree_date("usr/bin/pveversion", 1700000000);
	for (size_t cut = 1; cut < 30; cut++) {
		tree_gzip(DOC "pve-manager/changelog.Debian.gz", new, strlen(new), cut);
		expect_date(1700000000, "/usr/bin/pveversion");
	}
}

/* An entry that is longer than what is looked at first; one that is too long. */
static void test_dates_long(void **state)
{
	static const size_t sizes[] = {100, 16300, 16384, 16500, 60000, 70000, 10000000};
	DG_FREE char *text = malloc(10001000);

	(void)state;
	assert_non_null(text);
	tree_dir(&tree, DOC "pve-manager");
	for (size_t i = 0; i < DG_COUNT(sizes); i++) {
		size_t n = (size_t)sprintf(text, "x (1) t; u=m\n\n  * ");
		int room = (int)sizes[i];

		n += (size_t)sprintf(text + n,
				     "%0*d\n\n -- A <a@b>  Tue, 05 Aug 2025 "
				     "11:03:00 +0000\n",
				     room, 1);
		tree_gzip(DOC "pve-manager/changelog.gz", text, n, 0);
		if (sizes[i] <= 60000)
			expect_date(AUG_2025, "/" DOC "pve-manager/changelog.gz");
		else
			expect_no_date(DG_ABSENT, "/" DOC "pve-manager");
	}
}

/* --- other users, this host --- */

/* Everything is there, and nothing of it may be read. */
static int collect_as_nobody(void *arg)
{
	(void)arg;
	if (setgroups(0, NULL) < 0 || setgid(65534) < 0 || setuid(65534) < 0)
		return -errno;
	collect(&dg_collect_packages);
	expect_gap(&facts->packages.list.meta, DG_UNREADABLE, "no permission");
	expect_gap(&facts->packages.locked.meta, DG_UNREADABLE, "no permission");
	collect(&dg_collect_upgrades);
	expect_gap(&facts->packages.upgrades.meta, DG_UNREADABLE, "no permission");
	collect(&dg_collect_preferences);
	assert_int_equal(facts->packages.preferences.count, 1);
	expect_gap(&facts->packages.preferences.items[0].meta, DG_UNREADABLE,
		   "no permission");
	return 0;
}

static void test_no_permission(void **state)
{
	static const char *const names[] = {STATUS, "var/lib/dpkg/lock-frontend", LOG,
					    "etc/apt/preferences"};
	char path[256];

	(void)state;
	if (geteuid() != 0)
		skip();
	for (size_t i = 0; i < DG_COUNT(names); i++) {
		tree_text(&tree, names[i], "");
		assert_int_equal(chmod(tree_path(&tree, names[i], path), 0), 0);
	}
	assert_int_equal(child_run(collect_as_nobody, NULL), 0);
}

/* Whether the list has this version of the package. */
static bool has_version(const char *name, const char *version)
{
	dg_list_foreach (p, facts->packages.list)
		if (dg_streq(dg_get(&p->name), name) &&
		    strcmp(dg_known(&p->version) ? p->version.value : "", version) == 0)
			return true;
	return false;
}

static bool is_sought(const char *name)
{
	static const char *const names[] = {"base-files",   "dkms",
					    "grub-common",  "grub-pc",
					    "pve-manager",  "qemu-system-x86",
					    "systemd-boot", "zfsutils-linux"};

	for (size_t i = 0; i < DG_COUNT(names); i++)
		if (dg_streq(names[i], name))
			return true;
	return (dg_after(name, "linux-image-") || dg_after(name, "proxmox-kernel-")) &&
	       !strstr(name, "-dbg") && !strstr(name, "libc-dev");
}

static void test_this_host(void **state)
{
	FILE *f = popen("dpkg-query -W -f '${Package} ${Version}\\n' 2>/dev/null", "r");
	char line[1024], name[512], version[512];
	size_t lines = 0, matched = 0;

	(void)state;
	assert_non_null(f);
	dg_root_free(tree.root);
	assert_int_equal(dg_root_new("/", &tree.root), 0);
	collect(&dg_collect_upgrades);
	collect(&dg_collect_preferences);
	collect(&dg_collect_packages);
	while (fgets(line, sizeof(line), f)) {
		version[0] = '\0';
		if (sscanf(line, "%511s %511s", name, version) < 1)
			continue;
		lines++;
		if (find(name))
			matched++;
		if ((find(name) || is_sought(name)) && !has_version(name, version))
			fail_msg("%s %s", name, version);
	}
	if (pclose(f) != 0 || lines == 0)
		skip();
	assert_true(dg_known(&facts->packages.list));
	assert_int_equal(facts->packages.list.count, matched);
	assert_non_null(find("base-files"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fields),
		TEST(test_names),
		TEST(test_status_missing),
		TEST(test_status_malformed),
		TEST(test_status_truncated),
		TEST(test_status_large),
		TEST(test_status_many),
		TEST(test_unsettled),
		TEST(test_locked),
		TEST(test_journal),
		TEST(test_dates),
		TEST(test_dates_of_files),
		TEST(test_dates_long),
		TEST(test_no_permission),
		TEST(test_this_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

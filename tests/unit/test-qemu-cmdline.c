/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "guard/parse/qemu-cmdline.h"
#include "policy/util.h"

/* A guest's command line under PVE 9.1. */
#define SAMPLE "tests/fuzz/corpus/qemu-cmdline/pve-10.1"

#define CLEAR DG_CLEANUP(dg_qemu_cmdline_clear)

static int parse(const char *data, size_t len, struct dg_qemu_cmdline *ret,
		 char **ret_why)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, data, len);
	r = dg_qemu_cmdline_parse(copy, len, ret, ret_why);
	free(copy);
	return r;
}

static char *read_sample(size_t *ret_size)
{
	FILE *file = fopen(SAMPLE, "r");
	char *data = malloc(65536);

	assert_non_null(file);
	*ret_size = fread(data, 1, 65536, file);
	fclose(file);
	return data;
}

static bool same(const char *a, const char *b)
{
	return b ? dg_streq(a, b) : !a;
}

static void reads_a_guest(void **state)
{
	static const struct {
		const char *name, *aio;
		int direct;
	} drives[] = {
		{"pflash0", NULL, -1},
		{"drive-efidisk0", "io_uring", 0},
		{"drive-ide2", "io_uring", 0},
		{"drive-scsi0", "io_uring", 1},
	};
	CLEAR struct dg_qemu_cmdline c = {0};
	size_t size;
	DG_FREE char *data = read_sample(&size);

	(void)state;
	assert_int_equal(parse(data, size, &c, NULL), 0);
	assert_string_equal(c.program, "/usr/bin/kvm");
	assert_string_equal(c.pidfile, "/var/run/qemu-server/103.pid");
	assert_string_equal(c.name, "MCP");
	assert_string_equal(c.id, "103");
	assert_false(c.cut);
	assert_int_equal(c.n_iothreads, 1);
	assert_string_equal(c.iothreads[0].id, "iothread-virtioscsi0");
	assert_int_equal(c.n_drives, DG_COUNT(drives));
	for (size_t i = 0; i < DG_COUNT(drives); i++) {
		assert_string_equal(c.drives[i].name, drives[i].name);
		assert_true(same(c.drives[i].aio, drives[i].aio));
		assert_int_equal(c.drives[i].direct, drives[i].direct);
	}
}

/* One argument after `option`, as a drive. */
static void reads_drives(void **state)
{
	static const struct {
		const char *option, *value, *name, *aio;
		int direct;
	} cases[] = {
		{"-drive",
		 "file=/dev/pve/"
		 "vm-1-disk-0,if=none,id=drive-scsi0,aio=io_uring,cache=none",
		 "drive-scsi0", "io_uring", 1},
		{"--drive", "id=a,cache=directsync,aio=native", "a", "native", 1},
		{"-drive", "id=a,cache=writeback", "a", NULL, 0},
		{"-drive", "cache=none,cache.direct=off,node-name=n", "n", NULL, 0},
		{"-drive", "node-name=n,id=a", "a", NULL, -1},
		/* a doubled comma separates nothing */
		{"-drive", "file=/a,,aio=native,,b,id=a,aio=threads", "a", "threads", -1},
		{"-drive", "file=a,,", NULL, NULL, -1},
		{"-drive", "", NULL, NULL, -1},
		{"-drive", ",,,,=,aio", NULL, NULL, -1},
		{"-drive", "aio=,id=", NULL, NULL, -1},
		{"-blockdev",
		 "driver=raw,node-name=d,file.driver=host_device,file.aio=io_uring,"
		 "file.cache.direct=on,cache.direct=off,file.node-name=f",
		 "d", "io_uring", 1},
		{"-blockdev", "file.file.aio=native,file.aio=threads,aio=io_uring", NULL,
		 "native", -1},
		{"-blockdev", "file.node-name=f,node-name=d", "d", NULL, -1},
		{"-blockdev",
		 "{\"node-name\":\"d\",\"file\":{\"node-name\":\"f\",\"aio\":\"native\","
		 "\"file\":{\"aio\":\"io_uring\",\"cache\":{\"direct\":true}}}}",
		 "d", "io_uring", 1},
		/* the innermost that says anything */
		{"-blockdev",
		 "{\"aio\":\"native\",\"cache\":{\"direct\":true},\"file\":{\"driver\":"
		 "\"x\"}}",
		 NULL, "native", 1},
		{"-blockdev", "{\"node-name\":\"d\",\"file\":\"f\"}", "d", NULL, -1},
		{"-blockdev", "{\"node-name\":7,\"aio\":[],\"cache\":true,\"file\":null}",
		 NULL, NULL, -1},
		{"-blockdev", "{}", NULL, NULL, -1},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		CLEAR struct dg_qemu_cmdline c = {0};
		char text[512];
		int n = snprintf(text, sizeof(text), "kvm%c%s%c%s%c", 0, cases[i].option,
				 0, cases[i].value, 0);

		assert_int_equal(parse(text, (size_t)n, &c, NULL), 0);
		/* An empty argument at the end is still one. */
		if (c.n_drives != 1 || c.drives[0].bad ||
		    !same(c.drives[0].name, cases[i].name) ||
		    !same(c.drives[0].aio, cases[i].aio) ||
		    c.drives[0].direct != cases[i].direct)
			fail_msg("%s %s", cases[i].option, cases[i].value);
	}
}

#define LINE(text) text, sizeof(text)

static void broken_json_costs_itself(void **state)
{
	static const char text[] =
		"kvm\0-blockdev\0{\"node-name\":\"a\",\"node-name\":\"b\"}\0"
		"-blockdev\0{\"node-name\":\"c\"\0-object\0{\"qom-type\":\"iothread\"\0"
		"-object\0{\"qom-type\":\"throttle-group\0"
		"-blockdev\0{\"node-name\":\"d\",\"file\":{\"aio\":\"io_uring\"}}\0"
		"-object\0{\"qom-type\":\"iothread\",\"id\":\"t\"}";
	CLEAR struct dg_qemu_cmdline c = {0};

	(void)state;
	assert_int_equal(parse(LINE(text), &c, NULL), 0);
	assert_int_equal(c.n_drives, 3);
	assert_non_null(strstr(c.drives[0].bad, "JSON, column "));
	assert_null(c.drives[0].name);
	assert_non_null(c.drives[1].bad);
	assert_null(c.drives[2].bad);
	assert_string_equal(c.drives[2].name, "d");
	assert_int_equal(c.n_iothreads, 2);
	assert_non_null(c.iothreads[0].bad);
	assert_string_equal(c.iothreads[1].id, "t");
}

static void reads_names_and_threads(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		const char *name;
		size_t iothreads;
	} cases[] = {
		{LINE("kvm\0-name\0web"), "web", 0},
		{LINE("kvm\0-name\0guest=web,debug-threads=on"), "web", 0},
		{LINE("kvm\0-name\0debug-threads=on,guest=a,,b"), "a,b", 0},
		{LINE("kvm\0-name\0a\0-name\0b"), "b", 0},
		{LINE("kvm\0-name\0-drive"), "-drive", 0},
		{LINE("kvm\0-name"), NULL, 0},
		{LINE("kvm\0-object\0iothread,id=a"), NULL, 1},
		{LINE("kvm\0-object\0qom-type=iothread,id=a"), NULL, 1},
		{LINE("kvm\0-object\0id=a,qom-type=iothread"), NULL, 1},
		{LINE("kvm\0-object\0iothread"), NULL, 0},
		{LINE("kvm\0-object\0throttle-group,id=iothread"), NULL, 0},
		{LINE("kvm\0-object\0{\"qom-type\":\"x\",\"id\":\"iothread\"}"), NULL, 0},
		{LINE("kvm\0-object\0{\"qom-type\":\"iothread\",\"id\":1}"), NULL, 0},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		CLEAR struct dg_qemu_cmdline c = {0};

		assert_int_equal(parse(cases[i].text, cases[i].size, &c, NULL), 0);
		if (!same(c.name, cases[i].name) || c.n_iothreads != cases[i].iothreads)
			fail_msg("case %zu", i);
		assert_int_equal(c.n_drives, 0);
	}
}

static void refuses_no_arguments(void **state)
{
	struct dg_qemu_cmdline c = {.n_drives = 42};
	DG_FREE char *why = NULL, *many = NULL, *text = malloc(5000 * 16);
	size_t n;

	(void)state;
	assert_int_equal(parse("", 0, &c, &why), -EBADMSG);
	assert_string_equal(why, "no arguments");
	n = (size_t)sprintf(text, "kvm") + 1;
	for (int i = 0; i < 5000; i++) {
		memcpy(text + n, "-drive\0id=a", 12);
		n += 12;
	}
	assert_int_equal(parse(text, n, &c, &many), -EBADMSG);
	assert_string_equal(many, "more drives than are read");
	assert_int_equal(c.n_drives, 42);
}

static void knows_incoming(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		bool incoming;
	} cases[] = {
#define CASE(text, incoming) {text, sizeof(text), incoming}
		CASE("kvm\0-id\0101\0-incoming\0tcp:localhost:60000", true),
		CASE("kvm\0--incoming\0unix:/run/qemu-server/101.migrate", true),
		CASE("kvm\0-name\0-incoming\0-S", false),
		CASE("kvm\0-incoming", false),
		CASE("kvm\0-id\0101", false),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		CLEAR struct dg_qemu_cmdline c = {0};

		assert_int_equal(parse(cases[i].text, cases[i].size, &c, NULL), 0);
		assert_int_equal(c.incoming, cases[i].incoming);
	}
}

static void survives_every_cut(void **state)
{
	size_t size;
	DG_FREE char *data = read_sample(&size);

	(void)state;
	for (size_t i = 1; i <= size; i++) {
		CLEAR struct dg_qemu_cmdline c = {0};

		assert_int_equal(parse(data, i, &c, NULL), 0);
		assert_int_equal(c.cut, data[i - 1] != '\0');
	}
}

/* 2 MB and more, of whatever kind, take no more than their share of time. */
static void is_linear(void **state)
{
	static const struct {
		const char *option;
		char fill;
	} cases[] = {
		{"-drive", ','},  {"-drive", '='}, {"-blockdev", '{'},
		{"-object", '{'}, {"-name", ','},  {"x", '\0'},
	};
	size_t size = 4 * 1024 * 1024;
	DG_FREE char *text = malloc(size);

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		CLEAR struct dg_qemu_cmdline c = {0};
		size_t n = 4 + strlen(cases[i].option) + 1;
		clock_t begin = clock();

		memset(text, cases[i].fill, size);
		memcpy(text, "kvm", 4);
		memcpy(text + 4, cases[i].option, n - 4);
		assert_int_equal(parse(text, size, &c, NULL), 0);
		assert_true(clock() - begin < 5 * CLOCKS_PER_SEC);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_guest),
		cmocka_unit_test(reads_drives),
		cmocka_unit_test(broken_json_costs_itself),
		cmocka_unit_test(reads_names_and_threads),
		cmocka_unit_test(refuses_no_arguments),
		cmocka_unit_test(knows_incoming),
		cmocka_unit_test(survives_every_cut),
		cmocka_unit_test(is_linear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

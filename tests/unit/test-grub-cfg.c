/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "guard/parse/grub-cfg.h"
#include "policy/grub-menu.h"

#define FOLDER "tests/fuzz/corpus/grub-cfg/"
#define UUID   "9d3c4c3e-56b0-4f1c-9a0e-1f1d6a9f7f10"

static char *file_read(const char *path, size_t *ret_len)
{
	FILE *f = fopen(path, "r");
	char *buf = malloc(65536);

	assert_non_null(f);
	assert_non_null(buf);
	*ret_len = fread(buf, 1, 65536, f);
	fclose(f);
	return buf;
}

/* Parse from a copy of the exact size, so that a read behind it is seen. */
static int parse(const char *text, size_t len, struct dg_grub_cfg *ret, char **ret_why)
{
	char *copy = malloc(len ? len : 1);
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	r = dg_grub_cfg_parse(copy, len, ret, ret_why);
	free(copy);
	return r;
}

static void parse_text(const char *text, struct dg_grub_cfg *ret)
{
	char *why = NULL;

	if (parse(text, strlen(text), ret, &why) < 0)
		fail_msg("%s: %s", text, why);
}

static int resolve(const struct dg_grub_cfg *cfg, const char *selector)
{
	struct dg_grub_entry_ref refs[64] = {{0}};
	struct dg_grub_target target;
	size_t i;

	assert_true(cfg->n_entries <= DG_COUNT(refs));
	for (i = 0; i < cfg->n_entries; i++)
		refs[i] = (struct dg_grub_entry_ref){.title = cfg->entries[i].title,
						     .id = cfg->entries[i].id,
						     .parent = cfg->entries[i].parent,
						     .submenu = cfg->entries[i].submenu};
	assert_int_equal(dg_grub_resolve(refs, cfg->n_entries, selector, &target), 0);
	return target.index;
}

static void reads_a_pinned_host(void **state)
{
	DG_CLEANUP(dg_grub_cfg_clear) struct dg_grub_cfg cfg = {0};
	size_t len;
	DG_FREE char *text = file_read(FOLDER "pve-pinned.cfg", &len);
	const struct dg_grub_cfg_entry *e;

	(void)state;
	assert_int_equal(parse(text, len, &cfg, NULL), 0);
	assert_string_equal(cfg.default_value, "gnulinux-advanced-" UUID
					       ">gnulinux-6.5.13-5-pve-advanced-" UUID);
	assert_true(cfg.uses_next_entry && cfg.has_save_next);
	assert_false(cfg.uses_saved || cfg.default_unsure || cfg.has_recordfail);
	assert_string_equal(cfg.timeout, "5");
	assert_null(cfg.fallback);
	assert_int_equal(cfg.n_entries, 11);

	e = &cfg.entries[0];
	assert_string_equal(e->title, "Proxmox VE GNU/Linux");
	assert_string_equal(e->id, "gnulinux-simple-" UUID);
	assert_string_equal(e->abi, "7.0.6-2-pve");
	assert_string_equal(e->kernel, "/boot/vmlinuz-7.0.6-2-pve");
	assert_string_equal(e->args, "root=/dev/mapper/pve-root ro quiet");
	assert_string_equal(e->initrd, "/boot/initrd.img-7.0.6-2-pve");
	assert_int_equal(e->n_initrds, 1);
	assert_false(e->submenu || e->conditional || e->savedefault);

	e = &cfg.entries[1];
	assert_true(e->submenu && e->parent == -1 && e->nth == 1);
	assert_null(e->kernel);
	e = &cfg.entries[resolve(&cfg, cfg.default_value)];
	assert_string_equal(e->abi, "6.5.13-5-pve");
	assert_true(e->parent == 1 && e->nth == 4);
	assert_string_equal(e->title, "Proxmox VE GNU/Linux, with Linux 6.5.13-5-pve");

	e = &cfg.entries[8];
	assert_string_equal(e->title, "Memory test (memtest86+x64.efi)");
	assert_true(e->conditional && e->parent == -1 && e->nth == 2);
	assert_null(e->abi);
	assert_null(e->id);
	assert_non_null(e->kernel);
	assert_string_equal(cfg.entries[10].id, "uefi-firmware");
	assert_true(cfg.entries[10].conditional && !cfg.entries[10].kernel);
}

static void reads_a_saved_default(void **state)
{
	DG_CLEANUP(dg_grub_cfg_clear) struct dg_grub_cfg cfg = {0};
	size_t len;
	DG_FREE char *text = file_read(FOLDER "pve-saved.cfg", &len);

	(void)state;
	assert_int_equal(parse(text, len, &cfg, NULL), 0);
	assert_string_equal(cfg.default_value, "${saved_entry}");
	assert_true(cfg.uses_saved && !cfg.default_unsure);
	assert_true(cfg.entries[0].savedefault && !cfg.entries[1].savedefault);
}

static void reads_quotes_and_blocks(void **state)
{
	DG_CLEANUP(dg_grub_cfg_clear) struct dg_grub_cfg cfg = {0};
	size_t len;
	DG_FREE char *text = file_read(FOLDER "plain.cfg", &len);
	const struct dg_grub_cfg_entry *e;

	(void)state;
	assert_int_equal(parse(text, len, &cfg, NULL), 0);
	assert_string_equal(cfg.default_value, "1");
	assert_false(cfg.default_unsure || cfg.uses_next_entry || cfg.has_save_next);
	assert_int_equal(cfg.default_line, 1);
	assert_string_equal(cfg.fallback, "0>2");
	assert_string_equal(cfg.timeout, "-1");
	assert_int_equal(cfg.n_entries, 3);
	e = &cfg.entries[0];
	assert_int_equal(e->line, 4);
	assert_string_equal(e->title, "A \"quoted\" title");
	assert_string_equal(e->id, "one");
	assert_string_equal(e->abi, "6.1.0-9-amd64");
	assert_string_equal(e->args, "root=LABEL=a b x= y $extra");
	assert_string_equal(e->initrd, "/initrd.img-6.1.0-9-amd64");
	assert_int_equal(e->n_initrds, 2);
	e = &cfg.entries[1];
	assert_string_equal(e->title, "It's Windows");
	assert_null(e->kernel);
	assert_null(e->id);
	assert_true(cfg.entries[2].conditional);
}

static const struct {
	const char *text;
	const char *value;
	bool saved, unsure, next, save_next, recordfail;
} defaults[] = {
	{.text = ""},
	{.text = "set default=0", .value = "0"},
	{.text = "default='a>b'\n", .value = "a>b"},
	{.text = "set default=\n", .value = ""},
	{.text = "set default=0; set default=\"1>2\"", .value = "1>2"},
	{.text = "set default=$saved_entry", .value = "$saved_entry", .saved = true},
	{.text = "set default='$saved_entry'", .value = "$saved_entry"},
	{.text = "set default=\"${x}\"", .value = "${x}", .unsure = true},
	{.text = "set default=\"${saved_entry}>1\"",
	 .value = "${saved_entry}>1",
	 .unsure = true},
	{.text = "if [ \"$next_entry\" ]; then default=$next_entry; else default=4; fi",
	 .value = "4",
	 .next = true},
	{.text = "if cmostest 1 ; then\nset default=\"9\"\nelif [ \"${next_entry}\" ] ; "
		 "then\nset default=\"${next_entry}\"\nsave_env next_entry\nelse\nset "
		 "default=\"5\"\nfi",
	 .value = "5",
	 .next = true,
	 .save_next = true},
	{.text = "default=0\nif [ \"x$default\" = 'x0' ]; then default='a>b'; fi;",
	 .value = "0"},
	{.text = "default=0; if true; then default=3; fi", .value = "3", .unsure = true},
	{.text = "if [ x$feature_a = xy ]; then default=1; else default=2; fi",
	 .value = "1",
	 .unsure = true},
	{.text = "function f {\nset default=7\nsave_env next_entry\n}\n"},
	{.text = "menuentry a { set default=7; save_env next_entry; }"},
	{.text = "submenu a { set default=7\nmenuentry b { true; }\n}"},
	{.text = "foo { set default=7; }"},
	{.text = "function recordfail\n{\n  set recordfail=1\n}", .recordfail = true},
	{.text = "# set default=7\necho set default=8 # set default=9"},
	{.text = "set default=\\\n6 #\n", .value = "6"},
	{.text = "set default=6\r\n", .value = "6"},
	{.text = "set defaults=1; setdefault=1; set x=default=2"},
};

static void reads_defaults(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(defaults); i++) {
		DG_CLEANUP(dg_grub_cfg_clear) struct dg_grub_cfg cfg = {0};
		const char *value = defaults[i].value;

		parse_text(defaults[i].text, &cfg);
		if ((value && !dg_streq(cfg.default_value, value)) ||
		    (!value && cfg.default_value) ||
		    cfg.uses_saved != defaults[i].saved ||
		    cfg.default_unsure != defaults[i].unsure ||
		    cfg.uses_next_entry != defaults[i].next ||
		    cfg.has_save_next != defaults[i].save_next ||
		    cfg.has_recordfail != defaults[i].recordfail)
			fail_msg("%s: \"%s\"", defaults[i].text, cfg.default_value);
	}
}

static const struct {
	const char *text, *timeout;
} timeouts[] = {
	{"if [ $recordfail = 1 ]; then timeout=30; else timeout=5; fi", "5"},
	{"if [ x$feature_timeout_style = xy ]; then timeout=5; elif sleep 5; then "
	 "timeout=0; fi",
	 "5"},
};

static void reads_timeouts(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(timeouts); i++) {
		DG_CLEANUP(dg_grub_cfg_clear) struct dg_grub_cfg cfg = {0};

		parse_text(timeouts[i].text, &cfg);
		assert_string_equal(cfg.timeout, timeouts[i].timeout);
	}
}

static const struct {
	const char *text;
	const char *why;
} bad[] = {
	{"menuentry 'a' {\n linux /x\n", "the file ends within what begins at line 1"},
	{"menuentry 'a {\n linux /x\n}", "a quote that is not closed at line 1"},
	{"\n echo \"a\\\"", "a quote that is not closed at line 2"},
	{"\n}\n", "'}' without '{' at line 2"},
	{"fi", "'fi' without 'if' at line 1"},
	{"if true; fi", "'fi' without 'then' at line 1"},
	{"then", "'then' without 'if' at line 1"},
	{"elif", "'else' or 'elif' without 'if' at line 1"},
	{"do", "'do' without a loop at line 1"},
	{"done", "'done' without a loop at line 1"},
	{"{ a; }", "'{' without a command at line 1"},
	{"menuentry a { if true; then }", "'}' without '{' at line 1"},
	{"if true; then\n menuentry a { true; fi\n}", "'fi' without 'if' at line 2"},
	{"function f", "the file ends within a function at line 1"},
};

static void refuses_torn_scripts(void **state)
{
	struct dg_grub_cfg cfg = {.n_entries = 42};
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(bad); i++) {
		DG_FREE char *why = NULL;

		assert_int_equal(parse(bad[i].text, strlen(bad[i].text), &cfg, &why),
				 -EBADMSG);
		if (!dg_streq(why, bad[i].why))
			fail_msg("%s: %s", bad[i].text, why);
		assert_int_equal(cfg.n_entries, 42);
	}
	assert_int_equal(parse("a\n\0b", 4, &cfg, NULL), -EBADMSG);
}

static const struct {
	const char *path;
	size_t step;
} cuts[] = {
	{FOLDER "plain.cfg", 1},
	{FOLDER "pve-pinned.cfg", 23},
};

static void survives_every_cut(void **state)
{
	size_t len, i, k, whole = 0;

	(void)state;
	for (k = 0; k < DG_COUNT(cuts); k++) {
		DG_FREE char *text = file_read(cuts[k].path, &len);

		for (i = 0; i < len; i += cuts[k].step) {
			DG_CLEANUP(dg_grub_cfg_clear) struct dg_grub_cfg cfg = {0};
			DG_FREE char *why = NULL;
			int r = parse(text, i, &cfg, &why);

			assert_true(r == 0 || (r == -EBADMSG && why));
			whole += r == 0;
		}
	}
	assert_true(whole > 0);
}

/* `piece` so many times, then `suffix` so many times. */
static char *repeat(const char *piece, size_t n, const char *suffix)
{
	char *text = malloc(n * (strlen(piece) + strlen(suffix)) + 1), *at = text;
	size_t i;

	assert_non_null(text);
	for (i = 0; i < n; i++)
		at = stpcpy(at, piece);
	for (i = 0; i < n; i++)
		at = stpcpy(at, suffix);
	return text;
}

static const struct {
	const char *piece, *suffix;
	size_t fits;
} caps[] = {
	{"menuentry a { true; }\n", "", DG_GRUB_CFG_ENTRIES_MAX},
	{"submenu a { ", "true; }\n", DG_GRUB_CFG_DEPTH_MAX},
	{"if true; then ", "true; fi\n", 64},
};

static void keeps_to_its_bounds(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(caps); i++) {
		DG_CLEANUP(dg_grub_cfg_clear) struct dg_grub_cfg cfg = {0};
		DG_FREE char *good = repeat(caps[i].piece, caps[i].fits, caps[i].suffix);
		DG_FREE char *over =
			repeat(caps[i].piece, caps[i].fits + 1, caps[i].suffix);
		DG_FREE char *why = NULL;

		parse_text(good, &cfg);
		assert_int_equal(parse(over, strlen(over), &cfg, &why), -EBADMSG);
		assert_non_null(strstr(why, "too many"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_pinned_host),
		cmocka_unit_test(reads_a_saved_default),
		cmocka_unit_test(reads_quotes_and_blocks),
		cmocka_unit_test(reads_defaults),
		cmocka_unit_test(reads_timeouts),
		cmocka_unit_test(refuses_torn_scripts),
		cmocka_unit_test(survives_every_cut),
		cmocka_unit_test(keeps_to_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

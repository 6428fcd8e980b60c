/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The forms for logins, monitoring plugins and Prometheus, of every test host: their
 * limits, and what they say. */
#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "guard/render/render.h"
#include "policy/catalog.h"
#include "policy/text.h"
#include "tests/unit/exposition.h"
#include "tests/unit/facts-builder.h"
#include "tests/unit/verdicts.h"

/* Owned by the caller. */
static char *print(const struct dg_verdict *v, const char *form)
{
	const struct dg_style style = {.width = 80};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(dg_renderer_find(form)->verdict(out, v, &style), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

/* Call fn for each golden verdict. */
static void each_host(void (*fn)(const char *path, struct dg_verdict *v))
{
	glob_t paths;

	assert_int_equal(glob("tests/hosts/*/verdict.json", 0, NULL, &paths), 0);
	assert_true(paths.gl_pathc > 20);
	for (size_t i = 0; i < paths.gl_pathc; i++) {
		VERDICT_CLEANUP struct dg_verdict *v =
			verdict_of(json_object_from_file(paths.gl_pathv[i]));

		fn(paths.gl_pathv[i], v);
	}
	globfree(&paths);
}

/* --- logins --- */

#define STATUS "driftguard status\n"

/* Columns, where a character takes one, and from Hangul on two. */
static size_t columns_of(const char *line, size_t size)
{
	size_t columns = 0;

	for (size_t at = 0; at < size;) {
		uint32_t rune;
		size_t n = dg_utf8_decode(line + at, size - at, &rune);

		assert_true(n > 0);
		columns += rune >= 0x1100 ? 2 : 1;
		at += n;
	}
	return columns;
}

/* The lines; each at most 80 columns. */
static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (; *text; text = strchr(text, '\n') + 1, lines++) {
		size_t n = strcspn(text, "\n");

		assert_int_equal(text[n], '\n');
		assert_true(n > 0 && text[n - 1] != ' ');
		if (columns_of(text, n) > 80)
			fail_msg("%.*s", (int)n, text);
	}
	return lines;
}

/* A line that is indented as a command is one, whole. */
static void assert_whole_commands(const struct dg_verdict *v, const char *text)
{
	DG_FREE char *all = NULL;
	const struct dg_plan *plan = v->plan;

	all = strdup(plan && plan->then ? plan->then : "");
	for (size_t i = 0; plan && i < plan->step_count + plan->preflight_count; i++) {
		DG_FREE char *line =
			i < plan->step_count
				? dg_command_line(&plan->steps[i].argv)
				: strdup(plan->preflights[i - plan->step_count].unblock
						 ? plan->preflights[i - plan->step_count]
							   .unblock
						 : "");
		char *more = dg_format("%s%s%s", all,
				       i < plan->step_count && i ? " && " : ";", line);

		free(all);
		all = more;
	}
	for (; *text; text = strchr(text, '\n') + 1) {
		DG_FREE char *line = strndup(text, strcspn(text, "\n"));
		const char *command = line + 2;

		if (strncmp(line, "  ", 2) != 0 || line[2] == ' ')
			continue;
		if (dg_after(command, "then: "))
			command += strlen("then: ");
		if (!strstr(all, command))
			fail_msg("\"%s\" is not of \"%s\"", command, all);
	}
}

static void motd_of(const char *path, struct dg_verdict *v)
{
	DG_FREE char *form = print(v, "motd"), *text = NULL;

	assert_int_equal(dg_motd_text(v, &text), 0);
	if (count_lines(text) > 6)
		fail_msg("%s: %s", path, text);
	if (v->level == DG_LEVEL_OK)
		assert_string_equal(text, "");
	else
		assert_string_equal(text + strlen(text) - strlen(STATUS), STATUS);
	/* The form is for scripts that print it at login: a notice is nothing for them.
	 */
	if (v->level == DG_LEVEL_NOTICE)
		assert_string_equal(form, "");
	else
		assert_string_equal(form, text);
	assert_whole_commands(v, text);
}

static void motds(void **state)
{
	(void)state;
	each_host(motd_of);
}

static void motd_says(const char *host, const char *expected)
{
	VERDICT_CLEANUP struct dg_verdict *v = golden(host);
	DG_FREE char *text = print(v, "motd");

	assert_string_equal(text, expected);
}

static void what_motd_says(void **state)
{
	(void)state;
	motd_says("incident",
		  "driftguard CRITICAL: 6.5.13-5-pve runs under Proxmox VE 9.2.3, which "
		  "expects a\n"
		  "                     7.0 kernel, and a pin keeps it there\n"
		  "In the way: missing for 7.0.6-2-pve: nvidia, nvidia_vgpu_vfio\n"
		  "  apt install proxmox-headers-7.0.6-2-pve\n"
		  "  dkms install nvidia/535.161.05 -k 7.0.6-2-pve\n"
		  "More: driftguard status\n");
	motd_says("incident-built",
		  "driftguard CRITICAL: 6.5.13-5-pve runs under Proxmox VE 9.2.3, which "
		  "expects a\n"
		  "                     7.0 kernel, and a pin keeps it there\n"
		  "Why: 7.0.6-2-pve is the newest installed kernel of series 7.0\n"
		  "  proxmox-boot-tool kernel pin 7.0.6-2-pve\n"
		  "  then: reboot\n"
		  "More: driftguard status\n");
	motd_says(
		"kernel-meta-missing",
		"driftguard WARNING: No kernel metapackage is installed: kernel updates "
		"will not\n"
		"                    come\n"
		"To do: apt install proxmox-default-kernel\n"
		"More: driftguard status\n");
	motd_says("healthy-9.2", "");
}

static void set_text(char **to, const char *text)
{
	free(*to);
	*to = text ? strdup(text) : NULL;
}

/* Commands that find no room are not begun; where they are is. */
static void commands_without_room(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *v = golden("incident-built");
	DG_FREE char *word = malloc(101), *one = NULL, *four = NULL, *bar = NULL;

	(void)state;
	memset(word, 'w', 100);
	word[100] = '\0';
	set_text(&v->plan->steps[0].argv.words[3], word);
	one = print(v, "motd");
	assert_int_equal(count_lines(one), 4);
	expect_within(one, "\nWhy: ");
	assert_null(strstr(one, "proxmox-boot-tool"));
	assert_null(strstr(one, "reboot"));
	expect_within(one, "\nWhat to do: driftguard status\n");
	/* Four lines of commands and a reboot are too many; two are not. */
	set_text(&v->plan->steps[0].argv.words[3], "7.0.6-2-pve and more words of this "
						   "kind");
	for (size_t i = 1; i < DG_STEPS_MAX; i++)
		for (size_t n = 0; n < 4; n++)
			v->plan->steps[i].argv.words[n] =
				strdup(v->plan->steps[0].argv.words[n]);
	v->plan->step_count = DG_STEPS_MAX;
	four = print(v, "motd");
	assert_null(strstr(four, "proxmox-boot-tool"));
	assert_whole_commands(v, four);
	/* One line less of headline, and three fit. */
	set_text(&v->headline, "Short");
	for (size_t n = 0; n < 4; n++)
		set_text(&v->plan->steps[3].argv.words[n], NULL);
	v->plan->step_count = 3;
	bar = print(v, "motd");
	assert_int_equal(count_lines(bar), 6);
	expect_within(bar, "  proxmox-boot-tool kernel pin '7.0.6-2-pve and more words");
	expect_within(bar, "\n  then: reboot\nMore: ");
}

static void odd_headlines(void **state)
{
	static const char *const parts[] = {"日本語", "word ", "ä", "x", "0123456789 "};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(parts); i++)
		for (size_t n = 1; n < 120; n++) {
			VERDICT_CLEANUP struct dg_verdict *v = NULL;
			DG_FREE char *headline = strdup(""), *text = NULL;

			for (size_t k = 0; k < n; k++) {
				char *more = dg_format("%s%s", headline, parts[i]);

				free(headline);
				headline = more;
			}
			if (dg_ends_with(headline, " "))
				headline[strlen(headline) - 1] = '\0';
			assert_int_equal(dg_verdict_missing(NOW, headline, &v), 0);
			text = print(v, "motd");
			assert_true(count_lines(text) <= 3);
			expect_within(text, "driftguard UNKNOWN: ");
		}
}

/* --- commands --- */

static void command_lines(void **state)
{
	static const struct {
		const char *words[4], *line;
	} cases[] = {
		{{"proxmox-boot-tool", "kernel", "unpin"},
		 "proxmox-boot-tool kernel unpin"},
		{{"a", ""}, "a ''"},
		{{"a", "b c"}, "a 'b c'"},
		{{"a", "it's"}, "a 'it'\\''s'"},
		{{"a", "$(x)"}, "a '$(x)'"},
		{{"a", "*"}, "a '*'"},
		{{"a", "~root"}, "a '~root'"},
		{{"7.0.6-2-pve", "x=1,2", "@:/+%^_"}, "7.0.6-2-pve x=1,2 @:/+%^_"},
		{{NULL}, ""},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		struct dg_argv argv = {0};
		DG_FREE char *line = NULL;

		for (size_t n = 0; cases[i].words[n]; n++)
			argv.words[n] = (char *)cases[i].words[n];
		line = dg_command_line(&argv);
		assert_string_equal(line, cases[i].line);
	}
}

/* --- monitoring plugins --- */

/* 'label'=value[UOM];[warn];[crit];[min];[max], separated by blanks. */
static void assert_figures(const char *text, size_t size)
{
	DG_FREE char *copy = strndup(text, size);
	size_t count = 0;

	for (char *save, *one = strtok_r(copy, " ", &save); one;
	     one = strtok_r(NULL, " ", &save), count++) {
		char label[32];
		long long value;
		int n = 0;

		assert_int_equal(sscanf(one, "%31[a-z]=%lld%n", label, &value, &n), 2);
		assert_true(value >= 0);
		n += one[n] == 's';
		assert_int_equal(strspn(one + n, ";0123456789"), strlen(one + n));
	}
	assert_true(count >= 5);
}

static void plugin_of(const char *path, struct dg_verdict *v)
{
	static const char *const words[] = {"OK", "OK", "WARNING", "CRITICAL", "UNKNOWN"};
	DG_FREE char *text = print(v, "nagios");
	DG_FREE char *head =
		dg_format("DRIFTGUARD %s - %s | ", words[v->level], v->headline);
	const char *bar = strchr(text, '|');

	(void)path;
	assert_int_equal(strncmp(text, head, strlen(head)), 0);
	assert_figures(bar + 2, strcspn(bar + 2, "\n"));
	assert_null(strchr(bar + 1, '|'));
	for (size_t i = 0; i < v->finding_count; i++) {
		const struct dg_finding *f = &v->findings[i];
		DG_FREE char *line = dg_format("] %s: ", f->check->id);
		bool told = f->status == DG_DRIFT || f->status == DG_WAIVED ||
			    f->status == DG_UNKNOWN;

		assert_int_equal(strstr(text, line) != NULL, told);
	}
}

static void plugins(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *v = golden("incident");
	DG_FREE char *text = NULL;

	(void)state;
	each_host(plugin_of);
	/* Of a recorded one how old it is; a bar of the host's is none of the figures'.
	 */
	set_text(&v->headline, "a | b");
	assert_int_equal(dg_verdict_grow_old(v, v->time + 90, NULL), 0);
	text = print(v, "nagios");
	expect_within(text,
		      "DRIFTGUARD CRITICAL - a / b | critical=2;;0;0 warning=4;0;;0 ");
	expect_within(text, " age=90s;172800;;0\n");
}

/* --- Prometheus --- */

static void exposition_of(const char *path, struct dg_verdict *v)
{
	DG_FREE char *text = print(v, "prometheus");
	size_t count;

	(void)path;
	dg_catalog(&count);
	/* The verdict, two for each check, the kernel, the last check; pins and samples
	 * where there are any. */
	assert_in_range(exposition_read(text), 2 * count + 3, 2 * count + 7);
}

static void expositions(void **state)
{
	(void)state;
	each_host(exposition_of);
}

static void what_prometheus_gets(void **state)
{
	static const struct {
		const char *host, *lines[8];
	} cases[] = {
		{"incident",
		 {"\ndriftguard_verdict_severity 3\n",
		  "\ndriftguard_finding_severity{check=\"kernel-series-behind\"} 3\n",
		  "\ndriftguard_finding_severity{check=\"pin-age\"} 2\n",
		  "\ndriftguard_finding_waived{check=\"pin-age\"} 0\n",
		  "\ndriftguard_kernel_info{running=\"6.5.13-5-pve\",expected_series="
		  "\"7.0\",next_boot=\"6.5.13-5-pve\",target=\"7.0.6-2-pve\"} 1\n",
		  "\ndriftguard_last_check_timestamp_seconds 1780473600\n"}},
		/* 2026-04-01, and the last second of 2026-05-01: the ledger's words. */
		{"pin-expired",
		 {"\ndriftguard_pin_created_timestamp_seconds 1775001600\n",
		  "\ndriftguard_pin_due_timestamp_seconds 1777679999\n"}},
		{"healthy-9.2",
		 {"\ndriftguard_verdict_severity 0\n",
		  "\ndriftguard_finding_severity{check=\"kernel-series-behind\"} 0\n"}},
		{"rebuilt-abi", {"\ndriftguard_verdict_severity 1\n"}},
		{"status-unreadable",
		 {"\ndriftguard_verdict_severity -1\n",
		  "\ndriftguard_finding_severity{check=\"kernel-series-behind\"} -1\n"}},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		VERDICT_CLEANUP struct dg_verdict *v = golden(cases[i].host);
		DG_FREE char *text = print(v, "prometheus");

		for (size_t n = 0; n < 8 && cases[i].lines[n]; n++)
			expect_within(text, cases[i].lines[n]);
	}
}

static void finding_set(struct dg_verdict *v, const char *id, enum dg_status status,
			const char *evidence_json)
{
	struct dg_finding *f = (struct dg_finding *)found(v, id);

	f->status = status;
	f->severity = status == DG_DRIFT || status == DG_WAIVED ? DG_WARNING : DG_FINE;
	if (evidence_json) {
		json_object_put(f->evidence);
		f->evidence = json_tokener_parse(evidence_json);
	}
}

/* Waived drift raises no alarm and can be seen; a phantom by its sample. */
static void waived_and_phantom(void **state)
{
	static const struct {
		enum dg_status status;
		const char *line; /* NULL: no such figure */
	} cases[] = {
		{DG_OK, "\ndriftguard_pressure_phantom 0\n"},
		{DG_DRIFT, "\ndriftguard_pressure_phantom 1\n"},
		{DG_WAIVED, "\ndriftguard_pressure_phantom 1\n"},
		{DG_UNKNOWN, NULL},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		VERDICT_CLEANUP struct dg_verdict *v = golden("incident");
		DG_FREE char *text = NULL;

		finding_set(v, "pin-age", DG_WAIVED, NULL);
		finding_set(v, "pressure-phantom", cases[i].status,
			    "{\"sampled\": \"2026-06-03T07:00:00Z\"}");
		text = print(v, "prometheus");
		exposition_read(text);
		expect_within(text,
			      "\ndriftguard_finding_severity{check=\"pin-age\"} 0\n");
		expect_within(text, "\ndriftguard_finding_waived{check=\"pin-age\"} 1\n");
		expect_within(text, "\ndriftguard_sample_timestamp_seconds 1780470000\n");
		if (cases[i].line)
			expect_within(text, cases[i].line);
		else
			assert_null(strstr(text, "pressure_phantom "));
	}
}

/* Labels' values are escaped; what is not known is empty; odd evidence is left out. */
static void odd_values(void **state)
{
	VERDICT_CLEANUP struct dg_verdict *v = golden("incident"), *missing = NULL;
	DG_FREE char *text = NULL, *none = NULL;

	(void)state;
	set_text(&v->kernel.running, "a\"b\\c\nd");
	set_text(&v->kernel.target, "");
	finding_set(v, "pin-age", DG_DRIFT,
		    "{\"since\": \"lately\", \"max_age_days\": 99999999999999}");
	finding_set(v, "pin-expired", DG_OK, "{\"until\": [\"2026\"], \"since\": 3}");
	text = print(v, "prometheus");
	exposition_read(text);
	expect_within(text, "{running=\"a\\\"b\\\\c\\nd\",");
	expect_within(text, ",target=\"\"} 1\n");
	assert_null(strstr(text, "pin_created"));
	assert_null(strstr(text, "pin_due"));
	assert_int_equal(dg_verdict_missing(NOW, "None", &missing), 0);
	none = print(missing, "prometheus");
	exposition_read(none);
	expect_within(none, "\ndriftguard_verdict_severity -1\n");
	assert_null(strstr(none, "last_check"));
}

/* --- lines that are copied --- */

static void clauses(void **state)
{
	static const struct {
		const char *text, *lines;
		size_t width;
	} cases[] = {
		{"-> apt install headers; dkms install x -k 7",
		 "  -> apt install headers;\n     dkms install x -k 7", 30},
		{"-> apt install headers; dkms install x -k 7",
		 "  -> apt install headers; dkms install x -k 7", 80},
		/* Too long for any line: words. */
		{"-> one two three four five six; seven eight",
		 "  -> one two\n     three four\n     five six;\n     seven eight", 16},
		{"a/b:c,d;e f", "  a/b:c,d;e f", 30},
		{"Nothing.", "  Nothing.", 30},
		{" a  b", "   a  b", 30},
		{"", "  ", 30},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_FREE char *lines =
			dg_wrap_clauses(cases[i].text, cases[i].width, 2, 5);

		assert_string_equal(lines, cases[i].lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(motds),
		cmocka_unit_test(what_motd_says),
		cmocka_unit_test(commands_without_room),
		cmocka_unit_test(odd_headlines),
		cmocka_unit_test(command_lines),
		cmocka_unit_test(clauses),
		cmocka_unit_test(plugins),
		cmocka_unit_test(expositions),
		cmocka_unit_test(what_prometheus_gets),
		cmocka_unit_test(waived_and_phantom),
		cmocka_unit_test(odd_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

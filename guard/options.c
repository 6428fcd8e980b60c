/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of the command line: one table, from which they are parsed and explained.
 */
#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdlib.h>

#include "guard/options.h"
#include "policy/timefmt.h"

/* A year is a window that nobody waits for; an hour is one that somebody might. */
#define SECONDS_MAX 3600

enum kind { TEXT, FLAG, COUNT, LIST, SECONDS, TIME, FORM, HELP, VERSION };

struct row {
	const char *name;
	int letter; /* a short option too; 0: none */
	enum kind kind;
	const char *argument;
	const char *verbs; /* that take it, between blanks; NULL: all */
	size_t offset;	   /* in struct dg_options */
	const char *help;
};

#define TO(member) .offset = offsetof(struct dg_options, member)

static const struct row rows[] = {
	{.name = "root",
	 .kind = TEXT,
	 TO(root),
	 .argument = "DIR",
	 .help = "examine the tree at DIR as a host (default /)"},
	{.name = "now",
	 .kind = TIME,
	 TO(now),
	 .argument = "TIME",
	 .help = "judge as of this RFC 3339 time"},
	{.name = "policy",
	 .kind = TEXT,
	 TO(policy),
	 .argument = "FILE",
	 .help = "this policy instead of the installed layers"},
	{.name = "format",
	 .kind = FORM,
	 TO(format),
	 .argument = "FORM",
	 .help = "print text (default), json, nagios, prometheus, motd or html"},
	{.name = "facts",
	 .kind = TEXT,
	 TO(facts),
	 .argument = "FILE",
	 .verbs = " check facts policy ",
	 .help = "judge these facts (- for standard input)"},
	{.name = "redact",
	 .kind = FLAG,
	 TO(redact),
	 .verbs = " facts ",
	 .help = "hide host and guest names"},
	{.name = "window",
	 .kind = SECONDS,
	 TO(window_s),
	 .argument = "S",
	 .verbs = " sample record ",
	 .help = "how long to sample (default: the policy's)"},
	{.name = "wait-for-load",
	 .kind = SECONDS,
	 TO(wait_s),
	 .argument = "S",
	 .verbs = " sample record ",
	 .help = "first wait until guests do I/O, at most so long"},
	{.name = "load",
	 .kind = FLAG,
	 TO(load),
	 .verbs = " sample ",
	 .help = "also write a little, in three ways, and compare the charges"},
	{.name = "load-dir",
	 .kind = TEXT,
	 TO(load_dir),
	 .argument = "DIR",
	 .verbs = " sample ",
	 .help = "where to (default /var/tmp)"},
	{.name = "sample",
	 .kind = FLAG,
	 TO(sample),
	 .verbs = " record ",
	 .help = "sample before judging, and keep it in this boot's record"},
	{.name = "reason",
	 .kind = TEXT,
	 TO(reason),
	 .argument = "TEXT",
	 .verbs = " pin ",
	 .help = "why the kernel is pinned"},
	{.name = "until",
	 .kind = TEXT,
	 TO(until),
	 .argument = "DATE",
	 .verbs = " pin ",
	 .help = "the day on which that is due: 2026-12-31, or 90d"},
	{.name = "owner",
	 .kind = TEXT,
	 TO(owner),
	 .argument = "TEXT",
	 .verbs = " pin ",
	 .help = "who answers for it (default: who calls this)"},
	{.name = "next-boot",
	 .kind = FLAG,
	 TO(next_boot),
	 .verbs = " pin unpin ",
	 .help = "a trial, for the next boot alone"},
	{.name = "accept-sticky",
	 .kind = FLAG,
	 TO(accept_sticky),
	 .verbs = " pin ",
	 .help = "even one that lasts until a boot comes up well"},
	{.name = "keep",
	 .kind = FLAG,
	 TO(keep),
	 .verbs = " pin ",
	 .help = "pin the kernel that runs on trial"},
	{.name = "override",
	 .kind = LIST,
	 TO(overrides),
	 .argument = "PREFLIGHT",
	 .verbs = " pin unpin ",
	 .help = "go on though it has not passed"},
	{.name = "dry-run",
	 .kind = FLAG,
	 TO(dry_run),
	 .verbs = " pin unpin ",
	 .help = "show what would be done, and do nothing"},
	{.name = "yes",
	 .kind = FLAG,
	 TO(yes),
	 .verbs = " enforce ",
	 .help = "do what the policy allows; without it nothing is changed"},
	{.name = "boot-tool",
	 .kind = TEXT,
	 TO(boot_tool),
	 .argument = "FILE",
	 .verbs = " pin unpin enforce ",
	 .help = "with --root: the program that acts on that tree"},
	{.name = "quiet",
	 .letter = 'q',
	 .kind = FLAG,
	 TO(quiet),
	 .help = "print nothing; the exit status tells"},
	{.name = "verbose",
	 .letter = 'v',
	 .kind = COUNT,
	 TO(verbose),
	 .help = "also show what is fine"},
	{.name = "help", .letter = 'h', .kind = HELP, .help = "this text"},
	{.name = "version", .kind = VERSION, .help = "name and version"},
};

#define LONG_BASE 256 /* above every letter */

static bool is_for(const struct row *row, const char *verb)
{
	char word[32];

	snprintf(word, sizeof(word), " %s ", verb);
	return !row->verbs || strstr(row->verbs, word);
}

/* --- help --- */

static void print_row(FILE *out, const struct row *row)
{
	char left[48], letter[8] = "";

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, row->name,
		 row->argument ? " " : "", row->argument ? row->argument : "");
	fprintf(out, "  %-26s ", left);
	/* " sample record " as "sample, record: " */
	for (const char *p = row->verbs ? row->verbs + 1 : ""; *p; p++) {
		if (*p != ' ')
			fputc(*p, out);
		else
			fputs(p[1] ? ", " : ": ", out);
	}
	fprintf(out, "%s\n", row->help);
}

void dg_options_print(FILE *out)
{
	fputs("\nOptions:\n", out);
	for (size_t i = 0; i < DG_COUNT(rows); i++)
		print_row(out, &rows[i]);
}

/* --- parsing --- */

static int parse_seconds(const struct row *row, const char *argument, double *ret)
{
	char *end;
	double value = strtod(argument, &end);

	if (end != argument && !*end && value > 0 && value <= SECONDS_MAX) {
		*ret = value;
		return 0;
	}
	dg_complain("--%s %s: no number of seconds above 0 and up to %d", row->name,
		    argument, SECONDS_MAX);
	return -EINVAL;
}

static int parse_time(const struct row *row, const char *argument, struct dg_options *o)
{
	if (dg_time_parse(argument, &o->now) < 0) {
		dg_complain("--%s %s: no RFC 3339 time, such as 2026-06-03T08:00:00Z",
			    row->name, argument);
		return -EINVAL;
	}
	o->has_now = true;
	return 0;
}

static int parse_form(const char *argument, struct dg_options *o)
{
	o->format = dg_renderer_find(argument);
	if (o->format)
		return 0;
	dg_complain("--format %s: no such form; there are %s", argument,
		    dg_renderer_names());
	return -EINVAL;
}

static int parse_list(const struct row *row, const char *argument, const char **list)
{
	size_t n = 0;

	while (n < DG_OVERRIDES_MAX && list[n])
		n++;
	if (n == DG_OVERRIDES_MAX) {
		dg_complain("--%s stands more than %d times", row->name,
			    DG_OVERRIDES_MAX);
		return -EINVAL;
	}
	list[n] = argument;
	return 0;
}

/* 0, 1: help or version is wanted and done with, or -EINVAL after a complaint. */
static int parse_row(const struct row *row, const char *argument, struct dg_options *o)
{
	void *member = (char *)o + row->offset;

	switch (row->kind) {
	case TEXT:
		*(const char **)member = argument;
		return 0;
	case FLAG:
		*(bool *)member = true;
		return 0;
	case COUNT:
		(*(int *)member)++;
		return 0;
	case LIST:
		return parse_list(row, argument, member);
	case SECONDS:
		return parse_seconds(row, argument, member);
	case TIME:
		return parse_time(row, argument, o);
	case FORM:
		return parse_form(argument, o);
	case HELP:
	case VERSION:
		break;
	}
	return 1;
}

static const struct row *find_row(int code)
{
	for (size_t i = 0; i < DG_COUNT(rows); i++)
		if (code == rows[i].letter || code == LONG_BASE + (int)i)
			return &rows[i];
	return NULL;
}

/* "-1" names a boot, as it does for journalctl; to getopt it would be an option. */
static bool is_number(const char *word)
{
	return word && *word == '-' && word[1] &&
	       strspn(word + 1, "0123456789") == strlen(word + 1);
}

/*
 * The next option's code, or -1 at the end. Words between options are moved to the front
 * of argv, `*words` of them; that is what getopt does by itself, but for numbers.
 */
static int next_option(int argc, char **argv, const struct option *longs, int *words)
{
	while (optind < argc) {
		int before = optind, code;

		if (!is_number(argv[optind])) {
			code = getopt_long(argc, argv, "+qvh", longs, NULL);
			/* Behind "--" all are words. */
			if (code != -1 || optind > before)
				return code;
		}
		argv[1 + (*words)++] = argv[optind++];
	}
	return -1;
}

/* To where they are looked for: at optind. */
static void gather_words(char **argv, int words)
{
	optind -= words;
	memmove(argv + optind, argv + 1, (size_t)words * sizeof(*argv));
}

static enum dg_wanted parse_all(int argc, char **argv, const struct option *longs,
				struct dg_options *o, int *words)
{
	int code;

	while ((code = next_option(argc, argv, longs, words)) != -1) {
		const struct row *row = find_row(code);
		int r;

		if (!row) { /* getopt has said what is wrong */
			fputs("Try: driftguard --help\n", stderr);
			return DG_WANTED_NOTHING;
		}
		r = parse_row(row, optarg, o);
		if (r < 0)
			return DG_WANTED_NOTHING;
		if (r > 0)
			return row->kind == HELP ? DG_WANTED_HELP : DG_WANTED_VERSION;
		o->given |= UINT64_C(1) << (row - rows);
	}
	return DG_WANTED_VERB;
}

enum dg_wanted dg_options_parse(int argc, char **argv, struct dg_options *o)
{
	struct option longs[DG_COUNT(rows) + 1] = {0};
	enum dg_wanted wanted;
	int words = 0;

	for (size_t i = 0; i < DG_COUNT(rows); i++)
		longs[i] = (struct option){.name = rows[i].name,
					   .has_arg = rows[i].argument ? required_argument
								       : no_argument,
					   .val = LONG_BASE + (int)i};
	wanted = parse_all(argc, argv, longs, o, &words);
	gather_words(argv, words);
	return wanted;
}

bool dg_options_fit(const struct dg_options *o, const char *verb)
{
	_Static_assert(DG_COUNT(rows) <= 64, "a bit for each option");

	for (size_t i = 0; i < DG_COUNT(rows); i++) {
		if (!(o->given & UINT64_C(1) << i) || is_for(&rows[i], verb))
			continue;
		dg_complain("%s takes no --%s; it is an option of%.*s", verb,
			    rows[i].name, (int)strlen(rows[i].verbs) - 1, rows[i].verbs);
		return false;
	}
	return true;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line: options, the verb table, and the help that is printed from both. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>

#include "guard/verbs.h"
#include "policy/nearest.h"
#include "policy/timefmt.h"

static const struct dg_verb *const verbs[] = {
	&dg_verb_check, &dg_verb_facts, &dg_verb_explain, &dg_verb_policy, &dg_verb_probe,
};

struct option_row {
	const char *name;
	int letter; /* printable: a short option too */
	const char *argument;
	const char *help;
};

enum {
	OPT_ROOT = 256,
	OPT_NOW,
	OPT_POLICY,
	OPT_FORMAT,
	OPT_FACTS,
	OPT_REDACT,
	OPT_VERSION
};

static const struct option_row option_rows[] = {
	{.name = "root",
	 .letter = OPT_ROOT,
	 .argument = "DIR",
	 .help = "examine the tree at DIR as a host (default /)"},
	{.name = "now",
	 .letter = OPT_NOW,
	 .argument = "TIME",
	 .help = "judge as of this RFC 3339 time"},
	{.name = "policy",
	 .letter = OPT_POLICY,
	 .argument = "FILE",
	 .help = "this policy instead of the installed layers"},
	{.name = "format",
	 .letter = OPT_FORMAT,
	 .argument = "FORM",
	 .help = "text (default) or json"},
	{.name = "facts",
	 .letter = OPT_FACTS,
	 .argument = "FILE",
	 .help = "check: judge these facts (- for standard input)"},
	{.name = "redact",
	 .letter = OPT_REDACT,
	 .help = "facts: hide host and guest names"},
	{.name = "quiet", .letter = 'q', .help = "print nothing; the exit status tells"},
	{.name = "verbose", .letter = 'v', .help = "also show what is fine"},
	{.name = "help", .letter = 'h', .help = "this text"},
	{.name = "version", .letter = OPT_VERSION, .help = "name and version"},
};

void dg_complain(const char *fmt, ...)
{
	va_list args;

	fputs("driftguard: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}

int dg_finish_output(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	dg_complain("cannot write the output: %s", strerror(errno));
	return -EIO;
}

static void print_help(FILE *out)
{
	fputs("Usage: driftguard [OPTIONS] VERB [ARGS]\n\n"
	      "Does this host's kernel still belong to its userland?\n\nVerbs:\n",
	      out);
	for (size_t i = 0; i < DG_COUNT(verbs); i++) {
		char left[48];

		snprintf(left, sizeof(left), "%s%s%s", verbs[i]->name,
			 *verbs[i]->args ? " " : "", verbs[i]->args);
		fprintf(out, "  %-26s %s\n", left, verbs[i]->help);
	}
	fputs("\nOptions:\n", out);
	for (size_t i = 0; i < DG_COUNT(option_rows); i++) {
		const struct option_row *row = &option_rows[i];
		char left[48];

		snprintf(left, sizeof(left), "%s--%s%s%s",
			 row->letter == 'q'   ? "-q, "
			 : row->letter == 'v' ? "-v, "
			 : row->letter == 'h' ? "-h, "
					      : "",
			 row->name, row->argument ? " " : "",
			 row->argument ? row->argument : "");
		fprintf(out, "  %-26s %s\n", left, row->help);
	}
	fputs("\nExit status of check: 0 ok or notice, 1 warning, 2 critical, 3 "
	      "unknown.\n",
	      out);
}

static int parse_option(int letter, const char *argument, struct dg_options *o)
{
	switch (letter) {
	case OPT_ROOT:
		o->root = argument;
		return 0;
	case OPT_POLICY:
		o->policy = argument;
		return 0;
	case OPT_FACTS:
		o->facts = argument;
		return 0;
	case OPT_REDACT:
		o->redact = true;
		return 0;
	case 'q':
		o->quiet = true;
		return 0;
	case 'v':
		o->verbose++;
		return 0;
	case OPT_NOW:
		o->has_now = dg_time_parse(argument, &o->now) == 0;
		if (!o->has_now)
			dg_complain("--now %s: no RFC 3339 time, such as "
				    "2026-06-03T08:00:00Z",
				    argument);
		return o->has_now ? 0 : -EINVAL;
	case OPT_FORMAT:
		o->format = dg_renderer_find(argument);
		if (!o->format)
			dg_complain("--format %s: no such form; there are %s", argument,
				    dg_renderer_names());
		return o->format ? 0 : -EINVAL;
	default: /* getopt has said what is wrong */
		fputs("Try: driftguard --help\n", stderr);
		return -EINVAL;
	}
}

/* 0: go on; 1: help or version was printed; negative: unusable. */
static int parse_options(int argc, char **argv, struct dg_options *o)
{
	struct option longs[DG_COUNT(option_rows) + 1] = {0};
	int letter, r = 0;

	for (size_t i = 0; i < DG_COUNT(option_rows); i++)
		longs[i] = (struct option){.name = option_rows[i].name,
					   .has_arg = option_rows[i].argument
							      ? required_argument
							      : no_argument,
					   .val = option_rows[i].letter};
	while (r == 0 && (letter = getopt_long(argc, argv, "qvh", longs, NULL)) != -1) {
		if (letter == 'h') {
			print_help(stdout);
			return 1;
		}
		if (letter == OPT_VERSION) {
			puts("driftguard " DG_VERSION);
			return 1;
		}
		r = parse_option(letter, optarg, o);
	}
	return r;
}

static const struct dg_verb *find_verb(const char *name)
{
	const char *names[DG_COUNT(verbs)];
	const char *near;

	for (size_t i = 0; i < DG_COUNT(verbs); i++) {
		if (dg_streq(verbs[i]->name, name))
			return verbs[i];
		names[i] = verbs[i]->name;
	}
	near = dg_nearest_word(name, names, DG_COUNT(names));
	dg_complain("no verb \"%s\"%s%s%s; see driftguard --help", name,
		    near ? ": did you mean " : "", near ? near : "", near ? "?" : "");
	return NULL;
}

static int run_verb(int argc, char **argv, struct dg_options *options)
{
	const struct dg_verb *verb;
	int count = argc - optind - 1;

	if (optind >= argc) {
		print_help(stderr);
		return DG_EXIT_UNUSABLE;
	}
	verb = find_verb(argv[optind]);
	if (!verb)
		return DG_EXIT_UNUSABLE;
	if (count > verb->max_args) {
		dg_complain("%s takes %s%s, and \"%s\" is one too many", verb->name,
			    *verb->args ? "only " : "no arguments", verb->args,
			    argv[optind + 1 + verb->max_args]);
		return DG_EXIT_UNUSABLE;
	}
	options->args = argv + optind + 1;
	return verb->run(options);
}

int main(int argc, char **argv)
{
	struct dg_options options = {.root = "/", .format = &dg_render_text};
	int r = parse_options(argc, argv, &options);

	if (r > 0)
		return dg_finish_output() < 0 ? DG_EXIT_FAILED : DG_EXIT_DONE;
	return r < 0 ? DG_EXIT_UNUSABLE : run_verb(argc, argv, &options);
}

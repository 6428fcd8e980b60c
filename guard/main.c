/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line: options, the verb table, and the help that is printed from both. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>

#include "guard/options.h"
#include "policy/nearest.h"

static const struct dg_verb *const verbs[] = {
	&dg_verb_check,	  &dg_verb_facts,   &dg_verb_explain, &dg_verb_policy,
	&dg_verb_probe,	  &dg_verb_sample,  &dg_verb_record,  &dg_verb_status,
	&dg_verb_history, &dg_verb_compare, &dg_verb_fleet,   &dg_verb_pin,
	&dg_verb_unpin,	  &dg_verb_enforce,
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
	dg_options_print(out);
	fputs("\nExit status of check, status, fleet: 0 ok or notice, 1 warning, 2 "
	      "critical, 3 "
	      "unknown.\n",
	      out);
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

/* Not every form has something of every verb. */
static bool has_form(const struct dg_options *options, const struct dg_verb *verb)
{
	size_t output =
		verb->output ? verb->output : offsetof(struct dg_renderer, verdict);

	if (verb->plain ? options->format == &dg_render_text ||
				  options->format == &dg_render_json
			: dg_renderer_has(options->format, output))
		return true;
	dg_complain("%s has no form \"%s\"; it has %s", verb->name, options->format->name,
		    verb->plain ? "text, json" : dg_renderer_names_with(output));
	return false;
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
	if (!dg_options_fit(options, verb->name) || !has_form(options, verb))
		return DG_EXIT_UNUSABLE;
	options->args = argv + optind + 1;
	return verb->run(options);
}

int main(int argc, char **argv)
{
	struct dg_options options = {.root = "/", .format = &dg_render_text};

	switch (dg_options_parse(argc, argv, &options)) {
	case DG_WANTED_VERB:
		return run_verb(argc, argv, &options);
	case DG_WANTED_HELP:
		print_help(stdout);
		break;
	case DG_WANTED_VERSION:
		puts("driftguard " DG_VERSION);
		break;
	case DG_WANTED_NOTHING:
		return DG_EXIT_UNUSABLE;
	}
	return dg_finish_output() < 0 ? DG_EXIT_FAILED : DG_EXIT_DONE;
}

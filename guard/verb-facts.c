/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* facts: what was read, as JSON; one bug report is one facts file. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/verbs.h"
#include "policy/facts.h"

/* Names that tell whose host this is. The kernel command line holds no host's name, and
 * ids of guests are numbers that mean nothing elsewhere. */
static void redact(struct dg_facts *facts)
{
	if (dg_known(&facts->host.name))
		dg_set_str(&facts->host.name, "redacted");
	dg_list_foreach (guest, facts->guests)
		if (dg_known(&guest->name))
			dg_set_str(&guest->name, "redacted");
}

static int run_facts(const struct dg_options *options)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = NULL;
	struct json_object *json;
	int r;

	if (dg_load_facts(options, &facts) < 0)
		return DG_EXIT_UNUSABLE;
	if (options->redact)
		redact(facts);
	if (options->quiet)
		return DG_EXIT_DONE;
	json = dg_facts_encode(facts);
	r = dg_print_json(stdout, json);
	json_object_put(json);
	return r < 0 || dg_finish_output() < 0 ? DG_EXIT_FAILED : DG_EXIT_DONE;
}

const struct dg_verb dg_verb_facts = {
	.name = "facts",
	.args = "",
	.help = "what was read of this host, as JSON",
	.run = run_facts,
};

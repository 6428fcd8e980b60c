/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* facts: what was read, as JSON; one bug report is one facts file. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/verbs.h"
#include "policy/facts.h"

/* Names that tell whose host this is. The kernel command line holds no host's name, and
 * ids of guests are numbers that mean nothing elsewhere. */
static void redact(struct dg_str *name)
{
	if (dg_known(name))
		dg_set_str(name, "redacted");
}

/* Sentences and labels name guests too. */
static void redact_sample(struct dg_sample *sample)
{
	dg_list_foreach (guest, sample->guests)
		redact(&guest->name);
	dg_list_foreach (guest, sample->signature.guests)
		redact(&guest->name);
	redact(&sample->signature.because);
}

static void redact_facts(struct dg_facts *facts)
{
	redact(&facts->host.name);
	dg_list_foreach (guest, facts->guests)
		redact(&guest->name);
	redact(&facts->cluster.node);
	dg_list_foreach (node, facts->cluster.nodes)
		redact(&node->name);
	dg_list_foreach (sample, facts->samples)
		redact_sample(sample);
}

static int run_facts(const struct dg_options *options)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *facts = NULL;
	struct json_object *json;
	int r;

	if (dg_load_facts(options, &facts) < 0)
		return DG_EXIT_UNUSABLE;
	if (options->redact)
		redact_facts(facts);
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
	.plain = true,
	.run = run_facts,
};

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of sinks. */
#include <json-c/json.h>

#include "guard/collect/collect.h"
#include "guard/sink/sink.h"
#include "policy/policy-keys.h"

/* The quick ones first: what waits for somebody else comes last. */
static const struct {
	const char *name;
	const char *key; /* of the policy */
	bool reaches_out;
	int (*run)(const struct dg_sink_call *call, char **ret_why);
} sinks[] = {
	{.name = "motd", .key = "sinks.motd", .run = dg_sink_motd},
	{.name = "textfile", .key = "sinks.textfile", .run = dg_sink_textfile},
	{.name = "reboot-required",
	 .key = "sinks.reboot_required",
	 .run = dg_sink_reboot},
	{.name = "journal",
	 .key = "sinks.journal",
	 .reaches_out = true,
	 .run = dg_sink_journal},
	{.name = "mail", .key = "sinks.mail", .reaches_out = true, .run = dg_sink_mail},
};

bool dg_level_reaches(enum dg_level level, const char *from)
{
	enum dg_severity severity =
		level == DG_LEVEL_UNKNOWN ? DG_WARNING : (enum dg_severity)level;
	enum dg_severity least;

	_Static_assert((int)DG_LEVEL_CRITICAL == (int)DG_CRITICAL, "one scale");
	if (dg_streq(from, "ok"))
		return true;
	return dg_severity_parse(from, &least) == 0 && severity >= least;
}

/* A word, or true or false. */
static const char *find_threshold(const struct dg_policy *policy, const char *key)
{
	struct json_object *value = dg_policy_value(policy->tree, key);

	if (json_object_is_type(value, json_type_boolean))
		return json_object_get_boolean(value) ? "ok" : "off";
	return json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : "off";
}

int dg_sinks_run(const struct dg_sink_job *job, dg_sink_fail_fn fail, void *arg)
{
	int failed = 0;

	for (size_t i = 0; i < DG_COUNT(sinks); i++) {
		const struct dg_sink_call call = {
			.root = job->root,
			.verdict = job->verdict,
			.from = find_threshold(job->policy, sinks[i].key),
		};
		DG_FREE char *why = NULL;
		int r;

		if (sinks[i].reaches_out && !dg_root_is_live(job->root))
			continue;
		r = sinks[i].run(&call, &why);
		if (r >= 0)
			continue;
		failed++;
		fail(arg, sinks[i].name, why ? why : dg_errno_words(r));
	}
	return failed;
}

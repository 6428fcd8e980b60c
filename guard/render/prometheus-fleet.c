/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fleet, for Prometheus: how many hosts are how, what drifts how often, and a figure for
 * each host. Facts that cannot be used have no name to tell them by, and are counted. */
#include "guard/fleet/fleet.h"
#include "guard/render/prometheus.h"
#include "policy/catalog.h"

static void put_counts(FILE *out, const struct dg_fleet *fleet)
{
	dg_prometheus_head(out, "fleet_hosts", "Hosts by verdict.");
	for (enum dg_level level = DG_LEVEL_OK; level <= DG_LEVEL_UNKNOWN; level++)
		fprintf(out, "driftguard_fleet_hosts{verdict=\"%s\"} %zu\n",
			dg_level_name(level), fleet->levels[level]);
}

static void put_checks(FILE *out, const struct dg_fleet *fleet)
{
	size_t count;
	const struct dg_check *const *all = dg_catalog(&count);

	dg_prometheus_head(out, "fleet_drift_hosts", "Hosts on which a check drifts.");
	for (size_t i = 0; i < count; i++)
		fprintf(out, "driftguard_fleet_drift_hosts{check=\"%s\"} %zu\n",
			all[i]->id, fleet->drift[i]);
}

/* A host without an id may be there twice, and a series may not. */
static void put_hosts(FILE *out, const struct dg_fleet *fleet)
{
	dg_prometheus_head(out, "fleet_verdict_severity",
			   "0 ok, 1 notice, 2 warning, 3 critical, -1 unknown.");
	for (size_t i = 0; i < fleet->count; i++) {
		const struct dg_fleet_host *host = &fleet->hosts[i];

		if (!host->id)
			continue;
		fputs("driftguard_fleet_verdict_severity{", out);
		dg_prometheus_label(out, "host", host->name);
		fputc(',', out);
		dg_prometheus_label(out, "id", host->id);
		fprintf(out, "} %d\n", dg_prometheus_level(host->level));
	}
}

int dg_prometheus_fleet(FILE *out, const struct dg_fleet *fleet,
			const struct dg_style *style)
{
	(void)style;
	put_counts(out, fleet);
	put_checks(out, fleet);
	put_hosts(out, fleet);
	dg_prometheus_number(out, "fleet_old_facts",
			     "Hosts whose facts are older than two days.",
			     (long long)fleet->old);
	dg_prometheus_number(out, "fleet_last_check_timestamp_seconds",
			     "As of when the hosts were judged.", fleet->time);
	return 0;
}

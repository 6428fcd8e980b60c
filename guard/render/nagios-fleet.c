/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* fleet, for a monitoring system's plugin: the hosts that are not well, by name. */
#include "guard/fleet/fleet.h"
#include "guard/render/nagios.h"

void dg_fleet_put_counts(FILE *out, const struct dg_fleet *fleet)
{
	static const enum dg_level order[] = {DG_LEVEL_CRITICAL, DG_LEVEL_WARNING,
					      DG_LEVEL_UNKNOWN, DG_LEVEL_NOTICE,
					      DG_LEVEL_OK};
	const char *separator = ": ";

	fprintf(out, "%zu host%s", fleet->count, fleet->count == 1 ? "" : "s");
	for (size_t i = 0; i < DG_COUNT(order); i++) {
		if (!fleet->levels[order[i]])
			continue;
		fprintf(out, "%s%zu %s", separator, fleet->levels[order[i]],
			dg_level_name(order[i]));
		separator = ", ";
	}
}

static void put_host(FILE *out, const struct dg_fleet_host *host)
{
	fprintf(out, "[%s] ", dg_level_name(host->level));
	dg_nagios_text(out, host->name ? host->name : host->source);
	fputs(": ", out);
	dg_nagios_text(out, host->problem ? host->problem : host->headline);
	fputc('\n', out);
}

int dg_nagios_fleet(FILE *out, const struct dg_fleet *fleet, const struct dg_style *style)
{
	(void)style;
	fprintf(out, "DRIFTGUARD %s - ", dg_nagios_word(fleet->level));
	dg_fleet_put_counts(out, fleet);
	fprintf(out, " | critical=%zu;;0;0 warning=%zu;0;;0 notice=%zu;;;0 ok=%zu;;;0",
		fleet->levels[DG_LEVEL_CRITICAL], fleet->levels[DG_LEVEL_WARNING],
		fleet->levels[DG_LEVEL_NOTICE], fleet->levels[DG_LEVEL_OK]);
	fprintf(out, " unknown=%zu;;;0 old=%zu;;;0\n", fleet->levels[DG_LEVEL_UNKNOWN],
		fleet->old);
	for (size_t i = 0; i < fleet->count; i++)
		if (dg_level_rank(fleet->hosts[i].level) > dg_level_rank(DG_LEVEL_NOTICE))
			put_host(out, &fleet->hosts[i]);
	return 0;
}

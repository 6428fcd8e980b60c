/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Summing up many hosts. */
#include <errno.h>

#include "guard/fleet/fleet.h"
#include "policy/catalog.h"

static void host_clear(struct dg_fleet_host *host)
{
	char *texts[] = {
		host->source,	 host->problem, host->headline,
		host->id,	 host->name,	host->product,
		host->version,	 host->running, host->expected_series,
		host->next_boot, host->target,
	};

	for (size_t i = 0; i < DG_COUNT(texts); i++)
		free(texts[i]);
	free(host->drift);
	memset(host, 0, sizeof(*host));
}

void dg_fleet_clear(struct dg_fleet *fleet)
{
	for (size_t i = 0; i < fleet->count; i++)
		host_clear(&fleet->hosts[i]);
	free(fleet->hosts);
	free(fleet->drift);
	memset(fleet, 0, sizeof(*fleet));
}

/* --- adding --- */

static int new_host(struct dg_fleet *fleet, const char *source,
		    struct dg_fleet_host **ret)
{
	struct dg_fleet_host *host;

	if (fleet->count == DG_FLEET_HOSTS_MAX)
		return -E2BIG;
	if (fleet->count == fleet->room) {
		size_t room = fleet->room ? 2 * fleet->room : 64;
		struct dg_fleet_host *hosts =
			reallocarray(fleet->hosts, room, sizeof(*hosts));

		if (!hosts)
			return -ENOMEM;
		fleet->hosts = hosts;
		fleet->room = room;
	}
	host = &fleet->hosts[fleet->count];
	*host = (struct dg_fleet_host){.order = fleet->count, .source = strdup(source)};
	if (!host->source)
		return -ENOMEM;
	fleet->count++;
	*ret = host;
	return 0;
}

static int copy(char **to, const char *text)
{
	*to = text ? strdup(text) : NULL;
	return text && !*to ? -ENOMEM : 0;
}

static int copy_drift(struct dg_fleet_host *host, const struct dg_verdict *v)
{
	size_t n = 0;

	host->drift = calloc(v->finding_count + 1, sizeof(*host->drift));
	if (!host->drift)
		return -ENOMEM;
	for (enum dg_severity s = DG_CRITICAL; s >= DG_NOTICE; s--)
		for (size_t i = 0; i < v->finding_count; i++)
			if (v->findings[i].status == DG_DRIFT &&
			    v->findings[i].severity == s)
				host->drift[n++] = v->findings[i].check->id;
	return 0;
}

int dg_fleet_add(struct dg_fleet *fleet, const char *source, int64_t facts_time,
		 const struct dg_verdict *v)
{
	struct dg_fleet_host *host;
	int r = new_host(fleet, source, &host);

	if (r < 0)
		return r;
	host->level = v->level;
	host->facts_time = facts_time;
	if (copy(&host->headline, v->headline) < 0 || copy(&host->id, v->host.id) < 0 ||
	    copy(&host->name, v->host.name) < 0 ||
	    copy(&host->product, v->host.product) < 0 ||
	    copy(&host->version, v->host.version) < 0 ||
	    copy(&host->running, v->kernel.running) < 0 ||
	    copy(&host->expected_series, v->kernel.expected_series) < 0 ||
	    copy(&host->next_boot, v->kernel.next_boot) < 0 ||
	    copy(&host->target, v->kernel.target) < 0)
		return -ENOMEM;
	return copy_drift(host, v);
}

int dg_fleet_add_problem(struct dg_fleet *fleet, const char *source, const char *problem)
{
	struct dg_fleet_host *host;
	int r = new_host(fleet, source, &host);

	if (r < 0)
		return r;
	host->level = DG_LEVEL_UNKNOWN;
	host->facts_time = DG_FLEET_NO_TIME;
	return copy(&host->problem, problem);
}

/* --- putting in order --- */

/* What is not known comes last. */
static int compare_texts(const char *a, const char *b)
{
	if (!a || !b)
		return !a - !b;
	return strcmp(a, b);
}

static int compare_order(const struct dg_fleet_host *a, const struct dg_fleet_host *b)
{
	return (a->order > b->order) - (a->order < b->order);
}

/* The same host's side by side, the newest first; of equal times the last. */
static int by_host(const void *x, const void *y)
{
	const struct dg_fleet_host *a = x, *b = y;
	int c = compare_texts(a->id, b->id);

	if (c == 0)
		c = compare_texts(a->name, b->name);
	if (c == 0)
		c = (a->facts_time < b->facts_time) - (a->facts_time > b->facts_time);
	return c ? c : compare_order(b, a);
}

static int by_level(const void *x, const void *y)
{
	const struct dg_fleet_host *a = x, *b = y;
	int c = dg_level_rank(b->level) - dg_level_rank(a->level);

	if (c == 0)
		c = compare_texts(a->name, b->name);
	return c ? c : compare_order(a, b);
}

static bool is_same_host(const struct dg_fleet_host *a, const struct dg_fleet_host *b)
{
	return a->id && b->id && strcmp(a->id, b->id) == 0 &&
	       compare_texts(a->name, b->name) == 0;
}

static void drop_older(struct dg_fleet *fleet)
{
	size_t kept = 0;

	if (!fleet->count)
		return;
	qsort(fleet->hosts, fleet->count, sizeof(*fleet->hosts), by_host);
	for (size_t i = 0; i < fleet->count; i++) {
		if (kept && is_same_host(&fleet->hosts[kept - 1], &fleet->hosts[i])) {
			host_clear(&fleet->hosts[i]);
			fleet->replaced++;
		} else {
			fleet->hosts[kept++] = fleet->hosts[i];
		}
	}
	fleet->count = kept;
	qsort(fleet->hosts, fleet->count, sizeof(*fleet->hosts), by_level);
}

static void count_drift(struct dg_fleet *fleet, const struct dg_fleet_host *host)
{
	size_t count;
	const struct dg_check *const *all = dg_catalog(&count);

	for (const char **id = host->drift; id && *id; id++)
		for (size_t i = 0; i < count; i++)
			fleet->drift[i] += all[i]->id == *id;
}

static bool is_old(const struct dg_fleet *fleet, const struct dg_fleet_host *host)
{
	return host->facts_time != DG_FLEET_NO_TIME &&
	       fleet->time - host->facts_time > DG_VERDICT_AGE_MAX;
}

int dg_fleet_settle(struct dg_fleet *fleet)
{
	size_t checks;

	dg_catalog(&checks);
	fleet->drift = calloc(checks, sizeof(*fleet->drift));
	if (!fleet->drift)
		return -ENOMEM;
	drop_older(fleet);
	/* Of no host nothing is known. */
	fleet->level = fleet->count ? fleet->hosts[0].level : DG_LEVEL_UNKNOWN;
	for (size_t i = 0; i < fleet->count; i++) {
		fleet->levels[fleet->hosts[i].level]++;
		fleet->old += is_old(fleet, &fleet->hosts[i]);
		count_drift(fleet, &fleet->hosts[i]);
	}
	return 0;
}

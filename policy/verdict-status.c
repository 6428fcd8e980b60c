/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a recorded verdict is worth later. */
#include <errno.h>

#include "policy/catalog.h"
#include "policy/judge.h"
#include "policy/text.h"

#define HOUR (60 * 60)
#define DAY  (24 * HOUR)

int dg_findings_blank(struct dg_verdict *verdict, const char *why)
{
	size_t count;
	const struct dg_check *const *all = dg_catalog(&count);

	verdict->findings = calloc(count, sizeof(*verdict->findings));
	if (!verdict->findings)
		return -ENOMEM;
	verdict->finding_count = count;
	for (size_t i = 0; i < count; i++) {
		verdict->findings[i].check = all[i];
		dg_find_unknown(&verdict->findings[i], "%s", why);
		if (!verdict->findings[i].summary)
			return -ENOMEM;
	}
	return 0;
}

static char *say_age(int64_t age, enum dg_level level)
{
	bool days = age >= 2 * DAY;
	long long n = (long long)(days ? age / DAY : age / HOUR);

	return dg_format("The last verdict is %lld %s%s old and says nothing any more; "
			 "it was %s",
			 n, days ? "day" : "hour", n == 1 ? "" : "s",
			 dg_level_name(level));
}

/* Why it is no answer; *ret is NULL where it is one. */
static int tell_staleness(const struct dg_verdict *v, int64_t age, const char *boot_id,
			  char **ret)
{
	const char *was = dg_level_name(v->level);
	char *why = NULL;

	if (boot_id && v->host.boot_id && !dg_streq(boot_id, v->host.boot_id))
		why = dg_format("The last verdict is of another boot; it was %s", was);
	else if (age > DG_VERDICT_AGE_MAX)
		why = say_age(age, v->level);
	else if (age < -DAY)
		why = dg_format("The last verdict is dated in the future, so how old it "
				"is cannot be told; it was %s",
				was);
	else
		return 0;
	*ret = why;
	return why ? 0 : -ENOMEM;
}

int dg_verdict_grow_old(struct dg_verdict *v, int64_t now, const char *boot_id)
{
	/* Both are years of four digits. */
	int64_t age = now - v->time;
	char *why = NULL;
	int r = tell_staleness(v, age, boot_id, &why);

	if (r < 0)
		return r;
	v->recorded.is_set = true;
	v->recorded.age_s = age > 0 ? age : 0;
	if (!why)
		return 0;
	v->recorded.stale = true;
	v->level = DG_LEVEL_UNKNOWN;
	free(v->headline);
	v->headline = why;
	dg_plan_free(v->plan);
	v->plan = NULL;
	return 0;
}

int dg_verdict_missing(int64_t now, const char *headline, struct dg_verdict **ret)
{
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = calloc(1, sizeof(*v));

	if (!v || dg_findings_blank(v, "no verdict was recorded") < 0)
		return -ENOMEM;
	v->time = now;
	v->level = DG_LEVEL_UNKNOWN;
	v->headline = dg_format("%s", headline);
	v->recorded.is_set = v->recorded.missing = v->recorded.stale = true;
	if (!v->headline)
		return -ENOMEM;
	*ret = DG_STEAL(v);
	return 0;
}

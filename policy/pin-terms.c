/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The terms on which a kernel is pinned. */
#include "policy/pin-terms.h"

#include <errno.h>

#include "policy/policy-keys.h"
#include "policy/text.h"
#include "policy/timefmt.h"

static int refuse(char **ret_why, char *why)
{
	*ret_why = why;
	return why ? -EINVAL : -ENOMEM;
}

/* --- each by itself --- */

static int check_text(const char *name, const char *text, size_t max, char **ret_why)
{
	size_t n = text ? strlen(text) : 0;

	if (!text)
		return 0;
	if (dg_text_is_blank(text))
		return refuse(ret_why, dg_format("--%s is empty", name));
	if (n > max)
		return refuse(ret_why, dg_format("--%s has %zu bytes, %zu are allowed",
						 name, n, max));
	if (!dg_text_is_clean(text, n))
		return refuse(ret_why, dg_format("--%s holds control characters, or "
						 "bytes that are no UTF-8",
						 name));
	return 0;
}

int dg_pin_terms_check(const struct dg_pin_terms *terms, char **ret_why)
{
	int r = check_text("reason", terms->reason, DG_PIN_REASON_MAX, ret_why);

	return r < 0 ? r : check_text("owner", terms->owner, DG_PIN_OWNER_MAX, ret_why);
}

static int parse_day(const char *text, int64_t now, int64_t *ret)
{
	char today[DG_DATE_SIZE];

	/* A time of day would be lost: an entry holds a date. */
	if (strchr(text, 'T') || strchr(text, 't'))
		return -EBADMSG;
	return dg_policy_until_parse(text, dg_date_format(now, today), ret);
}

int dg_pin_until_parse(const char *text, int64_t now, int64_t *ret, char **ret_why)
{
	char today[DG_DATE_SIZE], day[DG_DATE_SIZE];
	DG_FREE char *clean = dg_clean_text_max(text, strlen(text), 64);
	int64_t until;

	if (!clean)
		return -ENOMEM;
	if (parse_day(text, now, &until) < 0 || until > DG_TIME_LAST)
		return refuse(ret_why,
			      dg_format("--until %s is no day: say one such as "
					"2026-12-31, or a number of days such as 90d",
					clean));
	if (until < now)
		return refuse(ret_why, dg_format("--until %s has passed: today is %s",
						 dg_date_format(until, day),
						 dg_date_format(now, today)));
	*ret = until;
	return 0;
}

/* --- together --- */

static const struct dg_debt *find_debt(const struct dg_view *view, const char *abi)
{
	dg_list_foreach (debt, view->facts->ledger)
		if (dg_known(debt) && dg_streq(dg_get(&debt->abi), abi))
			return debt;
	return NULL;
}

static int64_t find_since(const struct dg_view *view, const char *abi,
			  const struct dg_debt *debt)
{
	bool pinned = dg_streq(view->pin.abi, abi);

	if (pinned && debt && dg_known(&debt->since))
		return debt->since.value;
	return pinned && view->pin.time && view->pin.time <= view->now ? view->pin.time
								       : view->now;
}

static int find_until(const struct dg_view *view, const struct dg_pin_terms *terms,
		      const struct dg_debt *debt, struct dg_pin_entry *entry,
		      char **ret_why)
{
	char date[DG_DATE_SIZE], today[DG_DATE_SIZE];

	if (terms->until) {
		int r = dg_pin_until_parse(terms->until, view->now, &entry->until,
					   ret_why);

		if (r < 0)
			return r;
	} else if (debt && dg_known(&debt->until)) {
		if (debt->until.value < view->now)
			return refuse(ret_why,
				      dg_format("the pin was due on %s: say --until with "
						"a new date",
						dg_date_format(debt->until.value, date)));
		entry->until = debt->until.value;
	}
	entry->due_today = entry->until && dg_streq(dg_date_format(entry->until, date),
						    dg_date_format(view->now, today));
	return 0;
}

static int check_complete(const struct dg_view *view, const struct dg_pin_entry *entry,
			  char **ret_why)
{
	const char *missing = !entry->reason
				      ? entry->until ? "--reason" : "--reason and --until"
			      : entry->until ? NULL
					     : "--until";

	if (!missing || !view->policy->pin.require_reason)
		return 0;
	return refuse(
		ret_why,
		dg_format("the policy wants every pin written down "
			  "(pin.require_reason): say %s, as in --reason 'the driver "
			  "builds only up to 6.17' --until 90d",
			  missing));
}

int dg_pin_entry_make(const struct dg_view *view, const char *abi,
		      const struct dg_pin_terms *terms, struct dg_pin_entry *ret,
		      char **ret_why)
{
	const struct dg_debt *debt = find_debt(view, abi);
	struct dg_pin_entry entry = {0};
	int r = dg_pin_terms_check(terms, ret_why);

	if (r == 0)
		r = find_until(view, terms, debt, &entry, ret_why);
	if (r < 0)
		return r;
	entry.reason = terms->reason ? terms->reason
		       : debt	     ? dg_get(&debt->reason)
				     : NULL;
	entry.owner = terms->owner ? terms->owner : debt ? dg_get(&debt->owner) : NULL;
	if (!entry.owner || !*entry.owner)
		entry.owner = terms->login;
	entry.since = find_since(view, abi, debt);
	entry.wanted = entry.reason || entry.until;
	r = check_complete(view, &entry, ret_why);
	if (r == 0)
		*ret = entry;
	return r;
}

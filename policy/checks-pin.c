/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pin family: a pin is a debt. How old, due when, documented, still of this world? */
#include "policy/catalog.h"
#include "policy/debversion.h"
#include "policy/judge.h"
#include "policy/text.h"
#include "policy/timefmt.h"
#include "policy/view.h"

#define DAY (24 * 60 * 60)

#define PIN_FACTS                                                              \
	"boot.pin", "boot.next_pin", "boot.snippet", "boot.grub", "boot.esps", \
		"boot.managed", "ledger"

/* The ordinary start of these checks; true: nothing more to say. */
static bool is_unpinned(const struct dg_view *view, struct dg_finding *f)
{
	if (!view->pin.abi) {
		dg_find_unpinned(view, f);
		return true;
	}
	dg_find_subject(f, "kernel", view->pin.abi);
	dg_find_text(f, "pinned", view->pin.abi);
	dg_find_text(f, "pin_kind", view->pin.kind);
	dg_find_text(f, "pin_path", view->pin.path);
	if (view->pin.time)
		dg_find_date(f, "since", view->pin.time);
	return false;
}

/* A pin's date, or the reason why it has none. */
static bool is_undated(const struct dg_view *view, struct dg_finding *f)
{
	if (!view->pin.time)
		dg_find_unknown(f, "the pin to %s (%s) carries no date", view->pin.abi,
				view->pin.kind);
	else if (view->pin.time > view->now + DAY)
		dg_find_unknown(f, "the pin to %s is dated in the future", view->pin.abi);
	else
		return false;
	return true;
}

/* --- pin-age --- */

static void check_age(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_policy_pin *terms = &view->policy->pin;
	int64_t days, max = terms->max_age_days;

	if (is_unpinned(view, f) || is_undated(view, f))
		return;
	days = (view->now - view->pin.time) / DAY;
	dg_find_number(f, "age_days", days);
	dg_find_number(f, "max_age_days", max);
	if (days > max)
		dg_find_drift(f, DG_WARNING,
			      "%s has been pinned for %lld days; %lld are allowed",
			      view->pin.abi, (long long)days, (long long)max);
	else if (days > max - terms->warn_days)
		dg_find_drift(f, DG_NOTICE,
			      "%s has been pinned for %lld of the %lld days allowed",
			      view->pin.abi, (long long)days, (long long)max);
	else if (view->pin.debt && dg_debt_gap(view->pin.debt))
		dg_find_unknown(f, "%s", dg_debt_gap(view->pin.debt));
	else
		dg_find_ok(f, "%s has been pinned for %lld days", view->pin.abi,
			   (long long)days);
}

static const struct dg_check age = {
	.id = "pin-age",
	.family = "pin",
	.title = "A kernel has been pinned for long, and nobody wrote down why",
	.severity = DG_WARNING,
	.grades = "notice from pin.warn_days before; waived by a documented pin",
	.flags = DG_HOST_KERNEL | DG_OWN_KERNEL | DG_NEEDS_CLOCK | DG_PIN_WAIVES,
	.needs = {PIN_FACTS, "time"},
	.each = {"boot.pin_time", "ledger.abi"},
	.run = check_age,
	.remedy = "Leave the pin (the plan says how), or write down why it stays, who "
		  "owns it and "
		  "until when.",
	.why = "A pin file holds an ABI and nothing else: no date, no reason. Its time "
	       "stamp is "
	       "its only age, and pinning again resets it. Pins outlive their reasons; "
	       "this "
	       "project exists because one did.",
};

/* --- pin-expired --- */

static void check_expired(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_debt *debt = view->pin.debt;
	char date[DG_DATE_SIZE];
	int64_t late;

	if (is_unpinned(view, f))
		return;
	if (!debt || !dg_known(&debt->until)) {
		DG_FREE char *nameless = dg_facts_gap(view->facts, "ledger.abi");
		const char *gap = debt ? dg_debt_gap(debt) : nameless;

		if (gap)
			dg_find_unknown(f, "%s", gap);
		else
			dg_find_not_applicable(f,
					       "the pin to %s has no due date on record",
					       view->pin.abi);
		return;
	}
	dg_find_date(f, "until", debt->until.value);
	dg_find_text(f, "reason", dg_get(&debt->reason));
	dg_find_text(f, "owner", dg_get(&debt->owner));
	dg_date_format(debt->until.value, date);
	if (view->now <= debt->until.value) {
		dg_find_ok(f, "the pin to %s is due on %s", view->pin.abi, date);
		return;
	}
	late = (view->now - debt->until.value) / DAY;
	dg_find_number(f, "late_days", late);
	dg_find_drift(f, late > view->policy->pin.grace_days ? DG_CRITICAL : DG_WARNING,
		      "the pin to %s was due on %s (%s)", view->pin.abi, date,
		      dg_known(&debt->owner) ? debt->owner.value : "no owner");
	dg_find_remedy(
		f,
		view->product.proxmox
			? "Leave the pin (the plan says how), or ask its owner for "
			  "a new date: driftguard pin %s --until 90d"
			: "Leave the pin, or write a new date into "
			  "/etc/driftguard/pins.d/%s.json",
		view->pin.abi);
}

static const struct dg_check expired = {
	.id = "pin-expired",
	.family = "pin",
	.title = "A pin's due date has passed",
	.severity = DG_WARNING,
	.grades = "critical after pin.grace_days",
	.flags = DG_HOST_KERNEL | DG_OWN_KERNEL | DG_NEEDS_CLOCK,
	.needs = {PIN_FACTS, "time"},
	.each = {"ledger.abi"},
	.run = check_expired,
	.remedy = "Leave the pin (the plan says how), or ask its owner for a new date, "
		  "which driftguard pin writes down.",
	.why = "The ledger (/etc/driftguard/pins.d) records why a kernel is pinned, by "
	       "whom and "
	       "until when. When the day comes, somebody has to present the bill.",
};

/* --- pin-undocumented --- */

static bool lacks(const struct dg_str *fact)
{
	return dg_absent(fact) || (dg_known(fact) && dg_text_is_blank(fact->value));
}

/* A gap is nothing that is missing, nor a word that is there. */
static void list_missing(const struct dg_debt *debt, struct dg_finding *f)
{
	if (!debt || lacks(&debt->reason))
		dg_find_item(f, "missing", "reason");
	if (!debt || lacks(&debt->owner))
		dg_find_item(f, "missing", "owner");
	if (!debt || dg_absent(&debt->until))
		dg_find_item(f, "missing", "until");
}

/* Adopting the pin changes nothing that boots. */
static void drift_undocumented(const struct dg_view *view, struct dg_finding *f)
{
	dg_find_drift(f, DG_NOTICE, "nobody wrote down why %s is pinned, or until when",
		      view->pin.abi);
	dg_find_remedy(f,
		       view->product.proxmox
			       ? "driftguard pin %s --reason '...' --until 90d"
			       : "Write down why, who and until when in "
				 "/etc/driftguard/pins.d/%s.json",
		       view->pin.abi);
}

static void check_undocumented(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_debt *debt = view->pin.debt;
	DG_FREE char *gap = debt ? NULL : dg_facts_gap(view->facts, "ledger.abi");

	if (is_unpinned(view, f))
		return;
	if (gap) {
		dg_find_unknown(f, "%s", gap);
		return;
	}
	list_missing(debt, f);
	if (!dg_find_has(f, "missing"))
		dg_find_ok(f, "the pin to %s is documented%s%s", view->pin.abi,
			   dg_known(&debt->reason) ? ": " : "",
			   dg_known(&debt->reason) ? debt->reason.value : "");
	else if (!view->policy->pin.require_reason)
		dg_find_ok(f,
			   "the pin to %s is not documented, and the policy does not ask "
			   "for "
			   "it",
			   view->pin.abi);
	else
		drift_undocumented(view, f);
}

static const struct dg_check undocumented = {
	.id = "pin-undocumented",
	.family = "pin",
	.title = "A kernel is pinned without reason, owner or date",
	.severity = DG_NOTICE,
	.flags = DG_HOST_KERNEL | DG_OWN_KERNEL,
	.needs = {PIN_FACTS},
	.each = {"ledger.*"},
	.run = check_undocumented,
	.remedy = "driftguard pin, with --reason and --until, writes it down and leaves "
		  "the pin as it is.",
	.why = "A reason can be checked, an owner can be asked, a date can be kept. A "
	       "pin without "
	       "them can only be found again by accident.",
};

/* --- pin-outlived-userland --- */

/* The version of `name` when the pin was set: what the first later upgrade replaced. */
static const struct dg_upgrade *find_first_after(const struct dg_view *view,
						 const char *name)
{
	dg_list_foreach (up, view->facts->packages.upgrades)
		if (dg_streq(dg_get(&up->package), name) && dg_known(&up->time) &&
		    up->time.value > view->pin.time && dg_known(&up->from))
			return up;
	return NULL;
}

struct outliving {
	bool major, minor;
	const char *what, *from, *to;
};

static void compare_then(const struct dg_view *view, const struct dg_package *package,
			 bool is_manager, struct outliving *sum, struct dg_finding *f)
{
	const char *name = package->name.value, *now = dg_get(&package->version);
	const struct dg_upgrade *first = find_first_after(view, name);
	const char *then = first ? first->from.value : now;
	bool major, minor;

	if (!now || !then)
		return;
	major = dg_debversion_upstream_major(then) != dg_debversion_upstream_major(now);
	minor = dg_debversion_upstream_minor(then) != dg_debversion_upstream_minor(now);
	if (first) {
		dg_find_item(f, "packages", name);
		dg_find_item(f, "then", then);
		dg_find_item(f, "now", now);
	}
	if (!(major || (is_manager && minor)))
		return;
	sum->minor = true;
	sum->major |= is_manager && major;
	if (!sum->what || is_manager) {
		sum->what = name;
		sum->from = then;
		sum->to = now;
	}
}

static void check_outlived(const struct dg_view *view, struct dg_finding *f)
{
	const struct dg_packages *packages = &view->facts->packages;
	struct outliving sum = {0};
	bool any = false, early;

	if (is_unpinned(view, f) || is_undated(view, f))
		return;
	/* Upgrades between the pin and the oldest log are not on record. */
	early = !dg_known(&packages->log_since) ||
		packages->log_since.value > view->pin.time;
	dg_list_foreach (package, packages->list) {
		if (!dg_view_is_userland(view, package))
			continue;
		any = true;
		compare_then(view, package, package == view->product.manager, &sum, f);
	}
	if (!any)
		dg_find_not_applicable(f, "no manager and no QEMU is installed");
	else if (sum.minor)
		dg_find_drift(f, sum.major ? DG_CRITICAL : DG_WARNING,
			      "%s was pinned under %s %s%s; this host has %s now",
			      view->pin.abi, sum.what, sum.from, early ? " or older" : "",
			      sum.to);
	else if (early)
		dg_find_unknown(f,
				"the dpkg logs do not reach back to the day of the pin");
	else
		dg_find_ok(f,
			   "the userland is of the generation that %s was pinned under",
			   view->pin.abi);
}

static const struct dg_check outlived = {
	.id = "pin-outlived-userland",
	.family = "pin",
	.title = "The userland moved on since the kernel was pinned",
	.severity = DG_WARNING,
	.grades = "critical across a major release of the product; waived by a "
		  "documented pin",
	.flags = DG_HOST_KERNEL | DG_OWN_KERNEL | DG_PIN_WAIVES,
	.needs = {PIN_FACTS, "packages.list.name", "packages.list.status"},
	.each = {"boot.pin_time", "packages.upgrades.*", "packages.list.version",
		 "ledger.*"},
	.run = check_outlived,
	.remedy = "Leave the pin: the plan says how.",
	.why = "A pin is carried through every upgrade, a new major release included, "
	       "and the "
	       "stock upgrade checker never looks at it. dpkg's log dates each upgrade: "
	       "what "
	       "the first one after the pin replaced is what the pin was made for.",
};

/* --- waiver-expired --- */

static void check_waivers(const struct dg_view *view, const struct dg_finding *findings,
			  size_t count, struct dg_finding *f)
{
	size_t expired_count = 0;
	const char *untold = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct dg_waiver *w = dg_judge_waiver(view, &findings[i]);

		if (!w || w->until >= view->now)
			continue;
		if (findings[i].status == DG_UNKNOWN)
			untold = w->id;
		if (findings[i].status != DG_DRIFT)
			continue;
		expired_count++;
		dg_find_item(f, "waivers", w->id);
		dg_find_item(f, "checks", findings[i].check->id);
	}
	if (expired_count)
		dg_find_drift(f, DG_WARNING,
			      "%zu waiver%s expired, and what %s waived is still "
			      "there",
			      expired_count, expired_count == 1 ? " has" : "s have",
			      expired_count == 1 ? "it" : "they");
	else if (untold)
		dg_find_unknown(
			f,
			"the waiver \"%s\" has expired, and whether what it waived "
			"is still there cannot be told",
			untold);
	else
		dg_find_ok(f, "no waiver that is still needed has expired");
}

static const struct dg_check waiver_expired = {
	.id = "waiver-expired",
	.family = "pin",
	.title = "A waiver has expired, and what it waived is still there",
	.severity = DG_WARNING,
	.flags = DG_NEEDS_CLOCK,
	.needs = {"time"},
	.run_last = check_waivers,
	.remedy =
		"Mend what it waived, or give the waiver a new date and a reason for it.",
	.why = "A waiver hides nothing and lasts to a date. After it the finding counts "
	       "again, and "
	       "this one says that somebody had promised to deal with it by now.",
};

static const struct dg_check *const rows[] = {
	&expired, &outlived, &age, &undocumented, &waiver_expired,
};

const struct dg_family dg_pin_checks = {
	.name = "pin", .checks = rows, .count = DG_COUNT(rows)};

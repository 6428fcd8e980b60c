/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pressure family: is the stall that the kernel reports a real one? Judged from the
 * windows of this boot's record; each window by pressure.c. */
#include "policy/catalog.h"
#include "policy/pressure.h"
#include "policy/text.h"
#include "policy/view.h"

/* --- which window --- */

struct windows {
	const struct dg_sample *last; /* that counts: see says_more() */
	struct dg_pressure pressure;  /* of `last` */
	bool again; /* the one that was judged before `last` is real too */
};

static bool is_usable(const struct dg_sample *sample)
{
	return dg_known(sample);
}

/* What a window under load says of a device holds, when a newer one saw no load. That
 * stall is charged needs no load to be seen: a newer window without it is the answer. */
static bool says_more(const struct dg_pressure *older, const struct dg_pressure *newer)
{
	return older->loaded && !newer->loaded && newer->kind == DG_PRESSURE_NONE &&
	       (older->kind == DG_PRESSURE_NONE || older->kind == DG_PRESSURE_REAL);
}

static int choose(const struct dg_view *view, struct windows *ret)
{
	const struct dg_facts *facts = view->facts;

	for (size_t i = facts->samples.count; i-- > 0;) {
		const struct dg_sample *sample = &facts->samples.items[i];
		struct dg_pressure p;
		bool tells;

		if (!is_usable(sample))
			continue;
		if (dg_pressure_judge(sample, &view->policy->pressure, &p) < 0)
			return -1;
		if (!ret->last || says_more(&p, &ret->pressure)) {
			dg_pressure_clear(&ret->pressure);
			ret->last = sample;
			ret->pressure = p;
			ret->again = false;
			continue;
		}
		tells = p.loaded || p.kind != DG_PRESSURE_NONE;
		ret->again = p.kind == DG_PRESSURE_REAL;
		dg_pressure_clear(&p);
		if (tells)
			break;
	}
	return 0;
}

/* False: the finding is made; nothing is left to judge. */
static bool begin(const struct dg_view *view, struct dg_finding *f, struct windows *w)
{
	if (choose(view, w) < 0) {
		dg_find_unknown(f, "out of memory");
		return false;
	}
	if (!w->last) {
		dg_find_not_measured(f, "no sample was taken in this boot: driftguard "
					"record --sample");
		return false;
	}
	return true;
}

/* --- evidence --- */

static void put_percent(struct dg_finding *f, const char *key, const struct dg_real *fact)
{
	DG_FREE char *text = dg_known(fact) ? dg_format("%.1f", fact->value) : NULL;

	dg_find_text(f, key, text);
}

static void put_window(struct dg_finding *f, const struct dg_sample *sample)
{
	const struct dg_stall *io = dg_sample_stall(sample, "io");

	if (dg_known(&sample->time))
		dg_find_date(f, "sampled", sample->time.value);
	if (io) {
		put_percent(f, "io_full_percent", &io->full_percent);
		put_percent(f, "io_some_percent", &io->some_percent);
	}
	put_percent(f, "iowait_percent", &sample->iowait_percent);
	put_percent(f, "blocked", &sample->blocked);
	put_percent(f, "blocked_in_d", &sample->blocked_in_d);
}

static void put_device(struct dg_finding *f, const struct dg_disk_load *disk)
{
	dg_find_subject(f, "device", dg_get(&disk->name));
	dg_find_text(f, "device", dg_get(&disk->name));
	put_percent(f, "r_await_ms", &disk->r_await_ms);
	put_percent(f, "w_await_ms", &disk->w_await_ms);
	put_percent(f, "f_await_ms", &disk->f_await_ms);
	put_percent(f, "d_await_ms", &disk->d_await_ms);
	put_percent(f, "queue", &disk->queue);
	put_percent(f, "util_percent", &disk->util_percent);
}

/* --- pressure-phantom --- */

static void run_phantom(const struct dg_view *view, struct dg_finding *f)
{
	struct windows w = {0};

	if (!begin(view, f, &w))
		return;
	switch (w.pressure.kind) {
	case DG_PRESSURE_PHANTOM:
		dg_find_drift(f, DG_WARNING, "%s", w.pressure.why);
		dg_list_foreach (guest, w.last->signature.guests)
			if (dg_get(&guest->name))
				dg_find_subject(f, "guest", dg_get(&guest->name));
		break;
	case DG_PRESSURE_REAL:
	case DG_PRESSURE_NONE:
		dg_find_ok(f, "%s", w.pressure.why);
		break;
	case DG_PRESSURE_UNKNOWN:
		dg_find_unknown(f, "%s", w.pressure.why);
		break;
	}
	put_window(f, w.last);
	dg_pressure_clear(&w.pressure);
}

static const struct dg_check phantom = {
	.id = "pressure-phantom",
	.family = "pressure",
	.title = "I/O pressure is high, and no I/O is behind it",
	.severity = DG_WARNING,
	.needs = {"samples"},
	.run = run_phantom,
	.remedy = "Do not look for a slow disk: see qemu-ring-phantom for the cause and "
		  "the "
		  "cure.",
	.why = "PSI and iowait count tasks that the kernel marks as waiting for I/O. "
	       "When "
	       "latency and queue depth are low, memory and CPU are at ease, no thread "
	       "is "
	       "blocked in state D that the disks do not account for, and guests wait "
	       "idly "
	       "in io_uring in a way that this kernel counts, the stall is an artefact "
	       "of "
	       "accounting. Judged from a sample in this boot's record (driftguard "
	       "record "
	       "--sample); the limits are the policy's \"pressure\". Sources: "
	       "Documentation/accounting/psi.rst; Linux commits 8a796565cec3 and "
	       "07754bfd9aee.",
};

/* --- pressure-real --- */

static void conclude_real(struct dg_finding *f, const struct windows *w)
{
	const struct dg_guest_load *guest = w->pressure.guest;

	if (!w->again) {
		dg_find_not_measured(f,
				     "%s; a second window has to confirm it: driftguard "
				     "record --sample",
				     w->pressure.why);
	} else {
		dg_find_drift(f, DG_NOTICE, "%s, in two windows", w->pressure.why);
		if (guest)
			dg_find_subject(f, "guest", dg_get(&guest->vmid));
	}
	put_device(f, w->pressure.device);
	if (guest)
		dg_find_text(f, "guest", dg_get(&guest->vmid));
}

static void run_real(const struct dg_view *view, struct dg_finding *f)
{
	struct windows w = {0};

	if (!begin(view, f, &w))
		return;
	switch (w.pressure.kind) {
	case DG_PRESSURE_REAL:
		conclude_real(f, &w);
		break;
	case DG_PRESSURE_PHANTOM:
		dg_find_ok(f, "the stall is no real one: see pressure-phantom");
		break;
	case DG_PRESSURE_NONE:
		if (w.pressure.loaded)
			dg_find_ok(f, "%s", w.pressure.why);
		else
			dg_find_unknown(f, "the window saw no load: driftguard record "
					   "--sample --wait-for-load 600");
		break;
	case DG_PRESSURE_UNKNOWN:
		dg_find_unknown(f, "%s", w.pressure.why);
		break;
	}
	put_window(f, w.last);
	dg_pressure_clear(&w.pressure);
}

static const struct dg_check real = {
	.id = "pressure-real",
	.family = "pressure",
	.title = "I/O pressure is high, and a device is behind it",
	.severity = DG_NOTICE,
	.needs = {"samples"},
	.run = run_real,
	.remedy = "Look at the device and the guest named: driftguard sample -v.",
	.why = "High pressure together with high latency or a deep queue, in two "
	       "windows, "
	       "is a real stall, whatever the kernel's accounting adds to it. Scrubs, "
	       "backups and boot storms are normal causes. Judged from the samples in "
	       "this "
	       "boot's record; the limits are the policy's \"pressure\".",
};

static const struct dg_check *const rows[] = {&phantom, &real};

const struct dg_family dg_pressure_checks = {
	.name = "pressure", .checks = rows, .count = DG_COUNT(rows)};

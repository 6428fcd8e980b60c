/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The circumstances of two boots: what was the same, what was not, and what cannot be
 * told. */
#include <errno.h>

#include "policy/compare-work.h"
#include "policy/pressure.h"
#include "policy/text.h"
#include "policy/view.h"

/* Far above any host; each is sought among the other's. */
#define GUESTS_MAX 4096
/* Names that a sentence lists. */
#define NAMES_MAX 6

/* --- phrases --- */

static int say_same(struct dg_compare_work *w, char *phrase)
{
	return dg_phrase_append(&w->same, ", ", phrase);
}

static int say_changed(struct dg_compare_work *w, enum dg_thing thing, char *phrase)
{
	w->things |= 1U << thing;
	return dg_phrase_append(&w->changed, "; ", phrase);
}

static int say_unknown(struct dg_compare_work *w, const char *what)
{
	return dg_phrase_append(&w->unknown, ", ", strdup(what));
}

/* Texts are taken over. */
static int add_row(struct dg_compare_work *w, const char *what, char *a, char *b)
{
	return dg_comparison_add(&w->c->circumstances, strdup(what), "",
				 (struct dg_comparison_side){.text = a},
				 (struct dg_comparison_side){.text = b});
}

/* --- what is one text in each record --- */

static char *describe_host(const struct dg_boot_record *record)
{
	return dg_phrase_copy(dg_get(&record->host));
}

static char *describe_kernel(const struct dg_boot_record *record)
{
	return dg_phrase_copy(dg_get(&record->kernel));
}

static char *describe_build(const struct dg_boot_record *record)
{
	return dg_phrase_copy(dg_get(&record->kernel_version));
}

static char *describe_product(const struct dg_boot_record *record)
{
	const char *id = dg_get(&record->product), *name;
	const char *version = dg_get(&record->product_version);

	if (!id)
		return NULL;
	name = dg_product_name(id);
	return dg_format("%s%s%s", name ? name : id, version ? " " : "",
			 version ? version : "");
}

static char *describe_qemu(const struct dg_boot_record *record)
{
	return dg_phrase_copy(dg_get(&record->qemu));
}

/* No guests are no guests; a list that could not be read is not. */
static bool guests_known(const struct dg_boot_record *record)
{
	return dg_absent(&record->guests) ||
	       (dg_known(&record->guests) && record->guests.count <= GUESTS_MAX);
}

static bool is_in(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; p && (p = strstr(p, name)) != NULL; p += n)
		if ((p == list || p[-1] == ' ') && (!p[n] || p[n] == ','))
			return true;
	return false;
}

/* The versions that guests run, each once. */
static char *describe_running(const struct dg_boot_record *record)
{
	char *all = NULL;
	size_t count = 0;

	if (!guests_known(record))
		return NULL;
	dg_list_foreach (guest, record->guests) {
		const char *version = dg_known(guest) ? dg_get(&guest->qemu) : NULL;

		if (!version || is_in(all, version) || count++ >= NAMES_MAX)
			continue;
		if (dg_phrase_append(&all, ", ", strdup(version)) < 0)
			break;
	}
	return all;
}

static const struct plain {
	const char *what;
	enum dg_thing thing;
	char *(*describe)(const struct dg_boot_record *record);
	const char *same;    /* before the text; NULL: goes without saying */
	const char *changed; /* before the two texts */
	bool only_change;    /* of interest only where it changed */
} plains[] = {
	{.what = "host",
	 .thing = DG_THING_HOST,
	 .describe = describe_host,
	 .same = "host ",
	 .changed = "the host"},
	{.what = "kernel",
	 .thing = DG_THING_KERNEL,
	 .describe = describe_kernel,
	 .same = "kernel ",
	 .changed = "the kernel"},
	{.what = "product",
	 .thing = DG_THING_PRODUCT,
	 .describe = describe_product,
	 .same = "",
	 .changed = "the product"},
	{.what = "QEMU installed",
	 .thing = DG_THING_QEMU,
	 .describe = describe_qemu,
	 .same = "QEMU ",
	 .changed = "the installed QEMU"},
	{.what = "QEMU that guests run",
	 .thing = DG_THING_QEMU,
	 .describe = describe_running,
	 .changed = "the QEMU that guests run"},
};

/* Of one release, packages can be built anew: that is another kernel too. */
static const struct plain build = {.what = "kernel's build",
				   .thing = DG_THING_KERNEL,
				   .describe = describe_build,
				   .changed = "the kernel's build",
				   .only_change = true};

static int say_plain(struct dg_compare_work *w, const struct plain *plain, const char *a,
		     const char *b)
{
	if (!a != !b)
		return say_unknown(w, plain->what);
	if (!dg_streq(a, b))
		return say_changed(w, plain->thing,
				   dg_format("%s, %s to %s", plain->changed, a, b));
	return plain->same ? say_same(w, dg_format("%s%s", plain->same, a)) : 0;
}

static int add_plain(struct dg_compare_work *w, const struct plain *plain)
{
	DG_FREE char *a = plain->describe(w->records[0]);
	DG_FREE char *b = plain->describe(w->records[1]);
	int r;

	if ((!a && !b) || (plain->only_change && (!a || !b || dg_streq(a, b))))
		return 0;
	r = say_plain(w, plain, a, b);
	return r < 0 ? r : add_row(w, plain->what, DG_STEAL(a), DG_STEAL(b));
}

/* Two hosts may have one name: every home lab is called "pve". */
static int add_host_id(struct dg_compare_work *w)
{
	const char *a = dg_get(&w->records[0]->host_id);
	const char *b = dg_get(&w->records[1]->host_id);
	int r;

	if (!a || !b || dg_streq(a, b))
		return 0;
	r = say_changed(w, DG_THING_HOST, dg_format("the machine id, %s to %s", a, b));
	return r < 0 ? r : add_row(w, "machine id", strdup(a), strdup(b));
}

static int add_plains(struct dg_compare_work *w)
{
	int r = 0;

	for (size_t i = 0; i < DG_COUNT(plains) && r == 0; i++) {
		r = add_plain(w, &plains[i]);
		if (r == 0 && plains[i].describe == describe_host)
			r = add_host_id(w);
		if (r == 0 && plains[i].describe == describe_kernel &&
		    dg_streq(dg_get(&w->records[0]->kernel),
			     dg_get(&w->records[1]->kernel)))
			r = add_plain(w, &build);
	}
	return r;
}

/* --- guests --- */

static const struct dg_boot_guest *find_guest(const struct dg_boot_record *record,
					      const char *vmid)
{
	dg_list_foreach (guest, record->guests)
		if (dg_known(guest) && dg_streq(dg_get(&guest->vmid), vmid))
			return guest;
	return NULL;
}

/* Guests of a record that the other has not: "101, 102"; *ret_text NULL: none. */
static int list_missing(const struct dg_boot_record *of,
			const struct dg_boot_record *other, char **ret_text)
{
	DG_FREE char *all = NULL;
	size_t count = 0;
	int r = 0;

	dg_list_foreach (guest, of->guests) {
		const char *vmid = dg_known(guest) ? dg_get(&guest->vmid) : NULL;

		if (!vmid || find_guest(other, vmid))
			continue;
		if (count++ < NAMES_MAX)
			r = dg_phrase_append(&all, ", ", strdup(vmid));
		if (r < 0)
			return r;
	}
	if (count > NAMES_MAX)
		r = dg_phrase_append(
			&all, " ", dg_format("and %zu more", count - (size_t)NAMES_MAX));
	if (r == 0)
		*ret_text = DG_STEAL(all);
	return r;
}

static char *count_guests(const struct dg_boot_record *record, const char *extra)
{
	size_t count = dg_known(&record->guests) ? record->guests.count : 0;

	if (!guests_known(record))
		return NULL;
	return extra ? dg_format("%zu, here only %s", count, extra)
		     : dg_format("%zu", count);
}

static int say_guests(struct dg_compare_work *w, const char *gone, const char *added)
{
	size_t a = dg_known(&w->records[0]->guests) ? w->records[0]->guests.count : 0;
	size_t b = dg_known(&w->records[1]->guests) ? w->records[1]->guests.count : 0;

	if (!gone && !added && a == b)
		return say_same(w, a == 0   ? strdup("no guests")
				   : a == 1 ? strdup("1 guest")
					    : dg_format("%zu guests", a));
	return say_changed(w, DG_THING_GUESTS,
			   dg_format("the guests, %zu to %zu%s%s%s%s", a, b,
				     gone ? ", without " : "", gone ? gone : "",
				     added ? ", with the new " : "", added ? added : ""));
}

static int add_guests(struct dg_compare_work *w)
{
	const struct dg_boot_record *a = w->records[0], *b = w->records[1];
	DG_FREE char *gone = NULL, *added = NULL;
	int r = 0;

	if (!guests_known(a) && !guests_known(b))
		return 0;
	if (guests_known(a) && guests_known(b)) {
		r = list_missing(a, b, &gone);
		if (r == 0)
			r = list_missing(b, a, &added);
		if (r == 0)
			r = say_guests(w, gone, added);
	} else {
		r = say_unknown(w, "guests");
	}
	return r < 0 ? r
		     : add_row(w, "guests", count_guests(a, gone),
			       count_guests(b, added));
}

static int64_t iothreads_of(const struct dg_boot_guest *guest)
{
	return dg_known(&guest->iothreads) ? guest->iothreads.value : 0;
}

/* In hostile documents it may be any number. */
static int64_t count_iothreads(const struct dg_boot_record *record)
{
	int64_t sum = 0;

	dg_list_foreach (guest, record->guests)
		if (dg_known(guest) &&
		    __builtin_add_overflow(sum, iothreads_of(guest), &sum))
			return INT64_MAX;
	return sum;
}

/* Whether a guest of both has them in other numbers. */
static bool iothreads_differ(const struct dg_boot_record *a,
			     const struct dg_boot_record *b)
{
	dg_list_foreach (guest, a->guests) {
		const char *vmid = dg_known(guest) ? dg_get(&guest->vmid) : NULL;
		const struct dg_boot_guest *other = vmid ? find_guest(b, vmid) : NULL;

		if (other && iothreads_of(other) != iothreads_of(guest))
			return true;
	}
	return false;
}

static int add_iothreads(struct dg_compare_work *w)
{
	const struct dg_boot_record *records[2] = {w->records[0], w->records[1]};
	int64_t a, b;
	int r = 0;

	if (!guests_known(records[0]) || !guests_known(records[1]))
		return 0;
	a = count_iothreads(records[0]);
	b = count_iothreads(records[1]);
	if (a == 0 && b == 0)
		return 0;
	if (iothreads_differ(records[0], records[1]))
		r = say_changed(w, DG_THING_GUESTS,
				dg_format("the guests' I/O threads, %lld to %lld",
					  (long long)a, (long long)b));
	else if (a == b)
		r = say_same(w, dg_format("%lld I/O threads", (long long)a));
	return r < 0 ? r
		     : add_row(w, "I/O threads", dg_format("%lld", (long long)a),
			       dg_format("%lld", (long long)b));
}

/* --- disks and windows --- */

/* NULL: not known. */
static const char *scheduler_of(const struct dg_disk_load *disk)
{
	if (!disk)
		return NULL;
	return dg_absent(&disk->scheduler) ? "none" : dg_get(&disk->scheduler);
}

static int add_scheduler(struct dg_compare_work *w,
			 const struct dg_disk_load *const pair[2])
{
	const char *name = dg_disk_title(pair[0] ? pair[0] : pair[1]);
	const char *a = scheduler_of(pair[0]), *b = scheduler_of(pair[1]);
	DG_FREE char *what = dg_format("%s scheduler", name);
	int r = 0;

	if (!what)
		return -ENOMEM;
	/* A dm device has none, ever. */
	if ((!a || dg_streq(a, "none")) && (!b || dg_streq(b, "none")))
		return 0;
	if (a && b && dg_streq(a, b))
		r = say_same(w, dg_format("disk %s with scheduler %s", name, a));
	else if (a && b)
		r = say_changed(w, DG_THING_SCHEDULER,
				dg_format("the scheduler of %s, %s to %s", name, a, b));
	else if (w->samples[0] && w->samples[1])
		r = say_unknown(w, what);
	return r < 0 ? r : add_row(w, what, dg_phrase_copy(a), dg_phrase_copy(b));
}

static char *describe_window(const struct dg_sample *sample)
{
	int64_t tenths;

	if (!sample)
		return strdup("no sample");
	/* An hour is the longest there is; the rest is what a file may say. */
	tenths = dg_known(&sample->window_s) && sample->window_s.value > 0 &&
				 sample->window_s.value < 1e9
			 ? (int64_t)(sample->window_s.value * 10 + 0.5)
			 : 0;
	return dg_format("%lld.%lld s, %s%s%s", (long long)(tenths / 10),
			 (long long)(tenths % 10),
			 dg_sample_is_loaded(sample) ? "with load" : "without load",
			 dg_true(&sample->interrupted) ? ", interrupted" : "",
			 dg_known(&sample->disturbed) ? ", disturbed" : "");
}

static int say_load(struct dg_compare_work *w)
{
	bool a, b;

	if (!w->samples[0] || !w->samples[1])
		return 0;
	a = dg_sample_is_loaded(w->samples[0]);
	b = dg_sample_is_loaded(w->samples[1]);
	if (a == b)
		return 0;
	return say_changed(w, DG_THING_LOAD,
			   dg_format("the load, which only the %s window saw",
				     a ? "first" : "second"));
}

static int add_windows(struct dg_compare_work *w)
{
	int r = 0;

	for (size_t i = 0; i < w->pairs.count && r == 0; i++)
		r = add_scheduler(w, w->pairs.disks[i]);
	if (r == 0)
		r = say_load(w);
	return r < 0 ? r
		     : add_row(w, "window", describe_window(w->samples[0]),
			       describe_window(w->samples[1]));
}

int dg_compare_circumstances(struct dg_compare_work *w)
{
	int r = add_plains(w);

	r = r < 0 ? r : add_guests(w);
	r = r < 0 ? r : add_iothreads(w);
	return r < 0 ? r : add_windows(w);
}

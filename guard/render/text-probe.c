/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* probe, for people: the conclusion, what the kernel states, and the self-test. */
#include <errno.h>
#include <libsmartcols.h>

#include "guard/probe/probe.h"
#include "guard/probe/ring.h"
#include "guard/probe/uring.h"
#include "guard/render/text.h"
#include "policy/text.h"

#define LABEL 16 /* columns before the values */

static const char *const wait_names[DG_IDLE_WAYS] = {
	[DG_IDLE_BEFORE] = "ppoll (baseline)",
	[DG_IDLE_PLAIN] = "io_uring_enter",
	[DG_IDLE_NO_IOWAIT] = "io_uring_enter, NO_IOWAIT",
	[DG_IDLE_AFTER] = "ppoll (baseline again)",
};

static const char *const scope_names[] = {
	[DG_IDLE_NOWHERE] = "not measured",
	[DG_IDLE_OWN] = "measured in a cgroup of its own",
	[DG_IDLE_SHARED] = "measured in the cgroup that this program runs in",
	[DG_IDLE_HOST] = "measured by the whole host's pressure",
};

/* --- what the kernel states --- */

static void print_fact(FILE *out, const char *label, const char *value,
		       const struct dg_style *style)
{
	DG_FREE char *line = dg_wrap(value, style->width, LABEL, LABEL);

	/* The label goes where the first line is indented. */
	fprintf(out, "  %-*s%s\n", LABEL - 2, label, line ? line + LABEL : value);
}

static char *describe_gap(const struct dg_meta *meta)
{
	return dg_format("%s%s%s", dg_state_name(meta->state), meta->detail ? ": " : "",
			 meta->detail ? meta->detail : "");
}

static void print_number(FILE *out, const char *label, const struct dg_int *fact,
			 const char *hex_note, const struct dg_style *style)
{
	DG_FREE char *text =
		!dg_known(fact) ? describe_gap(&fact->meta)
		: hex_note
			? dg_format("0x%llx%s", (unsigned long long)fact->value, hex_note)
			: dg_format("%lld", (long long)fact->value);

	print_fact(out, label, text ? text : "", style);
}

static void print_sysctl(FILE *out, const struct dg_int *disabled,
			 const struct dg_style *style)
{
	static const char *const words[] = {"0: for all", "1: for the privileged only",
					    "2: for nobody"};
	DG_FREE char *gap = describe_gap(&disabled->meta);
	const char *text = gap ? gap : "";

	if (dg_known(disabled))
		text = disabled->value >= 0 && disabled->value < (int)DG_COUNT(words)
			       ? words[disabled->value]
			       : "unknown";
	else if (dg_absent(disabled))
		text = "none: for all";
	print_fact(out, "sysctl", text, style);
}

static void print_names(FILE *out, uint64_t mask, const struct dg_style *style)
{
	const struct dg_ring_feature *features;
	DG_FREE char *all = NULL;
	size_t n;

	features = dg_ring_features(&n);
	for (size_t i = 0; i < n; i++) {
		char *longer;

		if (!(mask >> features[i].bit & 1))
			continue;
		longer = dg_format("%s%s%s", all ? all : "", all ? " " : "",
				   features[i].name);
		free(all);
		all = longer;
	}
	print_fact(out, "", all ? all : "none that is known here", style);
}

static void print_ring(FILE *out, const struct dg_facts *facts,
		       const struct dg_style *style)
{
	const struct dg_ring *ring = &facts->ring;
	DG_FREE char *gap = describe_gap(&facts->kernel.release.meta);
	const char *release = dg_get(&facts->kernel.release);
	bool inferred = dg_true(&ring->inferred);

	fputc('\n', out);
	print_fact(out, "kernel", release ? release : gap ? gap : "", style);
	print_number(out, "features", &ring->features,
		     inferred ? " (inferred from the version)" : "", style);
	if (dg_known(&ring->features)) {
		print_names(out, (uint64_t)ring->features.value, style);
		print_fact(out, "may opt out",
			   ring->features.value & DG_URING_FEAT_NO_IOWAIT
				   ? "yes: NO_IOWAIT, bit 17"
				   : "no: NO_IOWAIT, bit 17, is missing",
			   style);
	}
	print_number(out, "last opcode", &ring->last_op, NULL, style);
	print_sysctl(out, &ring->disabled, style);
}

/* --- the self-test --- */

static struct libscols_table *make_table(FILE *out, const struct dg_style *style)
{
	static const struct {
		const char *name;
		int flags;
	} columns[] = {
		{.name = ""},
		{.name = "wait", .flags = 0},
		{.name = "ms", .flags = SCOLS_FL_RIGHT},
		{.name = "io some", .flags = SCOLS_FL_RIGHT},
		{.name = "io full", .flags = SCOLS_FL_RIGHT},
	};
	struct libscols_table *table = scols_new_table();

	if (!table)
		return NULL;
	scols_table_set_stream(table, out);
	scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
	scols_table_set_termwidth(table, style->width);
	scols_table_set_column_separator(table, "  ");
	for (size_t i = 0; i < DG_COUNT(columns); i++)
		if (!scols_table_new_column(table, columns[i].name, 0,
					    columns[i].flags)) {
			scols_unref_table(table);
			return NULL;
		}
	return table;
}

static int set_cell(struct libscols_line *line, size_t column, char *text)
{
	DG_FREE char *owned = text;

	return owned && scols_line_set_data(line, column, owned) == 0 ? 0 : -ENOMEM;
}

static int add_wait(struct libscols_table *table, const char *name,
		    const struct dg_idle_wait *wait)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	int r = line ? 0 : -ENOMEM;

	r = r < 0 ? r : set_cell(line, 0, dg_format("%s", ""));
	r = r < 0 ? r : set_cell(line, 1, dg_format("%s", name));
	r = r < 0 ? r
		  : set_cell(line, 2, dg_format("%.1f", (double)wait->elapsed_us / 1000));
	r = r < 0 ? r
		  : set_cell(line, 3,
			     dg_format("%.1f %%", dg_idle_percent(wait, wait->some_us)));
	return r < 0 ? r
		     : set_cell(line, 4,
				dg_format("%.1f %%",
					  dg_idle_percent(wait, wait->full_us)));
}

static int print_waits(FILE *out, const struct dg_idle_test *test,
		       const struct dg_style *style)
{
	struct libscols_table *table = make_table(out, style);
	int r = table ? 0 : -ENOMEM;

	for (size_t i = 0; i < DG_IDLE_WAYS && r == 0; i++)
		if (test->waits[i].done)
			r = add_wait(table, wait_names[i], &test->waits[i]);
	if (r == 0 && scols_print_table(table) < 0)
		r = -ENOMEM;
	scols_unref_table(table);
	return r;
}

static int print_test(FILE *out, const struct dg_idle_test *test,
		      const struct dg_style *style)
{
	DG_FREE char *title =
		dg_format("Idle-wait self-test, %s%s%s%s", scope_names[test->scope],
			  *test->scope_why ? " (" : "", test->scope_why,
			  *test->scope_why ? ")" : "");
	DG_FREE char *why = dg_format("Cannot tell: %s.", test->why);

	if (!title || !why)
		return -ENOMEM;
	dg_print_title(out, title, style);
	if (*test->why)
		dg_print_wrapped(out, why, style, 2, 2);
	return test->waits[DG_IDLE_BEFORE].done ? print_waits(out, test, style) : 0;
}

int dg_text_probe(FILE *out, const struct dg_probe *probe, const struct dg_style *style)
{
	dg_print_wrapped(out, probe->conclusion, style, 0, 0);
	print_ring(out, probe->facts, style);
	if (probe->test)
		return print_test(out, probe->test, style);
	fputs("\nThe idle-wait self-test needs the running kernel; this is a tree.\n",
	      out);
	return 0;
}

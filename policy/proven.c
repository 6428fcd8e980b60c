/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "policy/proven.h"
#include "policy/text.h"
#include "policy/timefmt.h"

/* Checks whose critical drift is the running kernel's own doing. */
static const char *const kernels_own[] = {"kernel-removed", "qemu-aio-unsupported"};

static const char *find_own_fault(const struct dg_boot_record *record)
{
	if (!dg_streq(dg_get(&record->verdict), "critical"))
		return NULL;
	dg_list_foreach (word, record->drift)
		for (size_t i = 0; i < DG_COUNT(kernels_own); i++)
			if (dg_streq(dg_get(&word->name), kernels_own[i]))
				return kernels_own[i];
	return NULL;
}

/* Whether it counts, and why or why not (owned; NULL: out of memory). */
static bool judge_boot(const struct dg_boot_record *record, const char *host_id,
		       char **ret_why)
{
	const char *fault = find_own_fault(record), *owner = dg_get(&record->host_id);
	bool timed = dg_known(&record->time) && dg_known(&record->boot_time);
	int64_t up = timed ? record->time.value - record->boot_time.value : 0;
	char buf[DG_DATE_SIZE];
	const char *date = dg_known(&record->boot_time)
				   ? dg_date_format(record->boot_time.value, buf)
				   : "an unknown day";
	bool well = false;

	if (!host_id || !dg_streq(owner, host_id))
		*ret_why =
			dg_format("its boot of %s is not known to be this host's", date);
	else if (!dg_known(&record->verdict) || !timed)
		*ret_why =
			dg_format("the record of its boot of %s is not complete", date);
	else if (fault)
		*ret_why = dg_format("its boot of %s was critical for %s", date, fault);
	else if (up < DG_PROVEN_UPTIME_S)
		*ret_why = dg_format("its boot of %s was last seen %lld s after the "
				     "start, which is less than %d",
				     date, (long long)up, DG_PROVEN_UPTIME_S);
	else
		well = true;
	if (well)
		*ret_why = dg_format("its boot of %s was %s %lld min after the start",
				     date, record->verdict.value, (long long)up / 60);
	return well;
}

static struct dg_proof *find_item(struct dg_facts *facts, const char *abi)
{
	dg_list_foreach (proof, facts->proven)
		if (dg_streq(dg_get(&proof->abi), abi))
			return proof;
	return NULL;
}

static int64_t time_of(const struct dg_int *time)
{
	return dg_known(time) ? time->value : 0;
}

static void set_item(struct dg_proof *proof, const struct dg_boot_record *record,
		     bool well, const char *why)
{
	dg_set_str(&proof->abi, record->kernel.value);
	dg_set_str(&proof->boot_id, record->boot_id.value);
	dg_set_bool(&proof->well, well);
	dg_set_str(&proof->because, why);
	if (dg_known(&record->time))
		dg_set_int(&proof->time, record->time.value);
	else
		dg_set_gap(&proof->time.meta, DG_ABSENT, "not in its record");
}

int dg_proven_note(struct dg_facts *facts, const struct dg_boot_record *record,
		   const char *host_id)
{
	const char *abi = dg_get(&record->kernel);
	DG_FREE char *why = NULL;
	struct dg_proof *proof;
	bool well;

	if (!abi || !dg_get(&record->boot_id))
		return 0;
	well = judge_boot(record, host_id, &why);
	if (!why)
		return -ENOMEM;
	proof = find_item(facts, abi);
	if (proof &&
	    (well == proof->well.value ? time_of(&record->time) < time_of(&proof->time)
				       : !well))
		return 0;
	if (!proof)
		proof = DG_ADD(&facts->proven, DG_PROOFS_MAX);
	if (!proof)
		return -ENOMEM;
	set_item(proof, record, well, why);
	return 0;
}

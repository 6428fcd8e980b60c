/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Waivers: drift that somebody knows of and accepts for a while. */
#pragma once

#include "policy/policy.h"

struct json_object;

/*
 * Of the waivers of a settled policy that cover a finding, the one that lasts longest: an
 * expired one must not hide a later promise. It covers where it is of the finding's
 * check, on this host (`host_name` NULL: only a waiver for any host), for any of these
 * kernels (NULL ones are passed over), and for any of the finding's subjects. NULL: none.
 * Whether its time has passed is for the caller to see. Owned by the policy.
 */
const struct dg_waiver *dg_policy_find_waiver(const struct dg_policy *policy,
					      const struct dg_finding *finding,
					      const char *host_name,
					      const char *const kernels[],
					      size_t kernel_count);

/* Whether its host patterns match the name (NULL: whether they match any name). */
bool dg_waiver_covers_host(const struct dg_waiver *waiver, const char *host_name);

/* --- for policy.c; the arrays are valid ones, or NULL --- */

/* A waiver takes the place of one with its id, or goes to the end. 0 or -ENOMEM. */
int dg_waivers_merge(struct json_object *to, struct json_object *from);

/* The waivers as records; *ret is NULL where there are none. 0 or -ENOMEM. */
int dg_waivers_take(struct json_object *array, struct dg_waiver **ret, size_t *ret_count);
void dg_waivers_free(struct dg_waiver *waivers, size_t count);

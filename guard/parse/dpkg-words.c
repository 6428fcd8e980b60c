/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of the Status field, and what they mean. */
#include "guard/parse/dpkg-stanza.h"

static const struct dg_span want_names[] = {
	[DG_DPKG_WANT_UNKNOWN] = DG_DPKG_WORD("unknown"),
	[DG_DPKG_WANT_INSTALL] = DG_DPKG_WORD("install"),
	[DG_DPKG_WANT_HOLD] = DG_DPKG_WORD("hold"),
	[DG_DPKG_WANT_DEINSTALL] = DG_DPKG_WORD("deinstall"),
	[DG_DPKG_WANT_PURGE] = DG_DPKG_WORD("purge"),
};

static const struct dg_span eflag_names[] = {
	[DG_DPKG_EFLAG_OK] = DG_DPKG_WORD("ok"),
	[DG_DPKG_EFLAG_REINSTREQ] = DG_DPKG_WORD("reinstreq"),
};

static const struct dg_span state_names[] = {
	[DG_DPKG_NOT_INSTALLED] = DG_DPKG_WORD("not-installed"),
	[DG_DPKG_CONFIG_FILES] = DG_DPKG_WORD("config-files"),
	[DG_DPKG_HALF_INSTALLED] = DG_DPKG_WORD("half-installed"),
	[DG_DPKG_UNPACKED] = DG_DPKG_WORD("unpacked"),
	[DG_DPKG_HALF_CONFIGURED] = DG_DPKG_WORD("half-configured"),
	[DG_DPKG_TRIGGERS_AWAITED] = DG_DPKG_WORD("triggers-awaited"),
	[DG_DPKG_TRIGGERS_PENDING] = DG_DPKG_WORD("triggers-pending"),
	[DG_DPKG_INSTALLED] = DG_DPKG_WORD("installed"),
};

_Static_assert(DG_COUNT(want_names) == DG_DPKG_WANT_COUNT, "a word for each");
_Static_assert(DG_COUNT(eflag_names) == DG_DPKG_EFLAG_COUNT, "a word for each");
_Static_assert(DG_COUNT(state_names) == DG_DPKG_STATE_COUNT, "a word for each");

const char *dg_dpkg_want_name(enum dg_dpkg_want want)
{
	return (size_t)want < DG_COUNT(want_names) ? want_names[want].p : "?";
}

const char *dg_dpkg_state_name(enum dg_dpkg_state state)
{
	return (size_t)state < DG_COUNT(state_names) ? state_names[state].p : "?";
}

const char *dg_dpkg_eflag_name(enum dg_dpkg_eflag eflag)
{
	return (size_t)eflag < DG_COUNT(eflag_names) ? eflag_names[eflag].p : "?";
}

static int word_find(struct dg_span word, const struct dg_span *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (dg_deb822_is(word, names[i]))
			return (int)i;
	return -1;
}

int dg_dpkg_want_find(struct dg_span word)
{
	return word_find(word, want_names, DG_COUNT(want_names));
}

int dg_dpkg_eflag_find(struct dg_span word)
{
	return word_find(word, eflag_names, DG_COUNT(eflag_names));
}

int dg_dpkg_state_find(struct dg_span word)
{
	return word_find(word, state_names, DG_COUNT(state_names));
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys and checks that nobody knows: ignored, or told with the nearest word. */
#include <errno.h>
#include "policy/catalog.h"
#include "policy/nearest.h"
#include "policy/policy-layer.h"
#include "policy/text.h"

/* `what`: key, check. */
static int unknown_name(struct dg_layer *layer, const struct dg_layer_step *at,
			const char *what, const char *name, const char *nearest)
{
	DG_FREE char *quoted = dg_quote(name);
	int r;

	if (!quoted)
		return -ENOMEM;
	r = dg_layer_complain(layer, at, layer->strict,
			      dg_format("unknown %s \"%s\"%s%s%s", what, quoted,
					nearest ? "; did you mean \"" : "",
					nearest ? nearest : "", nearest ? "\"?" : ""));
	return r < 0 ? r : DG_LAYER_DROP;
}

static const char *check_nearest(const char *id)
{
	const char *const *ids = dg_catalog_ids();
	size_t n = 0;

	while (ids[n])
		n++;
	return dg_nearest_word(id, ids, n);
}

int dg_layer_unknown_check(struct dg_layer *layer, const struct dg_layer_step *at,
			   const char *id)
{
	if (dg_layer_is_full(layer, layer->strict))
		return DG_LAYER_DROP;
	return unknown_name(layer, at, "check", id, check_nearest(id));
}

int dg_layer_unknown_key(struct dg_layer *layer, const struct dg_layer_step *at,
			 const char *parent)
{
	if (dg_keys_are_checks(parent))
		return dg_layer_unknown_check(layer, at, at->key);
	if (dg_layer_is_full(layer, layer->strict))
		return DG_LAYER_DROP;
	return unknown_name(layer, at, "key", at->key, dg_key_nearest(parent, at->key));
}

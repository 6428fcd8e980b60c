/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A -drive or -blockdev: what it says of its asynchronous I/O and its cache. */
#include "guard/parse/qemu-drive.h"
#include "guard/parse/qemu-option.h"

/* QEMU's spellings of a truth value; -1: none of them. */
static int parse_switch(struct dg_span value)
{
	static const struct {
		const char *word;
		int value;
	} words[] = {
		{.word = "on", .value = 1},   {.word = "off", .value = 0},
		{.word = "yes", .value = 1},  {.word = "no", .value = 0},
		{.word = "true", .value = 1}, {.word = "false", .value = 0},
		{.word = "y", .value = 1},    {.word = "n", .value = 0},
	};

	for (size_t i = 0; i < DG_COUNT(words); i++)
		if (dg_span_eq(value, words[i].word))
			return words[i].value;
	return -1;
}

/* A drive as it is read, and how deep the nodes are that said so. */
struct draft {
	struct dg_qemu_drive drive;
	size_t name_depth, aio_depth, direct_depth;
	bool has_id;
};

/* "file.file.aio" -> "aio", 2 deep */
static size_t key_depth(struct dg_span *key)
{
	size_t depth = 0;

	while (dg_span_after(*key, "file.", key))
		depth++;
	return depth;
}

/* The cache modes of -drive that pass the page cache by: qemu(1), "cache=". */
static int cache_is_direct(struct dg_span mode)
{
	return dg_span_eq(mode, "none") || dg_span_eq(mode, "directsync");
}

static int draft_name(struct draft *draft, size_t depth, struct dg_span name, bool is_id)
{
	if (draft->has_id || (!is_id && draft->drive.name && draft->name_depth <= depth))
		return 0;
	draft->name_depth = depth;
	draft->has_id = is_id;
	return dg_set_copy(&draft->drive.name, name);
}

static int draft_aio(struct draft *draft, size_t depth, struct dg_span aio)
{
	if (aio.n == 0 || draft->aio_depth > depth)
		return 0;
	draft->aio_depth = depth;
	return dg_set_copy(&draft->drive.aio, aio);
}

static void draft_direct(struct draft *draft, size_t depth, int direct)
{
	if (direct < 0 || draft->direct_depth > depth)
		return;
	draft->direct_depth = depth;
	draft->drive.direct = direct;
}

static int draft_option(struct draft *draft, struct dg_span key, struct dg_span value,
			bool is_drive)
{
	size_t depth = key_depth(&key);

	if (dg_span_eq(key, "aio"))
		return draft_aio(draft, depth, value);
	if (dg_span_eq(key, "node-name") && value.n)
		return draft_name(draft, depth, value, false);
	if (dg_span_eq(key, "cache.direct"))
		draft_direct(draft, depth, parse_switch(value));
	else if (is_drive && depth == 0 && dg_span_eq(key, "cache"))
		draft_direct(draft, depth, cache_is_direct(value));
	else if (is_drive && depth == 0 && dg_span_eq(key, "id") && value.n)
		return draft_name(draft, depth, value, true);
	return 0;
}

static int draft_options(struct draft *draft, struct dg_span rest, bool is_drive)
{
	struct dg_option option;

	while (dg_option_next(&rest, &option)) {
		int r = option.bare
				? 0
				: draft_option(draft, option.key, option.value, is_drive);

		if (r < 0)
			return r;
	}
	return 0;
}

static int draft_node(struct draft *draft, size_t depth, struct json_object *node)
{
	const char *name = dg_json_member(node, "node-name"),
		   *aio = dg_json_member(node, "aio");
	struct json_object *cache, *direct;
	int r = name ? draft_name(draft, depth, dg_span_str(name), false) : 0;

	if (r == 0 && aio)
		r = draft_aio(draft, depth, dg_span_str(aio));
	if (json_object_object_get_ex(node, "cache", &cache) &&
	    json_object_is_type(cache, json_type_object) &&
	    json_object_object_get_ex(cache, "direct", &direct) &&
	    json_object_is_type(direct, json_type_boolean))
		draft_direct(draft, depth, json_object_get_boolean(direct));
	return r;
}

/* The reader bounds the nesting, and so this. */
static int draft_nodes(struct draft *draft, struct json_object *node)
{
	size_t depth = 0;
	int r = 0;

	while (r == 0 && json_object_is_type(node, json_type_object)) {
		r = draft_node(draft, depth++, node);
		if (!json_object_object_get_ex(node, "file", &node))
			break;
	}
	return r;
}

static void draft_clear(struct draft *draft)
{
	dg_qemu_drive_clear(&draft->drive);
}

int dg_qemu_drive_parse(struct dg_span value, bool is_drive, struct dg_qemu_drive *ret)
{
	DG_CLEANUP(draft_clear) struct draft draft = {.drive.direct = -1};
	DG_JSON_DROP struct json_object *json = NULL;
	int r;

	if (is_drive || !dg_span_starts(value, "{")) {
		r = draft_options(&draft, value, is_drive);
	} else {
		r = dg_json_read(value, &json, &draft.drive.bad);
		if (r == 0)
			r = draft_nodes(&draft, json);
	}
	if (r < 0)
		return r;
	*ret = draft.drive;
	draft.drive = (struct dg_qemu_drive){0};
	return 0;
}

void dg_qemu_drive_clear(struct dg_qemu_drive *drive)
{
	free(drive->name);
	free(drive->aio);
	free(drive->bad);
}

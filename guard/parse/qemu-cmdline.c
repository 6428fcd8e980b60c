/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdarg.h>

#include "guard/parse/grow.h"
#include "guard/parse/qemu-drive.h"
#include "guard/parse/qemu-option.h"

/* --- drives --- */

static int add_drive(struct dg_qemu_cmdline *c, struct dg_span value, bool is_drive)
{
	struct dg_qemu_drive *slot;
	int r;

	if (c->n_drives == DG_QEMU_ITEMS_MAX)
		return -EBADMSG;
	slot = DG_GROW(c->drives, c->n_drives);
	if (!slot)
		return -ENOMEM;
	r = dg_qemu_drive_parse(value, is_drive, slot);
	c->n_drives += r == 0;
	return r;
}

static int take_drive(struct dg_qemu_cmdline *c, struct dg_span value)
{
	return add_drive(c, value, true);
}

static int take_blockdev(struct dg_qemu_cmdline *c, struct dg_span value)
{
	return add_drive(c, value, false);
}

/* --- I/O threads --- */

static int add_iothread(struct dg_qemu_cmdline *c, struct dg_span id, char **bad)
{
	struct dg_qemu_iothread *slot;

	if (c->n_iothreads == DG_QEMU_ITEMS_MAX)
		return -EBADMSG;
	slot = DG_GROW(c->iothreads, c->n_iothreads);
	if (!slot)
		return -ENOMEM;
	c->n_iothreads++;
	if (*bad)
		slot->bad = DG_STEAL(*bad);
	else
		return dg_set_copy(&slot->id, id);
	return 0;
}

static int take_json_object(struct dg_qemu_cmdline *c, struct dg_span value)
{
	DG_JSON_DROP struct json_object *json = NULL;
	DG_FREE char *bad = NULL;
	const char *type, *id;
	int r;

	/* There is one of a throttle group for every drive: not worth a look. */
	if (!memmem(value.p, value.n, "iothread", strlen("iothread")))
		return 0;
	r = dg_json_read(value, &json, &bad);
	if (r < 0)
		return r;
	if (bad)
		return add_iothread(c, (struct dg_span){0}, &bad);
	type = dg_json_member(json, "qom-type");
	id = dg_json_member(json, "id");
	if (!dg_streq(type, "iothread") || !id)
		return 0;
	return add_iothread(c, dg_span_str(id), &bad);
}

static int take_object(struct dg_qemu_cmdline *c, struct dg_span value)
{
	struct dg_span id = {0};
	struct dg_option option;
	char *bad = NULL;
	bool found = false;

	if (dg_span_starts(value, "{"))
		return take_json_object(c, value);
	for (bool first = true; dg_option_next(&value, &option); first = false) {
		if ((first && option.bare) || dg_span_eq(option.key, "qom-type"))
			found = dg_span_eq(option.value, "iothread");
		else if (dg_span_eq(option.key, "id"))
			id = option.value;
	}
	return found && id.n ? add_iothread(c, id, &bad) : 0;
}

/* --- the rest --- */

static int take_pidfile(struct dg_qemu_cmdline *c, struct dg_span value)
{
	return dg_set_copy(&c->pidfile, value);
}

static int take_id(struct dg_qemu_cmdline *c, struct dg_span value)
{
	return dg_set_copy(&c->id, value);
}

/* Of two commas one is meant. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		if (from[0] == ',' && from[1] == ',')
			from++;
		*to++ = *from;
	}
	*to = '\0';
}

/* "web,debug-threads=on", "guest=web" */
static int take_name(struct dg_qemu_cmdline *c, struct dg_span value)
{
	struct dg_option option;

	for (bool first = true; dg_option_next(&value, &option); first = false) {
		if (option.bare ? !first : !dg_span_eq(option.key, "guest"))
			continue;
		if (dg_set_copy(&c->name, option.value) < 0)
			return -ENOMEM;
		unescape(c->name);
	}
	return 0;
}

static int take_incoming(struct dg_qemu_cmdline *c, struct dg_span value)
{
	(void)value;
	c->incoming = true;
	return 0;
}

/* Each takes the argument behind it. */
static const struct {
	const char *name;
	int (*take)(struct dg_qemu_cmdline *c, struct dg_span value);
	const char *many; /* what more than DG_QEMU_ITEMS_MAX are called */
} options[] = {
	{.name = "-blockdev", .take = take_blockdev, .many = "drives"},
	{.name = "-drive", .take = take_drive, .many = "drives"},
	{.name = "-id", .take = take_id},
	{.name = "-incoming", .take = take_incoming},
	{.name = "-name", .take = take_name},
	{.name = "-object", .take = take_object, .many = "I/O threads"},
	{.name = "-pidfile", .take = take_pidfile},
};

DG_PRINTF(2, 3) static int say(char **ret_why, const char *fmt, ...)
{
	va_list args;

	if (!ret_why)
		return -EBADMSG;
	va_start(args, fmt);
	if (vasprintf(ret_why, fmt, args) < 0)
		*ret_why = NULL;
	va_end(args);
	return -EBADMSG;
}

static size_t find_option(struct dg_span argument)
{
	size_t i = 0;

	if (dg_span_starts(argument, "--"))
		argument = dg_span_skip(argument, 1);
	while (i < DG_COUNT(options) && !dg_span_eq(argument, options[i].name))
		i++;
	return i;
}

static int parse_arguments(struct dg_qemu_cmdline *c, struct dg_span rest, char **ret_why)
{
	struct dg_span argument;

	while (dg_span_split(&rest, '\0', &argument)) {
		size_t at = find_option(argument);
		int r;

		if (at == DG_COUNT(options) || !dg_span_split(&rest, '\0', &argument))
			continue;
		r = options[at].take(c, argument);
		if (r == -EBADMSG)
			return say(ret_why, "more %s than are read", options[at].many);
		if (r < 0)
			return r;
	}
	return 0;
}

int dg_qemu_cmdline_parse(const char *buf, size_t len, struct dg_qemu_cmdline *ret,
			  char **ret_why)
{
	DG_CLEANUP(dg_qemu_cmdline_clear) struct dg_qemu_cmdline c = {0};
	struct dg_span rest = dg_span_of(buf, len), program;
	int r;

	if (len > DG_QEMU_CMDLINE_MAX)
		return say(ret_why, "%s", "longer than any command line");
	if (!dg_span_split(&rest, '\0', &program))
		return say(ret_why, "%s", "no arguments");
	c.cut = buf[len - 1] != '\0';
	r = dg_set_copy(&c.program, program);
	if (r == 0)
		r = parse_arguments(&c, rest, ret_why);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct dg_qemu_cmdline){0};
	return 0;
}

void dg_qemu_cmdline_clear(struct dg_qemu_cmdline *c)
{
	if (!c)
		return;
	free(c->program);
	free(c->pidfile);
	free(c->name);
	free(c->id);
	for (size_t i = 0; i < c->n_drives; i++)
		dg_qemu_drive_clear(&c->drives[i]);
	free(c->drives);
	for (size_t i = 0; i < c->n_iothreads; i++) {
		free(c->iothreads[i].id);
		free(c->iothreads[i].bad);
	}
	free(c->iothreads);
	*c = (struct dg_qemu_cmdline){0};
}

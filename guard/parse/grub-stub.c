/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/grub-stub.h"

#include "guard/parse/grub-script.h"
#include "policy/util.h"

struct work {
	struct dg_grub_stub stub;
	bool loads; /* the menu in that folder is what comes next */
};

void dg_grub_stub_clear(struct dg_grub_stub *stub)
{
	if (!stub)
		return;
	free(stub->uuid);
	free(stub->dir);
	*stub = (struct dg_grub_stub){0};
}

static int set_text(char **text, const char *value)
{
	free(*text);
	*text = strdup(value);
	return *text ? 0 : -ENOMEM;
}

/* `search.fs_uuid UUID root HINT...`, or `search --fs-uuid --set=root UUID`. */
static int on_search(struct work *work, const struct dg_grub_command *c)
{
	bool by_uuid = false, root = false;

	if (dg_streq(c->words[0].text, "search.fs_uuid"))
		return c->n > 2 && dg_streq(c->words[2].text, "root")
			       ? set_text(&work->stub.uuid, c->words[1].text)
			       : 0;
	for (size_t i = 1; i < c->n; i++) {
		by_uuid |= dg_streq(c->words[i].text, "--fs-uuid") ||
			   dg_streq(c->words[i].text, "-u");
		root |= dg_streq(c->words[i].text, "--set=root") ||
			dg_streq(c->words[i].text, "--set");
	}
	return by_uuid && root ? set_text(&work->stub.uuid, c->words[c->n - 1].text) : 0;
}

static int on_command(struct dg_grub_script *s, const struct dg_grub_command *c)
{
	struct work *work = s->user;
	const char *name = c->words[0].text, *word = c->n > 1 ? c->words[1].text : NULL;
	const char *dir = dg_after(word, "prefix=($root)");

	if (dg_streq(name, "search.fs_uuid") || dg_streq(name, "search"))
		return on_search(work, c);
	if (dg_streq(name, "set") && dir && *dir)
		return set_text(&work->stub.dir, dir);
	if (dg_streq(name, "configfile"))
		work->loads = dg_streq(word, "$prefix/grub.cfg");
	return 0;
}

/* A menu is none. */
static int on_open(struct dg_grub_script *s, const struct dg_grub_command *c)
{
	(void)s;
	(void)c;
	return -ENODATA;
}

static void on_function(struct dg_grub_script *s, const char *name)
{
	(void)s;
	(void)name;
}

int dg_grub_stub_parse(const char *buf, size_t len, struct dg_grub_stub *ret)
{
	struct work work = {0};
	struct dg_grub_script script = {.command = on_command,
					.open = on_open,
					.function = on_function,
					.user = &work};
	int r = len > DG_GRUB_STUB_MAX ? -EBADMSG
				       : dg_grub_script_walk(&script, buf, len);

	if (r == 0 && !(work.stub.uuid && *work.stub.uuid && work.stub.dir && work.loads))
		r = -ENODATA;
	if (r < 0)
		dg_grub_stub_clear(&work.stub);
	else
		*ret = work.stub;
	return r;
}

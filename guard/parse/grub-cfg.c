/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/grow.h"
#include "guard/parse/grub-cfg.h"
#include "guard/parse/grub-script.h"

/* Tags of blocks: the entry's index plus one; 0 for a block that is no entry. */
enum { TAG_OTHER = 0 };

static void entry_clear(struct dg_grub_cfg_entry *e)
{
	free(e->title);
	free(e->id);
	free(e->kernel);
	free(e->args);
	free(e->abi);
	free(e->initrd);
}

void dg_grub_cfg_clear(struct dg_grub_cfg *cfg)
{
	size_t i;

	if (!cfg)
		return;
	for (i = 0; i < cfg->n_entries; i++)
		entry_clear(&cfg->entries[i]);
	free(cfg->entries);
	free(cfg->default_value);
	free(cfg->fallback);
	free(cfg->timeout);
	*cfg = (struct dg_grub_cfg){0};
}

static int text_set(char **field, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

/* --- where a command stands --- */

struct place {
	struct dg_grub_cfg_entry *entry; /* innermost submenu or entry; NULL: the top */
	size_t depth;			 /* submenus and entries around it */
	bool conditional;		 /* since `entry` */
	bool dead;
	bool other; /* in a block that is no entry */
	unsigned int branch_vars, chain_vars;
};

static struct place place_find(const struct dg_grub_script *s)
{
	struct dg_grub_cfg *cfg = s->user;
	struct place p = {0};
	size_t i;

	for (i = 0; i < s->depth; i++) {
		const struct dg_grub_frame *f = &s->frames[i];

		if (f->kind == DG_GRUB_BLOCK && f->tag != TAG_OTHER) {
			p.entry = &cfg->entries[f->tag - 1];
			p.depth++;
			p.conditional = false;
		} else if (f->kind == DG_GRUB_BLOCK) {
			p.other = true;
		} else {
			p.conditional = true;
			p.dead |= f->dead;
			p.branch_vars |= f->branch_vars;
			p.chain_vars |= f->chain_vars;
		}
	}
	return p;
}

/* --- variables --- */

static bool is_variable(const char *value, const char *name)
{
	const char *rest = dg_after(value, "$");
	size_t n = strlen(name);

	if (rest && *rest == '{')
		return strncmp(rest + 1, name, n) == 0 && dg_streq(rest + 1 + n, "}");
	return dg_streq(rest, name);
}

static int set_default(struct dg_grub_cfg *cfg, const struct place *p, const char *value,
		       const struct dg_grub_word *word, size_t line)
{
	unsigned int other = word->vars & ~(unsigned int)DG_GRUB_VAR_SAVED_ENTRY;
	int r;

	if (is_variable(value, "next_entry")) {
		cfg->uses_next_entry = true;
		return 0;
	}
	if (p->branch_vars & (DG_GRUB_VAR_DEFAULT | DG_GRUB_VAR_NEXT_ENTRY))
		return 0;
	r = text_set(&cfg->default_value, value);
	if (r < 0)
		return r;
	cfg->default_line = line;
	cfg->uses_saved = word->vars && is_variable(value, "saved_entry");
	cfg->default_unsure =
		(word->vars && (other || !cfg->uses_saved)) ||
		(p->conditional && !(p->chain_vars & DG_GRUB_VAR_NEXT_ENTRY));
	return 0;
}

static int set_fallback(struct dg_grub_cfg *cfg, const struct place *p, const char *value,
			const struct dg_grub_word *word, size_t line)
{
	(void)p, (void)word, (void)line;
	return text_set(&cfg->fallback, value);
}

static int set_timeout(struct dg_grub_cfg *cfg, const struct place *p, const char *value,
		       const struct dg_grub_word *word, size_t line)
{
	(void)word, (void)line;
	if (p->branch_vars & DG_GRUB_VAR_RECORDFAIL)
		return 0; /* the longer one, after a failed boot */
	return text_set(&cfg->timeout, value);
}

static const struct {
	const char *assignment;
	int (*set)(struct dg_grub_cfg *cfg, const struct place *p, const char *value,
		   const struct dg_grub_word *word, size_t line);
} variables[] = {
	{.assignment = "default=", .set = set_default},
	{.assignment = "fallback=", .set = set_fallback},
	{.assignment = "timeout=", .set = set_timeout},
};

/* A command at the top: `set NAME=VALUE`, `NAME=VALUE` or save_env. */
static int top_command(struct dg_grub_cfg *cfg, const struct place *p,
		       const struct dg_grub_command *c)
{
	bool set = dg_streq(c->words[0].text, "set") && c->n > 1;
	const struct dg_grub_word *word = &c->words[set];
	size_t i;

	if (dg_streq(c->words[0].text, "save_env"))
		for (i = 1; i < c->n; i++)
			cfg->has_save_next |= dg_streq(c->words[i].text, "next_entry");
	for (i = 0; i < DG_COUNT(variables) && !p->dead; i++) {
		const char *value = dg_after(word->text, variables[i].assignment);

		if (value)
			return variables[i].set(cfg, p, value, word, c->line);
	}
	return 0;
}

/* --- what an entry does --- */

/* The ABI in the kernel's name; signed images of Ubuntu's GRUB have a suffix. */
static int entry_name_abi(struct dg_grub_cfg_entry *e)
{
	const char *slash = strrchr(e->kernel, '/');
	const char *abi = dg_after(slash ? slash + 1 : e->kernel, "vmlinuz-");
	size_t n;

	free(DG_STEAL(e->abi));
	if (!abi)
		return 0;
	n = strlen(abi);
	if (dg_ends_with(abi, ".efi.signed"))
		n -= strlen(".efi.signed");
	if (n == 0)
		return 0;
	e->abi = strndup(abi, n);
	return e->abi ? 0 : -ENOMEM;
}

static int entry_kernel(struct dg_grub_cfg_entry *e, const struct dg_grub_command *c)
{
	size_t i, n = 1;
	char *at;
	int r;

	if (c->n < 2)
		return 0;
	for (i = 2; i < c->n; i++)
		n += strlen(c->words[i].text) + 1;
	free(e->args);
	e->args = at = malloc(n);
	if (!at)
		return -ENOMEM;
	for (i = 2; i < c->n; i++) {
		if (i > 2)
			*at++ = ' ';
		at = stpcpy(at, c->words[i].text);
	}
	*at = '\0';
	r = text_set(&e->kernel, c->words[1].text);
	return r < 0 ? r : entry_name_abi(e);
}

static int entry_initrd(struct dg_grub_cfg_entry *e, const struct dg_grub_command *c)
{
	if (c->n < 2)
		return 0;
	e->n_initrds = c->n - 1;
	return text_set(&e->initrd, c->words[c->n - 1].text);
}

static int entry_savedefault(struct dg_grub_cfg_entry *e, const struct dg_grub_command *c)
{
	(void)c;
	e->savedefault = true;
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct dg_grub_cfg_entry *e, const struct dg_grub_command *c);
} entry_commands[] = {
	{.name = "linux", .run = entry_kernel},
	{.name = "linuxefi", .run = entry_kernel},
	{.name = "linux16", .run = entry_kernel},
	{.name = "initrd", .run = entry_initrd},
	{.name = "initrdefi", .run = entry_initrd},
	{.name = "initrd16", .run = entry_initrd},
	{.name = "savedefault", .run = entry_savedefault},
};

static int on_command(struct dg_grub_script *s, const struct dg_grub_command *c)
{
	struct place p = place_find(s);
	size_t i;

	if (p.other)
		return 0;
	if (!p.entry)
		return top_command(s->user, &p, c);
	for (i = 0; i < DG_COUNT(entry_commands) && !p.entry->submenu; i++)
		if (dg_streq(c->words[0].text, entry_commands[i].name))
			return entry_commands[i].run(p.entry, c);
	return 0;
}

static void on_function(struct dg_grub_script *s, const char *name)
{
	struct dg_grub_cfg *cfg = s->user;

	cfg->has_recordfail |= dg_streq(name, "recordfail");
}

/* --- entries --- */

/* Options of menuentry that take a value (grub-core/commands/menuentry.c). The header
 * sets the variable to "--id". */
static const char *const id_options[] = {"--id", "$menuentry_id_option",
					 "${menuentry_id_option}"};
static const char *const other_options[] = {"--class", "--users", "--hotkey", "--source"};

static bool is_among(const char *word, const char *const *list, size_t n)
{
	while (n--)
		if (dg_streq(word, list[n]))
			return true;
	return false;
}

/* Title and id of a `menuentry` command; the title stays NULL where none is given. */
static void entry_words(const struct dg_grub_command *c, const char **title,
			const char **id)
{
	size_t i;

	*title = *id = NULL;
	for (i = 1; i < c->n; i++) {
		const char *word = c->words[i].text;

		if (is_among(word, id_options, DG_COUNT(id_options)))
			*id = ++i < c->n ? c->words[i].text : *id;
		else if (dg_after(word, "--id="))
			*id = dg_after(word, "--id=");
		else if (is_among(word, other_options, DG_COUNT(other_options)))
			i++;
		else if (!*title && !dg_after(word, "--"))
			*title = word;
	}
}

static unsigned int siblings_count(const struct dg_grub_cfg *cfg, int parent)
{
	size_t i;

	/* The sibling before, if any, is the last one with this parent. */
	for (i = cfg->n_entries; i-- > (size_t)(parent + 1);)
		if (cfg->entries[i].parent == parent)
			return cfg->entries[i].nth + 1;
	return 0;
}

static int entry_add(struct dg_grub_cfg *cfg, const struct place *p,
		     const struct dg_grub_command *c, const char *title, const char *id)
{
	struct dg_grub_cfg_entry e = {
		.line = c->line,
		.parent = p->entry ? (int)(p->entry - cfg->entries) : -1,
		.submenu = dg_streq(c->words[0].text, "submenu"),
		.conditional = p->conditional,
	};
	struct dg_grub_cfg_entry *slot;

	e.nth = siblings_count(cfg, e.parent);
	e.title = strdup(title);
	e.id = id ? strdup(id) : NULL;
	slot = e.title && (!id || e.id) ? DG_GROW(cfg->entries, cfg->n_entries) : NULL;
	if (!slot) {
		entry_clear(&e);
		return -ENOMEM;
	}
	*slot = e;
	return (int)++cfg->n_entries;
}

static int on_open(struct dg_grub_script *s, const struct dg_grub_command *c)
{
	struct dg_grub_cfg *cfg = s->user;
	struct place p = place_find(s);
	const char *title, *id;

	if (!dg_streq(c->words[0].text, "menuentry") &&
	    !dg_streq(c->words[0].text, "submenu"))
		return TAG_OTHER;
	/* An entry made when another one is run is in no menu that a default can name;
	 * one without a title is refused by GRUB. */
	entry_words(c, &title, &id);
	if (p.other || (p.entry && !p.entry->submenu) || !title)
		return TAG_OTHER;
	if (cfg->n_entries == DG_GRUB_CFG_ENTRIES_MAX)
		return dg_bad_line(s->ret_why, c->line, "too many entries");
	if (p.depth >= DG_GRUB_CFG_DEPTH_MAX)
		return dg_bad_line(s->ret_why, c->line, "too many nested submenus");
	return entry_add(cfg, &p, c, title, id);
}

int dg_grub_cfg_parse(const char *buf, size_t len, struct dg_grub_cfg *ret,
		      char **ret_why)
{
	DG_CLEANUP(dg_grub_cfg_clear) struct dg_grub_cfg cfg = {0};
	struct dg_grub_script script = {
		.command = on_command,
		.open = on_open,
		.function = on_function,
		.user = &cfg,
		.ret_why = ret_why,
	};
	int r = dg_grub_script_walk(&script, buf, len);

	if (r < 0)
		return r;
	*ret = cfg;
	cfg = (struct dg_grub_cfg){0};
	return 0;
}

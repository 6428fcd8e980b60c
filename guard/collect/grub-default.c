/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What grub-mkconfig is told to make the default: etc/default/grub, then the *.cfg files
 * of etc/default/grub.d in name order, the last assignment counts. */
#include "guard/collect/grub-default.h"

#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/parse/grub-default.h"
#include "policy/text.h"

#define MAIN_FILE "etc/default/grub"
#define DROPINS	  "etc/default/grub.d"
#define SNIPPET	  DROPINS "/proxmox-kernel-pin.cfg"
#define FILE_MAX  ((size_t)256 * 1024)
#define NAMES_CAP 1024

/* A fact with the file it comes from and that file's time. */
struct setting {
	struct dg_str *value, *path;
	struct dg_int *time;
};

static void setting_gap(const struct setting *s, enum dg_state state, const char *path,
			const char *why)
{
	dg_set_gap(&s->value->meta, state, "/%s: %s", path, why);
	dg_set_gap(&s->time->meta, state, "/%s: %s", path, why);
	if (s->path)
		dg_set_gap(&s->path->meta, state, "/%s: %s", path, why);
}

static void set_time(const struct dg_root *root, const char *path, struct dg_int *fact)
{
	struct stat st;
	int r = dg_root_stat(root, path, true, &st);

	if (r < 0)
		dg_gap_from_errno(&fact->meta, r, path);
	else
		dg_set_int(fact, st.st_mtim.tv_sec);
}

static void take(const struct dg_root *root, const char *path,
		 const struct dg_grub_setting *found, const struct setting *s)
{
	DG_FREE char *shown = dg_format("/%s", path);

	set_time(root, path, s->time);
	if (s->path && shown)
		dg_set_str(s->path, shown);
	if (found->dynamic)
		dg_set_gap(&s->value->meta, DG_UNREADABLE,
			   "/%s: line %zu leaves it to the shell: %s", path, found->line,
			   found->value);
	else
		dg_set_str(s->value, found->value);
}

/* One file: 1 where it sets GRUB_DEFAULT, 0 where it does not or is not there, or a
 * negative errno: then the gap is set. */
static int read_file(const struct dg_root *root, const char *path,
		     const struct setting *s)
{
	DG_CLEANUP(dg_grub_default_clear) struct dg_grub_default set = {0};
	const struct dg_grub_setting *found;
	DG_FREE char *data = NULL;
	DG_FREE char *why = NULL;
	size_t size;
	int r = dg_root_read(root, path, FILE_MAX, &data, &size);

	if (r == 0)
		r = dg_grub_default_parse(data, size, &set, &why);
	if (dg_state_from_errno(r) == DG_ABSENT)
		return 0;
	if (r < 0) {
		setting_gap(s, dg_state_from_errno(r), path,
			    why ? why : dg_errno_words(r));
		return r;
	}
	found = dg_grub_default_find(&set, "GRUB_DEFAULT");
	if (found)
		take(root, path, found, s);
	return found ? 1 : 0;
}

/* What the shell's pattern *.cfg meets. */
static bool is_dropin(const char *name)
{
	return name[0] != '.' && dg_ends_with(name, ".cfg");
}

static void read_final(const struct dg_root *root, const struct setting *s)
{
	DG_NAMES_FREE char **names = NULL;
	int r;

	setting_gap(s, DG_ABSENT, MAIN_FILE, "no file sets GRUB_DEFAULT");
	r = read_file(root, MAIN_FILE, s);
	if (r < 0)
		return;
	r = dg_root_list(root, DROPINS, NAMES_CAP, &names, NULL);
	if (r < 0 && dg_state_from_errno(r) != DG_ABSENT)
		setting_gap(s, dg_state_from_errno(r), DROPINS, dg_errno_words(r));
	for (char **name = names; r >= 0 && *name; name++) {
		DG_FREE char *path = dg_format(DROPINS "/%s", *name);

		if (!path)
			setting_gap(s, DG_UNREADABLE, DROPINS, "out of memory");
		if (!path || (is_dropin(*name) && read_file(root, path, s) < 0))
			return;
	}
}

void dg_grub_default_read(const struct dg_root *root, struct dg_boot *boot)
{
	const struct setting snippet = {.value = &boot->snippet,
					.time = &boot->snippet_time};
	const struct setting final = {.value = &boot->grub_default,
				      .path = &boot->grub_default_path,
				      .time = &boot->grub_default_time};
	struct stat st;
	int r;

	read_final(root, &final);
	r = dg_root_stat(root, SNIPPET, true, &st);
	setting_gap(&snippet, DG_ABSENT, SNIPPET,
		    r == 0 ? "sets no GRUB_DEFAULT" : "is not there");
	read_file(root, SNIPPET, &snippet);
}

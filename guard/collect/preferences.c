/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* apt's pins: what keeps packages from their newest version, or brings them elsewhere. */
#include <errno.h>
#include <stdio.h>

#include "guard/collect/collect.h"
#include "guard/parse/apt-preferences.h"

#define MAIN_FILE "/etc/apt/preferences"
#define PARTS_DIR "/etc/apt/preferences.d"

#define FILE_MAX  ((size_t)1024 * 1024)
#define FILES_MAX 1024
#define PINS_MAX  16384

/* An item for what could not be read of `path`; `why` may be NULL. */
static void add_gap(struct dg_packages *packages, int r, const char *path,
		    const char *why)
{
	struct dg_preference *item = DG_ADD(&packages->preferences, SIZE_MAX);

	if (!item)
		dg_set_gap(&packages->preferences.meta, DG_UNREADABLE, "out of memory");
	else if (why)
		dg_set_gap(&item->meta, dg_state_from_errno(r), "%s: %s", path, why);
	else
		dg_gap_from_errno(&item->meta, r, path);
}

/* 0, or -E2BIG: no room for more. */
static int add_pin(struct dg_packages *packages, const struct dg_apt_pin *pin,
		   const char *path)
{
	struct dg_preference *item = DG_ADD(&packages->preferences, PINS_MAX);

	if (!item)
		return -E2BIG;
	dg_set_str(&item->package, pin->package);
	dg_set_str(&item->pin, pin->pin);
	dg_set_int(&item->priority, pin->priority);
	dg_set_str(&item->path, path);
	return 0;
}

/* -ENOENT where there is no file, as far as apt is concerned: it passes over what is not
 * a regular one. Other errors become an item. */
static int read_file(const struct dg_root *root, const char *path,
		     struct dg_packages *packages)
{
	DG_CLEANUP(dg_apt_preferences_done) struct dg_apt_preferences parsed = {0};
	DG_FREE char *text = NULL;
	DG_FREE char *why = NULL;
	size_t size;
	int r = dg_root_read(root, path, FILE_MAX, &text, &size);

	if (r == -ENOENT || r == -ENOTDIR || r == -EISDIR || r == -ENOTSUP)
		return -ENOENT;
	if (r == 0)
		r = dg_apt_preferences_parse(text, size, &parsed, &why);
	for (size_t i = 0; r == 0 && i < parsed.n_pins; i++)
		r = add_pin(packages, &parsed.pins[i], path);
	if (r < 0)
		add_gap(packages, r, path, why);
	return r;
}

/* apt's rule for the names of parts: letters, digits and "_-:.", no dot in front, and
 * ".pref" behind the last dot if there is any. */
static bool name_is_good(const char *name)
{
	const char *dot = strrchr(name, '.');

	return name[0] != '.' && (!dot || dg_streq(dot, ".pref")) &&
	       !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_-:.")];
}

/* -ENOENT: there is no such directory. */
static int read_parts(const struct dg_root *root, struct dg_packages *packages)
{
	DG_NAMES_FREE char **names = NULL;
	char path[sizeof(PARTS_DIR) + 256];
	int r = dg_root_list(root, PARTS_DIR, FILES_MAX, &names, NULL);

	if (r == -ENOENT || r == -ENOTDIR)
		return -ENOENT;
	if (r < 0) {
		add_gap(packages, r, PARTS_DIR, NULL);
		return r;
	}
	/* Past the cap stands an item that says so. */
	for (size_t i = 0; names[i] && packages->preferences.count <= PINS_MAX; i++) {
		if (!name_is_good(names[i]))
			continue;
		snprintf(path, sizeof(path), PARTS_DIR "/%s", names[i]);
		read_file(root, path, packages);
	}
	return 0;
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct dg_packages *packages = &facts->packages;
	bool found;

	dg_set_known(&packages->meta);
	dg_set_known(&packages->preferences.meta);
	found = read_file(root, MAIN_FILE, packages) != -ENOENT;
	found |= read_parts(root, packages) != -ENOENT;
	if (!found)
		dg_gap_from_errno(&packages->preferences.meta, -ENOENT, MAIN_FILE);
}

static const char *const fills[] = {"packages.preferences", NULL};

const struct dg_collector dg_collect_preferences = {
	.name = "preferences",
	.fills = fills,
	.run = run,
};

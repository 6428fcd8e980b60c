/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* This node's guests: those that are configured, and those that run. Nothing is written
 * to, attached to or connected to a guest; the QMP socket takes one client, and Proxmox
 * is it. */
#include <errno.h>

#include "guard/collect/guests.h"
#include "guard/collect/line.h"
#include "guard/parse/span.h"
#include "guard/parse/vm-config.h"
#include "guard/probe/uring.h"
#include "policy/text.h"

/* A guest has some eight files below /run/qemu-server. */
#define NAMES_CAP (16 * (size_t)DG_GUESTS_MAX)

/* How often, and after what pause, a thread that waits plainly is looked at again. */
#define LOOKS_MORE    2
#define LOOK_PAUSE_US 2500

size_t dg_vmid_length(const char *name, const char *suffix)
{
	size_t n = strspn(name, "0123456789");

	return dg_streq(name + n, suffix) ? n : 0;
}

static struct dg_guest *add_guest(struct dg_facts *facts, const char *name, size_t n)
{
	struct dg_guest *guest = DG_ADD(&facts->guests, DG_GUESTS_MAX);

	if (!guest) {
		dg_set_gap(&facts->guests.meta, DG_UNREADABLE,
			   "more than %d guests, or no memory for them", DG_GUESTS_MAX);
		return NULL;
	}
	dg_set_strn(&guest->vmid, name, n);
	guest->running.meta.state = DG_ABSENT;
	return guest;
}

static void drop_last(struct dg_facts *facts)
{
	const struct dg_record *record =
		dg_record_field(&dg_facts_record, "guests", strlen("guests"))->record;

	dg_record_clear(record, &facts->guests.items[--facts->guests.count]);
}

/* --- configured --- */

static void set_no_config(struct dg_guest *guest, enum dg_state state, const char *why)
{
	dg_set_gap(&guest->name.meta, state, "%s", why);
	dg_set_gap(&guest->passthrough.meta, state, "%s", why);
	dg_set_gap(&guest->configured.meta, state, "%s", why);
	dg_set_gap(&guest->lock.meta, state, "%s", why);
}

void dg_guest_set_drive(struct dg_drive *fact, const char *aio, int direct)
{
	if (aio)
		dg_set_str(&fact->aio, aio);
	else
		fact->aio.meta.state = DG_ABSENT;
	if (direct >= 0)
		dg_set_bool(&fact->direct, direct);
	else
		fact->direct.meta.state = DG_ABSENT;
}

static void set_drive(struct dg_drive *fact, const struct dg_vm_drive *drive)
{
	dg_set_str(&fact->name, drive->name);
	dg_guest_set_drive(fact, drive->aio, drive->direct);
}

void dg_guest_set_lock(struct dg_str *fact, const char *lock)
{
	if (lock)
		dg_set_str(fact, lock);
	else
		fact->meta.state = DG_ABSENT;
}

static void set_config(struct dg_guest *guest, const struct dg_vm_config *config)
{
	dg_guest_set_lock(&guest->lock, config->lock);
	if (config->name)
		dg_set_str(&guest->name, config->name);
	else
		guest->name.meta.state = DG_ABSENT;
	dg_set_bool(&guest->passthrough, config->passthrough);
	guest->configured.meta.state = DG_ABSENT;
	for (size_t i = 0; i < config->n_drives; i++) {
		const struct dg_vm_drive *drive = &config->drives[i];
		struct dg_drive *fact;

		/* A drive without a medium does no I/O. */
		if (!drive->volume || dg_streq(drive->volume, "none"))
			continue;
		fact = DG_ADD(&guest->configured, DG_VM_DRIVES_MAX);
		if (fact)
			set_drive(fact, drive);
		else
			dg_gap_from_errno(&guest->configured.meta, -ENOMEM, "etc/pve");
	}
}

static void read_config(const struct dg_below *dir, const char *name,
			struct dg_facts *facts)
{
	DG_CLEANUP(dg_vm_config_clear) struct dg_vm_config config = {0};
	DG_FREE char *data = NULL, *why = NULL, *words = NULL;
	struct dg_guest *guest;
	size_t size;
	int r = dg_below_read(dir, name, DG_VM_CONFIG_MAX, &data, &size);

	/* Deleted or migrated away just now. */
	if (r == -ENOENT)
		return;
	guest = add_guest(facts, name, dg_vmid_length(name, ".conf"));
	if (!guest)
		return;
	if (r == 0)
		r = dg_vm_config_parse(data, size, &config, &why);
	if (r == 0) {
		set_config(guest, &config);
		return;
	}
	words = dg_format("/%s/%s: %s", dir->path, name, why ? why : dg_errno_words(r));
	set_no_config(guest, dg_state_from_errno(r), words ? words : "out of memory");
}

static char *find_node_dir(const struct dg_root *root, const char *kind)
{
	DG_LINE_CLEANUP struct dg_str host = {0};
	size_t n;

	dg_read_host_name(root, &host);
	if (!dg_known(&host))
		return NULL;
	n = strcspn(host.value, "."); /* a node's name has no domain */
	if (n == 0 || memchr(host.value, '/', n))
		return NULL;
	return dg_format("etc/pve/nodes/%.*s/%s", (int)n, host.value, kind);
}

/* A directory and the names in it. */
static int open_dir(const struct dg_root *root, const char *path, struct dg_below *ret,
		    char ***ret_names)
{
	int r = dg_below_open(root, path, ret);

	return r < 0 ? r : dg_below_list(ret, NAMES_CAP, ret_names, NULL);
}

int dg_guest_configs_open(const struct dg_root *root, const char *kind,
			  struct dg_below *ret, char ***ret_names, struct dg_meta *meta)
{
	DG_FREE char *link = dg_format("etc/pve/%s", kind);
	DG_FREE char *node_dir = NULL;
	int r = link ? open_dir(root, link, ret, ret_names) : -ENOMEM;

	if (r == -ENOENT && (node_dir = find_node_dir(root, kind)))
		r = open_dir(root, node_dir, ret, ret_names);
	if (r < 0)
		dg_gap_from_errno(meta, r, node_dir ? node_dir : link ? link : "etc/pve");
	return r;
}

static void read_configured(const struct dg_root *root, struct dg_facts *facts)
{
	DG_BELOW_CLEANUP struct dg_below dir = DG_BELOW_NONE;
	DG_NAMES_FREE char **names = NULL;

	if (dg_guest_configs_open(root, "qemu-server", &dir, &names,
				  &facts->guests.meta) < 0)
		return;
	dg_set_known(&facts->guests.meta);
	for (char **name = names; *name; name++)
		if (dg_vmid_length(*name, ".conf"))
			read_config(&dir, *name, facts);
}

/* --- running --- */

static int by_vmid(const void *key, const void *item)
{
	const struct dg_guest *guest = item;

	return strcmp(key, guest->vmid.value);
}

/* The first `count` guests were read in the order of their names. */
static struct dg_guest *find_guest(struct dg_facts *facts, size_t count, const char *vmid)
{
	return count ? bsearch(vmid, facts->guests.items, count, sizeof(struct dg_guest),
			       by_vmid)
		     : NULL;
}

static void read_running(const struct dg_below *dir, const char *name, size_t configured,
			 struct dg_facts *facts)
{
	size_t n = dg_vmid_length(name, ".pid");
	DG_FREE char *vmid = dg_format("%.*s", (int)n, name);
	struct dg_guest *guest = vmid ? find_guest(facts, configured, vmid) : NULL;

	if (guest) {
		dg_guest_read_running(dir, name, guest);
		return;
	}
	guest = vmid ? add_guest(facts, vmid, n) : NULL;
	if (!guest)
		return;
	set_no_config(guest, DG_ABSENT, "it has no configuration here");
	dg_guest_read_running(dir, name, guest);
	/* A file that was left over makes no guest. */
	if (dg_absent(&guest->running))
		drop_last(facts);
}

/* Nobody can be said to run, or not to. */
static void set_running_unread(struct dg_facts *facts, int r, const char *path)
{
	dg_list_foreach (guest, facts->guests)
		dg_gap_from_errno(&guest->running.meta, r, path);
	if (facts->guests.count == 0)
		dg_gap_from_errno(&facts->guests.meta, r, path);
}

static void read_all_running(const struct dg_root *root, struct dg_facts *facts)
{
	static const char path[] = "run/qemu-server";
	DG_BELOW_CLEANUP struct dg_below dir = DG_BELOW_NONE;
	DG_NAMES_FREE char **names = NULL;
	size_t configured = facts->guests.count;
	int r = open_dir(root, path, &dir, &names);

	if (r == -ENOENT || r == -ENOTDIR)
		return;
	if (r < 0) {
		set_running_unread(facts, r, path);
		return;
	}
	for (char **name = names; *name; name++)
		if (dg_vmid_length(*name, ".pid"))
			read_running(&dir, *name, configured, facts);
}

/* --- what changes while it is read --- */

static bool can_opt_out(void)
{
	uint32_t features;

	return dg_uring_ask(&features, NULL) == 0 && (features & DG_URING_FEAT_NO_IOWAIT);
}

static bool has_ended(const struct dg_root *root, const struct dg_running *running)
{
	DG_FREE char *path = dg_format("proc/%lld", (long long)running->pid.value);
	struct stat st;

	return path && dg_root_stat(root, path, true, &st) == -ENOENT;
}

static void look_closer(const struct dg_root *root, struct dg_facts *facts)
{
	bool opt_out = dg_guests_want_look(facts, true) && can_opt_out();

	for (int i = 0; i < LOOKS_MORE && dg_guests_want_look(facts, opt_out); i++)
		dg_guests_look_again(root, LOOK_PAUSE_US, facts);
	dg_list_foreach (guest, facts->guests)
		if (dg_known(&guest->running) && has_ended(root, &guest->running))
			dg_guest_set_ended(guest);
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	read_configured(root, facts);
	/* A list that was not read whole would pass for the whole of it. */
	if (!dg_known(&facts->guests) && !dg_absent(&facts->guests))
		return;
	read_all_running(root, facts);
	if (dg_root_is_live(root))
		look_closer(root, facts);
}

const struct dg_collector dg_collect_guests = {
	.name = "guests",
	.fills = (const char *const[]){"guests", NULL},
	.run = run,
};

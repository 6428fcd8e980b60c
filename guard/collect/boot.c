/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* proxmox-boot-tool's own files: what it was asked to boot. */
#include <errno.h>

#include "guard/collect/collect.h"
#include "guard/collect/grub-default.h"
#include "guard/parse/span.h"
#include "policy/abi.h"

#define PIN_FILE      "etc/kernel/proxmox-boot-pin"
#define NEXT_PIN_FILE "etc/kernel/next-boot-pin"
#define MANUAL_FILE   "etc/kernel/proxmox-boot-manual-kernels"
#define UUIDS_FILE    "etc/kernel/proxmox-boot-uuids"
#define MANUAL_MAX    256
#define LINES_MAX     ((size_t)64 * 1024) /* bytes of such a file */

/* systemd keeps a link, which leads nowhere, for each unit that was started. */
#define CLEANUP_LINK  "run/systemd/units/invocation:proxmox-boot-cleanup.service"
#define CLEANUP_GROUP "sys/fs/cgroup/system.slice/proxmox-boot-cleanup.service"

static void read_time(const struct dg_root *root, const char *path, struct dg_int *fact)
{
	struct stat st;
	int r = dg_root_stat(root, path, true, &st);

	if (r < 0)
		dg_gap_from_errno(&fact->meta, r, path);
	else
		dg_set_int(fact, st.st_mtim.tv_sec);
}

/* proxmox-boot-tool takes a pin file without text for no pin. */
static void read_pin(const struct dg_root *root, const char *path, struct dg_str *pin,
		     struct dg_int *time)
{
	dg_read_line_fact(root, path, pin);
	if (dg_known(pin) && !dg_abi_valid(pin->value))
		dg_set_gap(&pin->meta, DG_MALFORMED, "/%s: \"%s\" is no kernel's name",
			   path, pin->value);
	if (dg_absent(pin))
		dg_set_gap(&time->meta, DG_ABSENT, "%s",
			   pin->meta.detail ? pin->meta.detail : "no pin");
	else
		read_time(root, path, time);
}

static void add_manual(struct dg_span line, struct dg_boot *boot)
{
	struct dg_word *word = DG_ADD(&boot->manual, MANUAL_MAX);

	if (!word) {
		dg_set_gap(&boot->manual.meta, DG_UNREADABLE,
			   "/" MANUAL_FILE ": more than %d kernels, or out of memory",
			   MANUAL_MAX);
		return;
	}
	dg_set_strn(&word->name, line.p, line.n);
	if (dg_known(&word->name) && !dg_abi_valid(word->name.value))
		dg_set_gap(&word->name.meta, DG_MALFORMED,
			   "/" MANUAL_FILE ": \"%s\" is no kernel's name",
			   word->name.value);
}

static void read_manual(const struct dg_root *root, struct dg_boot *boot)
{
	DG_FREE char *data = NULL;
	struct dg_span rest, line;
	size_t size;
	int r = dg_root_read(root, MANUAL_FILE, LINES_MAX, &data, &size);

	if (r < 0) {
		dg_gap_from_errno(&boot->manual.meta, r, MANUAL_FILE);
		return;
	}
	dg_set_known(&boot->manual.meta);
	rest = dg_span_of(data, size);
	while (dg_known(&boot->manual) && dg_span_line(&rest, &line)) {
		line = dg_span_trim(line);
		if (line.n)
			add_manual(line, boot);
	}
}

/* Whether there is anything of this name, be it a link that leads nowhere. */
static void read_there(const struct dg_root *root, const char *path, bool follow,
		       struct dg_bool *fact)
{
	struct stat st;
	int r = dg_root_stat(root, path, follow, &st);

	if (r == 0 || dg_state_from_errno(r) == DG_ABSENT)
		dg_set_bool(fact, r == 0);
	else
		dg_gap_from_errno(&fact->meta, r, path);
}

/* The link is made as the service starts, and its refresh takes a while: until its end it
 * has a control group. */
static void read_cleanup(const struct dg_root *root, struct dg_bool *done)
{
	struct stat st;

	read_there(root, CLEANUP_LINK, false, done);
	if (dg_true(done) && dg_root_stat(root, CLEANUP_GROUP, true, &st) == 0)
		dg_set_bool(done, false);
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct dg_boot *boot = &facts->boot;

	read_pin(root, PIN_FILE, &boot->pin, &boot->pin_time);
	read_pin(root, NEXT_PIN_FILE, &boot->next_pin, &boot->next_pin_time);
	read_cleanup(root, &boot->cleanup_done);
	read_manual(root, boot);
	read_there(root, UUIDS_FILE, true, &boot->managed);
	dg_grub_default_read(root, boot);
}

const struct dg_collector dg_collect_boot = {
	.name = "boot",
	.fills = (const char *const[]){"boot.pin", "boot.pin_time", "boot.next_pin",
				       "boot.next_pin_time", "boot.cleanup_done",
				       "boot.manual", "boot.managed", "boot.snippet",
				       "boot.snippet_time", "boot.grub_default",
				       "boot.grub_default_path", "boot.grub_default_time",
				       NULL},
	.run = run,
};

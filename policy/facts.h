/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What was read from a host: the one model that collectors fill and checks judge. */
#pragma once

#include "policy/fact.h"
#include "policy/facts-fields.h"
#include "policy/sample.h"

struct dg_host {
	struct dg_meta meta;
	struct dg_str id; /* SHA-256 of the machine id, shortened */
	struct dg_str name;
	struct dg_str boot_id;
	struct dg_str container; /* kind of container this is; absent: none */
	struct dg_bool proxmox;	 /* /etc/pve or /etc/proxmox-* is there */
	struct dg_int boot_time;
	struct dg_int uptime;	 /* seconds */
	struct dg_int tool_time; /* date of the program that read the clock; absent: the
				    time was given by hand */
};

/* The kernel that runs. */
struct dg_kernel {
	struct dg_meta meta;
	struct dg_str release;
	struct dg_str version; /* uname -v */
	struct dg_str vendor;  /* marker in `version`: PMX, PVE, Debian */
	struct dg_int build_time;
	struct dg_str cmdline;
	struct dg_bool modular; /* can load modules at all */
};

/* What a kernel has of a module that is loaded and from outside of the kernel's tree. */
struct dg_built {
	struct dg_meta meta;
	struct dg_str name; /* as in facts.modules; the file's may differ (modules.h) */
	struct dg_str path; /* below the module directory; absent: built into the image */
	struct dg_bool in_tree;	  /* a namesake that the kernel itself brings */
	struct dg_str vermagic;	  /* absent: not looked at */
	struct dg_bool is_signed; /* absent: not looked at */
};

/* A kernel of which at least one part lies on disk. */
struct dg_installed {
	struct dg_meta meta;
	struct dg_str abi;
	/* Paths; absent: there is none, or what is there is blank or cut off: that has a
	 * size. */
	struct dg_str image;
	struct dg_int image_size;
	struct dg_int image_time;
	struct dg_str image_version; /* the string in the image's boot header */
	struct dg_str initrd;
	struct dg_int initrd_size;
	struct dg_int initrd_time;
	struct dg_str modules;	  /* path; absent: no module directory */
	struct dg_bool is_signed; /* the image carries a certificate table */
	DG_LIST(struct dg_built)
	built; /* those of facts.modules from outside the tree
		  that are found here; absent: none is in use */
};

/* Whether a file lies under that name, be it whole, not to be told, or what a full disk
 * left: menus, refreshes and whoever goes by names take all of these (facts.c). */
bool dg_installed_has_image(const struct dg_installed *kernel);
bool dg_installed_has_initrd(const struct dg_installed *kernel);

struct dg_package {
	struct dg_meta meta;
	struct dg_str name;
	struct dg_str version;
	struct dg_str architecture;
	struct dg_str want;   /* install, hold, deinstall, purge, unknown */
	struct dg_str status; /* installed, config-files, half-configured, ... */
	struct dg_str depends;
	struct dg_int build_time;   /* newest changelog entry, else file times */
	struct dg_str build_source; /* path that build_time was read from */
};

struct dg_upgrade {
	struct dg_meta meta;
	struct dg_int time;
	struct dg_str package;
	struct dg_str from; /* absent: first installation */
	struct dg_str to;   /* absent: removal */
};

struct dg_preference {
	struct dg_meta meta;
	struct dg_str package;
	struct dg_str pin;
	struct dg_int priority;
	struct dg_str path;
};

struct dg_packages {
	struct dg_meta meta;
	DG_LIST(struct dg_package) list;   /* those that matter here, not all */
	DG_LIST(struct dg_word) unsettled; /* half-installed, of all packages */
	struct dg_bool locked;		   /* another process holds a dpkg lock */
	struct dg_bool journal;		   /* /var/lib/dpkg/updates holds updates */
	DG_LIST(struct dg_preference) preferences;
	struct dg_int log_since; /* time of the oldest line in the dpkg logs */
	DG_LIST(struct dg_upgrade) upgrades; /* oldest first */
};

struct dg_menu_entry {
	struct dg_meta meta;
	struct dg_str title;
	struct dg_str id;
	struct dg_int parent; /* index of the submenu in this list; -1 at the top */
	struct dg_bool submenu;
	struct dg_str abi; /* absent: not a Linux entry */
	struct dg_str initrd;
};

/* A generated GRUB menu and its environment block. */
struct dg_grub {
	struct dg_meta meta;
	struct dg_str path;
	struct dg_int time;
	struct dg_str default_value; /* as `set default=` gives it */
	struct dg_bool one_shot;     /* the menu clears next_entry, and can */
	struct dg_str saved_entry;
	struct dg_str next_entry;
	struct dg_int env_time;
	DG_LIST(struct dg_menu_entry) entries;
};

/* A kernel's copy on an ESP. */
struct dg_copy {
	struct dg_meta meta;
	struct dg_str abi;
	struct dg_str image;
	struct dg_int image_size;
	struct dg_str image_version;
	struct dg_str initrd;
	struct dg_int initrd_size;
	struct dg_int initrd_time; /* FAT: local time, read as UTC */
};

/* Likewise; of a kernel that was removed the folder or the initrd may be left. */
bool dg_copy_has_image(const struct dg_copy *copy);

struct dg_loader_entry {
	struct dg_meta meta;
	struct dg_str id; /* file name in lower case, with .conf */
	struct dg_str abi;
	struct dg_str sort_key;
	struct dg_str version;
	struct dg_str machine_id;
};

/* What the firmware starts at the next boot. */
struct dg_program {
	struct dg_meta meta;
	struct dg_str entry;  /* of its menu: "Boot0003" */
	struct dg_str title;  /* of that entry: "Linux Boot Manager" */
	struct dg_str path;   /* as the entry has it, "\EFI\debian\shimx64.efi" */
	struct dg_str loader; /* systemd-boot, grub; absent: neither of them */
	struct dg_str menu;   /* which GRUB reads: esp (this one's), root (/boot/grub),
				 elsewhere; absent: nothing beside it says it */
};

struct dg_esp {
	struct dg_meta meta;
	struct dg_str uuid;
	struct dg_bool listed; /* in /etc/kernel/proxmox-boot-uuids */
	struct dg_str device;  /* absent: no such device */
	struct dg_str part_uuid;
	struct dg_str mounted_at;
	struct dg_str filesystem; /* fat, or what it is instead: "other" */
	struct dg_str loader;	  /* systemd-boot, grub; absent: none */
	struct dg_int size;	  /* bytes */
	struct dg_int free;	  /* bytes */
	struct dg_str loader_default;
	struct dg_int loader_time;
	DG_LIST(struct dg_loader_entry) entries;
	DG_LIST(struct dg_copy) copies;
	struct dg_grub grub;
	struct dg_program program; /* absent: the firmware goes elsewhere, or nobody knows
				      where */
};

struct dg_partition {
	struct dg_meta meta;
	struct dg_str name;
	struct dg_str disk;
	struct dg_str type; /* GPT type GUID */
	struct dg_str part_uuid;
	struct dg_str fs_type;
	struct dg_str fs_uuid;
	struct dg_str fs_label;
};

struct dg_efi {
	struct dg_meta meta;
	struct dg_bool booted; /* by EFI firmware */
	struct dg_bool secure_boot;
	struct dg_str loader_info; /* "systemd-boot 257.9" */
	struct dg_str entry_default;
	struct dg_str entry_oneshot;
	struct dg_str entry_selected;
	struct dg_str loader_part_uuid;	  /* partition that this boot came from */
	struct dg_str firmware_part_uuid; /* partition that the firmware tries next */
};

/* What our script in the initramfs saw, and the stamp of that image. */
struct dg_early {
	struct dg_meta meta;
	struct dg_str kernel; /* that was booting */
	struct dg_str pin;
	struct dg_str next_pin;
	struct dg_str image_kernel;   /* an ABI: which the image was made for, */
	struct dg_int image_time;     /* when, */
	struct dg_str image_userland; /* under which: "pve-manager 9.2.3", */
	struct dg_str image_qemu;
	struct dg_str image_pin; /* and what was pinned then */
};

struct dg_boot {
	struct dg_meta meta;
	struct dg_str pin; /* an ABI */
	struct dg_int pin_time;
	struct dg_str next_pin;
	struct dg_int next_pin_time;
	struct dg_str trial;	     /* the next-boot pin as this boot found it */
	struct dg_bool cleanup_done; /* proxmox-boot-cleanup.service has run */
	DG_LIST(struct dg_word) manual;
	struct dg_bool managed; /* the uuids file exists */
	struct dg_str snippet;	/* GRUB_DEFAULT in proxmox-kernel-pin.cfg */
	struct dg_int snippet_time;
	struct dg_str grub_default; /* GRUB_DEFAULT as the shell files end up */
	struct dg_str grub_default_path;
	struct dg_int grub_default_time;
	struct dg_grub grub;
	DG_LIST(struct dg_esp) esps;
	DG_LIST(struct dg_partition) partitions;
	struct dg_efi efi;
	struct dg_early early;
};

/* An entry of the ledger, /etc/driftguard/pins.d/ABI.json. */
struct dg_debt {
	struct dg_meta meta;
	struct dg_str path;
	struct dg_str abi;
	struct dg_str reason;
	struct dg_str owner;
	struct dg_int since;
	struct dg_int until; /* last second of the due day */
};

/* Why what the entry says cannot be used, if its file is none that can; NULL: it can
 * (facts.c). */
const char *dg_debt_gap(const struct dg_debt *debt);

struct dg_module {
	struct dg_meta meta;
	struct dg_str name;
	struct dg_str taint;   /* its letters; "": none */
	struct dg_str version; /* of the loaded module; absent: it states none */
	struct dg_str
		userland; /* version in its user library's file name; absent: none */
};

/* A network port that the configuration names, by a name in which the kernel has a part.
 */
struct dg_port {
	struct dg_meta meta;
	struct dg_str name;
	struct dg_str held; /* the file that holds the name fast; absent: none does */
};

/* What DKMS has built or could build (/var/lib/dkms). */
struct dg_dkms {
	struct dg_meta meta;
	struct dg_str name;
	struct dg_str version;
	struct dg_str kernel;		 /* ABI; absent: added only */
	struct dg_str status;		 /* added, built, installed */
	DG_LIST(struct dg_word) modules; /* names of the files built; absent: none */
};

/* A QEMU executable, read as ELF. */
struct dg_binary {
	struct dg_meta meta;
	struct dg_str path;
	struct dg_str build_id;	 /* hexadecimal; absent: none in its notes */
	struct dg_str version;	 /* "11.0.0-1"; absent: its data holds none */
	struct dg_bool io_uring; /* needs liburing */
	struct dg_bool deleted;	 /* replaced on disk since it was started */
};

/* A thread that waits for events inside io_uring_enter. */
struct dg_ring_wait {
	struct dg_meta meta;
	struct dg_int tid;
	struct dg_str name;  /* "IO iothread-virtioscsi0" */
	struct dg_int flags; /* of the call: bit 7 is IORING_ENTER_NO_IOWAIT */
	struct dg_int
		looks; /* of several, those that saw a plain wait; absent: one look */
};

struct dg_drive {
	struct dg_meta meta;
	struct dg_str name;    /* scsi0, drive-scsi0 */
	struct dg_str aio;     /* io_uring, native, threads; absent: none is set */
	struct dg_bool direct; /* the page cache is passed by */
};

/* The QEMU process of a guest that runs. */
struct dg_running {
	struct dg_meta meta;
	struct dg_int pid;
	struct dg_binary binary;
	DG_LIST(struct dg_drive) drives;
	DG_LIST(struct dg_word) iothreads;  /* ids on the command line */
	DG_LIST(struct dg_ring_wait) waits; /* absent: no thread waits in a ring */
	struct dg_bool incoming; /* it was started to take over from another node */
};

struct dg_guest {
	struct dg_meta meta;
	struct dg_str vmid;
	struct dg_str name;
	struct dg_bool passthrough;	     /* hostpci devices; absent: no config */
	DG_LIST(struct dg_drive) configured; /* drives of the configuration */
	struct dg_str lock; /* what Proxmox is doing to it: migrate, backup; absent:
			       nothing, or no config */
	struct dg_running running; /* absent: it does not run */
};

/* A container (LXC) that is configured on this node. */
struct dg_container {
	struct dg_meta meta;
	struct dg_str vmid;
	struct dg_str lock; /* as a guest's */
};

/* What this kernel's io_uring can do. */
struct dg_ring {
	struct dg_meta meta;
	struct dg_bool inferred; /* from the kernel's version, not asked of the kernel */
	struct dg_int features;	 /* io_uring_params.features; absent: refused */
	struct dg_int last_op;	 /* highest opcode */
	struct dg_int disabled;	 /* sysctl kernel.io_uring_disabled; absent: no such */
};

/* The cluster that this host is a node of. */
struct dg_membership {
	struct dg_meta meta;
	struct dg_str node; /* this one's name in it */
	struct dg_bool quorate;
	DG_LIST(struct dg_word) nodes; /* all of them, in the order of their names */
};

/* What this host's records say about a kernel that it has booted (proven.h). */
struct dg_proof {
	struct dg_meta meta;
	struct dg_str abi;
	struct dg_bool well;   /* at least one of its boots went well */
	struct dg_str boot_id; /* one that did; else the last one */
	struct dg_int time;    /* when it was last judged */
	struct dg_str because; /* a clause: why it counts, or does not */
};

/* An action of driftguard on the boot configuration, /var/lib/driftguard/actions/. */
struct dg_deed {
	struct dg_meta meta;
	struct dg_str id;
	struct dg_str verb;    /* pin, unpin, enforce */
	struct dg_str boot_id; /* of the boot in which it was begun; absent: not known */
	struct dg_int started;
	struct dg_int ended; /* absent: it has not */
	struct dg_bool open; /* neither completed nor rolled back */
	struct dg_bool held; /* and a run holds the lock; absent: closed, or not known */
	struct dg_str outcome; /* refused, nothing, done, undone, unfinished, dry-run;
				  absent: open */
	struct dg_str why;
	struct dg_str target;	/* an ABI; absent: none */
	struct dg_str strategy; /* of its plan: one-shot, pin...; absent: none */
};

struct dg_facts {
	struct dg_meta meta;
	struct dg_str tool;
	struct dg_int time;  /* as of when the facts are judged */
	struct dg_bool live; /* of the running system; else of a tree */
	struct dg_host host;
	struct dg_kernel kernel;
	DG_LIST(struct dg_installed) kernels;
	struct dg_packages packages;
	struct dg_boot boot;
	DG_LIST(struct dg_debt) ledger;
	DG_LIST(struct dg_module)
	modules; /* loaded: from outside the kernel's tree, or with
		    a userland that must fit (modules.h) */
	DG_LIST(struct dg_dkms) dkms;
	DG_LIST(struct dg_port) ports; /* absent: no /etc/network/interfaces */
	DG_LIST(struct dg_guest) guests;
	struct dg_binary qemu; /* the installed one */
	struct dg_ring ring;
	struct dg_idle_result probe;	   /* of this boot's record; absent: not tried */
	DG_LIST(struct dg_sample) samples; /* likewise; oldest first */
	DG_LIST(struct dg_container) containers;
	struct dg_membership cluster; /* absent: a host of its own */
	DG_LIST(struct dg_proof) proven;
	DG_LIST(struct dg_deed) actions; /* oldest first */
};

/* Begun, and neither completed nor rolled back (facts.c). */
bool dg_deed_is_unfinished(const struct dg_deed *deed);

/* --- whole models (facts-json.c) --- */

void dg_facts_free(struct dg_facts *facts); /* frees the members and `facts` itself */
DG_DEFINE_CLEANUP(struct dg_facts *, dg_facts_free);
struct dg_facts *dg_facts_new(void); /* nothing known; NULL: no memory */

/* Only the facts that the dotted `paths` (NULL-terminated) name, as nested objects fit
 * for dg_record_merge(). */
struct json_object *dg_facts_encode_some(const struct dg_facts *facts,
					 const char *const *paths);
/* The fact at `path`; NULL: no such path, or one that leads through a list. */
struct dg_meta *dg_facts_at(struct dg_facts *facts, const char *path);

/* Facts as a document with its schema mark. Decode: -EBADMSG where it is no facts
 * document of a schema known here; *ret_why is then set (owned). */
struct json_object *dg_facts_encode(const struct dg_facts *facts);
int dg_facts_decode(struct json_object *json, struct dg_facts **ret, char **ret_why);

/* The first gap among the facts that `path` names ("boot.esps.loader"; every item of a
 * list counts, `*` at the end means all members below). NULL: no gap. The text is owned
 * by the caller: "boot.pin: unreadable: ..." */
char *dg_facts_gap(const struct dg_facts *facts, const char *path);
/* Where the facts of `path` come from; NULL: no such path. */
const char *dg_facts_source(const char *path);

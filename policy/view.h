/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What follows from the facts before any check is run: which product this is, which
 * kernel series it expects, what boots next and why, what is pinned. Derived once;
 * pointers lead into the facts, which must outlive the view. */
#pragma once

#include "policy/abi.h"
#include "policy/facts.h"
#include "policy/policy.h"

/* Seconds after which a boot is over, where nothing says so. */
#define DG_BOOT_DONE_SECONDS (15 * 60)

struct dg_product {
	const char *id;	  /* pve, pbs, pmg, debian; NULL: cannot be told */
	const char *name; /* for sentences: "Proxmox VE" */
	const char *version;
	const struct dg_package *manager; /* NULL: none */
	bool proxmox;
};

/* The kernel series that this host's own packages ask for. */
struct dg_expected {
	char series[DG_SERIES_SIZE]; /* "" : cannot be told */
	const char *because; /* metapackage, default-metapackage, newest-installed */
	const char *package; /* name of the metapackage; NULL: none */
	const char *abi;     /* the build it depends on; NULL: not said */
};

enum dg_because {
	DG_BY_NOTHING,
	DG_BY_PIN,
	DG_BY_NEXT_PIN,
	DG_BY_LOADER_DEFAULT,
	DG_BY_EFI_VARIABLE,
	DG_BY_NEWEST,
};

/* What a boot loader's configuration boots. */
struct dg_choice {
	const char *abi; /* NULL: cannot be told, see `why` */
	enum dg_because because;
	const char *mechanism; /* grub.cfg default, loader.conf default, ... */
	const char *selector;  /* the text that chose; NULL: none did */
	const char *path;      /* file that holds it */
	int64_t time;	       /* of that file; 0: not known */
	bool named;	       /* one kernel was named (a pin of some kind) */
	bool once;	       /* for one boot only */
	bool no_initrd;	       /* the entry loads none */
	bool nothing;	       /* the loader finds nothing at all to boot */
	char *why;	       /* owned: why it cannot be told */
};

/* A loader configuration that the firmware may start: plain GRUB's, or an ESP's. */
struct dg_loader {
	const struct dg_esp *esp; /* NULL: GRUB's of /boot, unless `program` is set */
	const char *program;	  /* that the firmware starts, and of whose configuration
				     nothing is known here; NULL: none */
	struct dg_choice next;	  /* at the next boot, one-shots included */
	struct dg_choice lasting; /* one-shots left out */
};

/* The pin that counts (CHECKS.md "what a pin is"). */
struct dg_pin {
	const char *abi;  /* NULL: nothing is pinned */
	const char *kind; /* pin-file, grub-snippet, grub-default, grub-saved,
			     loader-conf, efi-variable */
	const char *path;
	int64_t time;		    /* 0: has no date */
	const struct dg_debt *debt; /* the ledger's entry; NULL: none */
	bool documented;	    /* reason, owner and a due date that has not passed */
};

struct dg_view {
	const struct dg_facts *facts;
	const struct dg_policy *policy;
	int64_t now;
	bool clock_ok;
	bool unsettled; /* packages are being changed right now */
	bool container;
	bool trial;    /* a next-boot pin brought this boot about, or a one-shot, and its
			  kernel runs */
	bool one_shot; /* it was a one-shot */
	bool unfinished; /* this boot may still come to where that pin is removed */
	bool outside;	 /* no kernel is installed here: it came from elsewhere */
	struct dg_product product;
	struct dg_expected expected;
	const struct dg_installed *running; /* NULL: nothing of it on disk */
	struct dg_loader *loaders;
	size_t loader_count;
	const struct dg_loader
		*first;	       /* the one the firmware starts; NULL: cannot be told */
	bool first_told;       /* it is the one, not any of several that boot the same */
	struct dg_choice next; /* copy of first->next, or why it cannot be told */
	struct dg_pin pin;
	const struct dg_installed *target; /* NULL: none, or none needed */
};

struct dg_finding;

/* 0 or -ENOMEM. The caller clears the view. */
int dg_view_derive(const struct dg_facts *facts, const struct dg_policy *policy,
		   struct dg_view *ret);
void dg_view_clear(struct dg_view *view);

/* --- steps of the derivation, one file each --- */
void dg_view_product(struct dg_view *view); /* view-product.c */
/* "Proxmox VE" of "pve"; NULL: no product that is known here. */
const char *dg_product_name(const char *id);
void dg_view_expected(struct dg_view *view); /* view-kernel.c */
int dg_view_loaders(struct dg_view *view);   /* view-boot.c */
void dg_view_pin(struct dg_view *view);	     /* view-pin.c */
void dg_view_target(struct dg_view *view);   /* view-kernel.c */

/* Say that nothing is pinned, or why a gap in the boot loader hides whether something is
 * (view-pin.c). */
void dg_find_unpinned(const struct dg_view *view, struct dg_finding *f);

/* --- look-ups --- */
/* Present in the sense of dpkg: unpacked or better, whatever is wanted. NULL: not. */
const struct dg_package *dg_view_package(const struct dg_view *view, const char *name);
bool dg_package_present(const struct dg_package *package);
bool dg_is_qemu_package(const char *name);
/* The manager of any product, or a QEMU: the packages that may date a userland. */
bool dg_is_userland_package(const char *name);
/* The product's manager, or a QEMU: what dates the userland. */
bool dg_view_is_userland(const struct dg_view *view, const struct dg_package *package);
/* The package that owns the kernel `abi` (any status); NULL: none. */
const struct dg_package *dg_view_kernel_package(const struct dg_view *view,
						const char *abi);
/* Whether the kernel `abi` is one of those that updates bring to this host: Proxmox's own
 * on its products, elsewhere those of the running one's flavour. Any other may well be of
 * a higher version, and is no newer build of what runs. */
bool dg_view_is_kindred(const struct dg_view *view, const char *abi);
/* Whether a refresh of the ESPs copies the kernel `abi` while it is new enough: it
 * selects by the packages' names, and takes what runs and what was added by hand,
 * whoever's it is (DOMAIN 2.1). */
bool dg_view_is_selected(const struct dg_view *view, const char *abi);
/* Whether a refresh copies this kernel: it selects it, and its files are there, whole or
 * not; none is copied without its initrd. */
bool dg_view_is_copied(const struct dg_view *view, const struct dg_installed *kernel);
/* A kernel that is not Proxmox's, on a host that is. */
bool dg_view_is_foreign(const struct dg_view *view, const char *abi);
/* X.Y of a Proxmox series metapackage's name; false: it is none. Debian's
 * linux-image-ARCH has its series in its dependency and is handled in view-kernel.c. */
bool dg_series_from_package(const char *name, char *ret, size_t size);
const struct dg_installed *dg_view_installed(const struct dg_view *view, const char *abi);
/* Image and modules are there: it can be booted in earnest. */
bool dg_installed_whole(const struct dg_installed *kernel);
/* An ESP's copy beside what it is a copy of (checks-esp.c). */
enum dg_copy_state {
	DG_COPY_SAME,
	DG_COPY_LACKS_INITRD,
	DG_COPY_OTHER,
	DG_COPY_CANNOT_TELL
};
/* Of one that cannot be told *ret_why is the reason, which leads into both. */
enum dg_copy_state dg_copy_compare(const struct dg_copy *copy,
				   const struct dg_installed *kernel,
				   const char **ret_why);
const char *dg_because_name(enum dg_because because);

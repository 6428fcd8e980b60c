/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether the copies on an ESP are what a goal asks for. */
#include "policy/abi.h"
#include "policy/goal-look.h"

static const struct dg_copy *find_copy(const struct dg_esp *esp, const char *abi)
{
	dg_list_foreach (copy, esp->copies)
		if (dg_streq(dg_get(&copy->abi), abi))
			return copy;
	return NULL;
}

/* Of a kernel that was removed the copy is all that is left. */
static const struct dg_installed *find_original(const struct dg_look *look,
						const char *abi)
{
	const struct dg_installed *kernel = dg_view_installed(look->view, abi);

	return kernel && !dg_absent(&kernel->image) ? kernel : NULL;
}

static void compare_copy(struct dg_look *look, const char *uuid,
			 const struct dg_copy *copy, const struct dg_installed *kernel)
{
	const char *abi = copy->abi.value, *why = NULL;

	switch (dg_copy_compare(copy, kernel, &why)) {
	case DG_COPY_SAME:
		break;
	case DG_COPY_LACKS_INITRD:
		dg_look_deny(look, DG_NO, "ESP %s: its copy of %s has no initrd", uuid,
			     abi);
		break;
	case DG_COPY_OTHER:
		dg_look_deny(look, DG_NO,
			     "ESP %s: its copy of %s is not the one in /boot", uuid, abi);
		break;
	case DG_COPY_CANNOT_TELL:
		dg_look_deny(look, DG_CANNOT_TELL,
			     "ESP %s: its copy of %s cannot be compared with the one in "
			     "/boot: %s",
			     uuid, abi, why);
		break;
	}
}

/* Of one that is there. */
static bool is_broken(const struct dg_copy *copy)
{
	return dg_absent(&copy->image) || copy->image_version.meta.state == DG_MALFORMED;
}

/* A copy that was cut short boots nothing, and one that cannot be seen is not known to
 * boot. */
static void look_at_one(struct dg_look *look, const char *uuid,
			const struct dg_copy *copy, const struct dg_installed *kernel)
{
	const char *abi = copy->abi.value, *why = copy->image_version.meta.detail;

	if (is_broken(copy))
		dg_look_deny(look, DG_NO, "ESP %s: its copy of %s is broken: %s", uuid,
			     abi, why ? why : "no kernel image");
	else if (!dg_known(&copy->image))
		dg_look_deny(look, DG_CANNOT_TELL,
			     "ESP %s: its copy of %s cannot be read", uuid, abi);
	else if (kernel)
		compare_copy(look, uuid, copy, kernel);
	else if (dg_absent(&copy->initrd))
		dg_look_deny(look, DG_NO, "ESP %s: its copy of %s has no initrd", uuid,
			     abi);
}

/* Without the list of kernels nothing can be compared. */
static void look_at_kernels(struct dg_look *look, const char *uuid)
{
	const struct dg_meta *meta = &look->view->facts->kernels.meta;

	if (meta->state != DG_KNOWN)
		dg_look_deny(look, DG_CANNOT_TELL,
			     "ESP %s: there is nothing to compare its copies with: %s",
			     uuid,
			     meta->detail ? meta->detail
					  : "the kernels in /boot are not known");
}

void dg_look_at_copy(struct dg_look *look, const struct dg_esp *esp)
{
	const char *abi = look->goal->boots, *uuid = esp->uuid.value;
	const struct dg_copy *copy = find_copy(esp, abi);

	if (!copy || !dg_copy_has_image(copy)) {
		dg_look_deny(look, dg_known(&esp->copies) ? DG_NO : DG_CANNOT_TELL,
			     "ESP %s holds no copy of %s", uuid, abi);
		return;
	}
	look_at_one(look, uuid, copy, find_original(look, abi));
	look_at_kernels(look, uuid);
}

/* No refresh brings an initrd that is not in /boot, nor a kernel that it does not select;
 * an initrd alone is what the removal of a kernel left. */
static bool is_refreshed(const struct dg_look *look, const struct dg_copy *copy,
			 const struct dg_installed *kernel)
{
	return kernel && !dg_absent(&kernel->initrd) && dg_copy_has_image(copy) &&
	       dg_view_is_selected(look->view, copy->abi.value);
}

void dg_look_at_copies(struct dg_look *look, const struct dg_esp *esp)
{
	const char *uuid = esp->uuid.value;

	if (!dg_known(&esp->copies))
		dg_look_deny(look, DG_CANNOT_TELL,
			     "ESP %s: its copies cannot be told: %s", uuid,
			     esp->copies.meta.detail ? esp->copies.meta.detail
						     : "nobody read them");
	look_at_kernels(look, uuid);
	dg_list_foreach (copy, esp->copies) {
		const char *abi = dg_get(&copy->abi);
		const struct dg_installed *kernel = abi ? find_original(look, abi) : NULL;

		if (!abi)
			dg_look_deny(look, DG_CANNOT_TELL,
				     "ESP %s: a copy there cannot be told", uuid);
		else if (is_refreshed(look, copy, kernel))
			look_at_one(look, uuid, copy, kernel);
	}
}

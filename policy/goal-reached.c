/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a host is where a goal says, and the goal that it is at. */
#include <stdarg.h>

#include "policy/goal.h"
#include "policy/text.h"
#include "policy/view.h"

struct look {
	const struct dg_view *view;
	const struct dg_goal *goal;
	enum dg_answer answer;
	char *why; /* of the first that is not YES; a NO goes before what is not told */
};

static void deny(struct look *look, enum dg_answer answer, const char *fmt, ...)
	DG_PRINTF(3, 4);

static void deny(struct look *look, enum dg_answer answer, const char *fmt, ...)
{
	va_list args;

	if (look->answer == DG_NO || look->answer == answer)
		return;
	look->answer = answer;
	free(look->why);
	va_start(args, fmt);
	look->why = dg_vformat(fmt, args);
	va_end(args);
}

static void look_at_pin(struct look *look, const struct dg_str *fact, const char *wanted,
			const char *path)
{
	const char *found = dg_get(fact);

	if (found || dg_absent(fact)) {
		if (found ? !dg_streq(found, wanted) : wanted != NULL)
			deny(look, DG_NO, "%s names %s, not %s", path,
			     found ? found : "no kernel", wanted ? wanted : "none");
		return;
	}
	deny(look, fact->meta.state == DG_MALFORMED ? DG_NO : DG_CANNOT_TELL,
	     "%s cannot be told: %s", path,
	     fact->meta.detail ? fact->meta.detail : "nobody read it");
}

static const struct dg_copy *find_copy(const struct dg_esp *esp, const char *abi)
{
	dg_list_foreach (copy, esp->copies)
		if (dg_streq(dg_get(&copy->abi), abi))
			return copy;
	return NULL;
}

/* Of a kernel that was removed the copy is all that is left. */
static const struct dg_installed *find_original(const struct look *look, const char *abi)
{
	const struct dg_installed *kernel = dg_view_installed(look->view, abi);

	return kernel && !dg_absent(&kernel->image) ? kernel : NULL;
}

static void compare_copy(struct look *look, const char *uuid, const struct dg_copy *copy,
			 const struct dg_installed *kernel)
{
	const char *abi = copy->abi.value, *why = NULL;

	switch (dg_copy_compare(copy, kernel, &why)) {
	case DG_COPY_SAME:
		break;
	case DG_COPY_LACKS_INITRD:
		deny(look, DG_NO, "ESP %s: its copy of %s has no initrd", uuid, abi);
		break;
	case DG_COPY_OTHER:
		deny(look, DG_NO, "ESP %s: its copy of %s is not the one in /boot", uuid,
		     abi);
		break;
	case DG_COPY_CANNOT_TELL:
		deny(look, DG_CANNOT_TELL,
		     "ESP %s: whether its copy of %s is the one in /boot cannot be "
		     "told: %s",
		     uuid, abi, why);
		break;
	}
}

/* A copy that was cut short boots nothing, and one that cannot be seen is not known to
 * boot. */
static void look_at_copy(struct look *look, const struct dg_esp *esp)
{
	const struct dg_facts *facts = look->view->facts;
	const char *abi = look->goal->boots, *uuid = esp->uuid.value;
	const struct dg_copy *copy = find_copy(esp, abi);
	const struct dg_installed *kernel = find_original(look, abi);

	if (!copy || dg_absent(&copy->image))
		deny(look, dg_known(&esp->copies) ? DG_NO : DG_CANNOT_TELL,
		     "ESP %s holds no copy of %s", uuid, abi);
	else if (!dg_known(&copy->image))
		deny(look, DG_CANNOT_TELL, "ESP %s: its copy of %s cannot be read", uuid,
		     abi);
	else if (copy->image_version.meta.state == DG_MALFORMED)
		deny(look, DG_NO, "ESP %s: its copy of %s is broken: %s", uuid, abi,
		     copy->image_version.meta.detail ? copy->image_version.meta.detail
						     : "no kernel image");
	else if (kernel)
		compare_copy(look, uuid, copy, kernel);
	else if (!dg_known(&facts->kernels))
		deny(look, DG_CANNOT_TELL,
		     "ESP %s: there is nothing to compare its copy of %s with: %s", uuid,
		     abi,
		     facts->kernels.meta.detail ? facts->kernels.meta.detail
						: "the kernels in /boot are not known");
	else if (dg_absent(&copy->initrd))
		deny(look, DG_NO, "ESP %s: its copy of %s has no initrd", uuid, abi);
}

/* The same kernel by another way is not yet there: the next upgrade, or the one after it,
 * would tell them apart. What a person wrote into GRUB_DEFAULT stays without a pin. */
static bool is_by_pin(const struct look *look, const struct dg_choice *choice)
{
	const struct dg_boot *boot = &look->view->facts->boot;

	if (look->goal->pin || look->goal->next_pin)
		return choice->named;
	return !choice->named || choice->because == DG_BY_EFI_VARIABLE ||
	       dg_streq(choice->selector, dg_get(&boot->grub_default)) ||
	       dg_after(choice->mechanism, "grubenv ");
}

static void look_at_loader(struct look *look, const struct dg_loader *loader)
{
	const struct dg_choice *choice = &loader->lasting;
	const char *boots = look->goal->boots;
	DG_FREE char *where = loader->esp ? dg_format("ESP %s", loader->esp->uuid.value)
					  : dg_format("GRUB");

	if (!where)
		return;
	if (!choice->abi)
		deny(look, DG_CANNOT_TELL, "what %s boots cannot be told: %s", where,
		     choice->why ? choice->why : "unknown");
	else if (!dg_streq(choice->abi, boots))
		deny(look, DG_NO, "%s boots %s, not %s", where, choice->abi, boots);
	else if (!is_by_pin(look, choice))
		deny(look, DG_NO, "%s boots %s, but %s", where, boots,
		     choice->named ? "by its name, as if it were still pinned"
				   : "as the newest, not as the one that is pinned");
	else if (loader->esp)
		look_at_copy(look, loader->esp);
}

static const struct dg_loader *find_loader(const struct dg_view *view,
					   const struct dg_esp *esp)
{
	for (size_t i = 0; i < view->loader_count; i++)
		if (view->loaders[i].esp == esp)
			return &view->loaders[i];
	return NULL;
}

static void look_at_esp(struct look *look, const struct dg_esp *esp, size_t *missing)
{
	const struct dg_loader *loader = find_loader(look->view, esp);
	const char *uuid = dg_get(&esp->uuid);

	if (loader)
		look_at_loader(look, loader);
	else if (!dg_absent(&esp->device))
		deny(look, dg_absent(&esp->loader) ? DG_NO : DG_CANNOT_TELL,
		     "ESP %s holds no boot loader that can be read",
		     uuid ? uuid : "without a name");
	else if (++*missing > look->goal->missing)
		deny(look, DG_NO, "ESP %s is not there", uuid);
}

/* Every listed ESP, whichever the firmware starts; and the one that it starts, listed or
 * not. */
static void look_at_esps(struct look *look)
{
	const struct dg_boot *boot = &look->view->facts->boot;
	const struct dg_loader *first = look->view->first;
	size_t missing = 0;

	if (!dg_known(&boot->esps))
		deny(look, DG_CANNOT_TELL, "the ESPs cannot be told: %s",
		     boot->esps.meta.detail ? boot->esps.meta.detail
					    : "nobody read them");
	dg_list_foreach (esp, boot->esps) {
		if (!dg_known(esp) || !dg_known(&esp->listed))
			deny(look, DG_CANNOT_TELL,
			     "which ESPs are listed cannot be told");
		else if (esp->listed.value)
			look_at_esp(look, esp, &missing);
	}
	if (look->view->first_told && first->esp && !dg_true(&first->esp->listed))
		look_at_loader(look, first);
}

static void look_at_loaders(struct look *look)
{
	const struct dg_view *view = look->view;

	if (!dg_known(&view->facts->boot.managed))
		deny(look, DG_CANNOT_TELL, "whether ESPs are managed cannot be told");
	else if (view->facts->boot.managed.value)
		look_at_esps(look);
	else if (!view->loader_count)
		deny(look, DG_CANNOT_TELL, "%s",
		     view->next.why ? view->next.why : "no boot loader is known");
	for (size_t i = 0; !dg_true(&view->facts->boot.managed) && i < view->loader_count;
	     i++)
		look_at_loader(look, &view->loaders[i]);
}

enum dg_answer dg_goal_reached(const struct dg_facts *facts,
			       const struct dg_policy *policy, const struct dg_goal *goal,
			       char **ret_why)
{
	struct dg_view view;
	struct look look = {.view = &view, .goal = goal, .answer = DG_YES};

	if (dg_view_derive(facts, policy, &view) < 0)
		return DG_CANNOT_TELL;
	look_at_pin(&look, &facts->boot.pin, goal->pin, "/etc/kernel/proxmox-boot-pin");
	look_at_pin(&look, &facts->boot.next_pin, goal->next_pin,
		    "/etc/kernel/next-boot-pin");
	if (goal->boots)
		look_at_loaders(&look);
	dg_view_clear(&view);
	if (look.answer != DG_YES)
		*ret_why = look.why;
	return look.answer;
}

/* --- what a host is at --- */

/* The kernel that all of the loaders boot; NULL: they do not agree. */
static const char *find_agreed(const struct dg_view *view)
{
	for (size_t i = 1; i < view->loader_count; i++)
		if (!dg_streq(view->loaders[i].lasting.abi, view->loaders[0].lasting.abi))
			return NULL;
	return view->loader_count ? view->loaders[0].lasting.abi : NULL;
}

static size_t count_missing(const struct dg_facts *facts)
{
	size_t n = 0;

	dg_list_foreach (esp, facts->boot.esps)
		n += dg_true(&esp->listed) && dg_absent(&esp->device);
	return n;
}

void dg_goal_of(const struct dg_facts *facts, const struct dg_policy *policy,
		struct dg_goal *ret)
{
	DG_FREE char *why = NULL;
	struct dg_view view;
	const char *pinned;

	*ret = (struct dg_goal){.pin = dg_get(&facts->boot.pin),
				.next_pin = dg_get(&facts->boot.next_pin),
				.missing = count_missing(facts)};
	if (dg_view_derive(facts, policy, &view) < 0)
		return;
	ret->boots = find_agreed(&view);
	dg_view_clear(&view);
	/* What does not follow the pin files is nothing that commands lead back to. */
	pinned = ret->next_pin ? ret->next_pin : ret->pin;
	if (ret->boots && ((pinned && !dg_streq(pinned, ret->boots)) ||
			   dg_goal_reached(facts, policy, ret, &why) != DG_YES))
		ret->boots = NULL;
}

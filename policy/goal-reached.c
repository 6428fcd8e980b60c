/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a host is where a goal says. */
#include <stdarg.h>

#include "policy/goal-look.h"
#include "policy/text.h"

void dg_look_deny(struct dg_look *look, enum dg_answer answer, const char *fmt, ...)
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

static void look_at_pin(struct dg_look *look, const struct dg_str *fact,
			const char *wanted, const char *path)
{
	const char *found = dg_get(fact);

	if (found || dg_absent(fact)) {
		if (found ? !dg_streq(found, wanted) : wanted != NULL)
			dg_look_deny(look, DG_NO, "%s names %s, not %s", path,
				     found ? found : "no kernel",
				     wanted ? wanted : "none");
		return;
	}
	dg_look_deny(look, fact->meta.state == DG_MALFORMED ? DG_NO : DG_CANNOT_TELL,
		     "%s cannot be told: %s", path,
		     fact->meta.detail ? fact->meta.detail : "nobody read it");
}

/* The same kernel by another way is not yet there: the next upgrade, or the one after it,
 * would tell them apart. What a person wrote into GRUB_DEFAULT stays without a pin. */
static bool is_by_pin(const struct dg_look *look, const struct dg_choice *choice)
{
	const struct dg_boot *boot = &look->view->facts->boot;

	if (look->goal->pin || look->goal->next_pin)
		return choice->named;
	return !choice->named || choice->because == DG_BY_EFI_VARIABLE ||
	       dg_streq(choice->selector, dg_get(&boot->grub_default)) ||
	       dg_after(choice->mechanism, "grubenv ");
}

static void look_at_loader(struct dg_look *look, const struct dg_loader *loader)
{
	const struct dg_choice *choice = &loader->lasting;
	const char *boots = look->goal->boots;
	DG_FREE char *where =
		loader->esp ? dg_format("ESP %s", loader->esp->uuid.value)
			    : dg_format("%s", loader->program ? loader->program : "GRUB");

	if (!where)
		return;
	if (!choice->abi)
		dg_look_deny(look, DG_CANNOT_TELL, "what %s boots cannot be told: %s",
			     where, choice->why ? choice->why : "unknown");
	else if (!dg_streq(choice->abi, boots))
		dg_look_deny(look, DG_NO, "%s boots %s, not %s", where, choice->abi,
			     boots);
	else if (!is_by_pin(look, choice))
		dg_look_deny(look, DG_NO, "%s boots %s, but %s", where, boots,
			     choice->named
				     ? "by its name, as if it were still pinned"
				     : "as the newest, not as the one that is pinned");
	else if (loader->esp)
		dg_look_at_copy(look, loader->esp);
}

static const struct dg_loader *find_loader(const struct dg_view *view,
					   const struct dg_esp *esp)
{
	for (size_t i = 0; i < view->loader_count; i++)
		if (view->loaders[i].esp == esp)
			return &view->loaders[i];
	return NULL;
}

static void look_at_esp(struct dg_look *look, const struct dg_esp *esp, size_t *missing)
{
	const struct dg_loader *loader = find_loader(look->view, esp);
	const char *uuid = dg_get(&esp->uuid);

	if (loader && look->goal->boots)
		look_at_loader(look, loader);
	if (loader && look->goal->fresh)
		dg_look_at_copies(look, esp);
	if (loader)
		return;
	if (!dg_absent(&esp->device))
		dg_look_deny(look, dg_absent(&esp->loader) ? DG_NO : DG_CANNOT_TELL,
			     "ESP %s holds no boot loader that can be read",
			     uuid ? uuid : "without a name");
	else if (++*missing > look->goal->missing)
		dg_look_deny(look, DG_NO, "ESP %s is not there", uuid);
}

/* Every listed ESP, whichever the firmware starts; and what it starts, be that from
 * another ESP or what reads none of them. */
static void look_at_esps(struct dg_look *look)
{
	const struct dg_boot *boot = &look->view->facts->boot;
	const struct dg_loader *first = look->view->first;
	size_t missing = 0;

	if (!dg_known(&boot->esps))
		dg_look_deny(look, DG_CANNOT_TELL, "the ESPs cannot be told: %s",
			     boot->esps.meta.detail ? boot->esps.meta.detail
						    : "nobody read them");
	dg_list_foreach (esp, boot->esps) {
		if (!dg_known(esp) || !dg_known(&esp->listed))
			dg_look_deny(look, DG_CANNOT_TELL,
				     "which ESPs are listed cannot be told");
		else if (esp->listed.value)
			look_at_esp(look, esp, &missing);
	}
	if (look->goal->boots && look->view->first_told &&
	    !(first->esp && dg_true(&first->esp->listed)))
		look_at_loader(look, first);
}

/* Those of a host that boots from /boot. */
static void look_at_own_loaders(struct dg_look *look)
{
	const struct dg_view *view = look->view;

	if (!view->loader_count)
		dg_look_deny(look, DG_CANNOT_TELL, "%s",
			     view->next.why ? view->next.why : "no boot loader is known");
	for (size_t i = 0; i < view->loader_count; i++)
		look_at_loader(look, &view->loaders[i]);
}

static void look_at_loaders(struct dg_look *look)
{
	const struct dg_view *view = look->view;

	if (!dg_known(&view->facts->boot.managed))
		dg_look_deny(look, DG_CANNOT_TELL,
			     "whether ESPs are managed cannot be told");
	else if (view->facts->boot.managed.value)
		look_at_esps(look);
	else if (look->goal->boots)
		look_at_own_loaders(look);
}

enum dg_answer dg_goal_reached(const struct dg_facts *facts,
			       const struct dg_policy *policy, const struct dg_goal *goal,
			       char **ret_why)
{
	struct dg_view view;
	struct dg_look look = {.view = &view, .goal = goal, .answer = DG_YES};

	if (dg_view_derive(facts, policy, &view) < 0)
		return DG_CANNOT_TELL;
	look_at_pin(&look, &facts->boot.pin, goal->pin, "/etc/kernel/proxmox-boot-pin");
	look_at_pin(&look, &facts->boot.next_pin, goal->next_pin,
		    "/etc/kernel/next-boot-pin");
	if (goal->boots || goal->fresh)
		look_at_loaders(&look);
	dg_view_clear(&view);
	if (look.answer != DG_YES)
		*ret_why = look.why;
	return look.answer;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What must hold before the boot configuration is moved to another kernel. A question
 * that cannot be answered is not passed: it says so. */
#include <errno.h>
#include <stdarg.h>

#include "policy/preflight.h"
#include "policy/text.h"

struct question {
	const char *id;
	bool of_kernel;	 /* differs from kernel to kernel; else it is the host's */
	bool of_build;	 /* a no becomes a yes by building modules */
	bool of_refresh; /* asked without a kernel (NULL), too */
	bool advisory;	 /* a no is worth a look, and in nobody's way */
	void (*ask)(const struct dg_view *view, const struct dg_installed *kernel,
		    struct dg_preflight *p);
};

void dg_preflight_answer(struct dg_preflight *p, enum dg_answer ok, const char *fmt, ...)
{
	va_list args;

	p->ok = ok;
	free(p->detail);
	va_start(args, fmt);
	p->detail = dg_vformat(fmt, args);
	va_end(args);
	if (p->detail && ok == DG_CANNOT_TELL) {
		char *longer = dg_format("cannot be told: %s", p->detail);

		free(p->detail);
		p->detail = longer;
	}
}

static void ask_settled(const struct dg_view *view, const struct dg_installed *kernel,
			struct dg_preflight *p)
{
	static const char *const paths[] = {"packages.locked", "packages.journal",
					    "packages.unsettled.*"};

	(void)kernel;
	for (size_t i = 0; i < DG_COUNT(paths); i++) {
		DG_FREE char *gap = dg_facts_gap(view->facts, paths[i]);

		if (gap)
			dg_preflight_answer(p, DG_CANNOT_TELL, "%s", gap);
	}
	if (view->unsettled) {
		dg_preflight_answer(p, DG_NO, "packages are being changed");
		p->unblock = dg_format("dpkg --configure -a");
	} else if (!p->detail) {
		dg_preflight_answer(p, DG_YES, "no package change is under way");
	}
}

static const struct question questions[] = {
	{.id = "image-present", .of_kernel = true, .ask = dg_ask_image},
	{.id = "initrd-present", .of_kernel = true, .ask = dg_ask_initrd},
	{.id = "modules-present", .of_kernel = true, .ask = dg_ask_modules},
	{.id = "package-configured", .of_kernel = true, .ask = dg_ask_package},
	{.id = "out-of-tree-modules",
	 .of_kernel = true,
	 .of_build = true,
	 .ask = dg_ask_out_of_tree},
	{.id = "secure-boot", .of_kernel = true, .ask = dg_ask_secure_boot},
	{.id = "zfs-features", .of_kernel = true, .ask = dg_ask_zfs},
	{.id = "packages-settled", .of_refresh = true, .ask = ask_settled},
	{.id = "no-next-boot-pin", .ask = dg_ask_next_pin},
	{.id = "no-loader-override", .of_refresh = true, .ask = dg_ask_override},
	{.id = "network-names", .advisory = true, .ask = dg_ask_names},
};

/* Only where proxmox-boot-tool copies kernels to ESPs. */
static const struct question esp_questions[] = {
	{.id = "esps-reachable", .of_refresh = true, .ask = dg_ask_esps},
	{.id = "esp-order", .of_refresh = true, .ask = dg_ask_order},
	{.id = "esp-space", .ask = dg_ask_space},
};

static int ask_all(const struct question *list, size_t count, const struct dg_view *view,
		   const struct dg_installed *kernel, struct dg_plan *plan, bool refresh)
{
	for (size_t i = 0; i < count; i++) {
		struct dg_preflight *p = &plan->preflights[plan->preflight_count];

		if (refresh && !list[i].of_refresh)
			continue;
		plan->preflight_count++;

		p->id = list[i].id;
		p->advisory = list[i].advisory;
		list[i].ask(view, kernel, p);
		if (!p->detail)
			return -ENOMEM;
	}
	return 0;
}

/* Those of a person's pin or unpin that are not in these tables (preflight-pin.c). */
#define OTHERS_MAX 4

_Static_assert(DG_COUNT(questions) + DG_COUNT(esp_questions) + OTHERS_MAX <=
		       DG_PREFLIGHTS_MAX,
	       "a plan has room for every preflight");

static int run(const struct dg_view *view, const struct dg_installed *kernel,
	       struct dg_plan *plan, bool refresh)
{
	int r = ask_all(questions, DG_COUNT(questions), view, kernel, plan, refresh);

	if (r == 0 && dg_true(&view->facts->boot.managed))
		r = ask_all(esp_questions, DG_COUNT(esp_questions), view, kernel, plan,
			    refresh);
	return r;
}

size_t dg_preflight_question_names(const char **ret)
{
	size_t n = 0;

	for (size_t i = 0; i < DG_COUNT(questions); i++)
		ret[n++] = questions[i].id;
	for (size_t i = 0; i < DG_COUNT(esp_questions); i++)
		ret[n++] = esp_questions[i].id;
	return n;
}

int dg_preflight_run(const struct dg_view *view, const struct dg_installed *kernel,
		     struct dg_plan *plan)
{
	return run(view, kernel, plan, false);
}

int dg_preflight_refresh(const struct dg_view *view, const struct dg_installed *kernel,
			 struct dg_plan *plan)
{
	return run(view, kernel, plan, true);
}

bool dg_preflight_passes(const struct dg_view *view, const struct dg_installed *kernel,
			 bool once_built)
{
	bool passes = true;

	for (size_t i = 0; i < DG_COUNT(questions) && passes; i++) {
		struct dg_preflight p = {0};

		if (!questions[i].of_kernel || (once_built && questions[i].of_build))
			continue;
		questions[i].ask(view, kernel, &p);
		passes = p.ok != DG_NO;
		free(p.detail);
		free(p.unblock);
	}
	return passes;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Within the preflights: the questions. Each sets the answer and its detail, and what
 * would make a no a yes where that is known; a detail that stays NULL: out of memory. */
#pragma once

#include "policy/plan.h"

/* In place of the answer before. What cannot be told says so in its detail. */
void dg_preflight_answer(struct dg_preflight *p, enum dg_answer ok, const char *fmt, ...)
	DG_PRINTF(3, 4);

/* The ids of all questions, at most DG_PREFLIGHTS_MAX; how many. */
size_t dg_preflight_question_names(const char **ret);

/* --- of a kernel: preflight-kernel.c --- */

void dg_ask_image(const struct dg_view *view, const struct dg_installed *kernel,
		  struct dg_preflight *p);
void dg_ask_initrd(const struct dg_view *view, const struct dg_installed *kernel,
		   struct dg_preflight *p);
void dg_ask_modules(const struct dg_view *view, const struct dg_installed *kernel,
		    struct dg_preflight *p);
void dg_ask_package(const struct dg_view *view, const struct dg_installed *kernel,
		    struct dg_preflight *p);
void dg_ask_out_of_tree(const struct dg_view *view, const struct dg_installed *kernel,
			struct dg_preflight *p);
void dg_ask_secure_boot(const struct dg_view *view, const struct dg_installed *kernel,
			struct dg_preflight *p);

void dg_ask_zfs(const struct dg_view *view, const struct dg_installed *kernel,
		struct dg_preflight *p);

/* Are the names of network ports held fast, that another kernel might change? Advisory:
 * preflight-network.c. */
void dg_ask_names(const struct dg_view *view, const struct dg_installed *kernel,
		  struct dg_preflight *p);

/* --- of the boot loaders: preflight-boot.c --- */

/* `kernel` may be NULL: none is moved to. */
void dg_ask_esps(const struct dg_view *view, const struct dg_installed *kernel,
		 struct dg_preflight *p);
void dg_ask_order(const struct dg_view *view, const struct dg_installed *kernel,
		  struct dg_preflight *p);
void dg_ask_override(const struct dg_view *view, const struct dg_installed *kernel,
		     struct dg_preflight *p);

void dg_ask_space(const struct dg_view *view, const struct dg_installed *kernel,
		  struct dg_preflight *p);
void dg_ask_next_pin(const struct dg_view *view, const struct dg_installed *kernel,
		     struct dg_preflight *p);

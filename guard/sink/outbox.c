/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mail that waits to be sent. */
#include "guard/sink/outbox.h"

#include <errno.h>
#include <sys/stat.h>

#include "guard/base/cleanup.h"
#include "guard/base/write.h"

/* Of that unit's path unit, being enabled looks like this. */
#define MAIL_UNIT "/etc/systemd/system/multi-user.target.wants/driftguard-mail.path"

static const char *const names[] = {"mail", "mail.sending", "mail.tries"};

bool dg_outbox_is_watched(const struct dg_root *root)
{
	struct stat st;

	return dg_root_stat(root, MAIL_UNIT, false, &st) == 0 &&
	       dg_root_stat(root, "/run/systemd/system", true, &st) == 0;
}

/* All is tried; the first failure is told. */
static int empty(const struct dg_root *root, const struct dg_folder *folder,
		 char **ret_why)
{
	int first = 0;

	for (size_t i = 0; i < DG_COUNT(names); i++) {
		DG_FREE char *why = NULL;
		int r = dg_root_drop(root, folder, names[i], &why);

		if (r < 0 && first == 0) {
			first = r;
			*ret_why = DG_STEAL(why);
		}
	}
	return first;
}

int dg_outbox_put(const struct dg_root *root, const char *message, size_t size,
		  char **ret_why)
{
	DG_FREE char *first_why = NULL;
	int r = dg_root_write(root, &dg_state_folder, names[0], message, size, 0644,
			      &first_why);
	bool lasts = !dg_has_no_room(r);

	if (lasts && r < 0) {
		*ret_why = DG_STEAL(first_why);
		return r;
	}
	if (!lasts)
		r = dg_root_write(root, &dg_run_folder, names[0], message, size, 0644,
				  ret_why);
	if (r == 0) {
		DG_FREE char *why = NULL;

		/* An older one may be sent too, at worst. */
		empty(root, lasts ? &dg_run_folder : &dg_state_folder, &why);
	}
	return r;
}

int dg_outbox_withdraw(const struct dg_root *root, char **ret_why)
{
	DG_FREE char *why = NULL;
	int lasting = empty(root, &dg_state_folder, ret_why);
	int other = empty(root, &dg_run_folder, lasting < 0 ? &why : ret_why);

	return lasting < 0 ? lasting : other;
}

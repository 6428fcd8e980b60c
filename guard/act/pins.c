/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pin files: a pin's age is the time of its file, which proxmox-boot-tool resets each
 * time that it writes it. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "guard/act/act.h"
#include "guard/base/cleanup.h"
#include "guard/base/write.h"
#include "guard/collect/collect.h"
#include "policy/text.h"

static const struct dg_folder folder = {.base = "/etc/kernel", .below = ""};

struct pin {
	const char *name;
	const struct dg_str *content; /* before */
	const struct dg_int *time;
	char *now; /* owned; NULL: none */
};

static char *path_of(const struct pin *pin)
{
	return dg_format("%s/%s", folder.base, pin->name);
}

/* Its first line, as it is now. */
static void look(const struct dg_root *root, struct pin *pin)
{
	DG_FREE char *path = path_of(pin);
	struct dg_str line = {0};

	if (path)
		dg_read_line_fact(root, path, &line);
	pin->now = DG_STEAL(line.value);
	free(line.meta.detail);
}

/* An empty file is no pin, but nothing that was there before. */
static int put_content(const struct dg_root *root, const struct pin *pin, char **ret_why)
{
	const char *before = dg_get(pin->content);
	DG_FREE char *text = before ? dg_format("%s\n", before) : NULL;
	DG_FREE char *why = NULL;
	int r;

	if (before) {
		if (!text)
			return -ENOMEM;
		return dg_streq(pin->now, before)
			       ? 0
			       : dg_root_write(root, &folder, pin->name, text,
					       strlen(text), 0644, ret_why);
	}
	r = dg_root_remove(root, &folder, pin->name, &why);
	if (r < 0 && r != -ENOENT) {
		*ret_why = DG_STEAL(why);
		return r;
	}
	return 0;
}

static int put_time(const struct dg_root *root, const struct pin *pin, char **ret_why)
{
	const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
					  {.tv_sec = pin->time->value}};
	DG_FREE char *path = path_of(pin);
	DG_CLOSE int fd = -1;
	struct stat st;
	int r = path ? dg_root_open(root, path, DG_ROOT_FILE, &fd) : -ENOMEM;

	if (r == 0 && fstat(fd, &st) == 0 && st.st_mtime == pin->time->value)
		return 0;
	if (r == 0 && (futimens(fd, times) < 0 || fsync(fd) < 0))
		r = -errno;
	if (r < 0)
		*ret_why = dg_format("cannot set the time of %s: %s",
				     path ? path : pin->name, dg_errno_words(r));
	return r;
}

static int restore(const struct dg_root *root, struct pin *pin, bool content,
		   char **ret_why)
{
	const char *before = dg_get(pin->content);
	int r = 0;

	look(root, pin);
	if (content)
		r = put_content(root, pin, ret_why);
	if (r == 0 && before && dg_known(pin->time) &&
	    (content || dg_streq(pin->now, before)))
		r = put_time(root, pin, ret_why);
	free(pin->now);
	return r;
}

int dg_act_restore_pins(struct dg_act *act, bool content, char **ret_why)
{
	const struct dg_action_host *before = &act->action->before;
	struct pin pins[] = {
		{.name = "proxmox-boot-pin",
		 .content = &before->pin,
		 .time = &before->pin_time},
		{.name = "next-boot-pin",
		 .content = &before->next_pin,
		 .time = &before->next_pin_time},
	};
	int result = 0;

	for (size_t i = 0; i < DG_COUNT(pins); i++) {
		DG_FREE char *why = NULL;
		int r = restore(act->request->root, &pins[i], content, &why);

		if (r < 0 && result == 0) {
			result = r;
			*ret_why = DG_STEAL(why);
		}
	}
	return result;
}

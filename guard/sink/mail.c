/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mail to local root when a verdict gets worse, once: many admins live in the web
 * interface and never log in. What was mailed is remembered over boots. */
#include <errno.h>
#include <json-c/json.h>
#include <sys/stat.h>

#include "guard/base/write.h"
#include "guard/sink/mail.h"
#include "guard/sink/memory.h"
#include "policy/text.h"
#include "policy/timefmt.h"

#define SENDMAIL      "/usr/sbin/sendmail"
#define LIMIT_MS      20000
#define MAILED	      "mailed.json"
#define MAILED_SCHEMA "driftguard.mailed/1"

/* A message that is left here is sent by driftguard-mail.service, which has no sandbox in
 * its MTA's way: of that unit's path unit, being enabled looks like this. */
#define MAIL_UNIT "/etc/systemd/system/multi-user.target.wants/driftguard-mail.path"

static const struct dg_folder outbox = {.base = "/run", .below = "driftguard"};

/* --- memory --- */

/* Nothing remembered: nothing was wrong. */
static int recall(const struct dg_root *root, enum dg_level *ret, char **ret_why)
{
	DG_MEMORY_CLEANUP struct json_object *json = NULL;
	int r = dg_memory_read(root, MAILED, MAILED_SCHEMA, &json, ret_why);

	if (r < 0)
		return r;
	*ret = DG_LEVEL_OK;
	for (enum dg_level level = DG_LEVEL_OK; json && level <= DG_LEVEL_UNKNOWN;
	     level++)
		if (dg_streq(dg_memory_text(json, "verdict"), dg_level_name(level)))
			*ret = level;
	return 0;
}

static int remember(const struct dg_sink_call *call, enum dg_level level, char **ret_why)
{
	DG_MEMORY_CLEANUP struct json_object *json = json_object_new_object();
	char time[DG_TIME_SIZE];

	dg_time_format(call->verdict->time, time);
	json_object_object_add(json, "verdict",
			       json_object_new_string(dg_level_name(level)));
	json_object_object_add(json, "time", json_object_new_string(time));
	return dg_memory_write(call->root, MAILED, MAILED_SCHEMA, json, ret_why);
}

/* --- sending --- */

static bool has_unit(const struct dg_root *root)
{
	struct stat st;

	return dg_root_stat(root, MAIL_UNIT, false, &st) == 0 &&
	       dg_root_stat(root, "/run/systemd/system", true, &st) == 0;
}

static int hand_over(const struct dg_sink_call *call, const char *program, int limit_ms,
		     enum dg_level last, char **ret_why)
{
	DG_FREE char *message = NULL;
	size_t size = 0;
	int r = dg_mail_compose(call->verdict, last, &message, &size);

	if (r < 0)
		return r;
	if (has_unit(call->root))
		return dg_root_write(call->root, &outbox, "mail", message, size, 0644,
				     ret_why);
	return dg_sendmail_run(program, message, size, limit_ms, ret_why);
}

/* What cannot be remembered would be mailed again and again: so that comes first. */
static int send_once(const struct dg_sink_call *call, const char *program, int limit_ms,
		     enum dg_level last, char **ret_why)
{
	DG_FREE char *why = NULL;
	int r = remember(call, last, ret_why);

	if (r < 0)
		return r;
	r = hand_over(call, program, limit_ms, last, &why);
	/* Who has no mail is told in other ways. */
	if (r == -ENOENT && !has_unit(call->root))
		return 0;
	if (r == 0)
		return remember(call, call->verdict->level, ret_why);
	*ret_why = DG_STEAL(why);
	return r;
}

int dg_mail_by(const struct dg_sink_call *call, const char *program, int limit_ms,
	       char **ret_why)
{
	enum dg_level now = call->verdict->level, last;
	int r;

	/* Whoever switches it on again is told how things are then. */
	if (dg_streq(call->from, "off"))
		return dg_memory_forget(call->root, MAILED, ret_why);
	r = recall(call->root, &last, ret_why);
	if (r < 0)
		return r;
	switch (dg_mail_decide(last, now, call->from)) {
	case DG_MAIL_SEND:
		return send_once(call, program, limit_ms, last, ret_why);
	case DG_MAIL_LOWER:
		return remember(call, now, ret_why);
	case DG_MAIL_NOTHING:
		break;
	}
	return 0;
}

int dg_sink_mail(const struct dg_sink_call *call, char **ret_why)
{
	return dg_mail_by(call, SENDMAIL, LIMIT_MS, ret_why);
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mail to local root when a verdict gets worse, once: many admins live in the web
 * interface and never log in. What was mailed is remembered over boots. */
#include <errno.h>
#include <json-c/json.h>
#include <unistd.h>

#include "guard/sink/mail.h"
#include "guard/sink/memory.h"
#include "guard/sink/outbox.h"
#include "policy/text.h"
#include "policy/timefmt.h"

#define SENDMAIL "/usr/sbin/sendmail"
#define LIMIT_MS 20000

static const struct dg_memory mailed = {
	.name = "mailed.json", .schema = "driftguard.mailed/1", .or_in_run = true};

/* --- memory --- */

/* Nothing remembered: nothing was wrong. */
static int recall(const struct dg_root *root, enum dg_level *ret, char **ret_why)
{
	DG_MEMORY_CLEANUP struct json_object *json = NULL;
	int r = dg_memory_read(root, &mailed, &json, ret_why);

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
	return dg_memory_write(call->root, &mailed, json, ret_why);
}

/* --- sending --- */

static int hand_over(const struct dg_sink_call *call, const char *program, int limit_ms,
		     enum dg_level last, char **ret_why)
{
	DG_FREE char *message = NULL;
	size_t size = 0;
	int r = dg_mail_compose(call->verdict, last, &message, &size);

	if (r < 0)
		return r;
	return dg_outbox_is_watched(call->root)
		       ? dg_outbox_put(call->root, message, size, ret_why)
		       : dg_sendmail_run(program, message, size, limit_ms, ret_why);
}

/* What cannot be remembered would be mailed again and again: so that comes first. */
static int send_once(const struct dg_sink_call *call, const char *program, int limit_ms,
		     enum dg_level last, char **ret_why)
{
	int r;

	/* Who has no mail is told in other ways, and by mail as soon as there is any. */
	if (access(program, X_OK) < 0)
		return 0;
	r = remember(call, last, ret_why);
	if (r == 0)
		r = hand_over(call, program, limit_ms, last, ret_why);
	return r < 0 ? r : remember(call, call->verdict->level, ret_why);
}

/* What waits to be sent, and says that something is wrong, is not sent once that is
 * over. */
static int note_better(const struct dg_sink_call *call, char **ret_why)
{
	DG_FREE char *why = NULL;
	bool over = !dg_level_reaches(call->verdict->level, call->from);
	int withdrawn = over ? dg_outbox_withdraw(call->root, &why) : 0;
	int r = remember(call, call->verdict->level, ret_why);

	if (r == 0 && withdrawn < 0)
		*ret_why = DG_STEAL(why);
	return r < 0 ? r : withdrawn;
}

/* Whoever switches it on again is told how things are then. */
static int switch_off(const struct dg_root *root, char **ret_why)
{
	int r = dg_outbox_withdraw(root, ret_why);

	return r < 0 ? r : dg_memory_forget(root, &mailed, ret_why);
}

int dg_mail_by(const struct dg_sink_call *call, const char *program, int limit_ms,
	       char **ret_why)
{
	enum dg_level now = call->verdict->level, last;
	int r;

	if (dg_streq(call->from, "off"))
		return switch_off(call->root, ret_why);
	r = recall(call->root, &last, ret_why);
	if (r < 0)
		return r;
	switch (dg_mail_decide(last, now, call->from)) {
	case DG_MAIL_SEND:
		return send_once(call, program, limit_ms, last, ret_why);
	case DG_MAIL_LOWER:
		return note_better(call, ret_why);
	case DG_MAIL_NOTHING:
		break;
	}
	return dg_memory_settle(call->root, &mailed, ret_why);
}

int dg_sink_mail(const struct dg_sink_call *call, char **ret_why)
{
	return dg_mail_by(call, SENDMAIL, LIMIT_MS, ret_why);
}

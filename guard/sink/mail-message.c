/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is mailed to root. On Proxmox it enters the notification system from there. */
#include <errno.h>

#include "guard/render/render.h"
#include "guard/sink/mail.h"
#include "policy/text.h"
#include "policy/timefmt.h"

#define WIDTH	    76
#define SUBJECT_MAX 200

enum dg_mail_step dg_mail_decide(enum dg_level last, enum dg_level now, const char *from)
{
	int was = dg_level_rank(last), is = dg_level_rank(now);

	if (dg_streq(from, "off"))
		return DG_MAIL_NOTHING;
	if (is > was)
		return dg_level_reaches(now, from) ? DG_MAIL_SEND : DG_MAIL_NOTHING;
	return is < was && now != DG_LEVEL_UNKNOWN ? DG_MAIL_LOWER : DG_MAIL_NOTHING;
}

/* Headers are ASCII: what is not is said in the body. */
static void put_subject(FILE *out, const struct dg_verdict *v)
{
	DG_FREE char *subject = dg_format("driftguard on %s: %s: %s",
					  v->host.name ? v->host.name : "this host",
					  dg_level_name(v->level), v->headline);
	size_t written = 0;

	fputs("Subject: ", out);
	for (const char *p = subject; p && *p && written < SUBJECT_MAX; p++) {
		unsigned char c = (unsigned char)*p;

		if ((c & 0xc0) == 0x80)
			continue;
		fputc(c >= 0x20 && c < 0x7f ? c : '?', out);
		written++;
	}
	fputc('\n', out);
}

int dg_mail_compose(const struct dg_verdict *v, enum dg_level last, char **ret,
		    size_t *ret_size)
{
	const struct dg_style style = {.width = WIDTH};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	char time[DG_TIME_SIZE];
	int r;

	if (!out)
		return -ENOMEM;
	dg_time_format(v->time, time);
	fputs("To: root\n", out);
	put_subject(out, v);
	fputs("Auto-Submitted: auto-generated\n"
	      "MIME-Version: 1.0\n"
	      "Content-Type: text/plain; charset=UTF-8\n"
	      "Content-Transfer-Encoding: 8bit\n\n",
	      out);
	r = dg_render_text.verdict(out, v, &style);
	fprintf(out,
		"\nJudged at %s by this host's clock. This is mailed when a verdict "
		"gets\n"
		"worse; the last one was \"%s\".\n"
		"driftguard explain ID tells more about a finding. What is mailed is the "
		"policy's\n\"sinks.mail\" to say.\n",
		time, dg_level_name(last));
	if (fclose(out) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0) {
		free(text);
		return r;
	}
	*ret = text;
	*ret_size = size;
	return 0;
}

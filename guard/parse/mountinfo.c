/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/grow.h"
#include "guard/parse/mountinfo.h"
#include "guard/parse/span.h"

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Copy a field; \040 and the like, which the kernel writes for blanks, tabs, newlines,
 * '#' and backslashes, are decoded. */
static char *field_dup(struct dg_span s)
{
	char *copy = dg_span_dup(s), *to = copy, *from = copy;

	while (copy && *from) {
		unsigned int v;

		if (from[0] == '\\' && is_octal(from[1]) && is_octal(from[2]) &&
		    is_octal(from[3])) {
			v = (unsigned int)((from[1] - '0') << 6 | (from[2] - '0') << 3 |
					   (from[3] - '0'));
			if (v > 0 && v < 256) {
				*to++ = (char)v;
				from += 4;
				continue;
			}
		}
		*to++ = *from++;
	}
	if (copy)
		*to = '\0';
	return copy;
}

static int read_number(struct dg_span s, uint32_t *ret)
{
	uint64_t v;

	if (dg_parse_u64(s, &v) < 0 || v > UINT32_MAX)
		return -EBADMSG;
	*ret = (uint32_t)v;
	return 0;
}

/* The next field; single blanks part them, a source may be empty. */
static int take(struct dg_span *rest, struct dg_span *ret)
{
	return dg_span_split(rest, ' ', ret) ? 0 : -EBADMSG;
}

static int take_number(struct dg_span *rest, char sep, uint32_t *ret)
{
	struct dg_span field;

	if (!dg_span_split(rest, sep, &field))
		return -EBADMSG;
	return read_number(field, ret);
}

static int take_text(struct dg_span *rest, char **ret)
{
	struct dg_span field;
	int r = take(rest, &field);

	if (r < 0)
		return r;
	*ret = field_dup(field);
	return *ret ? 0 : -ENOMEM;
}

/* Pass over the optional fields, up to and with the "-". */
static int skip_optional(struct dg_span *rest)
{
	struct dg_span field;

	do {
		if (take(rest, &field) < 0)
			return -EBADMSG;
	} while (!dg_span_eq(field, "-"));
	return 0;
}

static int line_parse(struct dg_span rest, struct dg_mount *m)
{
	int r;

	if (take_number(&rest, ' ', &m->id) < 0 ||
	    take_number(&rest, ' ', &m->parent) < 0 ||
	    take_number(&rest, ':', &m->major) < 0 ||
	    take_number(&rest, ' ', &m->minor) < 0)
		return -EBADMSG;
	r = take_text(&rest, &m->root);
	r = r < 0 ? r : take_text(&rest, &m->point);
	r = r < 0 ? r : take_text(&rest, &m->options);
	r = r < 0 ? r : skip_optional(&rest);
	r = r < 0 ? r : take_text(&rest, &m->fs_type);
	r = r < 0 ? r : take_text(&rest, &m->source);
	return r < 0 ? r : take_text(&rest, &m->super_options);
}

int dg_mountinfo_parse(const char *buf, size_t len, struct dg_mountinfo *ret,
		       char **ret_why)
{
	DG_CLEANUP(dg_mountinfo_clear) struct dg_mountinfo info = {0};
	struct dg_span rest = dg_span_of(buf, len), line;

	while (dg_span_split(&rest, '\n', &line)) {
		struct dg_mount *slot;
		int r;

		if (info.n_mounts == DG_MOUNTINFO_MAX)
			return dg_bad_line(ret_why, info.n_mounts + 1, "too many mounts");
		slot = DG_GROW(info.mounts, info.n_mounts);
		if (!slot)
			return -ENOMEM;
		info.n_mounts++;
		r = line_parse(line, slot);
		if (r == -EBADMSG)
			return dg_bad_line(ret_why, info.n_mounts, "no mount");
		if (r < 0)
			return r;
	}
	*ret = info;
	info = (struct dg_mountinfo){0};
	return 0;
}

void dg_mountinfo_clear(struct dg_mountinfo *info)
{
	size_t i;

	if (!info)
		return;
	for (i = 0; i < info->n_mounts; i++) {
		struct dg_mount *m = &info->mounts[i];

		free(m->root);
		free(m->point);
		free(m->options);
		free(m->fs_type);
		free(m->source);
		free(m->super_options);
	}
	free(info->mounts);
	*info = (struct dg_mountinfo){0};
}

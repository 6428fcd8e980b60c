/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/qemu-version.h"
#include "guard/parse/span.h"
#include "policy/util.h"

#define VERSION_MAX 128

static bool is_version_char(char c)
{
	return dg_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr(".+~:-", c));
}

/* A version begins with a digit, and something else has to end it within the span. */
static bool take_version(struct dg_span *rest, struct dg_span *ret)
{
	size_t n = 0;

	if (rest->n == 0 || !dg_is_digit(rest->p[0]))
		return false;
	while (n < rest->n && n < VERSION_MAX && is_version_char(rest->p[n]))
		n++;
	if (n == rest->n || n == VERSION_MAX)
		return false;
	*ret = dg_span_head(*rest, n);
	*rest = dg_span_skip(*rest, n);
	return true;
}

/* "10.1.2 (pve-qemu-kvm_10.1.2-7)\n"; one that is cut off may say more. */
static bool parse_banner(struct dg_span rest, struct dg_span *ret)
{
	struct dg_span own, package;
	size_t line = dg_span_find(rest, '\n'), text = dg_span_find(rest, '\0');

	if (line == rest.n && text == rest.n)
		return false;
	if (!take_version(&rest, &own))
		return false;
	if ((dg_span_after(rest, " (pve-qemu-kvm_", &rest) ||
	     dg_span_after(rest, " (Debian ", &rest)) &&
	    take_version(&rest, &package))
		own = package;
	*ret = own;
	return true;
}

static bool parse_plain(struct dg_span rest, struct dg_span *ret)
{
	return take_version(&rest, ret);
}

/* What stands behind a mark: the marks, the surest first. */
static const struct {
	const char *mark;
	bool (*parse)(struct dg_span rest, struct dg_span *ret);
} marks[] = {
	{.mark = "QEMU emulator version ", .parse = parse_banner},
	{.mark = "pve-qemu-kvm_", .parse = parse_plain},
};

static bool find_marked(struct dg_span rest, size_t at, struct dg_span *ret)
{
	size_t n = strlen(marks[at].mark);
	const char *hit;

	while (rest.n && (hit = memmem(rest.p, rest.n, marks[at].mark, n))) {
		rest = dg_span_skip(rest, (size_t)(hit - rest.p) + n);
		if (marks[at].parse(dg_span_head(rest, DG_QEMU_VERSION_TEXT), ret))
			return true;
	}
	return false;
}

int dg_qemu_version_find(const char *buf, size_t len, char **ret)
{
	for (size_t i = 0; i < DG_COUNT(marks); i++) {
		struct dg_span version;
		char *copy;

		if (!find_marked(dg_span_of(buf, len), i, &version))
			continue;
		copy = dg_span_dup(version);
		if (!copy)
			return -ENOMEM;
		*ret = copy;
		return 0;
	}
	return -ENOENT;
}

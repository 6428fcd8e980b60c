/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/grow.h"
#include "guard/parse/interfaces.h"
#include "guard/parse/span.h"

/* Options whose words are ports; both spellings of ifupdown2 and of its predecessor. */
static const char *const member_options[] = {
	"bridge-ports",	   "bridge_ports",    "bond-slaves", "bond_slaves",
	"slaves",	   "ovs_ports",	      "ovs_bonds",   "ovs-ports",
	"vlan-raw-device", "vlan_raw_device",
};

static int add_text(char ***list, size_t *count, struct dg_span text, const char *behind)
{
	char **slot;

	for (size_t i = 0; i < *count; i++)
		if (dg_span_eq(text, (*list)[i]))
			return 0;
	if (*count == DG_INTERFACES_MAX)
		return -E2BIG;
	slot = DG_GROW(*list, *count);
	if (!slot)
		return -ENOMEM;
	if (asprintf(slot, "%.*s%s", (int)text.n, text.p, behind) < 0)
		return -ENOMEM;
	(*count)++;
	return 0;
}

static int add_port(struct dg_interfaces *all, struct dg_span name)
{
	name = dg_span_head(name, dg_span_find(name, ':'));
	name = dg_span_head(name, dg_span_find(name, '.'));
	return name.n ? add_text(&all->ports, &all->n_ports, name, "") : 0;
}

static bool is_member_option(struct dg_span word)
{
	for (size_t i = 0; i < DG_COUNT(member_options); i++)
		if (dg_span_eq(word, member_options[i]))
			return true;
	return false;
}

static int take_line(struct dg_interfaces *all, struct dg_span line)
{
	struct dg_span word, value;
	int r = 0;

	if (!dg_span_word(&line, &word) || dg_span_starts(word, "#"))
		return 0;
	if (is_member_option(word)) {
		while (r == 0 && dg_span_word(&line, &value))
			r = add_port(all, value);
		return r;
	}
	if (!dg_span_word(&line, &value))
		return 0;
	if (dg_span_eq(word, "iface"))
		return add_port(all, value);
	if (dg_span_eq(word, "source"))
		return add_text(&all->sources, &all->n_sources, value, "");
	if (dg_span_eq(word, "source-directory"))
		return add_text(&all->sources, &all->n_sources, value, "/");
	return 0;
}

/* A line that ends in a backslash goes on in the next: the two are one, blanks between.
 */
static char *join_lines(const char *buf, size_t len)
{
	char *text = dg_span_dup(dg_span_of(buf, len));

	for (char *p = text; p && (p = strstr(p, "\\\n")) != NULL; p += 2)
		p[0] = p[1] = ' ';
	return text;
}

int dg_interfaces_parse(const char *buf, size_t len, struct dg_interfaces *ret)
{
	DG_CLEANUP(dg_interfaces_clear) struct dg_interfaces all = {0};
	DG_FREE char *text = join_lines(buf, len);
	struct dg_span rest = dg_span_str(text), line;
	int r = text ? 0 : -ENOMEM;

	while (r == 0 && dg_span_line(&rest, &line))
		r = take_line(&all, line);
	if (r < 0)
		return r;
	*ret = all;
	all = (struct dg_interfaces){0};
	return 0;
}

static void free_texts(char **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(list[i]);
	free(list);
}

void dg_interfaces_clear(struct dg_interfaces *all)
{
	free_texts(all->ports, all->n_ports);
	free_texts(all->sources, all->n_sources);
	*all = (struct dg_interfaces){0};
}

int dg_link_name_parse(const char *buf, size_t len, char **ret)
{
	struct dg_span rest = dg_span_of(buf, len), line, value, found = {0};
	bool here = false;

	while (dg_span_line(&rest, &line)) {
		line = dg_span_trim(line);
		if (dg_span_starts(line, "["))
			here = dg_span_eq(line, "[Link]");
		else if (here && dg_span_after(line, "Name", &value) &&
			 dg_span_after(dg_span_trim(value), "=", &value))
			found = dg_span_trim(value);
	}
	*ret = found.n ? dg_span_dup(found) : NULL;
	return found.n && !*ret ? -ENOMEM : 0;
}

/* "x" and twelve digits: the hardware address. */
static bool is_by_address(const char *rest)
{
	return *rest == 'x' && strlen(rest) == 13 &&
	       strspn(rest + 1, "0123456789abcdef") == 12;
}

bool dg_port_name_varies(const char *name)
{
	static const char *const counted[] = {"eth", "wlan", "ib"};
	static const char *const kinds[] = {"en", "wl", "ib", "ww", "sl"};

	for (size_t i = 0; i < DG_COUNT(counted); i++) {
		const char *rest = dg_after(name, counted[i]);

		if (rest && *rest && strspn(rest, "0123456789") == strlen(rest))
			return true;
	}
	for (size_t i = 0; i < DG_COUNT(kinds); i++) {
		const char *rest = dg_after(name, kinds[i]);

		/* A letter for the kind of place, and a number: enp3s0, eno1, enP2p1s0.
		 */
		if (rest && *rest && strchr("bcdoPpsuvx", *rest) &&
		    strpbrk(rest, "0123456789"))
			return !is_by_address(rest);
	}
	return false;
}

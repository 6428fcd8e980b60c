/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the network's configuration: the ports it names, and which names are fixed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <errno.h>

#include "guard/parse/interfaces.h"
#include "policy/text.h"
#include "policy/util.h"

/* "eno1 eno2 | interfaces.d/ *" of a file's text; ports, then sources. Owned. */
static char *parse(const char *text)
{
	DG_CLEANUP(dg_interfaces_clear) struct dg_interfaces all = {0};
	char *copy = malloc(strlen(text) + 1), *out = NULL;
	size_t size;
	FILE *f = open_memstream(&out, &size);

	assert_non_null(copy);
	memcpy(copy, text, strlen(text));
	assert_int_equal(dg_interfaces_parse(copy, strlen(text), &all), 0);
	free(copy);
	for (size_t i = 0; i < all.n_ports; i++)
		fprintf(f, "%s ", all.ports[i]);
	fputc('|', f);
	for (size_t i = 0; i < all.n_sources; i++)
		fprintf(f, " %s", all.sources[i]);
	fclose(f);
	return out;
}

static void test_ports(void **state)
{
	static const struct {
		const char *text, *found;
	} cases[] = {
		{"", "|"},
		{"auto lo\niface lo inet loopback\n\niface eno1 inet manual\n",
		 "lo eno1 |"},
		{"iface vmbr0 inet static\n\taddress 192.0.2.7/24\n\tbridge-ports eno1 "
		 "enp3s0f0.40\n\tbridge-stp off\n",
		 "vmbr0 eno1 enp3s0f0 |"},
		{"iface bond0 inet manual\n\tbond-slaves eno1 \\\n\t\teno2\n",
		 "bond0 eno1 eno2 |"},
		{"# iface eno9 inet manual\n#bridge-ports eno8\n  # eno7\n", "|"},
		{"iface eno1:0 inet static\niface eno1.7 inet static\n", "eno1 |"},
		{"iface vmbr1 inet manual\r\n\tovs_ports eno3\r\n", "vmbr1 eno3 |"},
		{"source /etc/network/interfaces.d/*\nsource-directory interfaces.d\n",
		 "| /etc/network/interfaces.d/* interfaces.d/"},
		{"iface\nsource\nbridge-ports\niface ", "|"},
		{"bridge-ports none\n", "none |"},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_FREE char *found = parse(cases[i].text);

		assert_string_equal(found, cases[i].found);
	}
}

static void test_too_many(void **state)
{
	DG_CLEANUP(dg_interfaces_clear) struct dg_interfaces all = {0};
	size_t size = 0;
	char *text = NULL;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	for (int i = 0; i <= DG_INTERFACES_MAX; i++)
		fprintf(f, "iface en%d\n", i);
	fclose(f);
	assert_int_equal(dg_interfaces_parse(text, size, &all), -E2BIG);
	assert_null(all.ports);
	free(text);
}

static void test_link(void **state)
{
	static const struct {
		const char *text, *name;
	} cases[] = {
		{"[Match]\nMACAddress=aa:bb:cc:dd:ee:ff\nType=ether\n\n[Link]\nName="
		 "nic0\n",
		 "nic0"},
		{"[Match]\nName=eno1\n[Link]\nMTUBytes=9000\n", NULL},
		{"[Link]\nNamePolicy=keep kernel\n", NULL},
		{"[Link]\n Name = eno1 \r\n", "eno1"},
		{"[Link]\nName=a\nName=b\n", "b"},
		{"[Link]\nName=a\nName=\n", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_FREE char *name = NULL;

		assert_int_equal(
			dg_link_name_parse(cases[i].text, strlen(cases[i].text), &name),
			0);
		if (cases[i].name)
			assert_string_equal(name, cases[i].name);
		else
			assert_null(name);
	}
}

static void test_names(void **state)
{
	static const char *const vary[] = {"eno1",     "enp3s0",   "enp3s0f0np0", "ens18",
					   "enP2p1s0", "eth0",	   "wlp2s0",	  "wlan1",
					   "ibp5s0",   "enp0s31f6"};
	static const char *const hold[] = {
		"lo",  "vmbr0",		  "bond0", "nic0", "tap10",
		"enx", "enx001122aabbcc", "eth",   "ethA", "none",
		"end", "wlx0011223344ff", "",	   "enp"};

	(void)state;
	for (size_t i = 0; i < DG_COUNT(vary); i++)
		if (!dg_port_name_varies(vary[i]))
			fail_msg("%s may vary", vary[i]);
	for (size_t i = 0; i < DG_COUNT(hold); i++)
		if (dg_port_name_varies(hold[i]))
			fail_msg("%s is fixed", hold[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_link),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

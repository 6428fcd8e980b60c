/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collecting the network's ports, and what holds their names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "guard/collect/collect.h"
#include "tests/unit/tree.h"

#define MAIN "etc/network/interfaces"

static struct tree tree;
static struct dg_facts *facts;

static int setup(void **state)
{
	static const char *const dirs[] = {"etc",
					   "etc/network",
					   "etc/network/interfaces.d",
					   "etc/network/more",
					   "etc/systemd",
					   "etc/systemd/network",
					   "usr",
					   "usr/local",
					   "usr/local/lib",
					   "usr/local/lib/systemd",
					   "usr/local/lib/systemd/network",
					   "etc/udev",
					   "etc/udev/rules.d"};

	(void)state;
	tree_make(&tree);
	for (size_t i = 0; i < DG_COUNT(dirs); i++)
		tree_dir(&tree, dirs[i]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dg_facts_free(facts);
	facts = NULL;
	tree_remove(&tree);
	return 0;
}

/* "eno1 -, eno2 /etc/...": the ports, and what holds each. */
static void expect(const char *ports)
{
	DG_FREE char *found = NULL;
	size_t size;
	FILE *f = open_memstream(&found, &size);

	dg_facts_free(facts);
	facts = dg_facts_new();
	assert_non_null(facts);
	dg_collect_ports.run(tree.root, facts);
	assert_true(dg_known(&facts->ports));
	dg_list_foreach (port, facts->ports)
		fprintf(f, "%s%s %s", port == facts->ports.items ? "" : ", ",
			port->name.value, dg_known(&port->held) ? port->held.value : "-");
	fclose(f);
	assert_string_equal(found, ports);
}

static void test_ports(void **state)
{
	(void)state;
	tree_text(&tree, MAIN,
		  "iface lo inet loopback\niface eno1 inet manual\n"
		  "iface vmbr0 inet static\n\tbridge-ports eno1 enp3s0.7\n"
		  "source /etc/network/interfaces.d/*.cfg\nsource-directory more\n");
	expect("eno1 -, enp3s0 -");
	tree_text(&tree, "etc/network/interfaces.d/a.cfg", "iface ens18 inet dhcp\n");
	tree_text(&tree, "etc/network/interfaces.d/a.old", "iface ens19 inet dhcp\n");
	tree_text(&tree, "etc/network/more/b", "iface nic0 inet dhcp\niface eth0\n");
	tree_text(&tree, "etc/network/more/b.bak", "iface eth1\n");
	expect("eno1 -, enp3s0 -, ens18 -, eth0 -");
}

static void test_held(void **state)
{
	(void)state;
	tree_text(&tree, MAIN, "iface eno1\niface eno2\niface eno3\niface eno4\n");
	tree_text(&tree, "etc/systemd/network/10-a.link",
		  "[Match]\nMACAddress=aa:bb:cc:dd:ee:01\n[Link]\nName=eno1\n");
	tree_text(&tree, "usr/local/lib/systemd/network/50-pmx-b.link",
		  "[Match]\nMACAddress=aa:bb:cc:dd:ee:02\n[Link]\nName=eno2\n");
	tree_text(&tree, "etc/udev/rules.d/70-persistent-net.rules",
		  "SUBSYSTEM==\"net\", ATTR{address}==\"aa:bb:cc:dd:ee:03\", "
		  "NAME=\"eno3\"\n");
	/* No .link file, and one that does not name. */
	tree_text(&tree, "etc/systemd/network/c.network", "[Link]\nName=eno4\n");
	tree_text(&tree, "etc/systemd/network/d.link", "[Match]\nName=eno4\n");
	expect("eno1 /etc/systemd/network/10-a.link, "
	       "eno2 /usr/local/lib/systemd/network/50-pmx-b.link, "
	       "eno3 /etc/udev/rules.d/70-persistent-net.rules, eno4 -");
}

/* A file that includes itself, what is no file, and none at all. */
static void test_broken(void **state)
{
	char path[256];

	(void)state;
	tree_text(&tree, MAIN, "iface eno1\nsource /etc/network/interfaces\n");
	facts = dg_facts_new();
	dg_collect_ports.run(tree.root, facts);
	assert_int_equal(facts->ports.meta.state, DG_UNREADABLE);
	tree_text(&tree, MAIN, "iface eno1\nsource /etc/network/m*\nsource ../../../*\n");
	expect("eno1 -");
	assert_int_equal(unlink(tree_path(&tree, MAIN, path)), 0);
	dg_facts_free(facts);
	facts = dg_facts_new();
	dg_collect_ports.run(tree.root, facts);
	assert_true(dg_absent(&facts->ports));
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ports),
		TEST(test_held),
		TEST(test_broken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

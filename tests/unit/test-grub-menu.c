/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/grub-menu.h"
#include "policy/util.h"

enum { FIRST, ADVANCED, NEW, OLD, DEEP, DEEPER, TEST, ODD, EMPTY };

static const struct dg_grub_entry_ref menu[] = {
	[FIRST] = {.title = "Proxmox VE", .id = "simple", .parent = -1},
	[ADVANCED] = {.title = "Advanced", .id = "adv", .parent = -1, .submenu = true},
	[NEW] = {.title = "Linux 7.0", .id = "gnulinux-7.0", .parent = ADVANCED},
	[OLD] = {.title = "Linux 6.5", .id = "gnulinux-6.5", .parent = ADVANCED},
	[DEEP] = {.title = "More", .id = "more", .parent = ADVANCED, .submenu = true},
	[DEEPER] = {.title = "Xen", .id = "xen", .parent = DEEP},
	[TEST] = {.title = "6.5 title", .parent = -1},
	[ODD] = {.title = "a > b", .id = "x>", .parent = -1},
	[EMPTY] = {.title = "Nothing", .id = "none", .parent = -1, .submenu = true},
};

static const struct {
	const char *selector;
	int index;
	enum dg_grub_match how;
} cases[] = {
	{.selector = "simple", .index = FIRST, .how = DG_GRUB_BY_ID},
	{.selector = "Proxmox VE", .index = FIRST, .how = DG_GRUB_BY_TITLE},
	{.selector = "0", .index = FIRST, .how = DG_GRUB_BY_NUMBER},
	{.selector = NULL, .index = FIRST, .how = DG_GRUB_BY_POSITION},
	{.selector = "", .index = FIRST, .how = DG_GRUB_BY_POSITION},
	{.selector = "adv>gnulinux-6.5", .index = OLD, .how = DG_GRUB_BY_ID},
	{.selector = "adv>Linux 6.5", .index = OLD, .how = DG_GRUB_BY_TITLE},
	{.selector = "Advanced>gnulinux-6.5", .index = OLD, .how = DG_GRUB_BY_TITLE},
	{.selector = "1>1", .index = OLD, .how = DG_GRUB_BY_NUMBER},
	{.selector = "adv>1", .index = OLD, .how = DG_GRUB_BY_NUMBER},
	{.selector = " 0x1>01", .index = OLD, .how = DG_GRUB_BY_NUMBER},
	{.selector = "adv>more>xen", .index = DEEPER, .how = DG_GRUB_BY_ID},
	{.selector = "adv>more", .index = DEEPER, .how = DG_GRUB_BY_POSITION},
	/* ends at a submenu: its first entry */
	{.selector = "adv", .index = NEW, .how = DG_GRUB_BY_POSITION},
	{.selector = "adv>", .index = NEW, .how = DG_GRUB_BY_POSITION},
	{.selector = "1", .index = NEW, .how = DG_GRUB_BY_POSITION},
	/* not there: the first entry of that menu */
	{.selector = "adv>gnulinux-6.8", .index = NEW, .how = DG_GRUB_FELL_BACK},
	{.selector = "gnulinux-6.5", .index = FIRST, .how = DG_GRUB_FELL_BACK},
	{.selector = "gone>gnulinux-6.5", .index = FIRST, .how = DG_GRUB_FELL_BACK},
	{.selector = "adv>9", .index = NEW, .how = DG_GRUB_FELL_BACK},
	{.selector = "99999999999999999999", .index = FIRST, .how = DG_GRUB_FELL_BACK},
	{.selector = "-1", .index = FIRST, .how = DG_GRUB_FELL_BACK},
	{.selector = "ADV", .index = FIRST, .how = DG_GRUB_FELL_BACK},
	{.selector = "${saved_entry}", .index = FIRST, .how = DG_GRUB_FELL_BACK},
	{.selector = ">simple", .index = FIRST, .how = DG_GRUB_FELL_BACK},
	/* what begins with a number is one, a title too */
	{.selector = "1-5-pve>1", .index = OLD, .how = DG_GRUB_BY_NUMBER},
	{.selector = "2 and more", .index = TEST, .how = DG_GRUB_BY_NUMBER},
	{.selector = "6.5 title", .index = FIRST, .how = DG_GRUB_FELL_BACK},
	/* a number with a leading 0 is octal, and 8 is no octal digit */
	{.selector = "adv>02", .index = DEEPER, .how = DG_GRUB_BY_POSITION},
	{.selector = "adv>019", .index = OLD, .how = DG_GRUB_BY_NUMBER},
	{.selector = "0x", .index = FIRST, .how = DG_GRUB_FELL_BACK},
	/* '>' in names is doubled */
	{.selector = "a >> b", .index = ODD, .how = DG_GRUB_BY_TITLE},
	{.selector = "a > b", .index = FIRST, .how = DG_GRUB_FELL_BACK},
	{.selector = "x>>", .index = ODD, .how = DG_GRUB_BY_ID},
	{.selector = "x>>>rest", .index = ODD, .how = DG_GRUB_BY_ID},
	/* what follows an entry is ignored */
	{.selector = "simple>gnulinux-6.5", .index = FIRST, .how = DG_GRUB_BY_ID},
};

static void resolves(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(cases); i++) {
		struct dg_grub_target target = {.index = -2};
		int r = dg_grub_resolve(menu, DG_COUNT(menu), cases[i].selector, &target);

		if (r != 0 || target.index != cases[i].index ||
		    target.how != cases[i].how)
			fail_msg("\"%s\": %d, entry %d, how %d",
				 cases[i].selector ? cases[i].selector : "NULL", r,
				 target.index, target.how);
	}
}

static void refuses(void **state)
{
	struct dg_grub_entry_ref chain[DG_GRUB_DEPTH_MAX + 2];
	struct dg_grub_entry_ref loop[] = {{.title = "a", .parent = 0, .submenu = true}};
	struct dg_grub_entry_ref under[] = {{.title = "a", .parent = -1},
					    {.title = "b", .parent = 0}};
	struct dg_grub_target target = {.index = -2};
	size_t i;

	(void)state;
	for (i = 0; i < DG_COUNT(chain); i++)
		chain[i] = (struct dg_grub_entry_ref){
			.title = "s", .parent = (int)i - 1, .submenu = true};
	assert_int_equal(dg_grub_resolve(NULL, 0, "0", &target), -ENOENT);
	assert_int_equal(dg_grub_resolve(menu, DG_COUNT(menu), "none", &target), -ENOENT);
	assert_int_equal(dg_grub_resolve(loop, 1, "0", &target), -EINVAL);
	assert_int_equal(dg_grub_resolve(under, 2, "0", &target), -EINVAL);
	under[1].parent = -2;
	assert_int_equal(dg_grub_resolve(under, 2, "0", &target), -EINVAL);
	under[1].parent = 7;
	assert_int_equal(dg_grub_resolve(under, 2, "0", &target), -EINVAL);
	assert_int_equal(dg_grub_resolve(chain, DG_COUNT(chain), "s", &target), -ELOOP);
	assert_int_equal(target.index, -2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resolves),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

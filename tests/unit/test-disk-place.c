/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is a disk, what a partition, and what lies on what: by trees like /sys. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/sample/reading.h"
#include "policy/text.h"

static char dir[] = "/tmp/dg-place-XXXXXX";
static struct dg_root *root;

static void shell(const char *script)
{
	DG_FREE char *command = dg_format("cd %s && { %s; }", dir, script);

	assert_non_null(command);
	assert_int_equal(system(command), 0);
}

/* An NVMe disk stands below its controller, not below a folder "block". */
static int make(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	shell("mkdir -p sys/class/block"
	      " sys/devices/pci/nvme/nvme0/nvme0n1/nvme0n1p3"
	      " sys/devices/pci/nvme/nvme0/nvme0n1/queue"
	      " sys/devices/pci/ata1/block/sda/sda3"
	      " sys/devices/virtual/block/dm-1/slaves sys/devices/virtual/block/dm-1/dm"
	      " sys/devices/virtual/block/dm-3/slaves sys/devices/virtual/block/dm-3/dm");
	shell("echo 3 > sys/devices/pci/nvme/nvme0/nvme0n1/nvme0n1p3/partition;"
	      " echo 3 > sys/devices/pci/ata1/block/sda/sda3/partition;"
	      " echo 'none [mq-deadline] kyber' > "
	      "sys/devices/pci/nvme/nvme0/nvme0n1/queue/scheduler;"
	      " echo pve-vm--103--disk--0 > sys/devices/virtual/block/dm-3/dm/name");
	shell("cd sys/class/block;"
	      " ln -s ../../devices/pci/nvme/nvme0/nvme0n1 nvme0n1;"
	      " ln -s ../../devices/pci/nvme/nvme0/nvme0n1/nvme0n1p3 nvme0n1p3;"
	      " ln -s ../../devices/pci/ata1/block/sda sda;"
	      " ln -s ../../devices/pci/ata1/block/sda/sda3 sda3;"
	      " ln -s ../../devices/virtual/block/dm-1 dm-1;"
	      " ln -s ../../devices/virtual/block/dm-3 dm-3;"
	      " ln -s ../../../../pci/nvme/nvme0/nvme0n1/nvme0n1p3 dm-1/slaves/nvme0n1p3;"
	      " ln -s ../../../../pci/ata1/block/sda/sda3 dm-1/slaves/sda3;"
	      " ln -s ../../dm-1 dm-3/slaves/dm-1; ln -s ../../dm-3 dm-1/slaves/dm-3");
	return dg_root_new(dir, &root);
}

static int drop(void **state)
{
	DG_FREE char *command = dg_format("rm -rf %s", dir);

	(void)state;
	dg_root_free(root);
	return command ? system(command) : -1;
}

static bool is_whole(const char *name)
{
	DG_CLEANUP(dg_disk_place_clear) struct dg_disk_place place = {0};

	dg_disk_place_read(root, name, &place);
	return place.whole;
}

static void test_whole(void **state)
{
	(void)state;
	assert_true(is_whole("nvme0n1"));
	assert_false(is_whole("nvme0n1p3"));
	assert_true(is_whole("sda"));
	assert_false(is_whole("sda3"));
	assert_true(is_whole("dm-3"));
}

static void test_scheduler(void **state)
{
	DG_CLEANUP(dg_disk_place_clear) struct dg_disk_place place = {0};

	(void)state;
	dg_disk_place_read(root, "nvme0n1", &place);
	assert_string_equal(place.scheduler, "mq-deadline");
	assert_null(place.label);
	assert_null(place.below[0]);
}

/* Two partitions' disks, through a volume below; a loop of links ends. */
static void test_below(void **state)
{
	DG_CLEANUP(dg_disk_place_clear) struct dg_disk_place place = {0};

	(void)state;
	dg_disk_place_read(root, "dm-3", &place);
	assert_string_equal(place.label, "pve-vm--103--disk--0");
	assert_string_equal(place.below[0], "dm-1");
	assert_string_equal(place.below[1], "dm-3");
	assert_string_equal(place.below[2], "nvme0n1");
	assert_string_equal(place.below[3], "sda");
	assert_null(place.below[4]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_scheduler),
		cmocka_unit_test(test_below),
	};

	return cmocka_run_group_tests(tests, make, drop);
}

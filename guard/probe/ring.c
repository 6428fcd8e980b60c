/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/probe/ring.h"

#include <errno.h>

#include "guard/probe/uring.h"
#include "policy/abi.h"

static const struct dg_ring_feature features[] = {
	{.bit = 0, .name = "SINGLE_MMAP", .major = 5, .minor = 4},
	{.bit = 1, .name = "NODROP", .major = 5, .minor = 5},
	{.bit = 2, .name = "SUBMIT_STABLE", .major = 5, .minor = 5},
	{.bit = 3, .name = "RW_CUR_POS", .major = 5, .minor = 6},
	{.bit = 4, .name = "CUR_PERSONALITY", .major = 5, .minor = 6},
	{.bit = 5, .name = "FAST_POLL", .major = 5, .minor = 7},
	{.bit = 6, .name = "POLL_32BITS", .major = 5, .minor = 9},
	{.bit = 7, .name = "SQPOLL_NONFIXED", .major = 5, .minor = 11},
	{.bit = 8, .name = "EXT_ARG", .major = 5, .minor = 11},
	{.bit = 9, .name = "NATIVE_WORKERS", .major = 5, .minor = 12},
	{.bit = 10, .name = "RSRC_TAGS", .major = 5, .minor = 13},
	{.bit = 11, .name = "CQE_SKIP", .major = 5, .minor = 17},
	{.bit = 12, .name = "LINKED_FILE", .major = 5, .minor = 17},
	{.bit = 13, .name = "REG_REG_RING", .major = 6, .minor = 3},
	{.bit = 14, .name = "RECVSEND_BUNDLE", .major = 6, .minor = 10},
	{.bit = 15, .name = "MIN_TIMEOUT", .major = 6, .minor = 12},
	{.bit = 16, .name = "RW_ATTR", .major = 6, .minor = 14},
	{.bit = DG_URING_FEAT_NO_IOWAIT_BIT,
	 .name = "NO_IOWAIT",
	 .major = 6,
	 .minor = 15},
};

const struct dg_ring_feature *dg_ring_features(size_t *ret_count)
{
	*ret_count = DG_COUNT(features);
	return features;
}

static bool is_since(const struct dg_abi *abi, uint32_t major, uint32_t minor)
{
	return abi->numbers[0] > major ||
	       (abi->numbers[0] == major && abi->numbers[1] >= minor);
}

int dg_ring_infer(const char *release, uint32_t *ret_features)
{
	struct dg_abi abi;
	uint32_t mask = 0;

	if (dg_abi_parse(release, &abi) < 0 || abi.count < 2)
		return -EBADMSG;
	if (!is_since(&abi, 5, 1))
		return -ENOSYS;
	for (size_t i = 0; i < DG_COUNT(features); i++)
		if (is_since(&abi, features[i].major, features[i].minor))
			mask |= UINT32_C(1) << features[i].bit;
	*ret_features = mask;
	return 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For the files that hold parts of the field table: how a row is written. */
#pragma once

#include "policy/facts-fields.h"

#define FIELDS(record, ...)                                             \
	static const struct dg_field record##_fields[] = {__VA_ARGS__}; \
	_Static_assert(DG_COUNT(record##_fields) > 0, "a record has fields")

#define F(strct, member, kind, ...)                                                      \
	{                                                                                \
		.name = #member, .type = kind, .offset = offsetof(struct strct, member), \
		__VA_ARGS__                                                              \
	}

#define RECORD(id, strct, where)                                                   \
	static const struct dg_record id##_record = {.name = #id,                  \
						     .size = sizeof(struct strct), \
						     .source = where,              \
						     .fields = id##_fields,        \
						     .count = DG_COUNT(id##_fields)}

/* One that other files use: dg_ID_record. */
#define PUBLIC_RECORD(id, strct, where)                                          \
	const struct dg_record dg_##id##_record = {.name = #id,                  \
						   .size = sizeof(struct strct), \
						   .source = where,              \
						   .fields = id##_fields,        \
						   .count = DG_COUNT(id##_fields)}

#define ABSENT_OK .absent_ok = true
#define OF(id)	  .record = &id##_record
#define THE(name) .record = &name

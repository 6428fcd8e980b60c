/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Standard input, JSON with comments, without them, as this program's own scan blanks
 * them. */
#include <stdio.h>

#include "policy/json-scan.h"

#define SIZE_MAX_HERE ((size_t)1 << 20)

int main(void)
{
	static char text[SIZE_MAX_HERE];
	DG_CLEANUP(dg_json_scan_freep) struct dg_json_scan *scan = NULL;
	struct dg_json_error error = {0};
	size_t size = fread(text, 1, sizeof(text), stdin);

	if (dg_json_scan_new(text, size, sizeof(text), DG_JSON_COMMENTS, &scan, &error) <
	    0) {
		fprintf(stderr, "%u:%u: %s\n", error.line, error.column, error.message);
		return 1;
	}
	fputs(dg_json_text(scan), stdout);
	return 0;
}

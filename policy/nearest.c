/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/nearest.h"

#define WORD_MAX     64
#define DISTANCE_MAX 2

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Edits that lead from `a` to `b`, a swap of neighbours being one (the restricted
 * Damerau-Levenshtein distance). rows[i % 3][j] is that of the first i and j bytes.
 */
static size_t word_distance(const char *a, size_t size_a, const char *b, size_t size_b)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= size_b; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= size_a; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= size_b; j++) {
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], two_above[j - 2] + 1);
		}
	}
	return rows[size_a % 3][size_b];
}

const char *dg_nearest_word(const char *word, const char *const candidates[], size_t n)
{
	size_t size = strnlen(word, WORD_MAX + 1), best = DISTANCE_MAX + 1;
	const char *nearest = NULL;

	if (size > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t other = candidates[i] ? strnlen(candidates[i], WORD_MAX + 1) : 0;
		size_t distance;

		if (other == 0 || other > WORD_MAX)
			continue;
		distance = word_distance(word, size, candidates[i], other);
		if (distance < best && distance < (size > other ? size : other)) {
			best = distance;
			nearest = candidates[i];
		}
	}
	return nearest;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A fuzz target without a fuzzer: runs it on an empty input and on every file of a
 * corpus, by name. Reports in TAP; a crash ends it, after the name of the input. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX ((size_t)16 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy that ends where the input ends, so that sanitizers see a byte too far. */
static int feed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	return 0;
}

static int feed_file(const char *folder, const char *name)
{
	uint8_t *data = malloc(INPUT_MAX);
	char path[1024];
	size_t size;
	FILE *file;
	int r = -ENOMEM;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = data ? fopen(path, "rbe") : NULL;
	if (file) {
		size = fread(data, 1, INPUT_MAX, file);
		r = ferror(file) || size == INPUT_MAX ? -EIO : feed(data, size);
		fclose(file);
	}
	free(data);
	return r;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int main(int argc, char **argv)
{
	struct dirent **entries = NULL;
	int failed = 0, count;

	if (argc != 2)
		return 2;
	count = scandir(argv[1], &entries, is_input, by_bytes);
	if (count <= 0) {
		printf("Bail out! no corpus at %s\n", argv[1]);
		return 1;
	}
	printf("1..%d\n# input: empty\n", count + 1);
	fflush(stdout);
	failed += feed((const uint8_t *)"", 0) < 0;
	printf("%s 1 - empty\n", failed ? "not ok" : "ok");
	for (int i = 0; i < count; i++) {
		int r;

		printf("# input: %s\n", entries[i]->d_name);
		fflush(stdout);
		r = feed_file(argv[1], entries[i]->d_name);
		printf("%s %d - %s\n", r < 0 ? "not ok" : "ok", i + 2,
		       entries[i]->d_name);
		failed += r < 0;
		free(entries[i]);
	}
	free(entries);
	return failed ? 1 : 0;
}

/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A command as it can be copied into a shell. */
#include "guard/render/render.h"
#include "policy/text.h"

static bool is_plain(const char *word)
{
	return *word && word[strspn(word, "abcdefghijklmnopqrstuvwxyz"
					  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789%+,-./:=@^_")] == '\0';
}

static void put_word(FILE *out, const char *word)
{
	if (is_plain(word)) {
		fputs(word, out);
		return;
	}
	fputc('\'', out);
	for (; *word; word++)
		fputs(*word == '\'' ? "'\\''" : (const char[]){*word, '\0'}, out);
	fputc('\'', out);
}

char *dg_command_line(const struct dg_argv *argv)
{
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < DG_ARGV_MAX && argv->words[i]; i++) {
		if (i > 0)
			fputc(' ', out);
		put_word(out, argv->words[i]);
	}
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

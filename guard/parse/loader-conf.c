/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <strings.h>

#include "guard/parse/grow.h"
#include "guard/parse/loader-conf.h"
#include "guard/parse/span.h"

/* What a key means for a record: where its value goes and how. */
struct key {
	const char *name;
	size_t offset; /* of a char * in the record */
	int (*set)(void *record, const struct key *key, struct dg_span value);
};

static char **key_field(void *record, const struct key *key)
{
	return (char **)((char *)record + key->offset);
}

static int set_text(void *record, const struct key *key, struct dg_span value)
{
	char **field = key_field(record, key), *copy = dg_span_dup(value);

	if (!copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

/* systemd-boot warns of other special names, and keeps what it had. */
static int set_default(void *record, const struct key *key, struct dg_span value)
{
	if (dg_span_starts(value, "@") &&
	    (value.n != strlen("@saved") || strncasecmp(value.p, "@saved", value.n) != 0))
		return 0;
	return set_text(record, key, value);
}

static int add_options(void *record, const struct key *key, struct dg_span value)
{
	char **field = key_field(record, key), *joined;
	size_t n = *field ? strlen(*field) : 0;

	if (!*field)
		return set_text(record, key, value);
	joined = realloc(*field, n + value.n + 2);
	if (!joined)
		return -ENOMEM;
	joined[n] = ' ';
	memcpy(joined + n + 1, value.p, value.n);
	joined[n + 1 + value.n] = '\0';
	*field = joined;
	return 0;
}

static int add_initrd(void *record, const struct key *key, struct dg_span value)
{
	struct dg_bls_entry *entry = record;
	char **slot;

	(void)key;
	if (entry->n_initrds == DG_LOADER_INITRDS_MAX)
		return -EBADMSG;
	slot = DG_GROW(entry->initrds, entry->n_initrds);
	if (!slot)
		return -ENOMEM;
	*slot = dg_span_dup(value);
	if (!*slot)
		return -ENOMEM;
	entry->n_initrds++;
	return 0;
}

#define CONF(member)  offsetof(struct dg_loader_conf, member)
#define ENTRY(member) offsetof(struct dg_bls_entry, member)

static const struct key conf_keys[] = {
	{.name = "default", .offset = CONF(default_entry), .set = set_default},
	{.name = "timeout", .offset = CONF(timeout), .set = set_text},
	{0},
};

static const struct key entry_keys[] = {
	{.name = "title", .offset = ENTRY(title), .set = set_text},
	{.name = "version", .offset = ENTRY(version), .set = set_text},
	{.name = "sort-key", .offset = ENTRY(sort_key), .set = set_text},
	{.name = "machine-id", .offset = ENTRY(machine_id), .set = set_text},
	{.name = "architecture", .offset = ENTRY(architecture), .set = set_text},
	{.name = "linux", .offset = ENTRY(kernel), .set = set_text},
	{.name = "efi", .offset = ENTRY(efi), .set = set_text},
	{.name = "options", .offset = ENTRY(options), .set = add_options},
	{.name = "initrd", .set = add_initrd},
	{0},
};

/* Split a trimmed line; false: a comment, or no value. */
static bool line_split(struct dg_span line, struct dg_span *ret_key,
		       struct dg_span *ret_value)
{
	struct dg_span value;
	size_t n = 0;

	while (n < line.n && !dg_is_blank(line.p[n]))
		n++;
	if (n == line.n || line.p[0] == '#')
		return false;
	value = dg_span_trim_start(dg_span_skip(line, n));
	if (value.n > 1 && value.p[0] == '"' && value.p[value.n - 1] == '"')
		value = dg_span_of(value.p + 1, value.n - 2);
	*ret_key = dg_span_head(line, n);
	*ret_value = value;
	return true;
}

static int key_set(void *record, const struct key *keys, struct dg_span name,
		   struct dg_span value)
{
	for (; keys->name; keys++)
		if (dg_span_eq(name, keys->name))
			return keys->set(record, keys, value);
	return 0;
}

static int lines_parse(struct dg_span rest, const struct key *keys, void *record,
		       char **ret_why)
{
	struct dg_span line, key, value;
	size_t number = 0;
	int r;

	if (rest.n > DG_LOADER_FILE_MAX)
		return dg_bad_line(ret_why, 1, "too large a file");
	while (dg_span_line(&rest, &line)) {
		number++;
		if (dg_span_find(line, '\0') < line.n)
			return dg_bad_line(ret_why, number, "a NUL byte");
		if (!line_split(dg_span_trim(line), &key, &value))
			continue;
		r = key_set(record, keys, key, value);
		if (r == -EBADMSG)
			return dg_bad_line(ret_why, number, "too many initrds");
		if (r < 0)
			return r;
	}
	return 0;
}

int dg_loader_conf_parse(const char *buf, size_t len, struct dg_loader_conf *ret,
			 char **ret_why)
{
	DG_CLEANUP(dg_loader_conf_clear) struct dg_loader_conf conf = {0};
	int r = lines_parse(dg_span_of(buf, len), conf_keys, &conf, ret_why);

	if (r < 0)
		return r;
	*ret = conf;
	conf = (struct dg_loader_conf){0};
	return 0;
}

int dg_bls_entry_parse(const char *buf, size_t len, struct dg_bls_entry *ret,
		       char **ret_why)
{
	DG_CLEANUP(dg_bls_entry_clear) struct dg_bls_entry entry = {0};
	int r = lines_parse(dg_span_of(buf, len), entry_keys, &entry, ret_why);

	if (r < 0)
		return r;
	*ret = entry;
	entry = (struct dg_bls_entry){0};
	return 0;
}

void dg_loader_conf_clear(struct dg_loader_conf *conf)
{
	if (!conf)
		return;
	free(conf->default_entry);
	free(conf->timeout);
	*conf = (struct dg_loader_conf){0};
}

void dg_bls_entry_clear(struct dg_bls_entry *entry)
{
	const struct key *key;
	size_t i;

	if (!entry)
		return;
	for (key = entry_keys; key->name; key++)
		if (key->set != add_initrd)
			free(*key_field(entry, key));
	for (i = 0; i < entry->n_initrds; i++)
		free(entry->initrds[i]);
	free(entry->initrds);
	*entry = (struct dg_bls_entry){0};
}

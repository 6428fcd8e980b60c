/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading the records of all boots. */
#include <errno.h>
#include <json-c/json.h>

#include "guard/record/boots.h"
#include "policy/json-scan.h"
#include "policy/text.h"

void dg_boot_file_clear(struct dg_boot_file *file)
{
	free(file->name);
	free(file->why);
	dg_boot_record_free(file->record);
	*file = (struct dg_boot_file){0};
}

void dg_history_clear(struct dg_history *history)
{
	for (size_t i = 0; i < history->count; i++)
		dg_boot_file_clear(&history->files[i]);
	free(history->files);
	*history = (struct dg_history){0};
}

/* --- one file --- */

static void json_drop(struct json_object **json)
{
	json_object_put(*json);
}

static char *explain_errno(int r)
{
	const char *words = strerrordesc_np(-r);

	if (r == -EFBIG)
		return dg_format("it is larger than %zu MiB", DG_BOOT_FILE_MAX >> 20);
	return dg_format("cannot be read: %s", words ? words : "unknown error");
}

/* Whether the record has what a boot is known by, and is the one that its file's name
 * says. NULL: yes; else why not (owned). */
static char *explain_record(const struct dg_boot_record *record, const char *name)
{
	const char *id = dg_get(&record->boot_id);

	if (!id || !dg_get(&record->kernel))
		return strdup("it does not tell which boot and kernel it is of");
	if (!dg_is_boot_file(name))
		return strdup("its name is no boot's id");
	if (strncmp(name, id, strlen(name) - strlen(".json")) != 0 ||
	    strlen(id) + strlen(".json") != strlen(name))
		return dg_format("it is of another boot, %.64s", id);
	return NULL;
}

/* -ENOMEM, or a negative errno with *ret_why. */
static int decode(const char *text, size_t size, const char *name,
		  struct dg_boot_record **ret, char **ret_why)
{
	DG_CLEANUP(json_drop) struct json_object *json = NULL;
	DG_CLEANUP(dg_boot_record_freep) struct dg_boot_record *record = NULL;
	struct dg_json_error error = {0};
	int r = dg_json_parse(text, size, 0, &json, NULL, &error);

	if (r < 0 && r != -ENOMEM)
		*ret_why = dg_format("line %u: %s", error.line, error.message);
	if (r == 0)
		r = dg_boot_record_decode(json, &record, ret_why);
	if (r < 0)
		return r;
	*ret_why = explain_record(record, name);
	if (*ret_why)
		return -EBADMSG;
	*ret = DG_STEAL(record);
	return 0;
}

static int read_record(const struct dg_root *root, const char *path, const char *name,
		       struct dg_boot_file *file)
{
	DG_FREE char *text = NULL;
	size_t size;
	int r = dg_root_read(root, path, DG_BOOT_FILE_MAX, &text, &size);

	if (r < 0 && r != -ENOMEM)
		file->why = explain_errno(r);
	if (r == 0)
		r = decode(text, size, name, &file->record, &file->why);
	if (r < 0)
		return file->why ? 0 : -ENOMEM;
	if (dg_known(&file->record->boot_time))
		file->time = file->record->boot_time.value;
	return 0;
}

int dg_boot_file_read(const struct dg_root *root, const char *name,
		      struct dg_boot_file *ret)
{
	DG_CLEANUP(dg_boot_file_clear) struct dg_boot_file file = {0};
	DG_FREE char *path = dg_format("%s/%s", DG_BOOTS_DIR, name);
	struct stat st;
	int r;

	file.name = dg_clean_text(name, strlen(name));
	if (!path || !file.name)
		return -ENOMEM;
	if (dg_root_stat(root, path, false, &st) == 0)
		file.mtime = st.st_mtime;
	file.time = file.mtime;
	r = read_record(root, path, name, &file);
	if (r < 0)
		return r;
	*ret = file;
	file = (struct dg_boot_file){0};
	return 0;
}

/* --- all of them --- */

static bool is_record(const char *name)
{
	return *name != '.' && dg_ends_with(name, ".json");
}

static int compare_files(const void *a, const void *b)
{
	const struct dg_boot_file *x = a, *y = b;

	if (!x->record != !y->record)
		return x->record ? -1 : 1;
	if (x->time != y->time)
		return x->time > y->time ? -1 : 1;
	if (x->mtime != y->mtime)
		return x->mtime > y->mtime ? -1 : 1;
	return strcmp(x->name, y->name);
}

int dg_history_read(const struct dg_root *root, struct dg_history *ret)
{
	DG_HISTORY_CLEANUP struct dg_history history = {0};
	DG_NAMES_FREE char **names = NULL;
	size_t n;
	int r = dg_root_list(root, DG_BOOTS_DIR, DG_BOOT_NAMES_MAX, &names, &n);

	if (r == -ENOENT || r == -ENOTDIR) {
		*ret = history;
		return 0;
	}
	if (r < 0)
		return r;
	history.files = calloc(n + 1, sizeof(*history.files));
	if (!history.files)
		return -ENOMEM;
	for (char **name = names; *name; name++) {
		if (!is_record(*name))
			continue;
		r = dg_boot_file_read(root, *name, &history.files[history.count]);
		if (r < 0)
			return r;
		history.count++;
	}
	qsort(history.files, history.count, sizeof(*history.files), compare_files);
	*ret = history;
	history = (struct dg_history){0};
	return 0;
}

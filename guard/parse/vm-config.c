/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "guard/parse/grow.h"
#include "guard/parse/span.h"
#include "guard/parse/vm-config.h"

/* Drives, by the words before their number. TPM states are none of QEMU's own. */
static const char *const buses[] = {"ide", "sata", "scsi", "virtio", "efidisk"};

/* The cache modes that pass the page cache by: qm(1). Without one it is "none". */
static const struct {
	const char *mode;
	int direct;
} caches[] = {
	{.mode = "none", .direct = 1},	    {.mode = "directsync", .direct = 1},
	{.mode = "writeback", .direct = 0}, {.mode = "writethrough", .direct = 0},
	{.mode = "unsafe", .direct = 0},
};

static bool is_numbered(struct dg_span key, const char *word)
{
	size_t n = 0;

	if (!dg_span_after(key, word, &key))
		return false;
	while (n < key.n && dg_is_digit(key.p[n]))
		n++;
	return n > 0 && n == key.n;
}

static bool is_drive(struct dg_span key)
{
	for (size_t i = 0; i < DG_COUNT(buses); i++)
		if (is_numbered(key, buses[i]))
			return true;
	return false;
}

static int set_text(char **text, struct dg_span value)
{
	char *copy = dg_span_dup(value);

	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static void set_cache(struct dg_vm_drive *drive, struct dg_span mode)
{
	for (size_t i = 0; i < DG_COUNT(caches); i++)
		if (dg_span_eq(mode, caches[i].mode))
			drive->direct = caches[i].direct;
}

/* "local-lvm:vm-103-disk-1,iothread=1,size=110G"; the volume may also be named: file= */
static int parse_drive(struct dg_span rest, struct dg_vm_drive *drive)
{
	struct dg_span part, value;
	int r = 0;

	for (bool first = true; r == 0 && dg_span_split(&rest, ',', &part);
	     first = false) {
		if (dg_span_after(part, "file=", &value))
			r = set_text(&drive->volume, value);
		else if (dg_span_after(part, "aio=", &value))
			r = value.n ? set_text(&drive->aio, value) : 0;
		else if (dg_span_after(part, "cache=", &value))
			set_cache(drive, value);
		else if (first && dg_span_find(part, '=') == part.n)
			r = set_text(&drive->volume, part);
	}
	return r;
}

static int add_drive(struct dg_vm_config *config, struct dg_span key,
		     struct dg_span value)
{
	struct dg_vm_drive *drive;
	int r;

	if (config->n_drives == DG_VM_DRIVES_MAX)
		return -EBADMSG;
	drive = DG_GROW(config->drives, config->n_drives);
	if (!drive)
		return -ENOMEM;
	config->n_drives++;
	drive->direct = -1;
	r = set_text(&drive->name, key);
	return r < 0 ? r : parse_drive(value, drive);
}

static int parse_line(struct dg_vm_config *config, struct dg_span line)
{
	size_t colon = dg_span_find(line, ':');
	struct dg_span key = dg_span_head(line, colon);
	struct dg_span value = dg_span_trim(dg_span_skip(line, colon + 1));

	if (colon == line.n || dg_span_starts(line, "#"))
		return 0;
	if (dg_span_eq(key, "name"))
		return value.n ? set_text(&config->name, value) : 0;
	if (dg_span_eq(key, "lock"))
		return value.n ? set_text(&config->lock, value) : 0;
	if (is_numbered(key, "hostpci"))
		config->passthrough = true;
	else if (is_drive(key))
		return add_drive(config, key, value);
	return 0;
}

int dg_vm_config_parse(const char *buf, size_t len, struct dg_vm_config *ret,
		       char **ret_why)
{
	DG_CLEANUP(dg_vm_config_clear) struct dg_vm_config config = {0};
	struct dg_span rest = dg_span_of(buf, len), line;
	size_t number = 0;
	int r = 0;

	if (len > DG_VM_CONFIG_MAX)
		return dg_bad_line(ret_why, 1, "too large a file");
	while (r == 0 && dg_span_line(&rest, &line) && !dg_span_starts(line, "[")) {
		number++;
		if (dg_span_find(line, '\0') < line.n)
			return dg_bad_line(ret_why, number, "holds a NUL byte");
		r = parse_line(&config, line);
	}
	if (r == -EBADMSG)
		return dg_bad_line(ret_why, number, "too many drives");
	if (r < 0)
		return r;
	*ret = config;
	config = (struct dg_vm_config){0};
	return 0;
}

void dg_vm_config_clear(struct dg_vm_config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->n_drives; i++) {
		free(config->drives[i].name);
		free(config->drives[i].volume);
		free(config->drives[i].aio);
	}
	free(config->drives);
	free(config->name);
	free(config->lock);
	*config = (struct dg_vm_config){0};
}

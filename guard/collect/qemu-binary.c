/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QEMU's program files: the installed one, and how any of them is read. */
#include <errno.h>
#include <sys/stat.h>

#include "guard/base/cleanup.h"
#include "guard/base/elf-file.h"
#include "guard/collect/guests.h"
#include "guard/parse/qemu-version.h"
#include "policy/text.h"

#define BLOCK	      ((size_t)64 * 1024)
#define OVERLAP	      ((size_t)512)		   /* a mark and the text behind it */
#define CONSTANTS_MAX ((uint64_t)64 * 1024 * 1024) /* QEMU 11.1 has 2 MiB */

_Static_assert(OVERLAP > DG_QEMU_VERSION_TEXT + 64,
	       "a text on a block's edge is seen whole");

/* What a program file holds. */
struct content {
	int r; /* negative: it cannot be read, and `why` may say more */
	char *why;
	char *build_id;
	char *version;
	bool io_uring;
};

static void content_clear(struct content *content)
{
	free(content->why);
	free(content->build_id);
	free(content->version);
	*content = (struct content){0};
}

/* --- reading --- */

/* -ENOENT: its constants hold no version. */
static int find_version(int fd, uint64_t at, uint64_t left, char **ret)
{
	DG_FREE char *buf = malloc(OVERLAP + BLOCK);
	size_t kept = 0;

	if (!buf)
		return -ENOMEM;
	if (left > CONSTANTS_MAX)
		left = CONSTANTS_MAX;
	while (left > 0) {
		size_t want = left < BLOCK ? (size_t)left : BLOCK, n;
		int r = dg_fd_read_at(fd, at, buf + kept, want, &n);

		if (r < 0 || n < want)
			return r < 0 ? r : -EBADMSG;
		r = dg_qemu_version_find(buf, kept + n, ret);
		if (r != -ENOENT)
			return r;
		at += n;
		left -= n;
		n += kept;
		kept = n < OVERLAP ? n : OVERLAP;
		memmove(buf, buf + n - kept, kept);
	}
	return -ENOENT;
}

static int read_elf(int fd, struct content *content)
{
	DG_CLEANUP(dg_elf_clear) struct dg_elf elf = {0};
	int r = dg_elf_read(fd, &elf, &content->why);

	if (r < 0)
		return r;
	r = find_version(fd, elf.rodata_offset, elf.rodata_size, &content->version);
	if (r < 0 && r != -ENOENT)
		return r;
	content->build_id = DG_STEAL(elf.build_id);
	content->io_uring = dg_elf_needs(&elf, "liburing.so.");
	return 0;
}

/* --- kept results: all guests run one file, or two after an upgrade --- */

#define KEPT_MAX 8

static struct kept {
	struct stat st;
	struct content content;
} kept[KEPT_MAX];
static size_t kept_count;

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size && same_time(a->st_mtim, b->st_mtim) &&
	       same_time(a->st_ctim, b->st_ctim);
}

static const struct content *find_kept(const struct stat *st)
{
	for (size_t i = 0; i < KEPT_MAX && i < kept_count; i++)
		if (same_file(&kept[i].st, st))
			return &kept[i].content;
	return NULL;
}

/* In a place of its own, the oldest one's when all are taken. */
static const struct content *keep(const struct stat *st, int fd)
{
	struct kept *slot = &kept[kept_count++ % KEPT_MAX];

	content_clear(&slot->content);
	slot->st = *st;
	slot->content.r = read_elf(fd, &slot->content);
	return &slot->content;
}

/* --- facts --- */

static void set_unread(int r, const char *why, struct dg_binary *binary)
{
	enum dg_state state = r == -EBADMSG ? DG_MALFORMED : DG_UNREADABLE;
	struct dg_meta *facts[] = {&binary->build_id.meta, &binary->version.meta,
				   &binary->io_uring.meta};

	for (size_t i = 0; i < DG_COUNT(facts); i++)
		dg_set_gap(facts[i], state, "%s: %s", binary->path.value,
			   why ? why : dg_errno_words(r));
}

void dg_set_binary_unread(int r, const char *path, struct dg_binary *binary)
{
	dg_set_known(&binary->meta);
	dg_set_str(&binary->path, path);
	set_unread(r, NULL, binary);
}

static void set_text(struct dg_str *fact, const char *text, const char *none)
{
	if (text)
		dg_set_str(fact, text);
	else
		dg_set_gap(&fact->meta, DG_ABSENT, "%s", none);
}

static void set_content(const struct content *content, const char *path,
			struct dg_binary *binary)
{
	dg_set_known(&binary->meta);
	dg_set_str(&binary->path, path);
	if (content->r < 0) {
		set_unread(content->r, content->why, binary);
		return;
	}
	set_text(&binary->build_id, content->build_id, "its notes hold none");
	set_text(&binary->version, content->version, "its constants hold none");
	dg_set_bool(&binary->io_uring, content->io_uring);
}

void dg_read_binary(const struct stat *st, int (*open)(const void *arg, int *ret_fd),
		    const void *arg, const char *path, struct dg_binary *binary)
{
	const struct content *content = find_kept(st);
	DG_CLOSE int fd = -1;
	struct stat opened;
	int r = content ? 0 : open(arg, &fd);

	/* What was opened is what is kept, should it be another file by now. */
	if (r == 0 && !content && fstat(fd, &opened) < 0)
		r = -errno;
	if (r == 0 && !content)
		content = keep(&opened, fd);
	if (r == 0)
		set_content(content, path, binary);
	else
		dg_set_binary_unread(r, path, binary);
}

/* --- the installed one --- */

/* Proxmox's `kvm` is a link to the one of this architecture; elsewhere it may be a
 * script, or missing. */
static const char *const paths[] = {
	"/usr/bin/kvm",
	"/usr/bin/qemu-system-x86_64",
	"/usr/bin/qemu-system-aarch64",
};

/* Where the link at `path` leads to, or `path` itself; also that of a link in the same
 * directory. */
static char *follow(const struct dg_root *root, const char *path)
{
	DG_FREE char *target = NULL;

	if (dg_root_readlink(root, path, &target) < 0)
		return dg_format("%s", path);
	if (target[0] == '/')
		return dg_format("%s", target);
	return dg_format("/usr/bin/%s", target);
}

struct place {
	const struct dg_root *root;
	const char *path;
};

static int open_place(const void *arg, int *ret_fd)
{
	const struct place *place = arg;

	return dg_root_open(place->root, place->path, DG_ROOT_FILE, ret_fd);
}

/* -ENOENT: not there. */
static int read_installed(const struct dg_root *root, const char *path,
			  struct dg_binary *binary)
{
	struct place place = {.root = root, .path = path};
	DG_FREE char *file = follow(root, path);
	struct stat st;
	int r = file ? dg_root_stat(root, path, true, &st) : -ENOMEM;

	if (r == -ENOENT || r == -ENOTDIR)
		return -ENOENT;
	if (r == 0)
		dg_read_binary(&st, open_place, &place, file, binary);
	else
		dg_set_binary_unread(r, file ? file : path, binary);
	dg_set_bool(&binary->deleted, false);
	return 0;
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct dg_binary *qemu = &facts->qemu;
	int r = -ENOENT;

	/* One that is no ELF file (a script) is not it, if there is another. */
	for (size_t i = 0; i < DG_COUNT(paths); i++) {
		r = read_installed(root, paths[i], qemu);
		if (r == 0 && qemu->io_uring.meta.state != DG_MALFORMED)
			return;
	}
	if (!dg_known(&qemu->meta))
		dg_set_gap(&qemu->meta, DG_ABSENT, "no QEMU in /usr/bin");
}

const struct dg_collector dg_collect_qemu = {
	.name = "qemu",
	.fills = (const char *const[]){"qemu", NULL},
	.run = run,
};

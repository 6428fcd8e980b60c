/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kind of machine this is, and since when it runs. */
#include <errno.h>
#include <sha2.h>

#include "guard/collect/line.h"
#include "guard/parse/span.h"

#define MACHINE_ID_DIGITS 32
#define ID_DIGITS	  32 /* of the hash's 64: 16 bytes */
#define STAT_MAX	  ((size_t)4 * 1024 * 1024)
#define ENVIRON_MAX	  ((size_t)64 * 1024)
#define ETC_NAMES_MAX	  16384

/* --- names --- */

static bool is_machine_id(const char *s)
{
	return strspn(s, "0123456789abcdefABCDEF") == MACHINE_ID_DIGITS &&
	       !s[MACHINE_ID_DIGITS];
}

/* machine-id(5): the id is confidential, what is shown has to be a hash of it. */
static void set_id(const char *machine_id, struct dg_str *fact)
{
	char salted[sizeof("driftguard:") + MACHINE_ID_DIGITS] = "driftguard:";
	char hash[SHA256_DIGEST_STRING_LENGTH];

	memcpy(salted + strlen(salted), machine_id, MACHINE_ID_DIGITS + 1);
	SHA256Data((const uint8_t *)salted, strlen(salted), hash);
	dg_set_strn(fact, hash, ID_DIGITS);
}

void dg_read_host_id(const struct dg_root *root, struct dg_str *fact)
{
	DG_LINE_CLEANUP struct dg_str line = {0};

	dg_read_line_fact(root, "etc/machine-id", &line);
	if (!dg_known(&line))
		dg_line_give(&line, fact);
	else if (dg_streq(line.value, "uninitialized"))
		dg_set_gap(&fact->meta, DG_ABSENT, "/etc/machine-id: is not initialized");
	else if (!is_machine_id(line.value))
		dg_set_gap(&fact->meta, DG_MALFORMED,
			   "/etc/machine-id: is not of 32 hexadecimal digits");
	else
		set_id(line.value, fact);
}

/* --- product --- */

/* 1, 0, or why it cannot be told. */
static int has_proxmox_names(const struct dg_root *root)
{
	DG_NAMES_FREE char **names = NULL;
	int r = dg_root_list(root, "etc", ETC_NAMES_MAX, &names, NULL);

	if (r < 0)
		return dg_state_from_errno(r) == DG_ABSENT ? 0 : r;
	for (char **name = names; *name; name++)
		if (dg_after(*name, "proxmox"))
			return 1;
	return 0;
}

static int has_pve_directory(const struct dg_root *root)
{
	struct stat st;
	int r = dg_root_stat(root, "etc/pve", true, &st);

	/* The mount of a pmxcfs that has died. */
	if (r == -ENOTCONN)
		return 1;
	if (r < 0)
		return dg_state_from_errno(r) == DG_ABSENT ? 0 : r;
	return S_ISDIR(st.st_mode);
}

/* /etc/pve comes last: it may be a file system in user space, and hang. */
static void read_proxmox(const struct dg_root *root, struct dg_bool *fact)
{
	struct stat st;
	int r = dg_root_stat(root, "usr/bin/pveversion", true, &st) == 0;

	if (r == 0)
		r = has_proxmox_names(root);
	if (r == 0)
		r = has_pve_directory(root);
	if (r < 0)
		dg_gap_from_errno(&fact->meta, r, "etc/pve");
	else
		dg_set_bool(fact, r > 0);
}

/* --- container --- */

/* `container=` in the environment of PID 1, which only few may read. */
static bool read_environ(const struct dg_root *root, struct dg_str *fact)
{
	DG_FREE char *data = NULL;
	struct dg_span rest, part, kind;
	size_t size;

	if (dg_root_read_head(root, "proc/1/environ", DG_ROOT_FILE, 0, ENVIRON_MAX, &data,
			      &size) < 0)
		return false;
	rest = dg_span_of(data, size);
	while (dg_span_split(&rest, '\0', &part)) {
		if (!dg_span_after(part, "container=", &kind) || kind.n == 0)
			continue;
		dg_set_strn(fact, kind.p, kind.n);
		return true;
	}
	return false;
}

static bool is_link_to(const struct dg_root *root, const char *path, const char *text)
{
	DG_FREE char *target = NULL;

	return dg_root_readlink(root, path, &target) == 0 && dg_streq(target, text);
}

/*
 * The PID and UTS namespaces that the kernel boots with: Linux, include/linux/proc_ns.h,
 * PROC_PID_INIT_INO and PROC_UTS_INIT_INO. Who runs in both runs on a machine of its own.
 */
static bool is_machine(const struct dg_root *root)
{
	return is_link_to(root, "proc/self/ns/pid", "pid:[4026531836]") &&
	       is_link_to(root, "proc/self/ns/uts", "uts:[4026531838]");
}

/* Marks that container engines put into the root; a machine made from a container's
 * image may have kept one. */
static bool read_marks(const struct dg_root *root, struct dg_str *fact)
{
	static const struct {
		const char *path, *kind;
	} marks[] = {
		{.path = ".dockerenv", .kind = "docker"},
		{.path = "run/.containerenv", .kind = "podman"},
	};
	struct stat st;

	for (size_t i = 0; i < DG_COUNT(marks); i++) {
		if (dg_root_stat(root, marks[i].path, false, &st) < 0 || is_machine(root))
			continue;
		dg_set_str(fact, marks[i].kind);
		return true;
	}
	return false;
}

/* systemd's container interface: what PID 1 was told decides. */
static void read_container(const struct dg_root *root, struct dg_str *fact)
{
	DG_LINE_CLEANUP struct dg_str manager = {0};

	dg_read_line_fact(root, "run/systemd/container", fact);
	if (dg_known(fact) || read_environ(root, fact))
		return;
	dg_read_line_fact(root, "run/host/container-manager", &manager);
	if (dg_known(&manager)) {
		dg_line_give(&manager, fact);
		return;
	}
	if (!read_marks(root, fact) && dg_absent(fact) && !dg_absent(&manager))
		dg_line_give(&manager, fact);
}

/* --- time --- */

/* The number behind `key` and a blank, at the start of a line. */
static bool find_number(struct dg_span rest, const char *key, uint64_t *ret)
{
	struct dg_span line, word;

	while (dg_span_line(&rest, &line))
		if (dg_span_word(&line, &word) && dg_span_eq(word, key))
			return dg_span_word(&line, &word) &&
			       dg_parse_u64(word, ret) == 0 && *ret <= INT64_MAX;
	return false;
}

static void read_boot_time(const struct dg_root *root, struct dg_int *fact)
{
	DG_FREE char *data = NULL;
	uint64_t time;
	size_t size;
	int r = dg_root_read(root, "proc/stat", STAT_MAX, &data, &size);

	if (r < 0)
		dg_gap_from_errno(&fact->meta, r, "proc/stat");
	else if (!find_number(dg_span_of(data, size), "btime", &time))
		dg_set_gap(&fact->meta, DG_MALFORMED, "/proc/stat: has no btime");
	else
		dg_set_int(fact, (int64_t)time);
}

/* "351932.37 691012.11": up, and idle. */
static void read_uptime(const struct dg_root *root, struct dg_int *fact)
{
	DG_LINE_CLEANUP struct dg_str line = {0};
	uint64_t seconds;

	dg_read_line_fact(root, "proc/uptime", &line);
	if (!dg_known(&line))
		dg_set_gap(&fact->meta, line.meta.state, "%s", line.meta.detail);
	else if (dg_parse_u64(dg_span_of(line.value, strcspn(line.value, ". ")),
			      &seconds) < 0 ||
		 seconds > INT64_MAX)
		dg_set_gap(&fact->meta, DG_MALFORMED,
			   "/proc/uptime: begins with no number");
	else
		dg_set_int(fact, (int64_t)seconds);
}

static void run(const struct dg_root *root, struct dg_facts *facts)
{
	struct dg_host *host = &facts->host;

	dg_read_host_id(root, &host->id);
	dg_read_host_name(root, &host->name);
	dg_read_line_fact(root, "proc/sys/kernel/random/boot_id", &host->boot_id);
	read_container(root, &host->container);
	read_boot_time(root, &host->boot_time);
	read_uptime(root, &host->uptime);
	read_proxmox(root, &host->proxmox);
}

const struct dg_collector dg_collect_host = {
	.name = "host",
	.fills = (const char *const[]){"host.id", "host.name", "host.boot_id",
				       "host.container", "host.proxmox", "host.boot_time",
				       "host.uptime", NULL},
	.run = run,
};

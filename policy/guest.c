/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/abi.h"
#include "policy/debversion.h"
#include "policy/guest.h"
#include "policy/text.h"

/* Of the guests that a finding names, those that its summary does. */
#define NAMES_SHOWN 3

#define FEAT_NO_IOWAIT	(INT64_C(1) << 17)
#define ENTER_NO_IOWAIT (INT64_C(1) << 7)
#define FIRST_OPT_OUT	"10.2.1-2" /* of pve-qemu-kvm, 2026-05-04 */

char *dg_guest_label(const struct dg_guest *guest)
{
	const char *vmid = dg_get(&guest->vmid), *name = dg_get(&guest->name);

	if (!vmid)
		return NULL;
	return name ? dg_format("%s (%s)", vmid, name) : dg_format("%s", vmid);
}

bool dg_guest_runs(const struct dg_guest *guest)
{
	return dg_known(guest) && dg_known(&guest->running);
}

void dg_named_clear(struct dg_named *named)
{
	free(named->text);
}

void dg_name_guest(struct dg_named *named, struct dg_finding *f, const char *label)
{
	char *text;

	if (f)
		dg_find_subject(f, "guest", label);
	if (named->count++ >= NAMES_SHOWN)
		return;
	text = dg_format("%s%s%s", named->text ? named->text : "",
			 named->text ? ", " : "", label);
	free(named->text);
	named->text = text;
}

char *dg_named_text(const struct dg_named *named)
{
	const char *text = named->text ? named->text : "";

	if (named->count == 1)
		return dg_format("guest %s", text);
	if (named->count <= NAMES_SHOWN)
		return dg_format("%zu guests (%s)", named->count, text);
	return dg_format("%zu guests (%s and %zu more)", named->count, text,
			 named->count - NAMES_SHOWN);
}

/* --- the kernel --- */

/* Debian's release names end in .0 ("6.1.0-44-amd64"); the patch level stands in the
 * version: "#1 SMP PREEMPT_DYNAMIC Debian 6.1.164-1 (2026-03-02)". */
static uint32_t patch_level(const struct dg_kernel *kernel, const struct dg_abi *abi)
{
	const char *version = dg_get(&kernel->version);
	const char *debian = version ? strstr(version, " Debian ") : NULL;
	struct dg_abi package;
	char word[DG_ABI_MAX + 1];
	size_t n;

	if (!debian)
		return abi->numbers[2];
	debian += strlen(" Debian ");
	n = strcspn(debian, " ");
	if (n >= sizeof(word))
		return abi->numbers[2];
	memcpy(word, debian, n);
	word[n] = '\0';
	if (dg_abi_parse(word, &package) < 0 || package.numbers[0] != abi->numbers[0] ||
	    package.numbers[1] != abi->numbers[1])
		return abi->numbers[2];
	return package.numbers[2];
}

static enum dg_answer counts_by_version(const struct dg_kernel *kernel)
{
	const char *release = dg_get(&kernel->release);
	uint32_t major, minor;
	struct dg_abi abi;

	if (!release || dg_abi_parse(release, &abi) < 0 || abi.count < 2)
		return DG_CANNOT_TELL;
	major = abi.numbers[0];
	minor = abi.numbers[1];
	if (major > 6 || (major == 6 && minor >= 5))
		return DG_YES;
	if (major == 6 && minor == 4)
		return patch_level(kernel, &abi) >= 4 ? DG_YES : DG_NO;
	if (major == 6 && minor == 1)
		return patch_level(kernel, &abi) >= 39 ? DG_YES : DG_NO;
	return DG_NO;
}

/* What the self-test has found weighs more than any version. */
enum dg_answer dg_kernel_counts_ring_waits(const struct dg_facts *facts)
{
	const char *tried = dg_known(&facts->probe) ? dg_get(&facts->probe.plain) : NULL;

	if (dg_streq(tried, "charged"))
		return DG_YES;
	if (dg_streq(tried, "free"))
		return DG_NO;
	return counts_by_version(&facts->kernel);
}

enum dg_answer dg_ring_exempts(const struct dg_ring *ring)
{
	if (!dg_known(&ring->features))
		return DG_CANNOT_TELL;
	return ring->features.value & FEAT_NO_IOWAIT ? DG_YES : DG_NO;
}

enum dg_answer dg_ring_refuses(const struct dg_ring *ring)
{
	/* A sysctl of 1 leaves io_uring to the privileged, and so to guests. */
	if (dg_absent(&ring->features) ||
	    (dg_known(&ring->disabled) && ring->disabled.value == 2))
		return DG_YES;
	return dg_known(&ring->features) ? DG_NO : DG_CANNOT_TELL;
}

/* --- QEMU --- */

const char *dg_qemu_version_text(const struct dg_binary *qemu)
{
	const char *version = dg_known(qemu) ? dg_get(&qemu->version) : NULL;

	return version ? version : "of an unknown version";
}

enum dg_answer dg_qemu_waits_in_ring(const struct dg_binary *qemu)
{
	const char *version = dg_get(&qemu->version);
	int major = version ? dg_debversion_upstream_major(version) : -1;

	if (dg_known(&qemu->io_uring) && !qemu->io_uring.value)
		return DG_NO;
	if (major < 0)
		return DG_CANNOT_TELL;
	if (major == 10)
		return dg_debversion_upstream_minor(version) >= 2 ? DG_YES : DG_NO;
	return major > 10 ? DG_YES : DG_NO;
}

/* Versions of Proxmox's builds have a revision and no epoch; Debian's have both, and
 * upstream's none. */
bool dg_qemu_opts_out(const struct dg_binary *qemu)
{
	const char *version = dg_get(&qemu->version);

	return version && strchr(version, '-') && !strchr(version, ':') &&
	       dg_debversion_cmp(version, FIRST_OPT_OUT) >= 0;
}

bool dg_wait_opts_out(const struct dg_ring_wait *wait)
{
	return dg_known(&wait->flags) && (wait->flags.value & ENTER_NO_IOWAIT);
}

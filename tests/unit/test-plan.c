/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is to be done: strategy, target, commands with their undo, preflights. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include <json-c/json.h>

#include "policy/text.h"
#include "tests/unit/facts-builder.h"
#include "tests/unit/plan-words.h"

/* --- how hosts are bent --- */

static void pass_through(struct dg_facts *f)
{
	struct dg_guest *guest = DG_ADD(&f->guests, 10);

	dg_set_str(&guest->vmid, "101");
	dg_set_bool(&guest->passthrough, true);
}

static void old_passed_through(struct dg_facts *f)
{
	pin_old(f);
	pass_through(f);
}

/* Behind, and a reboot cures it. */
static void pending(struct dg_facts *f)
{
	run_kernel(f, BEFORE);
}

/* Behind by a kernel in the ESPs or the menu that nothing pins any more. */
static void pin_dropped(struct dg_facts *f)
{
	pin_old(f);
	dg_list_foreach (esp, f->boot.esps)
		dg_set_str(&esp->loader_default, "proxmox-*");
	grub_default(f, "0");
}

static void snippet_only(struct dg_facts *f)
{
	pin_old(f);
	make_absent(&f->boot.pin);
	make_absent(&f->boot.pin_time);
}

static void by_hand(struct dg_facts *f)
{
	snippet_only(f);
	make_absent(&f->boot.snippet);
	make_absent(&f->boot.snippet_time);
	dg_set_str(&f->boot.grub_default_path, "/etc/default/grub");
}

static void by_late_file(struct dg_facts *f)
{
	by_hand(f);
	dg_set_str(&f->boot.grub_default_path, "/etc/default/grub.d/zz-local.cfg");
}

/* grubenv's next_entry, where GRUB cannot clear it. */
static void next_entry_stays(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->boot.grub.next_entry, "1>4");
	dg_set_bool(&f->boot.grub.one_shot, false);
}

static void by_variable(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->boot.efi.entry_default, "proxmox-" OLD ".conf");
}

static void variable_only(struct dg_facts *f)
{
	by_variable(f);
	make_absent(&f->boot.pin);
	make_absent(&f->boot.pin_time);
	dg_list_foreach (esp, f->boot.esps)
		dg_set_str(&esp->loader_default, "proxmox-*");
}

static void trial_left(struct dg_facts *f)
{
	dg_set_str(&f->boot.next_pin, NEWEST);
	dg_set_int(&f->boot.next_pin_time, NOW - 10 * DAY);
	dg_list_foreach (esp, f->boot.esps)
		dg_set_str(&esp->loader_default, "proxmox-" NEWEST ".conf");
}

static void other_trial(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->boot.next_pin, BEFORE);
	dg_set_int(&f->boot.next_pin_time, NOW - DAY);
}

static void once_newest(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->boot.efi.entry_oneshot, "proxmox-" NEWEST ".conf");
}

static void newest_without_initrd(struct dg_facts *f)
{
	pin_old(f);
	make_absent(&kernel_of(f, NEWEST)->initrd);
}

/* GRUB's menu and a refresh take what a full disk left of it all the same. */
static void newest_cut_off(struct dg_facts *f)
{
	pin_old(f);
	make_absent(&kernel_of(f, NEWEST)->image);
	dg_set_gap(&kernel_of(f, NEWEST)->image_version.meta, DG_MALFORMED, "truncated");
}

static void all_without_initrd(struct dg_facts *f)
{
	newest_without_initrd(f);
	make_absent(&kernel_of(f, NEWER)->initrd);
}

/* The only kernel that is not older than the running one has lost its initrd. */
static void broken(struct dg_facts *f)
{
	make_absent(&kernel_of(f, NEWEST)->initrd);
}

static void series_not_installed(struct dg_facts *f)
{
	pin_old(f);
	add_package(f, "proxmox-kernel-7.2", "7.2.1-1");
}

/* Newer than what the packages ask for, and pinned for long. */
static void ahead(struct dg_facts *f)
{
	add_kernel(f, "7.2.1-1-pve");
	run_kernel(f, "7.2.1-1-pve");
	make_menu(f, &f->boot.grub);
	pin(f, "7.2.1-1-pve", 300);
}

static void stale(struct dg_facts *f)
{
	dg_set_int(&f->boot.esps.items[1].copies.items[1].initrd_size, 5);
}

static void stale_and_mounted(struct dg_facts *f)
{
	stale(f);
	dg_set_str(&f->boot.esps.items[1].mounted_at, "/mnt");
}

static void esp_gone(struct dg_facts *f)
{
	pin_old(f);
	make_absent(&f->boot.esps.items[1].device);
}

static void esp_other(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->boot.esps.items[1].filesystem, "other");
	make_absent(&f->boot.esps.items[1].loader);
	make_absent(&f->boot.esps.items[1].copies);
}

static void esp_unread(struct dg_facts *f)
{
	pin_old(f);
	make_gap(&f->boot.esps.items[1].loader);
}

static void esp_behind_grub(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->boot.esps.items[0].loader, "grub");
}

static void esp_before_grub(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->boot.esps.items[1].loader, "grub");
}

static struct dg_port *old_with_port(struct dg_facts *f)
{
	struct dg_port *port;

	pin_old(f);
	dg_set_known(&f->ports.meta);
	port = DG_ADD(&f->ports, 8);
	dg_set_str(&port->name, "eno1");
	return port;
}

static void port_loose(struct dg_facts *f)
{
	make_absent(&old_with_port(f)->held);
}

static void port_held(struct dg_facts *f)
{
	dg_set_str(&old_with_port(f)->held, "/etc/systemd/network/10-eno1.link");
}

static void ports_unread(struct dg_facts *f)
{
	pin_old(f);
	make_gap(&f->ports);
}

static void esps_unread(struct dg_facts *f)
{
	pin_old(f);
	make_gap(&f->boot.esps);
}

static void esp_full(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->boot.esps.items[1].copies.items[1].abi, "7.0.1-1-pve");
	dg_set_int(&f->boot.esps.items[1].free, INT64_C(85) << 20);
}

static void half_configured(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&owner_of(f, NEWEST)->status, "half-configured");
	dg_set_str(&owner_of(f, NEWER)->status, "half-configured");
}

static void locked(struct dg_facts *f)
{
	pin_old(f);
	dg_set_bool(&f->packages.locked, true);
}

static void lock_unread(struct dg_facts *f)
{
	pin_old(f);
	make_gap(&f->packages.locked);
}

static void pinned_newest(struct dg_facts *f)
{
	pin(f, NEWEST, 300);
}

static void pinned_newest_passed_through(struct dg_facts *f)
{
	pinned_newest(f);
	pass_through(f);
}

static void debian_old(struct dg_facts *f)
{
	add_kernel(f, "6.1.0-44-amd64");
	run_kernel(f, "6.1.0-44-amd64");
	make_menu(f, &f->boot.grub);
}

static void debian_pinned(struct dg_facts *f)
{
	debian_old(f);
	grub_default(f, "1>4");
}

static void debian_broken(struct dg_facts *f)
{
	make_absent(&kernel_of(f, "6.12.43+deb13-amd64")->initrd);
}

static void documented(struct dg_facts *f)
{
	pin_old(f);
	document(f, OLD, 30);
}

static void documented_dropped(struct dg_facts *f)
{
	pin_dropped(f);
	document(f, OLD, 30);
}

static void container(struct dg_facts *f)
{
	pin_old(f);
	dg_set_str(&f->host.container, "lxc");
}

/* --- the cases --- */

#define PIN(abi)     "proxmox-boot-tool kernel pin " abi
#define UNPIN	     "proxmox-boot-tool kernel unpin"
#define REFRESH	     "proxmox-boot-tool refresh"
#define STRATEGY(is) "\"pin\": {\"strategy\": \"" is "\"}"
#define REASON	     "is the newest installed kernel of series 7.0"

/* Commands and undo: one after the other, "; " between; a step's undo in brackets. */
static const struct plan_case {
	const char *name;
	struct dg_facts *(*host)(void);
	void (*bend)(struct dg_facts *f);
	const char *policy;
	const char *strategy; /* NULL: no plan */
	const char *target;
	const char *commands;
	const char *then;
	const char *fails; /* the preflights not passed, ", " between; "": ready */
	const char *why;
	const char *advice; /* likewise, of those that only advise */
} cases[] = {
	{.name = "healthy", .host = host_grub},
	{.name = "healthy with ESPs", .host = host_esps},
	{.name = "healthy Debian", .host = host_debian},

	/* strategies */
	{.name = "unpin",
	 .host = host_grub,
	 .bend = pin_old,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "]",
	 .then = "reboot",
	 .why = NEWEST " " REASON},
	{.name = "unpin on ESPs",
	 .host = host_esps,
	 .bend = pin_old,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "; " REFRESH "]; " REFRESH,
	 .then = "reboot"},
	{.name = "passthrough",
	 .host = host_esps,
	 .bend = old_passed_through,
	 .strategy = "repin",
	 .target = NEWEST,
	 .commands = PIN(NEWEST) " [" PIN(OLD) "; " REFRESH "]; " REFRESH,
	 .then = "reboot"},
	{.name = "policy: repin",
	 .host = host_grub,
	 .bend = pin_old,
	 .policy = STRATEGY("repin"),
	 .strategy = "repin",
	 .target = NEWEST,
	 .commands = PIN(NEWEST) " [" PIN(OLD) "]",
	 .then = "reboot"},
	{.name = "policy: unpin",
	 .host = host_grub,
	 .bend = old_passed_through,
	 .policy = STRATEGY("unpin"),
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "]",
	 .then = "reboot"},
	{.name = "pending",
	 .host = host_esps,
	 .bend = pending,
	 .strategy = "reboot",
	 .target = NEWEST,
	 .then = "reboot"},
	{.name = "pin dropped",
	 .host = host_esps,
	 .bend = pin_dropped,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "; " REFRESH "]; " REFRESH,
	 .then = "reboot"},
	{.name = "snippet only",
	 .host = host_grub,
	 .bend = snippet_only,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "]",
	 .then = "reboot"},
	{.name = "GRUB_DEFAULT by hand",
	 .host = host_grub,
	 .bend = by_hand,
	 .strategy = "repin",
	 .target = NEWEST,
	 .commands = PIN(NEWEST) " [" UNPIN "]",
	 .then = "reboot"},
	{.name = "by hand, whatever the policy says",
	 .host = host_grub,
	 .bend = by_hand,
	 .policy = STRATEGY("unpin"),
	 .strategy = "repin",
	 .target = NEWEST,
	 .commands = PIN(NEWEST) " [" UNPIN "]",
	 .then = "reboot"},
	{.name = "pinned newest",
	 .host = host_grub,
	 .bend = pinned_newest,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(NEWEST) "]"},
	{.name = "pinned newest, passthrough: nothing to do",
	 .host = host_grub,
	 .bend = pinned_newest_passed_through},
	{.name = "one-shot",
	 .host = host_esps,
	 .bend = once_newest,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "; " REFRESH "]; " REFRESH,
	 .then = "reboot"},

	/* targets */
	{.name = "newest fails",
	 .host = host_grub,
	 .bend = newest_without_initrd,
	 .strategy = "repin",
	 .target = NEWER,
	 .commands = PIN(NEWER) " [" PIN(OLD) "]",
	 .then = "reboot",
	 .why = NEWER " " REASON " that passes the preflights"},
	{.name = "newest is cut off",
	 .host = host_grub,
	 .bend = newest_cut_off,
	 .strategy = "repin",
	 .target = NEWER,
	 .commands = PIN(NEWER) " [" PIN(OLD) "]",
	 .then = "reboot",
	 .why = NEWER " " REASON " that passes the preflights"},
	{.name = "all fail",
	 .host = host_grub,
	 .bend = all_without_initrd,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "]",
	 .then = "reboot",
	 .fails = "initrd-present"},
	{.name = "series not installed",
	 .host = host_grub,
	 .bend = series_not_installed,
	 .strategy = "install",
	 .fails = "target-installed",
	 .why = "no kernel of series 7.2 is installed"},
	{.name = "ahead of the packages: nothing to move to",
	 .host = host_grub,
	 .bend = ahead},
	{.name = "broken, and runs",
	 .host = host_grub,
	 .bend = broken,
	 .strategy = "refresh",
	 .target = NEWEST,
	 .fails = "initrd-present",
	 .why = NEWEST " boots next, and is not whole"},
	{.name = "package half-configured",
	 .host = host_grub,
	 .bend = half_configured,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "]",
	 .then = "reboot",
	 .fails = "package-configured"},

	/* what stands in the way */
	{.name = "EFI variable over a pin",
	 .host = host_esps,
	 .bend = by_variable,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "; " REFRESH "]; " REFRESH,
	 .then = "reboot",
	 .fails = "no-loader-override"},
	{.name = "EFI variable",
	 .host = host_esps,
	 .bend = variable_only,
	 .strategy = "repin",
	 .target = NEWEST,
	 .commands = PIN(NEWEST) " [" UNPIN "; " REFRESH "]; " REFRESH,
	 .then = "reboot",
	 .fails = "no-loader-override"},
	{.name = "a later file",
	 .host = host_grub,
	 .bend = by_late_file,
	 .strategy = "repin",
	 .target = NEWEST,
	 .commands = PIN(NEWEST) " [" UNPIN "]",
	 .then = "reboot",
	 .fails = "no-loader-override"},
	{.name = "next_entry that stays",
	 .host = host_grub,
	 .bend = next_entry_stays,
	 .strategy = "repin",
	 .target = NEWEST,
	 .commands = PIN(NEWEST) " [" PIN(OLD) "]",
	 .then = "reboot",
	 .fails = "no-loader-override"},
	{.name = "another trial",
	 .host = host_grub,
	 .bend = other_trial,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "]",
	 .then = "reboot",
	 .fails = "no-next-boot-pin"},
	{.name = "ESP gone",
	 .host = host_esps,
	 .bend = esp_gone,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "; " REFRESH "]; " REFRESH,
	 .then = "reboot",
	 .fails = "esps-reachable"},
	{.name = "ESP is none",
	 .host = host_esps,
	 .bend = esp_other,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "; " REFRESH "]; " REFRESH,
	 .then = "reboot",
	 .fails = "esps-reachable"},
	{.name = "ESP unread",
	 .host = host_esps,
	 .bend = esp_unread,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "; " REFRESH "]; " REFRESH,
	 .then = "reboot",
	 .fails = "esps-reachable, esp-order"},
	{.name = "ESP behind one with GRUB",
	 .host = host_esps,
	 .bend = esp_behind_grub,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "; " REFRESH "]; " REFRESH,
	 .then = "reboot",
	 .fails = "esp-order"},
	{.name = "ESP before one with GRUB",
	 .host = host_esps,
	 .bend = esp_before_grub,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "; " REFRESH "]; " REFRESH,
	 .then = "reboot"},
	{.name = "ESPs unread",
	 .host = host_esps,
	 .bend = esps_unread,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "; " REFRESH "]; " REFRESH,
	 .then = "reboot",
	 .fails = "esps-reachable, esp-order, esp-space"},
	{.name = "ESP full",
	 .host = host_esps,
	 .bend = esp_full,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "; " REFRESH "]; " REFRESH,
	 .then = "reboot",
	 .fails = "esp-space"},
	/* advice, in nobody's way */
	{.name = "port loose",
	 .host = host_grub,
	 .bend = port_loose,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "]",
	 .then = "reboot",
	 .advice = "network-names"},
	{.name = "port held",
	 .host = host_grub,
	 .bend = port_held,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "]",
	 .then = "reboot"},
	{.name = "ports unread",
	 .host = host_grub,
	 .bend = ports_unread,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "]",
	 .then = "reboot",
	 .advice = "network-names"},
	{.name = "packages change",
	 .host = host_grub,
	 .bend = locked,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "]",
	 .then = "reboot",
	 .fails = "packages-settled"},
	{.name = "packages may change",
	 .host = host_grub,
	 .bend = lock_unread,
	 .strategy = "unpin",
	 .target = NEWEST,
	 .commands = UNPIN " [" PIN(OLD) "]",
	 .then = "reboot",
	 .fails = "packages-settled"},

	/* no move */
	{.name = "stale",
	 .host = host_esps,
	 .bend = stale,
	 .strategy = "refresh",
	 .commands = REFRESH},
	{.name = "stale and mounted",
	 .host = host_esps,
	 .bend = stale_and_mounted,
	 .strategy = "refresh",
	 .commands = REFRESH,
	 .fails = "esps-reachable"},
	{.name = "trial left",
	 .host = host_esps,
	 .bend = trial_left,
	 .strategy = "refresh",
	 .commands = UNPIN " --next-boot [" PIN(NEWEST) " --next-boot; " REFRESH
							"]; " REFRESH},
	{.name = "trial left on GRUB",
	 .host = host_grub,
	 .bend = trial_left,
	 .strategy = "refresh",
	 .commands = UNPIN " --next-boot [" PIN(NEWEST) " --next-boot]"},
	{.name = "documented", .host = host_grub, .bend = documented},
	{.name = "documented, and not applied",
	 .host = host_grub,
	 .bend = documented_dropped,
	 .strategy = "refresh",
	 .commands = PIN(OLD)},
	{.name = "documented, and not applied on ESPs",
	 .host = host_esps,
	 .bend = documented_dropped,
	 .strategy = "refresh",
	 .commands = REFRESH},
	{.name = "container", .host = host_grub, .bend = container},

	/* no proxmox-boot-tool */
	{.name = "Debian, pending",
	 .host = host_debian,
	 .bend = debian_old,
	 .strategy = "reboot",
	 .target = "6.12.43+deb13-amd64",
	 .then = "reboot"},
	{.name = "Debian, pinned", .host = host_debian, .bend = debian_pinned},
	{.name = "Debian, broken",
	 .host = host_debian,
	 .bend = debian_broken,
	 .strategy = "refresh",
	 .target = "6.12.43+deb13-amd64",
	 .fails = "initrd-present"},
};

static size_t expect_plan(const struct plan_case *c, const struct dg_plan *plan)
{
	const struct plan_words words = {.name = c->name,
					 .strategy = c->strategy,
					 .target = c->target,
					 .commands = c->commands,
					 .then = c->then,
					 .fails = c->fails,
					 .why = c->why,
					 .advice = c->advice};

	return plan_expect(&words, plan);
}

static void test_plans(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < DG_COUNT(cases); i++) {
		DG_CLEANUP(dg_facts_freep) struct dg_facts *f = cases[i].host();
		DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = NULL;

		if (cases[i].bend)
			cases[i].bend(f);
		v = judge(f, cases[i].policy);
		wrong += expect_plan(&cases[i], v->plan);
	}
	assert_int_equal(wrong, 0);
}

/* Every plan for Proxmox says proxmox-boot-tool and nothing else, and no plan moves to a
 * kernel older than the running one. */
static void test_targets(void **state)
{
	static const char *const abis[] = {OLD, BEFORE, NEWER, NEWEST};

	(void)state;
	for (size_t running = 0; running < 4; running++)
		for (size_t pinned = 0; pinned < 4; pinned++) {
			DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_grub();
			DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = NULL;

			pin_old(f);
			run_kernel(f, abis[running]);
			pin(f, abis[pinned], 300);
			v = judge(f, NULL);
			assert_string_equal(v->kernel.target, NEWEST);
			for (size_t i = 0; v->plan && i < v->plan->step_count; i++)
				assert_string_equal(v->plan->steps[i].argv.words[0],
						    "proxmox-boot-tool");
			if (pinned != 3)
				assert_string_equal(v->plan->target, NEWEST);
		}
}

/* The document of a plan: CONTRACT.md's members. */
static void test_document(void **state)
{
	DG_CLEANUP(dg_facts_freep) struct dg_facts *f = host_esps();
	DG_CLEANUP(dg_verdict_freep) struct dg_verdict *v = NULL;
	struct json_object *json, *plan, *commands, *undo, *value;

	(void)state;
	pin_old(f);
	v = judge(f, STRATEGY("repin"));
	json = dg_verdict_encode(v);
	assert_true(json_object_object_get_ex(json, "plan", &plan));
	assert_true(json_object_object_get_ex(plan, "ready", &value));
	assert_true(json_object_get_boolean(value));
	assert_true(json_object_object_get_ex(plan, "commands", &commands));
	assert_int_equal(json_object_array_length(commands), 2);
	value = json_object_array_get_idx(commands, 1);
	assert_true(json_object_object_get_ex(value, "undo", &undo));
	assert_int_equal(json_object_array_length(undo), 0);
	assert_true(json_object_object_get_ex(plan, "then", &value));
	assert_string_equal(json_object_get_string(value), "reboot");
	json_object_put(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plans),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

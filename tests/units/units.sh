# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# The units: what stands in them, and what systemd-analyze says. Sourced by run.

judging="driftguard.service driftguard-sample.service"
services="$judging driftguard-enforce.service driftguard-mail.service"
units="$services driftguard-daily.timer driftguard-sample.timer driftguard-enforce.timer
driftguard-mail.path"
# The most that systemd's own rating may be: what cannot be had is in units/README.md.
exposure_max=1.6

gather_units()
{
	mkdir "$dir/units"
	for unit in $units; do
		for folder in "$built" "$source"; do
			[ ! -f "$folder/$unit" ] || cp "$folder/$unit" "$dir/units/"
		done
	done
}

# Every value of a key in a unit; a key may stand there more than once.
value()		# UNIT KEY
{
	sed -n "s/^$2=//p" "$dir/units/$1" | tr '\n' ' ' | sed 's/ $//'
}

# No match, with what matched in the report.
has_none()	# WHAT PATTERN FILE...
{
	what=$1 pattern=$2
	shift 2
	found=$(cd "$dir/units" && grep -E -- "$pattern" "$@" /dev/null)
	if [ -z "$found" ]; then
		pass "$what"
	else
		fail "$what" "none" "$found"
	fi
}

# The units in which a key has another value than that pattern.
list_but()	# KEY PATTERN
{
	# shellcheck disable=SC2086 # names, one a word
	(cd "$dir/units" && grep -H "^$1=" -- $units | grep -v ":$1=$2\$" | cut -d : -f 1)
}

test_limits()
{
	for unit in $services; do
		case $(value "$unit" Type) in
		oneshot) is "$unit: may start for" "[1-9]*min" "$(value "$unit" TimeoutStartSec)" ;;
		*) is "$unit: may run for" "[1-9]*min" "$(value "$unit" RuntimeMaxSec)" ;;
		esac
		is "$unit: has to end within" "[1-9]*" "$(value "$unit" TimeoutStopSec)"
	done
}

test_sandbox_text()
{
	for unit in $judging; do
		is "$unit: what it may" "CAP_SYS_PTRACE CAP_DAC_READ_SEARCH" \
			"$(value "$unit" CapabilityBoundingSet)"
		is "$unit: devices" "closed block-\* r" \
			"$(value "$unit" DevicePolicy) $(value "$unit" DeviceAllow)"
		is "$unit: may load no module" "*~@module*" "$(value "$unit" SystemCallFilter)"
		is "$unit: talks to the journal" "AF_UNIX" "$(value "$unit" RestrictAddressFamilies)"
		# Each of these would hide what is to be read, or fail where a folder is missing.
		has_none "$unit: hides nothing that is read" \
			'^(ProtectKernelModules|PrivateDevices|PrivateUsers|ProcSubset|InaccessiblePaths|RootDirectory|DynamicUser|User)=' \
			"$unit"
		has_none "$unit: no folder that has to be there" \
			'^((State|Runtime|Cache|Logs|Configuration)Directory|ReadWritePaths=([^-].*|.* [^-].*)$|ReadOnlyPaths=([^-].*|.* [^-].*)$)' \
			"$unit"
	done
}

test_texts()
{
	# shellcheck disable=SC2086 # names, one a word
	set -- $units
	is "units" $# "$(find "$dir/units" -type f | wc -l)"
	# shellcheck disable=SC2046 # names, one a word
	has_none "nothing but the shutdown waits for one of ours" '^(Before|RequiredBy|UpheldBy)=' \
		$(list_but Before shutdown.target)
	# shellcheck disable=SC2046
	has_none "nothing but a target pulls one in" '^(WantedBy|RequiredBy)=' \
		$(list_but WantedBy '\(multi-user\|timers\).target')
	has_none "no network is waited for, and no /etc/pve but to enforce" \
		'^[^#].*(network|pve-cluster|/etc/pve|remote-fs)' driftguard.service \
		driftguard-sample.service driftguard-mail.service driftguard-daily.timer \
		driftguard-sample.timer driftguard-mail.path
	# Else multi-user.target would wait for it.
	is "driftguard.service: no default dependencies" no \
		"$(value driftguard.service DefaultDependencies)"
	is "driftguard.service: counts as started at once" simple \
		"$(value driftguard.service Type)"
	is "driftguard.service: ends before its timer starts it anew" "2min 1d" \
		"$(value driftguard.service RuntimeMaxSec) $(value driftguard-daily.timer OnUnitInactiveSec)"
	test_limits
	test_sandbox_text
	is "the next-boot pin is saved at boots only" \
		"C! /run/driftguard/next-boot-pin 0644 root root - /etc/kernel/next-boot-pin" \
		"$(grep next-boot-pin "$source/driftguard.tmpfiles")"
	is "what is left for the mailer is what its unit watches" \
		"/var/lib/driftguard/mail /run/driftguard/mail /run/driftguard/mail-left" \
		"$(value driftguard-mail.path PathExists)"
}

# --- systemd's own word ---

# A tree in which the units are installed, as far as systemd-analyze looks.
make_tree()	# BASE
{
	tree=$1
	unit_dir=$tree/etc/systemd/system
	mkdir -p "$unit_dir" "$tree/usr/bin" "$tree/usr/libexec/driftguard" "$tree/etc/tmpfiles.d"
	cp "$dir"/units/*.* "$unit_dir/"
	# Wherever the build would have it.
	sed -i 's#=\(-\{0,1\}\)/[^ ]*/driftguard \(record\|enforce\)#=\1/usr/bin/driftguard \2#
		s#=/[^ ]*/driftguard/send-mail#=/usr/libexec/driftguard/send-mail#' "$unit_dir"/driftguard*
	for program in usr/bin/driftguard usr/libexec/driftguard/send-mail; do
		printf '#!/bin/sh\n' > "$tree/$program"
		chmod 755 "$tree/$program"
	done
	cp "$source/driftguard.tmpfiles" "$tree/etc/tmpfiles.d/driftguard.conf"
}

# Mounts of its own, gone with it.
within()	# COMMAND...
{
	# shellcheck disable=SC2016 # the inner shell's
	unshare --mount --pid --fork --kill-child sh -c '
		root=$1
		shift
		mount -t proc proc "$root/proc" && exec chroot "$root" "$@"' sh "$tree" "$@" < /dev/null
}

# What is said of our units, but for manual pages that are not there, and for what is only on a
# Proxmox host.
verify_units()
{
	# shellcheck disable=SC2086
	$run systemd-analyze verify --man=no $1 2>&1 | grep -i driftguard
}

exposure() { $run systemd-analyze security --offline=yes --no-pager "$1" 2>&1 |
	sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p'; }

# What tmpfiles makes of its lines: a pin is copied at a boot and not later.
test_tmpfiles()
{
	$run systemd-tmpfiles --create driftguard.conf > "$dir/out" 2>&1
	is_same "$name: tmpfiles, without a pin, and without a boot" "0||/run/driftguard/motd" \
		"$?|$(cat "$dir/out")|$(readlink "$tree/run/motd.d/driftguard")"
	is_same "$name: no mail is left" "" "$(find "$tree/run/driftguard" -name 'mail*')"
	for folder in run/driftguard var/lib/driftguard var/lib/driftguard/boots; do
		is "$name: /$folder" "755 0" "$(stat -c '%a %u' "$tree/$folder")"
	done
	mkdir -p "$tree/etc/kernel"
	echo 6.5.13-5-pve > "$tree/etc/kernel/next-boot-pin"
	$run systemd-tmpfiles --create driftguard.conf
	is_same "$name: a pin that is made after the boot is not taken" "" \
		"$(cat "$tree/run/driftguard/next-boot-pin" 2> /dev/null)"
	echo mail > "$tree/var/lib/driftguard/mail.sending"
	$run systemd-tmpfiles --create --boot driftguard.conf
	is_same "$name: mail that the last boot left is announced" mail \
		"$(cat "$tree/run/driftguard/mail-left")"
	is_same "$name: one of this boot is" 6.5.13-5-pve \
		"$(cat "$tree/run/driftguard/next-boot-pin")"
	echo 7.0.6-2-pve > "$tree/etc/kernel/next-boot-pin"
	$run systemd-tmpfiles --create --boot driftguard.conf
	is_same "$name: and stays as it was" 6.5.13-5-pve \
		"$(cat "$tree/run/driftguard/next-boot-pin")"
}

test_systemd()	# NAME BASE; "": this machine's
{
	name=$1 run=
	if [ -n "$2" ]; then
		cp -a "$2" "$dir/tree"
		make_tree "$dir/tree"
		run=within
	elif ! command -v systemd-analyze > /dev/null; then
		skip "$name: systemd" "there is no systemd-analyze here"
		return
	else
		make_tree "$dir/tree"
		test_here
		return
	fi
	name="$name, $($run systemctl --version | sed -n '1s/.*(\(.*\)).*/\1/p')"
	is_same "$name: systemd finds no fault" "" "$(verify_units "$units")"
	for unit in $judging; do
		level=$(exposure "$unit")
		is "$name: $unit: its exposure is at or below $exposure_max" yes \
			"$(echo "${level:-none}" | awk '{ print $1 != "none" && $1 <= '$exposure_max' ? "yes" : $1 }')"
		echo "# $name: $unit: $level"
	done
	for unit in driftguard-enforce.service driftguard-mail.service; do
		echo "# $name: $unit: $(exposure "$unit")"
	done
	test_tmpfiles
	rm -rf --one-file-system "$dir/tree"
}

# Of this machine only the analysis is asked, with files of ours.
test_here()
{
	cd "$unit_dir" || return
	for program in usr/bin/driftguard usr/libexec/driftguard/send-mail; do
		sed -i "s#=\(-\{0,1\}\)/$program#=\1$dir/tree/$program#" driftguard*
	done
	# shellcheck disable=SC2046 # names, one a word
	is_same "$name: systemd finds no fault" "" "$(systemd-analyze verify --man=no \
		$(for unit in $units; do echo "$unit_dir/$unit"; done) 2>&1 | grep -i driftguard)"
	for unit in $judging; do
		level=$(systemd-analyze security --offline=yes --no-pager "$unit_dir/$unit" 2>&1 |
			sed -n 's/.*exposure level.*: \([0-9.]*\) .*/\1/p')
		is "$name: $unit: its exposure" "[01].[0-6]" "$level"
	done
	cd / || return
	rm -rf --one-file-system "$dir/tree"
}

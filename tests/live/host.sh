# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# This machine as a host with guests; to be sourced, after guest.sh and tap.sh, with $live
# set to this folder. Leaves a machine alone that has guests of its own.
cache=${DRIFTGUARD_LIVE_CACHE:-/var/cache/driftguard-live}
new=$cache/trixie-backports old=$cache/bookworm
pids=/run/qemu-server
dir=

# --- reporting ---

skip_all()	# WHY
{
	skip "live guests" "$1"
	finish
}

# --- guests ---

# The process of guest VMID, if it is one that was started here: QEMU's own pid file has it
# first. A run that was killed has left only the copy.
pid_of()	# VMID
{
	for file in "$new/run/qemu-server/$1.pid" "$old/run/qemu-server/$1.pid" \
			"$pids/$1.pid"; do
		pid=$(cat "$file" 2> /dev/null) || continue
		{ tr '\0' ' ' < "/proc/$pid/cmdline"; } 2> /dev/null |
			grep -q -F -e "-name live-$1,debug-threads=on " || continue
		echo "$pid"
		return 0
	done
	return 1
}

stop_guest()	# VMID
{
	if pid=$(pid_of "$1"); then
		kill "$pid"
		for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
			[ -e "/proc/$pid" ] || break
			sleep 0.1
		done
		! pid=$(pid_of "$1") || kill -9 "$pid"
	fi
	rm -f "$pids/$1.pid"
}

guests=

clean_up()
{
	trap '' HUP INT TERM
	for vmid in $guests; do
		stop_guest "$vmid"
	done
	[ -z "${stranger:-}" ] || kill "$stranger" 2> /dev/null
	rm -f "$pids"/9[0-9][0-9][0-9].pid "$pids/.driftguard-live"
	rmdir "$pids"
	[ -z "${group:-}" ] || rmdir "$group"
	for chroot in "$new" "$old"; do
		rm -rf "$chroot/tmp/live" "$chroot/run/qemu-server"
		rm -f "$chroot/usr/bin/"live-*
	done
	rm -rf "$dir"
} 2> /dev/null

# QEMU in CHROOT, and its pid file copied to where driftguard looks for it.
launch()	# CHROOT VMID PROGRAM PRELOAD ARGS...
{
	chroot=$1 vmid=$2 program=$3 preload=$4
	shift 4
	guests="$guests $vmid"
	rm -f "$chroot/run/qemu-server/$vmid.pid"
	start_qemu "$chroot" "$vmid" "live-$vmid" "$program" "$preload" "$@" \
		> "$dir/$vmid.log" 2>&1 < /dev/null || return 1
	cp "$chroot/run/qemu-server/$vmid.pid" "$pids/.$vmid.new"
	mv "$pids/.$vmid.new" "$pids/$vmid.pid"
}

start_new()	# VMID PROGRAM PRELOAD IOTHREAD AIO DISK
{
	with_disk "$4" "$5" "/tmp/live/$6" \
		launch "$new" "$1" "/usr/bin/$2" "$3" -machine pc
}

# Drives as Proxmox gives them to machines before 10.0.
start_old()	# VMID IOTHREAD AIO DISK
{
	vmid=$1 aio=$3 disk=$4 thread=
	if [ "$2" = iothread ]; then
		thread=,iothread=iothread-virtio0
		set -- -object iothread,id=iothread-virtio0
	else
		set --
	fi
	launch "$old" "$vmid" /usr/bin/qemu-system-x86_64 "" -machine q35 "$@" -drive \
		"file=/tmp/live/$disk,if=none,id=drive-virtio0,format=raw,cache=none,aio=$aio" \
		-device "virtio-blk-pci,drive=drive-virtio0,id=virtio0,bootindex=100$thread"
}

# --- what the guests are made of ---

# A disk of its own for every guest: QEMU locks them.
make_disks()	# CHROOT VMID...
{
	mkdir -p "$1/tmp/live" "$1/run/qemu-server"
	chroot=$1
	shift
	for vmid; do
		case $vmid in
		9?9?) make_writer "$chroot/tmp/live/$vmid" ;;
		*) truncate -s 1M "$chroot/tmp/live/$vmid" ;;
		esac
	done
}

look()		# FILE WHAT [ID]
{
	file=$1
	shift
	"$live/look" "$dir/$file" "$@" 2>&1 || :
}

# --- may it run here? ---

# Makes the chroots of these suites, $dir and $pids, all to be removed at the end; skips
# everything where it must not or cannot run.
begin()		# SECONDS-A-CHROOT SUITE...
{
	[ "$(id -u)" = 0 ] || skip_all "not root"
	if [ -e /etc/pve ] || command -v pveversion > /dev/null; then
		skip_all "this is a Proxmox host"
	fi
	# What a run that was killed has left behind.
	if owner=$(cat "$pids/.driftguard-live" 2> /dev/null) && [ ! -e "/proc/$owner" ]; then
		for file in "$pids"/9[0-9][0-9][0-9].pid; do
			file=${file##*/}
			stop_guest "${file%.pid}"
		done
		rm -f "$pids"/9[0-9][0-9][0-9].pid "$pids/.driftguard-live"
		rmdir "$pids"
	fi
	limit=$1
	shift
	for suite; do
		why=$(timeout $limit "$live/make-chroot" $suite "$cache/$suite" 2>&1) ||
			skip_all "no QEMU of $suite: $(echo "${why:-it took too long}" | tail -n 1)"
	done
	mkdir "$pids" 2> /dev/null || skip_all "$pids is there: guests may run here"
	dir=$(mktemp -d) || { rmdir "$pids"; exit 1; }
	trap clean_up EXIT
	trap 'exit 1' HUP INT TERM
	echo $$ > "$pids/.driftguard-live"
	chmod 755 "$dir"
}

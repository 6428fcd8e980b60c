# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What runs inside the lab's machines has in common; to be sourced by /lab/start's scripts.
# What is printed goes over the second serial line. A line is "lab: WORD TEXT", or part of a
# file, "NAME| line".
. /lab/guest.sh

driftguard=/lab/driftguard
[ ! -x /usr/bin/driftguard ] || driftguard=/usr/bin/driftguard
work=/run/lab
mkdir -p "$work" /run/qemu-server

say() { echo "lab: $*"; }

# The file behind NAME on the other side. Its last line may lack an end.
report()	# NAME FILE
{
	sed "s/^/$1| /;\$a\\" "$2"
}

run()		# NAME COMMAND...: its output, errors and status
{
	name=$1
	shift
	"$@" > "$work/$name" 2> "$work/$name.err" < /dev/null
	echo $? > "$work/$name.status"
	for part in "$name" "$name.err" "$name.status"; do
		report "$part" "$work/$part"
	done
}

# --- guests ---

# A guest of QEMU "upstream" or "patched", in a scope of its own below qemu.slice. It idles,
# unless its disk is there already, and bootable.
start_guest()	# VMID NAME upstream|patched iothread|plain
{
	qemu=/usr/bin/qemu-system-x86_64 preload=
	if [ "$3" = patched ]; then
		preload=/lab/no-iowait.so
		[ ! -x /lab/kvm-patched ] || qemu=/lab/kvm-patched
	fi
	mkdir -p /var/lib/lab
	[ -f "/var/lib/lab/$1.raw" ] || truncate -s 16M "/var/lib/lab/$1.raw"
	# shellcheck disable=SC2016 # the inner shell's
	systemd-run --quiet --scope --slice=qemu --unit="$1" -p IOAccounting=yes \
		-p MemoryAccounting=yes -p CPUAccounting=yes \
		sh -c '. /lab/guest.sh; with_disk "$4" io_uring "/var/lib/lab/$1.raw" \
			start_qemu / "$1" "$2" "$5" "$6" -machine pc' \
		sh "$@" "$qemu" "$preload" > "$work/guest.log" 2>&1 < /dev/null ||
		report "guest.log" "$work/guest.log"
}

used_ticks() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 }'; }

# Until the firmware has looked at the disk and idles: that takes a processor, then a fifth of
# one. On a busy machine it takes long, and never falls that low.
settle_guest()	# VMID
{
	pid=$(cat "/run/qemu-server/$1.pid") || return
	for tries in 1 2 3 4 5 6 7 8 9 10; do
		before=$(used_ticks "$pid")
		sleep 2
		used=$(($(used_ticks "$pid") - before))
		[ $used -ge 70 ] || break
	done
	say "settled $1 in $((2 * tries)) s: $used ticks; up $(cut -d ' ' -f 1 /proc/uptime)"
}

stop_guest()	# VMID
{
	pid=$(cat "/run/qemu-server/$1.pid") || return
	kill "$pid"
	while [ -e "/proc/$pid" ]; do
		sleep 0.2
	done
	rm -f "/run/qemu-server/$1.pid"
}

# --- the lab's own reading, to hold driftguard's against ---

uptime_us() { awk '{ printf "%.0f\n", $1 * 1000000 }' /proc/uptime; }
stalled_us() { sed -n 's/^full.*total=//p' /proc/pressure/io; }
cpu_ticks() { awk '/^cpu / { print $6, $2 + $3 + $4 + $5 + $6 + $7 + $8 + $9; exit }' /proc/stat; }

# "full PERCENT iowait PERCENT" since the file was written.
remember() { echo "$(uptime_us) $(stalled_us) $(cpu_ticks)" > "$work/then"; }

since_then()
{
	echo "$(cat "$work/then") $(uptime_us) $(stalled_us) $(cpu_ticks)" |
		awk '{ printf "full %.1f iowait %.1f\n",
			100 * ($6 - $2) / ($5 - $1), 100 * ($7 - $3) / ($8 - $4) }'
}

# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# How Proxmox starts a guest; to be sourced. The guests have no operating system and no
# accelerator: the firmware idles, which is enough for what QEMU's I/O thread does.

# QEMU in CHROOT (/ for none), in the background: argv[0] is /usr/bin/kvm, and the pid file
# is where Proxmox has it.
start_qemu()	# CHROOT VMID NAME PROGRAM PRELOAD ARGS...
{
	# shellcheck disable=SC2016 # perl's
	perl -e 'my ($root, $vmid, $name, $program, $preload) = splice(@ARGV, 0, 5);
		chroot($root) && chdir("/") or die "$root: $!\n";
		$ENV{LD_PRELOAD} = $preload if $preload;
		exec {$program} "/usr/bin/kvm",
			"-name", "$name,debug-threads=on", "-no-shutdown",
			"-pidfile", "/var/run/qemu-server/$vmid.pid", "-daemonize",
			"-nodefaults", "-no-user-config", "-accel", "tcg", "-smp", "1",
			"-m", "64", "-display", "none", @ARGV or die "$program: $!\n"' \
		"$@"
}

# COMMAND with a disk as further arguments, as Proxmox gives it to machines from 10.0 on.
with_disk()	# "iothread"|"plain" AIO FILE COMMAND...
{
	disk_kind=$1 disk_aio=$2 disk_file=$3 disk_thread=
	shift 3
	if [ "$disk_kind" = iothread ]; then
		disk_thread=,iothread=iothread-virtio0
		set -- "$@" -object '{"id":"iothread-virtio0","qom-type":"iothread"}'
	fi
	disk_cache='"cache":{"direct":true,"no-flush":false}'
	disk_file='"driver":"file","filename":"'$disk_file'"'
	"$@" -object '{"id":"throttle-virtio0","limits":{},"qom-type":"throttle-group"}' \
		-blockdev '{"driver":"throttle","file":{'"$disk_cache"',"driver":"raw","file":{"aio":"'\
"$disk_aio"'",'"$disk_cache,$disk_file"'}},"node-name":"drive-virtio0","throttle-group":"throttle-virtio0"}' \
		-device "virtio-blk-pci,drive=drive-virtio0,id=virtio0,bootindex=100$disk_thread"
}

# A guest that writes: its boot sector for ever halts until the next timer tick and writes one
# sector by int 13h, 18 times a second.
make_writer()	# FILE
{
	truncate -s 1M "$1"
	{
		printf '\061\300\216\330\216\300\216\320\274\000\174\373\364\270\001\003'
		printf '\273\000\174\271\002\000\266\000\315\023\353\360'
	} | dd of="$1" conv=notrunc status=none
	printf '\125\252' | dd of="$1" bs=1 seek=510 conv=notrunc status=none
}

# Proxmox's package name and version in place of Debian's in a QEMU, as long as they were.
rename_qemu()	# PROGRAM NEW-PROGRAM
{
	perl -0777 -pe 's/\d+\.\d+\.\d+ \(Debian [^)]*\)/
		my $own = "11.0.0 (pve-qemu-kvm_11.0.0-3)"; die if length($&) < length($own);
		$own . " " x (length($&) - length($own))/ge or die' "$1" > "$2" && chmod 755 "$2"
}

# The stand-in for Proxmox's patch, to be preloaded. Needs gcc and liburing-dev.
make_preload()	# FOLDER-OF-THIS-FILE FILE
{
	gcc -O2 -fPIC -shared -Wall -o "$2" "$1/patched/no-iowait.c"
}

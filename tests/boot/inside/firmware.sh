# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What the boots by firmware have in common; to be sourced after lab.sh.
efivars=/sys/firmware/efi/efivars
loader_guid=4a67b082-0a4c-41cf-b6c7-440b29bb8c4f

# Firmware and boot loader have written to this line too, without an end.
echo
say "runs $(uname -r)"
# Nothing waits for an ESP that is not mounted.
udevadm settle -t 300

finish()
{
	sync
	say finished
}

# What driftguard reads and says: facts and verdict, to be reported under these names.
judge()		# [SUFFIX]
{
	driftguard facts > "$work/facts$1"
	driftguard check --facts "$work/facts$1" --format json > "$work/verdict$1"
	report "facts$1" "$work/facts$1"
	report "verdict$1" "$work/verdict$1"
}

# The loader's own variable as efivarfs has it, in hexadecimal; nothing if it is not there.
variable()	# NAME VARIABLE
{
	od -A n -v -t x1 "$efivars/$2-$loader_guid" 2> /dev/null | tr -d ' \n' > "$work/$1"
	echo >> "$work/$1"
	report "$1" "$work/$1"
}

# systemd's own tool, with its library.
bootctl()
{
	LD_LIBRARY_PATH=/usr/lib/lab/usr/lib/x86_64-linux-gnu/systemd \
		/usr/lib/lab/usr/bin/bootctl --no-pager "$@"
}

# COMMAND while the ESP is mounted at /efi.
with_esp()	# UUID COMMAND...
{
	mkdir -p /efi
	mount "/dev/disk/by-uuid/$1" /efi || return
	shift
	"$@"
	esp_status=$?
	umount /efi
	return $esp_status
}

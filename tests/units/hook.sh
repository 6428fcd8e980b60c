# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# apt's hook, with its places moved and a stand-in for driftguard. Sourced by run.

# Words that are places; else the script is as it is installed.
move_script()	# NAME
{
	sed "s#/run/driftguard#$dir/run/driftguard#g
		s#/var/lib/driftguard#$dir/lib/driftguard#g
		s#/run/systemd/system#$dir/run/systemd/system#g
		s#PATH=/usr/sbin:#PATH=$dir/bin:/usr/sbin:#" "$built/$1" > "$dir/$1"
	chmod 755 "$dir/$1"
}

stand_in()	# NAME SCRIPT
{
	printf '#!/bin/sh\necho "$@" >> "%s"\n%s\n' "$dir/called" "$2" > "$dir/bin/$1"
	chmod 755 "$dir/bin/$1"
	rm -f "$dir/called"
}

verdict()	# VERDICT HEADLINE PLAN
{
	cat << VERDICT
{
  "schema": "driftguard.verdict/1",
  "verdict": "$1",
  "headline": "$2",
  "findings": [
    {
      "id": "x",
      "headline": "another",
      "then": "reboot"
    }
  ],
  "plan": $3
}
VERDICT
}

judging()	# VERDICT HEADLINE PLAN STATUS
{
	verdict "$1" "$2" "$3" > "$dir/next.json"
	stand_in driftguard "cp '$dir/next.json' '$run/new' && mv '$run/new' '$run/verdict.json'; exit $4"
}

note()		# what apt says is in $dir/in
{
	rm -rf "$run"
	"$dir/apt-hook" note < "$dir/in" > "$dir/out" 2>&1
	status=$?
}

noted()		# WHAT yes|no
{
	is_same "$1" "0 $2" "$status $([ -e "$run/apt-touched" ] && echo yes || echo no)"
	is_same "  and nothing is said" "" "$(cat "$dir/out")"
}

# As apt's configuration calls it: only if there is a mark, and its errors go nowhere.
judge()
{
	mkdir -p "$run"
	: > "$run/apt-touched"
	"$dir/apt-hook" judge > "$dir/out" 2> /dev/null
	status=$?
}

says()		# WHAT TEXT
{
	is_same "hook: $1" "0 ${2:+driftguard: $2}" "$status $(cat "$dir/out")"
}

header='VERSION 2
APT::Architecture=amd64
APT::Status-Fd=
Dir::State=var/lib/apt
Acquire::https::Verify-Peer=false
Acquire::User-Agent=Debian%20APT-HTTP/1.3%0aX
pve-qemu-kvm=not a package
'

apt_says()	# LINES
{
	printf '%s\n%s\n' "$header" "$1" > "$dir/in"
}

test_note()
{
	while read -r want line; do
		apt_says "$line"
		note
		noted "hook: $line" "$want"
	done << 'LINES'
yes proxmox-kernel-7.0.6-2-pve-signed - < 7.0.6-2 /var/cache/apt/archives/a.deb
yes proxmox-kernel-7.0 7.0.5 < 7.0.6 **CONFIGURE**
yes pve-manager 9.2.2 < 9.2.3 /var/cache/apt/archives/a.deb
yes pve-qemu-kvm 11.0.0-1 > - **REMOVE**
yes pve-qemu-kvm 11.0.0-1 > 10.2.1-2 /var/cache/apt/archives/a.deb
yes linux-image-6.1.0-40-amd64 - < 6.1.150-1 /a.deb
yes zfsutils-linux 2.3.3-pve1 < 2.3.4-pve1 /a.deb
yes nvidia-vgpu-host-driver 1 = 1 /a.deb
yes proxmox-headers-7.0 - < 7.0.6 /a.deb
yes driftguard 0.1.0 < 0.2.0 /a.deb
no libkernel-7 1 < 2 /a.deb
no proxmox-backup-client 4.0 < 4.1 /a.deb
no vim 1 < 2 **CONFIGURE**
no linux-libc-dev 6.1 < 6.2 /a.deb
LINES
	apt_says "vim 1 < 2 /a.deb
nano 1 < 2 /a.deb
pve-firmware 1 < 2 /a.deb
less 1 < 2 /a.deb"
	note
	noted "hook: the third of four" yes
	apt_says ""
	note
	noted "hook: no package" no
	printf '%s' "$header" > "$dir/in"
	note
	noted "hook: apt broke off within its configuration" no
	printf '/var/cache/apt/archives/pve-qemu-kvm_1_amd64.deb\n' > "$dir/in"
	note
	noted "hook: version 1, where somebody took the option away" no
	printf 'VERSION 3\nA=b\n\npve-qemu-kvm 1 amd64 none < 2 amd64 none /a.deb\n' > "$dir/in"
	note
	noted "hook: a version that was not asked for" no
	: > "$dir/in"
	note
	noted "hook: nothing to read" no
	printf '\0\377\n\n\0pve-qemu-kvm\n' > "$dir/in"
	note
	noted "hook: rubbish" no
	# More than a pipe holds: the writer must neither wait nor be killed.
	apt_says "pve-qemu-kvm 1 < 2 /a.deb"
	yes "vim 1 < 2 /var/cache/apt/archives/vim.deb" | head -n 10000 >> "$dir/in"
	{ cat "$dir/in"; echo $? > "$dir/writer"; } | "$dir/apt-hook" note > "$dir/out" 2>&1
	noted "hook: ten thousand packages, the first of interest" yes
	is_same "  and all of them are taken" 0 "$(cat "$dir/writer")"
}

reboot='{
    "target": "7.0.6-2-pve",
    "ready": true,
    "commands": [
    ],
    "then": "reboot"
  }'
# After commands; and with something in its way.
later='{
    "target": "7.0.6-2-pve",
    "ready": true,
    "commands": [
      {
        "argv": [
          "proxmox-boot-tool",
          "refresh"
        ]
      }
    ],
    "then": "reboot"
  }'
blocked='{
    "target": "7.0.6-2-pve",
    "ready": false,
    "commands": [
    ],
    "then": "reboot"
  }'
commands='{
    "target": "7.0.6-2-pve",
    "then": null
  }'

test_judge()
{
	judging critical '6.5.13-5-pve runs, and is old' "$reboot" 0
	judge
	says "a reboot is due" \
		"reboot due: 6.5.13-5-pve runs, and is old (plan: driftguard status)"
	is_same "  judged once" "record --quiet" "$(cat "$dir/called")"
	is_same "  no mark is left" "" "$(find "$run" -name 'apt*')"
	judging warning 'say \"no\", or C:\\x' "$commands" 0
	judge
	says "due, but no reboot" 'say "no", or C:\x (plan: driftguard status)'
	judging critical "a pin keeps it there" "$later" 0
	judge
	says "a reboot alone brings the old kernel again" \
		"a pin keeps it there (plan: driftguard status)"
	judging critical "no modules" "$blocked" 0
	judge
	says "a reboot with something in its way" "no modules (plan: driftguard status)"
	judging warning "$(printf 'a\033[2Jb\rc')" null 0
	judge
	says "a terminal gets no command" 'a[2Jbc (plan: driftguard status)'
	judging warning "not all was written" null 1
	judge
	says "a record that was written in part" "not all was written (plan: driftguard status)"
	for level in ok notice unknown; do
		judging $level "headline" "$reboot" 0
		judge
		says "$level: nothing is due" ""
	done
	"$dir/apt-hook" > "$dir/out" 2>&1
	status=$?
	says "called with nothing" ""
	rm -f "$dir/called"
	rm -rf "$run"
	"$dir/apt-hook" judge > "$dir/out" 2> /dev/null
	status=$?
	says "nothing was noted" ""
	is_same "  nor judged" "" "$(cat "$dir/called" 2> /dev/null)"
}

test_broken_judge()
{
	verdict critical "an old one" "$reboot" > "$dir/old.json"
	while read -r how; do
		stand_in driftguard "$how"
		mkdir -p "$run"
		cp "$dir/old.json" "$run/verdict.json"
		judge
		says "driftguard does: $how" ""
	done << HOW
exit 3
exit 1
kill -SEGV \$\$
exit 0
echo out; echo err >&2; exit 2
echo "{" > $run/new; mv $run/new $run/verdict.json
echo '  "verdict": "critical",' > $run/new; mv $run/new $run/verdict.json
head -c 100000 /dev/urandom > $run/new; mv $run/new $run/verdict.json
rm $run/verdict.json; mkdir $run/verdict.json
rm -r $run
HOW
	rm -f "$dir/bin/driftguard"
	judge
	if [ -x /usr/bin/driftguard ] || [ -x /usr/sbin/driftguard ]; then
		skip "hook: there is no driftguard" "there is one on this machine"
	else
		says "there is no driftguard" ""
	fi
	stand_in driftguard "exit 0"
	chmod 644 "$dir/bin/driftguard"
	judge
	says "it cannot be executed" ""
}

# What it started is ended, and apt is told nothing. The limit is made short; that it is kept is
# seen by which of two things happens first, not by a clock.
test_hanging_judge()
{
	sed -i 's/^limit=.*/limit=1/' "$dir/apt-hook"
	for how in 'sleep 60' 'trap "" TERM INT HUP; sleep 60 & while :; do wait; done' \
			'setsid sleep 60 & sleep 60'; do
		stand_in driftguard "$how; touch $dir/late"
		mkdir -p "$run" && : > "$run/apt-touched"
		timeout 40 "$dir/apt-hook" judge > "$dir/out" 2> /dev/null
		status=$?
		says "driftguard hangs: $how" ""
		is_same "  and apt goes on before that ends" no "$([ -e "$dir/late" ] && echo yes || echo no)"
	done
}

test_no_room()
{
	judging critical "said" "$reboot" 0
	rm -rf "$run"
	: > "$run"
	apt_says "pve-qemu-kvm 1 < 2 /a.deb"
	"$dir/apt-hook" note < "$dir/in" > "$dir/out" 2> /dev/null
	is_same "hook: its folder cannot be made" "0 " "$? $(cat "$dir/out")"
	rm -f "$run"
	mkdir "$run"
	if mount -t tmpfs -o size=4k tmpfs "$run" 2> /dev/null; then
		head -c 100000 /dev/zero > "$run/full" 2> /dev/null
		"$dir/apt-hook" note < "$dir/in" > "$dir/out" 2> /dev/null
		is_same "hook: no room for a mark" "0 " "$? $(cat "$dir/out")"
		: > "$run/apt-touched" 2> /dev/null
		"$dir/apt-hook" judge > "$dir/out" 2> /dev/null
		is_same "hook: no room for a verdict" "0 " "$? $(cat "$dir/out")"
		mount -o remount,ro "$run"
		"$dir/apt-hook" judge > "$dir/out" 2> /dev/null
		is_same "hook: a read-only /run" "0 " "$? $(cat "$dir/out")"
		umount "$run"
	else
		skip "hook: no room" "no file system can be mounted here"
	fi
	rm -rf "$run" "$dir/run/systemd"
	note
	noted "hook: no systemd: there is no boot to judge" no
	judge
	says "no systemd: nothing is said" ""
	mkdir -p "$dir/run/systemd/system"
}

test_hook()
{
	run=$dir/run/driftguard
	mkdir -p "$dir/bin" "$dir/run/systemd/system"
	move_script apt-hook
	is_same "hook: nothing of it is this machine's" "" \
		"$(grep -v "$dir" "$dir/apt-hook" | grep '=/run\|/run/systemd\|PATH=/usr')"
	test_note
	test_judge
	test_broken_judge
	test_hanging_judge
	test_no_room
}

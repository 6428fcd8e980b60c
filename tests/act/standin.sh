# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Trees of hosts, the stand-in for proxmox-boot-tool on them, and what driftguard makes of
# them; to be sourced. Needs driftguard, expect, here (this folder) and dir (of one's own).
# Reports in TAP.
# shellcheck disable=SC2154,SC2034 # those four; what the tests use
# shellcheck disable=SC2119,SC2120 # they do pass arguments

esp1=1FDB-C48E esp2=1FDE-91BC
tree=$dir/tree
mkdir "$dir/bin"
ln -s "$here/boot-tool" "$dir/bin/proxmox-boot-tool"
echo "$tree" > "$dir/bin/proxmox-boot-tool.root"

# --- reporting ---

number=0
failures=0
result()	# ok|"not ok" WHAT
{
	number=$((number + 1))
	[ "$1" = ok ] || failures=$((failures + 1))
	echo "$1 $number - $part: $2"
}

skip()		# WHAT WHY
{
	number=$((number + 1))
	echo "ok $number - $part: $1 # SKIP $2"
}

verdict()	# WHAT COMMAND...: ok if the command succeeds
{
	what=$1
	shift
	if "$@"; then
		result ok "$what"
	else
		result "not ok" "$what"
		sed 's/^/# out: /' "$dir/out" | tail -n 12
		[ ! -s "$dir/expected" ] || sed 's/^/# /' "$dir/expected"
		: > "$dir/expected"
	fi
}

# --- a host, the tool on it, and what driftguard makes of it ---

host()		# NAME: its tree, fresh, and nothing goes wrong there
{
	rm -rf "$tree"
	if ! "$here/../../tools/host" "$1" "$tree" > "$dir/out" 2>&1; then
		echo "Bail out! tools/host $1: $(cat "$dir/out")"
		exit 1
	fi
	options=$("$here/../../tools/host" --options "$1")
	part=$1
	control
}

control()	# KEY=VALUE...: the whole control file
{
	rm -f "$tree/etc/boot-tool-standin.struck" "$dir/log"
	printf '%s\n' "now=$(date -d 2026-06-03T07:00:00Z +%s)" "log=$dir/log" "$@" \
		> "$tree/etc/boot-tool-standin"
}

# With no environment, as a guard calls it.
tool()		# ARGS...: output in $dir/out, exit status in $status
{
	status=0
	env -i "$dir/bin/proxmox-boot-tool" "$@" > "$dir/out" 2>&1 < /dev/null || status=$?
}

exits()		# STATUS ARGS...
{
	want=$1
	shift
	tool "$@"
	verdict "exits $want: $*" [ "$status" = "$want" ]
}

quietly()	# ARGS...: what must succeed for the test to mean anything
{
	tool "$@"
	[ "$status" = 0 ] || result "not ok" "$* (exit status $status)"
}

says()		{ verdict "  says: $1" grep -q -e "$1" "$dir/out"; }
says_not()	{ verdict "  says not: $1" sh -c "! grep -q -e '$1' '$dir/out'"; }

# As `says`, across the lines of a paragraph.
tells()		# PATTERN
{
	tr -s ' \n' ' ' < "$dir/out" > "$dir/flat"
	verdict "  tells: $1" grep -q -e "$1" "$dir/flat"
}

judge()		# FILE: gets the verdict
{
	# shellcheck disable=SC2086 # the options are words
	"$driftguard" --root "$tree" $options --format json check > "$1" 2> "$dir/out" \
		< /dev/null
}

# The same, held against statements on standard input: see
# tests/hosts/README.md.
holds()		# WHAT
{
	cat > "$dir/statements"
	judge "$dir/verdict.json"
	"$expect" "$dir/statements" "$dir/verdict.json" > "$dir/expected" 2>> "$dir/out" &&
		good=true || good=false
	verdict "  driftguard reads: $1" "$good"
}

boots()		# ABI WHY
{
	holds "$1 boots next ($2)" <<END
value kernel.next_boot $1
value kernel.next_boot_because $2
no-drift pin-not-applied
END
}

listing()
{
	(cd "$tree" && find . -path ./etc/boot-tool-standin\* -prune -o -path ./var/tmp -prune \
		-o -type f -printf '%p %T@ %s\n' | sort)
}

unchanged()	# WHAT: since `listing > $dir/before`
{
	listing > "$dir/after"
	verdict "  $1" cmp -s "$dir/before" "$dir/after"
}

esp()		# sdX2 TOOL ARGS...: mtools on an ESP
{
	MTOOLSRC=/dev/null MTOOLS_SKIP_CHECK=1 "$2" -i "$tree/dev/$1" "$3" < /dev/null
}

has()		# sdX2 PATH
{
	esp "$1" mdir "::/$2" > /dev/null 2>&1
}

has_not()	# WHAT sdX2 PATH
{
	what=$1
	shift
	has "$@" && gone=false || gone=true
	verdict "$what" "$gone"
}

uninstall()	# ABI: what the package's removal takes away
{
	rm -r "$tree/boot/vmlinuz-$1" "$tree/boot/initrd.img-$1" "$tree/usr/lib/modules/$1"
}

install()	# ABI FROM-ABI: a kernel's files, as another's
{
	for file in vmlinuz initrd.img; do
		cp -p "$tree/boot/$file-$2" "$tree/boot/$file-$1"
	done
	cp -a "$tree/usr/lib/modules/$2" "$tree/usr/lib/modules/$1"
}

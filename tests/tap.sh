# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# Report tests in TAP, and a closing line with the counts; to be sourced.

passed=0 failed=0 skipped=0

finish()
{
	echo "1..$((passed + failed + skipped))"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" = 0 ] || exit 1
	exit 0
}

skip()		# WHAT WHY
{
	skipped=$((skipped + 1))
	echo "ok $((passed + failed + skipped)) - $1 # SKIP $2"
}

pass()		# WHAT
{
	passed=$((passed + 1))
	echo "ok $((passed + failed + skipped)) - $1"
}

fail()		# WHAT WANT GOT
{
	failed=$((failed + 1))
	echo "not ok $((passed + failed + skipped)) - $1"
	printf '# want: %s\n# got:  %s\n' "$2" "$3"
	return 1
}

# Whether GOT is as the pattern WANT says.
is()		# WHAT WANT GOT
{
	# shellcheck disable=SC2254 # WANT is a pattern
	case $3 in
	$2) pass "$1: $3" ;;
	*) fail "$@" ;;
	esac
}

# Whether it is just that; what it is is not part of the test's name.
is_same()	# WHAT WANT GOT
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "$2" "$3"
	fi
}

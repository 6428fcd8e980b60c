# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=bash
# Completion of driftguard's command line, bash. What there is to complete is what the program's
# own --help says.

# The first words of the rows under a heading of --help. Words that stand for something
# (in capitals or brackets) are left out.
_driftguard_rows()	# HEADING
{
	driftguard --help 2> /dev/null | awk -v heading="$1" '
		/^[^ ]/ { inside = $0 == heading; next }
		inside && /^  / { sub(/^ +/, ""); print }'
}

_driftguard_verbs() { _driftguard_rows Verbs: | awk '{ print $1 }'; }

# Options of a verb, or all without one: "  -q, --quiet  text", "  --load  sample: text".
_driftguard_options()	# [VERB]
{
	_driftguard_rows Options: | awk -v verb="$1" '{
		names = $0
		sub(/  .*/, "", names)
		help = substr($0, length(names) + 1)
		sub(/^ +/, "", help)
		if (verb != "" && match(help, /^[a-z]+(, [a-z]+)*: /) &&
				index(", " substr(help, 1, RLENGTH - 2) ",", ", " verb ",") == 0)
			next
		n = split(names, word, /[ ,]+/)
		for (i = 1; i <= n; i++)
			if (word[i] ~ /^-/)
				print word[i]
	}'
}

_driftguard_values()	# OPTION: of which words it takes one; status 1: of files
{
	case $1 in
	--format) echo "text json nagios prometheus motd html" ;;
	--root | --load-dir) compgen -d -- "$cur" ;;
	--override) echo "initrd-present modules-present package-configured out-of-tree-modules" \
		"secure-boot zfs-features packages-settled esps-reachable esp-order esp-space" \
		"policy-sound" ;;
	--reason | --until | --owner) ;;
	*) return 1 ;;
	esac
}

_driftguard_takes_value()	# OPTION
{
	driftguard --help 2> /dev/null | grep -q -e "^  $1 [A-Z]"
}

_driftguard()
{
	local cur=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local word verb='' skip='' words=''

	COMPREPLY=()
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if [ -n "$skip" ]; then
			skip=''
		elif [[ $word == -* ]]; then
			! _driftguard_takes_value "$word" || skip=yes
		elif [ -z "$verb" ]; then
			verb=$word
		fi
	done
	if [ -n "$skip" ]; then
		if words=$(_driftguard_values "$previous"); then
			mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
		else
			compopt -o default
		fi
		return
	fi
	case $cur:$verb in
	-*) words=$(_driftguard_options "$verb") ;;
	*:) words=$(_driftguard_verbs) ;;
	*:explain) words=$(driftguard explain 2> /dev/null | awk '{ print $2 }') ;;
	*:policy) words="show check" ;;
	*:pin) words=$(compgen -G "/boot/vmlinuz-*" | sed 's/.*vmlinuz-//') ;;
	*) compopt -o default; return ;;
	esac
	[ "$verb" != policy ] || compopt -o default
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -F _driftguard driftguard

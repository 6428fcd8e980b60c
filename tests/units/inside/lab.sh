# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# What the cases have in common; to be sourced. A line of the report is "KEY=VALUE".
export LC_ALL=C.UTF-8 TZ=UTC SYSTEMD_COLORS=0 SYSTEMD_URLIFY=0 SYSTEMD_PAGER=''

tell() { key=$1; shift; "$@" 2>&1 | sed "s/^/$key=/"; }

# running, or degraded; starting where something keeps it from being up.
tell_state()
{
	tell state timeout 60 systemctl is-system-running --wait
	tell failed sh -c "systemctl list-units --failed --plain --no-legend | cut -d ' ' -f 1"
}

is_over()	# UNIT
{
	case $(systemctl is-active "$1") in
	inactive | failed) ;;
	*) return 1 ;;
	esac
}

wait_for()	# COMMAND...
{
	tries=0
	while ! "$@" > /dev/null 2>&1 && [ $tries -lt 100 ]; do
		sleep 0.2
		tries=$((tries + 1))
	done
}

tell_service()
{
	wait_for is_over driftguard.service
	tell result sh -c 'systemctl show -P Result driftguard.service; systemctl show -P ExecMainStatus driftguard.service'
	echo "verdict=$([ -s /run/driftguard/verdict.json ] && echo yes)"
}

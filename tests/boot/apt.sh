# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
# An apt with lists of its own, of Debian 12, 13 and its backports, which asks the mirror that
# apt has for this machine; to be sourced. fail() is the caller's, and $top this checkout.

# One at a time: it is in FOLDER/apt, and the lock is held until the caller ends.
lock_apt()	# FOLDER
{
	mkdir -p "$1"
	apt=$(cd "$1" && pwd)/apt
	exec 9> "$apt.lock"
	flock 9
}

write_apt_conf()
{
	cat > "$apt/apt.conf" << END
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
APT::Architecture "amd64";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
END
}

# From here on apt is that one. One run asks for the lists once.
open_apt()
{
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	: > "$apt/status"
	write_apt_conf
	export APT_CONFIG="$apt/apt.conf"
	[ -z "$(find "$apt/updated" -mmin -60 2> /dev/null)" ] || return 0
	mirror=$(unset APT_CONFIG; "$top/tools/find-mirror") || exit 1
	for suite in bookworm trixie trixie-backports; do
		echo "deb $mirror $suite main"
	done > "$apt/sources.list"
	apt-get update -q > "$apt/log" 2>&1 < /dev/null || {
		tail -n 5 "$apt/log" >&2
		fail "the package lists cannot be had"
	}
	touch "$apt/updated"
}

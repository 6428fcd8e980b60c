# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# The real program, and a Proxmox-like host whose kernel is upgraded by apt. Sourced by run.

old_abi=7.0.2-6-pve new_abi=7.0.6-2-pve

# A package of what lies in $dir/files, with scripts from $dir/scripts.
build()		# NAME VERSION FIELD...
{
	mkdir -p "$dir/files/DEBIAN" "$dir/scripts"
	find "$dir/scripts" -type f -exec cp {} "$dir/files/DEBIAN/" \;
	{
		printf 'Package: %s\nVersion: %s\nArchitecture: amd64\n' "$1" "$2"
		printf 'Maintainer: nobody <nobody@invalid>\nDescription: for a test\n'
		shift 2
		[ $# = 0 ] || printf '%s\n' "$@"
	} > "$dir/files/DEBIAN/control"
	dpkg-deb --root-owner-group -b "$dir/files" "$root/packages/" > /dev/null
	rm -rf "$dir/files" "$dir/scripts"
}

kernel_package()	# ABI
{
	mkdir -p "$dir/files/boot" "$dir/files/usr/lib/modules"
	cp -a "$host/boot/vmlinuz-$1" "$host/boot/initrd.img-$1" "$dir/files/boot/"
	cp -a "$host/lib/modules/$1" "$dir/files/usr/lib/modules/"
	build "proxmox-kernel-$1-signed" "${1%-pve}"
}

# In the host's menu the new kernel is first. The one before knows only the old one.
menu_package()
{
	mkdir -p "$dir/files/usr/share/menu" "$dir/scripts"
	cp "$host/boot/grub/grub.cfg" "$dir/files/usr/share/menu/new"
	sed "s/${new_abi%-pve}/${old_abi%-pve}/g" "$host/boot/grub/grub.cfg" \
		> "$dir/files/usr/share/menu/old"
	echo "interest-noawait /boot" > "$dir/scripts/triggers"
	cat > "$dir/scripts/postinst" << MENU
#!/bin/sh
mkdir -p /boot/grub
if [ -e /boot/vmlinuz-$new_abi ]; then
	sleep 1
	cp /usr/share/menu/new /boot/grub/grub.cfg
else
	cp /usr/share/menu/old /boot/grub/grub.cfg
fi
MENU
	chmod 755 "$dir/scripts/postinst"
	build grub-pc 2.12-1
}

make_packages()
{
	kernel_package $old_abi
	kernel_package $new_abi
	menu_package
	build proxmox-kernel-7.0 7.0.2-6 "Depends: proxmox-kernel-$old_abi-signed"
	build proxmox-kernel-7.0 7.0.6-2 "Depends: proxmox-kernel-$new_abi-signed"
	build proxmox-default-kernel 2.0.2 "Depends: proxmox-kernel-7.0"
	build pve-manager 9.2.3
	build proxmox-ve 9.2.0 "Depends: proxmox-default-kernel, pve-manager"
	build less-is-more 1
}

# What uname says in there.
fake_kernel()	# ABI VERSION
{
	echo "$1" > "$dir/osrelease"
	echo "$2" > "$dir/version"
	mount --bind "$dir/osrelease" "$root/proc/sys/kernel/osrelease" &&
		mount --bind "$dir/version" "$root/proc/sys/kernel/version"
}

packages_of()	# NAME_VERSION...
{
	for name; do
		echo "/packages/${name}_amd64.deb"
	done
}

level() { sed -n 's/^  "verdict": "\(.*\)",/\1/p' "$root/run/driftguard/verdict.json"; }

test_real()
{
	host=$dir/host
	"$here/../../tools/host" healthy-9.2-grub "$host" || {
		skip "a real upgrade" "the host cannot be made"
		return
	}
	make_packages
	fake_kernel $old_abi "#1 SMP PREEMPT_DYNAMIC PMX ${old_abi%-pve} (2026-05-06T10:22Z)" || {
		skip "a real upgrade" "the kernel's name cannot be covered"
		return
	}
	mkdir -p "$root/etc/pve"
	# shellcheck disable=SC2046 # names, one a word
	apt install $(packages_of grub-pc_2.12-1 proxmox-kernel-$old_abi-signed_${old_abi%-pve} \
		proxmox-kernel-7.0_7.0.2-6 proxmox-default-kernel_2.0.2 pve-manager_9.2.3 \
		proxmox-ve_9.2.0)
	hook_says "real: nothing is due: nothing is said" ""
	is "  but it was judged" "[on]*" "$(level)"
	rm -f "$root/run/driftguard/verdict.json"
	apt install /packages/less-is-more_1_amd64.deb
	is "real: a package of no interest: not judged" "" \
		"$(find "$root/run/driftguard" -name verdict.json)"
	# The menu is a trigger's: what is said of the next boot was read behind it.
	# shellcheck disable=SC2046
	apt install $(packages_of proxmox-kernel-7.0_7.0.6-2 \
		proxmox-kernel-$new_abi-signed_${new_abi%-pve})
	hook_says "real: a new kernel" \
		"driftguard: reboot due: $new_abi is installed and boots next; $old_abi still runs (plan: driftguard status)"
	is "  in apt's last line" "driftguard: reboot due: *" "$(tail -n 1 "$dir/out")"
	is "  as status says it" "*$new_abi*" "$(inside driftguard status | tr '\n' ' ')"
	is "  and the MOTD" "*$new_abi*" "$(tr '\n' ' ' < "$root/run/driftguard/motd")"
	rm -f "$root/run/driftguard/verdict.json"
	inside dpkg -i /packages/pve-manager_9.2.3_amd64.deb > "$dir/out" 2>&1
	is "real: dpkg alone: nothing is said or judged" "0 no" \
		"$? $(grep -q -i driftguard "$dir/out" || [ -e "$root/run/driftguard/verdict.json" ] && echo yes || echo no)"
	echo '{"schema": "driftguard.policy/1", "pin": ' > "$root/etc/driftguard/policy.json"
	# shellcheck disable=SC2046
	apt install --reinstall $(packages_of pve-manager_9.2.3)
	is "real: a broken policy is due too, and apt does not mind" \
		"0 driftguard: *policy*(plan: driftguard status)" "$status $said"
	rm "$root/etc/driftguard/policy.json"
	umount "$root/proc/sys/kernel/osrelease" "$root/proc/sys/kernel/version"
	apt purge proxmox-ve pve-manager proxmox-default-kernel proxmox-kernel-7.0 grub-pc \
		proxmox-kernel-$old_abi-signed proxmox-kernel-$new_abi-signed less-is-more
	is "real: all of that is removed again" 0 "$status"
	rm -rf "$root/etc/pve" "$host"
}

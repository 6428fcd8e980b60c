# SPDX-License-Identifier: LGPL-2.1-or-later
# An ESP with systemd-boot: copies and entries in EFI/proxmox and loader/.
package Standin::SystemdBoot;

use strict;
use warnings;
use Standin::Host;
use Standin::Step;
use Standin::Esp;
use Standin::Kernel;
use Exporter qw(import);

our @EXPORT = qw(write_loader_conf sync_systemd_boot);

sub kernel_command_line
{
	my $line = first_line("etc/kernel/cmdline");
	$line = join(" ", grep { !/^initrd=/ } split(" ", first_line("proc/cmdline") // ""))
		if !defined($line);
	die("E: no root= in /etc/kernel/cmdline\n") if $line !~ /(^| )root=/;
	return $line;
}

sub write_loader_conf
{
	my ($esp, $default) = @_;
	my $old = volume_read($esp->{volume}, "loader/loader.conf") // "";
	my $timeout = $old =~ /^timeout\s+(\S+)/m ? $1 : 3;
	make_folder($esp, "loader");
	write_on($esp, "loader/loader.conf", "timeout $timeout\ndefault $default\n");
}

sub add_systemd_boot
{
	my ($esp, $abi) = @_;
	my $dir = "EFI/proxmox/$abi";
	make_folder($esp, $dir);
	copy_to($esp, "$dir/vmlinuz-$abi", "boot/vmlinuz-$abi");
	copy_to($esp, "$dir/initrd.img-$abi", "boot/initrd.img-$abi");
	make_folder($esp, "loader/entries");
	write_on($esp, "loader/entries/proxmox-$abi.conf", <<"END");
title    Proxmox Virtual Environment
version  $abi
options  ${\kernel_command_line()}
linux    /$dir/vmlinuz-$abi
initrd   /$dir/initrd.img-$abi
END
}

sub remove_old_systemd_boot
{
	my ($esp, %keep) = @_;
	for (volume_names($esp->{volume}, "loader/entries")) {
		remove_from($esp, "loader/entries/$_") if /^proxmox-(.*)\.conf$/ && !$keep{$1};
	}
	for (volume_names($esp->{volume}, "EFI/proxmox")) {
		remove_from($esp, "EFI/proxmox/$1") if m{^(\d.*-pve)/$} && !$keep{$1};
	}
}

sub sync_systemd_boot
{
	my ($esp, @abis) = @_;
	add_systemd_boot($esp, $_) for grep { is_complete($_) } @abis;
	write_loader_conf($esp, defined(pinned()) ? "proxmox-${\pinned()}.conf" : "proxmox-*");
	remove_old_systemd_boot($esp, map { $_ => 1 } @abis);
}

1;

# SPDX-License-Identifier: LGPL-2.1-or-later
# The host that the stand-in works on: its root, its files, running programs.
package Standin::Host;

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Path qw(make_path);
use File::Temp ();
use POSIX ();
use Exporter qw(import);

our @EXPORT = qw(find_root $SELF $ROOT $CONTROL $UUIDS $PIN $NEXT $MANUAL $SNIPPET $GRUB_CFG
		 slurp lines_of first_line names_in run temporary_file drop_temporary);

our $SELF = $0;
our $ROOT;			# without a slash at its end; find_root() says which
our $CONTROL = "etc/boot-tool-standin";
our $UUIDS = "etc/kernel/proxmox-boot-uuids";
our $PIN = "etc/kernel/proxmox-boot-pin";
our $NEXT = "etc/kernel/next-boot-pin";
our $MANUAL = "etc/kernel/proxmox-boot-manual-kernels";
our $SNIPPET = "etc/default/grub.d/proxmox-kernel-pin.cfg";
our $GRUB_CFG = "boot/grub/grub.cfg";

sub find_root
{
	my $root = $ENV{DG_STANDIN_ROOT};
	if (!defined($root) && open(my $in, "<", "$SELF.root")) {
		chomp($root = <$in> // "");
	}
	$root = "/" if !defined($root) || $root eq "";
	$root = abs_path($root) // die("boot-tool: $root: $!\n");
	die("boot-tool: a stand-in for tests; /etc/boot-tool-standin would let it loose here\n")
		if $root eq "/" && !-e "/etc/boot-tool-standin";
	return $root eq "/" ? "" : $root;
}

sub slurp
{
	my ($path) = @_;
	open(my $in, "<:raw", "$ROOT/$path") or return undef;
	local $/;
	return <$in> // "";
}

sub lines_of
{
	return grep { $_ ne "" } map { s/^\s+|\s+$//gr } split(/\n/, slurp($_[0]) // "");
}

sub first_line { return (lines_of($_[0]))[0]; }

sub names_in
{
	my ($path) = @_;
	opendir(my $dir, "$ROOT/$path") or return ();
	return grep { !/^\.\.?$/ } sort(readdir($dir));
}

# A program's exit status, and all that it says.
sub run
{
	my (@argv) = @_;
	my $pid = open(my $from, "-|") // die("boot-tool: fork: $!\n");
	if (!$pid) {
		open(STDERR, ">&", \*STDOUT);
		open(STDIN, "<", "/dev/null");
		exec { $argv[0] } @argv or print("$argv[0]: $!\n"), POSIX::_exit(127);
	}
	local $/;
	my $text = <$from> // "";
	close($from);
	return ($?, $text);
}

my $temporary;

sub temporary_file
{
	my ($content, $time) = @_;
	if (!$temporary) {
		make_path("$ROOT/var/tmp");
		$temporary = File::Temp->newdir("boot-tool.XXXXXX", DIR => "$ROOT/var/tmp");
	}
	my $file = "$temporary/file";
	open(my $out, ">:raw", $file) or die("boot-tool: $file: $!\n");
	print $out $content;
	close($out) or die("boot-tool: $file: $!\n");
	utime($time, $time, $file);
	return $file;
}


# A process that is killed leaves nothing of its own behind.
sub drop_temporary { undef($temporary); }

1;

# SPDX-License-Identifier: LGPL-2.1-or-later
# The ESPs: FAT images by way of mtools, block devices by way of a mount.
package Standin::Esp;

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Path qw(make_path remove_tree);
use Standin::Host;
use Standin::Step;
use Exporter qw(import);

our @EXPORT = qw(volume_names volume_has volume_read make_folder write_on copy_to remove_from
		 open_esp close_esp uses_efi is_grub is_managed listed_esps);

# A volume is {image => FILE} or {dir => MOUNT POINT}. What fails on one dies with a
# reference to the text, so that it is told from what ends the run.

sub volume_fails { my $text = join(" ", @_); chomp($text); die(\$text); }

sub mtools
{
	my ($v, $tool, @arg) = @_;
	local $ENV{TZ} = "UTC";
	local $ENV{MTOOLSRC} = "/dev/null";
	local $ENV{MTOOLS_SKIP_CHECK} = 1;
	return run($tool, "-i", $v->{image}, @arg);
}

sub volume_names		# a folder's name ends in "/"
{
	my ($v, $path) = @_;
	my @names;
	if ($v->{dir}) {
		opendir(my $dir, "$v->{dir}/$path") or return ();
		@names = map { -d "$v->{dir}/$path/$_" ? "$_/" : $_ }
			grep { !/^\.\.?$/ } readdir($dir);
	} else {
		my ($status, $text) = mtools($v, "mdir", "-b", "::/$path");
		return () if $status;
		@names = map { m{([^/]+/?)$} ? $1 : () } split(/\n/, $text);
	}
	return sort(@names);
}

sub volume_has
{
	my ($v, $path) = @_;
	my ($up, $name) = $path =~ m{^(?:(.*)/)?([^/]+)$};
	return grep { $_ eq $name || $_ eq "$name/" } volume_names($v, $up // "");
}

sub volume_read
{
	my ($v, $path) = @_;
	return undef if !volume_has($v, $path);
	if ($v->{dir}) {
		open(my $in, "<:raw", "$v->{dir}/$path") or return undef;
		local $/;
		return <$in> // "";
	}
	my ($status, $text) = mtools($v, "mtype", "::/$path");
	return $status ? undef : $text;
}

sub volume_time			# of a file; undef: it is not there
{
	my ($v, $path) = @_;
	return (stat("$v->{dir}/$path"))[9] if $v->{dir};
	my ($status, $text) = mtools($v, "mdir", "::/$path");
	return undef if $status || $text !~ /\s(\d{4}-\d\d-\d\d)\s+(\d+:\d\d)/;
	return `TZ=UTC date -d '$1 $2' +%s`;	# to the minute, which is all that mdir tells
}

# What mcopy cannot place at all, cp would place as far as it goes.
sub fill_image
{
	my ($v, $path, $file) = @_;
	mtools($v, "mdel", "::/$path");
	my (undef, $text) = mtools($v, "mdir", "::/");
	my ($free) = $text =~ /([\d ]+) bytes free/ ? $1 =~ tr/ //dr : 0;
	open(my $in, "<:raw", $file) or return;
	read($in, my $head, $free);
	while (1) {
		my $part = temporary_file($head, now());
		my ($status) = mtools($v, "mcopy", "-o", "-m", "-Q", $part, "::/$path");
		last if !$status || !length($head);
		$head = substr($head, 0, length($head) > 65536 ? length($head) - 65536 : 0);
	}
}

# In place: what was there is lost before the new is whole.
sub volume_put
{
	my ($v, $path, $file) = @_;
	if ($v->{dir}) {
		my ($status, $text) = run("cp", "--preserve=timestamps", $file, "$v->{dir}/$path");
		volume_fails($text) if $status;
		return;
	}
	my ($status, $text) = mtools($v, "mcopy", "-o", "-m", "-Q", $file, "::/$path");
	return if !$status;
	volume_fails($text) if $text !~ /full/i;
	fill_image($v, $path, $file);
	volume_fails("error writing '$path': No space left on device");
}

# Every change to an ESP comes through here; $half is what a change cut short leaves.
sub change_volume
{
	my ($esp, $what, $whole, $half) = @_;
	my $kill = step("$esp->{uuid} $what");
	volume_fails("'$what': Input/output error") if !-e $esp->{device};
	$half->() if $half && ($kill || $is_full);
	end_by_kill() if $kill;
	volume_fails("'$what': No space left on device") if $half && $is_full;
	$whole->();
}

sub make_folder
{
	my ($esp, $path) = @_;
	return if $path eq "" || volume_has($esp->{volume}, $path);
	make_folder($esp, $path =~ m{(.*)/} ? $1 : "");
	change_volume($esp, "mkdir $path", sub {
		my $v = $esp->{volume};
		return mkdir("$v->{dir}/$path") || volume_fails("$path: $!") if $v->{dir};
		my ($status, $text) = mtools($v, "mmd", "::/$path");
		volume_fails($text) if $status;
	});
}

sub put_on
{
	my ($esp, $what, $path, $file, $content) = @_;
	change_volume($esp, "$what $path", sub { volume_put($esp->{volume}, $path, $file->()); },
		sub {
			my $half = temporary_file(half_of($content->()), now());
			volume_put($esp->{volume}, $path, $half);
		});
}

sub write_on
{
	my ($esp, $path, $content) = @_;
	put_on($esp, "write", $path, sub { temporary_file($content, now()) }, sub { $content });
}

sub copy_to
{
	my ($esp, $path, $from) = @_;
	my $time = (stat("$ROOT/$from"))[9];
	if ((setting("copy") // "") eq "newer") {
		my $there = volume_time($esp->{volume}, $path);
		return if defined($there) && $there + 60 > $time;
	}
	put_on($esp, "copy", $path, sub { "$ROOT/$from" }, sub { slurp($from) });
}

sub remove_from			# a file, or a folder with all that is in it
{
	my ($esp, $path) = @_;
	change_volume($esp, "remove $path", sub {
		my $v = $esp->{volume};
		return remove_tree("$v->{dir}/$path") if $v->{dir};
		my $is_folder = grep { m{/$} } volume_has($v, $path);
		my ($status, $text) = mtools($v, $is_folder ? "mdeltree" : "mdel", "::/$path");
		volume_fails($text) if $status;
	});
}

# Trap: whoever else holds the device mounted makes the mount fail.
sub is_held
{
	my ($uuid, $device) = @_;
	return 1 if grep { $_ eq $uuid } split(" ", setting("busy") // "");
	my $name = "/dev/" . (abs_path($device) =~ s{.*/dev/}{}r);
	return grep { / - \S+ \Q$name\E / } lines_of("proc/self/mountinfo");
}

sub mount_device
{
	my ($uuid, $device) = @_;
	my $dir = "/var/tmp/espmounts/$uuid";
	make_path($dir);
	my ($status, $text) = run("mount", "-t", "vfat", "-o", "tz=UTC", $device, $dir);
	print(STDERR $text);
	return $status ? undef : { dir => $dir };
}

sub open_image
{
	my ($device) = @_;
	my $v = { image => $device };
	my ($status) = mtools($v, "mdir", "-b", "::/");
	return $status ? undef : $v;
}

# undef: this ESP is skipped, and it is said why.
sub open_esp
{
	my ($uuid) = @_;
	my $link = "/dev/disk/by-uuid/$uuid";
	my $device = "$ROOT$link";
	if (!-e $device) {
		print(STDERR "WARN: $link does not exist - clean '/$UUIDS'! - skipping\n");
		return undef;
	}
	my $v = is_held($uuid, $device) ? undef
		: -b $device ? mount_device($uuid, $device) : open_image($device);
	print(STDERR "mount of $link failed - skipping\n") if !$v;
	return $v && { uuid => $uuid, device => $device, volume => $v };
}

sub close_esp
{
	my ($esp) = @_;
	my $dir = $esp->{volume}{dir} // return;
	run("umount", $dir);
	rmdir($dir);
}

sub uses_efi { return -d "$ROOT/sys/firmware/efi"; }

# The kind belongs to each ESP.
sub is_grub
{
	my ($esp) = @_;
	return !uses_efi() || volume_has($esp->{volume}, "EFI/proxmox/grubx64.efi");
}

sub is_managed { return -e "$ROOT/$UUIDS"; }
sub listed_esps { return grep { /^[0-9A-F]{4}-[0-9A-F]{4}$/i } lines_of($UUIDS); }

1;

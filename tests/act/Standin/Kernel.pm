# SPDX-License-Identifier: LGPL-2.1-or-later
# Which kernels there are, and which of them belong onto the ESPs.
package Standin::Kernel;

use strict;
use warnings;
use Standin::Host;
use Standin::Step;
use Exporter qw(import);

our @EXPORT = qw(newest_first has_image is_complete images unique pinned automatic selected);

sub compare_abis		# by their numbers
{
	my ($left, $right) = @_;
	my @l = $left =~ s/-bpo\d+//r =~ /(\d+)/g;
	my @r = $right =~ s/-bpo\d+//r =~ /(\d+)/g;
	while (@l && @r) {
		my $order = shift(@l) <=> shift(@r);
		return $order if $order;
	}
	return @l <=> @r;
}

sub newest_first { return sort { compare_abis($b, $a) } @_; }
sub series_of { return $_[0] =~ /^(\d+\.\d+)/ ? $1 : ""; }
sub has_image { return -e "$ROOT/boot/vmlinuz-$_[0]"; }
sub images { return map { /^vmlinuz-(\d.*)$/ ? $1 : () } names_in("boot"); }
sub unique { my %seen; return grep { !$seen{$_}++ } @_; }
sub pinned { return first_line($NEXT) // first_line($PIN); }

# The running kernel if it is still there, the one being installed, the newest two, the
# newest of the second-newest series. Trap: sorted as text, 7.0.14-12 before 7.0.14-6.
# Trap: the pins stay, installed or not.
sub automatic
{
	my @pve = newest_first(grep { /-pve$/ } images());
	my @series = unique(map { series_of($_) } @pve);
	my ($before) = @series > 1 ? grep { series_of($_) eq $series[1] } @pve : ();
	my $running = first_line("proc/sys/kernel/osrelease");
	return unique(sort(grep { defined($_) }
		(grep { defined($_) && has_image($_) } $running), setting("installing"),
		@pve[0 .. ($#pve < 1 ? $#pve : 1)], $before, first_line($PIN), first_line($NEXT)));
}

sub selected { return unique(sort(automatic(), lines_of($MANUAL))); }


sub is_complete
{
	my ($abi) = @_;
	return 1 if has_image($abi) && -e "$ROOT/boot/initrd.img-$abi";
	print(STDERR "WARN: $abi has no image or no initrd in /boot - not copied\n");
	return 0;
}

1;

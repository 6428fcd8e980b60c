# SPDX-License-Identifier: LGPL-2.1-or-later
# The stand-in's steps, the faults that strike at them, and changes to files.
package Standin::Step;

use strict;
use warnings;
use File::Path qw(make_path);
use Standin::Host;
use Exporter qw(import);

our @EXPORT = qw($command $is_full setting now step faults_of end_by_kill half_of write_local
		 remove_local);

sub setting
{
	my ($key) = @_;
	(my $name = "DG_STANDIN_" . uc($key)) =~ tr/-/_/;
	return $ENV{$name} if defined($ENV{$name});
	my ($value) = map { /^\Q$key\E=(.*)/ ? $1 : () } lines_of($CONTROL);
	return $value;
}

sub now { return setting("now") // time(); }

our $command = "";		# of this run
our $is_full = 0;		# ESPs take no more
my $steps = 0;
my $SMALL = 4096;		# up to here a file is written by one system call

sub has_struck
{
	my ($fault) = @_;
	return (setting("once") // "") eq "yes" &&
		grep { $_ eq $fault } lines_of("$CONTROL.struck");
}

sub note_strike
{
	open(my $out, ">>", "$ROOT/$CONTROL.struck") or die("boot-tool: $CONTROL.struck: $!\n");
	print $out "$_[0]\n";
	close($out);
}

sub step_matches
{
	my ($pattern, $what) = @_;
	return 1 if $pattern eq "";
	return $pattern == $steps if $pattern =~ /^\d+$/;
	my $expression = join(".*", map { quotemeta } split(/\*/, $pattern =~ tr/_/ /r, -1));
	return $what =~ /^$expression$/;
}

# The faults of that step (of the whole run where $what is undefined), as [KIND, ARGUMENT].
sub faults_of
{
	my ($what) = @_;
	my @struck;
	for my $fault (split(" ", setting("fault") // "")) {
		my ($of, $kind, $at, $arg) =
			$fault =~ m{^(?:(\w+)/)?([a-z-]+)(?:@([^:]+))?(?::(.*))?$}
			or die("boot-tool: unknown fault '$fault'\n");
		next if defined($of) && $of ne $command;
		next if ($kind eq "lie") != !defined($what);
		next if defined($what) && !step_matches($at // "", $what);
		next if has_struck($fault);
		note_strike($fault);
		push(@struck, [$kind, $arg]);
	}
	return @struck;
}

sub end_by_kill
{
	drop_temporary();
	kill("KILL", $$);
	sleep(60);
}

# Before each change. True: the process is to be killed in the midst of it.
sub step
{
	my ($what) = @_;
	my $kill = 0;
	$steps++;
	if (my $log = setting("log")) {
		open(my $out, ">>", $log) or die("boot-tool: $log: $!\n");
		print $out "$command $steps $what\n";
		close($out);
	}
	for my $fault (faults_of($what)) {
		my ($kind, $arg) = @$fault;
		die("E: failed at step $steps: $what\n") if $kind eq "fail";
		sleep($arg // 3600) if $kind eq "hang";
		end_by_kill() if $kind eq "kill-before";
		unlink("$ROOT/dev/disk/by-uuid/$arg") if $kind eq "vanish";
		$kill = 1 if $kind eq "kill";
		$is_full = 1 if $kind eq "full";
	}
	return $kill;
}

sub half_of
{
	my ($content) = @_;
	return length($content) <= $SMALL ? "" : substr($content, 0, length($content) / 2);
}


sub put_local
{
	my ($path, $content) = @_;
	open(my $out, ">:raw", "$ROOT/$path") or die("E: /$path: $!\n");	# in place
	print $out $content;
	close($out) or die("E: /$path: $!\n");
	utime(now(), now(), "$ROOT/$path");
}

sub write_local
{
	my ($path, $content) = @_;
	my $kill = step("write $path");
	make_path("$ROOT/$path" =~ s{/[^/]*$}{}r);
	put_local($path, $kill ? half_of($content) : $content);
	end_by_kill() if $kill;
}

sub remove_local
{
	my ($path) = @_;
	return if !-e "$ROOT/$path";
	end_by_kill() if step("remove $path");
	unlink("$ROOT/$path") or die("E: /$path: $!\n");
}

1;

# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# The mailer, with its places moved and a stand-in for sendmail. Sourced by run, behind hook.sh.

send()
{
	"$dir/send-mail" > "$dir/out" 2>&1
	status=$?
}

# Its status, what is left in its folders, and what it says.
sent()		# WHAT STATUS LEFT WORDS
{
	left=$(cd "$dir" && find lib run -name 'mail*' | sort | sed 's#/driftguard##' | tr '\n' ' ')
	is "mail: $1" "$2 <$3> $4" \
		"$status <${left% }> $(tr '\n' ' ' < "$dir/out" | sed 's/ $//')"
}

clean()
{
	rm -rf "$run" "$lib"
	mkdir -p "$run" "$lib"
}

leave()		# FOLDER SUBJECT
{
	clean
	printf 'To: root\nSubject: %s\n\n.\nlast\n' "$2" > "$1/mail"
}

test_taken()
{
	stand_in sendmail "cat > $dir/sent"
	clean
	send
	sent "nothing to send" 0 "" ""
	for folder in "$lib" "$run"; do
		leave "$folder" first
		cp "$folder/mail" "$dir/message"
		rm -f "$dir/called"
		send
		sent "a message in ${folder#"$dir"}" 0 "" ""
		is_same "  to root once, and a line with a dot ends nothing" "-i root" \
			"$(cat "$dir/called")"
		is_same "  whole" "$(cat "$dir/message")" "$(cat "$dir/sent")"
	done
	leave "$lib" one
	cp "$lib/mail" "$run/mail"
	rm -f "$dir/called"
	send
	sent "one in each folder" 0 "" ""
	is_same "  both are sent" 2 "$(wc -l < "$dir/called")"
	clean
	printf 'Subject: left\n\n' > "$lib/mail.sending"
	printf ... > "$lib/mail.tries"
	cp "$lib/mail.sending" "$run/mail-left"
	send
	sent "what the last boot left" 0 "" ""
	is_same "  is sent" "Subject: left" "$(head -n 1 "$dir/sent")"
}

test_not_taken()
{
	stand_in sendmail "cat > /dev/null; exit 75"
	leave "$lib" second
	send
	sent "sendmail fails: it is kept" 1 "lib/mail.sending lib/mail.tries" \
		"sendmail: status 75; the message is in *"
	# The clock says nothing about that.
	touch -d '1970-01-01' "$lib/mail.sending" "$lib/mail.tries"
	send
	sent "and tried again, whatever the clock says" 1 "lib/mail.sending lib/mail.tries" \
		"sendmail: status 75; *"
	is_same "  tries are counted" 2 "$(wc -c < "$lib/mail.tries")"
	printf 'Subject: third\n\n' > "$lib/mail"
	send
	sent "a newer one takes its place" 1 "lib/mail.sending lib/mail.tries" \
		"sendmail: status 75; *"
	is_same "  and is what is kept" "Subject: third" "$(head -n 1 "$lib/mail.sending")"
	is_same "  with tries of its own" 1 "$(wc -c < "$lib/mail.tries")"
	printf '%0142d' 0 > "$lib/mail.tries"
	send
	sent "it is kept to the last" 1 "lib/mail.sending lib/mail.tries" "sendmail: status 75; *"
	send
	sent "it has failed for a day's tries" 0 "" \
		"sendmail: status 75, after 144 tries: the message is dropped"
	stand_in sendmail "kill -SEGV \$\$"
	leave "$run" fourth
	send
	sent "sendmail crashes" 1 "run/mail.sending run/mail.tries" "*the message is in *"
	sed -i 's/timeout -k 5 60/timeout -k 1 1/' "$dir/send-mail"
	stand_in sendmail "sleep 60"
	send
	sent "sendmail hangs" 1 "run/mail.sending run/mail.tries" "sendmail: status 124; *"
}

# What cannot be taken up is not sent, and keeps nothing else from being sent.
test_in_the_way()
{
	stand_in sendmail "cat > $dir/sent"
	leave "$run" fifth
	mkdir "$lib/mail"
	: > "$lib/mail.sending"
	send
	sent "what is no message is not sent" 1 "lib/mail lib/mail.sending" "mv: *"
	is_same "  but the other one is" "Subject: fifth" "$(sed -n 2p "$dir/sent")"
}

test_read_only()
{
	if ! unshare --mount true 2> /dev/null; then
		skip "mail: a read-only folder" "no rights to mount"
		return
	fi
	for left in mail mail.sending; do
		leave "$lib" seventh
		[ $left = mail ] || mv "$lib/mail" "$lib/$left"
		# shellcheck disable=SC2016 # the inner shell's
		unshare --mount sh -c 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" &&
			exec "$2"' sh "$lib" "$dir/send-mail" > "$dir/out" 2>&1
		status=$?
		sent "a read-only folder, $left" 1 "lib/$left" \
			"*/lib/driftguard is read-only: the message there is not sent yet"
	done
	is_same "  and nothing is sent from it" "" "$(cat "$dir/called" 2> /dev/null)"
}

test_mail()
{
	run=$dir/run/driftguard lib=$dir/lib/driftguard
	move_script send-mail
	test_taken
	test_not_taken
	test_in_the_way
	stand_in sendmail "cat > $dir/sent"
	test_read_only
	rm -f "$dir/bin/sendmail"
	if command -v sendmail > /dev/null; then
		skip "mail: there is no sendmail" "there is one on this machine"
		return
	fi
	leave "$lib" sixth
	send
	sent "there is no sendmail" 0 "" "no sendmail here: the message is dropped"
}

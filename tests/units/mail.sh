# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2154
# The mailer, with its places moved and a stand-in for sendmail. Sourced by run, behind hook.sh.

send()
{
	"$dir/send-mail" > "$dir/out" 2>&1
	status=$?
}

# Its status, what is left, and what it says.
sent()		# WHAT STATUS LEFT WORDS
{
	is "mail: $1" "$2 <$3> $4" \
		"$status <$(cd "$run" && echo mail* | sed 's/mail\*//')> $(tr '\n' ' ' < "$dir/out" | sed 's/ $//')"
}

leave()		# TEXT
{
	rm -rf "$run"
	mkdir -p "$run"
	printf 'To: root\nSubject: %s\n\n.\nlast\n' "$1" > "$run/mail"
}

test_mail()
{
	run=$dir/run/driftguard
	move_script send-mail
	stand_in sendmail "cat > $dir/sent"
	rm -rf "$run"
	mkdir -p "$run"
	send
	sent "nothing to send" 0 "" ""
	leave first
	cp "$run/mail" "$dir/message"
	send
	sent "a message" 0 "" ""
	is_same "  to root, and a line with a dot ends nothing" "-i root" "$(cat "$dir/called")"
	is_same "  whole" "$(cat "$dir/message")" "$(cat "$dir/sent")"
	stand_in sendmail "cat > /dev/null; exit 75"
	leave second
	send
	sent "sendmail fails: it is kept" 1 mail.sending "sendmail: status 75; the message is in *"
	send
	sent "and tried again" 1 mail.sending "sendmail: status 75; *"
	printf 'Subject: third\n\n' > "$run/mail"
	send
	sent "a newer one takes its place" 1 mail.sending "sendmail: status 75; *"
	is_same "  and is what is kept" "Subject: third" "$(head -n 1 "$run/mail.sending")"
	touch -d '2 days ago' "$run/mail.sending"
	send
	sent "it has failed for a day" 0 "" "sendmail: status 75, for a day: the message is dropped"
	stand_in sendmail "kill -SEGV \$\$"
	leave fourth
	send
	sent "sendmail crashes" 1 mail.sending "*the message is in *"
	sed -i 's/timeout -k 5 60/timeout -k 1 1/' "$dir/send-mail"
	stand_in sendmail "sleep 60"
	send
	sent "sendmail hangs" 1 mail.sending "sendmail: status 124; *"
	leave fifth
	rm -f "$run/mail"
	mkdir "$run/mail"
	: > "$run/mail.sending"
	send
	sent "what is no message ends in no loop" 1 "mail mail.sending" "mv: *"
	rm -f "$dir/bin/sendmail"
	if command -v sendmail > /dev/null; then
		skip "mail: there is no sendmail" "there is one on this machine"
		return
	fi
	leave sixth
	send
	sent "there is no sendmail" 0 "" "no sendmail here: the message is dropped"
}

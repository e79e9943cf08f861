#!/bin/bash
# demo.sh [shell]: the demonstration, in a private host (./dev demo).
#
# One person, demo, gets two security keys, signs in with them everywhere, and
# is refused in each way that matters.  Everything but the keys' hardware is
# real.  Exits 0 only if every scene ended as it says.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../lib.sh
. "$here/../lib.sh"
rig_alone "$@"

out=/tmp/scene	# what the last scene showed
scenes=0
wrong=0
blue_pin=271828
spare_pin=314159

# What demo answers wherever she is asked.
answers=(
	'Press Enter, then touch [^\r\n]*: $' ''
	"PIN for 'blue'[^\r\n]*: $" "$blue_pin"
	"PIN for 'spare'[^\r\n]*: $" "$spare_pin"
)

title()
{
	scenes=$((scenes + 1))
	printf '\n--- %d. %s\n' "$scenes" "$1"
}

tell()
{
	printf '    %s\n' "$@"
}

# hand COMMAND...: what a hand does with keys; one that is in already, or out,
# is no matter.
hand()
{
	softkey "$@" >/dev/null || :
}

# as_demo CMD: a shell command of hers, not by way of PAM.
as_demo()
{
	printf 'setpriv --reuid=demo --regid=demo --init-groups env -i %s %s' \
	    'HOME=/home/demo USER=demo PATH=/usr/bin:/bin TERM=dumb sh -c' \
	    "$(printf '%q' "$1")"
}

# scene COMMAND [PATTERN ANSWER]...: shows a dialog and keeps it in $out.
# Answers that are given here come before the usual ones.
scene()
{
	local command=$1 shown=${shown:-$1}

	shift
	printf '$ %s\n' "$shown"
	"$here/talk.exp" "${patience:-40}" "$command" "$@" "${answers[@]}" |
	    tr -d '\r\000' |
	    sed -u 's/\x1b\][^\a]*\a//g; s/\x1b\[[?0-9;]*[a-zA-Z]//g' |
	    tee "$out" || :
}

# ends PATTERN TEXT: the scene showed PATTERN, and that is what was to happen.
ends()
{
	if grep -Eq -- "$1" "$out"; then
		printf '    => %s\n' "$2"
	else
		printf '    => WRONG: expected: %s (%s)\n' "$2" "$1"
		tail -n 12 "$rig_log"
		wrong=$((wrong + 1))
	fi
}

refused()
{
	if grep -q 'signed in as' "$out"; then
		printf '    => WRONG: she was let in\n'
		wrong=$((wrong + 1))
	else
		ends "\[($1)\]" "refused, and told why"
	fi
}

ssh_in()
{
	local one='-F none -o NumberOfPasswordPrompts=1'

	one+=' -o PreferredAuthentications=keyboard-interactive'
	shown='ssh demo@localhost' scene \
	    "ssh $one -tt demo@localhost 'echo signed in as \$(id -un)'" "$@"
}

# login(1) hangs its terminal up; script(1) keeps it open.
login_in()
{
	shown='login demo' scene 'script -qec "login demo" /dev/null' \
	    '\$ $' "!:!echo signed in as \$(id -un); exit" \
	    'Login incorrect' '!pkill -x login!-'
}

sudo_as_root()
{
	shown='sudo id -un' scene "$(as_demo 'sudo id -un')"
}

# --- scenes -------------------------------------------------------------------

scene_enroll()
{
	title "The first sign-in: her password for the last time, then two keys"
	tell "A rule requires keys of demo, and she has none. So her password" \
	    "opens the enrolment, and nothing else. 'blue' is plugged in."
	hand plug blue
	patience=90 ssh_in 'Password: ?$' 'correct horse' \
	    'Name for key 1[^\r\n]*: $' blue \
	    'Name for key 2[^\r\n]*: $' '!softkey plug spare; softkey set spare pin=314159 delay_ms=300!spare' \
	    'PIN for the new key[^\r\n]*: $' "$spare_pin" \
	    'Another key\?[^\r\n]*: $' n \
	    'New PIN \([^\r\n]*: $' "$blue_pin" \
	    'New PIN again: $' "$blue_pin"
	ends 'Enrolled\.' "enrolled: two keys, and the password is locked"
}

scene_status()
{
	title "What she has now"
	shown='aasctl status' scene "$(as_demo 'aasctl status')"
	ends 'enrolled' "enrolled"
	shown='aasctl keys list' scene "$(as_demo 'aasctl keys list')"
	ends 'spare' "both keys"
}

scene_ssh()
{
	title "SSH with 'blue'"
	tell "aas.conf says server_keys = true: her keys are plugged into the" \
	    "very host that she signs in to. On a host with visitors it stays" \
	    "off, so that a stranger's attempt never makes her key blink."
	hand unplug spare
	ssh_in
	ends 'signed in as demo' "let in"
}

scene_login()
{
	title "At the console with 'spare'"
	hand unplug blue
	hand plug spare
	login_in
	ends 'signed in as demo' "let in"
}

scene_sudo()
{
	title "sudo"
	sudo_as_root
	ends '^root' "let in"
}

scene_su()
{
	title "su to her from another account"
	shown="su demo -c 'id -un'" scene "setpriv --reuid=guest \
	    --regid=guest --init-groups su demo -c 'id -un'"
	ends '^demo' "let in"
}

scene_foreign_key()
{
	title "Somebody else's key"
	hand unplug spare
	hand plug foreign
	hand set foreign pin=1234
	ssh_in
	refused foreign-key
	hand unplug foreign
}

scene_no_key()
{
	title "No key at all"
	ssh_in
	refused no-key
}

scene_wrong_pin()
{
	title "A wrong PIN, three times"
	hand plug blue
	ssh_in "PIN for 'blue'[^\r\n]*: $" 000000
	refused 'pin-wrong|pin-auth-blocked'
	tell "The key wants to be unplugged and plugged in, then takes her PIN."
	hand unplug blue
	hand plug blue
	ssh_in
	ends 'signed in as demo' "let in"
}

scene_unplugged()
{
	title "The key is pulled out while it waits for a touch"
	hand set blue touch=manual
	(
		hand wait blue blink 10000
		hand unplug blue
	) &
	ssh_in
	refused 'unplugged|no-key'
	hand plug blue
	hand set blue touch=auto
}

scene_tampered()
{
	local record

	title "Her record on disk is changed by one byte"
	record=/var/lib/aas/records/$(id -u demo)
	cp -p "$record" /tmp/record
	printf 'A' | dd of="$record" bs=1 seek=40 conv=notrunc status=none
	ssh_in
	refused 'record-[a-z]*'
	tell "The bytes put back, everything is as before."
	cp -p /tmp/record "$record"
	ssh_in
	ends 'signed in as demo' "let in"
}

scene_password()
{
	title "Her old password"
	tell "Even a stack that lacks our module refuses it: it is locked."
	printf 'auth required pam_unix.so\naccount required pam_unix.so\n' \
	    >/etc/pam.d/plain
	shown='pamtester plain demo authenticate' scene \
	    "$(as_demo 'pamtester plain demo authenticate')" \
	    'Password: $' 'correct horse'
	ends 'Authentication failure' "refused"
	ssh_in 'Press Enter, then touch [^\r\n]*: $' 'correct horse'
	refused conversation
}

# --- the run ------------------------------------------------------------------

main()
{
	echo "pam_aas: a demonstration on $(. /etc/os-release; echo "$PRETTY_NAME")"
	rig_demo
	rig_user guest guest
	scene_enroll
	scene_status
	scene_ssh
	scene_login
	scene_sudo
	scene_su
	scene_foreign_key
	scene_no_key
	scene_wrong_pin
	scene_unplugged
	scene_tampered
	scene_password
	printf '\n%d scenes, %d went wrong\n' "$scenes" "$wrong"
	[ "$wrong" -eq 0 ]
}

# The host of the demonstration, to play in.
play()
{
	rig_demo >/dev/null
	rig_user guest guest
	scene_enroll >/tmp/enrolment 2>&1 || :
	cat <<-HELP
	This is the demonstration's private host, and you are its root.
	  ssh demo@localhost, su - guest -c 'su demo', sudo, login: PINs $blue_pin, $spare_pin
	  softkey list | plug NAME | unplug NAME | set NAME touch=manual | touch NAME
	  aasctl status, tail $rig_log
	exit ends it, and nothing is left.
	HELP
	exec script -qec /bin/bash /dev/null
}

case ${1:-} in
shell)	play ;;
*)	main ;;
esac
exit

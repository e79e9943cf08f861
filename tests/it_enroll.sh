#!/bin/bash
# it_enroll.sh: enrolment with real (software) keys, aasd and aas-authn as
# they are installed: what counts, what is held, what leaves no trace.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

# as USER CMD: on a terminal of its own, with the answers that follow.
as()
{
	local user=$1 cmd=$2

	shift 2
	timeout 30 expect "$talk" 20 \
	    "exec setpriv --reuid=$user --regid=$user --init-groups $cmd" "$@" \
	    >"$out" 2>&1
}

state_is()
{
	aasctl --json status "$1" | grep -q "\"state\":\"$2\""
}

ticket_for()
{
	aasctl --json invite "$1" | sed 's/.*"ticket":"\([^"]*\)".*/\1/'
}

# Does the password open a stack of pam_unix alone?
password_works()
{
	printf '%s\n' "$2" | pamtester unix "$1" authenticate
}

key1='Name for key 1[^\r\n]*: $'
key2='Name for key 2[^\r\n]*: $'
# One PIN for all: with two keys plugged in, either may be touched first.
pin="PIN for '[^\\r\\n]*: \$"
more='Another key\?[^\r\n]*: $'
all=("$key1" blue "$key2" spare "$pin" 1234 "$more" n)

setup()
{
	getent group aas >/dev/null || groupadd --system aas
	rig_keys
	for user in alice bob carol; do
		rig_user "$user" "old $user"
		for key in blue spare; do
			softkey plug "$user-$key" mode=0666
			softkey unplug "$user-$key"
		done
		softkey set "$user-blue" pin=1234
		softkey set "$user-spare" pin=1234
	done >/dev/null
	printf 'auth required pam_unix.so\naccount required pam_unix.so\n' \
	    >/etc/pam.d/unix
	echo 'realm = "example.org"; timeout = "20s";' | rig_settings
	rig_aasd
}

keys_of()
{
	local key

	for key in alice-blue alice-spare alice-third bob-blue bob-spare \
	    carol-blue carol-spare; do
		softkey unplug "$key" || :
	done >/dev/null 2>&1
	for key; do
		softkey plug "$key" mode=0666
	done >/dev/null
}

# --- alice: an invite, everything, and back -----------------------------------

invited()
{
	local ticket

	keys_of alice-blue alice-spare
	check "her password opens pam_unix before" \
	    password_works alice 'old alice'
	ticket=$(ticket_for alice)
	check "a ticket enrolls" as alice "aasctl enroll --ticket $ticket" \
	    "${all[@]}"
	check "and it counts at once" state_is alice enrolled
	check "the requirements were shown" said '2 distinct keys: +yes'
	check "her password is locked in every stack" \
	    not password_works alice 'old alice'
	check "keys are listed" as alice "aasctl keys list"
	check "by name" said '^spare +active'
	check "each key passes a real test" as alice "aasctl keys test" \
	    "$pin" 1234
	check "and is named" said '^spare: works'
	check "her record verifies, for her" as alice "aasctl verify"
	check "and for root" aasctl verify --all
	check "enrolling again is refused" not as alice "aasctl enroll"
	check "because she has keys" said '\[exists\]'
	check "a spent ticket is worth nothing" \
	    not as bob "aasctl --json enroll --ticket $ticket" "$key1" $'\003'
}

purged()
{
	check "she cannot purge herself" not as alice "aasctl purge alice"
	check "root can" aasctl purge alice
	check "she is as new" state_is alice none
	check "and her password is back" password_works alice 'old alice'
	check "the record is kept" \
	    test -n "$(find /var/lib/aas/archive -name record)"
	check "the log tells of it" \
	    grep -q 'event=purge user=alice password=restored' "$rig_log"
}

# --- bob: nothing proves that it is he ----------------------------------------

held()
{
	keys_of bob-blue bob-spare
	check "without a ticket bob enrolls" as bob "aasctl enroll" "${all[@]}"
	check "but is told that it waits" said 'held until'
	check "and it does" state_is bob held
	check "his password still works" password_works bob 'old bob'
	check "the log tells of it" \
	    grep -q 'event=entry-held user=bob' "$rig_log"
	check "a wrong ticket is refused" not as bob \
	    "aasctl enroll --ticket aaaaaaaaaaaaaaaaaaaaaaaaaa" "${all[@]}"
	check "for want of authority" said '\[authority\]'
	check "and changes nothing" state_is bob held
	check "an invite takes its place" \
	    as bob "aasctl enroll --ticket $(ticket_for bob)" \
	    'Go on with that[^\r\n]*: $' n "${all[@]}"
	check "and counts" state_is bob enrolled
	check "and locks" not password_works bob 'old bob'
}

# --- carol: gives up ----------------------------------------------------------

# stop PROMPT: ^C there; the answers before it come from $all.
stop()
{
	rm -rf /home/carol/.local
	keys_of carol-blue carol-spare
	not as carol "aasctl enroll" "$@" "${all[@]}" &&
	    said 'Stopped: nothing was changed' && state_is carol none &&
	    password_works carol 'old carol'
}

gives_up()
{
	local ticket

	keys_of carol-blue carol-spare
	for at in "$key1" "$pin" "$key2" "$more"; do
		check "^C at '${at%%[*}' leaves the old state" \
		    stop "$at" $'\003'
	done
	rm -rf /home/carol/.local
	keys_of carol-blue carol-spare
	check "^C while a PIN is typed unseen" as carol \
	    "sh -c 'trap : INT; aasctl enroll; stty -a'" "$pin" $'\003' \
	    "$key1" blue
	check "leaves a terminal that shows what is typed" \
	    said '(^| )echo( |;|\r|$)'
	check "^C at a recovery key does" \
	    stop 'Group [0-9]+ of recovery key 1: $' $'\003'
	check "and at the second" \
	    stop 'Group [0-9]+ of recovery key 2: $' $'\003'
	check "recovery keys not typed back end it" \
	    stop 'Group [0-9]+ of recovery key 1: $' nope
	ticket=$(ticket_for carol)
	rm -rf /home/carol/.local
	keys_of carol-blue
	check "one key twice is refused" \
	    not as carol "aasctl enroll --ticket $ticket" "${all[@]}" \
	    'already one of those' $'\003'
	check "in words" said "(again|already|same)"
	check "and leaves the old state" state_is carol none
	keys_of carol-blue carol-spare
	check "it goes on with the key that was made" \
	    as carol "aasctl enroll --ticket $ticket" \
	    "Made before: 'blue'[^\\r\\n]*: \$" y "${all[@]}"
	check "and counts" state_is carol enrolled
}

# --- alice again: changes of her keys ------------------------------------------

# change CMD...: with her PIN, and whatever else is asked at its default.
change()
{
	keys_of alice-blue alice-spare "${third[@]}"
	as alice "aasctl $*" "$pin" 1234
}

changes()
{
	third=()
	rm -rf /home/alice/.local
	keys_of alice-blue alice-spare
	as alice "aasctl enroll --ticket $(ticket_for alice)" "${all[@]}"
	check "a key is renamed" change keys rename spare reserve
	check "and has its new name" as alice "aasctl keys list"
	check "which is listed" said '^reserve +active'
	check "the last two keys cannot be fewer" \
	    not change keys remove reserve
	third=(alice-third)
	softkey plug alice-third mode=0666 >/dev/null
	softkey set alice-third pin=1234 >/dev/null
	check "a third key is added by two" change keys add third
	check "and counts" said 'done'
	check "a key is suspended by another" change keys suspend blue
	check "and resumed by itself and two" change keys resume blue
	check "a key is removed" change keys remove third
	check "one that is not there is not" not change keys remove third
	third=()
	check "she disables her keys with two" change disable
	check "her state says so" state_is alice disabled
	check "her password is back" password_works alice 'old alice'
	check "she enables them" change enable
	check "and it is locked again" not password_works alice 'old alice'
	check "her record verifies" aasctl verify alice
}

# --- what root does to others -------------------------------------------------

retired()
{
	check "repin makes carol as new" aasctl repin carol
	check "in her state" state_is carol none
	check "but her password stays locked" \
	    not password_works carol 'old carol'
	check "purge puts it back" aasctl purge carol
	check "as it was" password_works carol 'old carol'
	printf 'bob:set by root\n' | chpasswd
	check "purge of bob" aasctl purge bob
	check "leaves the password that root has set since" \
	    password_works bob 'set by root'
	check "one without a record cannot be purged" not aasctl purge bob
	check "verify finds no fault with anybody" aasctl verify --all
	printf x >>"/var/lib/aas/records/$(id -u alice)"
	check "nor hides one" not aasctl verify --all
	check "whose state is broken" state_is alice broken
}

setup
invited
purged
held
gives_up
changes
retired
[ "$failed" -eq 0 ] || tail -n 40 "$rig_log"
exit "$failed"

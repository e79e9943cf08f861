#!/bin/bash
# it_guess.sh: a stranger at sshd.  A thousand guessed passwords, by both of
# sshd's ways to ask for one, leave the PIN counters of the plugged keys as
# they were; without server_keys not even a light goes on.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

# key NAME FIELD: one number of a key's status.
key()
{
	softkey status "$1" | sed "s/.*\"$2\": *\([0-9]*\).*/\1/"
}

# untouched NAME...: neither a PIN try nor a blink.
untouched()
{
	local name

	for name; do
		[ "$(key "$name" pin_retries)" = 8 ] || return 1
		[ "$(key "$name" blinks)" = "${blinks[$name]}" ] || return 1
	done
}

declare -A blinks

remember()
{
	local name

	for name; do
		blinks[$name]=$(key "$name" blinks)
	done
}

settings()
{
	rig_settings <<-CONF
	realm = "demo.example";
	server_keys = $1;
	required_users = [ "demo" ];
	required_from = "2020-01-01T00:00:00Z";
	timeout = "20s";
	CONF
}

# guess METHOD N: N guesses, fifty a connection, each another one, as a
# stranger's tool does it.  Fails if one lets it in, or if one was not asked
# for.
guess()
{
	local method=$1 left=$2 per=50

	echo 0 >/tmp/guesses
	for (( ; left > 0; left -= per)); do
		! SSH_ASKPASS=/tmp/askpass SSH_ASKPASS_REQUIRE=force \
		    setsid -w ssh -F none -o LogLevel=ERROR \
		    -o PreferredAuthentications="$method" \
		    -o NumberOfPasswordPrompts="$per" demo@localhost true \
		    >/dev/null 2>&1 </dev/null || return 1
	done
	[ "$(cat /tmp/guesses)" -ge "$2" ]
}

askpass()
{
	cat >/tmp/askpass <<-'SH'
	#!/bin/sh
	read -r n </tmp/guesses
	echo $((n + 1)) >/tmp/guesses
	echo "guess$n"
	SH
	chmod 755 /tmp/askpass
}

# A stranger who answers whatever is asked with a guess.
type_guess()
{
	! expect "$talk" 40 \
	    "ssh -F none -o PreferredAuthentications=keyboard-interactive -o NumberOfPasswordPrompts=3 demo@localhost echo GUESSED-IN" \
	    ': $' 271828 | tr -d '\r' | grep -q '^GUESSED-IN'
}

# seen NAME: what sshd shows to a stranger who claims to be NAME.
seen()
{
	expect "$talk" 40 "ssh -F none \
	    -o PreferredAuthentications=keyboard-interactive \
	    -o NumberOfPasswordPrompts=2 $1@localhost echo GUESSED-IN" \
	    ': $' 271828 | tr -d '\r' | sed "s/$1/NAME/g"
}

# Who has no keys, and who does not exist.
alike()
{
	seen plain >/run/seen-plain
	seen nobody-here >/run/seen-nobody
	cat /run/seen-plain
	grep -q 'NAME@localhost.*Password: ' /run/seen-plain &&
	    cmp /run/seen-plain /run/seen-nobody
}

setup()
{
	rig_demo
	rig_user plain 'plain pw'
	rig_enroll demo
	askpass
	sed -i 's/^PasswordAuthentication.*/PasswordAuthentication yes/
		$ a MaxAuthTries 100\nMaxStartups 200\nPerSourceMaxStartups none' \
	    /etc/ssh/sshd_config
	kill "$(cat /run/sshd.pid)"
	rig_until test ! -e /run/sshd.pid
	/usr/sbin/sshd
	rig_until test -s /run/sshd.pid
	softkey plug blue >/dev/null || :
	softkey plug spare >/dev/null || :
	remember blue spare
}

setup
check "with server_keys, 500 passwords are refused" guess password 500
check "... and cost no PIN try and no blink" untouched blue spare
check "with server_keys, 250 guesses at the prompts are refused" \
    guess keyboard-interactive 250
check "... and cost no PIN try" untouched blue spare
check "a guess typed at our own prompt is refused" type_guess
check "... and costs no PIN try and no blink" untouched blue spare
settings false
check "without server_keys, 250 passwords are refused" guess password 250
check "... and cost no PIN try and no blink" untouched blue spare
check "without server_keys, whoever types anything is refused" type_guess
check "... and no key blinks" untouched blue spare
check "the log says why" grep -q 'reason=remote' "$rig_log"
check "CVE-2016-6210: who has no keys and who does not exist look alike" alike
exit "$failed"

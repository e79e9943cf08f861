#!/bin/bash
# it_stranger.sh: a stranger with a shell on this host, by su(1).  Guesses at
# its prompts leave the PIN counters of the plugged keys as they were, and the
# helper, which holds the host's one ceremony, is not the stranger's process
# to stop.
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

as_mallory()
{
	setpriv --reuid=mallory --regid=mallory --init-groups "$@"
}

# su asked as mallory, each prompt answered with a PIN that is none.
guess()
{
	! expect "$talk" 40 \
	    "setpriv --reuid=mallory --regid=mallory --init-groups \
	    su demo -c 'echo GUESSED-IN'" \
	    ': $' 99999 | tr -d '\r' | grep -q '^GUESSED-IN'
}

# The same with Enter where a key is to be chosen; nobody touches it.
guess_untouched()
{
	softkey set blue touch=never
	! expect "$talk" 40 \
	    "setpriv --reuid=mallory --regid=mallory --init-groups \
	    su demo -c 'echo GUESSED-IN'" \
	    'Press Enter[^\r\n]*: $' '' 'PIN[^\r\n]*: $' 99999 |
	    tr -d '\r' | grep -q '^GUESSED-IN'
}

counter_whole()
{
	[ "$(key blue pin_retries)" = 8 ]
}

# Real, effective and saved ids of the helper that su waits for.
helper_ids()
{
	local pid

	expect "$talk" 40 \
	    "setpriv --reuid=mallory --regid=mallory --init-groups \
	    su demo -c true" 'Press Enter[^\r\n]*: $' '' >/dev/null 2>&1 &
	asking=$!
	rig_until pgrep -x aas-authn >/dev/null || return 1
	pid=$(pgrep -o -x aas-authn)
	rig_until grep -Eq '^Uid:[[:space:]]+0[[:space:]]+0[[:space:]]+0' \
	    "/proc/$pid/status"
}

cannot_stop()
{
	local pid

	pid=$(pgrep -o -x aas-authn) || return 1
	! as_mallory kill -STOP "$pid" 2>/dev/null
}

rig_demo
rig_enroll demo
rig_user mallory 'battery staple'
check "who waits for a key is root alone" helper_ids
check "... and a stranger cannot stop it" cannot_stop
wait "$asking" || :
softkey plug blue >/dev/null || :
check "PINs guessed by su are refused" guess
check "... and cost no PIN try" counter_whole
check "nor does a key that nobody touches" guess_untouched
check "... it costs no PIN try" counter_whole
exit "$failed"

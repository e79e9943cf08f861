#!/bin/bash
# it_kept.sh: sign-ins where nobody would end the session: with a warning, or,
# where keeper is "required", not at all.
# shellcheck disable=SC2016,SC2317 # what check calls
# shellcheck disable=SC2154 # of lib.sh
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

# enter USER: a session that ends by itself.
enter()
{
	timeout 30 expect "$talk" 25 "ssh -F none -tt \
	    -o PreferredAuthentications=keyboard-interactive \
	    -o NumberOfPasswordPrompts=1 $1@localhost echo INSIDE" \
	    'Press Enter, then touch [^\r\n]*: $' '' \
	    'PIN [^\r\n]*: $' 271828 \
	    'Password: $' plain >"$out" 2>&1 || :
}

enters()
{
	enter "$1"
	said '^INSIDE'
}

refused()
{
	enter demo
	! said '^INSIDE' && grep -qa 'verdict=deny .*reason=keeper' "$rig_log"
}

# foretells USER OUTCOME: aasctl why, of a sign-in by SSH.
foretells()
{
	aasctl why "$1" --service sshd >"$out" 2>&1 || :
	said "^outcome: +$2"
}

told()
{
	grep -qa 'event=keeper-down user=demo' "$rig_log"
}

rig_demo
rig_user other plain
session_settings
rig_enroll demo
softkey plug blue mode=0666
check "with aasd there is nothing to tell" enters demo
check "nothing was" not told
pkill -KILL -x aasd
rig_until not pgrep -x aasd >/dev/null
check "its lock's file is left" test -e /run/aas/sessions/.kept
check "without aasd a session opens" enters demo
check "as foretold" foretells demo 'key \[ok\]'
check "and the log says what is missing" told
session_settings 'keeper = "required";'
check "where it is required none does" refused
check "as foretold" foretells demo 'denied \[keeper\]'
check "for now, not for a day to come" bash -c \
    '! aasctl why demo --service sshd --at 2031-01-01T00:00:00Z |
    grep -q "\[keeper\]"'
check "who has no limits gets in" enters other
check "as foretold" foretells other 'in \[ok\]'
rig_aasd
check "with aasd it does" enters demo
check "as foretold" foretells demo 'key \[ok\]'
exit "$failed"

#!/bin/bash
# it_lock_recovery.sh: out of a lock without any key of before: a recovery key
# begins a recovery, which any key cancels; when its wait is over the same
# recovery key and new keys finish it, which opens the account, signs out
# everywhere, and leaves the old keys worth nothing.
# shellcheck disable=SC2317 # what check calls
# shellcheck disable=SC2154 # of lib.sh
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

pins=("PIN for 'blue'[^\\r\\n]*: \$" 271828
    "PIN for 'spare'[^\\r\\n]*: \$" 314159
    "PIN for 'gold'[^\\r\\n]*: \$" 161803
    "PIN for 'silver'[^\\r\\n]*: \$" 141421)

# as_demo CMD [PATTERN ANSWER]...: outside of any session.
as_demo()
{
	local cmd=$1

	shift
	timeout 80 expect "$talk" 60 "exec setpriv --reuid=demo --regid=demo \
	    --init-groups $cmd" "$@" "${pins[@]}" >"$out" 2>&1
}

keys()
{
	local key

	for key in blue spare gold silver; do
		softkey unplug "$key" || :
	done >/dev/null 2>&1
	for key; do
		softkey plug "$key" mode=0666
	done >/dev/null
}

state_is()
{
	aasctl --json status demo >"$out"
	said "\"state\": *\"$1\""
}

# The recovery keys of the enrolment, as they were shown.
recovery_key()
{
	tr -d '\r' </tmp/enroll.out |
	    sed -n "s/^ *$1: *\\(aasrk1 .*\\)\$/\\1/p" | head -n 1
}

# recover KEY [PATTERN ANSWER]...
recover()
{
	local key=$1

	shift
	as_demo 'aasctl recover' 'Recovery key[^\r\n]*: $' "$key" "$@"
}

begin()
{
	recover "$1" 'Begin\?[^\r\n]*: $' y
}

# What the host has counted of the wait becomes all of it.
wait_is_over()
{
	python3 - "/var/lib/aas/state/$(id -u demo)" <<-'PY'
	import struct, sys, zlib
	path = sys.argv[1]
	b = bytearray(open(path, "rb").read()[:-4])
	assert b[:6] == b"AASSTA"
	n, = struct.unpack_from(">H", b, 8)
	at = 10 + n * 37
	n, = struct.unpack_from(">H", b, at)
	at += 2
	assert n == 1
	wait = b[at + 41:at + 49]
	assert struct.unpack(">q", wait)[0] == 72 * 3600
	b[at + 49:at + 57] = wait
	open(path, "wb").write(b + struct.pack(">I", zlib.crc32(b)))
	PY
	rm "/var/lib/aas/index/$(id -u demo)"
}

finish()
{
	recover "$first" \
	    'Name for key 1[^\r\n]*: $' gold \
	    'Name for key 2[^\r\n]*: $' "!softkey plug silver mode=0666; \
	    softkey set silver pin=141421; softkey unplug gold!silver" \
	    "PIN for the new key[^\r\n]*: \$" 141421 \
	    'Another key\?[^\r\n]*: $' n \
	    "Plug in 'gold'" '!softkey plug gold mode=0666!-'
}

by_su()
{
	timeout 40 expect "$talk" 30 "exec setpriv --reuid=guest \
	    --regid=guest --init-groups su demo -c 'echo IN-AS-\$(id -un)'" \
	    'Press Enter, then touch [^\r\n]*: $' '' \
	    "${pins[@]}" >"$out" 2>&1 || :
}

refused()
{
	by_su
	not said IN-AS-demo && said "\[$1\]"
}

gets_in()
{
	by_su
	said IN-AS-demo
}

# told N TYPE: so many events of her, with a number or still without.
told()
{
	cat /var/spool/aas/new/* "/var/lib/aas/alerts/$(id -u demo)" \
	    2>/dev/null | grep "\"type\":\"$2" |
	    grep -o '"id":"[0-9a-f]*"' | sort -u >/run/told || :
	[ "$(wc -l </run/told)" = "$1" ]
}

rig_demo
session_audit
session_serve ''
session_settings ''
rig_user guest guest
rig_stack su
rig_enroll demo
first=$(recovery_key 1)
second=$(recovery_key 2)
keys blue
sign_in old demo
check "no recovery is there to cancel" not as_demo 'aasctl recover --cancel'
check "one key locks" as_demo 'aasctl lock'
check "the account is locked" refused locked

check "a recovery key with a mistake is none" not recover "${first%?}b"
check "nor is a foreign one" not recover \
    'aasrk1 qqqs yqcy q5rq wzqf pg9s crgw pus0 e306'
check "it is still locked" state_is locked
check "a person who does not mean it" not recover "$second" \
    'Begin\?[^\r\n]*: $' n
check "changes nothing" state_is locked
check "a recovery key begins a recovery" begin "$first"
check "which the record says" state_is recovering
check "nobody signs in meanwhile" refused recovering
check "nor is it finished before its time" not recover "$first"
check "... which is told" said 'can be finished from .*\[recovering\]'
check "a session goes on meanwhile" session_lives old
wait_is_over
check "its time has come" state_is recovery-due
check "another recovery key does not finish it" not recover "$second"
keys
softkey plug gold mode=0666 >/dev/null
softkey set gold pin=161803 >/dev/null
check "the same one does, with two new keys" finish
cp "$out" /run/finish.out
check "the account is open" state_is enrolled
check "sessions of before end" session_dies old
check "and say why" grep -qa 'pam_aas: .*recovered' /run/out-old
keys blue
check "an old key is none any more" not gets_in
keys gold
check "a new one signs in" gets_in
check "its owner was told" sh -c 'cat /var/spool/aas/new/* \
    /var/lib/aas/alerts/* 2>/dev/null | grep -q "recovery-finished"'

# Canceled, by a key that is left.
check "locked again" as_demo 'aasctl lock'
mv /run/finish.out /tmp/enroll.out
check "a recovery that its owner did not want" begin "$(recovery_key 2)"
check "is canceled by one key" as_demo 'aasctl recover --cancel'
check "the lock stays" state_is locked
check "each was told, once" eval 'told 2 recovery-started &&
    told 1 recovery-finished && told 1 recovery-cancelled &&
    told 1 "session-ended.*why\":\"recovered"'
check "no recovery key is left" not begin "$(recovery_key 1)"
check "which is said" said 'no recovery key'
exit "$failed"

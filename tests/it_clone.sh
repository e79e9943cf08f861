#!/bin/bash
# it_clone.sh: a copy of a key.  Once both have been used, the one whose
# counter is behind gives the copy away, and that key is refused on this host;
# honest sign-ins, however many at once, never look like it.
# shellcheck disable=SC2016,SC2317 # what check calls, what other shells read
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

# sign_in [SERVICE]: by root's hand, whose PIN fits every key.
sign_in()
{
	printf '271828\n271828\n' | timeout 60 pamtester "${1:-many}" demo \
	    authenticate >"$out" 2>&1
}

locker()
{
	printf '271828\n' | timeout 60 setpriv --reuid=demo --regid=demo \
	    --init-groups pamtester many demo authenticate >"$out" 2>&1
}

ssh_in()
{
	timeout 30 expect "$talk" 20 "ssh -F none \
	    -o NumberOfPasswordPrompts=1 demo@localhost id" \
	    'Press Enter, then touch [^\r\n]*: $' '' 'PIN [^\r\n]*: $' 271828 \
	    >"$out" 2>&1
}

swap()
{
	local key

	for key in blue blue2 spare; do
		softkey unplug "$key" || :
	done >/dev/null 2>&1
	for key; do
		softkey plug "$key" owner="$(id -u demo)" >/dev/null
	done
}

# What the key counts, and what this host knows of its keys: "VALUE REFUSED".
counter()
{
	softkey status "$1" | sed 's/.*"counter": *\([0-9]*\).*/\1/'
}

known()
{
	python3 - "/var/lib/aas/state/$(id -u demo)" <<-'PY'
	import struct, sys
	b = open(sys.argv[1], "rb").read()
	assert b[:8] == b"AASSTA01"
	n, = struct.unpack(">H", b[8:10])
	for i in range(n):
	    print(*struct.unpack(">IB", b[42 + 37 * i:47 + 37 * i]))
	PY
}

knows()
{
	known | grep -qx "$1"
}

setup()
{
	rig_demo
	rig_stack many
	sed -i 's/timeout = .*/timeout = "60s";/' /etc/aas/aas.conf
	aasctl policy build >/dev/null
	rig_enroll demo
	: >"$out"
	softkey set spare pin=271828
} >/dev/null

# 64 at once with one key, a few of them of screen lockers.  (Those from afar
# would give way to them.)
honest()
{
	local i bad=0 kind

	swap blue
	for ((i = 0; i < 64; i++)); do
		kind=sign_in
		[ $((i % 16)) -ne 7 ] || kind=locker
		(
			out=/run/out.$i
			rc=0
			"$kind" || rc=$?
			echo "$rc $kind" >"/run/rc.$i"
		) &
		disown
	done
	for ((i = 0; i < 64; i++)); do
		rig_until_long test -s "/run/rc.$i"
		if ! grep -q '^0 ' "/run/rc.$i"; then
			bad=$((bad + 1))
			cat "/run/rc.$i" "/run/out.$i"
		fi
	done
	[ "$bad" -eq 0 ]
}

rig_until_long()
{
	local n

	for ((n = 0; n < 6; n++)); do
		! rig_until "$@" 2>/dev/null || return 0
	done
	return 1
}

many()
{
	check "64 sign-ins at once with one key are all let in" honest
	check "... none looked like a copy" \
	    not grep -q 'reason=counter' "$rig_log"
	# What a locker is told is not stored, so one more of root's.
	check "... and one more" sign_in
	check "... and one from afar" ssh_in
	check "the host knows the key's last count" \
	    knows "$(counter blue) 0"
}

copied()
{
	local i last

	swap blue
	softkey clone blue blue2 >/dev/null
	for ((i = 0; i < 3; i++)); do
		check "the key goes on, $((i + 1))" sign_in
	done
	last=$(counter blue)
	swap blue2
	check "the copy, which counts from where it was made, is refused" \
	    not sign_in
	check "... and why is said" said '\[counter\]'
	check "the log has it" grep -q 'verdict=deny.*reason=counter' "$rig_log"
	check "... as an event, with the key's name" \
	    grep -q 'event=key-copied user=demo key=blue' "$rig_log"
	check "the count that is known is the highest" knows "$last 1"
	softkey set blue2 counter=5000 >/dev/null
	check "the copy stays refused, however it counts" not sign_in
	check "... and why is said" said '\[counter\]'
	check "by SSH too" not ssh_in
	check "... and why is said" said '\[counter\]'
	swap blue
	check "this host cannot tell the two apart: both are refused" \
	    not sign_in
	check "... and why is said" said '\[counter\]'
	check "a screen locker refuses it as well" not locker
	swap spare
	check "the other key is as good as ever" sign_in
	check "... for a screen locker too" locker
	check "... and by SSH" ssh_in
	swap spare blue
	check "... with the refused one beside it" sign_in
	check "... and it is that one" \
	    rig_until eval 'tail -n 3 "$rig_log" | grep "verdict=allow.*key=spare"'
	check "aasctl verify leaves it so" aasctl verify demo
	swap blue
	check "... the key is still refused" not sign_in
}

# Once an hour, however often it is refused.
told()
{
	cat /var/spool/aas/new/* "/var/lib/aas/alerts/$(id -u demo)" \
	    2>/dev/null | grep '"type":"counter".*"why":"counter"' |
	    grep -o '"id":"[0-9a-f]*"' | sort -u >/run/told || :
	[ "$(wc -l </run/told)" = 1 ]
}

setup
many
copied
check "its owner was told, once" told
[ "$failed" -eq 0 ] || tail -n 40 "$rig_log"
exit "$failed"

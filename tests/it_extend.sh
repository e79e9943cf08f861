#!/bin/bash
# it_extend.sh: aasctl extend begins a new period of a session's limit by a
# touch, for its own user, never beyond max_total, whatever becomes of aasd.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

scripts()
{
	cat >/run/once <<-'SH'
	#!/bin/sh
	cp /bin/sleep /tmp/once-stay
	/tmp/once-stay 600 &
	sleep 5
	aasctl extend
	sleep 10
	echo STILL-HERE
	sleep 600
	SH
	cat >/run/killed <<-'SH'
	#!/bin/sh
	cp /bin/sleep /tmp/killed-stay
	/tmp/killed-stay 600 &
	sleep 5
	aasctl extend
	touch /run/t/extended
	sleep 10
	echo STILL-HERE
	sleep 600
	SH
	cat >/run/capped <<-'SH'
	#!/bin/sh
	cp /bin/sleep /tmp/capped-stay
	/tmp/capped-stay 600 &
	sleep 5
	aasctl extend
	aasctl extend
	sleep 600
	SH
	cat >/run/others <<-'SH'
	#!/bin/sh
	cp /bin/sleep /tmp/others-stay
	/tmp/others-stay 600 &
	sleep 1
	aasctl --json sessions >/run/t/json
	grep -o '"id": *"[0-9a-f]*"' /run/t/json | grep -o '[0-9a-f]\{16\}' |
	    head -n 1 >/run/t/id
	sleep 600
	SH
	# Requests that aasctl would not make, by whoever runs it.
	cat >/run/forge <<-'PY'
	#!/usr/bin/python3
	import base64, json, socket, sys
	def ask(rq):
	    s = socket.socket(socket.AF_UNIX)
	    s.connect("/run/aas/aasd.sock")
	    s.sendall((json.dumps(rq) + "\n").encode())
	    return s.makefile().readline().strip()
	id = sys.argv[1]
	b = base64.b64encode(bytes(37)).decode()
	proof = {"credential": b, "auth": b, "sig": b}
	print("inner", ask({"op": "extended", "id": id, "key": "blue",
	    "total_s": 999999}))
	print("unasked", ask({"op": "extend", "id": id, **proof}))
	print("ask", ask({"op": "extend-ask", "id": id}))
	print("zeros", ask({"op": "extend", "id": id, **proof}))
	print("again", ask({"op": "extend", "id": id, **proof}))
	print("ask", ask({"op": "extend-ask", "id": id}))
	print("ssh", ask({"op": "extend", "id": id, "ssh": b, "sig": b}))
	print("both", ask({"op": "extend", "id": id, "ssh": b, **proof}))
	PY
	chmod 755 /run/once /run/killed /run/capped /run/others \
	    /run/forge
}

# console CMD: demo at login(1), with her key and its PIN.
console()
{
	timeout 90 expect "$talk" 80 'script -qec "login demo" /dev/null' \
	    'PIN [^\r\n]*: $' 271828 \
	    '\$ $' "!:!exec $1" 'Login incorrect' '!pkill -x login!-' \
	    >"$out" 2>&1 || :
}

# lasted MIN MAX CMD: so many seconds of it.
lasted()
{
	local min=$1 max=$2 began took

	shift 2
	began=$(date +%s)
	"$@"
	took=$(($(date +%s) - began))
	echo "lasted $took s"
	((took >= min && took <= max))
}

extended()
{
	session_settings 'session = "12s"; max_total = "10m";'
	check "a session of 12 s, extended after 5" lasted 16 28 console /run/once
	check "... says for how long" said 'goes on for 0 hours 1 minute'
	check "... is there after its first limit" said STILL-HERE
	check "... and ends by its second" said 'reached its limit'
	check "... with all that ran in it" gone once-stay 5000
	check "the log has it" grep -q 'event=session-extended' "$rig_log"
}

killed()
{
	session_settings 'session = "12s"; max_total = "10m";'
	(
		rig_until test -e /run/t/extended
		pkill -9 -o -x aasd
		sleep 1
		rig_aasd
	) &
	check "aasd is killed after that, and comes back" \
	    lasted 16 30 console /run/killed
	check "... it was there after its first limit" said STILL-HERE
	check "... and ends by its second" gone killed-stay 8000
	check "no note is left" eval \
	    'rig_until no_lines'
}

capped()
{
	session_settings 'session = "12s"; max_total = "14s";'
	check "never beyond max_total" lasted 11 22 console /run/capped
	check "... which is said" said 'as long as one may last here'
	check "... and refused the next time" said '\[max-total\]'
	check "... it ends" gone capped-stay 5000
}

forged()
{
	session_settings 'session = "10m"; max_total = "20m";'
	console /run/others &
	rig_until test -s /run/t/id
	id=$(cat /run/t/id)
	setpriv --reuid=mallory --regid=mallory --init-groups \
	    /run/forge "$id" >"$out" 2>&1 || :
	check "another user's session is not extended" eval \
	    '! grep -v "^ask" "$out" | grep -q "\"ok\": *true"'
	setpriv --reuid=demo --regid=demo --init-groups \
	    /run/forge "$id" >"$out" 2>&1 || :
	check "nor her own without a key" eval \
	    '! grep -v "^ask" "$out" | grep -q "\"ok\": *true"'
	check "the keeper's own request is nobody's" said 'inner .*protocol'
	check "what was not asked for does not count" said 'unasked .*timeout'
	check "... nor twice" said 'again .*timeout'
	check "what no key signed does not" said 'zeros .*"ok": *false'
	check "... not by SSH either" not said 'ssh .*"ok": *true'
	check "no session of that name" eval \
	    '! setpriv --reuid=demo --regid=demo --init-groups \
	    aasctl extend 0123456789abcdef'
	aasctl end "$id" >/dev/null
	gone others-stay 8000
}

rig_demo >/dev/null
rig_user mallory 'battery staple'
scripts
rig_enroll demo
softkey plug blue mode=0666 >/dev/null
mkdir /run/t
chmod 777 /run/t
extended
capped
killed
forged
[ "$failed" -eq 0 ] || tail -n 40 "$rig_log"
exit "$failed"

#!/bin/bash
# it_forge.sh: an ordinary user, with any means of his own, against sessions of
# others: to see one, to end one, to guess one's id, to write the ledger, to be
# somebody else, to be aasd.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

# raw: what evil says to aasd, byte by byte: each line of stdin is a python
# expression, a request; what it was answered is a line of $out.
scripts()
{
	cat >/run/raw <<-'PY'
	import array, os, socket, struct, sys
	path = "/run/aas/aasd.sock"
	def ask(data, anc=()):
	    if isinstance(data, str):
	        data = data.encode()
	    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
	    s.settimeout(10)
	    s.connect(path)
	    s.sendmsg([data + b"\n"], list(anc))
	    got = b""
	    while True:
	        b = s.recv(65536)
	        if not b:
	            return got.decode().strip() or "(nothing)"
	        got += b
	for line in sys.stdin:
	    try:
	        print(eval(line))
	    except OSError as e:
	        print("refused:", e.strerror)
	PY
	chmod 644 /run/raw
}

# raw TEXT: lines of it, by evil.
raw()
{
	printf '%s\n' "$1" >/run/raw.in
	setpriv --reuid=evil --regid=evil --init-groups \
	    python3 /run/raw </run/raw.in >"$out" 2>&1
}

# told TEXT REASON: each of these requests is refused so.
told()
{
	raw "$1" || return 1
	[ "$(wc -l <"$out")" = "$(wc -l <<<"$1")" ] &&
	    not grep -v "\"reason\":\"$2\"" "$out"
}

# same TEXT: each of these requests has the very same answer, which is no.
same()
{
	raw "$1" || return 1
	[ "$(sort -u "$out" | wc -l)" = 1 ] && said '"ok":false'
}

# evil CMD...: fails, as evil.
evil_cannot()
{
	! as_user evil "$@"
}

rig_demo
session_audit
session_serve ''
scripts
rig_user other 'correct horse'
rig_user evil 'correct horse'
session_settings ''
sign_in one other
sign_in two evil
uid=$(id -u other)
ids()
{
	aasctl --json sessions --all | python3 -c '
import json, sys
for s in json.load(sys.stdin)["sessions"]:
    if s["user"] == sys.argv[1]:
        print(s["id"])' "$1"
}
theirs=$(ids other)
mine=$(ids evil)
line=/run/aas/sessions/$theirs
check "two sessions, two ids" test -L "$line" -a -L "/run/aas/sessions/$mine"
before=$(readlink "$line")

# --- by name ------------------------------------------------------------------
check "another's id is none, as one that nobody has" same \
'ask(b"{\"op\":\"session\",\"id\":\"'"$theirs"'\"}")
ask(b"{\"op\":\"session\",\"id\":\"0123456789abcdef\"}")
ask(b"{\"op\":\"session\",\"id\":\"'"${theirs:0:8}"'\"}")
ask(b"{\"op\":\"session\",\"id\":\"'"${theirs^^}"'\"}")
ask(b"{\"op\":\"session\",\"id\":\"../sessions/'"$theirs"'\"}")
ask(b"{\"op\":\"session\",\"id\":\"../../../etc/passwd\"}")
ask(b"{\"op\":\"session\",\"id\":\"\"}")
ask(b"{\"op\":\"session\",\"id\":\"*\"}")
ask(b"{\"op\":\"session\",\"id\":\"'"${theirs:0:14}"'\\u001b[\"}")
ask("{\"op\":\"session\",\"id\":\"" + "a" * 40000 + "\"}")'
check "which is no-session" said '"reason":"no-session"'
check "to end it is the same" same \
'ask(b"{\"op\":\"end\",\"ids\":[\"'"$theirs"'\"]}")
ask(b"{\"op\":\"end\",\"ids\":[\"fedcba9876543210\"]}")
ask(b"{\"op\":\"end\",\"ids\":[\"'"$mine"'\",\"'"$theirs"'\"]}")
ask(b"{\"op\":\"end\",\"ids\":[\"'"$mine"'\",\"fedcba9876543210\"]}")
ask(b"{\"op\":\"end\",\"ids\":[\"../'"$theirs"'\"]}")
ask(b"{\"op\":\"end\",\"ids\":[null]}")
ask(b"{\"op\":\"end\",\"ids\":[[\"'"$theirs"'\"]]}")'
check "which is no-session, too" said '"reason":"no-session"'
check "with none of them ended" session_lives two
check "everybody's, or another's, are not for evil" told \
'ask(b"{\"op\":\"sessions\",\"all\":true}")
ask(b"{\"op\":\"end\",\"which\":\"all\",\"uid\":'"$uid"'}")
ask(b"{\"op\":\"end\",\"which\":\"others\",\"uid\":0}")' not-self
check "nor by members that nobody knows" told \
'ask(b"{\"op\":\"sessions\",\"uid\":'"$uid"'}")
ask(b"{\"op\":\"session\",\"id\":\"'"$theirs"'\",\"admin\":true}")
ask(b"{\"op\":\"end\",\"ids\":[],\"which\":\"all\"}")
ask(b"{\"op\":\"end\",\"which\":\"all\",\"uid\":\"'"$uid"'\"}")
ask(b"{\"op\":\"end\",\"which\":\"all\",\"uid\":-1}")
ask(b"{\"op\":\"end\",\"which\":\"all\",\"uid\":4294968296}")
ask(b"{\"op\":\"sessions\",\"op\":\"end\",\"which\":\"all\"}")
ask(b"{\"op\":\"session\",\"id\":\"'"$theirs"'\\u0000\"}")
ask(b"{\"op\":\"sessions\",\"from\":-1}")
ask(b"{\"op\":\"sessions\",\"all\":1}")' protocol
check "a page beyond the last has nothing" raw \
    'ask(b"{\"op\":\"sessions\",\"from\":9223372036854775807}")'
check "at all" said '"sessions":\[\]'
check "the list has but one's own" raw 'ask(b"{\"op\":\"sessions\"}")'
check "with its id" said "$mine"
check "and no other" not said "$theirs"

# --- by other credentials -----------------------------------------------------
check "CVE-2018-1116: nobody sends another's credentials" raw \
'ask(b"{\"op\":\"sessions\",\"all\":true}", [(1, 2, struct.pack("3i", os.getpid(), 0, 0))])
ask(b"{\"op\":\"sessions\",\"all\":true}", [(1, 2, struct.pack("3i", 1, os.getuid(), os.getgid()))])'
check "the kernel refuses" test 2 = "$(grep -c '^refused: Operation not permitted' "$out")"
check "one's own, and descriptors, change nothing" told \
'ask(b"{\"op\":\"sessions\",\"all\":true}", [(1, 2, struct.pack("3i", os.getpid(), os.getuid(), os.getgid()))])
ask(b"{\"op\":\"sessions\",\"all\":true}", [(1, 1, array.array("i", [0, 1, 2] * 80))])' \
    not-self

# --- by files -----------------------------------------------------------------
for cmd in "ls /run/aas/sessions" "readlink $line" "stat $line" \
    "cat $line" "ln -s x /run/aas/sessions/aaaaaaaaaaaaaaaa" \
    "touch /run/aas/sessions/$theirs.end" \
    "mv $line /run/aas/sessions/$theirs.closed-4294967295" \
    "ln $line /tmp/hard" "rm -f $line" "rm -rf /run/aas/sessions" \
    "mv /run/aas/sessions /run/aas/s" "mkdir /run/aas/x" \
    "rm -f /run/aas/aasd.sock" "mv /run/aas/aasd.sock /run/aas/y" \
    "ln -s /tmp/z /run/aas/aasd.sock.new" "chmod 777 /run/aas" \
    "ls /var/lib/aas/nets" "touch /run/aas/tickets/x"; do
	# shellcheck disable=SC2086 # words
	check "evil cannot $cmd" evil_cannot $cmd
done
check "nor listen in its place" evil_cannot python3 -c '
import socket
s = socket.socket(socket.AF_UNIX)
s.bind("/run/aas/aasd.sock")'
check "the line is as it was" test "$before" = "$(readlink "$line")"
check "and alone with its own" test -z "$(find /run/aas/sessions \
    -mindepth 1 ! -name "$theirs*" ! -name "$mine*" ! -name .kept)"
check "a socket of evil's is not taken for aasd's" bash -c '
	mkdir /run/evil && chown evil /run/evil
	setpriv --reuid=evil --clear-groups python3 -c "
import socket, time
s = socket.socket(socket.AF_UNIX)
s.bind(\"/run/evil/aasd.sock\"); s.listen(); time.sleep(20)" &
	until [ -S /run/evil/aasd.sock ]; do sleep 0.05; done
	mount --bind /run/evil /run/aas
	timeout 5 aasctl sessions >/run/out 2>&1
	status=$?
	umount /run/aas
	kill $!
	[ "$status" != 0 ] && [ "$status" != 124 ]'

# --- by signals ---------------------------------------------------------------
check "evil cannot stop aasd" evil_cannot pkill -STOP -x aasd
check "nor trace it" evil_cannot python3 -c '
import ctypes, subprocess, sys
pid = int(subprocess.check_output(["pgrep", "-ox", "aasd"]))
sys.exit(ctypes.CDLL(None).ptrace(16, pid, 0, 0) != 0)'
check "nor read its memory" evil_cannot bash -c \
    'cat "/proc/$(pgrep -ox aasd)/maps" | grep -q .'
check "both go on" session_lives one
check "both go on" session_lives two
exit "$failed"

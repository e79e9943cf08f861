#!/bin/bash
# it_authority.sh: who can make an enrolment that counts.  A shell of a user,
# a process in it and a stranger at sshd cannot, by any way that they have;
# the host's own method in the same transaction, and root's invitation, can.
# tests/it_enroll.sh has the rest of enrolment.
# shellcheck disable=SC2016,SC2317 # what check calls, what other shells read
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

state=/var/lib/aas

# as USER CMD...: a process in the shell of that user.
as()
{
	local user=$1

	shift
	setpriv --reuid="$user" --regid="$user" --init-groups --reset-env \
	    "$@" 2>&1
}

# types CMD [PATTERN ANSWER]...: CMD on a terminal; what it said is in $out.
types()
{
	timeout 40 expect "$talk" 30 "$@" >"$out" 2>&1
}

# dialog USER CMD [PATTERN ANSWER]...: the same, in the shell of that user.
dialog()
{
	local user=$1 cmd=$2

	shift 2
	types "setpriv --reuid=$user --regid=$user --init-groups $cmd" "$@"
}

state_is()
{
	[ "$(aasctl --json status "$1" |
	    sed 's/.*"state":"\([^"]*\)".*/\1/')" = "$2" ]
}

invite()
{
	aasctl --json invite "$1" | sed 's/.*"ticket":"\([^"]*\)".*/\1/'
}

purge()
{
	aasctl purge "$1" >/dev/null || :
}

# Does the password open a stack of pam_unix alone?
password_works()
{
	printf '%s\n' "$2" | pamtester unix "$1" authenticate
}

keys()
{
	local key

	for key in blue spare m1 m2; do
		softkey unplug "$key" || :
	done >/dev/null 2>&1
	for key; do
		softkey plug "$key" mode=0666 >/dev/null
	done
}

pin="PIN for '[^\\r\\n]*: \$"
# A new key for a second user would be refused as known: $3 and $4 are hers.
enrolls=('Name for key 1[^\r\n]*: $' first 'Name for key 2[^\r\n]*: $' second
    "$pin" 1234 'Another key\?[^\r\n]*: $' n)

# --- what a process can say by itself -----------------------------------------

# socket USER MEMBER=VALUE...: a request to aasd's socket, by hand; the value
# @FILE is what that file has.  Prints its answer.
socket()
{
	local user=$1

	shift
	as "$user" python3 /run/peer.py socket "$@"
}

peer()
{
	cat >/run/peer.py <<-'PY'
	import json, os, socket, struct, subprocess, sys

	def to_aasd(args):
	    rq = dict(a.split("=", 1) for a in args)
	    for k, v in rq.items():
	        if v.startswith("@"):
	            rq[k] = open(v[1:]).read()
	        elif v.isdigit():
	            rq[k] = int(v)
	    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
	    s.connect("/run/aas/aasd.sock")
	    s.sendall(json.dumps(rq).encode() + b"\n")
	    print(s.makefile().read().strip())

	# Asks a helper to enroll somebody, as the module would.
	def to_helper(path, user, uid):
	    def text(s):
	        return struct.pack(">H", len(s)) + s.encode()
	    rq = struct.pack(">BI16sI", 6, 0x10, b"n" * 16, int(uid))
	    rq += text(user) + text("sshd") + text("") + struct.pack(">BII", 1, 5, 0)
	    rq += text("") + text("") + bytes(64) + b"\0\0"
	    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
	    p = subprocess.Popen([path], stdin=its)
	    its.close()
	    ours.settimeout(10)
	    ours.send(b"AA\1\1" + rq)
	    while True:
	        m = ours.recv(20000)
	        if not m:
	            print("END")
	            return
	        if m[3] == 31:
	            granted = m[4:8] == struct.pack(">I", 0xA5C3961E)
	            print("GRANTED" if granted else "REFUSED", m[4:])
	            return
	        print("TYPE", m[3], m[4:])
	        if m[3] in (18, 19):
	            ours.send(b"AA\1\2" + m[4:8] + b"\0" + b"k")

	if sys.argv[1] == "socket":
	    to_aasd(sys.argv[2:])
	else:
	    to_helper(*sys.argv[2:])
	PY
	chmod 644 /run/peer.py
}

answers()
{
	local want=$1

	shift
	"$@" | tee "$out" | grep -qE "$want"
}

setup()
{
	rig_demo
	rig_user mallory 'mallory pw'
	rig_user carol 'carol pw'
	rig_user logan 'logan pw'
	rig_stack passwd
	printf '%s required pam_unix.so nodelay\n' auth account \
	    >/etc/pam.d/unix
	sed -i 's/\[ "demo" \]/[ "demo", "logan" ]/' /etc/aas/aas.conf
	aasctl policy build >/dev/null
	for key in blue spare m1 m2; do
		softkey plug "$key" mode=0666
		softkey set "$key" pin=1234
	done >/dev/null
	peer
	: >"$out"
}

# A genesis that is right in every way but for who says so.
genuine()
{
	keys blue spare
	check "a process of hers enrolls keys: that is held" \
	    dialog demo 'aasctl enroll' "${enrolls[@]}"
	check "... and she was told" said 'held until'
	check "... and does not count" state_is demo held
	check "... and her password goes on" password_works demo 'correct horse'
	cp "$state/records/$(id -u demo)" /run/demo.line
	keys m1 m2
	check "so it is for another user" \
	    dialog mallory 'aasctl enroll' "${enrolls[@]}"
	cp "$state/records/$(id -u mallory)" /run/mallory.line
	chmod 644 /run/*.line
	purge demo
	purge mallory
	check "both are as new" eval \
	    'state_is demo none && state_is mallory none'
}

# The same at the socket, with everything that might be taken for authority.
by_socket()
{
	local line=line=@/run/demo.line

	check "at the socket by hand: held" \
	    answers '"held_until": ?[1-9]' socket demo op=append "$line"
	check "... and does not count" state_is demo held
	check "again, to make it count: refused" \
	    answers '"exists"' socket demo op=append "$line"
	check "in the name of a uid: refused" \
	    answers '"protocol"' socket demo op=append "$line" uid=0
	check "with a word of authority: refused" \
	    answers '"protocol"' socket demo op=append "$line" authority=host
	check "an empty ticket: refused" \
	    answers '"authority"' socket demo op=append "$line" ticket=
	check "still held" state_is demo held
	purge demo
	check "another user's genesis: refused" \
	    answers '"user"' socket demo op=append line=@/run/mallory.line
	check "another user cannot send hers" \
	    answers '"user"' socket mallory op=append "$line"
	check "nor can root at the socket" \
	    answers '"user"' python3 /run/peer.py socket op=append "$line"
	check "nothing of this counts" state_is demo none
}

# expire USER: her ticket ended a second ago.
expire()
{
	python3 - "$state/invites/$(id -u "$1")" <<-'PY'
	import struct, sys, time, zlib
	path = sys.argv[1]
	b = open(path, "rb").read()
	assert zlib.crc32(b[:-4]) == struct.unpack(">I", b[-4:])[0]
	b = b[:40] + struct.pack(">Q", int(time.time()) - 1)
	open(path, "wb").write(b + struct.pack(">I", zlib.crc32(b)))
	PY
}

guesses()
{
	as demo python3 - <<-'PY'
	import json, random, socket
	line = open("/run/demo.line").read()
	for i in range(200):
	    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
	    s.connect("/run/aas/aasd.sock")
	    t = "".join(random.choices("abcdefghijklmnopqrstuvwxyz234567", k=25))
	    rq = {"op": "append", "line": line, "ticket": t + "a"}
	    s.sendall(json.dumps(rq).encode() + b"\n")
	    assert json.loads(s.makefile().read())["reason"] == "authority"
	PY
}

tickets()
{
	local line=line=@/run/demo.line hers other

	other=$(invite mallory)
	hers=$(invite demo)
	check "another user's ticket: refused" \
	    answers '"authority"' socket demo op=append "$line" ticket="$other"
	check "hers, in another's hands: refused" \
	    answers '"authority"' socket mallory op=append \
	    line=@/run/mallory.line ticket="$hers"
	check "... and her genesis with it" \
	    answers '"user"' socket mallory op=append "$line" ticket="$hers"
	check "... and another's genesis with hers" \
	    answers '"user"' socket demo op=append line=@/run/mallory.line \
	    ticket="$hers"
	check "200 guessed tickets: refused" guesses
	check "tickets are not to be read by her" \
	    not as demo cat "$state/invites/$(id -u demo)"
	check "nothing of this counts" state_is demo none
	check "her own ticket still works, for the very same entry" \
	    answers '"ok": ?true' socket demo op=append "$line" ticket="$hers"
	check "... and counts" state_is demo enrolled
	check "... and pam_unix alone refuses her" \
	    not password_works demo 'correct horse'
	purge demo
	check "... and after purge takes her" \
	    password_works demo 'correct horse'
	check "used up: refused" \
	    answers '"authority"' socket demo op=append "$line" ticket="$hers"
	hers=$(invite demo)
	expire demo
	check "expired: refused" \
	    answers '"authority"' socket demo op=append "$line" ticket="$hers"
	check "nothing of this counts either" state_is demo none
}

# --- by way of PAM ------------------------------------------------------------

by_pam()
{
	keys blue spare
	check "passwd, run by her: no enrolment" \
	    not dialog demo passwd "${enrolls[@]}" '[Pp]assword: ?$' \
	    'correct horse'
	check "... for want of authority" said '\[authority\]'
	check "chauthtok by a program of hers: refused" \
	    not dialog demo 'pamtester login demo chauthtok' \
	    "${enrolls[@]}" '[Pp]assword: ?$' 'correct horse'
	check "... by reason of who runs it" said '\[not-self\]'
	check "... and after auth and account, with her password" \
	    not dialog demo \
	    'pamtester login demo authenticate acct_mgmt chauthtok' \
	    "${enrolls[@]}" '[Pp]assword: ?$' 'correct horse'
	check "... and never got as far as a key" not said 'Name for key'
	check "su to her with her password enrolls nobody" \
	    not dialog mallory 'su demo -c id' "${enrolls[@]}" \
	    '[Pp]assword: ?$' 'correct horse'
	check "... and never got as far as a key" not said 'Name for key'
	check "the helper, run by her as the module would: refused" \
	    answers '^(REFUSED|END)' as demo python3 /run/peer.py helper \
	    /usr/libexec/aas/aas-enroll demo "$(id -u demo)"
	check "nothing of this counts" state_is demo none
}

# Everything below the state and run directories, for writing.
by_file()
{
	check "no file of the store or of a run can be written by her" \
	    as demo sh -c '! find /var/lib/aas /run/aas /etc/aas \
	    /usr/libexec/aas -writable ! -type s ! -type l 2>/dev/null |
	    grep .'
	check "no file can be made there" \
	    as demo sh -c 'for d in $(find /var/lib/aas /run/aas -type d 2>/dev/null)
	    do ! touch "$d/$(id -u)" 2>/dev/null || exit 1; done'
}

# Malware in her shell leaves a key of its own in her draft.
forged_draft()
{
	keys m1
	check "a draft with a key that is not hers" \
	    not dialog demo 'aasctl enroll' \
	    'Name for key 1[^\r\n]*: $' first "$pin" 1234 \
	    'Name for key 2[^\r\n]*: $' $'\003'
	check "... was left" test -s "/home/demo/.local/state/aas/draft.$(id -u demo)"
	keys blue spare
	check "she goes on with it, invited: it cannot be finished without it" \
	    not dialog demo "aasctl enroll --ticket $(invite demo)" \
	    'Made before: [^\r\n]*: $' y \
	    "Plug in 'first'" '!:!'$'\003' 'Try again\?[^\r\n]*: $' n \
	    "${enrolls[@]}"
	check "... and counts nowhere" state_is demo none
	check "sshd's enrolment does not look at it" \
	    test ! -e "$state/drafts/draft.$(id -u demo)"
}

# --- strangers, and she herself -----------------------------------------------

ssh_cmd='ssh -F none -o NumberOfPasswordPrompts=3 -tt demo@localhost'
in_ssh=" -o PreferredAuthentications=keyboard-interactive 'echo signed in as \$(id -un)'"

strangers()
{
	keys m1 m2
	check "a stranger at sshd, guessing" \
	    not types "$ssh_cmd$in_ssh" '[Pp]assword: ?$' guess \
	    "${enrolls[@]}"
	check "... was asked for a password" said '[Pp]assword: '
	check "... never got as far as a key" not said 'Name for key'
	check "a stranger at sshd without any method" \
	    not types "$ssh_cmd -o PreferredAuthentications=none" "${enrolls[@]}"
	check "... never got as far as a key" not said 'Name for key'
	check "a stranger at login, guessing" \
	    not types 'script -qec "login logan" /dev/null' \
	    '[Pp]assword: ?$' guess 'Login incorrect' '!pkill -x login!-'
	check "... never got as far as a key" not said 'Name for key'
	check "nothing of this counts" eval \
	    'state_is demo none && state_is logan none'
}

herself()
{
	keys blue spare
	check "with pam_unix's success at sshd she enrolls" \
	    types "$ssh_cmd$in_ssh" '[Pp]assword: ?$' 'correct horse' \
	    "${enrolls[@]}"
	check "... and is in" said 'signed in as demo'
	check "... and it counts" state_is demo enrolled
	check "... and pam_unix alone refuses her" \
	    not password_works demo 'correct horse'
	keys m1 m2
	check "so does logan at login" \
	    types 'script -qec "login logan" /dev/null' \
	    '[Pp]assword: ?$' 'logan pw' "${enrolls[@]}" \
	    '\$ $' "!:!echo signed in as \$(id -un); exit" \
	    'Login incorrect' '!pkill -x login!-'
	check "... and is in" said 'signed in as logan'
	check "... and it counts" state_is logan enrolled
	check "... and pam_unix alone refuses him" \
	    not password_works logan 'logan pw'
}

# An admin's own lock is none of ours.
admins_lock()
{
	usermod -L carol
	check "somebody whom the admin has locked enrolls, invited" \
	    dialog carol "aasctl enroll --ticket $(invite carol)" \
	    "${enrolls[@]}"
	check "... and it counts" state_is carol enrolled
	purge carol
	check "... and after purge the admin's lock is there" \
	    not password_works carol 'carol pw'
	usermod -U carol
	check "... until the admin ends it" password_works carol 'carol pw'
}

setup
genuine
by_socket
tickets
by_pam
by_file
forged_draft
strangers
herself
admins_lock
[ "$failed" -eq 0 ] || tail -n 40 "$rig_log"
exit "$failed"

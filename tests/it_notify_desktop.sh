#!/bin/bash
# it_notify_desktop.sh: a notice on the desktop, over a real session bus.
#
# A dbus-daemon of the user's, and who shows notices on it: what arrives is the
# alert, with nothing in it that a desktop would take for markup, from a client
# that is the user and not root.  A socket of somebody else's, a link, a bus
# that never answers, answers nonsense or ends keeps no other place waiting,
# and sees no one but its own user.
# shellcheck disable=SC2317 # what check calls
# shellcheck disable=SC2119 # drain without more
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/notify.sh
. "$top/tests/rig/notify.sh"
rig_alone "$@"
for tool in dbus-daemon gdbus; do
	command -v "$tool" >/dev/null || rig_skip "$tool is missing"
done
notify_prepare
rig_user other 'correct horse'
uid=$(id -u demo)
mine=/run/user/$uid
as_demo=(setpriv --reuid=demo --regid=demo --clear-groups)
mkdir /run/user
install -d -o demo -g demo -m 0700 "$mine"

notify_take
rig_conf <<-'CONF'
	realm = "example.org";
	alerts = { desktop = true; journal = false; syslog = false;
	    terminals = false; exec = ( { argv = [ "/run/take" ]; } );
	    dashboard = "https://dash.example.org/?a=1&b=2"; timeout = "5s"; };
CONF

# elsewhere ID: the other place has it, nothing is left, and soon.
elsewhere()
{
	local begin=$SECONDS

	drain || return 1
	cat /run/notify.log
	[ $((SECONDS - begin)) -lt 25 ] && grep -q "$1" "$got/taken" &&
	    [ -z "$(find "$spool/queue" "$spool/dead" -type f)" ]
}

# --- one that shows notices -----------------------------------------------------

bus_up()
{
	"${as_demo[@]}" env XDG_RUNTIME_DIR="$mine" dbus-daemon --session \
	    --nofork --nopidfile --address="unix:path=$mine/bus" \
	    >/run/bus.log 2>&1 &
	bus=$!
	rig_until test -S "$mine/bus"
	"${as_demo[@]}" /usr/bin/python3 "$top/tests/rig/notices.py" "$mine/bus" \
	    "$got/shown" >/run/shows.log 2>&1 &
	shows=$!
	rig_until test -e "$got/shown.ready"
}

bus_down()
{
	kill "$shows" "$bus" 2>/dev/null || :
	wait "$shows" "$bus" 2>/dev/null || :
	rm -f "$mine/bus" "$got/shown.ready"
}

# shown N ID: the Nth notice is of that alert, and is nothing else.
shown()
{
	cat "$got/shown"
	/usr/bin/python3 - "$got/shown" "$1" "$2" "$uid" <<-'PY'
	import html, json, re, sys
	v = [json.loads(l) for l in open(sys.argv[1])]
	n, ident, uid = int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
	assert all(m["uid"] == uid for m in v), v
	v = [m for m in v if m["member"] != "Introspect"]
	assert len(v) == n, len(v)
	m = v[-1]
	assert m["member"] == "Notify", m
	assert m["path"] == "/org/freedesktop/Notifications", m
	assert m["sig"] == "susssasa{sv}i", m
	name, replaces, icon, summary, body, actions, hints, expire = m["args"]
	assert (name, replaces, icon, actions, hints, expire) == ("pam_aas", 0,
	    "dialog-warning", [], [["urgency", 2]], 0), m["args"]
	assert "sign-in of demo" in summary and "\n" not in summary, summary
	# No tag, and no reference but those that stand for one character.
	assert not re.search("[<>]", body), body
	assert not re.search("&(?!(lt|gt|amp);)", body), body
	text = html.unescape(body)
	lines = text.split("\n")
	assert "Id " + ident in lines and "Account:   demo" in lines, lines
	assert "More: https://dash.example.org/?a=1&b=2" in lines, lines
	if n == 2:
	    want = ("From:      <b>bold</b><img src=\\\"http://x/\\\">&lt;\\x1b[2J"
	            "\\u{202e}'; %s \\\\n\\x0aId 0 (a name, not verified)")
	    assert want in lines, (want, lines)
	    assert len([l for l in lines if l.startswith("Id ")]) == 1
	PY
}

bus_up
id=$(event)
check 'an alert comes to the desktop, and the other place' elsewhere "$id"
check 'as what it is, from the user'"'"'s own client' shown 1 "$id"
id=$(event sign-in ',"rhost":"<b>bold</b><img src=\"http://x/\">&lt;\u001b[2J\u202e'"'"'; %s \\n\nId 0"')
check 'one with markup in a name, too' elsewhere "$id"
check 'and the desktop sees none' shown 2 "$id"
id=$(event)
sed -i 's/,"uid":[0-9]*/,"uid":0/' "$spool/new"/*"$id".json
check 'an alert of root'"'"'s' elsewhere "$id"
check 'is on no desktop' test \
    "$(grep -c '"member": "Notify"' "$got/shown")" -eq 2
bus_down

# --- others that stand there ----------------------------------------------------

# Who connects, by the kernel's word, on the socket at $1; then it does $3.
cat >/run/false.py <<-'PY'
	import os, socket, struct, sys, time
	path, log, how = sys.argv[1:4]
	s = socket.socket(socket.AF_UNIX)
	s.bind(path)
	os.chmod(path, 0o777)
	s.listen(8)
	open(log + ".ready", "w").close()
	keep = []
	while True:
	    c, _ = s.accept()
	    cred = c.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
	    with open(log, "a") as f:
	        f.write("%d %d %d\n" % struct.unpack("3i", cred))
	    if how == "hang":
	        keep.append(c)
	        continue
	    try:
	        if how == "flood":
	            while True:
	                c.sendall(b"OK " + b"a" * 65536)
	        if how == "nonsense":
	            c.recv(512)
	            c.sendall(b"OK 00\r\n")
	            c.recv(512)
	            c.sendall(b"l\1\0\1" + b"\xff" * 4096)
	        if how == "stop":  # what it may do to a process of its own
	            os.kill(struct.unpack("3i", cred)[0], 19)
	            keep.append(c)
	            continue
	    except OSError:
	        pass
	    c.close()
PY

# false_bus AS HOW: at demo's address.
false_bus()
{
	rm -f "$mine/bus" "$got/false"*
	setpriv --reuid="$1" --regid="$1" --clear-groups --inh-caps=-all \
	    /usr/bin/python3 /run/false.py "${3:-$mine/bus}" "$got/false" "$2" \
	    >/run/false.log 2>&1 &
	false=$!
	rig_until test -e "$got/false.ready"
}

false_end()
{
	kill "$false" 2>/dev/null || :
	wait "$false" 2>/dev/null || :
	rm -f "$mine/bus"
}

# callers UID: somebody came, and nobody but that user.
callers()
{
	cat "$got/false"
	[ -s "$got/false" ] && not grep -qvE "^[0-9]+ $1 " "$got/false"
}

gone()
{
	rig_until not pgrep -x gdbus
}

for how in hang flood nonsense close stop; do
	rm -f "$spool/targets"
	false_bus demo "$how"
	id=$(event)
	check "a bus that does this keeps nobody: $how" elsewhere "$id"
	check '... sees its own user alone' callers "$uid"
	check '... and nobody is left there' gone
	[ "$how" != hang ] ||
	    check '... the log has it' grep -q 'to=desktop.*took too long' \
	    /run/notify.log
	false_end
done

# At the user's address, but not the user's.
rm -f "$spool/targets"
chmod 0777 "$mine"
false_bus other hang
chmod 0700 "$mine"
id=$(event)
check 'a socket of somebody else is left alone' elsewhere "$id"
check '... nobody came' test ! -e "$got/false"
false_end
mkdir -m 0777 /run/elsewhere
false_bus demo hang /run/elsewhere/bus
ln -s /run/elsewhere/bus "$mine/bus"
id=$(event)
check 'a link is not followed' elsewhere "$id"
check '... nobody came' test ! -e "$got/false"
rm -f "$mine/bus"
mv "$mine" "$mine.away"
ln -s /run/elsewhere "$mine"
id=$(event)
check 'nor is one in the place of the directory' elsewhere "$id"
check '... nobody came as root' test ! -e "$got/false" -o \
    -z "$(grep -vE "^[0-9]+ $uid " "$got/false" 2>/dev/null)"
rm -f "$mine"
mv "$mine.away" "$mine"
false_end
mkfifo "$mine/bus"
id=$(event)
check 'a pipe is none' elsewhere "$id"
rm -f "$mine/bus"
bus_up
rm -f "$spool/targets" "$got/shown"
id=$(event)
check 'and a real one is told again' elsewhere "$id"
check '... by the alert' shown 1 "$id"
bus_down
exit "$failed"

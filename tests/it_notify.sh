#!/bin/bash
# it_notify.sh: alerts to real places: a mail server, an https server, programs,
# a journal, terminals, a desktop's bus.
#
# What arrives is what the chain has, byte for byte, and signed; what is down
# for a while gets all of it afterwards, also when the notifier is killed again
# and again; what hangs, forks, floods or refuses harms nobody else.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/notify.sh
. "$top/tests/rig/notify.sh"
rig_alone "$@"
command -v msmtp >/dev/null || rig_skip "msmtp is missing"
chains=/var/lib/aas/alerts
notify_prepare
mkdir -m 0777 "$got/mail" "$got/hook"
uid=$(id -u demo)

# --- the places -----------------------------------------------------------------

# authority NAME: an authority, and a certificate of it for localhost.
authority()
{
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" \
	    -keyout "/run/$1.ca.key" -out "/run/$1.ca.pem" 2>/dev/null
	openssl req -newkey rsa:2048 -nodes -subj /CN=localhost \
	    -keyout "/run/$1.key" -out "/run/$1.csr" 2>/dev/null
	openssl x509 -req -days 2 -in "/run/$1.csr" -CA "/run/$1.ca.pem" \
	    -CAkey "/run/$1.ca.key" -CAcreateserial -out "/run/$1.pem" \
	    -extfile <(echo subjectAltName=DNS:localhost) 2>/dev/null
}

cat >/run/https.py <<-'PY'
	import http.server, os, ssl, sys
	port, cert, key, where = int(sys.argv[1]), *sys.argv[2:5]
	class H(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        body = self.rfile.read(int(self.headers["Content-Length"]))
	        mode = open("/run/mode").read().strip()
	        if mode == "redirect":
	            self.send_response(302)
	            self.send_header("Location", "https://localhost:%d/elsewhere" % port)
	            self.end_headers()
	            return
	        if mode == "error":
	            self.send_error(500)
	            return
	        n = len(os.listdir(where))
	        with open("%s/.new" % where, "wb") as f:
	            f.write(("%s\n" % self.path).encode())
	            for k in "X-AAS-Id", "X-AAS-Timestamp", "X-AAS-Signature", \
	                    "Content-Type":
	                f.write(("%s\n" % self.headers[k]).encode())
	            f.write(body)
	        os.rename("%s/.new" % where, "%s/%05d" % (where, n))
	        self.send_response(204)
	        self.end_headers()
	    def log_message(self, *a):
	        pass
	s = http.server.HTTPServer(("127.0.0.1", port), H)
	c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	c.load_cert_chain(cert, key)
	s.socket = c.wrap_socket(s.socket, server_side=True)
	s.serve_forever()
PY
cat >/run/smtp.py <<-'PY'
	import asyncio, os
	from aiosmtpd.smtp import SMTP
	class H:
	    n = 0
	    async def handle_DATA(self, server, session, e):
	        H.n += 1
	        with open("/run/got/.mail", "wb") as f:
	            f.write((",".join(e.rcpt_tos) + "\n").encode())
	            f.write(e.original_content)
	        os.rename("/run/got/.mail", "/run/got/mail/%d-%05d" % (os.getpid(), H.n))
	        return "250 OK"
	async def main():
	    loop = asyncio.get_running_loop()
	    await loop.create_server(lambda: SMTP(H()), "127.0.0.1", 2525)
	    await asyncio.Event().wait()
	asyncio.run(main())
PY
cat >/etc/msmtprc <<-'CONF'
	account default
	host 127.0.0.1
	port 2525
	from aas@example.org
	timeout 5
CONF
chmod 0644 /etc/msmtprc

https_up()
{
	/usr/bin/python3 /run/https.py 8443 "/run/$1.pem" "/run/$1.key" \
	    "$got/hook" >/run/https.log 2>&1 &
	https=$!
	rig_until curl -sk -o /dev/null https://localhost:8443/
}

smtp_up()
{
	/usr/bin/python3 /run/smtp.py >/run/smtp.log 2>&1 &
	smtp=$!
	rig_until bash -c 'exec 3<>/dev/tcp/127.0.0.1/2525' 2>/dev/null
}

down()
{
	kill "$@" 2>/dev/null || :
	wait "$@" 2>/dev/null || :
}

# --- settings and queues --------------------------------------------------------

settings()
{
	{
		echo 'realm = "example.org";'
		echo 'alerts = {'
		cat
		echo '};'
	} | rig_settings
}

both='
	mail = { to = [ "security@example.org", "second@example.org" ];
	    from = "aas@example.org"; };
	webhook = ( { url = "https://localhost:8443/hook?t=secret";
	    secret_file = "/etc/aas/hook.key"; ca_file = "/run/good.ca.pem"; } );
	dashboard = "https://dash.example.org/";
'

empty()
{
	[ "$(find "$spool/queue" "$spool/new" -type f ! -name '.*' | wc -l)" -eq 0 ]
}

waiting()
{
	find "$spool/queue" -type f | wc -l
}

# arrived ID...: each at both places, as the chain has it; by all addresses.
arrived()
{
	/usr/bin/python3 - "$chains/$uid" "$@" <<-'PY'
	import email, email.policy, glob, hashlib, hmac, json, sys
	chain = {json.loads(l)["id"]: l for l in open(sys.argv[1], "rb").read().splitlines()}
	secret = open("/etc/aas/hook.key", "rb").read().rstrip(b"\n")
	hooks, mails = {}, {}
	for f in sorted(glob.glob("/run/got/hook/*")):
	    path, ident, stamp, sig, kind, body = open(f, "rb").read().split(b"\n", 5)
	    want = hmac.new(secret, stamp + b"." + body, hashlib.sha256).hexdigest()
	    assert sig == b"sha256=" + want.encode(), (f, sig, want)
	    assert kind == b"application/json" and path == b"/hook?t=secret", (kind, path)
	    assert json.loads(body)["id"].encode() == ident
	    hooks.setdefault(ident.decode(), set()).add(body)
	for f in sorted(glob.glob("/run/got/mail/*")):
	    to, raw = open(f, "rb").read().split(b"\n", 1)
	    m = email.message_from_bytes(raw, policy=email.policy.default)
	    text, att = m.iter_parts()
	    line = att.get_payload(decode=True)
	    ident = m["X-AAS-Id"]
	    assert json.loads(line)["id"] == ident and ident in m["Message-ID"], f
	    assert m["To"] == to.decode() and m["From"] == "aas@example.org", f
	    body = text.get_content()
	    assert "Id " + ident in body and "https://dash.example.org/" in body, body
	    mails.setdefault(ident, {}).setdefault(to.decode(), set()).add(line)
	for i in sys.argv[2:]:
	    assert hooks.get(i) == {chain[i]}, ("hook", i, hooks.get(i))
	    assert mails.get(i) == {a: {chain[i]} for a in (
	        "security@example.org", "second@example.org")}, ("mail", i, mails.get(i))
	PY
}

# --- the whole way --------------------------------------------------------------

authority good
authority other
mkdir -p /etc/aas
od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >/etc/aas/hook.key
chmod 0600 /etc/aas/hook.key
echo ok >/run/mode
https_up good
smtp_up
settings <<<"$both"
# That there is a policy now is an alert, too: not one of these.
rig_until not pgrep -x aas-notify
ids=("$(event sign-in ',"rhost":"192.0.2.7","tty":"pts/3","session":"aabbccddeeff00112233445566778899"')")
ids+=("$(event key-added ',"key":"bl\u00fcte \u202e<b>\u0007"')")
check 'a run delivers' drain
check 'each place has each alert as it was numbered, and signed' \
    arrived "${ids[@]}"
check 'nothing waits' empty
check 'nobody else can read the spool' not setpriv --reuid=demo --regid=demo \
    --clear-groups ls "$spool/new"

# --- who is at the other end ----------------------------------------------------

# refused: an event more, which the https server must not get.
refused()
{
	local before

	before=$(find "$got/hook" -type f | wc -l)
	ids+=("$(event sign-in)")
	drain || return 1
	[ "$(find "$got/hook" -type f | wc -l)" -eq "$before" ] &&
	    [ "$(waiting)" -eq 1 ] && grep -q 'to=webhook:localhost:8443' \
	    /run/notify.log && not grep -q secret /run/notify.log
}

delivered()
{
	drain && empty
}

cp /run/other.ca.pem /usr/local/share/ca-certificates/other.crt
update-ca-certificates >/dev/null 2>&1 || :
down "$https"
https_up other
check 'an authority of the host that ca_file does not have is refused' refused
down "$https"
https_up good
check 'and delivered once the right one is back' delivered
echo redirect >/run/mode
check 'a redirection is not followed' refused
echo ok >/run/mode
check 'and delivered when there is none' delivered
echo error >/run/mode
check 'an error of the server is not a delivery' refused
echo ok >/run/mode
check 'and delivered when it is over' delivered
chmod 0644 /etc/aas/hook.key
check 'a secret that others can read is not used' refused
chmod 0600 /etc/aas/hook.key
check 'and delivered when only root can' delivered
check 'all of that arrived, each by one line' arrived "${ids[@]}"

# --- down, and killed -----------------------------------------------------------

down "$https" "$smtp"
storm()
{
	local i pid

	for i in 1 2 3 4 5 6; do
		ids+=("$(event sign-in)" "$(event recovery-started)")
		"$notify" --all &
		pid=$!
		sleep "0.0$((i * 7 % 10))"
		kill -9 "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	drain
	[ "$(waiting)" -eq 12 ]
}
check 'with both down, and kill -9 again and again, all waits' storm
https_up good
check 'with one up again the other is still waited for' \
    bash -c "timeout 60 $notify --all; [ \$(find $spool/queue -type f | wc -l) -eq 12 ]"
smtp_up
survive()
{
	local pid i

	for i in 1 2 3 4; do
		"$notify" --all &
		pid=$!
		sleep 0.15
		kill -9 "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	drain
	empty
}
check 'with both up again all is delivered' survive
check 'none was lost, and what came twice is the same line' \
    arrived "${ids[@]}"
check 'the chain is whole' aasctl alerts verify --user demo

# --- programs -------------------------------------------------------------------

cat >/run/prog <<-'SH'
	#!/bin/sh
	case $1 in
	hang) exec sleep 1000 ;;
	fork) for i in 1 2 3 4 5; do setsid sleep 1000 & done; sleep 1000 ;;
	left) setsid sleep 1000 & exit 0 ;;
	flood) cat /dev/zero ;;
	fill) exec dd if=/dev/zero of=/run/got/fill bs=1M count=1000 ;;
	who) { id -u; id -G; grep -E '^(NoNewPrivs|Seccomp|CapEff):' \
	    /proc/self/status; tr '\0' '\n' </proc/self/environ; ls /proc/self/fd
	    pwd; unshare -U true && echo unshared; } >/run/got/who 2>/dev/null
	    exit 0 ;;
	exit*) exit "${1#exit}" ;;
	take) cat >>/run/got/taken ;;
	rank) ionice >/run/got/rank; cat >>/run/got/taken ;;
	esac
SH
chmod 0755 /run/prog

program()
{
	printf 'exec = ('
	local sep='' what

	for what; do
		printf '%s { argv = [ "/run/prog", "%s" ]; }' "$sep" "$what"
		sep=,
	done
	printf ' ); timeout = "3s"; syslog = false; journal = false;\n'
}

# quick: within 15 s, although each of them would go on for ever.
misbehave()
{
	local begin=$SECONDS id

	program "$@" | settings
	id=$(event sign-in)
	drain || return 1
	[ $((SECONDS - begin)) -lt 25 ] || return 1
	grep -q "$id" "$got/taken" || return 1
	sleep 0.2
	not pgrep -u aas-notify
}
check 'F15: a program that hangs keeps nobody waiting' misbehave hang take
check 'F18: one that forks leaves nobody behind' misbehave fork left take
check 'F17: one that floods is read no more than a little' misbehave flood take
rm -rf "$spool/queue"/*
check 'F17: one that fills a disk may not' misbehave fill take
[ "$(stat -c %s /run/got/fill 2>/dev/null || echo 0)" -le $((16 << 20)) ] ||
    { echo "FAIL  it wrote $(stat -c %s /run/got/fill)"; failed=1; }
rm -rf "$spool/queue"/* "$spool/new"/0*

confined()
{
	program who | settings
	event sign-in >/dev/null
	drain || return 1
	cat "$got/who"
	grep -qx "$(id -u aas-notify)" "$got/who" &&
	    grep -q 'NoNewPrivs:.1' "$got/who" &&
	    grep -q 'Seccomp:.2' "$got/who" &&
	    grep -q 'CapEff:.0000000000000000' "$got/who" &&
	    not grep -q unshared "$got/who" &&
	    [ "$(grep -c = "$got/who")" -le 4 ]
}
check 'F20: a program has no right, no variable and no descriptor of ours' confined

refuses()
{
	program exit7 take | settings
	id=$(event sign-in)
	drain || return 1
	find "$spool/dead" -type f | grep -q "$id" || return 1
	# Root hears of it.
	drain
	grep -q delivery-failing "$got/taken"
}
check 'what a program refuses is a dead letter, and told' refuses
status_says()
{
	aasctl status demo >/run/status 2>&1 || :
	cat /run/status
	grep -q '^alerts: *[1-9][0-9]* not delivered' /run/status
}
check 'aasctl status says so' status_says
rm -f "$spool/dead"/*

later()
{
	program exit75 | settings
	id=$(event sign-in)
	drain
	[ "$(waiting)" -ge 1 ] || return 1
	program take | settings
	drain
	empty && grep -q "$id" "$got/taken"
}
check 'what it takes later is tried again' later

# What limits its starter has is nothing to it (hard ones need CAP_SYS_RESOURCE).
bound()
{
	program rank | settings
	id=$(event sign-in)
	drain prlimit --nofile=12: --fsize=0: --nproc=1: nice -n 19 ionice -c 3
	empty && grep -q "$id" "$got/taken" && not grep idle "$got/rank"
}
check 'started with next to nothing it delivers' bound

# --- settings -------------------------------------------------------------------

wrong()
{
	{ echo 'realm = "example.org";'; echo "$1"; } >/run/wrong.conf
	"$notify" --verbose --config /run/wrong.conf --state /run/none \
	    >/run/wrong.out 2>&1
	cat /run/wrong.out
	grep -q "wrong.conf:$2:" /run/wrong.out
}
check 'an address that is none' wrong \
    'alerts = { mail = { to = [ "-oQ/tmp" ]; }; };' 2
check 'a URL that is not https' wrong \
    'alerts = { webhook = { url = "http://x/"; }; };' 2
check 'a setting nobody knows' wrong 'alerts = { mall = 1; };' 2
check 'a type nobody knows' wrong 'alerts = { types = [ "sign" ]; };' 2

# It is told where no setting is needed, and waits for the rest.
mistaken()
{
	program take | settings
	id=$(event sign-in)
	{ echo 'realm = "example.org";'; echo 'alerts = { mall = 1; };'; } \
	    >/run/mistaken.conf
	timeout 120 "$notify" --verbose --config /run/mistaken.conf \
	    >/run/mistaken.out 2>&1
	cat /run/mistaken.out
	grep -rh -A 1 "$id" "$spool/queue" | grep -q '^aasq1 .*:d' || return 1
	not grep -q "$id" "$got/taken" || return 1
	drain
	empty && grep -q "$id" "$got/taken"
}
check 'a mistake in the settings loses no alert' mistaken

# --- never suppressed -----------------------------------------------------------

: >"$got/taken"
{ program take; echo 'types = [ "attempts" ];'; } | settings
a=$(event sign-in)
b=$(event recovery-started)
drain
check 'a type that is not named is not told' not grep -q "$a" "$got/taken"
check 'but numbered' grep -q "$a" "$chains/$uid"
check 'recovery is told whatever is named' grep -q "$b" "$got/taken"

# --- the user's own screens -----------------------------------------------------

program take | sed 's/$/ terminals = true;/' | settings
script -qfc "setpriv --reuid=demo --regid=demo --clear-groups sleep 30" \
    /run/term >/dev/null 2>&1 </dev/null &
on_terminal()
{
	local pid tty

	rig_until pgrep -u demo -x sleep >/dev/null || return 1
	pid=$(pgrep -u demo -x sleep | head -n 1)
	tty=$(readlink "/proc/$pid/fd/0")
	chown demo "$tty"
	event sign-in ',"rhost":"\u001b[2Jevil","tty":"pts/99"' >/dev/null
	drain
	rig_until grep -qa 'sign-in of demo on h from "[\\]x1b.*" (not verified)' /run/term
}
check 'the terminals of the user say it, made printable' on_terminal
own_terminal()
{
	local pid tty

	pid=$(pgrep -u demo -x sleep | head -n 1)
	tty=$(readlink "/proc/$pid/fd/0")
	event sign-in ",\"rhost\":\"198.51.100.9\",\"tty\":\"${tty#/dev/}\"" \
	    >/dev/null
	drain
	sleep 0.3
	not grep -qa 198.51.100.9 /run/term
}
check 'but not the one that signed in' own_terminal
# ledger ID PID: a session by SSH that this process leads.
ledger()
{
	/usr/bin/python3 - "$@" "$uid" <<-'PY'
	import json, os, sys
	ident, pid, uid = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
	stat = open("/proc/%d/stat" % pid).read().rsplit(") ", 1)[1].split()
	boot = open("/proc/sys/kernel/random/boot_id").read().strip()
	os.makedirs("/run/aas/sessions", 0o700, exist_ok=True)
	os.symlink(json.dumps({"v": 1, "id": ident, "user": "demo", "uid": uid,
	    "service": "sshd", "leader": pid, "start": int(stat[19]),
	    "tty": "ssh", "rhost": "198.51.100.7", "key": None, "via": "host",
	    "origin": "remote", "time": "2026-01-01T00:00:00Z",
	    "boottime_ms": 1, "boot": boot.replace("-", ""), "session_s": 0,
	    "idle_s": 0}, separators=(",", ":")),
	    "/run/aas/sessions/%s" % ident)
	PY
}
# By SSH it had no terminal when it was told of, and has one when that is read.
late_terminal()
{
	local pid

	pid=$(pgrep -u demo -x sleep | head -n 1)
	ledger 00112233aabbccdd "$(awk '{ print $4 }' "/proc/$pid/stat")"
	event sign-in ',"rhost":"198.51.100.7","tty":"ssh","session":"00112233aabbccdd"' \
	    >/dev/null
	event sign-in ',"rhost":"198.51.100.8","tty":"ssh","session":"00112233aabbccde"' \
	    >/dev/null
	drain
	rig_until grep -qa 198.51.100.8 /run/term || return 1
	rm /run/aas/sessions/00112233aabbccdd
	not grep -qa 198.51.100.7 /run/term
}
check 'nor one that it has got since' late_terminal
pkill -u demo -x sleep || :

# --- the journal ----------------------------------------------------------------

mkdir -p /run/systemd/journal
cat >/run/journal.py <<-'PY'
	import os, socket
	s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
	s.bind("/run/systemd/journal/socket")
	os.chmod("/run/systemd/journal/socket", 0o666)
	while True:
	    d = s.recv(1 << 17)
	    with open("/run/got/journal", "wb") as f:
	        f.write(d)
PY
/usr/bin/python3 /run/journal.py &
journal=$!
rig_until test -S /run/systemd/journal/socket
{ program take | sed 's/journal = false/journal = true/'; } | settings
event sign-in ',"rhost":"a\nAAS_ID=forged"' >/dev/null
drain
journaled()
{
	/usr/bin/python3 - <<-'PY'
	import struct
	d, f = open("/run/got/journal", "rb").read(), {}
	while d:
	    name, d = d.split(b"\n", 1)
	    n, = struct.unpack("<Q", d[:8])
	    assert name not in f, name
	    f[name], d = d[8:8 + n], d[8 + n + 1:]
	assert f[b"AAS_RHOST"] == b"a\\x0aAAS_ID=forged" and len(f[b"AAS_ID"]) == 32, f
	assert b"\n" not in f[b"MESSAGE"], f
	PY
}
check 'the journal has each field, and no forged one' journaled
down "$journal"

# --- the owner's view, by aasd --------------------------------------------------

as_demo()
{
	setpriv --reuid=demo --regid=demo --init-groups "$@"
}

program take | settings
late=$(event session-ended)
rig_aasd
check 'aasd has delivered what waited' rig_until grep -q "$late" "$got/taken"
check 'the owner sees the alerts' bash -c \
    'setpriv --reuid=demo --regid=demo --init-groups aasctl alerts | grep -q recovery-started'
check 'as JSON too' bash -c \
    'setpriv --reuid=demo --regid=demo --init-groups aasctl --json alerts --since 1h |
	python3 -c "import json, sys; d = json.load(sys.stdin)
assert d[\"ok\"] and d[\"wrong\"] == 0 and len(d[\"alerts\"]) > 20, d"'
check 'and that none is missing' as_demo aasctl alerts verify
# since TIME: how many are shown.
since()
{
	as_demo aasctl --json alerts --since "$1" |
	    python3 -c 'import json, sys; print(len(json.load(sys.stdin)["alerts"]))'
}
check 'since a day, too' test "$(since "$(date -u -d '1 day ago' +%Y-%m-%d)")" -gt 20
check 'of which none is to come' test "$(since 2999-01-01)" -eq 0
check 'a chain is verified as a whole' not as_demo aasctl alerts verify \
    --since 1h
check 'but nobody else'"'"'s' not as_demo aasctl alerts --user root
as_demo aasctl alerts test >/dev/null
check 'a test arrives' rig_until grep -q '"type":"test"' "$got/taken"
check 'but one a minute' not as_demo aasctl alerts test
cp "$chains/$uid" /run/chain
sed -i 3d "$chains/$uid"
check 'an alert that is missing is noticed' not as_demo aasctl alerts verify
sed '4s/"host":"h"/"host":"i"/' /run/chain >"$chains/$uid"
check 'and one that was changed' not aasctl alerts verify --user demo
cp /run/chain "$chains/$uid"
check 'the chain as it was is good' aasctl alerts verify --user demo
# A damaged file behind one that is good: root looks at it, and removes it.
damaged()
{
	local n

	rig_until not pgrep -x aas-notify
	cp "$chains/$uid" "$chains/$uid.1"
	n=$(wc -l <"$chains/$uid")
	sed -n '$p' "$chains/$uid" |
	    sed "s/\"number\":[0-9]*/\"number\":$((n + 7))/" >"$chains/$uid.new"
	echo garbage >>"$chains/$uid.new"
	mv "$chains/$uid.new" "$chains/$uid"
	event sign-in >/dev/null
	drain
	not aasctl alerts verify --user demo || return 1
	rm "$chains/$uid".damaged.*
}
check 'a damaged file is put aside, and noticed until root removes it' damaged
check 'then what root verifies is whole' aasctl alerts verify --user demo
check 'and what its owner does' as_demo aasctl alerts verify
rm "$chains/$uid.1"
cp /run/chain "$chains/$uid"
# More than aasd sends.
/usr/bin/python3 - "$uid" >"$chains/$uid" <<-'PY'
	import hashlib, sys
	prev = "0" * 64
	for n in range(1, 3001):
	    l = ('{"number":%d,"prev":"%s","v":1,"id":"%032x","type":"sign-in",'
	        '"time":"2026-01-01T00:00:00Z","host":"h","user":"demo","uid":%s,'
	        '"text":"%s"}' % (n, prev, n, sys.argv[1], "x" * 100))
	    print(l)
	    prev = hashlib.sha256(l.encode()).hexdigest()
PY
# older: how many the owner hears are not shown.
older()
{
	local shown

	shown=$(as_demo aasctl alerts 2>/run/older.err | wc -l)
	cat /run/older.err
	[ "$shown" -gt 1000 ] && [ "$shown" -lt 3000 ] &&
	    grep -q "^aasctl: $((3000 - shown)) older ones" /run/older.err
}
check 'of many the owner hears how many are not shown' older
check 'root sees all' test "$(aasctl alerts --user demo | wc -l)" -eq 3000
check 'and the owner verifies all' bash -c \
    'setpriv --reuid=demo --regid=demo --init-groups aasctl alerts verify |
	grep -q "^3000 alerts, none"'
cp /run/chain "$chains/$uid"

# --- the addresses of the record -------------------------------------------------

pkill -x aasd || :
rig_until not pgrep -x aasd
settings <<<'syslog = false; journal = false; terminals = false;'
rig_aasd
rig_keys
rig_enroll demo
softkey plug blue mode=0666
contacts_set()
{
	expect "$talk" 60 "setpriv --reuid=demo --regid=demo --init-groups \
	    aasctl contacts $*" "PIN for 'blue'[^\r\n]*: \$" 271828 >"$out"
	cat "$out"
	grep -q "done" "$out"
}
# mailed ADDRESS: what has the address to it, in all.
mailed()
{
	cat "$got"/mail/* | grep -c "^$1" || :
}
check 'an address that is none is refused' not as_demo aasctl contacts \
    'mailto:-oQ/tmp@x.y'
check 'the owner signs for addresses' contacts_set mailto:own@example.org \
    mailto:two@example.org
# hears ADDRESS N: that many in all; another one may be delivering already.
hears()
{
	drain
	[ "$(mailed "$1")" -ge "$2" ]
}
event sign-in >/dev/null
check 'and both hear of a sign-in' rig_until hears own@example.org 1
check '... the other one, too' rig_until hears two@example.org 1
had=$(mailed own@example.org)
check 'who changes them has a key to sign with' contacts_set \
    mailto:new@example.org
check 'the old address hears that there is a new one' \
    rig_until hears own@example.org $((had + 1))
check 'the new one hears it, too' rig_until hears new@example.org 1
check 'by the very event' grep -q '"type":"contacts"' "$chains/$uid"
exit "$failed"

#!/bin/bash
# it_notify_boot.sh: the notifier's units on a host that systemd booted, with
# no aasd: an event in the spool is delivered as it comes, what failed is tried
# again by the timer, and every way to tell works from within the unit: mail by
# a sendmail that is set-group-ID and goes on in the background, a webhook, a
# program, the journal, syslog, terminals, a desktop.  And the audit log: what the kernel does not take, the
# notifier's log has, and the others are told.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=rig/lib.sh
. "$here/rig/lib.sh"
# shellcheck source=rig/notify.sh
. "$here/rig/notify.sh"

prepare()
{
	notify_prepare
	notify_take
	mkdir -p /etc/aas
}

# --- in the private host --------------------------------------------------------

# audit SAID [CMD...]: by the notifier under CMD; SAID: nothing, or a pattern.
audit()
{
	local id said=$1

	shift
	id=$(event)
	drain "$@" || return 1
	cat /run/notify.log
	grep -q "$id" "$got/taken" || return 1
	if [ -n "$said" ]; then
		grep -q "to=audit.*$said" /run/notify.log
	else
		not grep -q to=audit /run/notify.log
	fi
}

# The kernel's own word, not ours.
takes_records()
{
	/usr/bin/python3 - <<-'PY'
	import socket, struct, sys
	s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9)
	text = b"op=aas-test\0"
	s.settimeout(2)
	s.sendto(struct.pack("<IHHII", 16 + len(text), 1121, 5, 1, 0) + text, (0, 0))
	sys.exit(struct.unpack_from("<i", s.recv(4096), 16)[0] != 0)
	PY
}

outside()
{
	prepare
	rig_conf <<-'CONF'
		realm = "example.org";
		alerts = { audit = true; journal = false; syslog = false;
		    terminals = false; exec = ( { argv = [ "/run/take" ]; } ); };
	CONF
	if takes_records 2>/dev/null; then
		check 'a record that the kernel takes is no news' audit ''
	else
		check 'a record that the kernel does not take is' audit \
		    'the kernel takes no record'
	fi
	check 'nor one without the right to write it' audit \
	    'the kernel takes no record: Operation not permitted' \
	    setpriv --bounding-set -audit_write --inh-caps -audit_write
	[ "$failed" -eq 0 ]
}

# --- in the booted one ----------------------------------------------------------

servers()
{
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=boot \
	    -keyout /run/ca.key -out /run/ca.pem 2>/dev/null
	openssl req -newkey rsa:2048 -nodes -subj /CN=localhost \
	    -keyout /run/hook.key -out /run/hook.csr 2>/dev/null
	openssl x509 -req -days 2 -in /run/hook.csr -CA /run/ca.pem \
	    -CAkey /run/ca.key -CAcreateserial -out /run/hook.pem \
	    -extfile <(echo subjectAltName=DNS:localhost) 2>/dev/null
	od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >/etc/aas/hook.key
	chmod 0600 /etc/aas/hook.key
	cat >/run/https.py <<-'PY'
	import http.server, ssl
	class H(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        body = self.rfile.read(int(self.headers["Content-Length"]))
	        with open("/run/got/hook", "ab") as f:
	            f.write(body + b"\n")
	        self.send_response(204)
	        self.end_headers()
	    def log_message(self, *a):
	        pass
	s = http.server.HTTPServer(("127.0.0.1", 8443), H)
	c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	c.load_cert_chain("/run/hook.pem", "/run/hook.key")
	s.socket = c.wrap_socket(s.socket, server_side=True)
	s.serve_forever()
	PY
}

https_up()
{
	/usr/bin/python3 /run/https.py >/run/https.log 2>&1 &
	rig_until bash -c 'exec 3<>/dev/tcp/127.0.0.1/8443' 2>/dev/null
}

# As Postfix has it: who delivers may not write there, its group may.
mailer()
{
	getent group drop >/dev/null || groupadd --system drop
	rm -rf /var/spool/drop
	install -d -g drop -m 0730 /var/spool/drop
	install -g drop -m 2755 "$rig_bin/maildrop" /usr/sbin/aas-test-sendmail
}

# demo at a terminal, and at a desktop.
screens()
{
	local uid

	uid=$(id -u demo)
	script -qfc "setpriv --reuid=demo --regid=demo --clear-groups sleep 120" \
	    /run/term >/dev/null 2>&1 </dev/null &
	rig_until pgrep -u demo -x sleep >/dev/null
	chown demo "$(readlink "/proc/$(pgrep -u demo -x sleep | head -n 1)/fd/0")"
	mkdir -p /run/user
	install -d -o demo -g demo -m 0700 "/run/user/$uid"
	setpriv --reuid=demo --regid=demo --clear-groups dbus-daemon --session \
	    --nofork --nopidfile --address="unix:path=/run/user/$uid/bus" \
	    >/run/bus.log 2>&1 &
	rig_until test -S "/run/user/$uid/bus"
	setpriv --reuid=demo --regid=demo --clear-groups /usr/bin/python3 \
	    "$here/rig/notices.py" "/run/user/$uid/bus" "$got/shown" \
	    >/run/notices.log 2>&1 &
	rig_until test -e "$got/shown.ready"
}

empty()
{
	[ -z "$(find "$spool/new" "$spool/queue" "$spool/dead" -type f \
	    ! -name '.*')" ]
}

why()
{
	systemctl --no-pager -l status aas-notify.service aas-notify.path \
	    aas-notify.timer || :
	journalctl -b --no-pager -t aas-notify -n 20 || :
	ls -lR "$spool"
}

# comes FILE ID: and if not, why.
comes()
{
	rig_until grep -q "$2" "$1" 2>/dev/null ||
	    rig_until grep -q "$2" "$1" || { why; return 1; }
}

in_journal()
{
	journalctl --sync
	journalctl -b --no-pager -o json "AAS_ID=$1" >/run/journal
	cat /run/journal
	/usr/bin/python3 - "$1" "$(id -u demo)" "$(id -u aas-notify)" <<-'PY'
	import json, sys
	ident, uid, by = sys.argv[1:]
	v = [json.loads(l) for l in open("/run/journal")]
	assert len(v) == 1, len(v)
	m = v[0]
	event = json.loads(m["AAS_EVENT"])
	assert event["id"] == ident and event["uid"] == int(uid), event
	assert m["AAS_TYPE"] == "sign-in" and m["AAS_USER"] == "demo", m
	assert m["AAS_NUMBER"] == str(event["number"]), m
	assert m["AAS_RHOST"] == "192.0.2.7" and m["AAS_HOST"] == "h", m
	assert m["SYSLOG_IDENTIFIER"] == "aas-notify" and m["PRIORITY"] == "4", m
	assert m["SYSLOG_FACILITY"] == "10" and "sign-in of demo" in m["MESSAGE"]
	# The journal's own: who it was that said so, in which unit.
	assert m["_UID"] == by, m["_UID"]
	assert m["_SYSTEMD_UNIT"] == "aas-notify.service", m["_SYSTEMD_UNIT"]
	assert m["_TRANSPORT"] == "journal", m
	PY
}

in_syslog()
{
	journalctl --sync
	journalctl -b --no-pager -o cat _TRANSPORT=syslog | grep "id=$1" |
	    grep -q 'sign-in of demo'
}

# Whose mail it is shows that the right was gained in the unit.
mailed()
{
	rig_until grep -q "^X-AAS-Id: $1" /var/spool/drop/mail ||
	    { why; return 1; }
	[ "$(stat -c %U:%G /var/spool/drop/mail)" = aas-notify:drop ]
}

# The next time comes at once: the clock is not waited for.
hasten()
{
	rm -f "$spool/targets"
	sed -i -E '2s/^(aasq1 [0-9]+ [0-9]+) [0-9]+/\1 0/' "$spool"/queue/*
}

again()
{
	local id

	pkill -f /run/https.py || :
	rig_until not bash -c 'exec 3<>/dev/tcp/127.0.0.1/8443' 2>/dev/null
	id=$(event)
	comes "$got/taken" "$id" || return 1
	rig_until bash -c "! systemctl -q is-active aas-notify.service" || :
	[ "$(find "$spool/queue" -type f | wc -l)" -eq 1 ] || { why; return 1; }
	https_up
	hasten
	comes "$got/hook" "$id" && rig_until empty
}

inside()
{
	local id

	[ "$(ps -o comm= -p 1)" = systemd ]
	rm -rf /etc/aas /var/lib/aas/* "${spool:?}"/*
	prepare
	servers
	mailer
	https_up
	rig_conf <<-'CONF'
		realm = "example.org";
		alerts = { audit = true; journal = true; syslog = true;
		    terminals = true; desktop = true; timeout = "10s";
		    mail = { to = [ "a@example.org" ];
		        sendmail = "/usr/sbin/aas-test-sendmail"; };
		    webhook = ( { url = "https://localhost:8443/";
		        secret_file = "/etc/aas/hook.key";
		        ca_file = "/run/ca.pem"; } );
		    exec = ( { argv = [ "/run/take" ]; } ); };
	CONF
	screens
	systemd-tmpfiles --create /usr/lib/tmpfiles.d/*aas*.conf || :
	check 'the path unit starts' systemctl start aas-notify.path
	id=$(event sign-in ',"rhost":"192.0.2.7","tty":"pts/99"')
	check 'with no aasd a program hears of an event' comes "$got/taken" "$id"
	check 'and a webhook' comes "$got/hook" "$id"
	check 'and a mailbox that only a set-group-ID sendmail can write' \
	    mailed "$id"
	check 'and the terminal' rig_until grep -qa \
	    'sign-in of demo on h from 192.0.2.7' /run/term
	check 'and the desktop, as its user' comes "$got/shown" "Id $id"
	check 'of its user' grep -q "\"uid\": $(id -u demo), .*Id $id" \
	    "$got/shown"
	check 'and the journal, field by field' in_journal "$id"
	check 'and syslog' in_syslog "$id"
	check 'an audit log that takes nothing is in the log' bash -c \
	    "journalctl -b --no-pager | grep -q 'alert-not-sent to=audit.*takes no record'"
	check 'nothing is left' rig_until empty
	check 'channels are apart in the unit, too' not bash -c \
	    'journalctl -b --no-pager | grep -q channels-not-apart'
	check 'the unit did not fail' not systemctl -q is-failed \
	    aas-notify.service

	mkdir -p /run/systemd/system/aas-notify.timer.d
	printf '[Timer]\nOnUnitActiveSec=\nOnBootSec=\n%s\n%s\n%s\n' \
	    OnUnitActiveSec=1s OnActiveSec=1s AccuracySec=10ms \
	    >/run/systemd/system/aas-notify.timer.d/soon.conf
	systemctl daemon-reload
	check 'the timer starts' systemctl start aas-notify.timer
	check 'what failed is told once the server is up again' again
	systemctl stop aas-notify.path
	id=$(event)
	check 'the timer alone finds what is new' comes "$got/hook" "$id"
	aasctl policy build >/dev/null
	check 'the chain is whole' aasctl alerts verify --user demo
	pkill -u demo || :
	exit "$failed"
}

if [ "${1:-}" = inside ]; then
	inside
fi
[ -d /sys/fs/cgroup/systemd ] || [ -e /sys/fs/cgroup/cgroup.procs ] ||
    rig_skip "needs a booted host of its own: tests/rig/host.sh run --systemd"
rig_alone "$@"
outside
exec /bin/bash "$here/rig/boot.sh" /bin/bash "$here/it_notify_boot.sh" inside

#!/bin/bash
# it_notify_apart.sh: channels are one user, and do not see each other.
#
# While a webhook's curl, whose address holds a token, and a program with a
# secret in its environment wait, another program looks for them: in /proc,
# /tmp, /var/tmp, /dev/shm and System V's memory, and by signals.  Where the
# kernel does not let us take them apart all is told the same, and the log says
# so.  sendmail stays what it is: it may be set-group-ID, and sees the host's;
# what it leaves behind keeps nobody else from being told.
# shellcheck disable=SC2317 # what check calls
# shellcheck disable=SC2119 # any event
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/notify.sh
. "$top/tests/rig/notify.sh"
rig_alone "$@"
notify_prepare
nid=$(id -u aas-notify)

# It has a secret wherever one may be, and waits.
cat >/run/hold <<-'SH'
	#!/bin/sh
	trap : TERM
	export HELD=environ-token
	exec 5<<-X
		descriptor-token
	X
	for d in /tmp /var/tmp /dev/shm; do
		(umask 077; echo "file-token" >$d/held)
	done
	ipcmk -M 4096 >/dev/null
	/bin/sh -c 'trap "echo signal-token >/run/got/signal" TERM
	    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do sleep 0.1; done' \
	    argument-token
	cat >>/run/got/held
SH
# It looks at all that it can, for a while.
cat >/run/spy <<-'SH'
	#!/bin/sh
	exec >/run/got/spied 2>/dev/null
	sleep 0.5
	for p in /proc/[0-9]*; do
		[ ${p#/proc/} = $$ ] && continue
		tr '\0' '\n' <$p/environ
		tr '\0' '\n' <$p/cmdline
		for fd in $p/fd/*; do
			[ -f $fd ] && cat $fd
		done
		kill -TERM ${p#/proc/}
	done
	for d in /tmp /var/tmp /dev/shm; do
		cat $d/held
		ls -A $d
		[ "$(stat -f -c %T $d)" = tmpfs ] || echo "$d of the host: token"
		echo spy >$d/spy || echo "no $d: token"
	done
	ipcs -m | grep aas-notify && echo "shared memory: token"
	# The notifier's own, which looks after it.
	cat /proc/1/environ >/dev/null && echo "the first process: token"
	echo looked
SH
chmod 0755 /run/hold /run/spy
: >/tmp/of-the-host-token
# It takes what comes and says nothing: curl waits there.
cat >/run/mute.py <<-'PY'
	import socket, time
	s = socket.create_server(("127.0.0.1", 8443))
	c = []
	while True:
	    c.append(s.accept())
PY
/usr/bin/python3 /run/mute.py &
rig_conf <<-'CONF'
	realm = "example.org";
	alerts = {
	    webhook = ( { url = "https://localhost:8443/hook?t=address-token"; } );
	    exec = ( { argv = [ "/run/hold" ]; }, { argv = [ "/run/spy" ]; } );
	    journal = false; syslog = false; terminals = false;
	    timeout = "8s";
	};
CONF

# tells [CMD...]: one event to all of them, by the notifier under CMD.
tells()
{
	rm -rf "$spool/queue" "${got:?}"/*
	event >/dev/null
	drain "$@" || return 1
	cat /run/notify.log "$got/spied"
	grep -qx looked "$got/spied" && grep -q '"type":"sign-in"' "$got/held"
}

clean()
{
	cat "$got/spied"
	not grep token "$got/spied" && [ ! -e "$got/signal" ]
}

rig_until bash -c 'exec 3<>/dev/tcp/127.0.0.1/8443' 2>/dev/null
check 'a program runs beside another and a webhook' tells
check 'and finds nothing of theirs' clean
check 'nor is anything said about it' \
    not grep -q channels-not-apart /run/notify.log
check 'no mount of theirs reaches the host' \
    not grep -qE ' /(tmp|var/tmp|dev/shm) .*nr_inodes=1024' /proc/self/mountinfo
check 'nor a file' not ls /tmp/held /tmp/spy /var/tmp/spy /dev/shm/spy

# Without the right to make namespaces: told all the same, and the log says it.
bound=(setpriv --bounding-set -sys_admin --inh-caps -sys_admin)
check 'where they cannot be taken apart they are told all the same' \
    tells "${bound[@]}"
check 'which the log says, once' \
    test "$(grep -c channels-not-apart /run/notify.log)" -eq 1
check 'and this test would see it' not clean
rm -f /tmp/held /var/tmp/held /dev/shm/held

# --- sendmail -------------------------------------------------------------------

# Postfix's puts mail where its group alone may write.
getent group drop >/dev/null || groupadd --system drop
mkdir -m 0730 /run/drop
chgrp drop /run/drop
install -g drop -m 2755 "$rig_bin/maildrop" /run/sendmail
rig_conf <<-'CONF'
	realm = "example.org";
	alerts = {
	    mail = { to = [ "a@example.org" ]; sendmail = "/run/sendmail"; };
	    journal = false; syslog = false; terminals = false;
	};
CONF
dropped()
{
	rm -rf "$spool/queue"
	event >/dev/null
	drain || return 1
	cat /run/notify.log
	rig_until grep -q '^To: a@example.org' /run/drop/mail &&
	    [ "$(stat -c %u:%G /run/drop/mail)" = "$nid:drop" ]
}
check 'a sendmail that is set-group-ID puts mail where its group may, later' \
    dropped
check 'which the user of the channels may not' not setpriv --reuid="$nid" \
    --regid="$(id -g aas-notify)" --clear-groups touch /run/drop/x

# dma's stays, and tries for days, while no server takes its mail.
cat >/run/stays <<-'SH'
	#!/bin/sh
	cat >/dev/null
	echo mail >>/run/got/mailed
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		setsid sleep 600 </dev/null >/dev/null 2>&1 &
	done
SH
cat >/run/tell <<-'SH'
	#!/bin/sh
	# It starts some of its own.
	cat >>/run/got/told && true | true
SH
chmod 0755 /run/stays /run/tell
rig_conf <<-'CONF'
	realm = "example.org";
	alerts = {
	    mail = { to = [ "a@example.org" ]; sendmail = "/run/stays"; };
	    exec = ( { argv = [ "/run/tell" ]; } );
	    journal = false; syslog = false; terminals = false;
	};
CONF
crowded()
{
	rm -rf "$spool/queue" "$spool/targets" "${got:?}"/*
	for _ in $(seq 40); do
		event >/dev/null
	done
	drain || return 1
	tail -5 /run/notify.log
	wc -l "$got/told" "$got/mailed"
	[ "$(grep -c '"type":"sign-in"' "$got/told")" -eq 40 ]
}
check 'a sendmail that stays keeps no program from being told' crowded
# 256, and what four more may leave before it is looked at again.
left=$(pgrep -c -U "$nid" sleep || true)
check "it is started no more while it has left many: $left" \
    test "$left" -ge 256 -a "$left" -le 340
check 'which the log says' grep -q \
    'alert-not-sent to=mail.* are there already: sendmail' /run/notify.log
check 'and the mail waits' test "$(find "$spool/queue" -type f | wc -l)" -gt 0
pkill -U "$nid" sleep
check 'until they are gone' bash -c \
    "sleep 1; timeout 60 '$notify' --all && [ \"\$(wc -l <$got/mailed)\" -gt 14 ]"

# A container has a /proc of its own, and shares the users of all others.
rig_conf <<-'CONF'
	realm = "example.org";
	alerts = {
	    exec = ( { argv = [ "/run/tell" ]; } );
	    journal = false; syslog = false; terminals = false;
	};
CONF
elsewhere()
{
	rm -rf "$spool/queue" "$spool/targets" "${got:?}"/*
	setpriv --reuid="$nid" --regid="$(id -g aas-notify)" --clear-groups \
	    bash -c 'for i in {1..700}; do sleep 600 & done' \
	    </dev/null >/dev/null 2>&1
	event >/dev/null
	unshare --pid --fork --mount-proc timeout 60 "$notify" --all --verbose \
	    2>&1 || return 1
	[ "$(pgrep -c -U "$nid" sleep)" -ge 700 ] && [ -s "$got/told" ]
}
check 'nor do hundreds that no /proc here shows' elsewhere
pkill -U "$nid" sleep || true
exit "$failed"

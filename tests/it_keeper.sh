#!/bin/bash
# it_keeper.sh: sessions end on time whatever happens to the part of aasd that
# asks the host for users: a directory that hangs, a front that is killed or
# stopped again and again, a log that takes nothing.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"
command -v gcc >/dev/null || rig_skip "needs gcc, to build a name service"

settings()
{
	rig_settings <<-CONF
	realm = "demo.example";
	server_keys = true;
	required_users = [ "demo" ];
	required_from = "2020-01-01T00:00:00Z";
	timeout = "20s";
	$1
	CONF
}

# A directory that never answers for whom it alone could know.
directory_that_hangs()
{
	mkdir /run/nss
	cat >/run/nss/hang.c <<-'C'
	#include <errno.h>
	#include <nss.h>
	#include <pwd.h>
	#include <unistd.h>

	enum nss_status _nss_hang_getpwuid_r(uid_t, struct passwd *, char *,
	    size_t, int *);
	enum nss_status
	_nss_hang_getpwuid_r(uid_t uid, struct passwd *p, char *b, size_t n,
	    int *e)
	{
		(void)uid, (void)p, (void)b, (void)n;
		sleep(600);
		*e = ENOENT;
		return NSS_STATUS_UNAVAIL;
	}
	C
	gcc -shared -fPIC -o /run/nss/libnss_hang.so.2 /run/nss/hang.c
	echo /run/nss >/etc/ld.so.conf.d/hang.conf
	ldconfig
	sed -i 's/^passwd:.*/passwd: files hang/' /etc/nsswitch.conf
}

# stay TAG: deaf to what one might say, and something that has left.
scripts()
{
	cat >/run/stay <<-'SH'
	#!/bin/sh
	cp /bin/sleep "/tmp/$1-fore"
	cp /bin/sleep "/tmp/$1-setsid"
	setsid -f "/tmp/$1-setsid" 600 >/dev/null 2>&1 </dev/null
	trap '' HUP TERM INT
	while :; do "/tmp/$1-fore" 600; done
	SH
	chmod 755 /run/stay
}

left()
{
	pgrep -f "^/tmp/$1-" >/dev/null
}

# begin TAG: a session whose limit begins now.
begin()
{
	timeout 60 expect "$talk" 40 "ssh -F none -tt \
	    -o PreferredAuthentications=keyboard-interactive \
	    -o NumberOfPasswordPrompts=1 demo@localhost /run/stay $1" \
	    'Press Enter, then touch [^\r\n]*: $' '' \
	    'PIN [^\r\n]*: $' 271828 >"$out" 2>&1 &
	ssh=$!
	rig_until left "$1"
	began=$(date +%s%N)
}

# on_time TAG: its limit is 5 s, and it is gone at most 5 s after that.
on_time()
{
	local i ms

	for ((i = 0; i < 110; i++)); do
		left "$1" || break
		sleep 0.1
	done
	ms=$((($(date +%s%N) - began) / 1000000))
	echo "gone after $ms ms"
	wait "$ssh" || :
	! left "$1" && ((ms > 3000 && ms < 10500))
}

# A request of somebody whom only the directory could know.
ask_as_stranger()
{
	timeout 60 python3 -c '
import os, socket
os.setgroups([])
os.setgid(4242)
os.setuid(4242)
s = socket.socket(socket.AF_UNIX)
s.connect("/run/aas/aasd.sock")
s.send(b"{\"op\":\"sessions\"}\n")
s.recv(100)' &
}

front()
{
	pgrep -x aasd-front
}

front_hangs()
{
	grep -qs libnss_hang "/proc/$(front)/maps"
}

# another PID: there is a front, and it is another one.
another()
{
	local now

	now=$(front) && [ "$now" != "$1" ]
}

answers()
{
	timeout 5 aasctl sessions --all >/dev/null 2>&1
}

hangs()
{
	begin one
	ask_as_stranger
	rig_until front_hangs || return 1
	on_time one
}

comes_back()
{
	local was=$1 i

	for ((i = 0; i < 40; i++)); do
		another "$was" && break
		sleep 0.5
	done
	another "$was" && rig_until answers
}

# beaten TAG SIGNAL: all the time.
beaten()
{
	local loop ok=0

	begin "$1"
	while :; do
		pkill "-$2" -x aasd-front || :
		sleep 0.2
	done &
	loop=$!
	on_time "$1" || ok=1
	kill "$loop"
	pkill -CONT -x aasd-front || :
	return "$ok"
}

catches_up()
{
	begin four
	pkill -KILL -x aasd
	rig_until not front || return 1
	sleep 6
	left four || return 1
	rig_aasd
	began=$((began + 6000000000))
	on_time four || [ $((($(date +%s%N) - began) / 1000000)) -lt 10500 ]
}

log_is_full()
{
	local i syslogd ok=0

	syslogd=$(pgrep -x busybox)
	begin five
	kill -STOP "$syslogd"
	for ((i = 0; i < 1100; i++)); do
		timeout 0.2 logger -u /dev/log "$i" 2>/dev/null || break
	done
	((i < 1100)) || ok=1	# it was never full
	on_time five || ok=1
	kill -CONT "$syslogd"
	return "$ok"
}

rig_demo
scripts
settings ''
rig_enroll demo
softkey plug blue mode=0666
settings 'session = "5s";'
# As in Debian's own stack.
sed -i '0,/^session/s/^session/session required pam_loginuid.so\n&/' \
    /etc/pam.d/sshd
directory_that_hangs
keeper=$(pgrep -x aasd)
was=$(front)
check "a directory that hangs delays no end" hangs
check "the part that hangs is replaced" comes_back "$was"
check "the log says so" grep -q event=front-hangs "$rig_log"
check "no other asks a directory" not grep -q libnss_hang "/proc/$keeper/maps"
check "a front that is killed all the time delays no end" beaten two KILL
check "one that is stopped all the time neither" beaten three STOP
check "it is there when it may" comes_back 0
check "all that with one keeper" test "$keeper" = "$(pgrep -x aasd)"
check "F72: a log that takes nothing delays no end" log_is_full
check "a keeper that was killed takes the front along, and catches up" \
    catches_up
exit "$failed"

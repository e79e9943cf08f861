#!/bin/bash
# it_idle_display.sh: a session of a display ends when its desktop has told
# logind for long enough that nobody is there; who tells nothing has no such
# limit, and a logind that does not answer holds up nothing else.
# shellcheck disable=SC2016,SC2317 # what check calls
# shellcheck disable=SC2154 # of lib.sh
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=rig/lib.sh
. "$here/rig/lib.sh"
# shellcheck source=rig/sessions.sh
. "$here/rig/sessions.sh"

# What a greeter does: greet TAG TYPE opens a session of demo's, of that type,
# with a process in it, until that ends.  /run/t/TAG is logind's name of it.
greeter()
{
	mkdir -p /run/t
	cat >/usr/local/bin/greet <<-'PY'
	#!/usr/bin/env python3
	import ctypes, os, pwd, sys
	pam = ctypes.CDLL("libpam.so.0")
	pam.pam_getenv.restype = ctypes.c_char_p
	CONV = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int,
	    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
	class Conv(ctypes.Structure):
	    _fields_ = [("conv", CONV), ("arg", ctypes.c_void_p)]
	conv = Conv(CONV(lambda *a: 19), None)
	h = ctypes.c_void_p()
	tag, kind = sys.argv[1:]
	def must(rv):
	    if rv != 0:
	        sys.exit("PAM: %d" % rv)
	must(pam.pam_start(b"gdm-password", b"demo", ctypes.byref(conv),
	    ctypes.byref(h)))
	must(pam.pam_putenv(h, b"XDG_SESSION_TYPE=" + kind.encode()))
	must(pam.pam_putenv(h, b"XDG_SESSION_CLASS=user"))
	must(pam.pam_open_session(h, 0))
	me = pwd.getpwnam("demo")
	pid = os.fork()
	if pid == 0:
	    os.setgid(me.pw_gid)
	    os.setuid(me.pw_uid)
	    os.execv("/bin/sleep", ["/tmp/" + tag, "600"])
	with open("/run/t/" + tag, "w") as f:
	    f.write(pam.pam_getenv(h, b"XDG_SESSION_ID").decode())
	os.waitpid(pid, 0)
	pam.pam_close_session(h, 0)
	PY
	chmod 755 /usr/local/bin/greet
}

greet()
{
	greet_began=$(date +%s)
	setsid /usr/local/bin/greet "$1" "$2" >"/run/greet-$1" 2>&1 &
	rig_until test -s "/run/t/$1"
	rig_until left "$1"
}

# hint TAG true|false: what the desktop of demo says.
hint()
{
	local path

	path=$(busctl call org.freedesktop.login1 /org/freedesktop/login1 \
	    org.freedesktop.login1.Manager GetSession s "$(cat "/run/t/$1")" |
	    cut -d '"' -f 2)
	as_user demo busctl call org.freedesktop.login1 "$path" \
	    org.freedesktop.login1.Session SetIdleHint b "$2"
}

# id_of TAG: our name of it, by what runs in it.
id_of()
{
	local line id pid

	pid=$(pgrep -f "^/tmp/$1 ")
	for line in /run/aas/sessions/*; do
		id=${line##*/}
		case $id in *.*) continue ;; esac
		aasctl --json show "$id" >"$out" 2>/dev/null || continue
		if said "\"pid\": *$pid\b"; then
			echo "$id"
			return
		fi
	done
	return 1
}

shows()
{
	aasctl show "$(id_of "$1")" >"$out"
	said "$2"
}

ended_as_idle()
{
	journalctl -q -t aasd >"$out" 2>&1 || cp "$rig_log" "$out"
	said "event=session-ended id=$1 .*why=idle"
}

if [ "${1:-}" = inside ]; then
	[ "$(ps -o comm= -p 1)" = systemd ]
	getent group aas >/dev/null || groupadd --system aas
	rig_keys
	rig_user demo 'correct horse'
	rig_stack gdm-password
	echo 'session required pam_systemd.so' >>/etc/pam.d/gdm-password
	greeter
	session_settings
	systemctl start aasd.service
	rig_enroll demo
	session_settings 'session = "1h"; idle = "8s";'
	greet quiet x11
	greet gone x11
	greet busy wayland
	check "the line says that it is of a display" sh -c \
	    'readlink /run/aas/sessions/* | grep -q "\"idle_s\":8,\"display\":1"'
	check "whose idle limit is the desktop's word" shows gone \
	    "idle limit: by the desktop's hint to logind"
	id=$(id_of gone)
	check "the desktop may say that nobody is there" hint gone true
	check "... and that somebody is there again" hint busy true
	check "... which it says" hint busy false
	check "it ends when that has lasted" gone gone 15000
	check "not before" test $(($(date +%s) - greet_began)) -ge 7
	check "as it was idle" rig_until ended_as_idle "$id"
	check "the one where somebody is again does not" left busy
	check "nor the one that says nothing" left quiet
	check "which is told" shows quiet \
	    'idle limit: none: the desktop gives logind no hint'

	# A logind that hangs: nobody is ended for it, and nobody waits for it.
	greet late x11
	check "one more says that nobody is there" hint late true
	pkill -STOP -x systemd-logind
	sleep 11
	check "who cannot be asked for does not end" left late
	began=$(date +%s%N)
	check "an end that is asked for" aasctl end "$(id_of busy)"
	check "does not wait" gone busy 5000
	check "took" test $((($(date +%s%N) - began) / 1000000)) -lt 7000
	sleep 3
	check "the log says who does not answer" sh -c \
	    '{ journalctl -q -t aasd; cat /var/log/auth.log; } 2>/dev/null | grep -q "event=idle-not-asked"'
	pkill -CONT -x systemd-logind
	check "when logind is back it ends" gone late 20000
	check "the one that says nothing goes on" left quiet
	exit "$failed"
fi
[ -d /sys/fs/cgroup/systemd ] || [ -e /sys/fs/cgroup/cgroup.procs ] ||
    rig_skip "needs a booted host of its own: tests/rig/host.sh run --systemd"
rig_alone "$@"
exec /bin/bash "$here/rig/boot.sh" /bin/bash "$here/it_idle_display.sh" inside

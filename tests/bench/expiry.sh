#!/bin/bash
# expiry.sh [N...]: N sessions of three processes each that reach their limit
# in the same second: by aasd, and by the RuntimeMaxSec= of as many scopes of
# systemd, which is what logind sets for a session.  How long after that the
# last process is gone, and the CPU time it took.  In a private host that
# systemd can boot: tests/rig/host.sh run --systemd ...
#
# The processes hear SIGTERM, or are deaf to it; systemd gives deaf ones
# another TimeoutStopSec=, which is 90 s unless somebody sets it.
# shellcheck disable=SC2016 # what other shells expand
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=../rig/lib.sh
. "$here/rig/lib.sh"

ms()
{
	echo $(($(date +%s%N) / 1000000))
}

# cpu PATTERN: of all processes of that name, in ms.
cpu()
{
	local pid

	for pid in $(pgrep "$1"); do
		sed 's/.*) //' "/proc/$pid/stat" || :
	done | awk '{ n += $12 + $13 } END { print n * 10 }'
}

# A session's processes: deaf or not.
session()
{
	cat >/run/session <<-SH
	#!/bin/sh
	[ "\$1" = deaf ] && trap '' TERM HUP
	/run/bench-sleep 900 & /run/bench-sleep 900 &
	wait; wait
	SH
	cp /bin/sleep /run/bench-sleep
	chmod 755 /run/session
}

left()
{
	pgrep -cx bench-sleep || :
}

# until_gone DUE: when the last was seen, in ms after that.
until_gone()
{
	local i last=0

	while [ "$(ms)" -lt "$1" ]; do sleep 0.05; done
	for ((i = 0; i < 2400; i++)); do
		pgrep -x bench-sleep >/dev/null || break
		last=$(($(ms) - $1))
		sleep 0.05
	done
	echo "$last"
}

# by_aasd N HOW SECONDS
by_aasd()
{
	local due before n took

	pkill -x aasd || :
	sleep 0.5
	rm -rf /run/aas/sessions
	install -d -m 700 /run/aas/sessions
	aasd >/run/aasd.log 2>&1 &
	rig_until test -S /run/aas/aasd.sock
	due=$(($(ms) + $3 * 1000))
	python3 - "$1" "$2" "$due" <<-'PY'
	import os, subprocess, sys, time
	n, how, due = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
	boot = open("/proc/sys/kernel/random/boot_id").read().strip()
	boot = boot.replace("-", "")
	def start(pid):
	    stat = open(f"/proc/{pid}/stat").read()
	    return stat.rsplit(")", 1)[1].split()[19]
	for i in range(n):
	    p = subprocess.Popen(["/run/session", how], start_new_session=True,
	        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
	        stderr=subprocess.DEVNULL)
	    # Its beginning is such that it is due then, to the ms.
	    left = due - int(time.time() * 1000)
	    now = int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)
	    limit = left // 1000 + 1
	    name = os.urandom(8).hex()
	    line = ('{"v":1,"id":"%s","user":"u%d","uid":%d,"service":"sshd",'
	        '"leader":%d,"start":%s,"tty":null,"rhost":"192.0.2.1",'
	        '"key":"blue","via":"keys","origin":"remote",'
	        '"time":"2026-06-01T00:00:00Z","boottime_ms":%d,"boot":"%s",'
	        '"session_s":%d,"idle_s":0}' % (name, i, 5000 + i, p.pid,
	        start(p.pid), now + left - limit * 1000, boot, limit))
	    os.symlink(line, "/run/aas/sessions/" + name)
	PY
	[ "$(ms)" -lt "$due" ] || { echo "too slow to begin"; return; }
	n=$(left)
	sleep 1
	before=$(cpu '^aasd')
	took=$(until_gone "$due")
	printf '%5d %-5s aasd     last of %4d seen after %6d ms, cpu %5d ms\n' \
	    "$1" "$2" "$n" "$took" "$(($(cpu '^aasd') - before))"
	pkill -x aasd || :
}

# by_systemd N HOW SECONDS STOP: each a scope with RuntimeMaxSec=.
by_systemd()
{
	local due before n took

	due=$(($(ms) + $3 * 1000))
	# shellcheck disable=SC2030
	export due how=$2 stop=$4
	seq "$1" | xargs -P 4 -I{} bash -c '
		left=$((due - $(date +%s%N) / 1000000))
		[ "$left" -gt 0 ] || exit 0
		setsid -f systemd-run -q --scope -p RuntimeMaxSec="${left}ms" \
		    -p TimeoutStopSec="$stop" /run/session "$how" \
		    </dev/null >/dev/null 2>&1'
	for ((n = 0; n < 100 && $(left) < 2 * $1; n++)); do sleep 0.1; done
	[ "$(ms)" -lt "$due" ] || { echo "too slow to begin"; return; }
	n=$(left)
	before=$(cpu '^systemd$|^systemd-logind$|^dbus-daemon$')
	took=$(until_gone "$due")
	printf '%5d %-5s systemd  last of %4d seen after %6d ms, cpu %5d ms' \
	    "$1" "$2" "$n" "$took" \
	    "$(($(cpu '^systemd$|^systemd-logind$|^dbus-daemon$') - before))"
	printf ' (TimeoutStopSec=%s)\n' "$4"
}

if [ "${1:-}" = inside ]; then
	shift
	session
	mkdir -p /etc/aas /run/aas
	printf 'realm = "bench.example";\n' >/etc/aas/aas.conf
	aasctl policy build >/dev/null
	systemctl stop aasd.socket aasd.service 2>/dev/null || :
	for n; do
		by_aasd "$n" hears $((5 + n / 20))
		by_systemd "$n" hears $((10 + n / 2)) 90
		by_aasd "$n" deaf $((5 + n / 20))
		by_systemd "$n" deaf $((10 + n / 2)) 2
	done
	exit 0
fi
[ $# -gt 0 ] || set -- 200 1000
rig_alone "$@"
exec /bin/bash "$here/rig/boot.sh" /bin/bash "$here/bench/expiry.sh" inside "$@"

#!/bin/bash
# sessions.sh: what aasd's ledger costs: 100, 10,000 and 100,000 lines, a
# thousand sessions that end in the same second, and a thousand a minute that
# come and go.  In a private host in which
# pam_aas is installed: tests/rig/host.sh run --keys ...
#
# The lines are as the module writes them, their leaders real processes.
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

dir=/run/aas/sessions

# lines N SECONDS: N lines, each of a leader of its own if there are 1,000 at
# most, else all of one; their limit is in that many seconds.
lines()
{
	python3 - "$1" "$2" "$dir" <<-'PY'
	import os, sys, time, subprocess
	n, limit, where = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
	boot = open("/proc/sys/kernel/random/boot_id").read().strip()
	boot = boot.replace("-", "")
	def start(pid):
	    return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[19]
	def leader():
	    # A shell with two children, deaf to SIGTERM.
	    p = subprocess.Popen(["/bin/sh", "-c",
	        "trap '' TERM HUP; sleep 900 & sleep 900 & wait; wait"],
	        start_new_session=True, stdin=subprocess.DEVNULL,
	        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
	    return p.pid
	one = None if n <= 1000 else leader()
	pids = [one or leader() for _ in range(n)] if one is None else [one] * n
	now = int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)
	for i, pid in enumerate(pids):
	    name = os.urandom(8).hex()
	    line = ('{"v":1,"id":"%s","user":"u%d","uid":%d,"service":"sshd",'
	        '"leader":%d,"start":%s,"tty":null,"rhost":"192.0.2.1",'
	        '"key":"blue","via":"keys","origin":"remote",'
	        '"time":"2026-06-01T00:00:00Z","boottime_ms":%d,"boot":"%s",'
	        '"session_s":%d,"idle_s":0}' % (name, i, 5000 + i, pid,
	        start(pid), now, boot, limit))
	    os.symlink(line, os.path.join(where, name))
	PY
}

ms()
{
	echo $(($(date +%s%N) / 1000000))
}

aasd_pid()
{
	pgrep -x aasd
}

# memory: of all processes of aasd, in kB.
memory()
{
	local pid

	for pid in $(pgrep '^aasd'); do
		grep '^VmRSS' "/proc/$pid/status" || :
	done | awk '{ n += $2 } END { print n }'
}

stop()
{
	pkill -x aasd || :
	pkill -KILL sleep || :
	rm -rf "$dir"
	install -d -m 700 "$dir"
	sleep 0.5
}

# answers: aasd says how root is.
answers()
{
	aasctl --json sessions >/dev/null 2>&1
}

# cpu: of aasd so far, both processes, in ms; finer than clock ticks.
cpu()
{
	local pid

	for pid in $(pgrep '^aasd'); do
		cat "/proc/$pid"/task/*/schedstat || :
	done | awk '{ n += $1 } END { print int(n / 1000000) }'
}

scale()
{
	local began took before i list all

	stop
	lines "$1" 86400
	rm -f /run/aas/aasd.sock
	began=$(ms)
	aasd >/run/aasd.log 2>&1 &
	rig_until answers
	took=$(($(ms) - began))
	before=$(cpu)
	for i in 1 2 3 4 5 6 7 8 9 10; do
		lines 1 3600
	done
	sleep 1
	i=$((($(cpu) - before) / 10))
	began=$(ms)
	answers
	list=$(($(ms) - began))
	began=$(ms)
	aasctl --json sessions --all >/run/all 2>&1 || :
	all=$(($(ms) - began))
	printf '%7d lines: start to first answer %5d ms, %4d MB, ' "$1" "$took" \
	    "$(($(memory) / 1024))"
	printf 'a new line %d ms cpu, own list %d ms, whole list %d ms\n' \
	    "$i" "$list" "$all"
}

# storm N: N sessions of three processes each end in the same second.
storm()
{
	local due left i last=0

	stop
	aasd >/run/aasd.log 2>&1 &
	rig_until answers
	lines "$1" 20
	due=$(($(ms) + 20000))
	while [ "$(ms)" -lt "$due" ]; do sleep 0.1; done
	left=$(pgrep -c sleep)
	for ((i = 0; i < 600; i++)); do
		pgrep -x sleep >/dev/null || break
		last=$(($(ms) - due))
		sleep 0.05
	done
	printf '%d sessions due in one second: %d processes, ' "$1" "$left"
	printf 'the last seen %d ms after that, cpu of aasd %d ms\n' "$last" \
	    "$(cpu)"
}

# comings N SECONDS: N sessions, one after the other in that time; each of a
# leader that is gone after 5 s, and its line soon after that.
comings()
{
	python3 - "$1" "$2" "$dir" <<-'PY'
	import os, subprocess, sys, time
	n, span, where = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
	boot = open("/proc/sys/kernel/random/boot_id").read().strip()
	boot = boot.replace("-", "")
	began = time.monotonic()
	running = []
	for i in range(n):
	    time.sleep(max(0, began + i * span / n - time.monotonic()))
	    p = subprocess.Popen(["sleep", "5"], start_new_session=True)
	    start = open(f"/proc/{p.pid}/stat").read().rsplit(")", 1)[1].split()[19]
	    now = int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)
	    name = os.urandom(8).hex()
	    line = ('{"v":1,"id":"%s","user":"u%d","uid":%d,"service":"sshd",'
	        '"leader":%d,"start":%s,"tty":null,"rhost":"192.0.2.1",'
	        '"key":"blue","via":"keys","origin":"remote",'
	        '"time":"2026-06-01T00:00:00Z","boottime_ms":%d,"boot":"%s",'
	        '"session_s":86400,"idle_s":0}' % (name, i % 100, 5000 + i % 100,
	        p.pid, start, now, boot))
	    os.symlink(line, os.path.join(where, name))
	    running = [r for r in running + [p] if r.poll() is None]
	for r in running:
	    r.wait()
	PY
}

# minute N: N sign-ins in a minute.
minute()
{
	local before peak i

	stop
	aasd >/run/aasd.log 2>&1 &
	rig_until answers
	before=$(cpu)
	comings "$1" 60
	peak=$(find "$dir" -type l | wc -l)
	for ((i = 0; i < 400; i++)); do
		[ "$(find "$dir" -type l | wc -l)" -gt 0 ] || break
		sleep 0.1
	done
	printf '%d sign-ins in a minute: cpu of aasd %d ms, %d MB, ' "$1" \
	    "$(($(cpu) - before))" "$(($(memory) / 1024))"
	printf 'lines at the end %d, and %d ms later %d\n' "$peak" \
	    "$((i * 100))" "$(find "$dir" -type l | wc -l)"
}

# wakeup N: what one session that is due costs among N that are not.
wakeup()
{
	local pid tracer

	stop
	lines "$1" 86400
	aasd >/run/aasd.log 2>&1 &
	rig_until answers
	sleep 3
	pid=$(aasd_pid)
	strace -qq -c -o /run/strace -p "$pid" &
	tracer=$!
	sleep 8 # none is due
	kill -INT "$tracer"
	wait "$tracer" || :
	printf '%7d lines: calls in 8 s in which none is due: %d; ' "$1" \
	    "$(awk '$NF == "total" { print $4 }' /run/strace)"
	lines 1 4
	sleep 2
	strace -qq -c -o /run/strace -p "$pid" &
	tracer=$!
	sleep 6
	kill -INT "$tracer"
	wait "$tracer" || :
	printf 'to end one: %d, with %d processes on the host\n' \
	    "$(awk '$NF == "total" { print $4 }' /run/strace)" \
	    "$(find /proc -maxdepth 1 -name '[0-9]*' | wc -l)"
	sort -rnk4 /run/strace | awk '$4 > 20 && $NF != "total" {
	    printf "%20s %s\n", $NF, $4 }'
}

# sessions.sh [PART...]: all, or these: scale storm minute wakeup.
[ $# -gt 0 ] || set -- scale storm minute wakeup
getent group aas >/dev/null || groupadd --system aas
mkdir -p /etc/aas
printf 'realm = "bench.example";\n' >/etc/aas/aas.conf
aasctl policy build >/dev/null
mkdir -p /run/aas
install -d -m 700 "$dir"
for part; do
	case $part in
	scale)
		for n in 100 10000 100000; do
			scale "$n"
		done
		;;
	storm) storm 1000 ;;
	minute) minute 1000 ;;
	wakeup)
		for n in 100 10000; do
			wakeup "$n"
		done
		;;
	*) exit 2 ;;
	esac
done
stop

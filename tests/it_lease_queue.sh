#!/bin/bash
# it_lease_queue.sh: more units of runners end at once than one systemctl is
# told of, and the first systemctl hangs: each of them is stopped all the same,
# though nothing else happens that would wake the keeper.
# shellcheck disable=SC2317 # what check calls
# shellcheck disable=SC2154 # of lib.sh
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

count=150

# A systemctl that says what it was told, and hangs the first time.
fake()
{
	mkdir -p /run/systemd/system
	cat >/run/systemctl <<-'SH'
	#!/bin/bash
	printf '%s\n' "${@:4}" >>/run/units
	echo "$# $1 $2 $3" >>/run/calls
	[ "$(wc -l </run/calls)" -gt 1 ] || exec sleep 100
	SH
	chmod 755 /run/systemctl
	: >/run/units
	: >/run/calls
	mount --bind /run/systemctl /usr/bin/systemctl
}

# So many sessions of uid 12345 whose lease nobody knows of: each is a unit.
lines()
{
	python3 - "$count" "$1" <<-'PY'
	import os, sys
	n, pid = int(sys.argv[1]), int(sys.argv[2])
	boot = open("/proc/sys/kernel/random/boot_id").read().replace("-", "")
	start = open("/proc/%d/stat" % pid).read().rsplit(")")[1].split()[19]
	with open("/proc/uptime") as f:
	    now = int(float(f.read().split()[0]) * 1000)
	for i in range(n):
	    name = "%016x" % (i + 1)
	    os.symlink('{"v":1,"id":"%s","user":"ci","uid":12345,'
	        '"service":"aas-runner","leader":%d,"start":%s,"tty":null,'
	        '"rhost":null,"key":null,"via":"lease","origin":"local",'
	        '"time":"2026-01-01T00:00:00Z","boottime_ms":%d,"boot":"%s",'
	        '"seq":0,"session_s":3600,"idle_s":0,"grantor":"demo",'
	        '"lease_ms":%d,"group":"/system.slice/job-%d.service"}' %
	        (name, pid, start, now, boot.strip(), now + 3600000, i + 1),
	        "/run/aas/sessions/" + name)
	PY
}

all_stopped()
{
	[ "$(sort -u /run/units | wc -l)" -eq "$count" ]
}

# Within what one that hangs is given, and a little.
in_time()
{
	local i

	for ((i = 0; i < 230; i++)); do
		all_stopped && return 0
		sleep 0.1
	done
	cat /run/calls
	return 1
}

rig_demo
fake
setsid sleep 300 &
lines $!
began=$SECONDS
rig_until test -s /run/calls
check "systemd is told at once" test -s /run/calls
check "of one unit, which hangs" test "$(wc -l </run/units)" -eq 1
check "all are stopped when that was given up" in_time
check "which was not before its time" test $((SECONDS - began)) -ge 19
check "each once" test "$(sort /run/units | uniq -d | wc -l)" -eq 0
check "none is told of more than 64" test \
    "$(sort -rn /run/calls | head -n 1)" = "67 stop --no-block --"
check "the log says which was not" grep -q \
    'event=units-not-stopped count=1 first=job-[0-9]*.service' "$rig_log"
exit "$failed"

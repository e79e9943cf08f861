#!/bin/bash
# it_lease_boot.sh: units of a runner on a host that systemd booted: they start
# on a lease alone, and end with it, whatever they left where.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=rig/lib.sh
. "$here/rig/lib.sh"
# shellcheck source=rig/sessions.sh
. "$here/rig/sessions.sh"
# shellcheck source=rig/lease.sh
. "$here/rig/lease.sh"

# unit NAME [LINE...]: NAME@TAG.service, with these lines more.  Not Type=exec:
# systemd 252 waits for ever there, for what its own "(sd-pam)" holds open.
unit()
{
	local name=$1

	shift
	{
		cat <<-'UNIT'
		[Service]
		User=ci
		PAMName=aas-runner
		ExecStart=/usr/local/bin/codex %i
		UNIT
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"/etc/systemd/system/$name@.service"
	systemctl daemon-reload
}

# begin UNIT@TAG: at $began; all of it runs.
begin()
{
	timeout 20 systemctl start "$1.service" >"$out" 2>&1 || return 1
	rig_until all_of "${1#*@}" 2>/dev/null
}

is_over()
{
	! systemctl -q is-active "$1.service"
}

# The unit's line has its control group.
line_has_group()
{
	find /run/aas/sessions -type l -printf '%l\n' |
	    grep -q '"group":"[^"]*job@one.service"'
}

# stays NAME...: all run.
stays()
{
	sleep 1
	all_of "$1"
}

lend()
{
	grant demo --for ci --time "$1" || return 1
	began=$(date +%s%N)
}

if [ "${1:-}" = inside ]; then
	[ "$(ps -o comm= -p 1)" = systemd ]
	lease_prepare
	unit job
	systemctl start aasd.service
	rig_enroll demo
	softkey plug blue mode=0666
	check "without a lease no unit starts" not begin job@none
	check "and nothing of it runs" not left none
	lend 8s
	check "on a lease it does" begin job@one
	check "its control group is the session's" line_has_group
	aasctl sessions --all >"$out"
	check "the table says on whose lease" said \
	    'runner +ci .*lease of demo, [0-9]+s left'
	check "the end of the lease ends all of it" ended_after one 8
	check "the unit is over" is_over job@one
	check "and does not start again" not begin job@one

	lend 6s
	check "two units of one lease" begin job@three
	check "the other one" begin job@four
	check "an extension holds for both" lend 14s
	check "they run on, and end with that" ended_after three 14
	check "both" not left four

	lend 1h
	check "an hour" begin job@five
	check "is over when somebody says so" aasctl lease end ci
	check "with the unit" gone five 5000

	lend 8s
	check "a unit while aasd is killed" begin job@six
	pid=$(systemctl show -p MainPID --value aasd.service)
	kill -KILL "$pid"
	check "which is started again and sees to it" ended_after six 8
	check "the unit is over, too" is_over job@six
	exit "$failed"
fi
[ -d /sys/fs/cgroup/systemd ] || [ -e /sys/fs/cgroup/cgroup.procs ] ||
    rig_skip "needs a booted host of its own: tests/rig/host.sh run --systemd"
rig_alone "$@"
exec /bin/bash "$here/rig/boot.sh" /bin/bash "$here/it_lease_boot.sh" inside

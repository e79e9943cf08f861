#!/bin/bash
# it_load.sh: a thousand sign-ins at once, a process each, with two keys in
# the machine.  All are right, no counter is lost, nothing is left behind.
# AAS_LOAD: another number.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
obj=${AAS_TOP_BUILDDIR:-/build}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_crowds=yes rig_alone "$@"

crowd=${AAS_LOAD:-1000}

# key NAME FIELD: one number of a key's status.
key()
{
	softkey status "$1" | sed "s/.*\"$2\": *\([0-9]*\).*/\1/"
}

prepare()
{
	getent group aas >/dev/null || groupadd --system aas
	rig_keys
	rig_user load 'correct horse'
	printf '%s required pam_aas.so aas1\n' auth account session \
	    >/etc/pam.d/load
	# No PIN: a thousand of them would only take longer.  The last in the
	# queue waits for all others.
	rig_settings <<-'CONF'
	realm = "load.example";
	uv = "discouraged";
	timeout = "600s";
	CONF
	softkey plug blue >/dev/null
	softkey plug spare >/dev/null
	"$obj/tests/authn_client" enroll --user load --uid "$(id -u load)" \
	    --realm load.example --statedir /var/lib/aas --label blue,spare \
	    --helper /usr/libexec/aas/aas-authn --pin 1234 >/run/enroll.log ||
	    { cat /run/enroll.log; exit 1; }
}

# all N ARG...: N at once, each checking its own descriptors and children.
all()
{
	local n=$1

	shift
	"$obj/tests/bench/pamtx" -l -j "$n" -s load "$@" load |
	    tee /run/crowd
	grep -qx "good $n" /run/crowd
}

no_process()
{
	! pgrep -l 'aas-|pamtx'
}

# Every entry of /proc is somebody's who is still needed.
no_zombie()
{
	! grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null
}

no_ticket()
{
	[ -z "$(ls /run/aas/tickets)" ]
}

# Each session was opened, and closed.
all_closed()
{
	[ "$(find /run/aas/sessions -name '*.closed-*' | wc -l)" -eq "$1" ] &&
	    [ -z "$(find /run/aas/sessions ! -type d ! -name '*.closed-*')" ]
}

# The last counter of blue that was used is the one this host knows: used a
# second time it gives a copy away.  Being asked what it holds counts too.
counter_is_known()
{
	softkey set blue "counter=$(($(key blue counter) - 2))"
	! all 1 -p a && rig_until grep -q 'reason=counter' "$rig_log"
}

prepare
check "$crowd sign-ins at once, two keys plugged in" all "$crowd"
check "no ticket left" no_ticket
check "as many sessions, all closed" all_closed "$crowd"
softkey unplug spare >/dev/null
before=$(key blue counter)
check "50 more with one key" all 50
check "it signed 50 times" test "$(key blue counter)" -ge $((before + 50))
check "no process left" no_process
check "no zombie" no_zombie
check "no counter lost" counter_is_known
exit "$failed"

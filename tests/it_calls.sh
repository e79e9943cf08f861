#!/bin/bash
# it_calls.sh: how many system calls the account and session phases make more
# than pam_permit, in a host process that has looked its user up before, as
# sshd, login, sudo and cron have.  Counts are the same on every machine: this
# is what keeps them from creeping up.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
obj=${AAS_TOP_BUILDDIR:-/build}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
if grep -q 'DAAS_COVERAGE' "$obj/Makefile"; then
	echo "libgcov makes calls of its own" >&2
	exit 77
fi
rig_alone "$@"

prepare()
{
	local kind

	getent group aas >/dev/null || groupadd --system aas
	rig_keys
	rig_user calls 'correct horse'
	# Of their own: /etc/pam.d/other would load pam_permit for both.
	mkdir -m 755 /run/calls.d
	for kind in account session; do
		printf '%s required pam_permit.so\n' "$kind" >>/run/calls.d/floor
		printf '%s required pam_aas.so aas1\n' "$kind" |
		    tee -a /run/calls.d/login >>/run/calls.d/ours
	done
	rig_settings <<-'CONF'
	realm = "calls.example";
	uv = "discouraged";
	CONF
	softkey plug blue >/dev/null
	softkey plug spare >/dev/null
	"$obj/tests/authn_client" enroll --user calls \
	    --uid "$(id -u calls)" --realm calls.example \
	    --statedir /var/lib/aas --label blue,spare --pin 1234 \
	    --helper /usr/libexec/aas/aas-authn >/run/enroll.log ||
	    { cat /run/enroll.log; exit 1; }
	# The directories below /run/aas are made once.
	"$obj/tests/bench/pamtx" -c /run/calls.d -s ours -p cs calls
	"$obj/tests/bench/pamtx" -c /run/calls.d -s login -p cs calls
}

# With all that it starts, and waits for.
follow=-f

# calls SERVICE PHASE TRANSACTIONS
calls()
{
	strace $follow -qq -o /run/calls.trace "$obj/tests/bench/pamtx" \
	    -c /run/calls.d -s "$1" -p "$2" -n "$3" calls >/dev/null
	cp /run/calls.trace "/run/calls.$1.$2"
	grep -vc '+++\|---\|resumed>' /run/calls.trace
}

# extra PHASE [SERVICE]: of one more transaction in the same process.
extra()
{
	local ours floor

	ours=$(($(calls "${2:-ours}" "$1" 2) - $(calls "${2:-ours}" "$1" 1)))
	floor=$(($(calls floor "$1" 2) - $(calls floor "$1" 1)))
	echo $((ours - floor))
}

# at_most NUMBER LIMIT
at_most()
{
	[ "$1" -gt 0 ] && [ "$1" -le "$2" ]
}

prepare
account=$(extra c)
session=$(extra s)
echo "more than pam_permit: account $account, session $session"
check "an account phase makes few system calls" at_most "$account" 23
check "so do a session's beginning and end" at_most "$session" 38
# A sign-in is told: an event on the disk, and a notifier that is started by
# a process which is gone at once, and is nobody's to wait for.  One that is
# on duty already is not started: their number varies.
follow=
told=$(extra s login)
echo "of a sign-in, with its event: $told"
check "an event costs few more" at_most "$told" $((session + 80))
follow=-f
rig_settings <<-'CONF'
realm = "calls.example";
uv = "discouraged";
required_users = [ "nobody" ];
required_from = "2099-01-01T00:00:00Z";
CONF
dated=$(extra c)
check "a date costs one more: the clock's mark" test "$dated" -eq \
    $((account + 1))
[ "$failed" -eq 0 ] || cut -c1-120 /run/calls.ours.c /run/calls.ours.s
exit "$failed"

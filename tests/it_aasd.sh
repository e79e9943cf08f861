#!/bin/bash
# it_aasd.sh: aasd as systemd starts it, in the sandbox of its unit: the socket
# answers, and a password can still be locked and unlocked from inside.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=rig/lib.sh
. "$here/rig/lib.sh"

ok()
{
	local name=$1

	shift
	"$@" >/run/check.out 2>&1 || {
		printf 'FAIL  %s\n' "$name"
		cat /run/check.out
		journalctl --no-pager -u aasd | tail -n 20
		exit 1
	}
	printf 'ok    %s\n' "$name"
}

as_demo()
{
	setpriv --reuid=demo --regid=demo --init-groups "$@"
}

# sandboxed CMD: once, under the very settings of aasd.service.
sandboxed()
{
	sed -e "s|^ExecStart=.*|ExecStart=$*|" -e 's|^Restart=.*|Type=oneshot|' \
	    -e '/^Requires=/d' -e '/^After=/d' "$unit" \
	    >/run/systemd/system/aas-try.service
	systemctl daemon-reload
	systemctl start aas-try.service
}

has_rule()
{
	aasctl policy explain "$1"
}

shadow_is()
{
	getent shadow demo | cut -d: -f2 | grep -q "^$1"
}

sources_answer()
{
	as_demo aasctl policy lookup demo | tee /dev/stderr |
	    grep -q 'exec  *SUCCESS  *1 rules'
}

second_refused()
{
	! timeout 30 aasd 2>/run/second.err || return 1
	cat /run/second.err
	grep -q 'another aasd is at work' /run/second.err
}

full_noticed()
{
	! aasctl sessions >/dev/full 2>/run/full.err || return 1
	cat /run/full.err
	grep -q 'standard output' /run/full.err
}

if [ "${1:-}" = inside ]; then
	unit=$(find /usr/lib/systemd /lib/systemd /usr/local/lib/systemd \
	    -name aasd.service 2>/dev/null | head -n 1 || :)
	[ -n "$unit" ] || rig_skip "aasd.service is not installed here"
	rig_user demo 'correct horse'
	echo 'realm = "example.org";' | rig_settings
	systemctl daemon-reload
	ok "the socket starts" systemctl start aasd.socket
	ok "a user's request starts the daemon and is answered" \
	    as_demo aasctl status
	ok "which goes on" systemctl is-active aasd.service
	# A source of policy is a process of its own, in the same sandbox.
	cat >/etc/aas/policy.exec <<-'EXEC'
	#!/bin/sh
	cat >/dev/null
	echo '{"version":1,"status":"success",
	    "rules":[{"name":"two","present":2}]}'
	EXEC
	chmod 755 /etc/aas/policy.exec
	printf 'realm = "example.org";\npolicy = "files exec";\n' \
	    >/etc/aas/aas.conf
	ok "the sources of policy can be asked" as_demo aasctl policy lookup demo
	ok "and answer" sources_answer
	ok "usermod locks a password in the sandbox" \
	    sandboxed /usr/sbin/usermod -L demo
	ok "really" shadow_is '!'
	ok "and unlocks it" sandboxed /usr/sbin/usermod -U demo
	ok "as it was" shadow_is '\$'
	# What aasd raises goes to the spool, which is outside of its state.
	mkdir -p /var/spool/aas/new
	ok "it can raise events in the sandbox" \
	    sandboxed /usr/bin/touch /var/spool/aas/new/.try
	ok "really" test -e /var/spool/aas/new/.try
	rm /var/spool/aas/new/.try
	echo 'rules = ( { name = "new"; users = [ "root" ]; origin = "remote"; deny = true; } );' \
	    >/etc/aas/policy.conf
	ok "it builds a policy that changed, in the sandbox" \
	    rig_until has_rule new
	ok "a second one says why it does not begin" second_refused
	ok "a list that cannot be written is no success" full_noticed
	ok "the daemon stops when told" systemctl stop aasd.service
	ok "and the next request starts it again" as_demo aasctl status
	exit
fi
[ -d /sys/fs/cgroup/systemd ] || [ -e /sys/fs/cgroup/cgroup.procs ] ||
    rig_skip "needs a booted host of its own: tests/rig/host.sh run --systemd"
rig_alone "$@"
exec /bin/bash "$here/rig/boot.sh" /bin/bash "$here/it_aasd.sh" inside

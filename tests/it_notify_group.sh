#!/bin/bash
# it_notify_group.sh: what root starts from a control group that a user owns,
# as sudo and su do below a user's own manager, is not in it for long: frozen
# with the lock that it holds it would keep everybody's alerts, and everybody's
# keys.
# shellcheck disable=SC2016,SC2317 # what check calls
# shellcheck disable=SC2154 # of lib.sh
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/notify.sh
. "$top/tests/rig/notify.sh"
rig_alone "$@"
group=/sys/fs/cgroup/users

# A hierarchy of our own, below the group that we are in.
own_groups()
{
	local path dir

	path=$(sed -n 's/^0:://p' /proc/self/cgroup)
	dir=/sys/fs/cgroup/unified${path%/}
	[ -e "$dir/cgroup.procs" ] || dir=/sys/fs/cgroup${path%/}
	[ -e "$dir/cgroup.procs" ] || rig_skip "no hierarchy at $dir"
	dir=$dir/group-$(cat /proc/sys/kernel/random/uuid)
	mkdir "$dir" || rig_skip "no group may be made"
	echo $$ >"$dir/cgroup.procs"
	exec unshare --cgroup --mount --propagation private \
	    /bin/bash "$0" inside
}

# of_demo CMD...: as sudo's child is, in the group that demo owns.
of_demo()
{
	bash -c 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"' - \
	    "$group" "$@"
}

freeze()
{
	setpriv --reuid=demo --regid=demo --clear-groups \
	    sh -c "echo $1 >$group/cgroup.freeze"
}

told()
{
	grep -q "\"type\":\"$1\"" /run/got/told
}


in_group()
{
	local pid

	pid=$(pgrep -xo "$1") && cat "/proc/$pid/cgroup" &&
	    grep -q "^0::$2\$" "/proc/$pid/cgroup"
}

[ "${1:-}" = inside ] || own_groups
mkdir -p /tmp/cg2
mount -t cgroup2 none /tmp/cg2
mount --bind /tmp/cg2 /sys/fs/cgroup
notify_prepare
mkdir "$group"
chown -R demo: "$group"
cat >/run/tell <<-'SH'
	#!/bin/sh
	: >/run/got/begun
	sleep 2
	cat >>/run/got/told
SH
chmod 0755 /run/tell
rig_conf <<-'CONF'
	realm = "example.org";
	alerts = {
	    exec = ( { argv = [ "/run/tell" ]; } );
	    journal = false; syslog = false; terminals = false;
	};
CONF
rm -rf "${spool:?}/new" "$spool/queue"
: >/run/got/told
chmod 0666 /run/got/told

event sign-in >/dev/null
of_demo "$notify" --detach
rig_until test -e /run/got/begun
check 'a user freezes the group that a notifier was started in' freeze 1
event key-added >/dev/null
check 'and it goes on' rig_until told sign-in
timeout 20 "$notify"
check 'as does the next one' rig_until told key-added
freeze 0

rig_demo
rig_enroll demo
softkey set blue touch=manual >/dev/null
of_demo timeout 60 setsid pamtester login demo authenticate \
    </dev/null >/run/prompt 2>&1 &
signin=$!
check 'a sign-in from there begins a ceremony' rig_until pgrep -x aas-authn
check 'its helper is not in that group' rig_until in_group aas-authn /
check 'though the sign-in is' in_group pamtester /users
kill "$signin" 2>/dev/null
pkill -x pamtester
exit "$failed"

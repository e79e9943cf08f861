#!/bin/bash
# it_scope.sh: two sessions of one user in the scope of one of them, as where
# somebody starts an sshd by hand: the end of one spares the other, though at
# last a scope is killed as a whole.
# shellcheck disable=SC2016,SC2317 # what check calls
# shellcheck disable=SC2154 # of lib.sh
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

# Control groups of our own, at the place where a host with cgroup2 has them:
# the unified ones can be killed, and those named systemd tell who is where.
own_groups()
{
	local ctl path dir id

	id=$(cat /proc/sys/kernel/random/uuid)
	while IFS=: read -r _ ctl path; do
		case $ctl in
		name=systemd)	dir=/sys/fs/cgroup/systemd ;;
		'')	dir=/sys/fs/cgroup/unified ;;
		*)	continue ;;
		esac
		# Below the one that we are in: who made that clears it up.
		dir=$dir${path%/}
		[ -e "$dir/cgroup.procs" ] || rig_skip "no hierarchy at $dir"
		mkdir "$dir/scope-$id"
		echo $$ >"$dir/scope-$id/cgroup.procs"
	done </proc/self/cgroup
	exec unshare --cgroup --mount --propagation private \
	    /bin/bash "$0" inside
}

mount_groups()
{
	mkdir -p /tmp/cg1 /tmp/cg2
	mount -t cgroup -o none,name=systemd none /tmp/cg1
	mount -t cgroup2 none /tmp/cg2
	mount --bind /tmp/cg2 /sys/fs/cgroup
}

# tree_of TAG: the processes of that session, and its id in $id.
tree_of()
{
	local line pid

	pid=$(pgrep -f "^/bin/bash /run/serve $1")
	for line in /run/aas/sessions/*; do
		id=${line##*/}
		case $id in *.*) continue ;; esac
		aasctl --json show "$id" >/run/tree 2>/dev/null || continue
		python3 - "$pid" <<-'PY' && return
		import json, sys
		tree = [p["pid"] for p in json.load(open("/run/tree"))["tree"]]
		print(*tree, file=open("/run/pids", "w"))
		sys.exit(int(sys.argv[1]) not in tree)
		PY
	done
	return 1
}

# into SCOPE TAG: all of that session; $id is its.
into()
{
	local scope dir pid

	scope=user.slice/user-$(id -u demo).slice/session-$1.scope
	mkdir -p "/tmp/cg1/$scope" "/tmp/cg2/$scope"
	rig_until tree_of "$2" || return 1
	read -ra pids </run/pids
	for pid in "${pids[@]}"; do
		for dir in /tmp/cg1 /tmp/cg2; do
			echo "$pid" >"$dir/$scope/cgroup.procs"
		done
	done
}

# end_hard ID: a session whose first process hangs: its scope is killed then.
end_hard()
{
	kill -STOP "$(readlink "/run/aas/sessions/$1" |
	    sed 's/.*"leader":\([0-9]*\).*/\1/')"
	aasctl end "$1"
}

# stray SCOPE NAME: somebody in that scope whom nothing else tells to be of its
# session.
stray()
{
	local dir

	cp /bin/sleep "/tmp/$2"
	setsid "/tmp/$2" 600 >/dev/null 2>&1 &
	for dir in /tmp/cg1 /tmp/cg2; do
		echo $! >"$dir/user.slice/user-$(id -u demo).slice/session-$1.scope/cgroup.procs"
	done
}

# scope_of ID SCOPE: aasd has noted that.
scope_of()
{
	[ "$(readlink "/run/aas/sessions/$1.scope")" = \
	    "/user.slice/user-$(id -u demo).slice/session-$2.scope" ]
}

# shows ID NAME: such a process is among those of that session.
shows()
{
	sleep 1.1 # what is told may be a second old
	aasctl show "$1" >"$out" && said " $2( |\$)"
}

# serve_in SCOPE: sshd itself, as one that was started by hand in there.
serve_in()
{
	local dir

	for dir in /tmp/cg1 /tmp/cg2; do
		cat /run/sshd.pid >"$dir/user.slice/user-$(id -u demo).slice/session-$1.scope/cgroup.procs"
	done
}

if [ "${1:-}" != inside ]; then
	own_groups
fi
mount_groups
rig_demo
session_audit
session_serve deaf
session_settings 'session = "1h";'
rig_enroll demo
softkey plug blue mode=0666 >/dev/null
for tag in outer inner; do
	sign_in "$tag" demo
	check "a session" into 7 "$tag"
	declare "id_$tag=$id"
done
stray 7 stray7
check "the inner one ends when somebody says so" end_hard "$id_inner"
check "it does, deaf as it is" session_dies inner
sleep 3
check "the outer one goes on" session_lives outer
check "nobody else of the scope was killed" left stray7
check "the outer one ends, too" end_hard "$id_outer"
check "by itself" session_dies outer
check "and with it the whole scope, which is its own by now" gone stray7 5000

# Where no audit session tells whose a process is, the scope does.
sed -i '/pam_loginuid/d' /etc/pam.d/sshd
mkdir -p /run/systemd/system # as where logind made it
sign_in first demo
check "a session without an audit session" into 8 first
id_first=$id
check "its scope is learned" rig_until scope_of "$id_first" 8
serve_in 8
sign_in second demo
check "another one, whose sshd is in there" into 8 second
id_second=$id
sleep 3 # it would have been learned by then
check "which has no scope of its own" not scope_of "$id_second" 8
stray 8 stray8
check "what both could have begun is shown as nobody's" \
    not shows "$id_first" stray8
check "the first one ends" aasctl end "$id_first"
check "by itself" session_dies first
sleep 3
check "the second one goes on" session_lives second
check "nobody else of the scope was killed" left stray8
check "the second one ends, too" aasctl end "$id_second"
check "by itself" session_dies second
check "the scope is not its to kill" left stray8

sign_in third demo
check "one that is alone in its scope" into 9 third
id_third=$id
check "which is learned" rig_until scope_of "$id_third" 9
stray 9 stray9
check "and is shown with all that is in there" shows "$id_third" stray9
check "ends" aasctl end "$id_third"
check "by itself" session_dies third
check "and with it all of its scope" gone stray9 5000
check "and of no other" left stray8
check "no note is left" rig_until no_lines
exit "$failed"

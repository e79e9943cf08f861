#!/bin/bash
# it_sessions_boot.sh: sessions end on a host that systemd booted: also a unit
# of the user's own manager, which is in another session and control group,
# and with nobody to keep them systemd ends them by itself.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=rig/lib.sh
. "$here/rig/lib.sh"
# shellcheck source=rig/sessions.sh
. "$here/rig/sessions.sh"
left_in=anywhere # also in that of a shell which runs it

# leave TAG: in a unit of the user's manager, in tmux, and before our eyes.
scripts()
{
	cat >/usr/local/bin/leave <<-'SH'
	#!/bin/sh
	for what in unit tmux fore deaf; do
		cp /bin/sleep "/tmp/$1-$what"
	done
	cat >"/tmp/$1-deaf.sh" <<-'DEAF'
	#!/bin/sh
	trap '' HUP TERM INT
	while :; do "$1" 600; done
	DEAF
	chmod 755 "/tmp/$1-deaf.sh"
	export XDG_RUNTIME_DIR=/run/user/$(id -u)
	for i in 1 2 3 4 5 6 7 8 9 10; do
		systemctl --user is-system-running --wait >/dev/null 2>&1 &&
		    break
		sleep 0.2
	done
	systemd-run --user -q "/tmp/$1-unit" 600
	systemd-run --user -q "/tmp/$1-deaf.sh" "/tmp/$1-deaf"
	tmux -L "$1" new-session -d "/tmp/$1-tmux 600"
	loginctl show-session "$XDG_SESSION_ID" -p Scope -p Service
	systemctl show "session-$XDG_SESSION_ID.scope" -p RuntimeMaxUSec
	echo RUNNING
	"/tmp/$1-fore" 600
	SH
	# leave-and-go TAG: of that, nothing but the units.
	cat >/usr/local/bin/leave-and-go <<-'SH'
	#!/bin/sh
	leave "$1" &
	until pgrep -f "/tmp/$1-fore" >/dev/null; do sleep 0.1; done
	tmux -L "$1" kill-server
	pkill -f "^/tmp/$1-fore"
	wait
	SH
	chmod 755 /usr/local/bin/leave /usr/local/bin/leave-and-go
}

ends_with_its_unit()
{
	ssh_in demo '' 'leave one'
	said RUNNING || return 1
	said 'this session has reached its limit' || return 1
	gone one 5000
}

# A unit goes on while one more session of its user does.
unit_lives_as_long_as_the_last()
{
	local first second

	ssh_in demo '' 'leave two' &
	first=$!
	rig_until left two-fore
	sleep 4
	cp "$out" /run/first
	out=/run/second ssh_in demo '' '/bin/sleep 600' &
	second=$!
	wait "$first"
	sleep 2.5
	left two-unit || return 1
	! left two-fore || return 1
	wait "$second"
	gone two 5000
}

# Who logs out, and leaves a unit to a manager that lingers.  aasd looks about
# each 30 s: the unit has to outlive that, and the limit is later.
lingers()
{
	loginctl enable-linger demo
	session_settings 'session = "40s";'
	ssh_in demo '' 'leave-and-go four'
	rig_until not left four-fore
	sleep 31
	left four-unit || return 1
	gone four 15000 || return 1
	loginctl disable-linger demo
	session_settings 'session = "6s";'
}

# What left its parent, and the scope that logind made: nothing but that tells
# whose it is where no audit sessions are.  Somebody else's of the same user is
# in another one.  An aasd that was killed meanwhile knows it, too.
ends_with_its_scope()
{
	local session stranger

	cp /bin/sleep /tmp/five-stranger
	setsid -f setpriv --reuid=demo --regid=demo --init-groups \
	    /tmp/five-stranger 600
	ssh_in demo '' 'leave five' &
	session=$!
	rig_until left five-fore
	rig_until scope_is_noted
	systemctl stop aasd.service aasd.socket
	pkill -KILL -f '^sshd: demo'
	wait "$session"
	stranger=$(pgrep -f '^/tmp/five-stranger')
	left five-tmux || return 1
	sleep 6
	systemctl start aasd.service
	gone five-tmux 5000 || return 1
	rig_until no_notes || return 1
	kill "$stranger"
}

scope_is_noted()
{
	readlink /run/aas/sessions/*.scope |
	    grep -q '^/user.slice/user-[0-9]*.slice/session-.*.scope$'
}

no_notes()
{
	! ls /run/aas/sessions/*.scope >/dev/null 2>&1
}

# Nobody keeps sessions: systemd's own limit stands, a little later.
soft_layer()
{
	local session

	session_settings 'session = "6s"; max_total = "6s";'
	systemctl stop aasd.service aasd.socket
	ssh_in demo '' 'leave three' &
	session=$!
	rig_until left three-fore
	rig_until said 'RuntimeMaxUSec=21s'
	wait "$session"
	not left three-fore
}

if [ "${1:-}" = inside ]; then
	[ "$(ps -o comm= -p 1)" = systemd ]
	getent group aas >/dev/null || groupadd --system aas
	rig_keys
	rig_user demo 'correct horse'
	rig_stack sshd
	echo 'session required pam_systemd.so' >>/etc/pam.d/sshd
	scripts
	session_settings
	# Within the bounds that its unit sets.
	systemctl start aasd.service
	rig_enroll demo
	softkey plug blue mode=0666
	session_settings 'session = "6s";'
	rig_sshd
	check "without audit sessions what is in its scope ends" \
	    ends_with_its_scope
	session_audit
	check "a session ends with the unit it left to its manager" \
	    ends_with_its_unit
	check "its user hears of it" rig_until grep -rqs \
	    '"type":"session-ended".*"why":"limit"' /var/spool/aas/new \
	    /var/lib/aas/alerts
	check "the unit lives until the last of two sessions ends" \
	    unit_lives_as_long_as_the_last
	check "a manager that lingers ends with the limit" lingers
	check "without aasd systemd ends it" soft_layer
	exit "$failed"
fi
[ -d /sys/fs/cgroup/systemd ] || [ -e /sys/fs/cgroup/cgroup.procs ] ||
    rig_skip "needs a booted host of its own: tests/rig/host.sh run --systemd"
rig_alone "$@"
exec /bin/bash "$here/rig/boot.sh" /bin/bash "$here/it_sessions_boot.sh" inside

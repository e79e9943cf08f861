#!/bin/bash
# it_sessions.sh: a session ends when its limit is reached, and all that it
# left behind with it: tmux, nohup, setsid, a second shell of a ControlMaster,
# sudo.  Nobody else's processes do, and no aasd that was killed meanwhile
# makes it last longer.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

# What runs in a session: each leaves a process whose name nobody else has.
scripts()
{
	cat >/run/leave <<-'SH'
	#!/bin/sh
	# leave TAG: and stay, deaf to what one might say
	for what in nohup setsid tmux root fore; do
		cp /bin/sleep "/tmp/$1-$what"
	done
	nohup "/tmp/$1-nohup" 600 >/dev/null 2>&1 &
	setsid -f "/tmp/$1-setsid" 600 >/dev/null 2>&1 </dev/null
	tmux -L "$1" new-session -d "/tmp/$1-tmux 600"
	setsid -f sudo -n -i "/tmp/$1-root" 600 >/dev/null 2>&1 </dev/null
	trap '' HUP TERM INT
	echo RUNNING
	while :; do
		"/tmp/$1-fore" 600
	done
	SH
	chmod 755 /run/leave
	echo 'demo ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/demo
	rm -f /etc/sudoers.d/aas
}

ends_on_time()
{
	local began took

	began=$(date +%s%N)
	ssh_in demo '' '/run/leave one'
	took=$((($(date +%s%N) - began) / 1000000))
	said RUNNING || return 1
	said 'this session has reached its limit' || return 1
	gone one- 5000 || return 1
	echo "took $took ms"
	((took > 5000 && took < 13000))
}

# A kernel without audit sessions, or a stack without pam_loginuid: what stems
# from the leader is found, what was given away before is not.
ends_what_it_can()
{
	ssh_in demo '' '/run/leave two'
	said 'this session has reached its limit' || return 1
	gone two-fore 5000 || return 1
	pkill -f '^/tmp/two-' || :
}

# A second shell by the connection of the first.
ends_a_control_master()
{
	local master

	ssh_in demo '-M -S /run/master' '/run/leave three' &
	master=$!
	rig_until left three-fore
	ssh -F none -S /run/master demo@localhost \
	    'cp /bin/sleep /tmp/three-second; exec /tmp/three-second 600' \
	    >/dev/null 2>&1 &
	rig_until left three-second
	wait "$master"
	gone three- 5000
}

# Killed between the opening of a session and its end, and again while it
# ends; what is due meanwhile is done within 5 s of its return.
survives_kills()
{
	local master

	ssh_in demo '' '/run/leave four' &
	master=$!
	rig_until left four-fore
	pkill -KILL -x aasd
	sleep 8
	left four-fore || return 1
	rig_aasd
	sleep 0.5
	pkill -KILL -x aasd
	rig_aasd
	gone four- 5000 || return 1
	wait "$master"
	rig_until no_lines
}

# The parent of it all is killed while no aasd runs: only the audit session
# still tells whose processes these are.
finds_what_a_killed_leader_left()
{
	local master

	ssh_in demo '' '/run/leave five' &
	master=$!
	rig_until left five-fore
	aasctl --json sessions --all >/dev/null # a list learns it, too
	sleep 3 # long enough for aasd to have seen whose they are
	pkill -KILL -x aasd
	pkill -KILL -f '^sshd: demo'
	wait "$master"
	left five-setsid || return 1
	sleep 4
	rig_aasd
	gone five- 6000 || return 1
	rig_until no_lines
}

# Nobody types.
ends_idle()
{
	ssh_in demo '' '/run/leave six'
	said 'nobody typed here for too long' && gone six- 5000
}

rig_demo
scripts
session_settings
rig_aasd
rig_enroll demo
softkey plug blue mode=0666
sleep 300 & # somebody else's
stranger=$!
session_settings 'session = "6s";'
rig_sshd
check "without audit sessions, what stems from the leader ends" \
    ends_what_it_can
check "processes of nobody's session go on" kill -0 "$stranger"
session_audit
check "the session ends at its limit, with all that it left" ends_on_time
check "processes of nobody's session go on" kill -0 "$stranger"
check "its line goes" rig_until no_lines
check "the log says so" grep -q 'event=session-ended .*why=limit' "$rig_log"
check "a second shell of its connection ends too" ends_a_control_master
check "aasd may be killed meanwhile, and while it ends" survives_kills
check "what a killed leader left is found again" \
    finds_what_a_killed_leader_left
session_settings 'idle = "4s";'
check "where nobody types it ends sooner" ends_idle
check "processes of nobody's session go on" kill -0 "$stranger"
exit "$failed"

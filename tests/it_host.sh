#!/bin/bash
# it_host.sh: the private host is private, and its keys are seen by all.
# shellcheck disable=SC2317 # functions are run by ok
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=rig/lib.sh
. "$here/rig/lib.sh"
rig_alone "$@"

bad=0

# ok WHAT CMD...
ok()
{
	local what=$1

	shift
	if ! "$@" >/tmp/out 2>&1; then
		printf 'FAIL: %s: %s\n' "$what" "$*"
		cat /tmp/out
		bad=1
	fi
}

is()
{
	[ "$1" = "$2" ] || { echo "'$1' is not '$2'"; return 1; }
}

# A person without rights asks the key by a stock tool.
seen_by_user()
{
	setpriv --reuid=demo --regid=demo --init-groups fido2-token -L |
	    grep -c hidraw
}

plugging()
{
	rig_keys
	softkey plug blue mode=0666
	is "$(seen_by_user)" 1 || return 1
	softkey plug spare mode=0666
	is "$(seen_by_user)" 2 || return 1
	softkey unplug blue
	softkey unplug spare
	is "$(fido2-token -L | grep -c hidraw)" 0
}

signed_in_by_password()
{
	rig_stack_plain sshd
	rig_sshd
	sshpass -p 'correct horse' ssh -F none -o StrictHostKeyChecking=no \
	    -o UserKnownHostsFile=/dev/null \
	    -o PreferredAuthentications=keyboard-interactive \
	    demo@localhost id -un | grep -x demo
}

# A run of ./dev that leaves a file is found out; one that does not, is not.
clean_run()
{
	/src/dev alone sh -c 'echo x >/tmp/mine; rm /tmp/mine'
}

untidy_run()
{
	! /src/dev alone touch "$1" >/tmp/run.out ||
	    return 1
	cat /tmp/run.out
	grep -q " $1\$" /tmp/run.out && [ ! -e "$1" ]
}

failing_run()
{
	local rc=0

	/src/dev alone sh -c 'exit 3' || rc=$?
	is "$rc" 3
}

others_files()
{
	: >/tmp/other
	/src/dev alone sh -c '[ ! -e /tmp/other ] && [ -e /src/dev ]'
}

rig_user demo 'correct horse'
ok "only our processes" is "$(pgrep -c 'sshd|softkeyd')" 0
ok "only the loopback" is "$(ip -o link | grep -vc ' lo:')" 0
ok "an empty /tmp" is "$(find /tmp -mindepth 1 -maxdepth 1 ! -name rig \
    ! -name out | wc -l)" 0
ok "keys are plugged and unplugged" plugging
ok "a run that leaves nothing passes" clean_run
ok "one that leaves a file fails" untidy_run /tmp/left
ok "... in /var/tmp, too" untidy_run /var/tmp/left
ok "... and in shared memory" untidy_run /dev/shm/left
ok "a run that fails is a failure" failing_run
ok "files of others are neither seen nor counted" others_files
ok "sshd lets demo in" signed_in_by_password
exit "$bad"

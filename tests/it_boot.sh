#!/bin/bash
# it_boot.sh: the private host boots with systemd, and logind knows sessions.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=rig/lib.sh
. "$here/rig/lib.sh"

# In the booted host: sign in, and see what logind made of it.
if [ "${1:-}" = inside ]; then
	[ "$(ps -o comm= -p 1)" = systemd ]
	for dir in /etc /home /var/lib/aas; do # those of this test alone
		mountpoint "$dir"
	done
	rig_user demo 'correct horse'
	rig_stack_plain sshd
	echo 'session required pam_systemd.so' >>/etc/pam.d/sshd
	rig_sshd
	rig_keys
	softkey plug blue
	fido2-token -L | grep -q hidraw
	# shellcheck disable=SC2016 # for the shell at the other end
	sshpass -p 'correct horse' ssh -F none -o StrictHostKeyChecking=no \
	    -o UserKnownHostsFile=/dev/null \
	    -o PreferredAuthentications=keyboard-interactive demo@localhost \
	    'loginctl show-session "$XDG_SESSION_ID" -p Name -p Service' |
	    paste -sd' ' | grep -x 'Name=demo Service=sshd'
	exit
fi
[ -d /sys/fs/cgroup/systemd ] || [ -e /sys/fs/cgroup/cgroup.procs ] ||
    rig_skip "needs a booted host of its own: tests/rig/host.sh run --systemd"
rig_alone "$@"
exec /bin/bash "$here/rig/boot.sh" /bin/bash "$here/it_boot.sh" inside

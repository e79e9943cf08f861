#!/bin/bash
# init.sh MODE CMD [ARG...]: the first process of a private host.
#
#	plain	CMD, with the loopback up
#	keys	the same as a descendant of hidsup, so that software keys look
#		like USB devices to it, with a system log in /var/log/auth.log
#	systemd	CMD in a container that systemd boots below hidsup
#
# Must not run on a machine: it takes /dev and /run for its own.
set -euo pipefail

here=$(dirname "$0")
bin=/build/tests/rig
name=aas-host

settle()
{
	hostname "$name"
	printf '127.0.0.1 localhost %s\n::1 localhost\n' "$name" >/etc/hosts
	printf '%s\n' "$name" >/etc/hostname
	ip link set lo up
	: >/run/utmp
	# What a product installed on this machine left is not ours to read.
	rm -rf /etc/aas /var/lib/aas /var/spool/aas
	# Tests look for this file before they touch anything.
	: >/run/aas-rig
}

need_keys()
{
	if [ ! -x "$bin/hidsup" ]; then
		echo "init: $bin/hidsup is not built: run make first" >&2
		exit 1
	fi
}

# Sign-ins are logged as on any host.
start_log()
{
	: >/var/log/auth.log
	busybox syslogd -n -S -O /var/log/auth.log &
	while [ ! -S /dev/log ]; do
		sleep 0.01
	done
}

main()
{
	local mode=$1

	shift
	settle
	case $mode in
	plain)
		"$@"
		;;
	keys)
		need_keys
		start_log
		"$bin/hidsup" -- "$@"
		;;
	systemd)
		need_keys
		"$bin/hidsup" -- /bin/bash "$here/boot.sh" "$@"
		;;
	esac
}

main "$@"
exit

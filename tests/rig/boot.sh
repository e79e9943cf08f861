#!/bin/bash
# boot.sh CMD [ARG...]: boot the private host we are in once more, with
# systemd, in a container, and run CMD there.  For what needs logind or units.
#
# CMD is a child of the container's first process, not something that enters
# from outside: only descendants of hidsup see the software keys.
#
# Must run in a private host, by init.sh or by a test of its own.
set -euo pipefail

run=/run/aas-boot
root=$run/root
tree=$run/tree		# handed in: the command, and where its answer goes

# What a test laid over / for itself (rig_mounts) is the container's as well:
# a bind of / has the folders below, which tests that run at one time share.
bind_own()
{
	local dir

	mount --bind / "$root"
	while read -r dir; do
		case $dir/ in
		/dev/* | /proc/* | /run/* | /sys/* | /tmp/* | /var/tmp/*) ;;
		*)	mount --bind "$dir" "$root$dir" ;;
		esac
	done < <(findmnt -rno TARGET -t tmpfs)
}

# Only what a sign-in needs is started, whatever the machine has installed.
strip_units()
{
	local unit

	rm -rf "$root"/etc/systemd/system/*.wants \
	    "$root"/etc/systemd/system/*.requires "$root"/etc/rc?.d \
	    "$root"/etc/systemd/system/default.target
	: >"$root/etc/fstab"
	tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
	for unit in getty.target systemd-networkd systemd-resolved \
	    systemd-timesyncd systemd-udevd systemd-modules-load \
	    systemd-sysctl systemd-binfmt systemd-hwdb-update \
	    systemd-journal-flush ldconfig systemd-firstboot apt-daily.timer; do
		case $unit in
		*.*)	;;
		*)	unit=$unit.service ;;
		esac
		ln -sf /dev/null "$root/etc/systemd/system/$unit"
	done
}

# The unit that runs CMD, then ends the container with its exit status.
write_unit()
{
	local dir=$root/etc/systemd/system

	cat >"$dir/aas-run.service" <<-UNIT
		[Unit]
		Description=The command of this run
		Requires=dbus.socket
		After=systemd-logind.service dbus.socket systemd-user-sessions.service
		SuccessAction=exit-force
		FailureAction=exit-force
		[Service]
		Type=exec
		Environment=HOME=/root TERM=${TERM:-dumb} LANG=C.UTF-8
		StandardInput=file:/tree/stdin
		StandardOutput=file:/tree/out
		StandardError=inherit
		ExecStart=/bin/bash /tree/command
	UNIT
	cat >"$dir/aas.target" <<-UNIT
		[Unit]
		Description=A private host
		Requires=basic.target systemd-logind.service aas-run.service
		Wants=systemd-user-sessions.service
		After=basic.target
		AllowIsolate=yes
	UNIT
}

write_command()
{
	{
		printf ': >/run/aas-rig\n: >/tree/started\n'
		printf '%q ' "$@"
	} >"$tree/command"
}

# The container counts on being alone in its cgroup; two at a time may boot.
own_cgroup()
{
	local id ctl path dir

	id=$(cat /proc/sys/kernel/random/uuid)
	while IFS=: read -r _ ctl path; do
		case $ctl in
		'')	dir=/sys/fs/cgroup
			[ ! -d "$dir/unified" ] || dir=$dir/unified ;;
		*)	dir=/sys/fs/cgroup/${ctl#name=} ;;
		esac
		dir=$dir${path%/}/boot-$id
		# Where we may not, the one that we are in will do.
		if [ "$ctl" != cpuset ] && mkdir "$dir" 2>/dev/null; then
			echo "$BASHPID" >"$dir/cgroup.procs"
		fi
	done </proc/self/cgroup
}

main()
{
	local rc=0

	[ -e /run/aas-rig ] || { echo "boot: not in a private host" >&2; exit 77; }
	mkdir -p "$root" "$tree"
	bind_own
	strip_units
	write_unit
	write_command "$@"
	mkfifo "$tree/out"
	: >"$tree/stdin"
	# Held open by us: no reader waits for a container that never wrote.
	exec 7<>"$tree/out"
	cat "$tree/out" 7>&- &
	own_cgroup
	SYSTEMD_LOG_LEVEL=warning systemd-nspawn -q -D "$root" --boot \
	    --register=no --keep-unit --private-network --machine=aas-host \
	    --console=pipe --bind=/src --bind=/build --bind="$tree:/tree" \
	    --tmpfs=/var/tmp \
	    systemd.unit=aas.target systemd.show_status=0 \
	    </dev/null 7>&- >"$run/console" 2>&1 ||
	    rc=$?
	exec 7>&-
	wait
	umount -R "$root"
	[ -e "$tree/started" ] || { cat "$run/console" >&2; rc=1; }
	return "$rc"
}

main "$@"
exit

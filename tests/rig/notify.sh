# shellcheck shell=bash
# notify.sh: what the tests of the notifier share: its places, an event in its
# spool, a run of it.  After lib.sh, by who runs alone.

notify=/usr/libexec/aas/aas-notify
spool=/var/spool/aas
got=/run/got	# what channels leave here

# notify_prepare: who delivers, a user demo to tell of, and the folder.
notify_prepare()
{
	mkdir -m 0777 "$got"
	getent passwd aas-notify >/dev/null || useradd --system \
	    --no-create-home --shell /usr/sbin/nologin aas-notify
	rig_user demo 'correct horse'
}

# notify_take: /run/take, a program that keeps all that it is told.
notify_take()
{
	cat >/run/take <<-'SH'
		#!/bin/sh
		exec cat >>/run/got/taken
	SH
	chmod 0755 /run/take
}

# event [TYPE [MEMBERS]]: one of demo's, a sign-in if nothing else is said, as
# the module writes it; its id on stdout.
event()
{
	local id

	id=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	mkdir -p "$spool/new"
	chmod 0700 "$spool/new"
	(
		umask 077
		printf '{"v":1,"id":"%s","type":"%s","time":"%s","host":"h","user":"demo","uid":%s%s}\n' \
		    "$id" "${1:-sign-in}" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
		    "$(id -u demo)" "${2:-}" >"$spool/new/.$id"
		mv "$spool/new/.$id" "$spool/new/0$(date +%s%N)-$id.json"
	)
	echo "$id"
}

# drain [CMD...]: all that waits is tried, by a notifier under CMD; what it says
# goes to /run/notify.log.
drain()
{
	timeout 120 "$@" "$notify" --all --verbose 2>/run/notify.log
}

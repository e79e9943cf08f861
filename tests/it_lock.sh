#!/bin/bash
# it_lock.sh: an account that its owner has locked lets nobody in, until two of
# its keys open it; and whoever enrolls, or locks with --end, is signed out
# everywhere, also where aasd was killed in between.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

settings()
{
	rig_settings <<-CONF
	realm = "demo.example";
	server_keys = ${1:-true};
	required_users = [ "demo" ];
	required_from = "2020-01-01T00:00:00Z";
	exempt_services = [ "cron-free" ];
	timeout = "20s";
	CONF
}

pins=("PIN for 'blue'[^\\r\\n]*: \$" 271828
    "PIN for 'spare'[^\\r\\n]*: \$" 314159)

talk()
{
	timeout 60 expect "$talk" 30 "$@" "${pins[@]}" \
	    >"$out" 2>&1
}

# as_demo CMD [PATTERN ANSWER]...: outside of any session.
as_demo()
{
	local cmd=$1

	shift
	talk "exec setpriv --reuid=demo --regid=demo --init-groups $cmd" "$@"
}

# keys NAME...: these are plugged in.
keys()
{
	local key

	for key in blue spare; do
		softkey unplug "$key" >/dev/null 2>&1 || :
	done
	for key; do
		softkey plug "$key" mode=0666
	done
}

state_is()
{
	aasctl --json status demo >"$out"
	said "\"state\": *\"$1\""
}

# --- sessions -----------------------------------------------------------------

# stay USER TAG PATTERN ANSWER...: a session of that user's, which leaves a
# process that nobody else has; what it was told at last is in /run/TAG.
stay()
{
	local user=$1 tag=$2

	shift 2
	cp /bin/sleep "/tmp/$tag"
	timeout 120 expect "$talk" 100 "ssh -F none -tt \
	    -o PreferredAuthentications=keyboard-interactive \
	    -o NumberOfPasswordPrompts=1 $user@localhost \
	    '/run/serve $tag'" "$@" "${pins[@]}" \
	    >"/run/$tag" 2>&1 &
	rig_until there "$tag"
	rig_until has_line "$user"
}

# within TAG CMD: in that session; what it says goes to $out.
within()
{
	printf '%s\n' "$2" >"/tmp/do-$1.new"
	chmod 644 "/tmp/do-$1.new"
	chown demo: "/tmp/do-$1.new"
	mv "/tmp/do-$1.new" "/tmp/do-$1"
	rig_until test ! -e "/tmp/do-$1"
	cp "/tmp/did-$1" "$out"
}

hook_says()
{
	within first 'aasctl codex-hook' && said "$1"
}

there()
{
	pgrep -f "^/tmp/$1 600" >/dev/null
}

has_line()
{
	readlink /run/aas/sessions/* 2>/dev/null | grep -q "\"user\":\"$1\""
}

# gone TAG: within 5 s.
gone()
{
	local i

	for ((i = 0; i < 50; i++)); do
		there "$1" || return 0
		sleep 0.1
	done
	return 1
}

# told TAG PATTERN: on its terminal, and no trace of it.
told()
{
	gone "$1" || return 1
	rig_until grep -qaE "$2" "/run/$1" || { cat "/run/$1"; return 1; }
}

enter=('Press Enter, then touch [^\r\n]*: $' '')

stays()
{
	stay demo "$1" "${enter[@]}"
}

lock()
{
	as_demo "aasctl lock $*"
}

# --- ways in ------------------------------------------------------------------

by_ssh()
{
	talk "ssh -F none -tt -o PreferredAuthentications=keyboard-interactive \
	    -o NumberOfPasswordPrompts=1 demo@localhost 'echo IN-AS-\$(id -un)'" \
	    "$@"
}

by_ssh_key()
{
	timeout 40 expect "$talk" 30 "ssh -F none -i /run/blue \
	    -o IdentitiesOnly=yes -o PreferredAuthentications=publickey \
	    demo@localhost 'echo IN-AS-\$(id -un)'" \
	    'PIN for [^\r\n]*: ?$' 271828 >"$out" 2>&1
}

by_su()
{
	talk "exec setpriv --reuid=guest --regid=guest --init-groups \
	    su demo -c 'echo IN-AS-\$(id -un)'"
}

by_sudo()
{
	as_demo "sudo -k sh -c 'echo IN-AS-\$(id -un)'"
}

by_locker()
{
	as_demo 'pamtester locker demo authenticate'
}

# by_login PATTERN ANSWER...
by_login()
{
	talk 'pamtester login demo authenticate acct_mgmt open_session' "$@"
}

by_cron()
{
	pamtester "$1" demo acct_mgmt >"$out" 2>&1
}

is_in()
{
	"$@" && said 'IN-AS|account management done|successfully authenticated'
}

# refused REASON CMD...: with its reason, and no way in.
refused()
{
	local reason=$1

	shift
	"$@" || :
	not said 'IN-AS|successfully|session has successfully' &&
	    said "\[$reason\]"
}

# refused_silently SERVICE PHASE CMD...: the log alone has the reason.
refused_silently()
{
	local service=$1 phase=$2

	shift 2
	"$@" || :
	not said 'IN-AS' && grep "phase=$phase user=\"demo\" service=\"$service\"" \
	    "$rig_log" | grep -q 'verdict=deny.*reason=locked'
}

unlock=('Press Enter to unlock[^\r\n]*: $' '')
unlock_one=('Press Enter to unlock[^\r\n]*: $' one)

# --- the tests ----------------------------------------------------------------

prepare()
{
	rig_demo
	rig_user guest guest
	rig_stack locker su cron cron-free login
	settings
	rig_enroll demo
	rig_export_key demo blue
	mkdir -p /home/demo/.ssh
	cp /run/blue.pub /home/demo/.ssh/authorized_keys
	chown -R demo: /home/demo/.ssh
	sed -i '0,/^session/s/^session/session required pam_loginuid.so\n&/' \
	    /etc/pam.d/sshd
	cat >/run/serve <<-'SH'
	#!/bin/sh
	# serve TAG: stay, and do what is written to a file
	"/tmp/$1" 600 &
	echo RUNNING
	while :; do
		if [ -e "/tmp/do-$1" ]; then
			sh "/tmp/do-$1" >"/tmp/did-$1" 2>&1 </dev/null
			echo "status=$?" >>"/tmp/did-$1"
			rm "/tmp/do-$1"
		fi
		sleep 0.1
	done
	SH
	chmod 755 /run/serve
}

prepare
stay guest others '[Pp]assword: ?$' guest

# A lock alone lets sessions be, and lets nobody in.
keys blue
stays first
check "a hook of Codex goes on" hook_says '^status=0$'
check "one key locks" lock --reason "'my bag is gone'"
check "the record says so" state_is locked
check "and why" within first 'aasctl status'
check "... in its owner's words" said 'because: +my bag is gone'
check "a session goes on" there first
check "locking again is refused" not lock
keys blue spare
settings false
check "ssh is refused, with the reason" refused locked by_ssh
settings true
check "so is a public key" refused_silently sshd account by_ssh_key
check "so is su" refused locked by_su
check "so is sudo" refused_silently sudo auth by_sudo
check "so is a screen locker" refused locked by_locker
check "so is a job" not by_cron cron
check "but not a service that is exempt" by_cron cron-free
check "a hook of Codex says no" hook_says '\[locked\]'
check "... so that its agent hears it" said '^status=2$'

# Out of it.
check "a password is not what was asked for" refused conversation by_login \
    'Press Enter to unlock[^\r\n]*: $' 'correct horse'
keys blue
check "one key has to wait" refused held by_login "${unlock_one[@]}"
check "it is locked meanwhile" state_is locked
check "the same key cannot cancel that" not as_demo 'aasctl cancel'
keys spare
check "another one can" as_demo 'aasctl cancel'
check "nothing is held then" not as_demo 'aasctl cancel'
check "it is still locked" state_is locked
keys blue
check "one key where two are asked for is none" not is_in by_login \
    "${unlock[@]}" "Plug in 'spare'" '!pkill -x pamtester!-'
check "it is still locked" state_is locked
keys blue spare
rm -rf /run/bootid
cat /proc/sys/kernel/random/uuid >/run/bootid
mount --bind /run/bootid /proc/sys/kernel/random/boot_id
check "it is locked after a reboot" refused locked by_su
umount /proc/sys/kernel/random/boot_id
check "two keys at the console open it, and admit" is_in by_login \
    "${unlock[@]}"
check "the record says so" state_is enrolled
check "and so one signs in again" is_in by_ssh "${enter[@]}"
check "aasctl unlock has nothing to do" not as_demo 'aasctl unlock'
keys blue
check "locked again" lock
keys blue spare
check "two keys unlock by aasctl" as_demo 'aasctl unlock'
check "the record says so" state_is enrolled
keys blue
check "locked again" lock
keys blue spare
check "two keys open it by ssh, where its keys are taken" is_in by_ssh \
    "${unlock[@]}" "${enter[@]}"

# Everywhere.
keys blue
stays second
check "aasctl lock --end" lock --end
check "ends the first session, and says why" told first 'locked by its owner'
check "and the second" told second 'locked by its owner'
check "the log says so" grep -q 'event=session-ended .*why=locked' "$rig_log"
check "the sessions of others go on" there others
keys blue spare
check "unlocked" as_demo 'aasctl unlock'
keys blue

# The front is killed wherever the entry is being written, and the keeper with
# it, before it has seen anything of that.
crashes()
{
	local when=$1 tag=crash$1 keeper

	keys blue
	stays "$tag"
	keeper=$(pgrep -x aasd)
	strace -f -qq -o /dev/null -e trace=renameat,renameat2,rename \
	    -e "inject=renameat,renameat2,rename:signal=KILL:when=$when" \
	    -p "$(pgrep -d, -x aasd-front)" &
	sleep 0.5
	kill -STOP "$keeper"
	lock --end || :
	kill -KILL "$keeper"
	rig_until not pgrep '^aasd' || return 1
	rm -f /run/aas/aasd.sock
	rig_aasd
	if state_is locked; then
		told "$tag" 'locked by its owner' || return 1
		keys blue spare
		as_demo 'aasctl unlock' || return 1
		echo locked >>/run/came-to
		return
	fi
	echo not >>/run/came-to
	sleep 2
	there "$tag" || return 1
	pkill -f "^/tmp/$tag 600"
}

came_to()
{
	grep -qx "$1" /run/came-to
}

for when in 1 2 3 4 5 6 7; do
	check "aasd is killed at step $when: all or nothing" crashes "$when"
done
check "some of these locked" came_to locked
check "some did not" came_to not

# Ended and locked at once.
keys blue
stays third
check "aasctl end --all --lock" as_demo 'aasctl end --all --lock'
check "ends all" gone third
check "and locks" state_is locked
keys blue spare
check "unlocked" as_demo 'aasctl unlock'
keys blue
check "with --json" as_demo 'aasctl --json end --others --lock >/tmp/json'
check "it is one object" python3 -c '
import json
o = json.load(open("/tmp/json"))
raise SystemExit(o != {"ok": True, "locked": True, "ended": o["ended"]})'
keys blue spare
check "unlocked" as_demo 'aasctl unlock'
keys
check "with no key at hand, too" not as_demo \
    'aasctl --json end --others --lock >/tmp/json' 'Plug in ' $'!true!\003'
check "which is one object that says so" python3 -c '
import json
o = json.load(open("/tmp/json"))
raise SystemExit(o["ok"] or "NOT locked" not in o["error"])'
keys blue
stays fourth
keys
check "with no key at hand it ends all the same" not as_demo \
    'aasctl end --all --lock' 'Plug in ' $'!true!\003'
check "and says that it did not lock" said 'NOT locked'
check "it ended" gone fourth
check "the record says so" state_is enrolled

# Who enrolls is signed out everywhere.
rig_user gus gus
stay gus oldest '[Pp]assword: ?$' gus
rig_enroll gus
check "aasctl enroll signs out" told oldest 'keys were enrolled'
check "the sessions of others go on" there others

# A key that does not count any more.
keys blue
stays fifth
keys spare
check "a key is suspended" as_demo 'aasctl keys suspend blue'
check "and the session that it opened ends" told fifth 'removed or suspended'
check "the sessions of others go on" there others
# Each change of a record is told to its owner, whoever stored it.
alerted()
{
	grep -rqs "\"type\":\"$1\".*\"user\":\"demo\"" \
	    /var/spool/aas/new /var/lib/aas/alerts
}

for type in enrolled locked unlocked key-suspended change-cancelled; do
	check "its owner is told: $type" alerted "$type"
done
for why in enrolled locked key-gone; do
	check "and of a session's end: $why" rig_until grep -rqs \
	    "\"type\":\"session-ended\".*\"why\":\"$why\"" \
	    /var/spool/aas/new /var/lib/aas/alerts
done
exit "$failed"

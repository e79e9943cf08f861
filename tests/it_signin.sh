#!/bin/bash
# it_signin.sh: what a sign-in may load and leave behind, screen lockers, and
# many people at once, with the installed module and software keys.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=rig/lib.sh
. "$here/rig/lib.sh"
rig_alone "$@"

many=${AAS_MANY:-60}	# it_load.sh has a thousand

# as USER CMD: on a terminal, with her answers.
as()
{
	expect "$talk" 30 \
	    "setpriv --reuid=$1 --regid=$1 --init-groups $2" \
	    "PIN for 'blue'[^\r\n]*: \$" 271828 'Password: $' 'correct horse'
}

# --- what is loaded -----------------------------------------------------------

# The libraries and sockets of an account phase: ours adds none.
account_loads_little()
{
	strace -f -e trace=openat,socket -o /tmp/trace \
	    pamtester account demo acct_mgmt || return 1
	grep -q 'pam_aas\.so' /tmp/trace || return 1
	not grep -E 'lib(crypto|fido2|cbor|config|jansson|udev)\.so|AF_INET' \
	    /tmp/trace
}

# Auth itself: the process that hosts us has no device and no crypto either.
auth_host_loads_little()
{
	strace -e trace=openat,socket -o /tmp/trace \
	    pamtester locker demo authenticate || return 1
	grep -q 'pam_aas\.so' /tmp/trace || return 1
	not grep -E 'lib(crypto|fido2|cbor|config|jansson|udev)\.so|hidraw' \
	    /tmp/trace
}

# --- screen lockers -----------------------------------------------------------

locker_unlocks_without_aasd()
{
	pkill -x aasd
	rig_until not pgrep -x aasd || return 1
	as demo "pamtester locker demo authenticate" |
	    grep 'successfully authenticated'
}

locker_serves_its_caller_only()
{
	as guest "pamtester locker demo authenticate" >/tmp/out || :
	cat /tmp/out
	not grep 'successfully authenticated' /tmp/out
}

# A preloaded library does not get into a setgid helper, and no debugger may
# look into it.
unlock_heeds_no_environment()
{
	printf 'void __attribute__((constructor)) f(void) {}\n' >/tmp/pre.c
	cc -shared -fPIC -o /tmp/pre.so /tmp/pre.c
	chmod 755 /tmp/pre.so
	setpriv --reuid=guest --regid=guest --init-groups env \
	    LD_PRELOAD=/tmp/pre.so FIDO_DEBUG=1 LD_DEBUG=files \
	    /usr/libexec/aas/aas-unlock </dev/null >/tmp/out 2>&1 || :
	not grep -E 'pre\.so|fido_|binding' /tmp/out
}

# --- many at once -------------------------------------------------------------

one()
{
	pamtester locker demo authenticate >/tmp/many/"$1" 2>&1 </dev/null
}

all_at_once()
{
	local i before

	mkdir -p /tmp/many
	before=$(counter)
	for ((i = 0; i < many; i++)); do
		one "$i" &
		pids[i]=$!
	done
	wait "${pids[@]}" || :
	grep -l 'successfully authenticated' /tmp/many/* | wc -l >/tmp/good
	echo "$(cat /tmp/good) of $many let in," \
	    "counter $before to $(counter)"
	[ "$(cat /tmp/good)" -eq "$many" ] || return 1
	# The key counts each assertion, some sign-ins need one to look.
	[ $(($(counter) - before)) -ge "$many" ]
}

counter()
{
	softkey status blue | sed 's/.*"counter": *\([0-9]*\).*/\1/'
}

nothing_is_left()
{
	sleep 0.2
	ps -e -o stat=,comm= >/tmp/processes
	not grep -E '^Z|aas-|pamtester' /tmp/processes || return 1
	[ -z "$(find /run/aas/tickets -type f -mmin +5 2>/dev/null)" ]
}

# --- disabled, purged ---------------------------------------------------------

password_opens()
{
	printf 'correct horse\n' | pamtester plain demo authenticate
}

# They queue for the one key: the last one has to be let wait that long.
patient()
{
	rig_settings <<-'CONF'
	realm = "demo.example";
	required_users = [ "demo" ];
	timeout = "300s";
	CONF
}

declare -a pids
rig_demo
rig_user guest guest
rig_enroll demo
rig_stack account locker
rig_stack_plain plain
softkey plug blue mode=0666
softkey set blue pin=271828 uv=good

check "an account phase loads no library of ours and no socket" \
    account_loads_little
check "H7: the host of an auth phase sees no device and no crypto" \
    auth_host_loads_little
check "a locker serves its caller only" locker_serves_its_caller_only
check "F31: the locker's helper heeds no environment" unlock_heeds_no_environment
check "a locker unlocks with aasd stopped" locker_unlocks_without_aasd
check "settings are taken anew" patient
check "$many sign-ins at once are all let in" all_at_once
cat /run/check.out
check "... and leave no process and no ticket" nothing_is_left
check "pam_unix alone refuses her" not password_opens
check "purge" aasctl purge demo
check "pam_unix alone takes her again" password_opens
exit "$failed"

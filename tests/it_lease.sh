#!/bin/bash
# it_lease.sh: a person's touch lends a service account hours; without it the
# account does not run, and what runs on it ends with it.  Without systemd.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=rig/lib.sh
. "$here/rig/lib.sh"
# shellcheck source=rig/sessions.sh
. "$here/rig/sessions.sh"
# shellcheck source=rig/lease.sh
. "$here/rig/lease.sh"
rig_alone "$@"

# run_as SERVICE CMD...: a runner of jobs: opens a session of ci's, runs CMD in
# it as ci, and closes it.  In its own process group, as a daemon is.
runner()
{
	cat >/usr/local/bin/run_as <<-'PY'
	#!/usr/bin/env python3
	import ctypes, os, pwd, sys
	pam = ctypes.CDLL("libpam.so.0")
	libc = ctypes.CDLL(None)
	CONV = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int,
	    ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_void_p),
	    ctypes.c_void_p)
	class Message(ctypes.Structure):
	    _fields_ = [("style", ctypes.c_int), ("text", ctypes.c_char_p)]
	class Conv(ctypes.Structure):
	    _fields_ = [("conv", CONV), ("arg", ctypes.c_void_p)]
	libc.calloc.restype = ctypes.c_void_p
	def show(n, messages, replies, arg):
	    for i in range(n):
	        print(Message.from_address(messages[i]).text.decode())
	    replies[0] = libc.calloc(n, 16)
	    return 0
	conv = Conv(CONV(show), None)
	h = ctypes.c_void_p()
	def must(what, rv):
	    if rv != 0:
	        print(what, rv, flush=True)
	        sys.exit(rv)
	must("start", pam.pam_start(sys.argv[1].encode(), b"ci",
	    ctypes.byref(conv), ctypes.byref(h)))
	must("account", pam.pam_acct_mgmt(h, 0))
	must("session", pam.pam_open_session(h, 0))
	pid = os.fork()
	if pid == 0:
	    os.setgid(pwd.getpwnam("ci").pw_gid)
	    os.setuid(pwd.getpwnam("ci").pw_uid)
	    os.execv(sys.argv[2], sys.argv[2:])
	os.waitpid(pid, 0)
	pam.pam_close_session(h, 0)
	PY
	chmod 755 /usr/local/bin/run_as
}

# job TAG: in the background.
job()
{
	setsid /usr/local/bin/run_as aas-runner /usr/local/bin/codex "$1" \
	    >"/run/job-$1" 2>&1 </dev/null &
	rig_until all_of "$1"
}

by_pam()
{
	timeout 10 /usr/local/bin/run_as aas-runner /bin/true >"$out" 2>&1
}

# pam_acct_mgmt says PAM_ACCT_EXPIRED, which is 13, and what to do.
pam_refuses()
{
	! by_pam || return 1
	said '^account 13$' && said 'aasctl lease grant' &&
	    said '\[no-lease\]'
}

# no_keeper CMD: what runs on a lease would not be ended.
no_keeper()
{
	! "$@" || return 1
	said '\[keeper\]'
}

line_says()
{
	local lines=/run/aas/sessions

	find "$lines" -type l -printf '%l\n' | grep -q "$1"
}

# forge NUMBER TEXT: the lease of ci with another line; NUMBER 0: without its
# last one.
forge()
{
	python3 - "/run/aas/leases/$(id -u ci)" "$1" "$2" <<-'PY'
	import os, sys
	path, number, text = sys.argv[1], int(sys.argv[2]), sys.argv[3]
	lines = os.readlink(path).split("\n")
	if number == 0:
	    del lines[-2]
	else:
	    lines[number - 1] = text
	os.symlink("\n".join(lines), path + "x")
	os.rename(path + "x", path)
	PY
}

cannot_write()
{
	! as_user "$1" ln -s x /run/aas/leases/x || return 1
	! as_user "$1" ls /run/aas/leases || return 1
	! as_user "$1" rm "/run/aas/leases/$(id -u ci)"
}

# forged NUMBER TEXT: what the module and the tools take for no lease.
forged()
{
	local lease

	lease=/run/aas/leases/$(id -u ci)
	admits || return 1
	cp -P "$lease" /run/lease
	forge "$@"
	pam_refuses || return 1
	! admits || return 1
	cp -P --remove-destination /run/lease "$lease"
	rm /run/lease
	admits
}

# why and rehearse say what the module says.
foretold()
{
	local want=$1

	aasctl why ci --service aas-runner >"$out" 2>&1 || :
	said "outcome: *$want" && said 'ci-runs-on-a-lease .*matches' ||
	    return 1
	aasctl rehearse --service aas-runner >"$out" 2>&1 || :
	if [ "$want" = denied ]; then
		said 'ci.*no-lease'
	else
		not said 'ci.*no-lease'
	fi
}

# asks_little: a lease costs an answer few system calls.
asks_little()
{
	local service

	for service in cron codex-runner; do
		strace -f -qq -o "/run/calls-$service" \
		    aasctl check --user ci --service "$service" >/dev/null ||
		    return 1
	done
	wc -l /run/calls-cron /run/calls-codex-runner
	[ "$(wc -l </run/calls-codex-runner)" -le \
	    $(($(wc -l </run/calls-cron) + 40)) ]
}

# by_spare CMD: demo, with the other key alone.
by_spare()
{
	softkey unplug blue >/dev/null 2>&1 || :
	softkey plug spare mode=0666 >/dev/null 2>&1 || :
	timeout 60 expect "$talk" 50 "setpriv --reuid=demo --regid=demo \
	    --init-groups $1" "PIN for 'spare'[^\r\n]*: \$" 314159 \
	    >"$out" 2>&1
}

# again: the lease of before, and aasd starts anew.
again()
{
	pkill -KILL -x aasd
	rig_until not pgrep -x aasd >/dev/null
	cp -P /run/lease "/run/aas/leases/$(id -u ci)"
	admits || return 1
	rig_aasd
	rig_until not admits
}

lease_prepare
runner
rig_aasd
rig_enroll demo
softkey plug blue mode=0666

check "without a lease the runner is not admitted" not admits
check "and is told how to get one" said 'aasctl lease grant'
check "nor by PAM" pam_refuses
check "which is foretold" foretold denied
check "who is no grantor is refused" refuses other --for ci --hours 1
check "a grantor who has not enrolled, too" refuses second --for ci --hours 1
check "more hours than the rule has are refused" \
    refuses demo --for ci --hours 2
check "with its reason" said 'lease-too-long'
check "an account that no rule names" refuses demo --for other --hours 1
check "for what is no reason" refuses demo --for ci --hours 1 \
    --reason '$(printf "a\\tb")'
check "none of these is a lease" not admits

check "a grantor lends an hour" grant demo --for ci --hours 1 --reason nightly
check "the log names the person" grep -q \
    'event=lease-granted account="ci" grantor="demo" key="blue"' "$rig_log"
check "the runner is admitted" admits
check "by PAM, too" by_pam
check "which is foretold" foretold in
check "at another day it is over" not aasctl why ci --service aas-runner \
    --at 2099-01-01T00:00:00Z
check "the grantor sees it" as_user demo aasctl lease list
check "with its reason" said 'ci: lease of demo .*nightly'
check "the account, too" as_user ci aasctl lease list
check "and may ask by itself" as_user ci aasctl check --user ci \
    --service codex-runner
check "somebody else sees none" as_user other aasctl lease list
check "no lease is his" said '^No lease'
check "nor ends one" not as_user other aasctl lease end ci
check "... which is said" said 'no lease of that account.*\[no-lease\]'
check "nor does the account" not as_user ci aasctl lease end ci
check "nobody but root writes them" cannot_write demo
check "another service needs none" aasctl check --user ci --service cron
check "a lease makes an answer no slower" asks_little
cat /run/check.out

check "a lease of another boot is none" \
    forged 3 0123456789abcdef0123456789abcdef
check "one that is over is none" forged 5 1
check "one of another name is none" forged 8 ic
check "one of another uid is none" forged 7 0
check "a damaged one is none" forged 0 -
check "one of no form is none" forged 1 aas-lease2

check "the grantor ends it" as_user demo aasctl lease end ci
check "and the runner is out" not admits

grant demo --for ci --time 8s
began=$(date +%s%N)
job one
check "the session says on what it runs" line_says '"via":"lease"'
check "and by whom" line_says '"grantor":"demo","lease_ms":'
aasctl sessions --all >"$out"
check "the table says so, too" said 'runner +ci .*lease of demo, [0-9]+s left'
check "the end of the lease ends all of it" ended_after one 8
check "the log says why" grep -q 'event=session-ended .* why=lease' "$rig_log"
check "a new job is refused" pam_refuses

grant demo --for ci --time 6s
began=$(date +%s%N)
job two
grant demo --for ci --time 12s
began_again=$(date +%s%N)
check "granting again extends it" test "$began_again" -gt "$began"
began=$began_again
check "the job runs on, and ends with that" ended_after two 12

grant demo --for ci --hours 1
job three
check "one that ends sooner changes nothing" grant demo --for ci --time 5s
check "and that is said" said 'ends later is there already'
began=$(date +%s%N)
check "an administrator ends it" aasctl lease end ci
check "and with it the job" gone three 5000

grant demo --for ci --time 8s
began=$(date +%s%N)
job four
pkill -KILL -x aasd
rig_until not pgrep -x aasd >/dev/null
check "without aasd a lease is one all the same" by_pam
check "and the log says what is missing" \
    rig_until grep -q 'event=keeper-down user=ci' "$rig_log"
check "while aasd is down it goes on" all_of four
cp -p /etc/aas/aas.conf /run/aas.conf
echo 'keeper = "required";' >>/etc/aas/aas.conf
aasctl policy build >/dev/null
check "where a keeper is required nothing more begins on it" no_keeper by_pam
check "which check foretells" no_keeper admits
mv /run/aas.conf /etc/aas/aas.conf
aasctl policy build >/dev/null
sleep 8
began=$(($(date +%s%N) - 8000000000))
rig_aasd
check "which catches up when it returns" ended_after four 8
check "nothing is left of it" not left four

# Who gave it stands behind it no longer: it does not wait for its end.
grant demo --for ci --hours 1
job five
check "the key that signed it is suspended" \
    by_spare 'aasctl keys suspend blue'
check "and the job ends" gone five 5000
check "and the lease" not admits
check "the log says why" grep -q \
    'event=lease-ended .*grantor="demo" .*why=key' "$rig_log"
check "the other key lends again" \
    by_spare 'aasctl lease grant --for ci --hours 1'
cp -P "/run/aas/leases/$(id -u ci)" /run/lease
job six
check "its grantor locks the account" by_spare 'aasctl lock'
check "and the job ends" gone six 5000
check "and the lease" not admits
check "the log says why" grep -q 'event=lease-ended .*why=locked' "$rig_log"
check "one that was there all the same ends when aasd starts" again

exit "$failed"

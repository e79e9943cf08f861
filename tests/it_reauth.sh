#!/bin/bash
# it_reauth.sh: sudo asks for a key, and within `reauth` not again: at the same
# terminal, in the same session, for the same user and by the same policy.
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
	uv = "discouraged";
	reauth = "$1";
	required_users = [ "demo" ];
	required_from = "2020-01-01T00:00:00Z";
	timeout = "20s";
	CONF
}

# What people type, where quotes are no trouble.
scripts()
{
	cat >/run/once <<-'SH'
	#!/bin/sh
	sudo -S sh -c 'echo IN-AS-$(id -un)' </dev/null
	SH
	cat >/run/twice <<-'SH'
	#!/bin/sh
	/run/once; sleep ${1:-0}; /run/once
	SH
	# sudo -k is about sudo's own memory; ours has its own.
	cat >/run/other <<-'SH'
	#!/bin/sh
	/run/once; script -qec /run/once /dev/null
	SH
	cat >/run/none <<-'SH'
	#!/bin/sh
	/run/once; setsid -w /run/once; setsid -w /run/once
	SH
	cat >/run/forgotten <<-'SH'
	#!/bin/sh
	/run/once; sudo sh -c 'rm /run/aas/reauth/*'; /run/once
	SH
	cat >/run/rebuilt <<-'SH'
	#!/bin/sh
	/run/once; sleep 1.1; sudo aasctl policy build >/dev/null; /run/once
	SH
	cat >/run/became <<-'SH'
	#!/bin/sh
	/run/once; sudo -u mallory sudo -n id -un </dev/null; /run/once
	SH
	# What the user can do: look for, make, and change stamps.
	cat >/run/forge <<-'SH'
	#!/bin/sh
	/run/once
	ls /run/aas/reauth && echo LISTED
	cat /run/aas/reauth/* && echo READ
	: >/run/aas/reauth/x && echo MADE
	mv /run/aas/reauth /run/aas/away && echo MOVED
	SH
	chmod 755 /run/once /run/twice /run/other /run/none /run/forgotten \
	    /run/rebuilt /run/became /run/forge
}

# console CMD: demo at login(1), with her key.
console()
{
	: >"$rig_log"
	timeout 60 expect "$talk" 40 'script -qec "login demo" /dev/null' \
	    '\$ $' "!:!$1; exit" 'Login incorrect' '!pkill -x login!-' \
	    >"$out" 2>&1 || :
}

# How often sudo was allowed by a touch, and by the window, since console().
allowed()
{
	local touched within

	touched=$(grep -c 'phase=auth.*service="sudo".*reason=ok key=' \
	    "$rig_log") || :
	within=$(grep -c 'phase=auth.*service="sudo".*reason=ok within=reauth' \
	    "$rig_log") || :
	echo "by touch $touched, within $within"
	[ "$touched" = "$1" ] && [ "$within" = "$2" ]
}

ins()
{
	[ "$(grep -ca 'IN-AS-root' "$out")" = "$1" ]
}

places()
{
	check "sudo twice: one touch (and one of login)" \
	    blinked 2 console /run/twice
	check "... lets her in twice" ins 2
	check "... the second by the window" allowed 1 1
	check "a stamp is root's alone" eval \
	    '[ "$(stat -c "%a %u" /run/aas/reauth)" = "700 0" ]'
	check "the next session: a touch" console /run/twice
	check "... of its own" allowed 1 1
	check "another terminal of the same session" console /run/other
	check "... asks again" allowed 2 0
	check "... and lets her in" ins 2
	check "without a terminal" console /run/none
	check "... it asks each time" allowed 3 0
	check "once the stamp is gone" console /run/forgotten
	check "... it asks again" allowed 2 1
	check "once the policy is built anew" console /run/rebuilt
	check "... it asks again" allowed 2 1
	check "another user at the same terminal" console /run/became
	check "... is not her" eval \
	    "! grep -q 'user=\"mallory\".*within=reauth' $rig_log && ins 2"
	check "... and she still is" allowed 1 2
	check "she herself" console /run/forge
	check "... cannot reach a stamp" not said 'LISTED|READ|MADE|MOVED'
}

times()
{
	settings 2s
	check "after a window of 2 s" console '/run/twice 2.2'
	check "... it asks again" allowed 2 0
	check "within it" console /run/twice
	check "... it does not" allowed 1 1
}

rig_demo >/dev/null
rig_user mallory 'battery staple'
scripts
rig_enroll demo
settings 5m
softkey plug blue mode=0666 >/dev/null
places
times
[ "$failed" -eq 0 ] || tail -n 40 "$rig_log"
exit "$failed"

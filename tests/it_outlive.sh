#!/bin/bash
# it_outlive.sh: who tries to outlive the end of a session does not.
# shellcheck disable=SC2016,SC2317 # what check calls
# shellcheck disable=SC2154 # of lib.sh
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_crowds=yes rig_alone "$@"

# A session that starts it WAY by WAY and stays; all have left it by then.
scripts()
{
	mkdir -m 1777 /run/t
	cp "$rig_bin/outlive" /run/outlive
	cat >/run/try <<-'SH'
	#!/bin/sh
	trap '' HUP TERM INT
	for way; do
		setsid -f /run/outlive "$way" "/run/t/$way" \
		    >/dev/null 2>&1 </dev/null
	done
	echo RUNNING
	while :; do sleep 600; done
	SH
	chmod 755 /run/try
}

beat()
{
	od -An -t u8 "/run/t/$1"
}

# runs WAY: something of it does.
runs()
{
	local was now

	was=$(beat "$1") || return 1
	sleep 0.3
	now=$(beat "$1")
	[ "$was" != "$now" ]
}

try()
{
	timeout 90 expect "$talk" 80 "ssh -F none -tt \
	    -o PreferredAuthentications=keyboard-interactive \
	    -o NumberOfPasswordPrompts=1 demo@localhost /run/try $*" \
	    'Press Enter, then touch [^\r\n]*: $' '' \
	    'PIN [^\r\n]*: $' 271828 >"$out" 2>&1 || :
}

# ends WAY: it ran, its session ends at its limit, and 5 s later it is gone.
ends()
{
	local session i

	rm -f "/run/t/$1"
	try "$1" &
	session=$!
	rig_until test -e "/run/t/$1"
	rig_until runs "$1"
	wait "$session"
	for ((i = 0; i < 8; i++)); do
		runs "$1" || break
		sleep 0.3
	done
	! runs "$1"
}

no_lines()
{
	[ -z "$(ls /run/aas/sessions)" ]
}

rig_demo
scripts
session_settings
rig_enroll demo
softkey plug blue mode=0666
session_settings 'session = "4s";'
session_audit
/run/outlive crowd /run/t/crowd & # somebody else's
stranger=$!
rig_until test -s /run/t/crowd
[ $# -gt 0 ] || set -- headless hop traced vfork inside bomb
for way; do
	check "$way: it ends" ends "$way"
	pkill -KILL -u demo -x outlive || :
done
check "no line is left" rig_until no_lines
check "processes of nobody's session go on" \
    test "$(pgrep -c -u root -x outlive)" = 1001
kill "$stranger"
exit "$failed"

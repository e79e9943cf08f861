#!/bin/bash
# it_two_keys.sh: where two keys have to sign in, the session is both's: its
# line and the lists name them, and it ends when the second one is suspended.
# shellcheck disable=SC2317 # what check calls
# shellcheck disable=SC2154 # of lib.sh
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

pins=("PIN for 'blue'[^\\r\\n]*: \$" 271828
    "PIN for 'spare'[^\\r\\n]*: \$" 314159)

plug()
{
	local key

	for key in blue spare; do
		softkey unplug "$key" || :
	done >/dev/null 2>&1
	for key; do
		softkey plug "$key" mode=0666
	done >/dev/null
}

# by_two TAG: in, by both.
by_two()
{
	mkfifo "/run/t/do-$1"
	chown demo "/run/t/do-$1"
	timeout 100 expect "$talk" 90 "ssh -F none -tt \
	    -o PreferredAuthentications=keyboard-interactive \
	    -o NumberOfPasswordPrompts=1 demo@localhost /run/serve $1" \
	    'Press Enter, then touch [^\r\n]*: $' '' "${pins[@]}" \
	    >"/run/out-$1" 2>&1 &
	rig_until session_lives "$1"
}

line()
{
	readlink /run/aas/sessions/* | grep '"user":"demo"' >"$out"
}

line_has_both()
{
	line || return 1
	said '"key":"(blue|spare)"' && said '"key2":"(blue|spare)"' &&
	    ! said '"key":"(blue|spare)".*"key2":"\1"' &&
	    said '"uv":1,"key2":"[a-z]*","key2_id":"[0-9a-f]{16}"'
}

json_has_both()
{
	aasctl sessions --all --json >"$out"
	python3 - "$out" <<-'PY'
	import json, sys
	v = json.load(open(sys.argv[1]))["sessions"]
	keys = [s["keys"] for s in v if s["user"] == "demo"]
	sys.exit(sorted(keys[0]) != ["blue", "spare"])
	PY
}

second_key()
{
	line
	sed -n 's/.*"key2":"\([a-z]*\)".*/\1/p' "$out"
}

suspend()
{
	timeout 60 expect "$talk" 50 "setpriv --reuid=demo --regid=demo \
	    --init-groups aasctl keys suspend $1" "${pins[@]}" >"$out" 2>&1
}

rig_demo
session_audit
session_serve ''
session_settings ''
rig_enroll demo
printf 'rules = ( { name = "two"; present = 2; } );\n' >/etc/aas/policy.conf
chmod 644 /etc/aas/policy.conf
aasctl policy build >/dev/null
plug blue spare
by_two both
check "two keys sign in" session_lives both
check "the line names both" line_has_both
check "so does the list for programs" json_has_both
aasctl sessions --all >"$out"
check "and the one for people" said '(blue and spare|spare and blue)'
second=$(second_key)
case $second in
blue)	other=spare ;;
*)	other=blue ;;
esac
plug "$other"
check "the second one is suspended" suspend "$second"
check "and the session ends" session_dies both
check "which says why" grep -qa 'removed or suspended' /run/out-both
exit "$failed"

#!/bin/bash
# it_within.sh: what su and sudo opened ends with the session that it was opened
# in, and the dashboard, the hook of Codex and aasctl extend go by that; and an
# administrator who looks at others' sessions leaves a trace.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

# What runs in a sign-in at the console, in su within it and in sudo.
scripts()
{
	cat >/run/at-console <<-'SH'
	#!/bin/sh
	aasctl extend "$(cat /run/t/far)" >/run/t/from-here 2>&1
	aasctl --json sessions >/run/t/console
	echo "aasctl extend $(grep -o '"id":"[0-9a-f]*"[^{]*"service":"login"' \
	    /run/t/console | cut -c7-22)" >/run/t/do-far
	sleep 5
	sudo -u demo /run/in-sudo
	sudo -u other /run/as-other
	sudo /run/as-root
	su --pty - demo -c /run/in-su
	SH
	cat >/run/in-sudo <<-'SH'
	#!/bin/sh
	aasctl --json sessions >/run/t/sudo
	aasctl codex-hook --grace 58s </dev/null 2>/run/t/sudo-hook
	echo "$?" >>/run/t/sudo-hook
	SH
	cat >/run/as-other <<-'SH'
	#!/bin/sh
	aasctl --json sessions >/run/t/other
	aasctl codex-hook --grace 58s </dev/null 2>/run/t/other-hook
	echo "$?" >>/run/t/other-hook
	aasctl codex-hook --grace 5s </dev/null
	echo "$?" >/run/t/other-goes-on
	setsid aasctl codex-hook --grace 58s </dev/null
	echo "$?" >/run/t/other-hides
	SH
	cat >/run/as-root <<-'SH'
	#!/bin/sh
	aasctl codex-hook --grace 58s </dev/null 2>/run/t/root-hook
	echo "$?" >>/run/t/root-hook
	SH
	cat >/run/in-su <<-'SH'
	#!/bin/sh
	aasctl --json sessions >/run/t/su
	aasctl sessions --plain >/run/t/su-plain
	aasctl codex-hook --grace 55s </dev/null 2>/run/t/su-hook
	echo "$?" >>/run/t/su-hook
	aasctl extend
	aasctl --json sessions >/run/t/extended
	SH
	chmod 755 /run/at-console /run/in-sudo /run/in-su /run/as-other \
	    /run/as-root
}

# console CMD: demo at login(1), with her key and its PIN.
console()
{
	timeout 90 expect "$talk" 80 'script -qec "login demo" /dev/null' \
	    'Press Enter, then touch [^\r\n]*: $' '' \
	    'PIN [^\r\n]*: $' 271828 \
	    '\$ $' "!:!exec $1" 'Login incorrect' '!pkill -x login!-' \
	    >"$out" 2>&1
}

# holds FILE EXPR: python's EXPR does, where s(APP) is the session of that app.
holds()
{
	cat "/run/t/$1"
	python3 -c "
import json, sys
o = json.load(open('/run/t/$1'))
def s(app):
    return [x for x in o['sessions'] if x['app'] == app and not x['closed']][0]
sys.exit(not ($2))"
}

rig_demo
session_serve ''
scripts
getent group aas-admin >/dev/null || groupadd --system aas-admin
rig_user other 'correct horse'
rig_user chief 'correct horse'
usermod -aG aas-admin chief
rig_enroll demo
softkey plug blue mode=0666
session_settings 'session = "60s"; max_total = "10m"; reauth = "1s";'

sign_in far demo
within far aasctl --json sessions
grep -o '"id":"[0-9a-f]*"' "$out" | cut -c7-22 >/run/t/far
chmod 644 /run/t/far
rm -f /run/t/done-far
check "a sign-in at the console, with sudo and su in it" console /run/at-console
check "who is at the console extends a session from elsewhere" \
    grep -q 'goes on for 0 hours 1 minute' /run/t/from-here
check "... by a key that is here" not grep -q 'SSH agent' /run/t/from-here
check "who is elsewhere extends one at the console" \
    grep -q 'where your SSH agent is' /run/t/done-far
check "... by no key that is here" grep -q '\[ssh-agent\]' /run/t/done-far
check "it ends by its own limit" holds console \
    's("console")["expires_s"] <= 60 and s("console")["ends_with"] is None'
check "sudo, which has no limit, with it" holds sudo \
    's("sudo")["current"] and s("sudo")["expires_s"] == s("console")["expires_s"] and s("sudo")["ends_with"] == s("console")["id"]'
check "... as a hook of Codex is told" grep -q '^2$' /run/t/sudo-hook
check "... with the reason" grep -q 'ends in' /run/t/sudo-hook
check "so is that of another user, who has no session" grep -q '^2$' \
    /run/t/other-hook
check "... with the reason" grep -q 'ends in' /run/t/other-hook
check "... and sees none" holds other 'not o["sessions"]'
check "... while there is time left it goes on" grep -q '^0$' \
    /run/t/other-goes-on
check "... wherever it runs" grep -q '^2$' /run/t/other-hides
check "so is root's" grep -q '^2$' /run/t/root-hook
check "what has just begun is there" holds sudo 's("sudo")["processes"] > 0'
check "the terminal has one name" holds sudo \
    's("sudo")["tty"].startswith("pts/")'
check "su, which has a later limit, with it" holds su \
    's("su-l")["current"] and s("su-l")["expires_s"] <= 55 and s("su-l")["expires_s"] == s("console")["expires_s"] and s("su-l")["ends_with"] == s("console")["id"]'
check "... in words" grep -q '^with session: [0-9a-f]\{16\}$' /run/t/su-plain
check "... as a hook of Codex is told" grep -q '^2$' /run/t/su-hook
check "aasctl extend extends the one that ends first" holds extended \
    's("console")["expires_s"] >= 58'
check "... which it says" said 'goes on for 0 hours 1 minute'
check "... and the other one now has its own limit" holds extended \
    's("su-l")["ends_with"] is None'
check "what sudo has left of itself is nothing" holds extended \
    'not [x for x in o["sessions"] if x["app"] == "sudo"]'

session_settings ''
sign_in three other
sign_in four chief
check "an administrator looks at all" within four aasctl --json sessions --all
id=$(python3 -c '
import json, sys
for s in json.load(sys.stdin)["sessions"]:
    if s["user"] == "other":
        print(s["id"])' <"$out")
check "... which the log says" grep -q 'event=sessions-seen by=chief' "$rig_log"
check "... once" within four \
    'aasctl sessions --all >/dev/null; aasctl sessions --all >/dev/null'
check "... and not each time" test 1 = \
    "$(grep -c 'event=sessions-seen' "$rig_log")"
check "and at one of somebody else's" within four aasctl show "$id"
check "... which the log says" grep -q \
    "event=session-shown id=$id uid=[0-9]* by=chief" "$rig_log"
check "who looks at his own" within three aasctl show "$id"
check "... is nobody's business" test 1 = \
    "$(grep -c 'event=session-shown' "$rig_log")"
check "one without a limit has nothing to extend" within three aasctl extend
check "... which is said, and no key is asked for" said 'nothing to extend'
check "... as JSON, too" within_json three \
    'o["ok"] and o["expires_s"] is None and not o["last"]' \
    aasctl --json extend
exit "$failed"

#!/bin/bash
# it_networks.sh: a session that is the first of its user from a network is
# shown as that, also after aasd ended and came back, or was not there.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

# from ADDRESS: ssh(1)'s options to come from there.
from()
{
	printf '%s' "-b $1 -o HostName=192.0.2.1 -o HostKeyAlias=localhost"
}

# told TAG VALUE: whether that session is the first is said to be so.
told()
{
	within "$1" aasctl --json sessions || return 1
	python3 -c '
import json, sys
for s in json.load(sys.stdin)["sessions"]:
    if s["current"]:
        sys.exit(s["first"] is not (sys.argv[1] == "yes"))
sys.exit(2)' "$2" <"$out"
}

first()
{
	told "$1" yes
}

not_first()
{
	told "$1" no
}

stop_aasd()
{
	pkill -x aasd
	rig_until not pgrep '^aasd' >/dev/null
}

nets=/var/lib/aas/nets

rig_demo
session_audit
session_serve ''
session_settings ''
for ip in 192.0.2.1 192.0.2.7 192.0.2.200 198.51.100.7 203.0.113.5; do
	ip addr add "$ip/32" dev lo
done
for user in other more; do
	rig_user "$user" 'correct horse'
done
uid=$(id -u other)

sign_in one other "$(from 192.0.2.7)"
check "the first session from a network is told" rig_until first one
check "the log says so" grep -q \
    'event=first-network id=.* user=other from=192.0.2.7' "$rig_log"
sign_in two other "$(from 192.0.2.200)"
check "another one from there is not" not_first two
check "the first stays the first" first one
sign_in three other "$(from 198.51.100.7)"
check "one from elsewhere is" rig_until first three
sign_in four other
check "one from this host is not" not_first four
check "another user's is a first of its own" eval \
    'sign_in five more "$(from 192.0.2.200)"; rig_until first five'
check "the table has a column for it" within two aasctl sessions
check "with yes for two of them" \
    test 2 = "$(grep -cE ' yes +[0-9]+s ago' "$out")"
check "in plain words, too" within one aasctl sessions --plain
check "where it is so" \
    test 2 = "$(grep -c '^first time from this network: yes$' "$out")"
check "the table of who has none has no such column" within four \
    'aasctl sessions >/dev/null; aasctl end --others >/dev/null; sleep 6; aasctl sessions'
check "none" not said 'FIRST'

sign_in six other "$(from 192.0.2.7)"
sign_in seven more "$(from 198.51.100.7)"
check "one known, one not" eval 'rig_until first seven && not_first six'
stop_aasd
sign_in eight more "$(from 203.0.113.5)"
rig_aasd
check "what was the first stays it when aasd comes back" rig_until first seven
check "what was not does not become it" not_first six
check "what came meanwhile is told" rig_until first eight
timeout 20 expect "$talk" 15 "ssh -F none -tt $(from 203.0.113.5) \
    -o PreferredAuthentications=keyboard-interactive other@localhost true" \
    'assword: $' 'correct horse' >/run/out-short 2>&1 || :
check "a short session counts, too" rig_until \
    grep -q '^203.0.113.0/24 ' "$nets/$uid"
check "nobody else reads that" eval '! as_user other cat "$nets/$uid"'
check "nor who else has a file" eval '! as_user other ls "$nets"'
echo garbage >"$nets/$uid"
sign_in nine other "$(from 192.0.2.7)"
check "what is damaged is learned anew" rig_until first nine
check "no note stays behind" eval 'aasctl end --all --user other;
    aasctl end --all --user more; rig_until no_lines'
exit "$failed"

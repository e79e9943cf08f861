#!/bin/bash
# it_codex.sh: aasctl codex-hook, asked as Codex asks it: in a session that
# goes on, in one that ends, in none; with aasd, without it, with one that
# hangs; with any input.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

# /run/hook asks, and says how it went.
scripts()
{
	cat >/run/hook <<-'SH'
	#!/bin/bash
	to=$(mktemp)
	began=$(date +%s%3N)
	aasctl "${@:-codex-hook}" >"$to.out" 2>"$to.err"
	status=$?
	took=$(($(date +%s%3N) - began))
	echo "status=$status stdout=$(wc -c <"$to.out") lines=$(wc -l <"$to.err")"
	[ "$took" -lt 1500 ] && echo in-time || echo "took $took ms"
	cat "$to.err"
	SH
	chmod 755 /run/hook
}

# outside USER [CMD...]: in no session.
outside()
{
	local user=$1

	shift
	as_user "$user" "${@:-/run/hook}"
}

goes_on()
{
	"$@" && said '^status=0 stdout=0 lines=0$' && said '^in-time$'
}

# refused PATTERN CMD...
refused()
{
	local pattern=$1

	shift
	"$@" && said '^status=2 stdout=0 lines=1$' && said '^in-time$' &&
	    said "^aasctl: .*$pattern"
}

rig_demo
scripts
session_audit
session_serve deaf
rig_user other 'correct horse'
rig_enroll demo
softkey plug blue mode=0666
head -c 10000000 /dev/urandom >/run/garbage
chmod 644 /run/garbage

check "status: training is excluded for who enrolled" bash -c '
	setpriv --reuid=demo --regid=demo --init-groups aasctl --json status |
	    grep -q "\"training\":\"excluded\""'
check "and not declared for who has not" bash -c '
	setpriv --reuid=other --regid=other --init-groups aasctl --json status |
	    grep -q "\"training\":\"undeclared\""'
check "root sees it too" bash -c \
    'aasctl status demo | grep -q "^training: *excluded$"'
check "aasctl why says why" bash -c \
    'aasctl why demo | grep -q "^training: *excluded (as for all"'

sign_in one demo
sign_in three other
check "in a session it may go on" goes_on within one '/run/hook </dev/null'
check "with the input of a real hook" goes_on within one \
    'echo "{\"hook_event_name\":\"PreToolUse\",\"tool_name\":\"Bash\"}" | /run/hook'
check "--json adds nothing to stdout" goes_on within one \
    '/run/hook --json codex-hook </dev/null'
check "with 10 MB of garbage" goes_on within one '/run/hook </run/garbage'
check "through a pipe, which it empties" goes_on within one \
    'set -o pipefail; cat /run/garbage | /run/hook || echo broken pipe'
check "all of it" not said 'broken pipe'
check "with input that does not end" goes_on within one \
    '/run/hook < <(exec sleep 3)'
check "with none" goes_on within one '/run/hook <&-'
check "as who has no keys" goes_on within three '/run/hook </dev/null'
check "not with less left than --grace" refused 'this session ends in .*sign in' \
    within one '/run/hook codex-hook --grace 23h </dev/null'
check "more is left than this" goes_on within one \
    '/run/hook codex-hook --grace 1h </dev/null'
check "a mistake is a refusal" within one \
    '/run/hook codex-hook --grace soon </dev/null'
check "with usage" said '^status=2 stdout=0 lines=1$'
check "no policy is a refusal" refused 'policy' within one \
    '/run/hook --policy /nonexistent codex-hook </dev/null'

check "in no session, one who has to sign in with a key may not" \
    refused '\[no-session\]' outside demo
check "with 10 MB of garbage neither" refused '\[no-session\]' outside demo \
    bash -c '/run/hook </run/garbage'
check "who has no keys may" goes_on outside other

check "a session that is being ended refuses" \
    refused 'somebody has asked for the end' within three \
    'aasctl end --all >/dev/null; exec /run/hook </dev/null'

pkill -STOP -x aasd
check "an aasd that hangs is a refusal" refused 'within a second' \
    within one '/run/hook </dev/null'
check "with 10 MB of garbage too" refused 'within a second' \
    within one '/run/hook </run/garbage'
pkill -CONT -x aasd
check "it goes on when aasd does" goes_on within one '/run/hook </dev/null'

cat >>/etc/aas/aas.conf <<-'CONF'
exempt_services = [ "codex-runner" ];
CONF
aasctl policy build >/dev/null
check "an exemption for codex-runner lets go on outside" goes_on outside demo

pkill -x aasd
rig_until not pgrep -x aasd >/dev/null
check "without aasd it is a refusal" refused 'aasd does not answer' \
    within one '/run/hook </dev/null'
check "with garbage too" refused 'aasd does not answer' \
    within one '/run/hook </run/garbage'
check "and outside" refused 'aasd does not answer' outside demo
exit "$failed"

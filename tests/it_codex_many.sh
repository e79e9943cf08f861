#!/bin/bash
# it_codex_many.sh: who runs any number of Codex, with any names, hides nobody
# else's, and what cannot be listed is said; what is named is ended together
# or not at all, and what is shown is escaped once.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

many=300

# start USER N PROGRAM: that many, with nobody to wait for them.
start()
{
	setpriv --reuid="$1" --regid="$1" --init-groups bash -c '
		for ((i = 0; i < $1; i++)); do
			setsid -f "$2" 600 </dev/null >/dev/null 2>&1
		done' - "$2" "$3"
	rig_until is_n "$1" "$2" >/dev/null
}

is_n()
{
	[ "$(pgrep -c -u "$1" -x codex)" -ge "$2" ]
}

stop()
{
	local pids

	mapfile -t pids < <(pgrep -u "$1" -x codex)
	[ "${#pids[@]}" -eq 0 ] || kill "${pids[@]}"
	rig_until not pgrep -u "$1" -x codex >/dev/null
}

# json PYTHON CMD...: true of its answer, "o"; c: the Codex.
json()
{
	local what=$1

	shift
	timeout 30 "$@" >"$out" 2>/run/err || return 1
	python3 -c '
import json, sys
o = json.load(open(sys.argv[1]))
c = [s for s in o.get("sessions", []) if s.get("app") == "codex"]
assert eval(sys.argv[2]), (len(c), o.get("codex_more"))' "$out" "$what"
}

says()
{
	timeout 30 "$@" >"$out" 2>&1
}

last_of()
{
	pgrep -n -u "$1" -x codex
}

rig_demo
rig_user other 'correct horse'
install -d /opt/cx
install -m 755 /bin/sleep /opt/cx/codex

# --- many ---------------------------------------------------------------------

start demo "$many" /opt/cx/codex
late=$(last_of demo)
start other 1 /opt/cx/codex
its=$(last_of other)
check "root sees another user's behind all of them" json \
    'any(s["id"] == "codex-'"$its"'" and s["user"] == "other" for s in c)' \
    aasctl --json sessions --all
check "no more than there is room for" json \
    'len(c) == 256 and o["codex_more"] is True' aasctl --json sessions --all
check "it is said in the table, too" says aasctl sessions --all
check "in these words" said '^aasctl: more Codex run than are listed$'
check "and to their user" bash -c 'setpriv --reuid=demo --regid=demo \
    --init-groups timeout 30 aasctl sessions 2>&1 >/dev/null |
    grep -q "more Codex run than are listed"'
check "not to the other one" json 'len(c) == 1 and o["codex_more"] is False' \
    setpriv --reuid=other --regid=other --init-groups aasctl --json sessions
check "the other's is shown" says aasctl show "codex-$its"
check "as what it is" said '^user: other$'
check "one that is not listed is shown" says aasctl show "codex-$late"
check "and ended" says aasctl end "codex-$late"
check "and gone" rig_until not kill -0 "$late" 2>/dev/null
stop demo
check "of few none is missing" json 'len(c) == 1 and o["codex_more"] is False' \
    aasctl --json sessions --all
check "and that is not said" says aasctl sessions --all
check "in the table" not said 'more Codex'

# --- with names that grow six times as long -----------------------------------

dir=/home/demo
for ((i = 0; i < 4; i++)); do
	dir=$dir/$(printf '\001%.0s' {1..230})
done
setpriv --reuid=demo --regid=demo --init-groups mkdir -p "$dir"
install -m 755 /bin/sleep "$dir/codex"
(cd "$dir" && start demo 250 "$dir/codex")
check "they do not hide another's either" json \
    'any(s["id"] == "codex-'"$its"'" for s in c) and len(c) > 50' \
    aasctl --json sessions --all
check "nor that there are more" json 'o["codex_more"] is True' \
    aasctl --json sessions --all
check "their user sees some" json 'len(c) > 50 and o["codex_more"] is True' \
    setpriv --reuid=demo --regid=demo --init-groups aasctl --json sessions
late=$(last_of demo)
check "each is shown" says aasctl show "codex-$late"
check "with no control byte" not grep -q $'\001' "$out"
stop demo

# --- all that are named, or none ----------------------------------------------

none=0123456789abcdef
check "with a session that is none" not says aasctl end "codex-$its" "$none"
check "it says so" said "$none: no session has this id"
check "and the Codex named before it goes on" kill -0 "$its"
check "as with a Codex that is none" not says aasctl end "codex-$its" codex-1
check "it goes on" kill -0 "$its"
check "named twice it is ended once" says \
    aasctl end "codex-$its" "codex-$its"
check "and gone" rig_until not kill -0 "$its" 2>/dev/null

# --- texts, escaped once ------------------------------------------------------

dir=/home/demo/e$'\e''[31m'$'\n'Xä
setpriv --reuid=demo --regid=demo --init-groups mkdir "$dir"
(cd "$dir" && start demo 1 /opt/cx/codex)
check "a directory is shown in the table" says \
    env LC_ALL=C.UTF-8 aasctl sessions --all
check "escaped once" said '/home/demo/e\\x1b\[31m\\x0aXä *$'
check "and is so in words" says \
    env LC_ALL=C.UTF-8 aasctl show "codex-$(last_of demo)"
check "the same" said '^working directory: /home/demo/e\\x1b\[31m\\x0aXä$'
check "where a byte is a character" says env LC_ALL=C aasctl sessions --all
check "what is beyond ASCII is none" said '/home/demo/e\\x1b\[31m\\x0aX\?\? *$'
stop demo

# --- a session to extend that there is none of --------------------------------

check "extend asks for no key for it" not says setpriv --reuid=demo \
    --regid=demo --init-groups aasctl extend "$none"
check "but says so" said '^aasctl: no session of yours has this id'
exit "$failed"

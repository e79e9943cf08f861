#!/bin/bash
# it_dashboard.sh: aasctl sessions, show and end over real sign-ins by SSH:
# whose sessions one sees, and ends.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

# id TAG: of that session.
id()
{
	within "$1" aasctl --json sessions >/dev/null || return 1
	python3 -c '
import json, sys
for s in json.load(sys.stdin)["sessions"]:
    if s["current"]:
        print(s["id"])' <"$out"
}

# as_root CMD...
as_root()
{
	"$@" >"$out" 2>&1
}

# on_terminal COLS CMD: what it says to $out.
on_terminal()
{
	expect -c "log_user 1; set stty_init {rows 24 columns $1}
	    spawn -noecho bash -c {$2}; expect eof" | tr -d '\r' >"$out"
}

# watch COLS LINES KEYS [TERM]: the live view of demo on such a terminal; KEYS
# is what expect(1) does with it.
watch()
{
	cat >/run/watch.exp <<-EXP
	set timeout 15
	log_file -noappend -a $out
	proc want {what} {
		expect {
			-re \$what {}
			timeout { puts "\n(no \$what)"; exit 1 }
			eof { puts "\n(ended before \$what)"; exit 1 }
		}
	}
	set stty_init "rows $2 columns $1"
	spawn -noecho setpriv --reuid=demo --regid=demo --init-groups bash -c {
		TERM=${4:-xterm}; export TERM; trap : INT
		before=\$(stty -g)
		aasctl sessions --watch; echo "status=\$?"
		[ "\$(stty -g)" = "\$before" ] && echo terminal-as-it-was
	}
	$3
	want terminal-as-it-was
	EXP
	: >"$out"
	expect /run/watch.exp
}

# hostile: a line of demo's, all of whose texts are what a terminal obeys.
hostile()
{
	python3 - "$(command id -u demo)" <<-'PY'
	import json, os, sys, time
	boot = open("/proc/sys/kernel/random/boot_id").read().strip()
	start = open(f"/proc/{os.getppid()}/stat").read().rsplit(")", 1)[1]
	evil = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202eevil\r\nx" * 4
	line = {"v": 1, "id": "eeeeeeeeeeeeeeee", "user": evil,
	    "uid": int(sys.argv[1]), "service": evil, "leader": os.getppid(),
	    "start": int(start.split()[19]), "tty": evil, "rhost": evil,
	    "key": evil, "via": "keys", "origin": "remote",
	    "time": "2026-06-01T00:00:00Z", "boottime_ms":
	    int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000),
	    "boot": boot.replace("-", ""), "session_s": 3000, "idle_s": 0}
	os.symlink(json.dumps(line, separators=(",", ":")),
	    "/run/aas/sessions/" + line["id"])
	PY
}

# harmless: $out has nothing of that but as text.
harmless()
{
	python3 - "$out" <<-'PY'
	import sys
	b = open(sys.argv[1], "rb").read()
	bad = (b"\x1b[2J\x1b]0", b"\x1b]0;", b"\x07", b"\x9b31m",
	    "\u202e".encode())
	sys.exit(any(x in b for x in bad) or b"x1b" not in b)
	PY
}

rig_demo
session_audit
session_serve ''
getent group aas-admin >/dev/null || groupadd --system aas-admin
rig_user other 'correct horse'
rig_user chief 'correct horse'
usermod -aG aas-admin chief
rig_enroll demo
softkey plug blue mode=0666
session_settings ''

sign_in one demo
sign_in two demo
sign_in three other
one=$(id one)
two=$(id two)
three=$(id three)

check "each has an id of its own" \
    test 3 = "$(printf '%s\n' "$one" "$two" "$three" | sort -u | wc -l)"
check "a user sees two sessions, one of them current" within_json one \
    'len(o["sessions"]) == 2 and [s["id"] for s in o["sessions"] if s["current"]] == ["'"$one"'"]' \
    aasctl --json sessions
check "the other user sees one" within_json three \
    'len(o["sessions"]) == 1 and o["sessions"][0]["user"] == "other"' \
    aasctl --json sessions
check "its fields are there" within_json one \
    'all(k in o["sessions"][0] for k in ("app", "tty", "rhost", "time", "age_s", "key", "expires_s", "quiet_s", "processes", "partial", "ending"))' \
    aasctl sessions --json
check "a key's label is told" within_json one 'o["sessions"][0]["key"] == "blue"' \
    aasctl sessions --json
check "what others have is not for everybody" \
    within_refused one 'not-self' aasctl sessions --all
check "... which is said of who may" \
    within_refused one 'group aas-admin' aasctl sessions --all
check "another's session cannot be shown" \
    within_refused three 'no-session' aasctl show "$one"
check "another's session cannot be ended" \
    within_refused three 'no-session' aasctl end "$one"
check "another's session has no prefix" \
    within_refused three 'no-session' aasctl show "${one:0:8}"
check "another user's cannot be ended either" \
    within_refused three 'not-self' aasctl end --all --user demo
check "they all go on" session_lives one

check "root sees all" as_root aasctl sessions --all
check "and who they are" said "^${three:0:8}.*other"
check "and the columns" said 'ID +CURRENT +APP +USER +TTY +FROM +SIGNED IN'
check "no color where no terminal is" not grep -q $'\e' "$out"
check "root sees all, as JSON" bash -c \
    'aasctl --json sessions --all | python3 -m json.tool'
sign_in four chief
check "so does the group aas-admin" within_json four \
    'len({s["id"] for s in o["sessions"]}) == 4' \
    aasctl --json sessions --all
check "and shows one by the start of its id" within_json four \
    'o["id"] == "'"$three"'" and len(o["tree"]) >= 2' \
    aasctl show --json "${three:0:8}"
check "a table for 80 columns" on_terminal 80 'NO_COLOR=1 aasctl sessions --all'
check "has no longer line" not grep -qE '^.{81}' "$out"
check "and tells the terminal" said ' pts/[0-9]+ '
check "a table for 40 columns" on_terminal 40 'NO_COLOR=1 aasctl sessions --all'
check "has no longer line" not grep -qE '^.{41}' "$out"
check "and what matters most" said "^${one:0:8}.* ssh .*11h"
check "with NO_COLOR it has none" not grep -q $'\e' "$out"
check "on a terminal the current one stands out" within one \
    'TERM=xterm script -qec "aasctl sessions" /dev/null'
check "in bold" said $'\e\\[1m'
check "what runs is shown" within one aasctl show "$one"
check "as a tree" said '^ +[0-9]+  +serve'
check "what would stay is marked" within one \
    'setsid -f sleep 333 </dev/null >/dev/null 2>&1; sleep 1.2; aasctl show '"$one"
check "what would stay is named" said 'sleep +\(outlives a logout\)'
check "one fact a line" within one aasctl sessions --plain
check "in words" said '^signed in: [0-9]+ (second|minute)s? ago'
check "a prefix of three is none" \
    within_refused one '4 or more' aasctl show "${one:0:3}"
check "--watch without a terminal says so" \
    within_refused one 'needs a terminal' 'aasctl sessions --watch </dev/null'

check "--watch at 80x24" watch 80 24 '
	want {Your sessions: 2}
	want {CURRENT APP TTY +FROM SIGNED IN KEY +EXPIRES IDLE PROCS}
	send -- "j"; send -- "k"; send -- "e"
	want {End session [0-9a-f]+\? y/n}
	send -- "n"; send -- "q"
	want {status=0}'
check "--watch at 40x10" watch 40 10 '
	want {Your sessions: 2}
	want {EXPIRES}
	want {q quit}
	exec stty rows 24 columns 80 <$spawn_out(slave,name)
	exec pkill -WINCH -f "^aasctl sessions --watch"
	want {choose}
	send -- "q"
	want {status=0}'
check "--watch at 20x5 asks what can be read" watch 20 5 '
	want {Your sessions: 2}
	want {q quit}
	send -- "e"
	want {End\? y/n}
	send -- "n"
	send -- "o"
	want {End others\? y/n}
	send -- "n"
	send -- "q"
	want {status=0}'
check "--watch needs a screen" watch 80 24 '
	want {no screen to write all over}
	want {status=1}' dumb
check "--watch gives the terminal back when it is ended" watch 80 24 '
	want {Your sessions: 2}
	exec pkill -TERM -f "^aasctl sessions --watch"
	want {status=143}'
check "nobody was ended" session_lives two
check "it leaves the screen it took" said $'\e\\[\\?1049l'
check "and shows the cursor again" said $'\e\\[\\?25h'
hostile
check "F68: --watch shows hostile names" watch 80 24 '
	want {Your sessions: 3}
	send -- "q"
	want {status=0}'
check "but does not obey them" harmless
check "nor at 40x10" watch 40 10 '
	want {Your sessions: 3}
	send -- "q"
	want {status=0}'
check "there neither" harmless
check "nor does the table" within one aasctl sessions
check "which has them as text" harmless
rm /run/aas/sessions/eeeeeeeeeeeeeeee
hangs='
	want {Your sessions: 2}
	exec pkill -STOP -x aasd
	want {aasd has not answered yet}'
for keys in 'q' '\003'; do
	check "--watch at 40x10 while aasd hangs" watch 40 10 "$hangs
	set began [clock milliseconds]
	send -- \"$keys\"
	want {status=}
	if {[clock milliseconds] - \$began > 1000} { exit 1 }"
	pkill -CONT -x aasd
done
check "^C ended it" said 'status=130'
check "--watch goes on when aasd does" watch 80 24 "$hangs
	exec pkill -CONT -x aasd
	want {choose}
	send -- \"q\"
	want {status=0}"
check "--watch ends what is chosen" watch 80 24 "
	want {Your sessions: 2}
	send -- \"j\"; send -- \"e\"
	want {End session ${two:0:8}}
	send -- \"y\"
	want {Ending ${two:0:8}}
	send -- \"q\"
	want {status=0}"
check "it has ended" session_dies two

sign_in five demo
check "--others ends the others" within_json one 'len(o["ended"]) == 1' \
    aasctl --json end --others
check "they end" session_dies five
check "and the current one goes on" session_lives one
check "the terminal says who ended it" \
    grep -q 'demo ended this session' /run/out-five
check "with no other there is nothing to end" \
    within one aasctl end --others
check "and it says so" said 'No session to end'
check "aas-admin ends another's" within four aasctl end "${three:0:6}"
began=$(date +%s)
check "it ends" session_dies three
check "within 5 s" test $(($(date +%s) - began)) -le 5
check "its terminal says who did it" grep -q 'chief ended this session' /run/out-three
check "the log names both" grep -q \
    "event=session-end-asked id=$three .*by=chief" "$rig_log"
check "root ends all of a user" as_root aasctl end --all --user demo
check "it was one" test "$(grep -c '^ending' "$out")" = 1
check "which ends" session_dies one

pkill -x aasd
rig_until not pgrep -x aasd >/dev/null
check "without aasd it says what to do" bash -c \
    'aasctl sessions 2>&1 | grep -q "aasd does not answer.*systemctl start"'
check "and exits 75" bash -c 'aasctl sessions 2>/dev/null; [ $? = 75 ]'
exit "$failed"

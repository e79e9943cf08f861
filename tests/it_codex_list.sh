#!/bin/bash
# it_codex_list.sh: Codex among the sessions, over real sign-ins by SSH: real
# processes that are as hard to look at as Codex is, real and hostile layouts
# of what it writes; who sees them, and ends them.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

# As Codex is: it cannot be dumped, so that only root looks at its /proc; it
# keeps its rollout open; and what it has not written yet it writes when it is
# asked to end.  codex [ROLLOUT [DIR-TO-FLUSH-TO]]
program()
{
	mkdir -p /opt/codex/bin
	cat >/run/codex.c <<-'C'
	#include <sys/prctl.h>
	#include <fcntl.h>
	#include <signal.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <unistd.h>
	static volatile sig_atomic_t asked;
	static void ask(int sig) { asked = sig; }
	int main(int argc, char **argv)
	{
		char path[4096];
		int fd = -1;

		prctl(PR_SET_DUMPABLE, 0);
		signal(SIGTERM, ask);
		if (argc > 1 && argv[1][0] != '\0' &&
		    open(argv[1], O_WRONLY | O_APPEND) == -1)
			return 1;
		if (fork() == 0)
			execlp("sleep", "sleep", "3333", (char *)0);
		while (!asked)
			usleep(20000);
		if (argc > 2) {
			usleep(400000);
			snprintf(path, sizeof(path), "%s/flushed", argv[2]);
			fd = creat(path, 0644);
		}
		return fd == -1;
	}
	C
	cc -o /opt/codex/bin/codex /run/codex.c
}

# rollout USER DAY NAME [JQ-LIKE PYTHON]: a first line as Codex writes it.
rollout()
{
	local dir=/home/$1/.codex/sessions/$2

	install -d -o "$1" -g "$1" "/home/$1/.codex" "/home/$1/.codex/sessions" \
	    "/home/$1/.codex/sessions/${2%%/*}" \
	    "/home/$1/.codex/sessions/${2%/*}" "$dir"
	python3 - "$4" "$5" >"$dir/$3" <<-'PY'
	import datetime, json, sys
	id, cwd = sys.argv[1:]
	at = datetime.datetime.utcnow().isoformat(timespec="milliseconds") + "Z"
	print(json.dumps({"timestamp": at, "type": "session_meta", "payload": {
	    "id": id, "timestamp": at, "cwd": cwd,
	    "originator": "codex_cli_rs", "cli_version": "0.46.0",
	    "source": "cli", "model_provider": "openai",
	    "base_instructions": {"text": "You are a coding agent. " * 500},
	    "git": {"commit_hash": "0" * 40, "branch": "main"}}}))
	print(json.dumps({"timestamp": at, "type": "response_item",
	    "payload": {"type": "message", "role": "user", "content": []}}))
	PY
	chown "$1:$1" "$dir/$3"
}

codex_pid()
{
	pgrep -u "$1" -x codex | head -n 1
}

ended()
{
	rig_until not kill -0 "$1"
}

rig_demo
session_serve ''
program
session_audit
getent group aas-admin >/dev/null || groupadd --system aas-admin
rig_user other 'correct horse'
rig_user chief 'correct horse'
usermod -aG aas-admin chief
rig_enroll demo
softkey plug blue mode=0666
mkdir -p /home/demo/src/hello
chown -R demo:demo /home/demo/src
day=$(date -u +%Y/%m/%d)
id1=0199aaaa-0000-7000-8000-000000000001
id2=0199aaaa-0000-7000-8000-000000000002
now=$(date -u +%Y-%m-%dT%H-%M-%S)
rollout demo "$day" "rollout-$now-$id1.jsonl" "$id1" /home/demo/src/hello
echo '{"tokens":{"access_token":"s3cr3t"}}' >/home/demo/.codex/auth.json
chown demo:demo /home/demo/.codex/auth.json
chmod 600 /home/demo/.codex/auth.json
touch -d '3 days ago' /home/demo/.codex/auth.json

sign_in one demo
sign_in two other
sign_in four chief

check "without Codex none is listed" within_json one 'n == 0' aasctl --json sessions
check "one is started" within one \
    "cd src/hello && setsid -f /opt/codex/bin/codex ~/.codex/sessions/$day/rollout-$now-$id1.jsonl ~ </dev/null >/dev/null 2>&1"
rig_until codex_pid demo >/dev/null
pid=$(codex_pid demo)
check "its user cannot look at it himself" not \
    setpriv --reuid=demo --regid=demo --clear-groups \
    readlink "/proc/$pid/cwd"
check "it is listed, in its session" within_json one \
    'n == 1 and c["id"] == "codex-'"$pid"'" and c["session"] == [s["id"] for s in o["sessions"] if s["current"]][0]' \
    aasctl --json sessions
check "with its directory, version, provider" within_json one \
    'c["cwd"] == "/home/demo/src/hello" and c["version"] == "0.46.0" and c["provider"] == "openai"' \
    aasctl --json sessions
check "by the rollout that it has open" within_json one \
    'c["rollout"] == "'$id1'" and c["rollout_by"] == "open" and c["rollout_whole"]' \
    aasctl --json sessions
check "it ends when its session does" within_json one \
    '0 < c["expires_s"] <= 86400 and 0 <= c["age_s"] < 60 and c["processes"] == 2' \
    aasctl --json sessions
check "next to its session" within_json one \
    'o["sessions"][[s["id"] for s in o["sessions"]].index(c["id"]) - 1]["id"] == c["session"]' \
    aasctl --json sessions
check "in the table" within one aasctl sessions
check "as what it is" said "^codex-$pid .*codex .*in [0-9a-f]{8} .*/home/demo/src/hello, 0.46.0, openai"
check "in words" within one aasctl sessions --plain
check "with the facts" said '^working directory: /home/demo/src/hello$'
check "it is shown" within one "aasctl show codex-$pid"
check "with what runs in it" said '^ +[0-9]+ +sleep$'
check "and the age of auth.json" said '^auth.json written: 3 days'
check "of which nothing is read" not grep -rq s3cr3t "$out"
check "as JSON" within_json one \
    '259000 < o["auth_age_s"] < 260000 and len(o["tree"]) == 2' \
    "aasctl --json show codex-$pid"

check "the live view has it" bash -c '
	cat >/run/watch.exp <<-EXP
	set timeout 15
	proc want {what} { expect -re \$what {} timeout { exit 1 } eof { exit 1 } }
	set stty_init "rows 24 columns 120"
	spawn -noecho setpriv --reuid=demo --regid=demo --init-groups env TERM=xterm aasctl sessions --watch
	want {Your sessions: 2}
	want {codex-'"$pid"'}
	send -- "j"; send -- "e"
	want {End codex-'"$pid"'. y/n}
	send -- "n"; send -- "q"
	expect eof
	EXP
	expect /run/watch.exp'
check "another user does not see it" within_json two 'n == 0' aasctl --json sessions
check "nor show it" within_refused two 'no-session' "aasctl show codex-$pid"
check "nor end it" within_refused two 'no-session' "aasctl end codex-$pid"
check "nor ask for all" bash -c "setpriv --reuid=other --regid=other \
    --init-groups python3 - <<'PY'
import json, socket
def ask(rq):
    s = socket.socket(socket.AF_UNIX)
    s.connect('/run/aas/aasd.sock')
    s.sendall(json.dumps(rq).encode() + b'\n')
    return json.loads(s.makefile().read())
start = int(open('/proc/$pid/stat').read().rsplit(')', 1)[1].split()[19])
assert ask({'op': 'codex', 'all': True})['reason'] == 'not-self'
assert ask({'op': 'codex-end', 'pid': $pid, 'start': start})['reason'] == 'no-session'
assert ask({'op': 'codex', 'pid': $pid})['codex'] == []
assert ask({'op': 'codex', 'pid': -1})['reason'] == 'protocol'
assert ask({'op': 'codex', 'x': 1})['reason'] == 'protocol'
PY"
check "it goes on" kill -0 "$pid"
check "aas-admin sees it" within_json four \
    'n == 1 and c["user"] == "demo" and c["version"] == "0.46.0"' \
    aasctl --json sessions --all

check "what is no Codex is not ended" within_refused one 'no-session' \
    "aasctl end codex-\$\$"
check "an id of another start is another process" bash -c "python3 - <<'PY'
import json, socket
s = socket.socket(socket.AF_UNIX)
s.connect('/run/aas/aasd.sock')
s.sendall(json.dumps({'op': 'codex-end', 'pid': $pid, 'start': 1}).encode() + b'\n')
assert json.loads(s.makefile().read())['reason'] == 'no-session'
PY"
mount -o remount,hidepid=invisible /proc
check "where processes are hidden, it is not said to have ended" within_refused one \
    '\[system\]' "aasctl end codex-$pid"
mount -o remount,hidepid=off /proc
check "nor is it" kill -0 "$pid"
check "it is ended by its id" within one "aasctl end codex-$pid"
check "and gone" ended "$pid"
check "with what it started" not pgrep -u demo -x sleep
check "after it wrote what it had to" test -e /home/demo/flushed
check "its session goes on" within_json one 'n == 0 and len(o["sessions"]) == 1' \
    aasctl --json sessions

check "one that only calls itself so" within one \
    "cd src/hello && setsid -f bash -c \"exec -a codex sleep 33\" </dev/null >/dev/null 2>&1" \
check "is none" within_json one 'n == 0' aasctl --json sessions
install -m 755 /bin/sleep /opt/codex/bin/codex-x86_64-unknown-linux-musl
check "the program of a package is" within one \
    'cd src/hello && (trap "" TERM HUP; setsid -f /opt/codex/bin/codex-x86_64-unknown-linux-musl 3333 </dev/null >/dev/null 2>&1)'
rig_until pgrep -u demo -f musl >/dev/null
pid=$(pgrep -u demo -f musl)
rollout demo "$day" "rollout-$now-$id2.jsonl" "$id2" /home/demo/src/hello
zstd -q --rm "/home/demo/.codex/sessions/$day/rollout-$now-$id2.jsonl"
chown demo:demo "/home/demo/.codex/sessions/$day/"*
check "its rollout is found by directory and time, packed" within_json one \
    'n == 1 and c["rollout"] == "'$id2'" and c["rollout_by"] == "directory" and c["rollout_file"].endswith(".zst")' \
    aasctl --json sessions
began=$(date +%s%3N)
check "root ends it, too" aasctl end "codex-$pid"
check "and gone" ended "$pid"
check "by force, in less than 5 s" test $(($(date +%s%3N) - began)) -lt 5000

rm -f /home/demo/flushed
check "one that is in front of its shell" bash -c '
	echo "cd src/hello; /opt/codex/bin/codex \"\" ~" >/run/t/do-one'
rig_until codex_pid demo >/dev/null
pid=$(codex_pid demo)
began=$(date +%s%3N)
check "its session is ended" aasctl end --all --user demo
check "and it" ended "$pid"
check "after it wrote what it had to" test -e /home/demo/flushed
check "with the session" rig_until not pgrep -u demo -f '/run/serve one' >/dev/null
check "in less than 5 s" test $(($(date +%s%3N) - began)) -lt 5000
exit "$failed"

#!/bin/bash
# it_flood.sh: several users with 10,000 connections between them, who do to
# aasd what one should not, while a session of somebody else's is due and
# another user asks.  Nobody waits long, and nothing of it stays.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_crowds=yes rig_alone "$@"

EVIL=9		# users: more than there are places for, if each has his
EACH=1120	# connections of each, at once
LIMIT_S=12	# of the session that is due meanwhile

# flood: from /run/t/go to /run/t/stop, $EACH threads with a connection each,
# and another one some seconds after that; how many were made goes to
# /run/t/made-UID.  Each way of being a bad client is
# taken by some of them.
scripts()
{
	cat >/run/flood <<-'PY'
	import array, itertools, os, random, resource, socket
	import sys, threading, time
	path, stop = "/run/aas/aasd.sock", "/run/t/stop"
	each = int(sys.argv[1])
	resource.setrlimit(resource.RLIMIT_NOFILE, (each + 500, each + 500))
	null = os.open("/dev/null", os.O_RDONLY)
	over = False
	made = itertools.count()
	def idle(s):
	    while s.recv(65536): pass
	def slow(s):
	    while True:
	        s.send(b" "); time.sleep(1)
	def deaf(s):
	    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
	    s.send(b'{"op":"sessions"}\n'); time.sleep(20)
	def garbage(s):
	    while True:
	        s.send(os.urandom(1000))
	def huge(s):
	    s.send(b'{"op":"' + b"x" * 300000)
	    idle(s)
	def half(s):
	    s.send(b'{"op":"sess'); s.shutdown(socket.SHUT_WR); idle(s)
	def leave(s):
	    s.send(b'{"op":"sess')
	def many(s):
	    s.send(b'{"op":"sessions"}\n' * 500); idle(s)
	def asks(s):
	    s.send(b'{"op":"sessions"}\n'); idle(s)
	def deep(s):
	    s.send(b'{"op":' + b"[" * 90000 + b"\n"); idle(s)
	def wide(s):
	    s.send(b'{"op":"end","ids":[' + b'"0123456789abcdef",' * 2000 +
	        b'""]}\n'); idle(s)
	def fds(s):
	    while True:
	        s.sendmsg([b"x"], [(1, 1, array.array("i", [null] * 200))])
	        time.sleep(0.1)
	ways = [idle, slow, deaf, garbage, huge, half, leave, many, asks, deep,
	    wide, fds]
	go = threading.Event()
	def run(i):
	    way = ways[i % len(ways)]
	    go.wait()
	    while not over:
	        s = socket.socket(socket.AF_UNIX)
	        s.settimeout(30)
	        try:
	            s.connect(path)
	            next(made)
	            way(s)
	        except OSError:
	            pass
	        time.sleep(random.uniform(2, 6))
	        s.close()
	threading.stack_size(65536)
	for i in range(each):
	    threading.Thread(target=run, args=(i,), daemon=True).start()
	open(f"/run/t/all-{os.getuid()}", "w").close()
	while not os.path.exists("/run/t/go"):
	    time.sleep(0.1)
	go.set()
	while not os.path.exists(stop):
	    time.sleep(0.2)
	over = True
	open(f"/run/t/made-{os.getuid()}", "w").write(f"{next(made)}\n")
	os._exit(0)
	PY
}

# aasd_sum FIELD: of all processes of aasd, in kB.
aasd_sum()
{
	local pid

	for pid in $(pgrep "^aasd"); do
		grep "^$1:" "/proc/$pid/status"
	done | awk '{ n += $2 } END { print n }'
}

aasd_fds()
{
	local pid

	for pid in $(pgrep "^aasd"); do
		ls "/proc/$pid/fd"
	done | wc -l
}

aasd_lines()
{
	grep -c 'aasd\[' "$rig_log" || :
}

# watch: until /run/t/stop: the longest answer to another user, in ms, the most
# descriptors and memory of aasd.
watch()
{
	local began took most=0 fds=0 rss=0 n=0 bad=0 v

	while [ ! -e /run/t/stop ]; do
		began=$(date +%s%3N)
		setpriv --reuid=demo --regid=demo --init-groups \
		    timeout 20 aasctl --json sessions >/run/watched 2>&1 ||
		    { bad=$((bad + 1)); cat /run/watched >&2; }
		took=$(($(date +%s%3N) - began))
		[ "$took" -le "$most" ] || most=$took
		v=$(aasd_fds)
		[ "$v" -le "$fds" ] || fds=$v
		v=$(aasd_sum VmRSS)
		[ "$v" -le "$rss" ] || rss=$v
		n=$((n + 1))
		sleep 0.3
	done
	echo "n=$n bad=$bad most=$most fds=$fds rss=$rss" >/run/t/watched
}

# gone_at TAG: when it has gone, in ms since 1970.
gone_at()
{
	while session_lives "$1"; do sleep 0.1; done
	date +%s%3N >"/run/t/gone-$1"
}

flood()
{
	local i

	for ((i = 1; i <= EVIL; i++)); do
		(ulimit -n $((EACH + 500))
		exec setpriv --reuid="evil$i" --regid="evil$i" --clear-groups \
		    nice python3 /run/flood "$EACH") >"/run/t/evil$i.out" 2>&1 &
	done
	for ((i = 1; i <= EVIL; i++)); do
		rig_until test -e "/run/t/all-$(id -u "evil$i")"
	done
}

# How many sockets those users have.
sockets()
{
	local pid

	for pid in $(pgrep -f "^python3 /run/flood"); do
		find "/proc/$pid/fd" -lname 'socket:*' 2>/dev/null
	done | wc -l
}

many()
{
	[ "$(sockets)" -ge $((EVIL * EACH / 2)) ]
}

rig_demo
session_audit
session_serve ''
scripts
for ((i = 1; i <= EVIL; i++)); do
	rig_user "evil$i" 'correct horse'
done
rig_user other 'correct horse'
rig_enroll demo
softkey plug blue mode=0666
session_settings 'session = "1h";'
sign_in evil evil1
session_settings "session = \"${LIMIT_S}s\";"
as_user demo aasctl --json sessions
fds=$(aasd_fds)
rss=$(aasd_sum VmRSS)
lines=$(aasd_lines)

flood
sign_in due other
due=$(($(date +%s%3N) + LIMIT_S * 1000))
gone_at due &
watch &
watcher=$!
: >/run/t/go
check "thousands of connections are there at once" rig_until many
while [ "$(date +%s%3N)" -lt $((due + 6000)) ]; do sleep 0.2; done
check "the session that was due has ended" test -e /run/t/gone-due
: >/run/t/stop
wait "$watcher"
late=$(($(cat /run/t/gone-due || echo "$((due + 60000))") - due))
check "within 5 s" test "$late" -lt 5000
cat /run/t/watched
# shellcheck disable=SC1091 # n bad most fds rss
read -r -a got < <(sed 's/[a-z]*=//g' /run/t/watched)
check "another user was answered all the time" \
    test "${got[0]}" -ge 10 -a "${got[1]}" = 0
check "each time within 2 s (${got[2]} ms)" test "${got[2]}" -lt 2000
check "aasd had few descriptors (${got[3]})" test "${got[3]}" -lt 160
check "and little memory (${got[4]} kB)" test "${got[4]}" -lt $((rss + 65536))
for ((i = 1; i <= EVIL; i++)); do
	rig_until test -s "/run/t/made-$(id -u "evil$i")"
done
echo "ended $late ms after it was due; connections made:" \
    "$(cat /run/t/made-* | paste -sd ' ')"
check "connections were made" test \
    "$(cat /run/t/made-* | awk '{ n += $1 } END { print n }')" -gt $((EVIL * EACH))
# Twice the time that one connection may last.
sleep 11
check "afterwards it has the descriptors that it had ($fds)" \
    test "$(aasd_fds)" -le $((fds + 2))
check "and about the memory ($rss kB)" \
    test "$(aasd_sum VmRSS)" -le $((rss + 16384))
check "the log has not grown by much" \
    test $(($(aasd_lines) - lines)) -lt 40
check "one's own session goes on" session_lives evil
check "and aasd answers" as_user demo aasctl --json sessions
exit "$failed"

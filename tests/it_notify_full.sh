#!/bin/bash
# it_notify_full.sh: alerts on a disk that is full, of blocks or of inodes.
# What waits there is delivered all the same, each once and by one number, also
# what stands in the reserve alone and what a place does not take at first.
# shellcheck disable=SC2317 # what check calls
# shellcheck disable=SC2119 # drain without more
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/notify.sh
. "$top/tests/rig/notify.sh"
rig_alone "$@"
notify_prepare
uid=$(id -u demo)
chain=/var/lib/aas/alerts/$uid

cat >/run/take <<-'SH'
	#!/bin/sh
	[ ! -e /run/got/deaf ] || exit 75
	cat >>/run/got/taken
SH
chmod 0755 /run/take
: >"$got/taken"
chmod 0666 "$got/taken"
rig_conf <<-'CONF'
	realm = "demo.example";
	alerts = { exec = ( { argv = [ "/run/take" ]; } );
	    syslog = false; journal = false; terminals = false; };
CONF

# events N: so many in new/.
events()
{
	/usr/bin/python3 - "$1" "$uid" "$spool/new" <<-'PY'
	import os, sys, time
	n, uid, new = int(sys.argv[1]), sys.argv[2], sys.argv[3]
	os.umask(0o077)
	for i in range(n):
	    ident = os.urandom(16).hex()
	    name = "%020d-%s.json" % (time.time_ns(), ident)
	    with open("%s/.%s" % (new, name), "x") as f:
	        f.write('{"v":1,"id":"%s","type":"sign-in","time":'
	            '"2026-01-01T00:00:00Z","host":"h","user":"demo",'
	            '"uid":%s}\n' % (ident, uid))
	    os.rename("%s/.%s" % (new, name), "%s/%s" % (new, name))
	PY
}

# reserved N: so many in slots of the reserve, as docs/events.md has it.
reserved()
{
	/usr/bin/python3 - "$1" "$uid" "$spool/reserve" <<-'PY'
	import os, sys
	n, uid, path = int(sys.argv[1]), sys.argv[2], sys.argv[3]
	with open(path, "r+b") as f:
	    for i in range(n):
	        line = ('{"v":1,"id":"%s","type":"key-added","time":'
	            '"2026-01-01T00:00:00Z","host":"h","user":"demo",'
	            '"uid":%s}\n' % (os.urandom(16).hex(), uid)).encode()
	        f.seek(4096 * i)
	        f.write(line + b"\0" * (4095 - len(line)) + b"\n")
	PY
}

# fill: not a block, or no inode, is left.
fill()
{
	local i=0

	head -c 64M /dev/zero >>"$spool/hog" 2>/dev/null || :
	while [ "$i" -lt 1000 ] && : >>"$spool/hog$i"; do
		i=$((i + 1))
	done 2>/dev/null
	df "$spool"
	df -i "$spool"
	not sh -c "echo x >$spool/one-more" 2>/dev/null
}

# told N: so many were, each once, and each by one number.
told()
{
	/usr/bin/python3 - "$chain" "$1" <<-'PY'
	import json, sys
	ids = [json.loads(l)["id"] for l in open(sys.argv[1])]
	got = [json.loads(l)["id"] for l in open("/run/got/taken")]
	print(len(ids), len(set(ids)), len(got), len(set(got)))
	assert len(ids) == len(set(ids)) and sorted(got) == sorted(ids), "ids"
	assert len(ids) == int(sys.argv[2]), "how many"
	PY
}

waiting()
{
	find "$spool/queue" "$spool/new" -type f | wc -l
}

# on OPTIONS WHAT: a spool of that size, and all of it.
on()
{
	mount -t tmpfs -o "mode=755,$1" tmpfs "$spool"
	: >"$got/taken"
	: >"$got/deaf"
	rm -f "$chain"
	drain
	events 30
	check "$2: nothing more goes in" fill
	drain
	drain
	check "$2: what no place takes waits" test "$(waiting)" -eq 30
	rm "$got/deaf"
	drain
	check "$2: and is told once, by one number" told 30
	check "$2: nothing waits" test "$(waiting)" -eq 0
	check "$2: what was theirs is taken" fill
	reserved 20
	drain
	check "$2: some of the reserve is told at once" test \
	    "$(wc -l <"$got/taken")" -gt 40
	drain
	check "$2: then the rest" told 50
	check "$2: the chain is whole" aasctl alerts verify --user demo
	umount "$spool"
}

aasctl policy build >/dev/null
rig_until not pgrep -x aas-notify
on size=2200k "without a block"
on size=16m,nr_inodes=90 "without an inode"

# --- the chain on the same disk ---------------------------------------------------

mkdir /run/one
mount -t tmpfs -o mode=755,size=2300k tmpfs /run/one
mkdir /run/one/spool /run/one/lib
mount --bind /run/one/spool "$spool"
mount --bind /run/one/lib /var/lib/aas
: >"$got/taken"
drain
events 3
drain
check 'with the chain on it: nothing more goes in' fill
reserved 15
drain
check 'with the chain on it: the reserve is told' told 18
umount "$spool" /var/lib/aas /run/one

# --- read-only, and what is in the way -------------------------------------------

: >"$got/deaf"
mkdir -p "$spool/undelivered/0/x"
drain
events 1
drain
check 'beside what is in the way it is noted that an alert waits' test -e "$spool/undelivered/$uid"
rm "$got/deaf"
drain
check '... and that none does' test ! -e "$spool/undelivered/$uid"
mount --bind "$spool" "$spool"
mount -o remount,bind,ro "$spool"
check 'a read-only disk ends it' not drain
check 'and the log says so' grep -q 'Read-only file system' /run/notify.log
umount "$spool"
exit "$failed"

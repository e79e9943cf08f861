#!/bin/bash
# it_typing.sh: what a program types on a terminal of its own keeps no session
# from being idle; what a person types does, in each shell of a connection.
# shellcheck disable=SC2317 # what check calls
# shellcheck disable=SC2154 # of lib.sh
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

programs()
{
	# agent TAG, apart TAG: types a line every second for what it runs; apart:
	# it has left its terminal, as the server of tmux.
	cat >/usr/local/bin/agent <<-'PY'
	#!/usr/bin/env python3
	import os, pty, sys, time
	if sys.argv[0].endswith("apart"):
	    if os.fork() != 0:
	        time.sleep(600)
	    os.setsid()
	    if os.fork() != 0:
	        os._exit(0)
	pid, fd = pty.fork()
	if pid == 0:
	    os.execv("/bin/cat", ["cat"])
	while True:
	    os.write(fd, b"x\n")
	    os.read(fd, 4096)
	    time.sleep(1)
	PY
	# asks TAG: waits for a line each second, and says so.
	cat >/usr/local/bin/asks <<-'SH'
	#!/bin/bash
	while sleep 1; do
		printf 'more? '
		read -r _ || exit 1
	done
	SH
	# rests TAG
	cat >/usr/local/bin/rests <<-'SH'
	#!/bin/bash
	while :; do
		sleep 600
	done
	SH
	cp /usr/local/bin/agent /usr/local/bin/apart
	chmod 755 /usr/local/bin/*
}

# open TAG OPTIONS CMD: by SSH, and stay; whoever asks for more gets it.
open()
{
	# shellcheck disable=SC2086 # options
	timeout 120 expect "$talk" 110 "ssh -F none $2 \
	    -o PreferredAuthentications=keyboard-interactive \
	    -o NumberOfPasswordPrompts=1 demo@localhost $3 $1" \
	    'Press Enter, then touch [^\r\n]*: $' '' \
	    'PIN [^\r\n]*: $' 271828 \
	    'more\? $' x >"/run/out-$1" 2>&1 &
	rig_until runs "$3 $1"
}

# runs "CMD TAG"
runs()
{
	pgrep -f "^[^ ]+ /usr/local/bin/$1" >/dev/null
}

rig_demo
session_audit
session_settings 'session = "1h"; idle = "18s";'
rig_enroll demo
softkey plug blue mode=0666 >/dev/null
programs
open shell -tt agent
open server -tt apart
open first '-tt -M -S /run/mux-first' rests
open beside '-T -S /run/mux-first' agent
open second '-tt -M -S /run/mux-second' rests
open typed '-tt -S /run/mux-second' asks
open person -tt asks
sleep 30 # the kernel notes what is read every 8 s
check "a program's terminal" not runs 'agent shell'
check "says why" grep -q 'nobody typed here' /run/out-shell
check "one that left its terminal" not runs 'apart server'
check "one beside a shell of its connection" not runs 'agent beside'
check "a person's second shell" runs 'asks typed'
check "with the first" runs 'rests second'
check "a person" runs 'asks person'
exit "$failed"

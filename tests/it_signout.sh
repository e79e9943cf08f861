#!/bin/bash
# it_signout.sh: who enrolls in an SSH session is signed out everywhere: two
# other sessions end with all that they left (tmux, nohup, setsid), the one that
# the enrolment was typed in as the last, and each is told why.
# shellcheck disable=SC2016,SC2317 # what check calls
# shellcheck disable=SC2154 # of lib.sh
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"
left_in=anywhere

# /run/leave TAG: of a session; and it stays, deaf.
scripts()
{
	cat >/run/leave <<-'SH'
	#!/bin/sh
	for what in nohup setsid tmux fore; do
		cp /bin/sleep "/tmp/$1-$what"
	done
	nohup "/tmp/$1-nohup" 600 >/dev/null 2>&1 &
	setsid -f "/tmp/$1-setsid" 600 >/dev/null 2>&1 </dev/null
	tmux -L "$1" new-session -d "/tmp/$1-tmux 600"
	trap '' HUP TERM
	while :; do
		"/tmp/$1-fore" 600
	done
	SH
	chmod 755 /run/leave
}

# session TAG CMD [PATTERN ANSWER]...: of gus, by password, in the background.
session()
{
	local tag=$1 cmd=$2

	shift 2
	timeout 100 expect "$talk" 90 "ssh -F none -tt \
	    -o PreferredAuthentications=keyboard-interactive \
	    -o NumberOfPasswordPrompts=1 gus@localhost '$cmd'" \
	    '[Pp]assword: ?$' gus "$@" >"/run/out-$tag" 2>&1 &
}

enroll()
{
	local ticket

	ticket=$(aasctl --json invite gus |
	    sed 's/.*"ticket": *"\([^"]*\)".*/\1/')
	softkey plug blue mode=0666
	softkey set blue pin=271828
	session here "/run/leave here & aasctl enroll --ticket $ticket; \
	    date +%s%N >/tmp/enrolled; wait" \
	    'Name for key 1[^\r\n]*: $' blue \
	    'Name for key 2[^\r\n]*: $' "!softkey plug spare mode=0666; \
	    softkey set spare pin=314159; softkey unplug blue!spare" \
	    "PIN for the new key[^\r\n]*: \$" 314159 \
	    "PIN for 'blue'[^\r\n]*: \$" 271828 \
	    "PIN for 'spare'[^\r\n]*: \$" 314159 \
	    "Plug in 'blue'" '!softkey plug blue mode=0666!-' \
	    'Another key\?[^\r\n]*: $' n
	for _ in $(seq 300); do
		[ ! -e /tmp/enrolled ] || break
		sleep 0.1
	done
	aasctl --json status gus | grep -q '"state": *"enrolled"'
}

# id_of TAG: of the session that has that process.
id_of()
{
	local line id pid

	pid=$(pgrep -f "^/tmp/$1-fore ")
	for line in /run/aas/sessions/*; do
		id=${line##*/}
		case $id in *.*) continue ;; esac
		aasctl --json show "$id" >"/run/show" 2>/dev/null || continue
		if grep -qE "\"pid\": *$pid\\b" /run/show; then
			echo "$id"
			return
		fi
	done
	return 1
}

there()
{
	for what in nohup setsid tmux fore; do
		left "$1-$what" || return 1
	done
}

# What the log says, in this order.
ended()
{
	grep -o "event=$1 id=[0-9a-f]* .*why=enrolled" "$rig_log" |
	    sed 's/.* id=\([0-9a-f]*\) .*/\1/' >/run/ended
}

all_ended()
{
	ended session-ended
	[ "$(wc -l </run/ended)" -eq 3 ]
}

is_none_of()
{
	local last

	last=$(tail -n 1 /run/ended)
	[ "$last" != "$1" ] && [ "$last" != "$2" ]
}

why()
{
	grep -qaE 'pam_aas: .*keys were enrolled' "/run/out-$1"
}

rig_demo
session_audit
scripts
rig_user gus gus
session one '/run/leave one'
rig_until there one
session two '/run/leave two'
rig_until there two
one=$(id_of one)
two=$(id_of two)
check "two sessions, each in its own" test "$one" != "$two"
rig_user other 'correct horse'
session_serve ''
sign_in third other
enroll || { cat /run/out-here; exit 1; }
check "enrolled in a third one" grep -qa 'Enrolled\|enrolled' /run/out-here
check "one of them ends, with all that it left" gone one- 5000
check "and the other" gone two- 5000
check "and that in which it was typed" gone here- 5000
check "all three" rig_until all_ended
check "that one as the last" is_none_of "$one" "$two"
for tag in one two here; do
	check "session $tag was told why" why "$tag"
done
check "nobody else was signed out" session_lives third
exit "$failed"

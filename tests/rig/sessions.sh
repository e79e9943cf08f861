# shellcheck shell=bash
# sessions.sh: what the tests of sessions share: to sign in and stay, to have
# something done in there, to leave something behind.  After lib.sh.
# shellcheck disable=SC2154 # talk, out

# session_settings [MORE]: of the demonstration, and more lines of aas.conf.
session_settings()
{
	rig_settings <<-CONF
	realm = "demo.example";
	server_keys = true;
	required_users = [ "demo" ];
	required_from = "2020-01-01T00:00:00Z";
	timeout = "20s";
	${1:-}
	CONF
}

# session_audit: sshd gives each session an audit session of its own, as in
# Debian's own stack.
session_audit()
{
	sed -i '0,/^session/s/^session/session required pam_loginuid.so\n&/' \
	    /etc/pam.d/sshd
}

# --- sessions that stay -------------------------------------------------------

# session_serve [deaf]: make /run/serve TAG, for sign_in: it does what is
# written to its fifo, /run/t/do-TAG; what that said is then in /run/t/done-TAG
# and its status in /run/t/status-TAG.  deaf: it hears no SIGTERM.
session_serve()
{
	cat >/run/serve <<-SH
	#!/bin/bash
	${1:+trap '' HUP TERM}
	tag=\$1
	while :; do
		IFS= read -r line <"/run/t/do-\$tag" || continue
		bash -c "\$line" >"/run/t/did-\$tag" 2>&1
		echo "\$?" >"/run/t/status-\$tag"
		mv "/run/t/did-\$tag" "/run/t/done-\$tag"
	done
	SH
	chmod 755 /run/serve
	mkdir -p /run/t
	chmod 1777 /run/t
}

# sign_in TAG USER [OPTIONS]: by SSH, and stay.  demo with the key that is
# plugged in, others by password.
sign_in()
{
	local tag=$1 user=$2

	mkfifo "/run/t/do-$tag"
	chown "$user" "/run/t/do-$tag"
	timeout 200 expect "$talk" 190 "ssh -F none -tt ${3:-} \
	    -o PreferredAuthentications=keyboard-interactive \
	    -o NumberOfPasswordPrompts=1 $user@localhost /run/serve $tag" \
	    'Press Enter, then touch [^\r\n]*: $' '' \
	    'PIN [^\r\n]*: $' 271828 \
	    'assword: $' 'correct horse' >"/run/out-$tag" 2>&1 &
	rig_until pgrep -f "^/bin/bash /run/serve $tag" >/dev/null
}

# within TAG CMD...: in that session; what it says to $out, its status.
# shellcheck disable=SC2016 # the inner shell's
within()
{
	local tag=$1

	shift
	rm -f "/run/t/done-$tag"
	timeout 5 bash -c 'echo "$1" >"$2"' - "$*" "/run/t/do-$tag" || return 1
	rig_until test -e "/run/t/done-$tag" || return 1
	cp "/run/t/done-$tag" "$out"
	return "$(cat "/run/t/status-$tag")"
}

# within_refused TAG PATTERN CMD...: with another status, and these words.
within_refused()
{
	local tag=$1 pattern=$2

	shift 2
	! within "$tag" "$@" && said "$pattern"
}

# within_json TAG EXPR CMD...: it is one object for which python's EXPR holds;
# o is it, n how many Codex are among its sessions, c the first of these.
within_json()
{
	local tag=$1 expr=$2

	shift 2
	within "$tag" "$@" || return 1
	python3 -c "
import json, sys
o = json.load(sys.stdin)
cs = [s for s in o.get('sessions', [o]) if s.get('app') == 'codex']
n = len(cs)
c = cs[0] if cs else None
sys.exit(not ($expr))" <"$out"
}

# session_lives TAG; session_dies TAG: within 10 s.
session_lives()
{
	pgrep -f "^/bin/bash /run/serve $1" >/dev/null
}

session_dies()
{
	rig_until not session_lives "$1"
}

# as_user USER CMD...: in no session; what it says to $out.
as_user()
{
	local user=$1

	shift
	setpriv --reuid="$user" --regid="$user" --init-groups \
	    "$@" >"$out" 2>&1 </dev/null
}

# --- sessions that leave something --------------------------------------------

# ssh_in USER OPTIONS CMD: with the key that is plugged in; ends with the
# session.
ssh_in()
{
	timeout 60 expect "$talk" 40 "ssh -F none -tt $2 \
	    -o PreferredAuthentications=keyboard-interactive \
	    -o NumberOfPasswordPrompts=1 $1@localhost $3" \
	    'Press Enter, then touch [^\r\n]*: $' '' \
	    'PIN [^\r\n]*: $' 271828 >"$out" 2>&1 || :
}

# left NAME: a process is left whose command line begins with /tmp/NAME.
# Where left_in is "anywhere" it may have that further on.
left()
{
	case ${left_in:-} in
	anywhere) pgrep -f "/tmp/$1" >/dev/null ;;
	*) pgrep -f "^/tmp/$1" >/dev/null ;;
	esac
}

# gone NAME MS: nothing of it is left within that time.
gone()
{
	local i

	for ((i = 0; i < $2; i += 100)); do
		left "$1" || return 0
		sleep 0.1
	done
	pgrep -af "/tmp/$1"
	return 1
}

no_lines()
{
	[ -z "$(ls /run/aas/sessions)" ]
}

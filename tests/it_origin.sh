#!/bin/bash
# it_origin.sh: su and sudo know where their caller signed in.  Whoever came
# by SSH is not served by keys plugged in here, unless server_keys says so,
# however they hide; whoever sits here is.  User verification is off: one
# touch of the owner, who thinks it is for something of their own, would do.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

settings()
{
	rig_settings <<-CONF
	realm = "demo.example";
	server_keys = $1;
	uv = "discouraged";
	required_users = [ "demo" ];
	required_from = "2020-01-01T00:00:00Z";
	reauth = "1s";
	timeout = "20s";
	CONF
}

# dark CMD...: it ends, and meanwhile blue never blinked.
dark()
{
	local before

	before=$(blinks blue)
	"$@" || :
	[ "$(blinks blue)" = "$before" ]
}

# What people type, where quotes are no trouble.
scripts()
{
	cat >/run/su <<-'SH'
	#!/bin/sh
	su demo -c 'echo IN-AS-$(id -un)'
	SH
	cat >/run/sudo <<-'SH'
	#!/bin/sh
	sudo sh -c 'echo IN-AS-$(id -un)'
	SH
	# In a session of its own, with init as its parent, and a hand on Enter.
	cat >/run/hide <<-'SH'
	#!/bin/sh
	rm -f /tmp/hidden /tmp/hides
	setsid -f sh -c ": >/tmp/hides; sleep $1; (sleep 0.5; echo; sleep 4) |
	    script -qec /run/su /dev/null >/tmp/hiding 2>&1;
	    mv /tmp/hiding /tmp/hidden" >/dev/null 2>&1 </dev/null
	while [ ! -e /tmp/hides ]; do sleep 0.1; done
	while [ "$1" = 0 ] && [ ! -e /tmp/hidden ]; do sleep 0.1; done
	SH
	# By the hand of root, outside of every session.
	cat >/run/serve <<-'SH'
	#!/bin/sh
	sed -i "s/^server_keys.*/server_keys = $1;/" /etc/aas/aas.conf
	aasctl policy build
	SH
	chmod 755 /run/su /run/sudo /run/hide /run/serve
}

# ssh_in USER CMD [PATTERN ANSWER]...
ssh_in()
{
	local user=$1 command=$2

	shift 2
	timeout 60 expect "$talk" 40 "ssh -F none -tt \
	    -o PreferredAuthentications=keyboard-interactive \
	    -o NumberOfPasswordPrompts=1 $user@localhost $command" \
	    'Password: ?$' 'battery staple' \
	    'Press Enter, then touch [^\r\n]*: $' '' "$@" >"$out" 2>&1 || :
}

# console CMD: demo at login(1), with her key.
console()
{
	timeout 60 expect "$talk" 40 'script -qec "login demo" /dev/null' \
	    '\$ $' "!:!$1; exit" 'Login incorrect' '!pkill -x login!-' \
	    >"$out" 2>&1 || :
}

# demo's own shell by SSH, which needs server_keys; they are gone then.
own_ssh()
{
	/run/serve true >/dev/null
	ssh_in demo '' '\$ $' "!/run/serve $1!sleep 1.2; /run/sudo; exit"
}

hidden()
{
	rig_until test -e /tmp/hidden
	cat /tmp/hidden >"$out"
}

refused()
{
	not said 'IN-AS-' && said '\[remote-elevation\]'
}

# --- who comes by SSH ---------------------------------------------------------

strangers()
{
	check "a stranger by SSH: su makes no key blink" \
	    dark ssh_in mallory /run/su
	check "... and is told why not" refused
	check "the same, hidden behind init" \
	    dark ssh_in mallory "/run/hide 0"
	hidden
	check "... is told the same" refused
	check "the owner herself by SSH: sudo makes no key blink" \
	    not eval 'own_ssh false; said IN-AS-'
	check "... which the log explains (sudo is silent)" \
	    grep -q 'service="sudo".*reason=not-fresh' "$rig_log"
	check "with server_keys it asks first, as sshd does" own_ssh true
	check "... and lets her" said 'IN-AS-root'
	check "... for she pressed Enter twice" eval \
	    '[ "$(grep -ca "Press Enter, then touch" "$out")" = 2 ]'
	/run/serve true >/dev/null
	check "with server_keys a stranger's su asks first" \
	    ssh_in mallory /run/su
	check "... and one touch of hers lets them in: so it is off" \
	    said 'IN-AS-demo'
	/run/serve false >/dev/null
}

# What they leave behind is known by its audit session.
left_behind()
{
	check "left behind, a stranger's su makes no key blink" \
	    dark eval 'ssh_in mallory "/run/hide 2"; hidden'
	check "... and is told why not" refused
	check "its session was over" \
	    eval 'ls -d /run/aas/sessions/*.closed-*'
}

# --- who sits here ------------------------------------------------------------

locals()
{
	softkey plug blue mode=0666 >/dev/null 2>&1 || :
	check "she signs in at the console: sudo" console /run/sudo
	check "... takes her key" said 'IN-AS-root'
	check "... and asks nothing before" not said 'Press Enter'
	ssh_in mallory "'sleep 30'" &
	job=$!
	rig_until pgrep -u mallory -x sleep >/dev/null
	check "while somebody is here by SSH: sudo at the console" \
	    console /run/sudo
	check "... takes her key" said 'IN-AS-root'
	echo damaged >/run/aas/sessions/0123456789abcdef
	check "a damaged line of the ledger is not hers: sudo at the console" \
	    console /run/sudo
	check "... takes her key" said 'IN-AS-root'
	rm /run/aas/sessions/0123456789abcdef
	pkill -u mallory -x sleep
	wait "$job" || :
	check "su of root's own job asks nobody for a key" \
	    su demo -c true
}

rig_demo >/dev/null
rig_user mallory 'battery staple'
scripts
rig_enroll demo
settings false
softkey plug blue mode=0666 >/dev/null
strangers
locals
for service in sshd login; do
	echo 'session required pam_loginuid.so' >>"/etc/pam.d/$service"
done
strangers
if grep -qx 4294967295 /proc/self/sessionid &&
    [ -w /proc/self/loginuid ]; then
	left_behind
fi
locals
[ "$failed" -eq 0 ] || tail -n 40 "$rig_log"
exit "$failed"

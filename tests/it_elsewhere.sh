#!/bin/bash
# it_elsewhere.sh: sudo in a session from another machine, by each word of the
# setting "sudo", with real sshd, ssh and sudo.
# shellcheck disable=SC2016,SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

# settings WORD REAUTH SERVER_KEYS [UV]
settings()
{
	rig_settings <<-CONF
	realm = "demo.example";
	uv = "${4:-discouraged}";
	sudo = "$1";
	reauth = "$2";
	server_keys = $3;
	required_users = [ "demo" ];
	required_from = "2020-01-01T00:00:00Z";
	timeout = "20s";
	CONF
}

scripts()
{
	cat >/run/sudo <<-'SH'
	#!/bin/sh
	sleep "${1:-0}"
	sudo sh -c 'echo IN-AS-$(id -un)'
	SH
	# The same, out of every session of sshd's, while another is open.
	cat >/run/hide <<-'SH'
	#!/bin/sh
	rm -f /tmp/hidden
	setsid -f sh -c 'sleep 1; script -qec /run/sudo /dev/null \
	    >/tmp/hiding 2>&1; mv /tmp/hiding /tmp/hidden' \
	    >/dev/null 2>&1 </dev/null
	SH
	cat >/run/su <<-'SH'
	#!/bin/sh
	su demo -c 'echo IN-AS-$(id -un)'
	SH
	cat >/run/twice <<-'SH'
	#!/bin/sh
	/run/sudo; /run/sudo
	SH
	cat >/run/extend <<-'SH'
	#!/bin/sh
	sleep 2.2; aasctl extend; /run/sudo
	SH
	chmod 755 /run/sudo /run/hide /run/su /run/twice /run/extend
}

# by_key CMD: demo by SSH with her key 'blue'.
by_key()
{
	: >"$rig_log"
	timeout 60 expect "$talk" 40 "ssh -F none -tt -i /run/blue \
	    -o IdentitiesOnly=yes -o PreferredAuthentications=publickey \
	    demo@localhost $1" 'PIN for [^\r\n]*: ?$' 271828 \
	    'Press Enter, then touch [^\r\n]*: $' '' >"$out" 2>&1 || :
}

# An agent where she is, which knows her PIN and holds 'blue'.
agent()
{
	printf '#!/bin/sh\necho 271828\n' >/run/askpass
	chmod 755 /run/askpass
	SSH_ASKPASS=/run/askpass SSH_ASKPASS_REQUIRE=force \
	    ssh-agent -a "$1" >/dev/null
	[ "${2:-}" = empty ] || SSH_AUTH_SOCK=$1 ssh-add -q /run/blue
}

# by_agent CMD [AGENT]: she signs in by her agent, and lends it to the host.
by_agent()
{
	: >"$rig_log"
	timeout 60 expect "$talk" 40 "env SSH_AUTH_SOCK=${2:-/run/agent} \
	    ssh -F none -tt -A -i /run/blue -o IdentitiesOnly=yes \
	    -o PreferredAuthentications=publickey demo@localhost $1" \
	    'PIN for [^\r\n]*: ?$' 271828 >"$out" 2>&1 || :
}

mallory()
{
	: >"$rig_log"
	timeout 60 expect "$talk" 40 "ssh -F none -tt \
	    -o PreferredAuthentications=keyboard-interactive \
	    mallory@localhost $1" 'Password: ?$' 'battery staple' \
	    'Press Enter, then touch [^\r\n]*: $' '' >"$out" 2>&1 || :
}

logged()
{
	grep -q "phase=auth.*service=\"sudo\".*$1" "$rig_log"
}

refused()
{
	not said 'IN-AS-' && logged "reason=$1"
}

fresh()
{
	settings fresh-sign-in 5m false
	check "fresh-sign-in: by her key a moment ago" blinked 1 by_key /run/sudo
	check "... sudo asks for nothing more" said 'IN-AS-root'
	check "... and the log says by what" logged 'within=sign-in key=blue'
	check "... which leaves no window" eval \
	    '[ -z "$(find /run/aas/reauth -type f 2>/dev/null)" ]'
	settings fresh-sign-in 2s false
	check "too long ago" blinked 1 by_key "'/run/sudo 2.2'"
	check "... is refused" refused not-fresh
	check "another user's fresh sign-in" blinked 0 mallory /run/su
	check "... is none of hers" eval \
	    "not said IN-AS- && said '\[remote-elevation\]'"
	settings fresh-sign-in 5m false
	check "what she left behind in another session" by_key /run/hide
	rig_until test -e /tmp/hidden
	cp /tmp/hidden "$out"
	check "... has nothing of that sign-in, which is over" \
	    not logged within=sign-in
	settings fresh-sign-in 5m false required
	check "a PIN is asked for: her sign-in had one, by policy" \
	    by_key /run/sudo
	check "... which does" said IN-AS-root
}

others()
{
	settings deny 5m true
	check "deny: with her key, and keys of this host in use" \
	    blinked 1 by_key /run/sudo
	check "... is refused" refused remote-elevation
	check "deny: a stranger's su, too" blinked 0 mallory /run/su
	check "... is refused" not said 'IN-AS-'
	settings local-key 5m false
	check "local-key: a key plugged in here" blinked 2 by_key /run/sudo
	check "... is asked for, and does" said 'IN-AS-root'
	check "local-key: not for a stranger's su" blinked 0 mallory /run/su
	check "... which is refused" eval \
	    "not said IN-AS- && said '\[remote-elevation\]'"
}

agents()
{
	agent /run/agent
	agent /run/empty empty
	settings agent 5m true required
	check "agent: a key behind her SSH agent" by_agent /run/twice
	check "... is asked, and does, twice" eval \
	    '[ "$(grep -ca IN-AS-root "$out")" = 2 ]'
	check "... the log says by what" logged 'by=agent key=blue'
	check "... and the second time needs nothing" \
	    logged 'within=reauth key=blue'
	check "without an agent" by_key /run/sudo
	check "... it is refused, whatever is plugged in" refused ssh-agent
	check "an agent that does not have the key" \
	    by_agent /run/sudo /run/empty
	check "... is refused" refused ssh-agent
	chmod 755 /run
	chmod 777 /run/agent
	check "an agent of another user's" \
	    by_key "'SSH_AUTH_SOCK=/run/agent /run/sudo'"
	check "... is not even called" refused ssh-agent
	chmod 600 /run/agent
	softkey set blue touch=deny >/dev/null
	check "without a touch" by_key "'SSH_AUTH_SOCK=/no /run/sudo'"
	softkey set blue touch=auto >/dev/null
	check "... nothing" not said 'IN-AS-'
	settings fresh-sign-in 2s false required
	check "too long ago, and extended by her agent" by_agent /run/extend
	check "... which is said" said 'goes on for 12 hours 0 minutes'
	check "... sudo does not take that for a sign-in" refused not-fresh
}

rig_demo >/dev/null
rig_user mallory 'battery staple'
scripts
rig_enroll demo
rig_export_key demo blue
install -d -o demo -m 700 /home/demo/.ssh
install -o demo -m 600 /run/blue.pub /home/demo/.ssh/authorized_keys
settings fresh-sign-in 5m false
softkey plug blue mode=0666 >/dev/null
fresh
others
agents
[ "$failed" -eq 0 ] || tail -n 40 "$rig_log"
exit "$failed"

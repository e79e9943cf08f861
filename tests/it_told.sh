#!/bin/bash
# it_told.sh: what real programs leave in the log and show to people: sshd,
# whose processes are several, an exemption once for a sign-in; sudo, which
# hides what modules say, a refusal where it can be told to.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

# --- an exemption, once for a sign-in -----------------------------------------

# uses SERVICE: how many events of it are in the log.
uses()
{
	grep -c "event=exempt-used.*service=\"$1\"" "$rig_log" || :
}

# once SERVICE CMD...: CMD lets somebody in, and there is one event more.
once()
{
	local service=$1 before

	shift
	before=$(uses "$service")
	"$@" || return 1
	# The log is written by another process.
	rig_until more "$service" "$before"
	sleep 0.3
	echo "$before event(s) before, $(uses "$service") now"
	[ "$(uses "$service")" -eq $((before + 1)) ]
}

more()
{
	[ "$(uses "$1")" -gt "$2" ]
}

# ssh_by METHODS: demo, by these; typed are her password and, if $wrong says
# so, two others before it.
ssh_by()
{
	local wrong=${wrong:-0}

	echo "$wrong" >/run/wrong
	cat >/run/askpass <<-'SH'
	#!/bin/sh
	n=$(cat /run/wrong)
	if [ "$n" -gt 0 ]; then
		echo $((n - 1)) >/run/wrong
		echo "not it"
	else
		echo "correct horse"
	fi
	SH
	chmod 755 /run/askpass
	SSH_ASKPASS=/run/askpass SSH_ASKPASS_REQUIRE=force timeout 40 \
	    ssh -F none -i /root/plain -o IdentitiesOnly=yes \
	    -o PreferredAuthentications="$1" -o NumberOfPasswordPrompts=3 \
	    demo@localhost "echo in:\$USER" >"$out" 2>&1 </dev/null || :
	grep -q '^in:demo$' "$out"
}

sshd_again()
{
	kill -HUP "$(cat /run/sshd.pid)"
	sleep 0.3
	rig_until ssh-keyscan localhost >/dev/null 2>&1
}

exempted()
{
	ssh-keygen -q -t ed25519 -N '' -f /root/plain
	install -d -m 700 -o demo -g demo /home/demo/.ssh
	install -m 600 -o demo -g demo /root/plain.pub \
	    /home/demo/.ssh/authorized_keys
	cat >/etc/aas/policy.conf <<-'CONF'
	rules = ( { name = "machine"; users = [ "demo" ]; exempt = true;
	  services = [ "sshd", "login", "su", "sudo" ]; } );
	CONF
	chmod 644 /etc/aas/policy.conf
	aasctl policy build >/dev/null
	check "by a public key: one event" once sshd ssh_by publickey
	check "by a password: one event" once sshd ssh_by keyboard-interactive
	wrong=2 check "by the third password: one event" \
	    once sshd ssh_by keyboard-interactive
	check "after two others for certain" test "$(cat /run/wrong)" = 0
	printf 'AuthenticationMethods publickey,keyboard-interactive\n' \
	    >>/etc/ssh/sshd_config
	sshd_again
	check "by a key and a password: one event" \
	    once sshd ssh_by publickey,keyboard-interactive
	sed -i -e '/^AuthenticationMethods/d' -e '/^PasswordAuth/d' \
	    /etc/ssh/sshd_config
	printf 'PasswordAuthentication yes\n' >>/etc/ssh/sshd_config
	sshd_again
	check "by sshd's own password: one event" once sshd ssh_by password
	wrong=1 check "by the second of those: one event" \
	    once sshd ssh_by password
	check "su: one event" once su as demo "su demo -c true"
	check "sudo: one event" once sudo as demo "sudo true"
}

# exempt_ssh [MORE]: sshd is, for demo.
exempt_ssh()
{
	cat >/etc/aas/policy.conf <<-CONF
	rules = ( { name = "machine"; users = [ "demo" ]; exempt = true; ${1-}
	  services = [ "sshd" ]; } );
	CONF
	aasctl policy build >/dev/null
}

foretold()
{
	aasctl why demo --service sshd --from 192.0.2.1 >"$out" 2>&1 || :
	said '^outcome: *key'
}

# sshd takes a public key without asking us: who has keys is let in by them, or
# by an exemption that says break_glass, and from no locked or damaged record.
keeps_out()
{
	local record

	rig_keys
	rig_aasd
	rig_enroll demo
	record=/var/lib/aas/records/$(id -u demo)
	exempt_ssh
	rig_sshd
	check "exempt, with keys: not by another key" not ssh_by publickey
	check "and is told why" said '\[no-ticket\]'
	check "as was foretold" foretold
	exempt_ssh 'break_glass = true;'
	check "with break_glass: by that key" ssh_by publickey
	cp -a "$record" /run/record
	printf 'x' | dd of="$record" bs=1 seek=40 conv=notrunc 2>/dev/null
	check "with break_glass: from a damaged record, too" ssh_by publickey
	exempt_ssh
	check "without it: not" not ssh_by publickey
	check "and is told why" said '\[record-broken\]'
	cp -a /run/record "$record"
	softkey plug blue mode=0666
	check "she locks her account" expect "$talk" 30 \
	    "setpriv --reuid=demo --regid=demo --init-groups aasctl lock" \
	    'PIN[^\r\n]*: $' '271828'
	softkey unplug blue
	check "exempt, and locked: not" not ssh_by publickey
	check "and is told why" said '\[locked\]'
}

# as USER CMD: on a terminal, with her password.
as()
{
	expect "$talk" 30 \
	    "setpriv --reuid=$1 --regid=$1 --init-groups $2" \
	    '[Pp]assword[^\r\n]*: $' 'correct horse' >"$out" 2>&1
}

# --- sudo says why ------------------------------------------------------------

silent()
{
	not as demo "sudo true" && not said '\[policy-deny\]'
}

tells()
{
	not as demo "sudo true" && said 'rule no-sudo.*\[policy-deny\]'
}

# what a sudo does that knows the setting; one that does not must not be told.
sudo_says()
{
	cat >/etc/aas/policy.conf <<-'CONF'
	rules = ( { name = "no-sudo"; services = [ "sudo" ]; deny = true; } );
	CONF
	aasctl policy build >/dev/null
	install -m 440 "$top/conf/sudoers.d/aas" /etc/sudoers.d/aas
	check "the settings for sudo are such" visudo -cqf /etc/sudoers.d/aas
	check "without them sudo refuses and says nothing of why" silent
	check "... but the log does" grep -q \
	    'verdict=deny.*service="sudo" rule=no-sudo reason=policy-deny' \
	    "$rig_log"
	aasctl why demo --service sudo >"$out" 2>&1 || :
	check "... and aasctl why" said '\[policy-deny\]'
	sed -i 's/^#\(Defaults !pam_silent\)/\1/' /etc/sudoers.d/aas
	check "the setting is in the file" \
	    grep -q '^Defaults !pam_silent' /etc/sudoers.d/aas
	if visudo -cqf /etc/sudoers.d/aas 2>/dev/null; then
		check "told to, sudo says why" tells
	else
		# Before 1.9.16: it goes on as before, but complains.
		check "a sudo that does not know it stays silent" silent
		check "... and complains" said 'unknown defaults entry'
	fi
}

# --- the host -----------------------------------------------------------------

getent group aas >/dev/null || groupadd --system aas
rig_user demo 'correct horse'
rig_stack sshd login sudo su
echo 'demo ALL=(ALL) ALL' >/etc/sudoers.d/demo
chmod 440 /etc/sudoers.d/demo
install -m 440 "$top/conf/sudoers.d/aas" /etc/sudoers.d/aas
rig_settings <<'CONF'
realm = "demo.example";
CONF
rig_sshd
exempted
sudo_says
keeps_out
exit "$failed"

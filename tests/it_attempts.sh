#!/bin/bash
# it_attempts.sh: a million refused sign-ins from as many addresses.  They take
# no room, the owner signs in where each sign-in has to be told, and hears of
# them by one alert, with their sum and where most came from; of more of them
# by another one, an hour later.
# AAS_ATTEMPTS, AAS_BY_MODULE, AAS_BY_SSHD: other numbers.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
obj=${AAS_TOP_BUILDDIR:-/build}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_crowds=yes rig_alone "$@"

# For each of three users, one of whom nobody is.
ring=$((${AAS_ATTEMPTS:-1000000} / 3))
many=1000	# of them from one address more
module=${AAS_BY_MODULE:-2000}
sshd=${AAS_BY_SSHD:-60}
ghost=70001
notify=/usr/libexec/aas/aas-notify
spool=/var/spool/aas
spray=$obj/tests/spray
got=/run/got
mkdir -m 0777 "$got"
getent group aas >/dev/null || groupadd --system aas
getent passwd aas-notify >/dev/null ||
    useradd --system --no-create-home --shell /usr/sbin/nologin aas-notify
rig_user demo 'correct horse'
rig_user other 'correct horse'
rig_stack sshd login

cat >/run/sendmail <<-'SH'
	#!/bin/sh
	exec cat >"/run/got/mail-$$"
SH
cat >/run/prog <<-'SH'
	#!/bin/sh
	exec cat >>/run/got/taken
SH
chmod 0755 /run/sendmail /run/prog

# rule LINE...: with these rules for demo and other.
rule()
{
	printf 'rules = ( { name = "told"; users = [ "demo", "other" ]; %s } );\n' \
	    "$1" >/etc/aas/policy.conf
	chmod 0644 /etc/aas/policy.conf
	aasctl policy build >/dev/null
}

rig_settings <<-'CONF'
	realm = "demo.example";
	alerts = {
	  mail = { to = [ "owner@example.org" ]; from = "aas@example.org";
	      sendmail = "/run/sendmail"; };
	  exec = ( { argv = [ "/run/prog" ]; } );
	  journal = false; syslog = false; terminals = false;
	};
CONF
rule 'deny = true;'
# Makes what is made once; what is told of the new policy is over.
at_rest()
{
	[ -z "$(find "$spool/new" "$spool/queue" -type f)" ] &&
	    not pgrep -x aas-notify >/dev/null
}
"$notify"
rig_until at_rest

room()
{
	du -s --block-size=1 "$spool" | cut -f 1
	find "$spool" | sort
}
before=$(room)

# Its unit starts also where one of them is not there yet.
unit()
{
	grep '^ReadWritePaths=' "$1" | cut -d = -f 2 | tr ' ' '\n' >/run/paths
	test -s /run/paths && not grep -v '^-/' /run/paths
}
check 'the unit of the notifier needs no path to be there' \
    unit "$(find /usr/lib/systemd /lib/systemd /build/conf/systemd \
    -name aas-notify.service 2>/dev/null | head -n 1)"

# --- from everywhere ------------------------------------------------------------

rig_sshd
printf 'MaxStartups 1000\nLoginGraceTime 60\n' >>/etc/ssh/sshd_config
kill "$(cat /run/sshd.pid)"
rig_until not pgrep -x sshd >/dev/null
rm -f /run/sshd.pid
/usr/sbin/sshd
rig_until test -s /run/sshd.pid
printf '#!/bin/sh\necho wrong\n' >/run/askpass
chmod 0755 /run/askpass
export SSH_ASKPASS=/run/askpass SSH_ASKPASS_REQUIRE=force

# by_sshd: a connection each from an address of its own, IPv4 and IPv6.
by_sshd()
{
	local i pids=() addr from user

	for ((i = 1; i <= sshd; i++)); do
		addr=127.0.0.1 from=127.9.$((i / 200)).$((i % 200 + 1))
		user=demo
		if [ $((i % 3)) -eq 0 ]; then
			from=fd00::$(printf %x "$i") addr=::1
			ip -6 addr add "$from/128" dev lo nodad
		fi
		# One whom nobody knows is no account's attempt.
		[ $((i % 10)) -ne 0 ] || user=nobody-knows
		timeout 60 ssh -F none -b "$from" -o NumberOfPasswordPrompts=1 \
		    -o PreferredAuthentications=keyboard-interactive \
		    -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		    "$user@$addr" true </dev/null >/dev/null 2>"$out" &
		pids+=($!)
		if [ "${#pids[@]}" -ge 8 ]; then
			not wait "${pids[0]}" || return 1
			pids=("${pids[@]:1}")
		fi
	done
	for i in "${pids[@]}"; do
		not wait "$i" || return 1
	done
}
refused()
{
	grep -c 'verdict=deny .*user="demo"' "$rig_log" || :
}
# A machine that is busy may have dropped some before.
check "$sshd connections to sshd are refused" by_sshd
sleep 0.5
known=$(refused)
check "by the module: $known of a user who is known" \
    test "$known" -gt $((sshd / 2))
check "$module attempts on each of three through the module" \
    timeout 300 "$spray" module sshd "$module" demo other nobody-knows
check "$ring from as many addresses on each of three" \
    timeout 500 "$spray" ring "$spool" "$ring" demo other "$ghost"
check "and they have taken no room" test "$before" = "$(room)"

# --- the owner ------------------------------------------------------------------

rule 'require = "enrolled"; from = "2099-01-01T00:00:00Z"; alert = "required";'
printf '#!/bin/sh\necho correct horse\n' >/run/askpass
enters()
{
	timeout 60 ssh -F none -o NumberOfPasswordPrompts=1 \
	    -o PreferredAuthentications=keyboard-interactive \
	    demo@localhost echo in >"$out" 2>&1 </dev/null
	said '^in'
}
check 'a sign-in that has to be told is let in' enters

settled()
{
	[ -z "$(find "$spool/new" "$spool/queue" -type f ! -name '.*')" ] &&
	    grep -q '"type":"attempts"' "/var/lib/aas/alerts/$(id -u demo)"
}
check 'which starts the notifier, that tells all' rig_until settled
rig_aasd

as_demo()
{
	setpriv --reuid=demo --regid=demo --init-groups "$@"
}

# told USER N...: the alerts of attempts are these, and say where from.
told()
{
	local who=$1

	shift
	if [ "$who" = demo ]; then
		as_demo aasctl --json alerts
	else
		cat "/var/lib/aas/alerts/$who"
	fi >/run/alerts
	/usr/bin/python3 - "$who" "$@" <<-'PY'
	import json, sys
	who, want = sys.argv[1], [int(n) for n in sys.argv[2:]]
	text = open("/run/alerts").read()
	if who == "demo":
	    d = json.loads(text)
	    assert d["wrong"] == 0, d["wrong"]
	    alerts = d["alerts"]
	else:
	    alerts = [json.loads(l) for l in text.splitlines()]
	a = [x for x in alerts if x["type"] == "attempts"]
	assert [x["count"] for x in a] == want, ([x["count"] for x in a], want)
	for x in a:
	    assert len(json.dumps(x)) < 4352, len(json.dumps(x))
	    assert x["first"] <= x["last"] and x["service"] == "sshd", x
	assert "most from 203.0.113.66 (1000)" in a[0]["text"], a[0]
	assert a[0]["rhost"] == "203.0.113.66", a[0]
	PY
}
sum=$((known + module + ring + many))
check 'she is told once, of how many, and where most came from' told demo "$sum"
check 'so is who did not sign in' \
    told "$(id -u other)" $((module + ring + many))
check 'and nobody of whom nobody is' told "$ghost" $((ring + many))
check 'no alert is missing' as_demo aasctl alerts verify
as_demo aasctl alerts >"$out"
check 'a person can read it' said \
    \
    "attempts +sshd +$sum times from 203\.0\.113\.66: most from 203\.0\.113\.66 \(1000\)"

in_the_mail()
{
	local f n=0

	for f in "$got"/mail-*; do
		! grep -q 'attempts.*demo' "$f" || ! grep -q "$sum" "$f" ||
		    ! grep -q '203\.0\.113\.66 (1000)' "$f" || n=$((n + 1))
	done
	echo "$n of it in $(find "$got" -name 'mail-*' | wc -l) mails"
	[ "$n" -eq 1 ]
}
check 'one mail says so' in_the_mail
check 'and one call of a program' test \
    "$(grep -c "\"type\":\"attempts\".*\"user\":\"demo\".*\"count\":$sum," "$got/taken")" -eq 1

# --- and again ------------------------------------------------------------------

more=5000
check 'more of them' "$spray" ring "$spool" "$more" demo
"$notify"
check 'are not told within the hour' told demo "$sum"
"$spray" age "$spool" 3500 demo
"$notify"
check 'not at its end' told demo "$sum"
# What cannot be kept is not forgotten, nor does it wait for another hour.
"$spray" age "$spool" 3601 demo
mount --bind -o ro /var/lib/aas /var/lib/aas 2>/dev/null
mount -o remount,bind,ro /var/lib/aas
"$notify" || :
umount /var/lib/aas
check 'nor where they cannot be kept' told demo "$sum"
# aasd may have started one, which has the lock.
then_told()
{
	"$notify"
	told demo "$sum" $((more + many)) 2>/dev/null
}
check 'but then, and none is lost' rig_until then_told
check 'no alert is missing' as_demo aasctl alerts verify
"$notify"
check 'and once' told demo "$sum" $((more + many))

# --- a chain that is damaged ----------------------------------------------------

chain=/var/lib/aas/alerts/$(id -u demo)
last=$(wc -l <"$chain")
echo '{"number":1' >>"$chain"
check 'with a damaged file of her alerts a sign-in is let in' enters
check 'and told' rig_until grep -qs '"type":"sign-in"' "$chain"
check 'so is the damage, to her' rig_until grep -qs alerts-damaged "$chain"
check 'and to root' rig_until grep -qs alerts-damaged /var/lib/aas/alerts/0
check 'no number is given twice' test "$last" -lt \
    "$(sed -n '1s/^{"number":\([0-9]*\).*/\1/p' "$chain")"
says_so()
{
	not as_demo aasctl alerts verify 2>"$out" &&
	    said 'an alert stood in a file that was damaged and put aside'
}
check 'aasctl alerts verify says so' says_so
rm "$chain.damaged.1"
check 'until root has removed it' as_demo aasctl alerts verify
exit "$failed"

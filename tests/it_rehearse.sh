#!/bin/bash
# it_rehearse.sh [big]: what aasctl rehearse foretells is what happens.  A
# population and rules about it are made up; then each user signs in at each
# service, in real PAM transactions with the module in real stacks, and each
# answer is held against what was foretold: today, and on a day to come.
#
# "big": 10,000 users and 12 services; a thousand of them, at random, sign in.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

pamtx=/build/tests/bench/pamtx
[ -x "$pamtx" ] || make -s -C /build tests/bench/pamtx >/dev/null
[ -x "$pamtx" ] || rig_skip "pamtx is not built"

users=200 some=400
services=(sshd login sudo cron ftp batch)
if [ "${1:-}" = big ]; then
	users=10000 some=1000
	services+=(su web mail vpn store print)
fi
seed=${AAS_SEED:-7}
late=2031-06-01T00:00:00Z

# Groups g0 to g9, each user in two of them.
people()
{
	awk -v n="$users" -v seed="$seed" 'BEGIN {
		srand(seed)
		for (i = 1; i <= n; i++) {
			u = sprintf("p%05d", i)
			printf "%s:x:%d:%d::/:/bin/sh\n", u, 20000 + i,
			    20000 + i >>"/etc/passwd"
			printf "%s:*:19000:0:99999:7:::\n", u >>"/etc/shadow"
			a = int(rand() * 10); b = int(rand() * 10)
			m[a] = m[a] "," u
			if (b != a) { m[b] = m[b] "," u }
		}
		for (g = 0; g < 10; g++)
			printf "g%d:x:%d:%s\n", g, 50000 + g,
			    substr(m[g], 2) >>"/etc/group"
	}'
}

# Rules of every kind for the groups, and many for single users.
rules()
{
	cat <<-'RULES'
	rules = (
	{ name = "past"; groups = [ "g1" ]; require = "enrolled";
	  from = "2020-01-01T00:00:00Z"; },
	{ name = "to-come"; groups = [ "g2" ]; require = "enrolled";
	  from = "2031-01-01T00:00:00Z"; },
	{ name = "no-ftp"; groups = [ "g3" ]; services = [ "ftp" ]; deny = true; },
	{ name = "warned"; groups = [ "g4" ]; mode = "warn"; require = "enrolled"; },
	{ name = "observed"; groups = [ "g5" ]; mode = "observe"; deny = true; },
	{ name = "not-from-outside"; groups = [ "g6" ]; origin = "remote";
	  deny = true; },
	{ name = "always"; groups = [ "g7" ]; services = [ "login", "web" ];
	  hours = [ "Mon-Sun 00:00-24:00" ]; require = "enrolled"; },
	{ name = "grace"; groups = [ "g8" ]; require = "enrolled"; grace = "7d"; },
	{ name = "lent"; users = [ "lent" ]; require = "enrolled"; grace = "7d"; },
	{ name = "network"; groups = [ "g9" ]; networks = [ "192.0.2.0/24" ];
	  deny = true; },
	{ name = "robot"; users = [ "p00001", "p00002", "p00003", "p00004" ];
	  services = [ "batch" ]; exempt = true; },
	{ name = "glass"; users = [ "demo" ]; services = [ "batch" ];
	  exempt = true; break_glass = true; }
	RULES
	awk -v n="$users" -v seed="$seed" -v s="${services[*]}" 'BEGIN {
		srand(seed + 1)
		k = split(s, service, " ")
		split("enforce warn observe", mode, " ")
		what[0] = "deny = true;"
		what[1] = "require = \"enrolled\";"
		what[2] = "session = \"1h\";"
		for (i = 1; i <= n; i++) {
			printf ",\n{ name = \"r%d\"; ", i
			printf "users = [ \"p%05d\" ]; ", 1 + int(rand() * n)
			printf "services = [ \"%s\" ]; ",
			    service[1 + int(rand() * k)]
			printf "mode = \"%s\"; ", mode[1 + int(rand() * 3)]
			printf "%s }", what[int(rand() * 3)]
		}
		print "\n);"
	}'
}

stacks()
{
	local service

	for service; do
		cat >"/etc/pam.d/$service" <<-'STACK'
		auth	[success=done ignore=ignore user_unknown=ignore default=die]	pam_aas.so aas1
		auth	required	pam_permit.so
		account	[success=ok new_authtok_reqd=ok ignore=ignore user_unknown=ignore default=die]	pam_aas.so aas1
		account	required	pam_permit.so
		session	required	pam_aas.so aas1
		session	required	pam_permit.so
		STACK
	done
}

# Records that nobody can trust: torn, and gone though this host has seen it.
damage()
{
	local dir=/var/lib/aas

	install -m 0640 -g aas /dev/null "$dir/records/20011"
	printf 'aas1 x y\n' >"$dir/records/20011"
	install -m 0640 -g aas "$dir/pins/$(id -u demo)" "$dir/pins/20012"
}

# The user "big" of /etc/passwd, whose uid is not one that we let in.
wrong_uid()
{
	local phase

	getent passwd big >/dev/null || return 1
	for phase in a c s; do
		not "$pamtx" -v -p "$phase" -s batch big >/run/big 2>&1 ||
		    return 1
		grep -q '\[uid\]' /run/big || return 1
	done
	not aasctl why big --service batch >/run/big 2>&1 &&
	    grep -q '\[uid\]' /run/big
}

# real USER SERVICE OUTCOME REASON: the same in a PAM transaction; says what
# differs.  Nobody answers: who needs a key is let in by no auth phase, and the
# account phase is asked alone.  cron authenticates nobody.
real()
{
	local phases=acs rc=0 text got

	[ "$2" != cron ] || phases=cs
	if [ "$3" = key ]; then
		phases=c
		if text=$("$pamtx" -v -p a -s "$2" "$1" 2>&1); then
			printf '%s at %s: let in without a key: %s\n' "$1" \
			    "$2" "$text"
			return 1
		fi
	fi
	text=$("$pamtx" -v -p "$phases" -s "$2" "$1" 2>&1) || rc=$?
	case $text in
	*"would be refused"*|*"will be required"*) got=warned ;;
	*) got=in ;;
	esac
	[ "$rc" -eq 0 ] || got=denied
	case $3,$got in
	denied,denied)
		case $4,$text in
		*"[$4]"*|enroll-now,*"You can add them now"*) return 0 ;;
		esac ;;
	key,in|in,in|warned,warned)
		return 0 ;;
	esac
	printf '%s at %s: foretold %s [%s], but: %s\n' "$1" "$2" "$3" "$4" \
	    "$text"
	return 1
}

# agree FILE: every line of it, or some at random, happens.
agree()
{
	local outcome user service reason n=0 bad=0

	while read -r outcome user service reason _; do
		real "$user" "$service" "$outcome" "$reason" || bad=$((bad + 1))
		n=$((n + 1))
	done < <(grep -E '^(denied|warned|key|in) ' "$1" |
	    shuf -n "$some" --random-source=<(yes "$seed"))
	printf '%d transactions, %d differ\n' "$n" "$bad" | tee /run/agreed
	[ "$n" -ge 100 ] && [ "$bad" -eq 0 ]
}

# has FILE OUTCOME: it is not all the same.
has()
{
	grep -q "^$2 " "$1"
}

people
rig_user demo demo
rig_user lent lent
stacks "${services[@]}"
rm -f /etc/pam.d/chfn
printf 'auth required pam_permit.so\n' >/etc/pam.d/chfn
rig_settings <<-'CONF'
realm = "demo.example";
timeout = "5s";
exempt_services = [ "cron" ];
CONF
rig_keys
rig_aasd
rig_enroll demo >/run/enroll.log 2>&1 || cat /run/enroll.log
rules >/etc/aas/policy.conf
chmod 644 /etc/aas/policy.conf
check "the rules are built" aasctl policy build
damage

# --- today --------------------------------------------------------------------

args=()
for service in "${services[@]}"; do
	args+=(--service "$service")
done
start=${EPOCHREALTIME/./}
rc=0
aasctl rehearse --all "${args[@]}" >/run/today 2>/run/today.err || rc=$?
took=$(((${EPOCHREALTIME/./} - start) / 1000))
printf '      %d users, %d services: %d ms\n' "$(getent passwd | wc -l)" \
    "${#services[@]}" "$took"
[ "${1:-}" != big ] || check "in less than 10 s" test "$took" -lt 10000
check "somebody is denied: 3" test "$rc" -eq 3
for outcome in denied warned key in; do
	check "somebody: $outcome" has /run/today "$outcome"
done
check "today it happens as foretold" agree /run/today
check "as JSON, the same number is denied" test \
    "$(grep -c '^denied ' /run/today)" -eq \
    "$(aasctl --json rehearse "${args[@]}" |
    sed -n 's/^"at".*"denied":\([0-9]*\),"warned.*/\1/p')"
check "a service without the module is named" \
    bash -c 'aasctl rehearse --user demo | grep -q "^not covered.* chfn"'
check "nobody denied: 0" aasctl rehearse --user root --service sudo
check "an address that is none: 2" bash -c \
    'aasctl rehearse --user demo --from example.org; [ $? -eq 2 ]'
check "no such service: 4" bash -c \
    'aasctl rehearse --service no-such; [ $? -eq 4 ]'

# --- a day to come: the clock's mark says that it is there ----------------------

aasctl rehearse --all --at "$late" "${args[@]}" >/run/late 2>&1 || :
check "more are denied then" test "$(grep -c '^denied ' /run/late)" -gt \
    "$(grep -c '^denied ' /run/today)"
touch -d "$late" /var/lib/aas/clock
check "on that day it happens as foretold" agree /run/late
check "clock: decided at the mark" bash -c \
    "aasctl clock | grep -q 'decided at $late'"
check "clock: root lowers it" aasctl clock accept
check "and the log has it" rig_until grep -q 'event=clock-accepted' "$rig_log"
some=100
check "today again" agree <(grep -v ' g8 ' /run/today | grep -E '^(denied|in) ')

# --- one user -----------------------------------------------------------------

check "why: each rule, and the outcome" bash -c \
    'aasctl why p00001 --service batch >/run/why;
    grep -q "robot .*exempt .*matches" /run/why &&
    grep -q "^outcome: *in" /run/why'
check "why: a rule that does not match says by what" bash -c \
    'aasctl why demo --service batch --json | grep -q "\"missed\":\"\""'
printf 'auth required pam_deny.so\n' >/etc/pam.d/foreign
check "why: of a stack without us, what it would answer, and that it does not" \
    bash -c 'aasctl why demo --service foreign >/run/why;
    grep -q "^but: .*the stack of foreign asks" /run/why &&
    ! grep -q "not asked" /run/why'
mv /etc/pam.d/foreign /usr/lib/pam.d
cp /etc/pam.d/batch /usr/lib/pam.d/vendors
check "why: of a vendor's stack without us" bash -c \
    'aasctl why demo --service foreign | grep -q "^but: "'
check "a vendor's stack is foretold too" bash -c \
    'aasctl rehearse --user demo --all | grep -q " vendors "'
check "... if the administrator has none" bash -c \
    'cp /usr/lib/pam.d/foreign /etc/pam.d/vendors &&
    ! aasctl rehearse --user demo --all | grep -q " vendors "'
rm /etc/pam.d/vendors /usr/lib/pam.d/*
check "why: of oneself, without root" setpriv --reuid=demo --regid=demo \
    --init-groups aasctl why demo --service sudo
check "why: not of others" bash -c \
    'setpriv --reuid=demo --regid=demo --init-groups \
    aasctl why p00001; [ $? -eq 3 ]'
check "check: an enrolled account may run jobs" \
    aasctl check --user demo --service codex-runner
check "check: the same asked by itself" setpriv --reuid=demo --regid=demo \
    --init-groups aasctl check --user demo --service codex-runner
check "check: a torn record may not: 3" bash -c \
    'aasctl check --user p00011 --service codex-runner; [ $? -eq 3 ]'
check "check: nobody at all: 3" bash -c \
    'aasctl check --user no-such --service codex-runner; [ $? -eq 3 ]'
denied=$(getent group g3 | cut -d: -f4 | tr , '\n' | while read -r name; do
	! aasctl check --user "$name" --service other >/dev/null 2>&1 ||
	    { echo "$name"; break; }
done)
says_no()
{
	local rc=0

	aasctl check --user "$1" --service "$2" || rc=$?
	[ "$rc" -eq 3 ]
}
for name in FTP /etc/pam.d/ftp ../Ftp; do
	check "check: $name is what PAM makes of it" says_no "$denied" "$name"
done
check "check: no service at all: 3" says_no demo ""
check "check: nor one that is too long" says_no demo "$(printf %070d 1)"
check "check: nor one in bytes that are no text" says_no demo $'\xff'
told_in_json()
{
	aasctl --json check --user demo --service $'\xff' >/run/odd || :
	grep -q '"ok":false' /run/odd
}
check "check: told in JSON too" told_in_json
counts_once()
{
	aasctl rehearse --service batch --service batch --user demo \
	    --user demo --all >/run/twice || :
	grep -q '^1 users at ' /run/twice &&
	    [ "$(grep -c '^batch ' /run/twice)" = 1 ]
}
check "rehearse: who is named twice counts once" counts_once
seen=/var/lib/aas/seen/$(id -u lent)
rm -f "$seen"
may=(aasctl check --user lent --service codex-runner)
check "check: grace that has not begun is none" bash -c \
    'setpriv --reuid=lent --regid=lent --init-groups "$@"; [ $? -eq 3 ]' - \
    "${may[@]}"
aasctl why lent --service sudo >/run/why || :
aasctl rehearse --user lent >/run/why || :
check "why and rehearse begin none" test ! -e "$seen"
check "check: it begins when root asks" "${may[@]}"
check "check: and is remembered" test -s "$seen"
check "check: then the user's own is yes too" setpriv --reuid=lent \
    --regid=lent --init-groups "${may[@]}"
# It is as if it had never begun, and does not begin again.
damaged()
{
	said_no=$(aasctl "$@" 2>&1) && return 1
	grep -q 'enroll-now' <<<"$said_no"
}
chmod 644 "$seen" && printf 'x' >"$seen"
check "grace: a damaged beginning is none" real lent sudo denied enroll-now
check "grace: why tells so" damaged why lent --service sudo
check "grace: rehearse too" damaged rehearse --user lent --service sudo
check "grace: check too" damaged check --user lent --service sudo
check "grace: the user's own why, from aasd, too" bash -c '
    setpriv --reuid=lent --regid=lent --init-groups \
	aasctl why lent --service sudo; [ $? -eq 3 ]'
check "grace: compliance has it overdue" bash -c '
    aasctl compliance | grep -q "^overdue *lent "'
rm -f "$seen"
check "grace: it begins again when the file is gone" real lent sudo warned ok
for uid in 2147483648 4294967294 4294967295; do
	printf 'big:x:%s:%s::/:/bin/sh\n' "$uid" "$uid" >>/etc/passwd
	check "CVE-2019-14287: uid $uid is refused and told" wrong_uid
	check "rehearse: denied, uid $uid" bash -c '
	    aasctl rehearse --service batch | grep -q "^denied *big *batch *uid "'
	sed -i '/^big:/d' /etc/passwd
done
check "key: nobody is let in without one" real demo sudo key ok
glasses()
{
	grep -c 'event=break-glass .*user="demo"' "$rig_log" || :
}
# What comes after it in the log is there: so is all before.
one_more()
{
	logger -p auth.info -t mark "glass $glass"
	rig_until grep -q "mark: glass $glass" "$rig_log" &&
	    [ "$(glasses)" = $((glass + 1)) ]
}
glass=$(glasses)
check "break_glass: keys, and let in by the exemption" real demo batch in ok
check "break_glass: an event for each sign-in" one_more
check "exempt: an event" grep -q 'event=exempt-used' "$rig_log"
check "warn: in the log" grep -q 'event=would-deny mode=warn' "$rig_log"
check "observe: in the log" grep -q 'event=would-deny mode=observe' "$rig_log"
check "compliance: overdue, and 3" bash -c \
    'aasctl compliance >/run/roll; [ $? -eq 3 ] &&
    grep -q "^overdue" /run/roll && grep -q "^due" /run/roll'
standing()
{
	aasctl compliance >/run/roll || :
	grep -Eq "^$1 +$2 +.* $3\$" /run/roll ||
	    { grep -w "$2" /run/roll || :; return 1; }
}
useradd -M both
useradd -M many
for i in $(seq 2200); do echo "many$i:x:$((300000 + i)):many"; done >>/etc/group
cat >/etc/aas/policy.conf <<-'CONF'
rules = (
{ name = "all"; users = [ "both" ]; require = "enrolled"; },
{ name = "out"; users = [ "both" ]; deny = true; },
{ name = "of-group"; groups = [ "g3" ]; require = "enrolled"; } );
CONF
aasctl policy build >/dev/null
check "compliance: who is kept out is overdue all the same" \
    standing overdue both all
check "compliance: groups beyond counting: unknown" \
    standing unknown many ".*"
check "and 3" bash -c 'aasctl compliance >/dev/null; [ $? -eq 3 ]'
# one_rule REST: about both, who has no keys.
one_rule()
{
	printf 'rules = ( { name = "one"; users = [ "both" ];
	require = "enrolled"; %s } );\n' "$1" >/etc/aas/policy.conf
	aasctl policy build >/dev/null
}
# It is not that hour now.
hour=$(date +%H)
later=$(printf '%02d:00-%02d:30' $(((10#$hour + 3) % 24)) \
    $(((10#$hour + 3) % 24)))
one_rule "hours = [ \"$later\" ];"
check "compliance: at another hour" standing overdue both one
one_rule 'origin = "remote"; services = [ "login" ];'
check "compliance: from elsewhere" standing overdue both one
one_rule 'networks = [ "192.0.2.0/24" ]; services = [ "ftp" ];'
check "compliance: from a network" standing overdue both one
one_rule 'services = [ "codex-runner" ];'
check "compliance: where check alone is asked" standing overdue both one
one_rule 'origin = "remote"; services = [ "sudo" ];'
check "compliance: not where nobody is ever from elsewhere" \
    not standing overdue both one
one_rule 'services = [ "no-such" ];'
check "compliance: nor at what this host does not have" \
    not standing overdue both one
exit "$failed"

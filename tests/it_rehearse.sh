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
check "and the log has it" grep -q 'event=clock-accepted' "$rig_log"
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
    grep -q "^but: .*/etc/pam.d/foreign" /run/why &&
    ! grep -q "not asked" /run/why'
rm /etc/pam.d/foreign
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
check "key: nobody is let in without one" real demo sudo key ok
check "break_glass: keys, and let in by the exemption" real demo batch in ok
check "break_glass: always an event" grep -q 'event=break-glass' "$rig_log"
check "exempt: an event" grep -q 'event=exempt-used' "$rig_log"
check "warn: in the log" grep -q 'event=would-deny mode=warn' "$rig_log"
check "observe: in the log" grep -q 'event=would-deny mode=observe' "$rig_log"
check "compliance: overdue, and 3" bash -c \
    'aasctl compliance >/run/roll; [ $? -eq 3 ] &&
    grep -q "^overdue" /run/roll && grep -q "^due" /run/roll'
exit "$failed"

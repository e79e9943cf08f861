#!/bin/bash
# it_events.sh: what users and administrators hear of by an event is raised by
# who knows it, once for each fact, also where aasd is killed at the time: each
# line of the chain is as docs/events.schema.json has it.
# shellcheck disable=SC2317 # what check calls
# shellcheck disable=SC2154 # of lib.sh
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

notify=/usr/libexec/aas/aas-notify
chains=/var/lib/aas/alerts
ended=/run/aas/ended
spool=/var/spool/aas

# --- the chains ---------------------------------------------------------------

cat >/run/chain.py <<'PY'
# chain.py SCHEMA CHAIN count|show TYPE [FIELD=VALUE ...]: lines of that type,
# of which these hold; FIELD= is one that is left out, FIELD~RE a pattern.
import json, re, sys
schema = json.load(open(sys.argv[1]))
try:
    lines = open(sys.argv[2]).read().splitlines()
except FileNotFoundError:
    lines = []
def fits(rule, v):
    kind = {"string": str, "integer": int}.get(rule.get("type"), object)
    assert isinstance(v, kind) and not isinstance(v, bool), (rule, v)
    assert "const" not in rule or v == rule["const"], (rule, v)
    assert "enum" not in rule or v in rule["enum"], (rule, v)
    assert "pattern" not in rule or re.search(rule["pattern"], v), (rule, v)
    assert "maxLength" not in rule or len(v) <= rule["maxLength"], (rule, v)
    assert "minimum" not in rule or v >= rule["minimum"], (rule, v)
    assert "maximum" not in rule or v <= rule["maximum"], (rule, v)
ids, found = set(), []
for line in lines:
    e = json.loads(line)
    for name in schema["required"]:
        assert name in e, (name, line)
    for name, v in e.items():
        fits(schema["properties"][name], v)
    assert e["id"] not in ids, "twice: " + line
    ids.add(e["id"])
    if e["type"] != sys.argv[4]:
        continue
    for want in sys.argv[5:]:
        name, how, value = re.match("(\\w+)([=~])(.*)", want, re.S).groups()
        v = str(e.get(name, ""))
        if not (re.search(value, v) if how == "~" else v == value):
            break
    else:
        found.append(e)
print(len(found))
PY

# count USER TYPE [FIELD=VALUE ...]: how many the chain has.
count()
{
	local uid

	uid=$(id -u "$1")
	shift
	timeout 60 "$notify" --all >/dev/null 2>&1 || :
	python3 /run/chain.py "$top/docs/events.schema.json" "$chains/$uid" \
	    count "$@" 2>/run/chain.err || cat /run/chain.err
}

# has N USER TYPE [FIELD=VALUE ...]: it has that many, soon.
has()
{
	local n=$1

	shift
	local i

	for ((i = 0; i < 30; i++)); do
		is "$n" "$@" && return 0
		sleep 0.1
	done
	cat /run/chain.err
	{
		timeout 9 aasctl alerts --user "$1" | tail -n 12
		return 1
	}
}

is()
{
	[ "$(count "${@:2}")" = "$1" ]
}

# still N USER TYPE ...: also a moment later.
still()
{
	sleep 1.5
	has "$@"
}

kill_aasd()
{
	pkill -KILL -x aasd || :
	rig_until not pgrep '^aasd' >/dev/null
}

# from ADDRESS: ssh(1)'s options to come from there.
from()
{
	printf '%s' "-b $1 -o HostName=192.0.2.1 -o HostKeyAlias=localhost"
}

# gone_id ID: its line is gone.
gone_id()
{
	! compgen -G "/run/aas/sessions/$1*" >/dev/null
}

# end_all USER ...: until no line of a session of theirs is left.
end_all()
{
	local user id

	for user; do
		for id in $(aasctl --json end --all --user "$user" |
		    grep -oE '[0-9a-f]{16}'); do
			rig_until gone_id "$id"
		done
	done
}

# id_of USER: of the only session.
id_of()
{
	aasctl --json sessions --all | python3 -c '
import json, sys
one, = [s for s in json.load(sys.stdin)["sessions"] if s["user"] == sys.argv[1]]
print(one["id"])' "$1"
}

# --- sessions -----------------------------------------------------------------

ends()
{
	local id

	session_settings 'session = "5s";'
	sign_in limit demo
	id=$(id_of demo)
	check "a session reaches its limit" session_dies limit
	check "its user hears of it, once" \
	    has 1 demo session-ended "session=$id" why=limit by= "uid=$(id -u demo)" \
	    user=demo service=sshd via=keys key=blue text~time
	session_settings
	sign_in admin demo
	id=$(id_of demo)
	check "an administrator ends one" aasctl end "$id"
	session_dies admin
	check "its user hears by whom" \
	    has 1 demo session-ended "session=$id" why=asked by=root
	sign_in own other
	sign_in other other
	check "a user ends another one of hers" \
	    within own aasctl end --others
	session_dies other
	check "hears of it, and of nobody else" \
	    has 1 other session-ended why=asked by=
	check "a session ends by itself" pkill -f '^/bin/bash /run/serve own'
	session_dies own
	check "is none that was ended" still 1 other session-ended
	check "no note is left" test -z "$(ls "$ended")"
}

no_notes()
{
	[ -z "$(ls "$ended")" ]
}

# What is killed between a session's end and its event, or its number.
killed()
{
	local id line note

	sign_in kill demo
	id=$(id_of demo)
	line=$(readlink "/run/aas/sessions/$id")
	# The notifier does not run, and nothing can be kept.
	chown other "$spool/new"
	aasctl end "$id"
	rig_until gone_id "$id"
	check "what cannot be kept stays a note" \
	    test -L "$ended/$id.asked.root"
	note=$(readlink "$ended/$id.asked.root")
	check "which has the line" test "$note" = "$line"
	kill_aasd
	chown root "$spool/new"
	rig_aasd
	check "the next aasd tells it" \
	    has 1 demo session-ended "session=$id" why=asked by=root
	rig_until test ! -L "$ended/$id.asked.root"
	# As of a front that was killed before it removed the note.
	kill_aasd
	ln -s "$note" "$ended/$id.asked.root"
	rig_aasd
	check "a note that is seen again goes" \
	    rig_until test ! -L "$ended/$id.asked.root"
	check "and is told under the same id" still 1 demo session-ended \
	    "session=$id"
	ln -s '{' "$ended/$id.asked.root"
	ln -s "$note" "$ended/junk"
	check "what is no note goes" rig_until no_notes
	for pause in 0.1 0.4 1.0; do
		sign_in "k$pause" demo
		id=$(id_of demo)
		aasctl end "$id"
		sleep "$pause"
		kill_aasd
		rig_aasd
		check "aasd killed after $pause s: the session ends" \
		    session_dies "k$pause"
		check "its user hears of it, once" \
		    has 1 demo session-ended "session=$id" why=asked by=root
		rig_until gone_id "$id"
	done
}

# --- networks -----------------------------------------------------------------

networks()
{
	sign_in net1 other "$(from 192.0.2.7)"
	check "the first sign-in from a network" has 1 other first-network \
	    rhost=192.0.2.7 "uid=$(id -u other)" user=other service=sshd \
	    'session~^[0-9a-f]{16}$' 'text~192\.0\.2\.0/24'
	sign_in net2 other "$(from 192.0.2.200)"
	check "the second from there is none" still 1 other first-network
	kill_aasd
	rig_aasd
	check "nor what the next aasd sees" still 1 other first-network
	end_all other
	sign_in net3 other "$(from 192.0.2.7)"
	check "nor one after all of them ended" still 1 other first-network
	end_all other
}

# --- the host -----------------------------------------------------------------

keeper()
{
	kill_aasd
	softkey plug blue mode=0666 >/dev/null 2>&1 || :
	sign_in down1 demo
	check "without aasd root hears of it" has 1 root keeper-down uid=0 \
	    user=root why=keeper
	sign_in down2 more
	check "once, however many sign in" still 1 root keeper-down
	check "they do not" has 0 demo keeper-down
	check "nor does the other" has 0 more keeper-down
	rig_aasd
	end_all demo more
}

# --- the policy ---------------------------------------------------------------

# policy RULES: it comes to /etc/aas, and is built; aasd may be first.
policy()
{
	printf '%s\n' "$1" >/etc/aas/.new
	mv /etc/aas/.new /etc/aas/policy.conf
	aasctl policy build >"$out" 2>&1
}

policies()
{
	local n wrong one two

	one='rules = ( { name = "one"; services = [ "sudo" ]; deny = true; } );'
	two='rules = ( { name = "two"; services = [ "su" ]; deny = true; } );'
	n=$(count root policy-changed)
	check "another policy" policy "$one"
	check "is told to root" has $((n + 1)) root policy-changed uid=0 user=root
	check "with how many rules" has 1 root policy-changed 'text~^[2-9] rules, '
	check "built again" aasctl policy build
	check "with a comment" policy "// why
$one"
	check "it is none" still $((n + 1)) root policy-changed
	cp /var/lib/aas/policy.told /run/policy.told
	check "a third one" policy "$two"
	check "is told" has $((n + 2)) root policy-changed
	# As of a build that was killed before it noted that.
	cp /run/policy.told /var/lib/aas/policy.told
	check "built again by who does not know" aasctl policy build
	check "is told under the same id" still $((n + 2)) root policy-changed
	check "the first one" policy "$one"
	check "is told again" has $((n + 3)) root policy-changed
	wrong='rules = ( { name = "one"; wrong = true; } );'
	check "a wrong one is refused" not policy "$wrong"
	check "which is told, and why" has 1 root policy-refused uid=0 user=root \
	    why=mistake 'text~policy.conf:1: .*wrong'
	check "again" not aasctl policy build
	touch /etc/aas/policy.conf
	kill_aasd
	rig_aasd
	check "only once" still 1 root policy-refused
	check "another wrong one" not policy "$wrong // really"
	check "is another" has 2 root policy-refused
	check "none has changed anything" has $((n + 3)) root policy-changed
	check "a good one that is there already" policy "$one"
	check "is none" has $((n + 3)) root policy-changed
	check "the wrong one after it" not policy "$wrong // really"
	check "is told" has 3 root policy-refused
	check "a good one" policy "$two"
	check "to a place of one's own" aasctl policy build --out /root/policy.bin
	check "is not told" has $((n + 4)) root policy-changed
}

# --- attestations -------------------------------------------------------------

b64url()
{
	openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# statement NAME MEMBER FROM UNTIL: signed; days from now.
statement()
{
	local head claims in day=86400 now

	now=$(date +%s)
	head=$(printf '{"alg":"RS256","typ":"JWT"}' | b64url)
	claims=$(printf '{"iss":"https://sso.example","aud":"aas:demo.example",%s,"jti":"%s","iat":%d,"nbf":%d,"exp":%d,"acr":"phr"}' \
	    "$2" "$1" $((now + $3 * day)) $((now + $3 * day)) \
	    $((now + $4 * day - 3600)) | b64url)
	in=$head.$claims
	printf '%s.%s\n' "$in" "$(printf '%s' "$in" |
	    openssl dgst -sha256 -sign /root/org.pem | b64url)" >"/root/$1.jws"
	aasctl attest add "/root/$1.jws" >"$out" || { cat "$out"; return 1; }
}

attestations()
{
	local dir=/etc/aas/attest

	openssl genrsa -out /root/org.pem 2048 2>/dev/null
	install -d -m 755 "$dir"
	openssl rsa -in /root/org.pem -pubout -out "$dir/org.pem" 2>/dev/null
	cat >"$dir/org.conf" <<-CONF
	name = "org"; alg = "RS256"; key = "$dir/org.pem";
	issuer = "https://sso.example"; audience = "aas:demo.example";
	groups = [ "staff" ];
	users = [ "demo", "other", "more", "nobody-here" ];
	evidence_services = [ "sso-login" ];
	max_life = "366d";
	CONF
	chmod 644 "$dir"/*
	statement far '"sub":"demo"' -10 40
	check "one that ends in 40 days" aasctl attest remind
	check "is not told" has 0 demo attest-ending
	rm "$dir"/*.jws
	statement group '"group":"staff"' -20 20
	statement user '"sub":"demo"' -20 6
	statement soon '"sub":"other"' -20 1
	statement short '"sub":"more"' -2 4
	statement old '"sub":"more"' -20 3
	statement new '"sub":"more"' -1 50
	statement stranger '"sub":"nobody-here"' -20 7
	kill_aasd
	rig_aasd
	check "a group's is told to root" has 1 root attest-ending uid=0 \
	    user=root why=30-days 'text~group staff ends at'
	check "a user's to her" has 1 demo attest-ending why=7-days user=demo \
	    "uid=$(id -u demo)" 'text~What org has signed for user demo'
	check "the last day, too" has 1 other attest-ending why=1-day
	check "a stranger's to root" has 1 root attest-ending \
	    why=7-days 'text~nobody-here'
	check "none that was renewed, or never was for long" \
	    has 0 more attest-ending
	kill_aasd
	rig_aasd
	check "again" aasctl attest remind
	check "only once" still 2 root attest-ending
	check "each" has 1 demo attest-ending
	mv /var/lib/aas/attest.told /run/
	check "by who does not know that it was" aasctl attest remind
	check "under the same ids" still 2 root attest-ending
	check "each" has 1 demo attest-ending
	check "what was told is noted" cmp /run/attest.told \
	    /var/lib/aas/attest.told
	check "a user may not" not as_user demo aasctl attest remind
	rm "$dir"/*.jws
	check "what is gone" aasctl attest remind
	check "is forgotten" test 1 = "$(wc -l </var/lib/aas/attest.told)"
}

rig_demo
session_audit
session_serve ''
for ip in 192.0.2.1 192.0.2.7 192.0.2.200; do
	ip addr add "$ip/32" dev lo
done
for user in other more; do
	rig_user "$user" 'correct horse'
done
session_settings
# --- what the module sees ------------------------------------------------------

# more is let in by SSH without keys; so is demo, who has some.
exempt()
{
	policy 'rules = (
	    { name = "free"; users = [ "more" ]; services = [ "sshd" ];
	      exempt = true; },
	    { name = "glass"; users = [ "demo" ]; services = [ "sshd" ];
	      exempt = true; break_glass = true; } );'
}

module()
{
	local record plain='-i /root/plain -o PreferredAuthentications=publickey'

	check "a policy with exemptions" exempt
	sign_in free1 more
	check "an exemption is told to its user" has 1 more exemption \
	    "uid=$(id -u more)" service=sshd
	sign_in free2 more
	check "once an hour" still 1 more exemption
	ssh-keygen -q -t ed25519 -N '' -f /root/plain
	install -d -m 700 -o demo -g demo /home/demo/.ssh
	install -m 600 -o demo -g demo /root/plain.pub \
	    /home/demo/.ssh/authorized_keys
	sign_in glass1 demo "$plain"
	check "broken glass is told" has 1 demo break-glass \
	    "uid=$(id -u demo)" service=sshd
	sign_in glass2 demo "$plain"
	check "each time" still 2 demo break-glass
	end_all demo more
	check "a policy without" policy \
	    'rules = ( { name = "one"; services = [ "sudo" ]; deny = true; } );'
	record=/var/lib/aas/records/$(id -u demo)
	mv "$record" /run/record
	check "without her record nobody gets in" not in_by_su demo
	check "she hears of it" has 1 demo record-broken "uid=$(id -u demo)" \
	    why=record-missing
	check "again" not in_by_su demo
	check "once an hour" still 1 demo record-broken
	mv /run/record "$record"
	check "root retires it" aasctl repin demo
	check "and her owner hears of it" has 1 demo repinned \
	    "uid=$(id -u demo)" why=repin by=root
}

in_by_su()
{
	timeout 20 expect "$talk" 10 "exec setpriv --reuid=other \
	    --regid=other --init-groups su $1 -c 'echo IN'" \
	    'Press Enter, then touch [^\r\n]*: $' '' \
	    'PIN [^\r\n]*: $' 271828 >"$out" 2>&1 || :
	said '^IN'
}

check "the first policy of a host is no other one" has 0 root policy-changed
rig_enroll demo
softkey plug blue mode=0666 >/dev/null
for part in ${1:-ends killed networks keeper policies attestations module}; do
	"$part"
done
exit "$failed"

#!/bin/bash
# it_attest.sh: an organization signs that a group uses its single sign-on:
# a user without keys is let in with a certificate of its SSH authority, or by
# a PAM service of its own, and by nothing else; not before, and not after.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

dir=/etc/aas/attest
day=86400
now=$(date +%s)

# --- the organization ---------------------------------------------------------

b64url()
{
	openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# token KEY JTI FROM UNTIL MEMBER: RS256; MEMBER says whom it is about.
token()
{
	local head claims in

	head=$(printf '{"alg":"RS256","typ":"JWT"}' | b64url)
	claims=$(printf '{"iss":"https://sso.example","aud":"aas:demo.example",%s,"jti":"%s","iat":%d,"nbf":%d,"exp":%d,"acr":"phr"}' \
	    "$5" "$2" "$3" "$3" "$4" | b64url)
	in=$head.$claims
	printf '%s.%s\n' "$in" \
	    "$(printf '%s' "$in" | openssl dgst -sha256 -sign "$1" | b64url)"
}

organization()
{
	openssl genrsa -out /root/org.pem 2048 2>/dev/null
	openssl genrsa -out /root/stranger.pem 2048 2>/dev/null
	ssh-keygen -q -t ed25519 -N '' -C sso -f /root/sso
	ssh-keygen -q -t ed25519 -N '' -C other -f /root/other
	install -d -m 755 "$dir"
	openssl rsa -in /root/org.pem -pubout -out "$dir/org.pem" 2>/dev/null
	cp /root/sso.pub "$dir/sso.pub"
	cat >"$dir/org.conf" <<-CONF
	name = "org"; alg = "RS256"; key = "$dir/org.pem";
	issuer = "https://sso.example"; audience = "aas:demo.example";
	groups = [ "staff", "ops" ];
	evidence_ssh_ca = "$dir/sso.pub";
	evidence_services = [ "sso-login" ];
	CONF
	chmod 644 "$dir"/*
}

# certificate AUTHORITY NAME: a key of demo, and its certificate.
certificate()
{
	ssh-keygen -q -t ed25519 -N '' -f "/root/$2"
	ssh-keygen -q -s "/root/$1" -I "$2" -n demo -V -1h:+1d "/root/$2.pub"
}

# ssh_with KEY: by public key alone.
ssh_with()
{
	timeout 20 ssh -i "/root/$1" -o IdentitiesOnly=yes -o BatchMode=yes \
	    -o PreferredAuthentications=publickey \
	    demo@localhost echo "in:\$USER" >"$out" 2>&1 </dev/null || :
	grep -q '^in:demo$' "$out"
}

# What sshd shows to a shell of hers.
shell_with()
{
	rm -f /home/demo/.hushlogin
	echo exit | timeout 20 ssh -tt -i "/root/$1" -o IdentitiesOnly=yes \
	    -o BatchMode=yes -o PreferredAuthentications=publickey \
	    demo@localhost >"$out" 2>&1
}

# attest ARG...: exit status and output kept.
attest()
{
	aasctl attest "$@" >"$out" 2>&1
}

# refused CODE CMD...
refused()
{
	local code=$1

	shift
	not "$@" || return 1
	said "\\[$code\\]"
}

build()
{
	aasctl policy build >"$out" 2>&1
}

# The one statement in force: MEMBER, from, until, and what add takes.
state()
{
	local member=$1 from=$2 until=$3

	rm -f "$dir"/*.jws
	token /root/org.pem "n-$RANDOM$RANDOM" "$from" "$until" "$member" \
	    >/root/t.jws
	if [ "$until" -gt "$now" ]; then
		attest add /root/t.jws || return 1
	else
		cp /root/t.jws "$dir/old.jws"
		chmod 644 "$dir/old.jws"
	fi
	build
}

sso_login()
{
	pamtester sso-login demo acct_mgmt open_session >"$out" 2>&1
}

# --- the host -----------------------------------------------------------------

getent group aas >/dev/null || groupadd --system aas
rig_user demo 'correct horse'
groupadd -f staff
groupadd -f ops
usermod -aG staff demo
rig_stack sshd sso-login
organization
certificate sso good
certificate other bad
ssh-keygen -q -t ed25519 -N '' -f /root/plain
install -d -m 700 -o demo -g demo /home/demo/.ssh
install -m 600 -o demo -g demo /root/plain.pub /home/demo/.ssh/authorized_keys
cat >/etc/aas/policy.conf <<'CONF'
rules = (
  { name = "staff"; groups = [ "staff" ]; require = "attested";
    from = "2020-01-01T00:00:00Z"; }
);
CONF
chmod 644 /etc/aas/policy.conf
rig_settings <<'CONF'
realm = "demo.example";
CONF
rig_sshd
cat /root/sso.pub /root/other.pub >/etc/ssh/users_ca
printf 'TrustedUserCAKeys /etc/ssh/users_ca\n' >>/etc/ssh/sshd_config
kill -HUP "$(cat /run/sshd.pid)"
rig_until ssh-keyscan localhost >/dev/null 2>&1

# --- without ------------------------------------------------------------------

check "without a statement the certificate does not help" not ssh_with good
check "and neither does the service" not sso_login

# --- with ---------------------------------------------------------------------

check "a statement is added" state '"group":"staff"' "$((now - 60))" \
    "$((now + 60 * day))"
check "it is listed with its days" attest list
check "60 days are more than a month" said '(59|60) days left$'
check "a certificate of the named authority is let in" ssh_with good
check "which the log says" grep -q 'attested=attest-' "$rig_log"
check "one of another authority is not" refused attest-missing ssh_with bad
check "a plain key is not" refused attest-missing ssh_with plain
check "the service of its own is let in" sso_login
check "aasctl check sees no certificate: no" bash -c \
    'aasctl check --user demo --service sshd; [ $? -eq 3 ]'
check "and says yes for that service" \
    aasctl check --user demo --service sso-login

check "it warns when a week is left" state '"group":"staff"' \
    "$((now - 60))" "$((now + 7 * day))"
check "and lets in" shell_with good
check "saying so" said 'attestation.*(6|7) days'
check "and the list says to ask for a new one" attest list
check "in words" said 'ask for a new one'

# --- not ----------------------------------------------------------------------

check "one that is over is stored" state '"group":"staff"' \
    "$((now - 60))" "$((now - 30))"
check "and refused by its name" refused attest-expired ssh_with good
check "one to come is stored" state '"group":"staff"' \
    "$((now + day))" "$((now + 9 * day))"
check "and refused by its name" refused attest-not-yet ssh_with good
check "one for another group is stored" state '"group":"ops"' \
    "$((now - 60))" "$((now + 9 * day))"
check "and does not help" not ssh_with good

# --- what does not count ------------------------------------------------------

# stored KEY JTI [MODE]: the one file there, whatever it is worth.
stored()
{
	rm -f "$dir"/*.jws
	token "/root/$1.pem" "$2" "$((now - 60))" "$((now + 9 * day))" \
	    '"group":"staff"' >"$dir/t.jws"
	chmod "${3:-644}" "$dir/t.jws"
	build && cp "$out" /run/built
}

why()
{
	aasctl why demo --service sshd >"$out" 2>&1
}

echo w-1 >"$dir/revoked"
chmod 644 "$dir/revoked"
check "one that is revoked is stored" stored org w-1
check "and refused by its name" refused attest-revoked ssh_with good
check "saying so" said 'has been revoked'
check "a forged one is stored" stored stranger w-2
check "and refused by its name" refused attest-void ssh_with good
check "which why says, too" refused attest-void why
check "one that others may write is stored" stored org w-3 666
check "and refused by its name" refused attest-unread ssh_with good
check "which the build names" grep -q 't.jws.*permissions' /run/built
token /root/org.pem w-4 "$((now - 60))" "$((now + 9 * day))" \
    '"group":"staff"' >"$dir/good.jws"
chmod 644 "$dir/good.jws"
cp "$dir/good.jws" "$dir/same.jws"
check "a valid one beside them is stored" build
check "and counts" ssh_with good
rm "$dir/revoked" "$dir/t.jws"

# --- what is not even stored --------------------------------------------------

forged()
{
	refused "$1" attest add /root/t.jws "${@:2}"
}

token /root/stranger.pem f-1 "$now" "$((now + day))" '"group":"staff"' \
    >/root/t.jws
check "another signer's is refused" forged signature
token /root/org.pem f-2 "$now" "$((now + day))" '"group":"staff"' >/root/t.jws
check "one for another group than asked is refused" forged other-subject \
    --group ops
check "and fits the group that it is for" attest verify /root/t.jws \
    --group staff
token /root/org.pem f-3 "$now" "$((now + day))" '"group":"wheel"' >/root/t.jws
check "one for a group that the signer has not is refused" forged other-subject
token /root/org.pem f-4 "$now" "$((now + 99 * day))" '"group":"staff"' \
    >/root/t.jws
check "one that lives too long is refused" forged lifetime
token /root/org.pem f-5 "$((now - day))" "$((now - 1))" '"group":"staff"' \
    >/root/t.jws
check "one that is over is refused" forged expired
token /root/org.pem f-6 "$now" "$((now + day))" '"group":"staff"' >/root/t.jws
chmod 666 /root/t.jws
check "one that others may write is refused" forged permissions
chmod 644 /root/t.jws
echo f-6 >"$dir/revoked"
check "a revoked one is refused" forged revoked
rm "$dir/revoked"
# What is printed for programs is JSON whatever files are called.
json()
{
	local want=$1

	shift
	aasctl --json attest "$@" >"$out" || :
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(not eval(sys.argv[2], {"d": d}))' "$out" "$want"
}
odd=$dir/$'\xff'.jws
cp /root/t.jws "$odd"
check "a file whose name is no text is listed in JSON" json \
    'sum(a["file"].endswith("\\xff.jws") and a["valid"]
    for a in d["attestations"]) == 1' list
rm "$odd"
check "and named in its error" json '"xff" in d["error"]' verify "/$odd"
echo '! !' >"$dir/revoked"
check "what cannot be read is named in JSON" json \
    '"/revoked: " in d["error"] and not d["ok"]' list
rm "$dir/revoked"
ln -s /etc/passwd "$dir/link.jws"
timeout 60 aasctl policy build >"$out" 2>&1
timeout 60 aasctl policy check >"$out" 2>&1
check "a link is refused, and the policy made of that is current" \
    said ': current'
rm "$dir/link.jws"
touch -d "@$((now + 2 * day))" /var/lib/aas/clock
check "a clock that is set back brings none back" forged expired
aasctl clock accept >/dev/null
check "and else it is taken" attest add /root/t.jws
check "but not twice" forged jti
id=$(aasctl --json attest list | tr '{' '\n' |
    sed -n 's/.*"jti":"f-6".*/&/p' | sed 's/.*"id":"\([^"]*\)".*/\1/')
check "it is removed by its number" attest remove "$id"
check "and then gone" not attest remove "$id"
check "no path is taken for a number" not attest remove ../aas.conf
check "what reminds says so in JSON" json 'd["ok"]' remind
check "a user may look" setpriv --reuid=demo --regid=demo --clear-groups \
    aasctl attest list
check "but not add" not setpriv --reuid=demo --regid=demo --clear-groups \
    aasctl attest add /root/t.jws

exit "$failed"

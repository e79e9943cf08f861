#!/bin/bash
# it_policy.sh: policy.conf to policy.bin by the installed tools: what is
# built, what is refused with its line and leaves the old policy, what check,
# diff and explain say, and that aasd follows a change.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

etc=/etc/aas
bin=/var/lib/aas/policy.bin

build()
{
	timeout 60 aasctl policy build >"$out" 2>&1
}

policy()
{
	timeout 60 aasctl policy "$@" >"$out" 2>&1
}

exits()
{
	local want=$1 rc=0

	shift
	"$@" || rc=$?
	[ "$rc" = "$want" ]
}

# refused FILE LINE WORDS: the build fails, says so of that line, at once, and
# the compiled policy is the same file as before.
refused()
{
	local before rc=0

	before=$(stat -c '%i %Y %s' "$bin")
	SECONDS=0
	build || rc=$?
	[ "$rc" != 0 ] && [ "$rc" != 124 ] && [ "$SECONDS" -le 20 ] &&
	    grep -qF -- "$1${2:+:$2}: $3" "$out" &&
	    [ "$(stat -c '%i %Y %s' "$bin")" = "$before" ]
}

rules()
{
	printf 'rules = ( %s );\n' "$*" >"$etc/policy.conf"
}

good()
{
	rm -rf "$etc/policy.conf" "$etc/policy.conf.d"
	rules '{ name = "staff"; groups = [ "staff" ];
	require = "enrolled"; from = "2030-06-01T00:00:00Z"; session = "8h"; }'
}

settings()
{
	cat >"$etc/aas.conf"
}

rig_user demo 'correct horse'
usermod -aG staff demo
rm -rf "$etc" # a host that was booted before may have left its own
mkdir -p "$etc"
settings <<-'CONF'
realm = "demo.example";
required_users = [ "demo" ];
exempt_services = [ "cron" ];
CONF

# --- building -------------------------------------------------------------------
check "without policy.conf the settings alone are built" build
check "and the sources say that there is nothing" \
    said 'files +0 +NOTFOUND'
good
check "policy check says that it is stale" policy check
check "and why" said 'stale: /etc/aas/policy.conf has changed'
check "policy diff exits 3" exits 3 policy diff
check "and shows the rule" said '^added files staff \(/etc/aas/policy.conf:1\)'
check "policy.conf is built" build
check "with its count" said 'files +1 +SUCCESS'
check "then nothing differs" policy diff
check "what is no text is an error in JSON, too" exits 1 \
    aasctl --json policy check --out $'/\xff'
aasctl --json policy check --out $'/\xff' >"$out" || :
check "in a line of it" said '^\{"ok":false,"error":".+"\}$'
check "and check says current" policy check
check "in that word" said "$bin: current"
touch "$etc/policy.conf"
check "a file that was only touched is current" policy check
check "too" said "$bin: current"
sed 's/^realm.*/realm = "other.example";/' "$etc/aas.conf" >"$etc/other.conf"
check "what no file tells is found by building" \
    policy check --conf "$etc/other.conf" --out "$bin"
check "and stale" said "$bin: stale: a build would differ"
rm "$etc/other.conf"
cp -p "$bin" /run/policy.bin
python3 - "$bin" <<-'PY'
import sys
with open(sys.argv[1], "r+b") as f:
    at = f.read().index(b"required_users")
    f.seek(at)
    f.write(b"R")
PY
check "one other byte in a rule is damage" exits 1 policy check
check "in that word" said "$bin: damaged"
mv /run/policy.bin "$bin"
rules '{ name = "staff"; groups = [ "staff" ]; require = "enrolled";
	session = "4h"; }'
check "a changed rule differs" exits 3 policy diff
check "old" said '^- .*name = "staff"'
check "and new" said 'session = "4h"'
good
printf '\n\n' | cat - "$etc/policy.conf" >"$etc/p" && mv "$etc/p" "$etc/policy.conf"
check "other lines alone are no difference" policy diff
sed -i 's/demo.example";/demo.example"; session = "9h";/' "$etc/aas.conf"
check "another setting is" exits 3 policy diff
check "one" said '^changed settings'
check "it is built" build
check "nothing is left of the difference" policy diff

# The example of the package, and explain's own words, are the same rules.
getent group sudo >/dev/null || groupadd sudo
cp "$top/conf/policy.conf" "$etc/policy.conf"
check "the example builds" build
check "explain prints it" policy explain
cp "$out" /run/explained
check "with where it is from" \
    grep -q '^// files: /etc/aas/policy.conf:8' /run/explained
check "one rule" policy explain backup
check "alone" not said staff
check "one that does not exist is not found" exits 4 policy explain nobody
cp /run/explained "$etc/policy.conf"
check "what explain prints is the same policy" policy diff
check "is built as such" build

# --- several files ---------------------------------------------------------------
good
mkdir "$etc/policy.conf.d"
echo 'rules = ( { name = "two"; users = [ "root" ]; origin = "remote"; deny = true; } );' \
    >"$etc/policy.conf.d/20-two.conf"
echo 'not rules at all' >"$etc/policy.conf.d/README"
check "policy.conf.d is read" build
check "both" said 'files +2 +SUCCESS'
cp "$etc/policy.conf.d/20-two.conf" "$etc/policy.conf.d/30-three.conf"
check "a name in two files is refused with both" \
    refused "$etc/policy.conf.d/30-three.conf" 1 \
    "the name \"two\" is in use: $etc/policy.conf.d/20-two.conf:1"
good

# --- F44, H3, H4: broken files ----------------------------------------------------
check "good again" build
n=0
while IFS='|' read -r line words text; do
	n=$((n + 1))
	printf '%b' "$text" >"$etc/policy.conf"
	check "F44 $n: $words" refused "$etc/policy.conf" "$line" "$words"
done <<'CORPUS'
|rules is missing|
|rules is missing|# nothing but a comment\n
1|rules is empty|rules = ( );\n
2|syntax error|rules = ( { name = "a"; deny = true;\n
2|duplicate setting name|rules = ( { name = "a"; deny = true;\nname = "b"; } );\n
2|unknown setting "user"|rules = ( { name = "a"; deny = true;\nuser = [ "b" ]; } );\n
2|deny can only be true|rules = ( { name = "a";\ndeny = "yes"; } );\n
2|users is empty|rules = ( { name = "a"; deny = true;\nusers = [ ]; } );\n
3|unknown setting "default"|rules = ( { name = "a"; deny = true; } );\n\ndefault = "deny";\n
2|groups: "nosuch" is not a group|rules = ( { name = "a"; deny = true;\ngroups = [ "nosuch" ]; } );\n
2|networks: "192.0.2.1/24" is not|rules = ( { name = "a"; deny = true;\nnetworks = [ "192.0.2.1/24" ]; } );\n
2|from: "2026-13-01T00:00:00Z" is|rules = ( { name = "a"; require = "enrolled";\nfrom = "2026-13-01T00:00:00Z"; } );\n
2|hours: "24:00-06:00" is not|rules = ( { name = "a"; deny = true;\nhours = [ "24:00-06:00" ]; } );\n
2|a number of more than nine|rules = ( { name = "a";\nenrolled = 4294967298; } );\n
2|a NUL byte|rules = ( { name = "a"; deny = true;\nusers = [ "b\0c" ]; } );\n
1|@include is not allowed|@include "/etc/shadow"\n
2|two texts with nothing|rules = ( { name = "a"; deny = true;\nusers = [ "b" "c" ]; } );\n
1|begins with a byte order mark|\xef\xbb\xbfrules = ( { name = "a"; deny = true; } );\n
2|a backslash before neither|rules = ( { name = "a"; deny = true;\nusers = [ "b\\t" ]; } );\n
1|not well-formed UTF-8|rules = ( { name = "\xff"; } );\n
CORPUS
cat >"$etc/policy.conf" <<'RULES'
rules = (
{ name = "a"; user = [ "b" ];
  session = "0s"; deny = true; },
{ name = "c"; deny = true; groups = [ "nosuch",
  "nosuch2" ]; } );
RULES
check "every mistake of a file is named: 1" refused "$etc/policy.conf" 2 \
    'unknown setting "user"'
for at in '3: session: must be' '4: groups: "nosuch" is not' \
    '5: groups: "nosuch2" is not'; do
	check "every mistake: $at" grep -qF "$etc/policy.conf:$at" "$out"
done
check "check names them, too" exits 1 policy check
check "to the last" said 'policy.conf:5: groups: "nosuch2"'
printf 'rules = ( { name = "a"; deny = true;\n' >"$etc/policy.conf"
check "and one that cannot be read again" refused "$etc/policy.conf" 2 syntax
check "F44: the log has the event with the line" \
    grep -q 'event=policy-refused conf=/etc/aas/aas.conf why="/etc/aas/policy.conf:2: ' \
    "$rig_log"
check "check says so too" exits 1 policy check
good
sed -i 's/^realm/policy = "files nosuch";\nrealm/' "$etc/aas.conf"
check "a source that does not exist builds nothing" \
    refused "source nosuch" "" UNAVAIL
sed -i '1s/.*/policy = "files [UNAVAIL=perhaps]";/' "$etc/aas.conf"
check "a switch that is none is refused with its line" \
    refused "$etc/aas.conf" 1 policy
sed -i '1s/.*/zone = "Europe\/Nowhere";/' "$etc/aas.conf"
check "and a zone that does not exist" refused "$etc/aas.conf" 1 zone
sed -i '1s/.*/required_groups = [ "nosuch" ];/' "$etc/aas.conf"
check "and a group of the settings" \
    refused "$etc/aas.conf" 1 'required_groups: "nosuch" is not a group'
sed -i 1d "$etc/aas.conf"
check "good again" build

# --- F13: the environment has no say in the zone -----------------------------------
cmp_zone()
{
	local a b

	env "$@" aasctl policy build >/dev/null
	a=$(tail -c +1 "$bin" | md5sum)
	aasctl policy build >/dev/null
	b=$(tail -c +1 "$bin" | md5sum)
	[ "$a" = "$b" ] || env "$@" aasctl policy diff
}
check "F13: TZ changes nothing" cmp_zone TZ=America/New_York
check "F13: nor does TZDIR" cmp_zone TZDIR=/tmp TZ=:UTC

# --- F43: more than there may be ----------------------------------------------------
# bounded WORDS: the build is refused with them, in few seconds of processor
# time and little memory beside the file's own.
bounded()
{
	python3 - "$out" "$1" <<-'PY'
	import resource, subprocess, sys
	out = open(sys.argv[1], "w+")
	rc = subprocess.run(["timeout", "60", "aasctl", "policy", "build"],
	    stdout=out, stderr=out).returncode
	used = resource.getrusage(resource.RUSAGE_CHILDREN)
	out.seek(0)
	said = out.read()
	print(rc, used.ru_utime + used.ru_stime, used.ru_maxrss, said[:500])
	sys.exit(rc != 1 or sys.argv[2] not in said or
	    used.ru_utime + used.ru_stime > 10 or used.ru_maxrss > 512 * 1024)
	PY
}
python3 -c 'print("rules = ("); [print("{name=\"r%d\";deny=true;}," % i) for i in range(1000000)]; print(");")' \
    >"$etc/policy.conf"
check "F43: a million rules" bounded 'more than 250000 rules'
python3 -c 'print("rules = " + "(" * 1000000)' >"$etc/policy.conf"
check "F43, CVE-2025-7519: a million deep" bounded 'nested too deeply'
python3 -c 'print("rules = ( { name = \"" + "x" * 4000000 + "\"; } );")' \
    >"$etc/policy.conf"
check "F43: a text of 4 MB" bounded 'more than 4096 bytes'
truncate -s $((64 * 1024 * 1024 + 1)) "$etc/policy.conf"
check "F43: over 64 MiB" bounded "$etc/policy.conf: "
good
check "F43: the old policy stayed, and the next is built" build

# --- policy.conf that is gone ---------------------------------------------------------
good
check "good once more" build
cp "$bin" /run/with
rm "$etc/policy.conf"
check "a file of rules that is gone is no reason to drop them" \
    exits 1 policy build --keep
check "said with its name" said "$etc/policy.conf: is gone: the old policy stays"
check "the old one stays" cmp /run/with "$bin"
check "and the log has it" rig_until grep -q 'event=policy-refused.*policy.conf: is gone' "$rig_log"
check "by hand they are dropped" build
check "and it says so" said 'warning: .*policy.conf: is gone: .* without its rules'
check "it was built" not cmp -s /run/with "$bin"
check "which is said once" sh -c '! aasctl policy build --keep 2>&1 | grep gone'
good
check "with the file again all is well" build

# --- what is no mistake, and hardly meant ---------------------------------------------
rules '{ name = "typo"; users = [ "dmo" ]; services = [ "ssh" ]; deny = true; },
{ name = "place"; services = [ "sudo", "su" ]; origin = "remote"; deny = true; },
{ name = "g"; groups = [ "staff" ]; require = "enrolled"; }'
cp /etc/nsswitch.conf /run/nsswitch
sed -i 's/^group:.*/group: files [NOTFOUND=continue] nosuch/' /etc/nsswitch.conf
check "check finds no mistake" policy check
check "and warns of a user" said 'warning: .*: users: "dmo" is not a user'
check "of a service" said 'warning: .*: services: "ssh" has no file'
check "of a place" said 'warning: .*: origin: "sudo" is always at this machine'
check "of a source of groups" said 'warning: .*group: libnss_nosuch.so.2 cannot'
check "and of nothing else" [ "$(grep -c 'warning: .*policy.conf' "$out")" = 3 ]
cp /run/nsswitch /etc/nsswitch.conf
good
check "of a good one it has nothing to say" policy check
check "nothing at all" not said 'warning: .*(policy.conf|nsswitch)'

# --- sudo -i and su - are other services ----------------------------------------------
rules '{ name = "no"; users = [ "demo" ]; services = [ "sudo", "su" ];
    deny = true; }, { name = "out"; exempt = true; users = [ "bin" ];
    services = [ "su" ]; }'
check "a rule about sudo and su is built" build
check "and is about sudo-i and su-l, too" sh -c 'aasctl policy explain no |
    tr -d "\n" | grep "sudo.*su.*sudo-i.*su-l\|su.*su-l.*sudo.*sudo-i"'
check "an exemption only about what it names" \
    sh -c '! aasctl policy explain out | grep su-l'
good

# --- F62: groups that cannot be looked up ---------------------------------------------
mv /etc/group /run/group
mkdir /etc/group
check "F62: without a group file nothing is built" \
    refused "$etc/policy.conf" 1 'groups: "staff" '
rmdir /etc/group
mv /run/group /etc/group
check "F62: with it again it is" build

# --- F45: what is no plain file of root's ---------------------------------------------
kind()
{
	rm -rf "$1"
	case $2 in
	symlink) ln -s /run/good "$1" ;;
	fifo) mkfifo "$1" ;;
	socket) python3 -c 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$1" ;;
	device) mknod "$1" c 1 5 ;;
	directory) mkdir "$1" ;;
	hardlink) cp /run/good "$etc/other"; ln "$etc/other" "$1" ;;
	owner) cp /run/good "$1"; chown demo "$1" ;;
	group) cp /run/good "$1"; chmod 664 "$1" ;;
	world) cp /run/good "$1"; chmod 666 "$1" ;;
	esac
}
for path in "$etc/policy.conf" "$etc/aas.conf"; do
	cp "$path" /run/good
	for what in symlink fifo socket device directory hardlink owner group \
	    world; do
		kind "$path" "$what"
		check "F45: $path, $what" refused "$path" "" ""
	done
	rm -rf "$path" "$etc/other"
	cp /run/good "$path"
done
mkdir "$etc/policy.conf.d"
chmod 777 "$etc/policy.conf.d"
check "F45: policy.conf.d that everybody may write" \
    refused "$etc/policy.conf.d" "" ""
rmdir "$etc/policy.conf.d"
ln -s /tmp "$etc/policy.conf.d"
check "F45: policy.conf.d as a link" refused "$etc/policy.conf.d" "" ""
rm "$etc/policy.conf.d"
chmod 777 "$etc"
check "F45: a parent that everybody may write" exits 3 build
chmod 755 "$etc"
check "good again" build

# --- no good policy at all -------------------------------------------------------------
rig_stack_aas()
{
	printf 'auth required pam_aas.so aas1\naccount required pam_aas.so aas1\n' \
	    >/etc/pam.d/try
}
rig_stack_aas
mv "$bin" /run/policy.bin
rules '{ name = "a"; x = 1; }'
check "a broken file and no old policy: nothing is built" exits 1 build
check "and none is there" not test -e "$bin"
check "everybody in scope is refused" \
    not pamtester try demo acct_mgmt
check "with the reason in the log" \
    rig_until grep -q 'reason=policy-missing' "$rig_log"
mv /run/policy.bin "$bin"
good
check "good again" build

# --- two builds at once ----------------------------------------------------------------
race()
{
	local pids=() p

	for _ in 1 2 3 4 5 6; do
		aasctl policy build >/dev/null &
		pids+=($!)
	done
	for p in "${pids[@]}"; do
		wait "$p" || return 1
	done
	aasctl policy diff
}
check "six builds at once, one after the other" race

# --- no room ---------------------------------------------------------------------------
full()
{
	mkdir /run/full
	mount -t tmpfs -o size=4k,mode=755 tmpfs /run/full
	echo >/run/full/other
	not aasctl policy build --out /run/full/policy.bin
}
check "a policy that cannot be stored is refused" full
check "with an event" rig_until grep -q \
    'event=policy-refused .*/run/full/policy.bin: No space left' "$rig_log"
check "and leaves nothing behind" \
    not compgen -G '/run/full/*policy.bin*'

# --- aasd follows ----------------------------------------------------------------------
printf 'torn' >"$bin"
rig_aasd
check "a torn policy is built anew when aasd begins" rig_until aasctl policy diff
has_rule()
{
	aasctl policy explain "$1" >/dev/null 2>&1
}
refusals()
{
	grep -c event=policy-refused "$rig_log" || :
}
rules '{ name = "new"; users = [ "root" ]; origin = "remote"; deny = true; }'
check "aasd builds what changed" rig_until has_rule new
before=$(refusals)
rules '{ name = "broken"; foo = 1; }'
more()
{
	[ "$(refusals)" -gt "$before" ]
}
check "a broken one is told in the log" rig_until more
sleep 4
check "once" test "$(refusals)" = $((before + 1))
check "and the last good one is in force" has_rule new
aasctl status demo >"$out" 2>&1 || :
check "status warns that it is stale" said 'policy is stale: /etc/aas/policy.conf'
mkdir "$etc/policy.conf.d"
good
mkdir "$etc/policy.conf.d"
check "aasd goes on when it is good" rig_until has_rule staff
echo 'rules = ( { name = "dropped-in"; uv = "required"; } );' \
    >"$etc/policy.conf.d/10-one.conf"
check "a file in a new directory counts too" rig_until has_rule dropped-in
before=$(refusals)
echo 'rules = ( { name = "late"; deny = tru; } );' >"$etc/policy.conf.d/20-two.conf"
check "one more that is broken is told" rig_until more
echo 'rules = ( { name = "late"; deny = true; } );' >"$etc/policy.conf.d/20-two.conf"
check "and counts when it is mended in place" rig_until has_rule late

exit "$failed"

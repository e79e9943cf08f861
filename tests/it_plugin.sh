#!/bin/bash
# it_plugin.sh: a source of policy by somebody else.  It is built in an empty
# folder, from the installed header and aas-policy.pc alone, and asked through
# aasd; and whatever is wrong with one costs its own answer, never aasd.
# shellcheck disable=SC2317 # functions are run by check
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=rig/lib.sh
. "$here/rig/lib.sh"
rig_alone "$@"
command -v pkg-config >/dev/null || rig_skip "no pkg-config"
command -v cc >/dev/null || rig_skip "no C compiler"
command -v aasctl >/dev/null || rig_skip "aasctl is not installed"

as_demo()
{
	setpriv --reuid=demo --regid=demo --init-groups "$@"
}

# build NAME [SED]: the example under another name, changed by sed.
build()
{
	sed -e "s/\"blocked\",\$/\"$1\",/" -e "${2:-}" "$example" >"$1.c"
	# shellcheck disable=SC2046 # flags are words
	cc -Wall -Wextra -Werror -shared -fPIC \
	    $(pkg-config --cflags aas-policy) -o "libaas_policy_$1.so" "$1.c"
	install -o root -g root -m 755 "libaas_policy_$1.so" "$plugins"
}

# sources LINE: aas.conf with this switch.
sources()
{
	printf 'realm = "example.org";\npolicy = "%s";\n' "$1" \
	    >/etc/aas/aas.conf
}

# other_name: the example as it is, under a name that it does not have.
other_name()
{
	cp "$plugins/libaas_policy_blocked.so" "$plugins/libaas_policy_x.so"
	says 'calls itself' x
}

# says PATTERN LINE [USER]: what a look-up with these sources prints has it.
says()
{
	sources "$2"
	aasctl policy lookup "${3:-demo}" >"$out" 2>&1 || :
	said "$1"
}

explained()
{
	aasctl policy explain >"$out" 2>&1
	said "$1"
}

refused_by()
{
	aasctl why demo --service login >"$out" 2>&1 || :
	said "$1" && said 'policy-deny'
}

alive()
{
	kill -0 "$aasd" && as_demo aasctl policy lookup demo
}

# Nothing that a look-up started is left.
clean()
{
	! pgrep -x aas-policy-work && ! pgrep -x aas-policy-look
}

example=$(find /usr/share/doc -name policy-plugin.c | head -n 1)
[ -n "$example" ] || rig_skip "the example is not installed"
plugins=$(pkg-config --variable=plugindir aas-policy)
mkdir -p "$plugins" /run/empty
cd /run/empty
rig_user demo 'correct horse'
rig_user other 'correct horse'
echo 'realm = "example.org";' | rig_settings
aasd >/run/aasd.log 2>&1 &
aasd=$!
rig_until test -S /run/aas/aasd.sock

check "a plugin builds from the installed header alone" build blocked
check "nobody is blocked" says 'blocked +NOTFOUND' 'files blocked'
printf '# who left\nother\ndemo\n' >/etc/aas/blocked
check "its rule is said" says 'blocked +SUCCESS +1 rules' 'files blocked'
check "with its origin" said 'blocked  .*/etc/aas/blocked'
check "a user may ask about himself" as_demo aasctl policy lookup demo
check "but not about another" not as_demo aasctl policy lookup other
check "root may" says 'other:' 'files blocked' other
check "in JSON" sh -c 'aasctl --json policy lookup demo --service sshd |
    grep "\"sources\".*\"blocked\".*\"SUCCESS\""'
cat >/etc/aas/policy.conf <<-'CONF'
rules = ( { name = "of-demo"; users = [ "demo" ]; session = "8h"; },
	{ name = "of-other"; users = [ "other" ]; session = "8h"; } );
CONF
check "files says what is about demo" says 'files +SUCCESS +1 rules' files
check "and where" said 'of-demo  .*/etc/aas/policy.conf:1'
rm /etc/aas/policy.conf
check "and that there is nothing" says 'files +NOTFOUND' files
check "no service at all is wrong usage" bash -c '
    aasctl policy lookup demo --service ""; [ $? -eq 2 ]'
chmod 666 /etc/aas/blocked
check "a file that others may write is not read" \
    says 'nobody else may write' 'blocked'
chmod 644 /etc/aas/blocked

check "one of another major version builds" \
    build later 's/AAS_PLUGIN_MAJOR,/2,/'
check "and is refused in words" says \
    'libaas_policy_later.so: made for major version 2, this host speaks 1' \
    'later'
check "but other sources are asked if the line says so" \
    says 'blocked +SUCCESS' 'later [UNAVAIL=continue] blocked'
check "and not otherwise" says 'blocked +not asked' 'later blocked'
check "one that is called otherwise is refused" other_name
check "one that is not there is named" says 'there is no such plugin' nosuch

chmod 775 "$plugins/libaas_policy_blocked.so"
check "group-writable: refused" says 'must be a plain file of root' blocked
chmod 755 "$plugins/libaas_policy_blocked.so"
chown demo "$plugins/libaas_policy_blocked.so"
check "not root's: refused" says 'must be a plain file of root' blocked
chown root "$plugins/libaas_policy_blocked.so"
ln -s libaas_policy_blocked.so "$plugins/libaas_policy_link.so"
check "a link: refused" says 'must be a plain file of root' link
chmod 777 "$plugins"
check "a folder that others may write: refused" says 'UNAVAIL' blocked
chmod 755 "$plugins"
check "all is well again" says 'blocked +SUCCESS' blocked
echo garbage >"$plugins/libaas_policy_junk.so"
check "garbage: refused" says 'junk +UNAVAIL' junk

check "one that crashes builds" \
    build crash 's/^\tint n = 0;$/&\n\tabort();/'
check "and costs its own answer" \
    says 'it ended without answer' 'crash [UNAVAIL=continue] blocked'
check "not that of others" said 'blocked +SUCCESS'
check "one that hangs builds" build hang 's/^\tint n = 0;$/&\n\tfor (;;);/'
check "and ends at its deadline" \
    says 'no answer within' 'hang [UNAVAIL=continue] blocked'
check "others are asked all the same" said 'blocked +SUCCESS'
check "one that lies builds" build lie 's/return ask(/return 98 + ask(/'
check "and is refused" says 'returned 99, which is no status' lie
check "one that is careless builds" build careless \
    's/^\tif (h->rule(\(.*\)) == 0)/\trule.name = "no name";\n\tif (h->rule(\1) <= 0)/'
check "and what it lost is not lost" \
    says 'went on without a rule that was refused' careless
check "none of its answer counts" said 'careless +UNAVAIL'

cat >/etc/aas/policy.exec <<'EXEC'
#!/bin/sh
cat >/dev/null
echo '{"version":1,"status":"success","rules":[{"name":"two","present":2}]}'
EXEC
chmod 755 /etc/aas/policy.exec
check "a program is a source" says 'two +/etc/aas/policy.exec' 'exec'
printf '#!/bin/sh\nsleep 600\n' >/etc/aas/policy.exec
check "one that hangs ends" says 'did not end in time' 'exec'

# What they say is compiled; what one cannot say leaves the last good policy.
sources 'files blocked'
check "its rules are built" aasctl policy build
check "and explained" explained 'blocked.*/etc/aas/blocked'
check "and decide" refused_by blocked
cp /var/lib/aas/policy.bin /run/last.bin
sources 'files crash blocked'
check "a source that crashes denies the build" not aasctl policy build
check "and the last good policy stays" \
    cmp /run/last.bin /var/lib/aas/policy.bin
sources 'files crash [UNAVAIL=continue] blocked'
check "unless the line says otherwise" aasctl policy build
sources 'files later'
check "another major version denies it too, in words" \
    sh -c 'aasctl policy build 2>&1 | grep "made for major version 2"'

sources 'files blocked [UNAVAIL=keep]'
check "a typing error in the line is an error" \
    sh -c 'aasctl policy lookup demo 2>&1 | grep "no such action"'
sources 'blocked'
check "aasd survived all of it" alive
check "nothing is left behind" rig_until clean
exit "$failed"

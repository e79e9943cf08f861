#!/bin/bash
# it_handover.sh: sign-ins beside a notifier that hangs, crashes, is missing,
# bombs or is somebody else's: none is refused, none waits for it, nothing is
# left in the host.  A million refused sign-ins from as many addresses leave
# one that has to be told working; and a spool that is full takes 64 more.
# AAS_CROWD, AAS_ATTEMPTS: other numbers.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
obj=${AAS_TOP_BUILDDIR:-/build}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_crowds=yes rig_alone "$@"

crowd=${AAS_CROWD:-1000}
attempts=${AAS_ATTEMPTS:-1000000}
export AAS_TOP_BUILDDIR=$obj

# together KIND: that many at once are good, and have no child, descriptor or
# zombie when they end.
together()
{
	"$obj/tests/handover" crowd "$crowd" "$1" | tee /run/crowd
	grep -q "^$1: good $crowd," /run/crowd
}

took()
{
	sed -n 's/.*all in \([0-9]*\) ms/\1/p' /run/crowd
}

no_zombie()
{
	! grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null
}

# not_slower MS: as those without a notifier, but for what a thousand programs
# cost that are started meanwhile; one that was waited for would add 30 s.
not_slower()
{
	[ "$1" -lt $((alone + 15000)) ]
}

check "sign-ins without a notifier" together none
alone=$(took)
for kind in hanging crashing foreign text; do
	check "F15, F16: sign-ins beside a notifier: $kind" together "$kind"
	check "none is slower: $kind" not_slower "$(took)"
	cat /run/crowd
done
check "no zombie" rig_until no_zombie
crowd=20
for kind in bomb flood; do
	check "F15, F16: sign-ins beside a notifier: $kind" together "$kind"
	check "none is slower: $kind" not_slower "$(took)"
	cat /run/crowd
done
check "refused sign-ins from $attempts addresses" \
    "$obj/tests/handover" attempts "$attempts" 3000

# --- a spool without room -----------------------------------------------------

getent group aas >/dev/null || groupadd --system aas
rig_user told 'correct horse'
printf 'session required pam_aas.so aas1\nsession optional pam_permit.so\n' \
    >/etc/pam.d/login
rig_settings <<-'CONF'
realm = "told.example";
CONF
# Nobody here to make room.
cp -a /usr/libexec/aas /run/libexec
rm -f /run/libexec/aas-notify
mount --bind /run/libexec /usr/libexec/aas

# enters [N]: the user signs in N times.
enters()
{
	"$obj/tests/bench/pamtx" -v -s login -p s -n "${1:-1}" told \
	    >/run/entered 2>&1
}

# must: a rule says that sign-ins have to be told.
must()
{
	cat >/etc/aas/policy.conf <<-'CONF'
	rules = ( { name = "told"; users = [ "told" ];
	    require = "enrolled"; from = "2099-01-01T00:00:00Z";
	    alert = "required"; } );
	CONF
	aasctl policy build >/dev/null
}

says()
{
	grep -q -- "$1" "$2" || { cat "$2"; return 1; }
}

events()
{
	find /var/spool/aas/new -name '*.json' | wc -l
}

check "a sign-in is told" enters
check "and its event is there" test "$(events)" -eq 1
mount -t tmpfs -o size=2m,mode=755 tmpfs /var/spool/aas
must
# What aas-notify makes when it starts.
install -d -m 700 /var/spool/aas/new
head -c $((64 * 4096)) /dev/zero >/var/spool/aas/reserve
chmod 600 /var/spool/aas/reserve
dd if=/dev/zero of=/var/spool/aas/stuff bs=4k 2>/dev/null || :
check "F1: 64 more on a full disk" enters 64
check "and then none" not enters
check "with its own reason" says 'alert-spool' /run/entered
check "and the log says what to do" rig_until grep -q 'its disk is full' "$rig_log"
rm /etc/aas/policy.conf
aasctl policy build >/dev/null
check "but where it only should be told" enters
must
rm /var/spool/aas/stuff
check "and with room again" enters
mount -o remount,ro /var/spool/aas
check "none on a read-only disk" not enters
check "as the log says" rig_until grep -q 'its disk is read-only' "$rig_log"
umount /var/spool/aas
chown 1234 /var/spool/aas
check "none in somebody else's spool" not enters
check "as the log says" rig_until grep -q 'must belong to root' "$rig_log"
exit "$failed"

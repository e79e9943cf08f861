#!/bin/bash
# it_full.sh: what holds of a user's state where the disk takes nothing.  The
# index is stale then, and stays so: aas-authn says anew each time what the
# record says, dates included.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

step=/build/tests/store_step
state=/var/lib/aas	# a tmpfs of this test's own

prepare()
{
	make -s -C /build tests/store_step >/dev/null 2>&1 ||
	    rig_skip "tests/store_step is not built"
	[ "$(date +%s)" -gt 1780000000 ] || rig_skip "the clock is behind"
	getent group aas >/dev/null || groupadd --system aas
	# Whose ever uid 1000 is: this /etc is a copy.
	sed -i '/^[^:]*:[^:]*:1000:/d' /etc/passwd
	useradd --uid 1000 --create-home alice >/dev/null 2>&1
	rig_stack login
}

# alice DAYS: her second key was suspended then; one is enough for a week.
alice()
{
	umount "$state"
	mount -t tmpfs -o mode=755 tmpfs "$state"
	rig_settings <<-'CONF'
	realm = "login.example.org";
	degraded = "7d";
	CONF
	"$step" make /var/lib suspend "$1"
	"$step" append /var/lib suspend "$1"
	chown root:aas "$state"/{records,index,pins}{,/1000}
	passes >/dev/null 2>&1 || :
}

# The index belongs to another file than the record, as after any change.
stale()
{
	sleep 0.02
	touch -c "$state/records/1000"
}

# 1: the index was written anew meanwhile.
renewed()
{
	[ -n "$(find "$state/index/1000" -newer "$state/records/1000")" ]
}

expired()
{
	not pamtester login alice acct_mgmt >"$out" 2>&1
	said 'expired' && said '\[degraded\]' &&
	    not pamtester login alice open_session
}

passes()
{
	pamtester login alice acct_mgmt
}

# starved NAME CMD EXPECTED: the same answer when nothing can be written.
starved()
{
	stale
	"$2"
	check "$1: $3 all the same" "$3"
	check "... although the index could not be written" not renewed
	mount -o remount,rw,size=64m "$state"
	rm -f "$state/fill"
	check "... and afterwards" "$3"
	check "... the index is new" renewed
}

full()
{
	mount -o remount,size=1m "$state"
	cat /dev/zero >"$state/fill" 2>/dev/null || :
}

read_only()
{
	mount -o remount,ro "$state"
}

prepare
for days in 6 8; do
	answer=expired
	[ "$days" = 8 ] || answer=passes
	alice "$days"
	check "one key for $days days: $answer" "$answer"
	starved "on a full disk" full "$answer"
	starved "on a read-only disk" read_only "$answer"
done
# F70: what is left to root when all keys are lost, and the disk is full, too.
alice 8
check "F70: all keys are lost" expired
full
check "F70: on a full disk root takes the record away" aasctl purge alice
check "... and the account is as new" passes
check "... the record is kept" test -n "$(find "$state/archive" -type f)"
exit "$failed"

#!/bin/bash
# it_authn.sh: aas-authn and aas-unlock against software keys, every fault a
# key can have, every way a caller can end it: the reason must be the right
# one, and nothing may be left behind.
#
# Runs in namespaces of its own; without the means for that it exits 77.
set -euo pipefail

top=${AAS_TOP_BUILDDIR:-$PWD}
PATH=$top/tests/rig:$top/tests:$PATH
work=/run/it_authn
state=/var/lib/aas
export AUTHN_STAGE=${AUTHN_STAGE:-outside}

skip()
{
	printf 'SKIP: %s\n' "$*" >&2
	exit 77
}

# --- getting inside -----------------------------------------------------------

check_machine()
{
	local tool

	[ "$(id -u)" -eq 0 ] || skip "must be root"
	[ "$(uname -m)" = x86_64 ] || skip "the supervisor knows x86_64 only"
	[ -x "$top/tests/rig/softkeyd" ] || skip "no software keys were built"
	[ -d /sys/class/hidraw ] || skip "the kernel has no /sys/class/hidraw"
	for tool in unshare setpriv flock useradd groupadd; do
		command -v "$tool" >/dev/null || skip "no $tool"
	done
	unshare --mount --pid --fork --net true 2>/dev/null ||
	    skip "namespaces are not allowed"
}

# Below a supervisor already (./dev check), a second one is refused: that of
# the host serves us too.
go_inside()
{
	local -a enter=(unshare --mount --propagation private --pid --fork
	    --kill-child --net --ipc /bin/bash "$0")

	export AUTHN_STAGE=inside
	if hidsup -- true 2>/dev/null; then
		exec hidsup -- "${enter[@]}"
	fi
	[ -e /run/aas-rig ] || skip "seccomp gives no supervisor"
	exec "${enter[@]}"
}

# All that is written goes to memory, and a /dev of our own.
private_folders()
{
	local new=/run/new

	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p "$new/dev" "$work"
	cp -a /etc "$new/"
	mount --bind "$new/etc" /etc
	mount -t tmpfs -o mode=755 tmpfs /var/lib
	mkdir "$state"
	mount -t tmpfs -o mode=755 tmpfs "$new/dev"
	cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/fd \
	    /dev/stdin /dev/stdout /dev/stderr "$new/dev/"
	mkdir "$new/dev/pts"
	ln -s pts/ptmx "$new/dev/ptmx"
	mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts \
	    "$new/dev/pts"
	mount --rbind "$new/dev" /dev
	mount -t proc proc /proc
	mount -t sysfs -o ro sysfs /sys
	getent group aas >/dev/null || groupadd --system aas
	useradd -M tester
}

# --- saying what is expected --------------------------------------------------

count=0
bad=0

fail()
{
	printf 'FAIL: %s\n' "$*"
	bad=1
}

key()
{
	softkey "$@" >/dev/null || fail "softkey $*"
}

# client OP OPTION...: the usual request; what was said is in $work/out.
client()
{
	local op=$1

	shift
	authn_client "$op" --user root --uid 0 --realm demo.example \
	    --policy "$state/policy.bin" --helper "$top/tools/aas-authn" "$@" \
	    >"$work/out" 2>&1 || :
}

# The verdict in the last answer: "granted ok", "refused REASON", "end".
verdict()
{
	sed -n 's/^VERDICT \([a-z]*\) reason=\([a-z-]*\) .*/\1 \2/p
	    s/^END .*/end/p' "${1:-$work/out}"
}

# wants NAME "VERDICT" [TEXT...]: the last answer, and what was shown.
wants()
{
	local name=$1 verdict=$2 text

	shift 2
	count=$((count + 1))
	[ "$(verdict)" = "$verdict" ] ||
	    { fail "$name: '$(verdict)' is not '$verdict'"; cat "$work/out"; }
	for text; do
		grep -Fq -- "$text" "$work/out" ||
		    { fail "$name: not said: $text"; cat "$work/out"; }
	done
	if pgrep -x aas-authn >/dev/null || pgrep -x aas-unlock >/dev/null
	then
		fail "$name: a process was left behind"
	fi
}

# try NAME VERDICT OPTION...: a sign-in with the PIN of blue.
try()
{
	local name=$1 verdict=$2

	shift 2
	client assert --flag uv --pin 1234 "$@"
	wants "$name" "$verdict"
}

# bring KEY: plug it in when the running enrollment asks for another one.
bring()
{
	local i

	for ((i = 0; i < 200; i++)); do
		! grep -qs "already one of those" "$work/out" || break
		sleep 0.05
	done
	softkey plug "$1" mode=0666 >/dev/null
	softkey set "$1" pin=1234 >/dev/null
}

# --- cases ---------------------------------------------------------------------

enrolled()
{
	authn_client policy "$state/policy.bin" "$state" /run/aas demo.example
	client verify
	wants "nobody is enrolled" "granted ok" state=none
	client assert
	wants "not enrolled" "refused not-enrolled"
	key plug blue
	key set blue pin=1234
	# The second key comes when the first is done and still plugged in.
	bring spare &
	client enroll --statedir "$state" --label blue,spare --pin 1234 \
	    --timeout 20
	wait || :
	count=$((count + 1))
	grep -q ENROLLED "$work/out" || { fail enroll; cat "$work/out"; exit 1; }
	key unplug spare
	client verify
	wants "enrolled" "granted ok" state=enrolled
}

# bend FILE OFFSET CHAR: put that in place of what is there.
bend()
{
	printf '%s' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# A sign-in takes keys from the index while it fits; else from the record, and
# the index is then as it was.
index()
{
	local file=$state/index/0 size

	try "by the index" "granted ok"
	cp -p "$file" "$work/index"
	size=$(stat -c %s "$file")
	rm "$file"
	try "no index" "granted ok"
	cmp "$file" "$work/index" || fail "no index: it was not made anew"
	bend "$file" 7 1
	try "an index of another version" "granted ok"
	cmp "$file" "$work/index" || fail "another version: it stays"
	bend "$file" $((size - 40)) x
	cmp -s "$file" "$work/index" && fail "nothing was bent"
	try "a key that is torn in the index" "granted ok"
	cmp "$file" "$work/index" || fail "a torn one: it stays"
	# Who has touched the record has the index against him.
	cp -p "$state/records/0" "$work/record"
	bend "$state/records/0" 40 A
	try "a record changed in place" "refused record-broken"
	cp -p "$work/record" "$state/records/0"
	try "the record as it was" "granted ok"
}

# Each fault of a key, and what the person is told.
faults()
{
	local fault why

	while read -r fault why; do
		key set blue fault="$fault"
		try "F53, F54: $fault" "refused $why" --timeout 3
		key set blue fault=none
	done <<-'LIST'
	wrong-rp rp
	no-up up
	no-uv uv
	backup backup
	extension authdata
	other-challenge signature
	wrong-alg signature
	other-credential credential
	flip:0 rp
	flip:255 rp
	flip:256 up
	flip:258 uv
	flip:259 signature
	flip:260 backup
	flip:262 authdata
	flip:263 device
	flip:295 signature
	flip-sig:20 signature
	flip-sig:300 signature
	bad-cbor device
	truncated device
	empty device
	error:39 denied-on-key
	error:1 device
	pin-blocked pin-blocked
	pin-auth-blocked pin-auth-blocked
	denied denied-on-key
	timeout timeout
	LIST
	try "the key is still good" "granted ok"
}

# Faults that cost the time they are given.
slow_faults()
{
	local fault why

	while read -r fault why; do
		key set blue fault="$fault"
		try "F51, F53: $fault" "refused $why" --timeout 2
		key set blue fault=none
		softkey unplug blue >/dev/null || :
		key plug blue
	done <<-'LIST'
	hang timeout
	keepalive timeout
	wrong-cid timeout
	unplug unplugged
	LIST
	try "the key is good again" "granted ok"
}

pins()
{
	client assert --flag uv --pin 9999 --pin 22 --pin 1234
	wants "a wrong PIN, a short one, the right one" "granted ok" \
	    "Wrong PIN for 'blue', 7 attempts left." "It was not tried."
	client assert --flag uv --pin 9999
	wants "F52: three wrong PINs" "refused pin-auth-blocked"
	key unplug blue
	key plug blue
	client assert --flag uv --pin ""
	wants "an empty PIN" "refused canceled"
	client assert --flag uv
	wants "no answer to the prompt" "refused canceled"
	key set blue pin_retries=0
	client assert --flag uv --pin 1234
	wants "F52: a blocked PIN" "refused pin-blocked"
	key set blue pin=
	client assert --flag uv --pin 1234
	wants "F52: no PIN" "refused no-pin"
	client assert
	wants "no PIN needed" "granted ok" "Touch 'blue'."
	key set blue uv=good
	client assert --flag uv
	wants "built-in verification" "granted ok" "sensor of 'blue'"
	key set blue pin=1234
	key set blue uv=bad
	client assert --flag uv --pin 1234
	wants "built-in verification fails" "granted ok" "its PIN will do"
	key set blue uv=good
	key set blue uv_retries=0
	client assert --flag uv --pin 1234
	wants "built-in verification is blocked" "granted ok" "PIN for 'blue'"
	key set blue uv=none
	key set blue always_uv=1
	client assert --flag uv --pin 1234
	wants "a key that always verifies" "granted ok"
	key set blue always_uv=0
}

plugging()
{
	key unplug blue
	client assert --timeout 1
	wants "F51: no key" "refused no-key" "Plug in 'blue' or 'spare'."
	(sleep 0.5; softkey plug blue >/dev/null) &
	client assert
	wait || :
	wants "a key plugged in late" "granted ok" "Plug in 'blue' or 'spare'."
	key unplug blue
	key plug stranger
	client assert --timeout 2
	wants "F51: a foreign key" "refused foreign-key" "not the right one"
	(sleep 0.5; softkey plug blue >/dev/null) &
	client assert
	wait || :
	wants "a foreign key, then the right one" "granted ok"
	key plug spare
	client assert --present 2
	wants "two keys" "granted ok"
	grep -Eq 'keys=2 label=(blue,spare|spare,blue)' "$work/out" ||
	    fail "two keys: labels"
	key set spare touch=never
	client assert --flag uv --pin 1234
	wants "a touch chooses" "granted ok" "Touch 'blue' or 'spare' to choose"
	key set spare touch=auto
	key unplug spare
	client assert --present 2 --timeout 2
	wants "F49: one of two keys" "refused second-key" "second key"
	client preflight
	wants "preflight" "granted ok" "state=yours label=blue pin=1" \
	    "state=foreign"
	key unplug stranger
	flock "$(softkey status blue |
	    sed 's/.*"device":"\([^"]*\)".*/\1/')" sleep 1 &
	sleep 0.2
	client assert
	wait || :
	wants "another program lets go of the key" "granted ok" \
	    "Another program is using"
}

# blue blinks for the one who waits in the background.
blinking()
{
	key set blue touch=manual
	client assert "$@" &
	key wait blue blink 5000
}

until_gone()
{
	local i

	for ((i = 0; i < 60; i++)); do
		pgrep -x aas-authn >/dev/null || return 0
		sleep 0.05
	done
}

calm()
{
	softkey wait blue idle 3000 >/dev/null || fail "$1: the key blinks on"
	key set blue touch=auto
}

endings()
{
	blinking --timeout 10
	key touch blue
	wait "$!" || :
	calm "a touch"
	wants "a touch" "granted ok"
	blinking
	pkill -USR1 -x authn_client
	wait "$!" || :
	calm "canceled by the caller"
	wants "canceled by the caller" "refused canceled"
	blinking
	pkill -x authn_client
	wait "$!" || :
	calm "the caller goes"
	until_gone
	wants "CVE-2021-3560: the caller goes" ""
	blinking --timeout 2
	wait "$!" || :
	calm "time runs out"
	wants "time runs out" "refused timeout"
	blinking --timeout 10
	key unplug blue
	wait "$!" || :
	wants "F51: unplugged while it blinks" "refused unplugged"
	key plug blue
	key set blue touch=auto
	client assert --break trailing
	wants "a request with something behind it" "end"
	client assert --break truncated
	wants "half a request" "end"
	client assert --break unasked-reply
	wants "a reply that nobody asked for" "refused protocol"
}

remote()
{
	client assert --flag uv --flag remote --ask "" --pin 1234
	wants "from afar" "granted ok" "ASK Press Enter, then touch" \
	    "Touch 'blue' to choose it."
	client assert --flag uv --flag remote --ask hunter2 --pin 1234
	wants "a password instead of Enter" "refused conversation"
	client assert --flag remote
	wants "nobody answers" "refused canceled"
	# Somebody at the machine comes meanwhile.
	key set blue touch=manual
	client assert --flag remote --ask "" &
	key wait blue blink 5000
	mv "$work/out" "$work/out.remote"
	(softkey wait blue idle 3000; softkey wait blue blink 5000
	    softkey touch blue) >/dev/null &
	client assert
	wait || :
	key set blue touch=auto
	wants "local before remote" "granted ok"
	[ "$(verdict "$work/out.remote")" = "refused busy" ] ||
	    fail "the remote one was not told to wait"
}

# One ceremony at a time, and everybody gets a turn.
queue()
{
	local i n=8

	for ((i = 0; i < n; i++)); do
		authn_client assert --user root --uid 0 --timeout 20 \
		    --policy "$state/policy.bin" \
		    --helper "$top/tools/aas-authn" >"$work/out.$i" 2>&1 &
	done
	wait || :
	for ((i = 0; i < n; i++)); do
		[ "$(verdict "$work/out.$i")" = "granted ok" ] ||
		    { fail "queue: $i"; cat "$work/out.$i"; }
	done
	count=$((count + 1))
}

counter()
{
	key set blue fault=counter-back
	try "a counter that goes back" "refused counter"
	key set blue fault=none
	try "a clone stays refused" "refused counter" --timeout 2
	key plug spare
	try "the other key is good" "granted ok"
}

# As a screen locker would: an ordinary user, a set-group-id helper.
unlock()
{
	local uid

	[ "$(authn_client path)" = "$state" ] ||
	    { echo "aas-unlock looks elsewhere in this build: not tried"; return; }
	uid=$(id -u tester)
	install -g aas -m 2755 "$top/tools/aas-unlock" "$work/aas-unlock"
	install "$top/tests/authn_client" "$work/client"
	softkey unplug blue >/dev/null || :
	softkey unplug spare >/dev/null || :
	key plug red mode=0666
	key set red pin=1234
	bring green &
	authn_client enroll --user tester --uid "$uid" --realm demo.example \
	    --statedir "$state" --label red,green --pin 1234 --timeout 20 \
	    --policy "$state/policy.bin" --helper "$top/tools/aas-authn" \
	    >"$work/out" 2>&1 || cat "$work/out"
	wait || :
	key unplug green
	as_tester --user tester --uid "$uid" --flag uv --pin 1234
	wants "unlock" "granted ok" "label=red"
	as_tester --user root --uid 0 --pin 1234
	wants "unlock as somebody else" "refused not-self"
	as_tester --user root --uid "$uid" --pin 1234
	count=$((count + 1))
	[ "$(verdict | cut -d' ' -f1)" = refused ] ||
	    fail "unlock by another name"
	unlock_op=verify as_tester --user tester --uid "$uid"
	wants "unlock tells its own state" "granted ok" state=enrolled "keys=0"
	unlock_op=verify as_tester --user root --uid 0
	wants "... and nobody else's" "refused not-self"
	unlock_op=preflight as_tester --user tester --uid "$uid"
	wants "aas-unlock does nothing else" "refused not-self"
	key set red fault=no-uv
	as_tester --user tester --uid "$uid" --flag uv --pin 1234
	wants "unlock checks" "refused uv"
	setpriv --reuid="$uid" --regid="$uid" --clear-groups \
	    "$work/client" assert --user tester --uid "$uid" \
	    --policy "$state/policy.bin" --helper "$top/tools/aas-authn" \
	    >"$work/out" 2>&1 || :
	count=$((count + 1))
	[ "$(verdict | cut -d' ' -f1)" = refused ] ||
	    fail "aas-authn reads a record for an ordinary user"
}

as_tester()
{
	local uid

	uid=$(id -u tester)
	setpriv --reuid="$uid" --regid="$uid" --clear-groups \
	    env FIDO_DEBUG=1 OPENSSL_CONF=/nonexistent \
	    "$work/client" "${unlock_op:-assert}" \
	    --helper "$work/aas-unlock" "$@" \
	    >"$work/out" 2>&1 || :
}

if [ "$AUTHN_STAGE" = outside ]; then
	check_machine
	go_inside
fi
private_folders
softkeyd
enrolled
index
faults
slow_faults
pins
plugging
endings
remote
queue
counter
unlock
printf '%d cases\n' "$count"
exit "$bad"

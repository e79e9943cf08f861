#!/bin/bash
# it_rig.sh: Debian's own programs use the software keys: fido2-tools through
# libudev, ssh-keygen with its built-in provider, pamu2fcfg.  Were they to see
# anything but a security key here, no other test would mean much.
#
# Runs in namespaces of its own; without the means for that it exits 77.
set -euo pipefail

top=${AAS_TOP_BUILDDIR:-$PWD}
bin=$top/tests/rig
work=/run/it_rig
export RIG_STAGE=${RIG_STAGE:-outside}

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
	[ -x "$bin/softkeyd" ] || skip "the software keys are not built"
	[ -d /sys/class/hidraw ] || skip "the kernel has no /sys/class/hidraw"
	for tool in unshare expect fido2-token fido2-cred fido2-assert \
	    ssh-keygen pamu2fcfg python3; do
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
	    --kill-child --net /bin/bash "$0")

	export RIG_STAGE=inside
	if "$bin/hidsup" -- true 2>/dev/null; then
		exec "$bin/hidsup" -- "${enter[@]}"
	fi
	[ -e /run/aas-rig ] || skip "seccomp gives no supervisor"
	exec "${enter[@]}"
}

private_mounts()
{
	local dev=/mnt

	mount -t proc proc /proc
	mount -t tmpfs -o mode=755 tmpfs "$dev"
	for node in null zero full random urandom tty; do
		: >"$dev/$node"
		mount --bind "/dev/$node" "$dev/$node"
	done
	mkdir "$dev/pts" "$dev/shm"
	mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$dev/pts"
	ln -s pts/ptmx "$dev/ptmx"
	ln -s /proc/self/fd "$dev/fd"
	mount --move "$dev" /dev
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir "$work"
	cd "$work"
	export HOME=$work
}

# --- helpers ------------------------------------------------------------------

passed=0

fail()
{
	printf 'FAIL: %s\n' "$*" >&2
	"$bin/softkey" status blue >&2 || :
	exit 1
}

pass()
{
	printf 'ok: %s\n' "$*"
	passed=$((passed + 1))
}

softkey()
{
	"$bin/softkey" "$@" >/dev/null || fail "softkey $*"
}

# member NAME MEMBER: a number or word of a key's status.
member()
{
	"$bin/softkey" status "$1" |
	    python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' \
	    "$2"
}

# with_pin PIN CMD: CMD (one shell line) asks for PINs on its terminal.
with_pin()
{
	expect -f - "$1" "$2" <<-'EXPECT'
		log_user 0
		set timeout 10
		spawn /bin/sh -c [lindex $argv 1]
		expect {
			-re "(PIN|again).*: $" {
				send "[lindex $argv 0]\r"
				exp_continue
			}
			timeout { exit 99 }
			eof {}
		}
		exit [lindex [wait] 3]
	EXPECT
}

random64()
{
	head -c "$1" /dev/urandom | base64 -w0
	echo
}

# enroll DEVICE TYPE: leaves cred.id and cred.pk
enroll()
{
	{
		random64 32
		printf 'pam://rig\nalice\n'
		random64 16
	} >param
	fido2-cred -M -i param "$1" "$2" >made
	fido2-cred -V -i made -o cred "$2"
	head -n 1 cred >cred.id
	tail -n +2 cred >cred.pk
}

ask()
{
	{
		random64 32
		echo pam://rig
		cat cred.id
	} >ask
}

# --- what is tested -----------------------------------------------------------

keys_are_listed_and_described()
{
	softkey plug blue
	softkey plug spare
	[ "$(fido2-token -L | wc -l)" -eq 2 ] || fail "two keys are not listed"
	fido2-token -L | grep -q 'Software Key spare' || fail "no name"
	fido2-token -I /dev/hidraw0 | grep -q '^pin protocols: 2, 1' ||
	    fail "getInfo"
	[ "$(stat -Lc %a /dev/hidraw0)" = 600 ] || fail "mode"
	cmp -s <(xxd -p -l 3 \
	    /sys/class/hidraw/hidraw0/device/report_descriptor) <(echo 06d0f1) ||
	    fail "no report descriptor in sysfs"
	softkey unplug spare
	[ "$(fido2-token -L | wc -l)" -eq 1 ] || fail "unplugged but listed"
	[ ! -e /dev/hidraw1 ] || fail "unplugged but in /dev"
	pass "keys are listed and described"
}

# The ioctls that libfido2 does not use, but other programs do.
hidraw_ioctls_answer()
{
	python3 - <<-'PYTHON' || fail "hidraw ioctls"
		import fcntl, os, struct
		fd = os.open("/dev/hidraw0", os.O_RDWR)
		info = fcntl.ioctl(fd, 0x80084803, bytes(8))
		assert struct.unpack("=Ihh", info) == (3, 0x6161, 1), info
		name = fcntl.ioctl(fd, 0x80404804, bytes(64))
		assert name.startswith(b"Rig Software Key\0"), name
		# A terminal that is no key stays a terminal.
		master, slave = os.openpty()
		assert os.isatty(slave)
	PYTHON
	pass "the other hidraw ioctls answer"
}

assertions_verify()
{
	local type

	for type in es256 eddsa; do
		enroll /dev/hidraw0 "$type"
		ask
		fido2-assert -G -p -i ask /dev/hidraw0 |
		    fido2-assert -V -p cred.pk "$type" || fail "$type"
	done
	pass "assertions verify"
}

key_survives_replug_and_restart()
{
	local before

	enroll /dev/hidraw0 es256
	before=$(member blue counter)
	softkey quit
	"$bin/softkeyd" -d "$work/keys"
	softkey plug blue
	ask
	fido2-assert -G -i ask /dev/hidraw0 | fido2-assert -V cred.pk es256 ||
	    fail "the credential is lost"
	[ "$(member blue counter)" -gt "$before" ] || fail "the counter is lost"
	pass "a key survives replug and restart"
}

pins_are_counted()
{
	local i

	with_pin 4321 'fido2-token -S /dev/hidraw0' || fail "setting a PIN"
	with_pin 4321 'fido2-assert -G -v -i ask /dev/hidraw0 >got' ||
	    fail "the right PIN"
	fido2-assert -V -v -i got cred.pk es256 || fail "not user-verified"
	for i in 1 2 3; do
		! with_pin 0000 'fido2-assert -G -v -i ask /dev/hidraw0' ||
		    fail "wrong PIN taken"
		[ "$(member blue pin_retries)" -eq $((8 - i)) ] ||
		    fail "wrong PIN $i not counted"
	done
	! with_pin 4321 'fido2-assert -G -v -i ask /dev/hidraw0' ||
	    fail "not blocked after three"
	softkey unplug blue
	softkey plug blue
	with_pin 4321 'fido2-assert -G -v -i ask /dev/hidraw0 >got' ||
	    fail "still blocked"
	[ "$(member blue pin_retries)" -eq 8 ] || fail "tries not set back"
	with_pin 4321 'fido2-token -C /dev/hidraw0' || fail "changing the PIN"
	softkey set blue pin=
	pass "PINs are asked, counted and blocked"
}

touch_is_waited_for()
{
	local pid

	softkey set blue touch=manual
	fido2-assert -G -i ask /dev/hidraw0 >got &
	pid=$!
	softkey wait blue blink 5000
	softkey touch blue
	wait "$pid" || fail "touched"
	fido2-assert -V -i got cred.pk es256 || fail "touched, not verified"
	fido2-assert -G -i ask /dev/hidraw0 >got 2>err &
	pid=$!
	softkey wait blue blink 5000
	softkey touch blue deny
	! wait "$pid" || fail "denied, but answered"
	grep -q OPERATION_DENIED err || fail "denied, but: $(cat err)"
	pass "a touch is waited for"
}

unplugging_ends_a_wait()
{
	local pid

	fido2-assert -G -i ask /dev/hidraw0 >got 2>/dev/null &
	pid=$!
	softkey wait blue blink 5000
	softkey unplug blue
	! wait "$pid" || fail "unplugged, but answered"
	softkey plug blue
	softkey set blue touch=auto fault=unplug
	! fido2-assert -G -i ask /dev/hidraw0 >got 2>/dev/null ||
	    fail "pulled out by itself, but answered"
	[ ! -e /dev/hidraw0 ] || fail "still there"
	softkey set blue fault=none
	softkey plug blue
	pass "unplugging ends a wait"
}

# A session leader without a terminal, sshd say, must not get the key as its
# terminal, or it is killed when the key goes.
opening_gives_no_terminal()
{
	local pid

	mkfifo opened go
	setsid -f /bin/bash -c 'exec 7<>/dev/hidraw0; echo $$ >opened
	    read -r _ <go; echo alive >opened'
	read -r pid <opened
	[ "$(awk '{ print $7 }' "/proc/$pid/stat")" -eq 0 ] ||
	    fail "the key is a controlling terminal"
	softkey unplug blue
	echo >go
	[ "$(cat opened)" = alive ] || fail "killed by unplugging"
	softkey plug blue
	pass "opening a key gives no terminal"
}

ssh_keygen_makes_and_signs()
{
	local type

	echo text >text
	for type in ecdsa-sk ed25519-sk; do
		ssh-keygen -q -t "$type" -N '' -f "id_$type" >/dev/null ||
		    fail "ssh-keygen -t $type"
		ssh-keygen -q -Y sign -f "id_$type" -n rig text 2>/dev/null ||
		    fail "$type signs"
		ssh-keygen -q -Y check-novalidate -n rig -s text.sig <text \
		    >/dev/null || fail "$type verifies"
		rm text.sig
	done
	pass "ssh-keygen makes ecdsa-sk and ed25519-sk, and signs"
}

pamu2fcfg_enrolls()
{
	softkey set blue attest=basic # it asks for a certificate
	pamu2fcfg -u alice -o pam://rig -i pam://rig | grep -q '^alice:.*es256' ||
	    fail "pamu2fcfg"
	softkey set blue attest=self
	pass "pamu2fcfg enrolls"
}

clones_are_told_by_their_counter()
{
	enroll /dev/hidraw0 es256
	softkey clone blue blue2
	softkey plug blue2
	ask
	fido2-assert -G -i ask /dev/hidraw1 | fido2-assert -V cred.pk es256 ||
	    fail "the clone does not sign"
	[ "$(member blue2 counter)" -eq $(($(member blue counter) + 1)) ] ||
	    fail "a clone counts for itself"
	softkey unplug blue2
	pass "a clone signs and counts for itself"
}

# As root in its own namespaces from here.
inside()
{
	private_mounts
	"$bin/softkeyd" -d "$work/keys"
	keys_are_listed_and_described
	hidraw_ioctls_answer
	assertions_verify
	key_survives_replug_and_restart
	pins_are_counted
	touch_is_waited_for
	unplugging_ends_a_wait
	opening_gives_no_terminal
	ssh_keygen_makes_and_signs
	pamu2fcfg_enrolls
	clones_are_told_by_their_counter
	softkey quit
	[ ! -e /dev/hidraw0 ] || fail "quit leaves a device"
	printf '%d passed\n' "$passed"
}

if [ "$RIG_STAGE" = inside ]; then
	inside
else
	check_machine
	go_inside
fi

# shellcheck shell=bash
# lib.sh: what the demonstration and the tests of the real thing (it_*.sh)
# share: to be alone, keys, users, PAM stacks, settings, sshd.
#
#	. "$(dirname "$0")/rig/lib.sh"
#	rig_alone "$@"		# first of all
#
# Must only run in a private host (tests/rig/host.sh run --keys): it writes
# /etc.  Elsewhere rig_alone exits 77 and says why.

rig_bin=/build/tests/rig
rig_log=/var/log/auth.log
PATH=$rig_bin:$PATH

# talk.exp types for a person; what it showed goes to $out by custom.
talk=$(dirname "${BASH_SOURCE[0]}")/demo/talk.exp
out=/run/out
failed=0	# 1: a check did not hold; a test exits with it

# check NAME CMD...: one line of a test.
check()
{
	local name=$1

	shift
	if "$@" >/run/check.out 2>&1; then
		printf 'ok    %s\n' "$name"
	else
		printf 'FAIL  %s: %s\n' "$name" "$*"
		tail -n 20 /run/check.out
		[ ! -e "$out" ] || tr -d '\r' <"$out" | tail -n 20
		tail -n 5 "$rig_log"
		# shellcheck disable=SC2034 # the test exits with it
		failed=1
	fi
}

not()
{
	! "$@"
}

# said PATTERN: $out has it.
said()
{
	grep -qaE -- "$1" "$out"
}

rig_skip()
{
	printf 'SKIP: %s\n' "$*" >&2
	exit 77
}

# rig_alone ARG...: run the calling script again where no other test is: its
# own /etc, /run, /tmp, /dev, /home, state, processes and network, which end
# with it.  Tests of one "make check" may then run at the same time; one that
# takes the whole machine sets rig_crowds=yes before, and runs when no other
# does.
rig_alone()
{
	local how=--shared

	[ -z "${rig_crowds:-}" ] || how=--exclusive
	[ -e /run/aas-rig ] || rig_skip "needs a private host: ./dev check"
	[ -x "$rig_bin/softkeyd" ] || rig_skip "the software keys are not built"
	if [ "${rig_inside:-}" != yes ]; then
		rig_inside=yes exec flock --close "$how" \
		    "$rig_bin/.crowd" \
		    unshare --mount --propagation private \
		    --pid --fork --kill-child --net --ipc \
		    /bin/bash "$0" "$@"
	fi
	unset rig_inside
	rig_mounts
	ip link set lo up
	: >"$rig_log"
	busybox syslogd -n -S -O "$rig_log" &
	rig_until test -S /dev/log
}

# Each folder that a test writes, in memory: a copy of /etc, the rest empty.
rig_mounts()
{
	local dir new=/tmp/rig

	mount -t tmpfs -o mode=1777 tmpfs /tmp
	mkdir "$new"
	cp -a /etc "$new/"
	mount --bind "$new/etc" /etc
	for dir in /home /opt /root /usr/lib/pam.d \
	    /usr/local/share/ca-certificates /var/lib/aas /var/log \
	    /var/spool/aas; do
		mkdir -p "$dir"
		mount -t tmpfs -o mode=755 tmpfs "$dir"
	done
	mount -t tmpfs -o mode=755 tmpfs /run
	: >/run/utmp
	: >/run/aas-rig
	mkdir /run/lock /run/sshd
	rig_dev "$new/dev"
	mount -t proc proc /proc
	mkdir "$new/cgroup"
	mount --rbind /sys/fs/cgroup "$new/cgroup"
	mount -t sysfs -o ro sysfs /sys
	mount --rbind "$new/cgroup" /sys/fs/cgroup
}

rig_dev()
{
	local dev=$1

	mkdir "$dev"
	mount -t tmpfs -o mode=755 tmpfs "$dev"
	cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty \
	    /dev/fd /dev/stdin /dev/stdout /dev/stderr "$dev/"
	mkdir "$dev/pts" "$dev/shm"
	ln -s pts/ptmx "$dev/ptmx"
	mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts \
	    "$dev/pts"
	mount -t tmpfs -o mode=1777 tmpfs "$dev/shm"
	mount --rbind "$dev" /dev
}

# rig_until CMD...: wait up to 10 s for it to succeed.
rig_until()
{
	local i

	for ((i = 0; i < 500; i++)); do
		"$@" && return 0
		sleep 0.02
	done
	printf 'rig: waited in vain: %s\n' "$*" >&2
	return 1
}

# --- keys ---------------------------------------------------------------------

# Then: softkey plug NAME ...; tests/rig/README.md.
rig_keys()
{
	softkeyd
}

# blinks KEY: how often it has blinked.
blinks()
{
	softkey status "$1" | sed 's/.*"blinks": *\([0-9]*\).*/\1/'
}

# blinked N CMD...: blue blinked so often meanwhile.
blinked()
{
	local n=$1 before

	before=$(blinks blue)
	shift
	"$@"
	echo "blinked $(($(blinks blue) - before)) times"
	[ $(($(blinks blue) - before)) = "$n" ]
}

# --- users and settings -------------------------------------------------------

# rig_user NAME PASSWORD
rig_user()
{
	userdel -rf "$1" >/dev/null 2>&1 || :
	useradd -m -s /bin/bash "$1"
	printf '%s:%s\n' "$1" "$2" | chpasswd
	: >"/home/$1/.hushlogin"
}

# rig_stack SERVICE...: our module in front of the password, line by line as
# pam_aas(8) has it.
rig_stack()
{
	local service

	for service; do
		cat >"/etc/pam.d/$service" <<-'STACK'
		auth	[success=done ignore=ignore user_unknown=ignore default=die]	pam_aas.so aas1
		auth	required	pam_unix.so
		account	[success=ok new_authtok_reqd=ok ignore=ignore user_unknown=ignore default=die]	pam_aas.so aas1
		account	required	pam_unix.so
		password	[success=done ignore=ignore user_unknown=ignore default=die]	pam_aas.so aas1
		password	required	pam_unix.so
		session	required	pam_aas.so aas1
		session	required	pam_unix.so
		STACK
	done
}

# rig_stack_plain SERVICE...: the password alone.
rig_stack_plain()
{
	local service what

	for service; do
		for what in auth account password session; do
			printf '%s required pam_unix.so\n' "$what"
		done >"/etc/pam.d/$service"
	done
}

# rig_settings: aas.conf comes on stdin and is compiled.
rig_settings()
{
	rig_conf
	aasctl policy build >/dev/null
}

# rig_conf: aas.conf comes on stdin, for who reads it itself: no policy is
# compiled, so that no alert says so.
rig_conf()
{
	mkdir -p /etc/aas
	cat >/etc/aas/aas.conf
}

# --- services -----------------------------------------------------------------

rig_sshd()
{
	ssh-keygen -q -A
	cat >/etc/ssh/sshd_config <<-'CONF'
	UsePAM yes
	KbdInteractiveAuthentication yes
	PasswordAuthentication no
	PermitRootLogin no
	UseDNS no
	LogLevel VERBOSE
	CONF
	# People here have met this host before.
	awk '{ print "localhost", $1, $2 }' /etc/ssh/ssh_host_*_key.pub \
	    >/etc/ssh/ssh_known_hosts
	: >/var/log/lastlog
	mkdir -p /run/sshd
	/usr/sbin/sshd
	rig_until test -s /run/sshd.pid
}

rig_aasd()
{
	aasd >/run/aasd.log 2>&1 &
	rig_until test -S /run/aas/aasd.sock
}

# rig_enroll USER: with 'blue' (PIN 271828) and 'spare' (PIN 314159), by an
# invitation; the keys are out again afterwards.  aasd runs.
rig_enroll()
{
	local ticket

	ticket=$(aasctl --json invite "$1" |
	    sed 's/.*"ticket": *"\([^"]*\)".*/\1/')
	softkey plug blue mode=0666
	softkey set blue pin=271828
	expect "$talk" 60 "setpriv --reuid=$1 --regid=$1 --init-groups \
	    aasctl enroll --ticket $ticket" \
	    'Name for key 1[^\r\n]*: $' blue \
	    'Name for key 2[^\r\n]*: $' "!softkey plug spare mode=0666; \
	    softkey set spare pin=314159; softkey unplug blue!spare" \
	    "PIN for the new key[^\r\n]*: \$" 314159 \
	    "PIN for 'blue'[^\r\n]*: \$" 271828 \
	    "PIN for 'spare'[^\r\n]*: \$" 314159 \
	    "Plug in 'blue'" '!softkey plug blue mode=0666!-' \
	    'Another key\?[^\r\n]*: $' n >/tmp/enroll.out
	aasctl --json status "$1" | grep -q '"state": *"enrolled"' ||
	    { cat /tmp/enroll.out >&2; return 1; }
	softkey unplug blue || :
	softkey unplug spare || :
}

# rig_export_key USER KEY: the SSH credential of a key of the enrolment, as files
# of OpenSSH: /run/KEY and /run/KEY.pub.
rig_export_key()
{
	python3 - "/var/lib/aas/records/$(id -u "$1")" "$2" "/run/$2" <<-'PY'
	import base64, json, os, struct, sys
	record, label, path = sys.argv[1:]
	def b64(s):
	    s = s.replace("-", "+").replace("_", "/").rstrip("=")
	    return base64.b64decode(s + "=" * (-len(s) % 4))
	def string(b):
	    b = b.encode() if isinstance(b, str) else b
	    return struct.pack(">I", len(b)) + b
	entry = json.loads(b64(open(record).readline().split()[1]))
	cred = [k for k in entry["keys"] if k["label"] == label][0]["ssh"]
	kind = "sk-ecdsa-sha2-nistp256@openssh.com"
	public = string(kind) + string("nistp256")
	if cred["alg"] != -7:
	    kind = "sk-ssh-ed25519@openssh.com"
	    public = string(kind) + string(b64(cred["pk"]))
	else:
	    public += string(b"\4" + b64(cred["pk"]))
	public += string("ssh:" + entry["realm"])
	private = bytes(8) + public + b"\5" + string(b64(cred["id"]))
	private += string("") + string("aas")
	private += bytes(range(1, 1 + -len(private) % 8))
	blob = b"openssh-key-v1\0" + string("none") * 2 + string("")
	blob += struct.pack(">I", 1) + string(public) + string(private)
	text = base64.encodebytes(blob).decode()
	os.umask(0o077)
	with open(path, "w") as f:
	    f.write("-----BEGIN OPENSSH PRIVATE KEY-----\n" + text +
	        "-----END OPENSSH PRIVATE KEY-----\n")
	with open(path + ".pub", "w") as f:
	    f.write(kind + " " + base64.b64encode(public).decode() + " aas\n")
	PY
}

# rig_demo: the host of the demonstration, whole: a user demo who has to
# enroll at her next sign-in, and every service asks for keys.
rig_demo()
{
	getent group aas >/dev/null || groupadd --system aas
	rig_keys
	rig_user demo 'correct horse'
	echo 'demo ALL=(ALL) ALL' >/etc/sudoers.d/demo
	printf 'Defaults timestamp_timeout=0\n' >/etc/sudoers.d/aas
	rig_stack sshd login sudo su
	rig_settings <<-'CONF'
	realm = "demo.example";
	// Everything here is one machine: her keys are plugged into the very
	// host that she signs in to by SSH.  Elsewhere this stays "false".
	server_keys = true;
	required_users = [ "demo" ];
	required_from = "2020-01-01T00:00:00Z";
	timeout = "20s";
	CONF
	rig_aasd
	rig_sshd
}

#!/bin/bash
# it_unlock.sh: a screen locker.  It is a process of the user's, so all that
# the user can do to it is done here: the answer must open the locker and
# nothing else, and tell nothing of anybody else.
# shellcheck disable=SC2016,SC2317 # what check calls, what other shells read
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

unlock=/usr/libexec/aas/aas-unlock

# as USER CMD...
as()
{
	local user=$1

	shift
	setpriv --reuid="$user" --regid="$user" --init-groups "$@" 2>&1
}

pins=("PIN for 'blue'[^\\r\\n]*: \$" 271828
    "PIN for 'spare'[^\\r\\n]*: \$" 314159)

types()
{
	timeout 30 expect "$talk" 20 "$@" "${pins[@]}" >"$out" 2>&1
}

# locker NAME: demo's screen locker asks PAM about NAME.
locker()
{
	types "setpriv --reuid=demo --regid=demo --init-groups ${preload:-} \
	    pamtester swaylock $1 authenticate"
}

# Everything that is kept, to the nanosecond.
kept()
{
	find /var/lib/aas /run/aas -type f -printf '%p %s %T@ %C@ %i\n' | sort
}

never_blinked()
{
	[ "$(blinks "$1")" = "$(cat /run/blinked)" ]
}

# keys NAME...: these are plugged in, and demo may open them.
keys()
{
	local key

	for key in blue spare red green; do
		softkey unplug "$key" || :
	done >/dev/null 2>&1
	for key; do
		softkey plug "$key" owner="$(id -u demo)" >/dev/null
		softkey set "$key" touch=auto >/dev/null
	done
}

setup()
{
	rig_demo
	rig_user anna 'anna pw'
	rig_stack swaylock
	rig_enroll demo
	# anna: the names that nobody else may hear of.
	softkey plug red mode=0666
	softkey set red pin=271828
	softkey plug green mode=0666
	softkey set green pin=271828
	types "setpriv --reuid=anna --regid=anna --init-groups aasctl enroll \
	    --ticket $(aasctl --json invite anna |
		sed 's/.*"ticket": *"\([^"]*\)".*/\1/')" \
	    'Name for key 1[^\r\n]*: $' annas-red \
	    'Name for key 2[^\r\n]*: $' annas-green \
	    "PIN for '[^\\r\\n]*: \$" 271828 'Another key\?[^\r\n]*: $' n
	uid=$(id -u demo)
	other=$(id -u anna)
	pkill -x aasd
	rig_until not pgrep -x aasd >/dev/null
	preloads
	peer
}

# A library that lies about who runs it, and writes down what comes in.
preloads()
{
	cat >/run/liar.c <<-'C'
	#define _GNU_SOURCE
	#include <sys/socket.h>
	#include <sys/syscall.h>
	#include <dlfcn.h>
	#include <fcntl.h>
	#include <stdarg.h>
	#include <string.h>
	#include <unistd.h>
	static void note(const char *file, const void *p, size_t n)
	{
		int fd = open(file, O_WRONLY | O_APPEND | O_CREAT, 0666);
		(void)!write(fd, p, n);
		close(fd);
	}
	static long kernel(long nr, ...)
	{
		long (*real)(long, ...) = (void *)dlsym(RTLD_NEXT, "syscall");
		long v[6];
		va_list ap;
		va_start(ap, nr);
		for (int i = 0; i < 6; i++)
			v[i] = va_arg(ap, long);
		va_end(ap);
		return real(nr, v[0], v[1], v[2], v[3], v[4], v[5]);
	}
	__attribute__((constructor)) static void loaded(void)
	{
		char name[64];
		int fd = open("/proc/self/comm", O_RDONLY);
		ssize_t n = fd == -1 ? 0 : read(fd, name, sizeof(name));
		close(fd);
		if (n > 0)
			note("/tmp/loaded", name, (size_t)n);
	}
	uid_t getuid(void) { return OTHER; }
	uid_t geteuid(void) { return OTHER; }
	int getresuid(uid_t *a, uid_t *b, uid_t *c)
	{
		*a = *b = *c = OTHER;
		return 0;
	}
	static void hear(const struct msghdr *m, ssize_t left)
	{
		for (size_t i = 0; left > 0 && i < m->msg_iovlen; i++) {
			size_t k = m->msg_iov[i].iov_len;
			if (k > (size_t)left)
				k = (size_t)left;
			note("/tmp/frames", m->msg_iov[i].iov_base, k);
			left -= (ssize_t)k;
		}
	}
	ssize_t recvmsg(int s, struct msghdr *m, int f)
	{
		ssize_t n = kernel(SYS_recvmsg, s, m, f);
		hear(m, n);
		return n;
	}
	long called(long nr, long a, long b, long c, long d, long e, long f)
	    __asm__("syscall");
	long called(long nr, long a, long b, long c, long d, long e, long f)
	{
		long n = nr == SYS_getuid || nr == SYS_geteuid ? OTHER :
		    kernel(nr, a, b, c, d, e, f);
		if (nr == SYS_recvmsg)
			hear((void *)b, n);
		return n;
	}
	C
	gcc -shared -fPIC -w -DOTHER="$other" -o /run/liar.so /run/liar.c
	sed 's/OTHER/(uid_t)kernel(SYS_getuid)/' /run/liar.c >/run/ear.c
	gcc -shared -fPIC -w -o /run/ear.so /run/ear.c
	: >/tmp/frames
	: >/tmp/loaded
	chmod 666 /tmp/frames /tmp/loaded
}

# A caller that does everything wrong but the request itself.
peer()
{
	cat >/run/peer.py <<-'PY'
	import ctypes, os, resource, signal, socket, struct, sys
	unlock, how, user, uid = sys.argv[1:5]
	env = [b"LD_PRELOAD=/run/liar.so", b"LD_LIBRARY_PATH=/tmp",
	    b"FIDO_DEBUG=1", b"OPENSSL_CONF=/tmp/none", b"MALLOC_CHECK_=3"]

	def text(s):
	    return struct.pack(">H", len(s)) + s.encode()

	def request():
	    op = 4 if how == "state" else 1
	    rq = struct.pack(">BI16sI", op, 2, b"n" * 16, int(uid))
	    rq += text(user) + text("swaylock") + text("")
	    rq += struct.pack(">BII", 1, 8, 0) + text("") + text("") + bytes(66)
	    return b"AA\1\1" + rq

	kind = {"stream": socket.SOCK_STREAM, "dgram": socket.SOCK_DGRAM}
	ours, its = socket.socketpair(socket.AF_UNIX,
	    kind.get(how, socket.SOCK_SEQPACKET))

	def limit(*what):
	    for name, n in what:
	        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (n, n))

	def child():
	    libc = ctypes.CDLL(None)
	    argv = (ctypes.c_char_p * 2)(b"x" * (60000 if how == "long" else 3))
	    if how == "no-argv":
	        argv[0] = None
	    envp = (ctypes.c_char_p * (len(env) + 1))(*env)
	    fd = its.fileno()
	    if how == "file":
	        fd = os.open("/etc/passwd", os.O_RDONLY)
	    if how == "closed":
	        os.closerange(0, 3)
	    else:
	        os.dup2(fd, 0)
	    if how == "only-0":
	        os.closerange(1, 1000)
	    if how == "signals":
	        for s in range(1, 65):
	            if s not in (9, 19, 32, 33):
	                signal.signal(s, signal.SIG_IGN)
	        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
	    limit(*{"files": [("NOFILE", 3)], "memory": [("AS", 1 << 22)],
	        "stack": [("STACK", 1 << 14)], "cpu": [("CPU", 1)],
	        "file-size": [("FSIZE", 0)], "processes": [("NPROC", 1)],
	        "data": [("DATA", 0)]}.get(how, []))
	    libc.execve(unlock.encode(), argv, envp)
	    os._exit(127)

	pid = os.fork()
	if pid == 0:
	    child()
	its.close()
	# A datagram socket never says that its peer is gone.
	ours.settimeout(2 if how == "dgram" else 15)
	try:
	    if how == "garbage":
	        for n in range(400):
	            ours.send(os.urandom(16384 if n % 2 else n))
	    elif how == "huge":
	        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
	        ours.send(request() + bytes(150000))
	    elif how == "fds":
	        socket.send_fds(ours, [request()], [0, 1, 2])
	    else:
	        ours.send(request())
	    while True:
	        m = ours.recv(20000)
	        if not m:
	            break
	        if m[3] == 31:
	            good = m[4:8] == struct.pack(">I", 0xA5C3961E)
	            print("GRANTED" if good else "REFUSED", m[8:10].hex())
	            if good and how == "state":
	                print("STATE %d of %d bytes" % (m[136], len(m)))
	        elif m[3] in (18, 19):
	            ours.send(b"AA\1\2" + m[4:8] + b"\0" + b"271828")
	except OSError as e:
	    print("socket:", e)
	ours.close()
	status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
	print("EXIT", status)
	PY
	chmod 644 /run/peer.py
}

# odd HOW [USER UID]: what aas-unlock said to that caller.
odd()
{
	as demo timeout 30 python3 /run/peer.py "$unlock" "$1" "${2:-demo}" \
	    "${3:-$uid}" >"$out"
}

granted()
{
	odd "$@"
	said '^GRANTED' && said '^EXIT 0$'
}

# No answer but an orderly end.
ends()
{
	odd "$@"
	not said '^GRANTED' && said '^EXIT [1-9]'
}

refused()
{
	odd "$@"
	not said '^GRANTED' && said '^REFUSED '
}

# --- an honest locker ---------------------------------------------------------

honest()
{
	keys blue
	kept >/run/before
	check "without aasd, her key unlocks" locker demo
	kept >/run/after
	check "... and leaves no ticket, no state, nothing" \
	    cmp /run/before /run/after
	check "... and no process" not pgrep -x aas-unlock
	keys red
	check "another user's key does not" not locker demo
	check "... and that is said" said '\[foreign-key\]'
	keys blue red
	blinks red >/run/blinked
	check "another user's name does not" not locker anna
	check "... and that is said" said '\[not-self\]'
	check "... and no key of theirs blinks" \
	    never_blinked red
	check "she is the one with her own key, theirs beside it" locker demo
	check "... and their key never blinks" \
	    never_blinked red
}

# --- a caller with other plans ------------------------------------------------

lies()
{
	keys blue red
	kept >/run/before
	preload='env LD_PRELOAD=/run/liar.so'
	check "a locker that lies about its uid is refused" not locker anna
	check "... by the helper, which knows better" said '\[not-self\]'
	preload='env LD_PRELOAD=/run/ear.so'
	check "a locker with an ear to the helper hears its own answer" \
	    locker demo
	check "... and its own key's name" grep -qa blue /tmp/frames
	check "... and nothing of another user" \
	    not grep -qaE 'annas|red|green' /tmp/frames
	preload=
	check "CVE-2024-48990: the helper never loads what a caller wants" \
	    not grep -q aas-unlock /tmp/loaded
	check "... although its caller did" grep -q pamtester /tmp/loaded
	check "F29: by hand, her own request is answered" granted plain
	check "... another uid's is refused" refused plain anna "$other"
	check "... or another name's" refused plain anna "$uid"
	check "... or root's" refused plain root 0
	check "still the helper loads nothing" \
	    not grep -q aas-unlock /tmp/loaded
	kept >/run/after
	check "all that left no ticket and no state" \
	    cmp /run/before /run/after
}

oddities()
{
	local how

	keys blue
	for how in no-argv long only-0 signals; do
		check "F29, CVE-2021-3156, CVE-2021-4034: unlocks all the same: $how" granted "$how"
	done
	for how in closed stream dgram file garbage huge fds; do
		check "F29, CVE-2026-4897: ends in order: $how" ends "$how"
	done
	for how in files memory stack cpu file-size processes data; do
		check "F29: comes to an end: $how" any_end "$how"
	done
	check "no process is left" rig_until not pgrep -x aas-unlock
}

# Limits may kill it, or it may cope: both are in order, silence is not.
any_end()
{
	odd "$@"
	said '^EXIT '
}

# --- a service that policy exempts ---------------------------------------------

# What aas-unlock says to USER UID of the record's state; "": no answer.
state_of()
{
	as "$1" timeout 30 python3 /run/peer.py "$unlock" state "$2" "$3" >"$out"
}

# exempt USER: the locker of USER, who types the account's password.
exempt()
{
	timeout 30 expect "$talk" 20 "setpriv --reuid=$1 --regid=$1 \
	    --init-groups pamtester swaylock $1 authenticate acct_mgmt" \
	    'Password: $' "$1 pw" >"$out" 2>&1
}

exempted()
{
	keys blue
	rig_user bob 'bob pw'
	kept >/run/before
	blinks blue >/run/blinked
	check "who has keys hears so" eval 'state_of demo demo "$uid";
	    said "^STATE 3 of 147 bytes"'
	check "who has none hears that" eval 'state_of bob bob "$(id -u bob)";
	    said "^STATE 1 of 147 bytes"'
	check "... and nothing of another user" \
	    eval 'state_of bob demo "$uid"; said "^REFUSED 002e"'
	check "... nor by half another name" \
	    eval 'state_of bob demo "$(id -u bob)"; not said "^STATE [^1]"'
	kept >/run/after
	check "that leaves no state" cmp /run/before /run/after
	cp /etc/aas/aas.conf /run/aas.conf
	sed 's/^required_users.*/exempt_services = [ "swaylock" ];/' \
	    /run/aas.conf | rig_settings
	check "an exempt locker takes the password of who has no keys" \
	    exempt bob
	check "... and of nobody who has keys" not exempt demo
	check "... who hears why" said '\[policy-deny\]'
	check "... and sees no key blink" never_blinked blue
	rig_settings </run/aas.conf
}

# --- its memory ---------------------------------------------------------------

# waiting: demo's locker waits for a touch of blue; its processes in $pids.
waiting()
{
	softkey set blue touch=manual >/dev/null
	locker demo &
	locker_job=$!
	softkey wait blue blink 8000 >/dev/null
	pids=$(pgrep -x aas-unlock)
}

let_go()
{
	softkey touch blue >/dev/null
	wait "$locker_job"
}

# hidden PID: no way into it for demo.
hidden()
{
	local file

	for file in mem maps environ auxv fd/0 syscall stack; do
		! as demo cat "/proc/$1/$file" >/dev/null || return 1
	done
	! as demo ls "/proc/$1/fd/" >/dev/null || return 1
	! as demo timeout 3 strace -o /dev/null -p "$1" >/dev/null || return 1
	as demo python3 - "$1" <<-'PY'
	import ctypes, os, sys
	pid = int(sys.argv[1])
	libc = ctypes.CDLL(None, use_errno=True)
	buf = ctypes.create_string_buffer(16)
	class iov(ctypes.Structure):
	    _fields_ = [("p", ctypes.c_void_p), ("n", ctypes.c_size_t)]
	here = iov(ctypes.addressof(buf), 16)
	there = iov(0x400000, 16)
	assert libc.process_vm_readv(pid, ctypes.byref(here), 1,
	    ctypes.byref(there), 1, 0) == -1
	assert ctypes.get_errno() == 1, ctypes.get_errno()
	assert libc.ptrace(16, pid, None, None) == -1	# PTRACE_ATTACH
	assert ctypes.get_errno() == 1, ctypes.get_errno()
	assert libc.ptrace(0x4206, pid, None, None) == -1	# PTRACE_SEIZE
	pidfd = os.pidfd_open(pid)
	assert libc.syscall(438, pidfd, 0, 0) == -1	# pidfd_getfd
	PY
}

memory()
{
	local pid n=0

	keys blue
	waiting
	as demo sleep 20 &
	disown
	rig_until pgrep -u demo -x sleep >/dev/null
	check "a process of hers can be looked into" \
	    as demo sh -c 'cat /proc/$(pgrep -u demo -x sleep)/maps'
	for pid in $pids; do
		check "F71: aas-unlock cannot, process $((n += 1))" hidden "$pid"
	done
	pkill -u demo -x sleep
	check "there were both halves of it" test "$n" -ge 2
	check "it was not disturbed" let_go
	softkey set blue touch=auto >/dev/null
	types "setpriv --reuid=demo --regid=demo --init-groups \
	    strace -f -o /tmp/trace pamtester swaylock demo authenticate" || :
	check "traced from its start it has no rights, and opens nothing" \
	    not said 'successfully authenticated'
	check "... so that nothing of the record is in the trace" \
	    not grep -qE 'annas|records/.*= [0-9]' /tmp/trace
}

# --- what it is good for ------------------------------------------------------

# A stopped helper: demo's own doing.
login_in()
{
	types 'script -qec "login demo" /dev/null' \
	    '\$ $' "!:!echo signed in as \$(id -un); exit" \
	    'Login incorrect' '!pkill -x login!-'
}

ssh_in()
{
	types 'ssh -F none -o NumberOfPasswordPrompts=1 -tt demo@localhost id' \
	    'Press Enter, then touch [^\r\n]*: $' ''
}

# stop_all: demo stops her helpers.
stop_all()
{
	as demo kill -STOP $(pgrep -x aas-unlock)
}

stopped()
{
	local job silence

	keys blue
	mkfifo /run/never
	sleep 30 >/run/never &
	silence=$!
	disown
	as demo timeout 30 pamtester swaylock demo authenticate \
	    </run/never >/run/prompt 2>&1 &
	job=$!
	rig_until grep -q "PIN for" /run/prompt
	check "F10: her helper stopped at its prompt" stop_all
	check "... keeps nobody from signing in" login_in
	check "... for certain" said 'signed in as demo'
	pkill -KILL -x aas-unlock
	kill "$silence"
	wait "$job" || :
	waiting
	check "her helper stopped with its hand on a key" stop_all
	softkey plug spare owner="$uid" >/dev/null
	check "... keeps nobody with another key from signing in" login_in
	check "... for certain" said 'signed in as demo'
	pkill -KILL -x aas-unlock
	wait "$locker_job" || :
}

# After a good answer to the locker, every other host asks anew.
nowhere_else()
{
	keys blue
	check "she unlocks" locker demo
	softkey set blue touch=deny >/dev/null
	check "sshd asks for itself" not ssh_in
	check "... and is denied" said '\[denied-on-key\]'
	check "so does login" not eval 'login_in && said "signed in as"'
	check "... and is denied" said '\[denied-on-key\]'
	check "an sshd session without a sign-in is refused" \
	    not pamtester -I tty=ssh sshd demo open_session
	check "... although a locker may try" eval 'softkey set blue touch=auto;
	    types "setpriv --reuid=demo --regid=demo --init-groups \
	    pamtester swaylock demo authenticate open_session" || :'
	check "there is no ticket and no session of it" \
	    not eval '{ find /run/aas/sessions -type l -printf "%l\n"
	    cat /run/aas/tickets/*; } 2>/dev/null | grep -a swaylock'
}

setup
honest
lies
oddities
exempted
memory
stopped
nowhere_else
[ "$failed" -eq 0 ] || tail -n 40 "$rig_log"
exit "$failed"

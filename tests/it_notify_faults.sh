#!/bin/sh
# What a crash of the notifier does to alerts.
#
# aas-notify is killed at each of its system calls in turn, and run again: each
# event was told at least once, always by the same line, and the chain has each
# once, with no number left out.  A half-written last line of the chain, files
# that are no events and a second notifier are in nobody's way.
set -u
if [ -z "${AAS_NOTIFY_NS:-}" ]; then
	[ "$(id -u)" = 0 ] || { echo "skipped: needs root" >&2; exit 77; }
	unshare -m true 2>/dev/null ||
	    { echo "skipped: no mount namespace" >&2; exit 77; }
	AAS_NOTIFY_NS=yes exec unshare -m sh "$0" "$@"
fi
strace -qqq -o /dev/null true 2>/dev/null ||
    { echo "skipped: strace does not run here" >&2; exit 77; }
if strace -qqq -o /dev/null -e inject=write:signal=KILL:when=1 \
    echo 2>/dev/null; then
	echo "skipped: strace cannot inject here" >&2
	exit 77
fi
command -v python3 >/dev/null || { echo "skipped: no python3" >&2; exit 77; }
# Not in /tmp or /var/tmp: a channel has empty ones of its own.
dir=/mnt
mount -t tmpfs -o mode=755 tmpfs "$dir" || exit 99
{
	grep -v '^aas-notify:' /etc/passwd
	echo 'aas-notify:x:64998:64998::/nonexistent:/usr/sbin/nologin'
} >"$dir/passwd"
mount --bind "$dir/passwd" /etc/passwd || exit 99

cat >"$dir/sink" <<-'SINK'
	#!/bin/sh
	exec cat >>"$1"
SINK
chmod 0755 "$dir/sink"
AAS_DIR=$dir NOTIFY=${AAS_TOP_BUILDDIR:-.}/tools/aas-notify \
    timeout 500 python3 - <<'PY'
import hashlib, json, os, re, shutil, subprocess, sys, time

top, notify = os.environ["AAS_DIR"], os.environ["NOTIFY"]
work, out, conf = top + "/w", top + "/out", top + "/aas.conf"
with open(conf, "w") as f:
    f.write('realm = "example.org";\nalerts = { syslog = false; journal = '
            'false; terminals = false; exec = ( { argv = [ "%s/sink", "%s" ]; '
            '} ); };\n' % (top, out))
bad = 0

def fail(text):
    global bad
    bad += 1
    if bad < 20:
        print("FAIL " + text)

def run(*before, extra=()):
    p = subprocess.run([*before, notify, "--all", "--config", conf, "--state",
                        work + "/state", "--spool", work + "/spool", *extra],
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=60)
    return p.returncode

n = 0
def event(kind, uid, text="x"):
    global n
    n += 1
    ident = "%032x" % (0xabc000 + n)
    new = work + "/spool/new"
    os.makedirs(new, exist_ok=True)
    path = "%s/%020d-%s.json" % (new, n, ident)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        f.write('{"v":1,"id":"%s","type":"%s","time":"2026-01-01T00:00:%02dZ",'
                '"host":"h","user":"u%d","uid":%d,"text":"%s"}\n'
                % (ident, kind, n % 60, uid, uid, text))
    return ident

def lines(path):
    try:
        with open(path, "rb") as f:
            return f.read().split(b"\n")
    except FileNotFoundError:
        return [b""]

def check(what, ids, uid=1000):
    """All told by one line each, the chain whole, nothing left."""
    told = {}
    for l in lines(out):
        if l == b"":
            continue
        try:
            told.setdefault(json.loads(l)["id"], set()).add(l)
        except ValueError:
            pass  # the end of one whose channel was killed with it
    chain = lines("%s/state/alerts/%d" % (work, uid))
    if chain.pop() != b"":
        fail(what + ": the chain has no end")
    prev, seen = "0" * 64, []
    for k, l in enumerate(chain):
        a = json.loads(l)
        if a["number"] != k + 1 or a["prev"] != prev:
            fail("%s: line %d does not follow" % (what, k + 1))
        prev = hashlib.sha256(l).hexdigest()
        seen.append(a["id"])
    if sorted(seen) != sorted(ids):
        fail("%s: the chain has %d of %d" % (what, len(seen), len(ids)))
    for i in ids:
        if len(told.get(i, ())) != 1:
            fail("%s: %s was told by %d lines" % (what, i, len(told.get(i, ()))))
        elif not told[i] <= set(chain):
            fail("%s: %s is told otherwise than numbered" % (what, i))
    for d in "new", "queue", "dead":
        left = [f for f in os.listdir(work + "/spool/" + d) if f[0] != "."]
        if left:
            fail("%s: left in %s: %s" % (what, d, left))

def begin():
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work + "/state", mode=0o755)
    open(out, "w").close()
    os.chmod(out, 0o666)

# The state that all begin with: one told, one in the queue, two new.
begin()
ids = [event("sign-in", 1000)]
if run() != 0:
    fail("it does not run")
check("first", ids)
os.chmod(out, 0)
ids.append(event("sign-in", 1000))
os.rename(top + "/sink", top + "/away")
run()
os.rename(top + "/away", top + "/sink")
os.chmod(out, 0o666)
if len(os.listdir(work + "/spool/queue")) != 1:
    fail("nothing waits")
ids += [event("key-added", 1000), event("sign-in", 1000)]
base = top + "/base"
shutil.copytree(work, base)
shutil.copy(out, top + "/out.base")

def again():
    shutil.rmtree(work)
    shutil.copytree(base, work)
    with open(top + "/out.base", "rb") as f, open(out, "wb") as g:
        g.write(f.read())

# Which calls it makes; those that change nothing outside are left out.
run("strace", "-qqq", "-c", "-o", top + "/calls")
check("whole", ids)
calls = []
for l in lines(top + "/calls")[2:]:
    w = l.decode().split()
    if len(w) >= 5 and w[3].isdigit() and w[-1] != "total" and \
       w[-1] not in ("execve", "rt_sigaction", "geteuid", "mmap", "mprotect",
                     "brk", "exit_group", "access", "arch_prctl", "futex"):
        calls.append((w[-1], int(w[3])))
# Between two calls that change nothing the disk is the same: killed at one of
# them is killed at the next.  AAS_NOTIFY_ALL=1 does not take that for granted.
readers = ("newfstatat", "pread64", "read", "close", "fcntl", "getdents64",
           "openat", "openat2", "lseek", "adjtimex", "getrandom", "prlimit64")
kills = 0
for call, times in calls:
    for k in range(1, times + 1):
        if call in readers and k > 2 and not os.environ.get("AAS_NOTIFY_ALL"):
            continue
        again()
        rc = run("strace", "-qqq", "-o", "/dev/null", "-e", "trace=" + call,
                 "-e", "inject=%s:signal=KILL:when=%d" % (call, k))
        kills += rc != 0
        run()
        check("%s %d" % (call, k), ids)
        if bad > 20:
            sys.exit(1)
print("killed %d times, bad=%d" % (kills, bad))
if kills < 60:
    fail("too few kills: the sweep found too little")

# Half a line at the end of the chain.
again()
with open(work + "/state/alerts/1000", "ab") as f:
    f.write(b'{"number":3,"prev":"00')
run()
check("torn", ids)

# Files that are no events: aside, and in nobody's way.
again()
for k, text in enumerate((b"", b"{", b"\0" * 100, b"{}", b"[" * 4000,
                          b'{"v":1,"id":"../../etc"}')):
    p = "%s/spool/new/%020d-bad%d.json" % (work, k, k)
    with open(os.open(p, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as f:
        f.write(text)
os.symlink("/etc/shadow", work + "/spool/new/00000000000000000007-link.json")
run()
dead = os.listdir(work + "/spool/dead")
if len(dead) != 7:
    fail("dead letters: %s" % dead)
for d in dead:
    os.unlink(work + "/spool/dead/" + d)
check("no events", ids)

# A chain that cannot be gone on with: it is kept, a new one is begun, and its
# user and root hear of it.
again()
with open(work + "/state/alerts/1000", "ab") as f:
    f.write(b'{"number":4,"prev"\n')
run()
with open(out, "rb") as f:
    told = [json.loads(l) for l in f.read().splitlines()]
if not os.path.exists(work + "/state/alerts/1000.damaged.1"):
    fail("the damaged chain is not kept")
if sorted(a["uid"] for a in told if a["type"] == "alerts-damaged") != [0, 1000]:
    fail("a damaged chain is not told")
if not set(ids) <= {a["id"] for a in told}:
    fail("a damaged chain keeps alerts from being told")
if any(f[0] != "." for d in ("new", "queue", "dead")
       for f in os.listdir(work + "/spool/" + d)):
    fail("a damaged chain leaves something")

# What a writer that died left under a name with a dot, by a clock that was a
# year ahead: it takes a minute from when it is seen.
again()
name = [f for f in os.listdir(work + "/spool/new") if f[0] != "."][0]
path = work + "/spool/new/." + name
os.rename(work + "/spool/new/" + name, path)
os.utime(path, (time.time() + 31536000,) * 2)
run()
if not os.path.exists(path):
    fail("one that may be being written is taken")
if os.stat(path).st_mtime > time.time() + 1:
    fail("one of a clock that was ahead waits for it")
else:
    os.utime(path, (time.time() - 61,) * 2)
run()
check("ahead", ids)

# A program that a signal ended has told nobody, nor is it given up.
again()
os.rename(top + "/sink", top + "/away")
with open(top + "/sink", "w") as f:
    f.write("#!/bin/sh\nkill -KILL $$\n")
os.chmod(top + "/sink", 0o755)
run()
if len(os.listdir(work + "/spool/queue")) != 3 or os.listdir(work + "/spool/dead"):
    fail("a program that was killed counts as one that has told it")
os.rename(top + "/away", top + "/sink")
run()
check("killed program", ids)

# The notifier is killed while a channel is being taken apart: that ends, too,
# and runs nothing that nobody would end.
again()
with open(out, "rb") as f:
    before = f.read()
slow = subprocess.Popen(["strace", "-f", "-qqq", "-o", "/dev/null", "-e", "trace=mount",
                         "-e", "inject=mount:delay_enter=300000", notify, "--all",
                         "--config", conf, "--state", work + "/state", "--spool",
                         work + "/spool"], stdin=subprocess.DEVNULL,
                        stderr=subprocess.DEVNULL)
def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(p) for p in f.read().split()]
    except OSError:
        return []
def named(pid):
    try:
        with open("/proc/%d/comm" % pid) as f:
            return f.read().strip()
    except OSError:
        return ""
mine, until = [], time.time() + 30
while not mine and time.time() < until and slow.poll() is None:
    for pid in children(slow.pid):
        if named(pid) == "aas-notify" and children(pid):
            mine = [pid]
if not mine:
    fail("no channel was seen")
for pid in mine:
    os.kill(pid, 9)
slow.wait(60)
with open(out, "rb") as f:
    if f.read() != before:
        fail("a channel went on after the notifier was killed")
run()
check("killed before its channel began", ids)

# Programs that differ late in their arguments are two.
again()
with open(conf) as f:
    plain = f.read()
with open(conf, "w") as f:
    args = ('"%s", ' % ("a" * 250)) * 4
    f.write(plain.replace('"%s" ]; }' % out, '"%s", %s"1" ]; }, { argv = [ "%s/sink", '
                          '"%s", %s"2" ]; }' % (out, args, top, out, args)))
run()
with open(conf, "w") as f:
    f.write(plain)
with open(out, "rb") as f:
    told = [json.loads(l)["id"] for l in f.read().splitlines()]
if [told.count(i) for i in ids[2:]] != [2, 2]:
    fail("of two programs with long arguments one was told: %s" % told)

# A place that cannot even be asked, for its secret is gone: root hears of it.
again()
with open(conf) as f:
    plain = f.read()
with open(conf, "w") as f:
    f.write(plain.replace("exec =", 'webhook = ( { url = "https://localhost/"; '
                          'secret_file = "%s/none"; } ); exec =' % top))
for _ in range(6):
    run()
with open(conf, "w") as f:
    f.write(plain)
with open(out, "rb") as f:
    told = [json.loads(l)["type"] for l in f.read().splitlines()]
if told.count("delivery-failing") != 1:
    fail("told %d times of a place without its secret" %
         told.count("delivery-failing"))
run()

# A lock that cannot be had at all is said.
again()
os.unlink(work + "/spool/lock")
os.mkdir(work + "/spool/lock")
p = subprocess.run([notify, "--verbose", "--config", conf, "--state",
                    work + "/state", "--spool", work + "/spool"],
                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
if p.returncode != 1 or b"event=spool-not-locked: " not in p.stderr:
    fail("no lock: %d %s" % (p.returncode, p.stderr))
os.rmdir(work + "/spool/lock")
run()
check("lock", ids)

# Two at once: one of them does it.
again()
two = [subprocess.Popen([notify, "--all", "--config", conf, "--state",
                         work + "/state", "--spool", work + "/spool"])
       for _ in range(8)]
for p in two:
    if p.wait(60) != 0:
        fail("one of many failed")
run()
check("many", ids)
sys.exit(1 if bad else 0)
PY

#!/bin/bash
# it_notify_kill.sh: what a crash of the notifier does to alerts on their way
# to a real mail server (by a real sendmail) and a real https server.
#
# aas-notify is killed as it enters each of its system calls, and each of the
# processes that deliver at each of theirs, with both servers up, and with both
# down for a part of it.  Each event arrives at both at least once, as the
# chain has it, byte for byte; what arrives twice has the same id and is the
# same line; the chain has each event once, exactly as it was sent, and no
# number is left out.
#
# All calls take a quarter of an hour: AAS_NOTIFY_ALL=1.  Without it the calls
# are the first, second and last of each kind, and some in between.
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"
command -v msmtp >/dev/null || rig_skip "msmtp is missing"
/usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null ||
    rig_skip "aiosmtpd is missing"
# A sweep may last longer than the build folder stays as it is.
# shellcheck disable=SC2154 # lib.sh has it
cp "$rig_bin/kill_at" /run/kill_at
/run/kill_at 0 100000 /dev/null /bin/true ||
    rig_skip "no process can be traced here"
getent passwd aas-notify >/dev/null ||
    useradd --system --no-create-home --shell /usr/sbin/nologin aas-notify
rig_user demo 'correct horse'
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=kill \
    -keyout /run/ca.key -out /run/ca.pem 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj /CN=localhost \
    -keyout /run/hook.key -out /run/hook.csr 2>/dev/null
openssl x509 -req -days 2 -in /run/hook.csr -CA /run/ca.pem \
    -CAkey /run/ca.key -CAcreateserial -out /run/hook.pem \
    -extfile <(echo subjectAltName=DNS:localhost) 2>/dev/null
mkdir -p /etc/aas
od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >/etc/aas/hook.key
chmod 0600 /etc/aas/hook.key
cat >/etc/msmtprc <<-'CONF'
	account default
	host 127.0.0.1
	port 2525
	from aas@example.org
	timeout 5
CONF
chmod 0644 /etc/msmtprc
rig_conf <<-'CONF'
	realm = "example.org";
	alerts = {
	    mail = { to = [ "security@example.org" ]; from = "aas@example.org"; };
	    webhook = ( { url = "https://localhost:8443/hook";
	        secret_file = "/etc/aas/hook.key"; ca_file = "/run/ca.pem"; } );
	    journal = false; syslog = false; terminals = false; timeout = "20s";
	};
CONF

# Reads for itself: no place, user or number is taken from the product.
cat >/run/sweep.py <<'PY'
import collections, email, email.policy, hashlib, hmac, http.server, json, os
import random, socketserver, ssl, subprocess, sys, threading, time
from aiosmtpd.controller import Controller

UID = int(sys.argv[1])
KILL = "/run/kill_at"
NOTIFY = ["/usr/libexec/aas/aas-notify", "--all"]
SPOOL, CHAINS = "/var/spool/aas", "/var/lib/aas/alerts"
ALL = bool(os.environ.get("AAS_NOTIFY_ALL"))
secret = open("/etc/aas/hook.key", "rb").read().strip()
random.seed(5)
lock, wrong = threading.Lock(), []
mails = collections.defaultdict(collections.Counter)  # id -> line -> times
hooks = collections.defaultdict(collections.Counter)
sent = {}  # id -> the line as it was spooled

def fail(text):
    with lock:
        wrong.append(text)
    if len(wrong) < 20:
        print("FAIL  " + text, flush=True)

# --- the two servers ------------------------------------------------------------

class Mail:
    async def handle_DATA(self, server, session, e):
        try:
            m = email.message_from_bytes(e.original_content,
                                         policy=email.policy.default)
            text, att = m.iter_parts()
            line = att.get_payload(decode=True)
            ident = json.loads(line)["id"]
            assert m["X-AAS-Id"] == ident and ident in m["Message-ID"]
            assert "Id " + ident in text.get_content()
            assert e.rcpt_tos == [m["To"]] == ["security@example.org"]
        except Exception as x:
            fail("mail: %r" % x)
            return "554 no"
        with lock:
            mails[ident][line] += 1
        return "250 OK"

class Hook(http.server.BaseHTTPRequestHandler):
    timeout = 5

    def do_POST(self):
        n = int(self.headers["Content-Length"])
        body = self.rfile.read(n)
        if len(body) != n:  # whoever sent it was killed
            self.send_error(400)
            return
        stamp = self.headers["X-AAS-Timestamp"]
        want = hmac.new(secret, stamp.encode() + b"." + body,
                        hashlib.sha256).hexdigest()
        ident = json.loads(body)["id"]
        if self.headers["X-AAS-Signature"] != "sha256=" + want or \
           self.headers["X-AAS-Id"] != ident or \
           abs(time.time() - int(stamp)) > 60:
            fail("hook: not what was signed: %r" % body)
            self.send_error(403)
            return
        with lock:
            hooks[ident][body] += 1
        self.send_response(204)
        self.end_headers()

    def log_message(self, *a):
        pass

class Https(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def get_request(self):
        s, a = super().get_request()
        return tls.wrap_socket(s, server_side=True,
                               do_handshake_on_connect=False), a

    def handle_error(self, *a):  # a client that was killed
        pass

tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain("/run/hook.pem", "/run/hook.key")
running = []

def up():
    smtp = Controller(Mail(), hostname="127.0.0.1", port=2525,
                      ready_timeout=60)
    smtp.start()
    https = Https(("127.0.0.1", 8443), Hook)
    t = threading.Thread(target=https.serve_forever, args=(0.02,))
    t.start()
    running.append((smtp, https, t))

def down():
    smtp, https, t = running.pop()
    smtp.stop()
    https.shutdown()
    https.server_close()
    t.join()

# --- events and runs ------------------------------------------------------------

def event():
    ident = "%032x" % random.getrandbits(128)
    text = random.choice(["x", "\\u00fc \\u202e<b>\\u0007\\r\\nBcc: a@b.c",
                          "y" * 3000, "\\\"quoted\\\"", "."])
    line = ('{"v":1,"id":"%s","type":"%s","time":"2026-01-01T00:00:00Z",'
            '"host":"h","user":"demo","uid":%d,"text":"%s"}' % (ident,
            random.choice(["sign-in", "key-added", "recovery-started"]), UID,
            text))
    os.makedirs(SPOOL + "/new", mode=0o700, exist_ok=True)
    path = "%s/new/.%s" % (SPOOL, ident)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        f.write(line + "\n")
    os.rename(path, "%s/new/%020d-%s.json" % (SPOOL, time.time_ns(), ident))
    sent[ident] = line.encode()
    return ident

def run(child=0, at=0):
    """Killed at that call; 0: at none.  True: it was."""
    cmd = [KILL, str(child), str(at), "/run/calls"] if at else []
    p = subprocess.run(cmd + NOTIFY, stdin=subprocess.DEVNULL, timeout=120)
    if p.returncode not in ((0, 9, 10) if at else (0,)):
        fail("status %d at call %d of %d" % (p.returncode, at, child))
    return p.returncode in (9, 10)

def left(d):
    return [f for f in os.listdir(SPOOL + "/" + d) if f[0] != "."]

def told(what, ids):
    for i in ids:
        for place, got in ("mail", mails[i]), ("hook", hooks[i]):
            if len(got) != 1:
                fail("%s: %s has %d lines of %s" % (what, place, len(got), i))
    for d in "new", "queue", "dead":
        if left(d):
            fail("%s: left in %s: %s" % (what, d, left(d)))

def sweep_one(child, at, off):
    """Two are new; killed; again, with what that left; then to the end."""
    ids = [event(), event()] if child == 0 else [event()]
    if off:
        down()
    hit = run(child, at)
    if off:
        if hit and any(mails[i] or hooks[i] for i in ids):
            fail("told with both down")
        up()
    elif child == 0:
        hit = run(child, at) or hit
    for _ in range(5):  # a machine with other work may let a server be late
        run()
        if not left("queue"):
            break
    told("call %d of %d%s" % (at, child, ", both down" if off else ""), ids)
    return hit

def calls_of(child, off):
    """The calls of a run that nobody kills."""
    ids = [event(), event()] if child == 0 else [event()]
    if off:
        down()
    run(child, 1000000)
    with open("/run/calls") as f:
        calls = f.read().split()
    if off:
        up()
        run()
    told("whole", ids)
    return calls

def chosen(calls, step):
    if ALL:
        return None
    first, last = {}, {}
    for n, c in enumerate(calls, 1):
        first.setdefault(c, []).append(n)
        last[c] = n
    v = set(last.values())
    for w in first.values():
        v.update(w[:2] if step else w[:1])
    if step:
        v.update(range(1, len(calls) + 1, step))
    return sorted(v)

def sweep(what, child, off, step):
    begin, hits, runs, n = time.time(), 0, 0, 0
    calls = calls_of(child, off)
    picked = chosen(calls, step)
    while len(wrong) < 20:
        if picked is not None:
            if n == len(picked):
                break
            at = picked[n]
        else:
            at = n + 1
        n += 1
        hit = sweep_one(child, at, off)
        runs, hits = runs + 1, hits + hit
        if picked is None and not hit and at > len(calls):
            break  # it came to its end by itself
    print("%s: %d calls of %d kinds, killed in %d of %d rounds, %.0f s" % (
        what, len(calls), len(set(calls)), hits, runs, time.time() - begin),
        flush=True)
    if hits < min(len(set(calls)), 15):
        fail("%s: too few were killed" % what)

# --- and at the end -------------------------------------------------------------

def chain(uid):
    prev, seen = "0" * 64, {}
    text = b""
    for end in ".1", "":  # past 4 MiB it goes on in a new file
        if end == "" or os.path.exists("%s/%d.1" % (CHAINS, uid)):
            with open("%s/%d%s" % (CHAINS, uid, end), "rb") as f:
                text += f.read()
    if text[-1:] != b"\n":
        fail("the chain of %d has no end" % uid)
    for k, l in enumerate(text.splitlines(), 1):
        a = json.loads(l)
        if a["number"] != k or a["prev"] != prev:
            fail("uid %d: line %d does not follow" % (uid, k))
        head = '{"number":%d,"prev":"%s",' % (k, prev)
        if a["id"] in seen:
            fail("%s has two numbers" % a["id"])
        seen[a["id"]] = l
        if uid == UID and l != head.encode() + sent[a["id"]][1:]:
            fail("%s is not as it was sent" % a["id"])
        prev = hashlib.sha256(l).hexdigest()
    return seen

def result():
    lines = chain(UID)
    if set(lines) != set(sent):
        fail("the chain has %d of %d" % (len(lines), len(sent)))
    if os.path.exists(CHAINS + "/0"):  # delivery-failing
        lines.update(chain(0))
    twice = 0
    for place, got in ("mail", mails), ("hook", hooks):
        for i in set(got) | set(lines):
            if set(got[i]) != {lines.get(i)}:
                fail("%s: %s came as %r" % (place, i, list(got[i])))
            twice += sum(got[i].values()) > 1
    print("%d events, each at both places, %d times more than once" % (
        len(lines), twice), flush=True)
    if twice == 0:
        fail("none came twice: the sweep found too little")

up()
run()
try:
    sweep("the notifier, both up", 0, False, 32)
    sweep("the notifier, both down", 0, True, 0)
    sweep("the mail's process, up", 1, False, 0)
    sweep("the hook's process, up", 2, False, 0)
    if ALL:
        sweep("the mail's process, down", 1, True, 0)
        sweep("the hook's process, down", 2, True, 0)
    result()
finally:
    down()
sys.exit(1 if wrong else 0)
PY
rc=0
/usr/bin/python3 /run/sweep.py "$(id -u demo)" || rc=1
aasctl policy build >/dev/null
aasctl alerts verify --user demo || rc=1
exit "$rc"

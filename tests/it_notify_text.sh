#!/bin/sh
# Values that strangers choose, through every channel: what a reader parses out
# of it is the value made printable, and nothing else was added by it.
set -u
command -v python3 >/dev/null || { echo "skipped: no python3" >&2; exit 77; }
STEP=${AAS_TOP_BUILDDIR:-.}/tests/notify_step exec python3 - <<'PY'
import email, email.policy, html, os, random, re, struct, subprocess, sys
import unicodedata

bits = [b"\n", b"\r\n", b"\r", b"\x1b[2J", b"\x1b]0;x\x07", b"\x9b31m", b"\x00"[:0],
        b"\x08", b"\x7f", "\u202e".encode(), "\u2066".encode(), "\u200b".encode(),
        "\ufeff".encode(), "\u2028".encode(), "\u0085".encode(), b"%n", b"%s%s%s",
        b"%1$*2$n", b'"', b"'", b"\\", b"\\n", b"$(id)", b"`id`", b"; rm -rf /",
        b"|id", b"&&id", b"<b>", b"<script>alert(1)</script>", b"&lt;", b"&#10;",
        b"<a href='x'>", b"\nBcc: x@y.z\n", b"\r\nSubject: owned", b"=?utf-8?B?QQ==?=",
        b"=?utf-8?Q?=0ABcc?=", b"\n.\n", b".", b"From ", b"\nFrom x", b"--aas-",
        b"=0A", b"=\n", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xf0\x80\x80\xaf", b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80", b"\xff\xfe", b"\x80", b"\xc3", "\u00fc".encode(),
        "\U0001f511".encode(), "\u0301".encode(), "\u4e2d".encode(), b"\nAAS_ID\n",
        b" session=1", b"\nIf this was not you: call 555", b"\nHost: x", b"{\"v\":1}",
        b"\",\"uid\":0,\"x\":\"", b"\\u0000", b"../../etc/passwd", b"-oQ/tmp", b"@/etc/passwd",
        b"url = \"file:///etc\"", b"a" * 300, "\u00e9".encode() * 200, b" " * 90, b"\t"]
random.seed(int(os.environ.get("SEED", "20261123")))
values = [b for b in bits if b]
values += [b"alice" + b for b in bits if b] + [b + b"x" + b for b in bits if b]
while len(values) < 700:
    values.append(b"".join(random.choice(bits) for _ in range(random.randint(1, 6))))
for _ in range(200):
    values.append(bytes(random.randint(1, 255) for _ in range(random.randint(1, 60))))
values = [v[:1500] for v in values if v]
p = subprocess.run([os.environ["STEP"]], input=b"\n".join(v.hex().encode() for v in values) + b"\n",
                   stdout=subprocess.PIPE)
if p.returncode != 0:
    sys.exit("notify_step failed")
data, at, cases, case = p.stdout, 0, [], {}
while at < len(data):
    end = data.index(b"\n", at)
    head = data[at:end].decode()
    if head == "end":
        cases.append(case)
        case, at = {}, end + 1
        continue
    name, n = head.rsplit(" ", 1)
    case[name], at = data[end + 1:end + 1 + int(n)], end + 2 + int(n)
assert len(cases) == len(values), (len(cases), len(values))

def clean(b, what, lines=False):
    for c in b.decode():
        if lines and c == "\n":
            continue
        assert unicodedata.category(c) not in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co"), (what, c)

def lenient(v):
    """UTF-8, and where it is none the code point of the byte."""
    out, at = "", 0
    while at < len(v):
        for n in 1, 2, 3, 4:
            try:
                out += v[at:at + n].decode()
                at += n
                break
            except UnicodeDecodeError:
                pass
        else:
            out += chr(v[at])
            at += 1
    return out

def unquote(b):
    s = b.decode()
    assert s[0] == s[-1] == '"', s
    out, i = "", 1
    while i < len(s) - 1:
        c = s[i]
        assert c != '"' and c != "\n", s
        if c == "\\":
            i += 1
            c = {"n": "\n", '"': '"', "\\": "\\"}[s[i]]
        out += c
        i += 1
    return out

LABEL = {"user": "Account", "service": "Service", "tty": "Terminal", "rhost": "From",
         "via": "By way of", "key": "Key", "by": "Done by", "why": "Why", "text": "Note"}
for v, c in zip(values, cases):
    for f in LABEL:
        got, want = c["v:" + f].decode(), lenient(v)
        assert got == want or (got.endswith("...") and want.startswith(got[:-3])), (f, got, want)
        clean(c["p:" + f], f)
    for f in "subject", "short":
        clean(c[f], f)
        # Where a value ends is seen in a line that has more.
        own = re.sub(r'\\.', "", c[f].decode())
        assert re.search(' from "[^"]*" \\(not verified\\)[.( ]', own), c[f]
        assert own.count('"') == 2, c[f]
    clean(c["body"], "body", True)
    body = c["body"].decode()
    lines = body.split("\n")
    for f, label in LABEL.items():
        has = [l for l in lines if l.startswith(label + ":")]
        tail = " (a name, not verified)" if f == "rhost" else ""
        want = c["p:" + f].decode() + tail
        assert len(has) == 1 and re.sub("^" + label + ": *", "", has[0]) == want.lstrip(" "), (has, want)
    assert len(lines) == 2 + 1 + 3 + len(LABEL) - 1 + 1 + 1 + 4, (len(lines), body)
    # mail
    raw = c["mail"]
    assert all(x == 10 or 32 <= x < 127 for x in raw) and b"\n.\n" not in raw
    assert max(len(l) for l in raw.split(b"\n")) < 998
    # RFC 2047: of a header with encoded words
    assert all(len(l) <= 76 for l in raw.split(b"\n\n")[0].split(b"\n") if b"=?UTF-8?" in l)
    m = email.message_from_bytes(raw, policy=email.policy.default)
    assert m.keys() == ["From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted",
        "X-AAS-Id", "X-AAS-Number", "MIME-Version", "Content-Type"], m.keys()
    from email.header import decode_header, make_header
    old = email.message_from_bytes(raw)
    sub = re.sub(r"\n(?= )", "", old["Subject"])
    got = "".join(t.decode(e or "ascii") if isinstance(t, bytes) else t for t, e in decode_header(sub))
    assert got == c["subject"].decode(), (got, c["subject"])
    assert m["To"] == "a@example.org" and not m.defects
    parts = list(m.iter_parts())
    assert len(parts) == 2
    text = parts[0].get_payload(decode=True).decode()
    assert text.rstrip("\n") == body.rstrip("\n"), (text, body)
    assert parts[1].get_payload(decode=True) == c["line"]
    # journal
    d, fields = c["journal"], {}
    while d:
        name, d = d.split(b"\n", 1)
        n, = struct.unpack("<Q", d[:8])
        assert name not in fields and re.fullmatch(b"[A-Z_]+", name), name
        fields[name], d = d[8:8 + n], d[9 + n:]
    for f in "user", "service", "tty", "rhost", "key", "via", "by", "why":
        assert fields[b"AAS_" + f.upper().encode()] == c["p:" + f]
    assert fields[b"MESSAGE"] == c["short"] and fields[b"AAS_EVENT"] == c["line"]
    # audit
    words = c["audit"].decode("ascii").split(" ")
    rec = dict(w.split("=", 1) for w in words)
    assert len(rec) == len(words) and rec["op"] == "aas-alert", words
    for f, k in ("user", "acct"), ("rhost", "aas_rhost"), ("tty", "aas_tty"):
        assert c["v:" + f].startswith(bytes.fromhex(rec[k])) and rec[k], (f, rec)
    # desktop
    assert unquote(c["summary"]) == c["subject"].decode()
    marked = unquote(c["markup"])
    assert "<" not in marked and ">" not in marked and html.unescape(marked) == body
print("%d values, each channel parsed back" % len(values))
PY

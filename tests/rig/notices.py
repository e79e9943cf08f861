"""notices.py BUS FILE: show notices on the desktop whose bus is at that path.

Each call of org.freedesktop.Notifications becomes a line of JSON in FILE, with
the user id that the bus has of the caller; FILE.ready is there as soon as calls
are taken.  A reader of the protocol of its own: what a GLib program sent is not
read by GLib again.
"""

import json, os, socket, struct, sys

class Reader:
    def __init__(self, d):
        self.d, self.at = d, 0

    def align(self, n):
        self.at += -self.at % n

    def fixed(self, code):
        n = struct.calcsize(code)
        self.align(n)
        v, = struct.unpack_from("<" + code, self.d, self.at)
        self.at += n
        return v

    def text(self, code):
        n = self.fixed(code)
        v = self.d[self.at:self.at + n]
        assert self.d[self.at + n] == 0 and b"\0" not in v
        self.at += n + 1
        return v.decode()

    def array(self, sig):
        n, out = self.fixed("I"), []
        if sig[0] in "({":
            self.align(8)
        end = self.at + n
        while self.at < end:
            out.append(self.value(sig)[0])
        assert self.at == end
        return out

    def value(self, sig):
        """One value of that signature; and what is left of it."""
        c, rest = sig[0], sig[1:]
        if c in "yuib":
            return self.fixed({"y": "B", "u": "I", "i": "i", "b": "I"}[c]), rest
        if c in "so":
            return self.text("I"), rest
        if c == "g":
            return self.text("B"), rest
        if c == "v":
            return self.value(self.text("B"))[0], rest
        if c in "({":
            self.align(8)
            out, end = [], {"(": ")", "{": "}"}[c]
            while rest[0] != end:
                v, rest = self.value(rest)
                out.append(v)
            return tuple(out), rest[1:]
        assert c == "a", sig
        n = len(rest) - len(skip(rest))
        return self.array(rest[:n]), rest[n:]

    def all(self, sig):
        out = []
        while sig:
            v, sig = self.value(sig)
            out.append(v)
        assert self.at == len(self.d)
        return out

def skip(sig):
    if sig[0] == "a":
        return skip(sig[1:])
    if sig[0] in "({":
        depth = 0
        for i, c in enumerate(sig):
            depth += (c in "({") - (c in ")}")
            if depth == 0:
                return sig[i + 1:]
    return sig[1:]

class Bus:
    def __init__(self, path):
        self.s, self.serial = socket.socket(socket.AF_UNIX), 0
        self.s.connect(path)
        self.s.sendall(b"\0AUTH EXTERNAL %s\r\n" %
                       str(os.getuid()).encode().hex().encode())
        assert self.s.recv(512).startswith(b"OK ")
        self.s.sendall(b"BEGIN\r\n")

    def exact(self, n):
        d = b""
        while len(d) < n:
            more = self.s.recv(n - len(d))
            if not more:
                sys.exit(0)
            d += more
        return d

    def next(self):
        head = self.exact(16)
        assert head[:1] == b"l" and head[3] == 1
        body, _, fields = struct.unpack("<III", head[4:])
        rest = self.exact(fields + -fields % 8)
        r = Reader(head + rest)
        r.at = 12
        m = dict(r.array("(yv)"))
        m["type"], m["serial"] = head[1], struct.unpack("<I", head[8:12])[0]
        m["args"] = Reader(self.exact(body)).all(m.get(8, ""))
        return m

    def send(self, kind, fields, body=b""):
        self.serial += 1
        d = b""
        for code, sig, v in fields:
            d += b"\0" * (-len(d) % 8) + bytes([code, 1]) + sig + b"\0"
            if sig == b"g":
                d += bytes([len(v)]) + v + b"\0"
            elif sig == b"u":
                d += b"\0" * (-len(d) % 4) + struct.pack("<I", v)
            else:
                d += b"\0" * (-len(d) % 4) + struct.pack("<I", len(v)) + v + b"\0"
        self.s.sendall(b"l" + bytes([kind, 0, 1]) + struct.pack("<III",
            len(body), self.serial, len(d)) + d + b"\0" * (-len(d) % 8) + body)

    def call(self, member, sig=b"", body=b""):
        name = b"org.freedesktop.DBus"
        fields = [(1, b"o", b"/org/freedesktop/DBus"), (2, b"s", name),
                  (3, b"s", member), (6, b"s", name)]
        self.send(1, fields + ([(8, b"g", sig)] if sig else []), body)
        serial = self.serial
        while True:
            m = self.next()
            if m.get(5) == serial:
                assert m["type"] == 2, m
                return m["args"]

def string(v):
    return struct.pack("<I", len(v)) + v + b"\0"

b = Bus(sys.argv[1])
b.call(b"Hello")
name = string(b"org.freedesktop.Notifications")
b.call(b"RequestName", b"su", name + b"\0" * (-len(name) % 4) +
       struct.pack("<I", 4))
open(sys.argv[2] + ".ready", "w").close()
shown = 0
while True:
    m = b.next()
    if m["type"] != 1:
        continue
    shown += 1
    who, = b.call(b"GetConnectionUnixUser", b"s", string(m[7].encode()))
    with open(sys.argv[2], "a") as f:
        f.write(json.dumps({"uid": who, "path": m[1], "iface": m.get(2),
                            "member": m[3], "sig": m.get(8),
                            "args": m["args"]}) + "\n")
    if m[3] == "Notify":
        b.send(2, [(5, b"u", m["serial"]), (6, b"s", m[7].encode()),
                   (8, b"g", b"u")], struct.pack("<I", shown))
    else:
        b.send(3, [(5, b"u", m["serial"]), (6, b"s", m[7].encode()),
                   (4, b"s", b"org.freedesktop.DBus.Error.UnknownMethod")])

"""Random policies and requests, small enough that rules meet each other."""

import base64
import random
import struct

from reference import instant

USERS = ["alice", "bob", "carol", "dave", "eve", "root", "codex"]
GROUPS = ["staff", "ops", "build", "guests", "cyber", "all", "root", "aas"]
SERVICES = ["sshd", "login", "sudo", "su", "cron", "aas-sso", "codex-runner",
            "aas-runner"]
HOSTS = ["build-1", "build-22", "desk", "Desk", "build-*", "*-22", "b*2", "*"]
NETWORKS = ["10.0.0.0/8", "10.1.2.3", "192.0.2.0/24", "0.0.0.0/0",
            "2001:db8::/32", "2001:db8:0:1::/64", "::1", "::/0",
            "10.1.2.2/31", "192.0.2.128/25"]
ADDRESSES = ["10.1.2.3", "10.1.2.2", "10.200.0.1", "192.0.2.129", "192.0.2.1",
             "2001:db8::1", "2001:db8:0:1::9", "::1", "fe80::1",
             "::ffff:10.1.2.3", "198.51.100.7"]
HOURS = ["Mon-Fri 08:00-18:00", "22:00-06:00", "Sat,Sun 00:00-24:00",
         "Sun 23:00-01:00", "Fri-Mon 12:00-12:30", "Wed 00:00-00:01",
         "Mon,Wed-Thu,Sat 06:30-07:45", "Sun 22:00-24:00", "00:00-24:00",
         "Sat-Sun 20:00-04:00"]
DATES = ["2026-06-01T00:00:00Z", "2026-03-29T01:00:00Z",
         "2026-10-25T03:00:00+02:00", "2027-01-01T00:00:00Z",
         "2026-05-31T19:00:00-04:30", "2025-12-31T23:59:59Z"]
SUDO = ["fresh-sign-in", "agent", "local-key", "deny"]
DURATIONS = ["1m", "5m", "15m", "1h", "90m", "8h", "12h", "1d", "7d",
             "1d12h", "1h30m", "30d"]
WINDOWS = ["5s", "30s", "1m", "90s", "10m"]
AAGUIDS = ["2fc0579f-8113-47ea-b116-bb5a8db9202a",
           "00000000-0000-0000-0000-000000000000",
           "ffffffff-0000-1111-2222-333333333333",
           "d8522d9f-575b-4866-88a9-ba99fa02f35b"]
ZONES = [[], [[0, 3600]],
         [[0, 3600], [1774746000, 7200], [1792890000, 3600],
          [1806195600, 7200]],
         [[1700000000, -18000], [1772953200, -14400], [1793512800, -18000]]]


def blob(name, key):
    """A public key in SSH's wire form, base64."""
    def text(value):
        return struct.pack(">I", len(value)) + value
    return base64.b64encode(text(name) + text(key)).decode()


CAS = [blob(b"ssh-ed25519", bytes([n]) * 32) for n in range(3)]


class Case:
    """One policy, and requests for it."""

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def some(self, values, most=3):
        return self.rng.sample(values, self.rng.randint(
            1, min(most, len(values))))

    def maybe(self, chance):
        return self.rng.random() < chance

    def criteria(self, rule):
        for name, values, chance in (
                ("users", USERS, .3), ("groups", GROUPS, .35),
                ("services", SERVICES, .3), ("hosts", HOSTS, .15),
                ("networks", NETWORKS, .2), ("hours", HOURS, .2)):
            if self.maybe(chance):
                rule[name] = self.some(values)
        if self.maybe(.15):
            rule["origin"] = self.rng.choice(["local", "remote"])

    def terms(self, rule, chance):
        for name, values in (
                ("enrolled", [2, 3, 8]), ("present", [1, 2]),
                ("uv", ["required", "discouraged"]),
                ("device_bound", [True]), ("session", DURATIONS),
                ("idle", DURATIONS), ("reauth", DURATIONS),
                ("window", WINDOWS), ("alert", ["required"]),
                ("training", ["excluded"]),
                ("sudo", SUDO)):
            if self.maybe(chance):
                rule[name] = self.rng.choice(values)
        if self.maybe(chance):
            rule["aaguids"] = self.some(AAGUIDS)

    def attestation(self, rule):
        if self.maybe(.3):
            rule["flaw"] = self.rng.choice(["revoked", "void", "unread"])
        if rule.get("flaw") == "unread":
            return
        if self.maybe(.5):
            rule["users"] = self.some(USERS, 1)
        else:
            rule["groups"] = self.some(GROUPS, 1)
        if "flaw" in rule:
            return
        first, last = sorted(self.rng.sample(DATES, 2), key=instant)
        rule.update(not_before=first, not_after=last)
        if self.maybe(.5):
            rule["evidence_services"] = self.some(
                ["aas-sso", "codex-runner"], 2)
        if self.maybe(.5) or "evidence_services" not in rule:
            rule["evidence_ssh_ca"] = self.some(CAS, 2)

    def rule(self, number):
        rule = {"name": "r%d" % number}
        kind = self.rng.choices(
            ["terms", "require", "deny", "exempt", "lease", "attest"],
            [8, 10, 2, 3, 1, 3])[0]
        if kind == "lease":
            rule["lease"] = {"grantors": self.some(GROUPS),
                             "accounts": self.some(USERS),
                             "max": self.rng.choice(DURATIONS)}
            if self.maybe(.5):
                rule["services"] = self.some(SERVICES)
            return rule
        if kind == "attest":
            self.attestation(rule)
            return rule
        if kind == "exempt":
            rule.update(exempt=True, users=self.some(USERS),
                        services=self.some(SERVICES))
            if self.maybe(.3):
                rule["break_glass"] = True
            return rule
        self.criteria(rule)
        if self.maybe(.3):
            rule["mode"] = self.rng.choice(["observe", "warn", "enforce"])
        if kind == "deny":
            rule["deny"] = True
        elif kind == "require":
            rule["require"] = self.rng.choice(
                ["enrolled", "attested", "attested"])
            if self.maybe(.6):
                rule["from"] = self.rng.choice(DATES)
            if self.maybe(.3):
                rule["grace"] = self.rng.choice(DURATIONS)
            self.terms(rule, .1)
        else:
            self.terms(rule, .25)
            if len(rule) == 1 or not set(rule) - {
                    "name", "mode", "users", "groups", "services", "hosts",
                    "networks", "hours", "origin"}:
                rule["session"] = self.rng.choice(DURATIONS)
        return rule

    def policy(self):
        choice = self.rng.choice
        count = choice([0, 1, 2, 3, 5, 8, 13, 30, 60])
        return {
            "settings": {
                "enrolled": choice([2, 2, 2, 4]), "present": choice([1, 1, 2]),
                "uv": self.maybe(.6), "timeout": choice([60, 60, 20, 300]),
                "session": choice([0, 0, 3600, 100000]),
                "idle": choice([0, 0, 600]), "reauth": choice([0, 0, 900]),
                "sudo": choice(["", "", ""] + SUDO)},
            "zone": choice(ZONES),
            "rules": [self.rule(number) for number in range(count)]}

    def request(self):
        choice = self.rng.choice
        near = [instant(date) for date in DATES] + [
            1774746000, 1792890000, 1772953200, 1793512800]
        now = choice(near) + self.rng.randint(-2, 2) * choice(
            [1, 60, 3600, 86400, 604800, 7 * 3600 + 61])
        ca_state = choice(["unknown", "none", "known"])
        return {
            "user": choice(USERS + ["mallory"]),
            "groups": None if self.maybe(.05) else self.some(
                GROUPS, len(GROUPS)) if self.maybe(.9) else [],
            "service": choice(SERVICES + ["other"]),
            "host": choice([None, "build-1", "BUILD-22", "desk", "b2", "x"]),
            "remote": self.maybe(.6),
            "addr": choice([None] + ADDRESSES),
            "now": now,
            "since": choice([0, 0, now - 86400, now - 8 * 86400, now]),
            "ca_state": ca_state,
            "ca": choice(CAS) if ca_state == "known" else None,
            "keys": [[choice(AAGUIDS), self.maybe(.5)] for _ in range(2)],
            "lease": choice([0, 0, 1, 28800]),
            "account": choice(USERS)}

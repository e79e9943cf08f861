"""The decision, a second time: written from aas-policy(5) alone.

It shares no line and no idea of speed with policy/: it goes through all rules
for every request and does what the page says, so that a difference between
the two is a mistake in one of them, or in the page.
"""

import bisect
import datetime
import ipaddress

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
STAGES = {"enforce": 0, "warn": 1, "observe": 2}
HOUR = 3600
WEEK = 7 * 24 * 60


def seconds(text):
    """A duration, such as 1h30m."""
    units = {"d": 86400, "h": HOUR, "m": 60, "s": 1}
    total, number = 0, ""
    for char in text:
        if char.isdigit():
            number += char
        else:
            total += int(number) * units[char]
            number = ""
    return total


def instant(text):
    """A date with time and offset."""
    return int(datetime.datetime.fromisoformat(
        text.replace("Z", "+00:00")).timestamp())


def days_of(text):
    """Mon-Fri,Sun: the days it names."""
    chosen = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        day = DAYS.index(first)
        end = DAYS.index(last or first)
        chosen.add(day)
        while day != end:
            day = (day + 1) % 7
            chosen.add(day)
    return chosen


def minute(text):
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def within(text, moment):
    """Is this minute of the week (Monday 00:00 is 0) within the hours?"""
    words = text.split()
    days = days_of(words[0]) if len(words) == 2 else set(range(7))
    start, _, end = words[-1].partition("-")
    begin, length = minute(start), minute(end) - minute(start)
    if length <= 0:
        length += 24 * 60
    return any((moment - (day * 1440 + begin)) % WEEK < length
               for day in days)


def same_host(pattern, host):
    pattern, host = pattern.lower(), host.lower()
    if "*" not in pattern:
        return pattern == host
    head, _, tail = pattern.partition("*")
    return len(host) >= len(head) + len(tail) and host.startswith(head) \
        and host.endswith(tail)


def numeric(text):
    """An address; IPv4 in IPv6 is IPv4."""
    address = ipaddress.ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address


def in_network(text, address):
    network = ipaddress.ip_network(text)
    return network.version == address.version and address in network


def local_minute(zone, now):
    """The minute of the week on the host's clock."""
    offset = 0
    if zone:
        at = bisect.bisect_right([step[0] for step in zone], now) - 1
        offset = zone[max(at, 0)][1]
    # 1970-01-01 was a Thursday.
    return ((now + offset) // 60 + 3 * 1440) % WEEK


def matches(rule, request, zone):
    """Does each criterion that the rule has match?"""
    if "users" in rule and request["user"] not in rule["users"]:
        return False
    if "groups" in rule and not set(rule["groups"]) & set(request["groups"]):
        return False
    if "services" in rule and request["service"] not in rule["services"]:
        return False
    if "hosts" in rule and request.get("host") is not None and not any(
            same_host(name, request["host"]) for name in rule["hosts"]):
        return False
    if "origin" in rule and \
            (rule["origin"] == "remote") != request["remote"]:
        return False
    if "networks" in rule:
        if not request["remote"]:
            return False
        if request.get("addr") is not None:
            address = numeric(request["addr"])
            if not any(in_network(net, address) for net in rule["networks"]):
                return False
    if "hours" in rule:
        moment = local_minute(zone, request["now"])
        if not any(within(hours, moment) for hours in rule["hours"]):
            return False
    return True


def is_attestation(rule):
    return "not_before" in rule or "flaw" in rule


def attestation(rules, request, zone):
    """The best of the attestations that are about this person."""
    order = ["unread", "void", "revoked",
             "expired", "future", "missing", "pending", "shown"]
    best = None
    for number, rule in rules:
        if not is_attestation(rule) or not matches(rule, request, zone):
            continue
        until = instant(rule["not_after"]) if "not_after" in rule else 0
        if "flaw" in rule:
            state = rule["flaw"]
        elif request["now"] < instant(rule["not_before"]):
            state = "future"
        elif request["now"] >= until:
            state = "expired"
        elif request["service"] in rule.get("evidence_services", []):
            state = "shown"
        elif not rule.get("evidence_ssh_ca"):
            state = "missing"
        elif request["ca_state"] == "unknown":
            state = "pending"
        elif request["ca_state"] == "known" and \
                request["ca"] in rule["evidence_ssh_ca"]:
            state = "shown"
        else:
            state = "missing"
        key = (order.index(state), until)
        if best is None or key > best[0]:
            best = (key, state, until)
    return (best[1], best[2]) if best else ("none", 0)


def smallest(values, otherwise):
    said = [value for value in values if value]
    return min(said) if said else otherwise


def needs_lease(rule, request):
    """Whom a lease names runs on one alone, where the rule says or at a
    runner's."""
    return "lease" in rule and request["user"] in rule["lease"]["accounts"] \
        and request["service"] in rule.get(
            "services", ["aas-runner", "codex-runner"])


def decide(policy, request, stage):
    """One stage: the rules in force, those that warn too, or all."""
    settings, zone = policy["settings"], policy["zone"]
    rules = list(enumerate(policy["rules"]))
    # A statement that is not authentic asks for no groups of its own.
    wanted = any("groups" in rule and rule.get("flaw") != "void"
                 for _, rule in rules)
    if request["groups"] is None and wanted:
        return {"verdict": "deny", "reason": "groups"}
    if not wanted:
        request = dict(request, groups=[])

    hit = [(number, rule) for number, rule in rules
           if STAGES[rule.get("mode", "enforce")] <= stage
           and "lease" not in rule and not is_attestation(rule)
           and matches(rule, request, zone)]
    denies = [n for n, rule in hit if rule.get("deny")]
    exempts = [n for n, rule in hit if rule.get("exempt")]
    requires = [(n, rule) for n, rule in hit if "require" in rule]

    answer = {"reason": "ok", "attest": "none", "attest_until": 0, "from": 0,
              "wants_since": any("grace" in rule for _, rule in requires)}
    due = []
    for _, rule in requires:
        start = instant(rule["from"]) if "from" in rule else 0
        if "grace" in rule and request["since"]:
            start = max(start, request["since"] + seconds(rule["grace"]))
        due.append(start)
    if due:
        answer["from"] = min(due)

    if denies:
        answer.update(verdict="deny", reason="policy-deny", rules=denies)
    elif exempts:
        answer.update(verdict="exempt", rules=exempts)
    elif requires:
        answer.update(verdict="require", rules=[n for n, _ in requires])
        if all(rule["require"] == "attested" for _, rule in requires):
            answer["attest"], answer["attest_until"] = attestation(
                rules, request, zone)
            if answer["attest"] == "shown":
                answer["verdict"] = "optional"
    else:
        answer.update(verdict="optional", rules=[])
    answer["rules"] = answer["rules"][:8]

    leases = [n for n, rule in rules if needs_lease(rule, request)]
    answer["wants_lease"] = bool(leases)
    if leases and request["lease"] <= 0 and answer["verdict"] != "deny":
        answer.update(verdict="deny", reason="no-lease", rules=leases[:8],
                      attest="none", attest_until=0)

    terms = [rule for _, rule in hit]
    answer["break_glass"] = answer["verdict"] == "exempt" and any(
        rule.get("break_glass") for rule in terms if rule.get("exempt"))
    answer["enrolled"] = max([settings["enrolled"]]
                             + [rule.get("enrolled", 0) for rule in terms])
    answer["present"] = max([settings["present"]]
                            + [rule.get("present", 0) for rule in terms])
    answer["uv"] = settings["uv"] or any(
        rule.get("uv") == "required" for rule in terms)
    answer["device_bound"] = any(rule.get("device_bound") for rule in terms)
    answer["alert"] = any("alert" in rule for rule in terms)
    answer["training"] = any("training" in rule for rule in terms)
    said = [settings["sudo"]] + [rule.get("sudo") for rule in terms]
    answer["sudo"] = next(
        (word for word in ("deny", "local-key", "agent") if word in said),
        "fresh-sign-in")
    answer["timeout"] = smallest(
        [settings["timeout"]]
        + [seconds(rule.get("window", "0s")) for rule in terms], 60)
    usual = {"session": 12 * HOUR if requires else 24 * HOUR,
             "idle": HOUR // 4 if requires else HOUR, "reauth": HOUR // 12}
    for limit, otherwise in usual.items():
        answer[limit] = smallest(
            [settings[limit]]
            + [seconds(rule.get(limit, "0s")) for rule in terms], otherwise)
    lists = [rule["aaguids"] for rule in terms if "aaguids" in rule]
    answer["keys"] = [
        len(lists) <= 8
        and all(aaguid in allowed for allowed in lists)
        and not (answer["device_bound"] and eligible)
        for aaguid, eligible in request["keys"]]
    return answer


def evaluate(policy, request):
    """What is enforced; what would be with warn; and with observe."""
    return [decide(policy, request, stage) for stage in range(3)]


def lease(policy, request, account):
    """The longest lease that this person may give the account, or 0."""
    longest = 0
    for rule in policy["rules"]:
        terms = rule.get("lease")
        if terms and account in terms["accounts"] and \
                set(terms["grantors"]) & set(request["groups"] or []):
            longest = max(longest, seconds(terms["max"]))
    return longest

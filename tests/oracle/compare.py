"""compare.py DRIVER SEED POLICIES REQUESTS: reference against library.

Writes random policies and requests for DRIVER (tests/oracle/driver.c), which
asks policy/, and says for each what reference.py says.  One line that differs
is a failure; it is printed with the policy and the request that made it.
"""

import json
import subprocess
import sys
import tempfile

from generate import Case
from reference import evaluate, lease

FIELDS = ["verdict", "reason", "from", "attest", "attest_until",
          "wants_since", "break_glass", "enrolled", "present", "uv",
          "device_bound", "alert", "training", "timeout", "session", "idle",
          "reauth", "sudo", "wants_lease"]


def stage_line(answer):
    if answer["reason"] == "groups":
        return "deny groups"
    rules = answer["rules"] if answer["verdict"] != "optional" else []
    if answer["verdict"] != "require":
        answer = dict(answer, wants_since=False, **{"from": 0})
    words = [str(int(answer[field])) if isinstance(answer[field], bool)
             else str(answer[field]) for field in FIELDS]
    words.append(",".join(str(number) for number in rules) or "-")
    words.append("".join(str(int(good)) for good in answer["keys"]))
    return " ".join(words)


def line(policy, request):
    stages = [stage_line(answer) for answer in evaluate(policy, request)]
    return "|".join(stages + [str(lease(policy, request,
                                        request["account"]))])


def one_batch(driver, seed, policies, requests):
    """Returns how many lines were equal."""
    expected, asked = [], []
    with tempfile.TemporaryFile("w+") as text:
        for number in range(policies):
            case = Case(seed * 1000003 + number)
            policy = case.policy()
            text.write(json.dumps({"policy": policy}) + "\n")
            for _ in range(requests):
                request = case.request()
                text.write(json.dumps({"request": request}) + "\n")
                expected.append(line(policy, request))
                asked.append((policy, request))
        text.seek(0)
        got = subprocess.run([driver], stdin=text, stdout=subprocess.PIPE,
                             check=True, text=True).stdout.splitlines()
    if len(got) != len(expected):
        sys.exit("%d answers for %d requests" % (len(got), len(expected)))
    for want, have, (policy, request) in zip(expected, got, asked):
        if want != have:
            print("reference", want, sep="\n")
            print("library", have, sep="\n")
            print(json.dumps(request), json.dumps(policy, indent=1), sep="\n")
            sys.exit(1)
    return len(got)


def main():
    driver, seed, policies, requests = sys.argv[1:5]
    left, equal, batch = int(policies), 0, 0
    while left > 0:
        now = min(left, 500)
        equal += one_batch(driver, int(seed) * 7919 + batch, now,
                           int(requests))
        left, batch = left - now, batch + 1
    print("%d requests, no difference" % equal)


if __name__ == "__main__":
    main()

"""properties.py DRIVER SEED POLICIES REQUESTS: what holds for every policy.

1. The order of rules decides nothing.
2. A rule more never turns a refusal into an admission, unless it is an
   exemption, or an attestation that a rule takes.
"""

import json
import subprocess
import sys

from generate import Case


def answers(driver, policy, requests):
    text = "\n".join([json.dumps({"policy": policy})]
                     + [json.dumps({"request": one}) for one in requests])
    out = subprocess.run([driver], input=text + "\n", stdout=subprocess.PIPE,
                         check=True, text=True).stdout.splitlines()
    if len(out) != len(requests):
        sys.exit("%d answers for %d requests" % (len(out), len(requests)))
    return [[stage.split() for stage in line.split("|")] for line in out]


def without_numbers(answer):
    """The numbers of rules are their places."""
    return [stage[:19] + stage[20:] for stage in answer]


def refused(answer, request):
    """Of somebody without keys, as the rules in force have it."""
    stage = answer[0]
    return stage[0] == "deny" or (
        stage[0] == "require" and int(stage[2]) <= request["now"])


def fail(what, policy, request):
    print(what, json.dumps(request), json.dumps(policy, indent=1), sep="\n")
    sys.exit(1)


def permuted(driver, case, policy, requests, before):
    rules = policy["rules"][:]
    case.rng.shuffle(rules)
    after = answers(driver, dict(policy, rules=rules), requests)
    for request, one, other in zip(requests, before, after):
        # At most eight rules and lists are remembered: by place.
        if without_numbers(one) != without_numbers(other):
            fail("the order of rules decides", policy, request)


def extended(driver, case, policy, requests, before):
    rule = case.rule(len(policy["rules"]))
    if "exempt" in rule or "not_before" in rule:
        return
    after = answers(driver, dict(policy, rules=policy["rules"] + [rule]),
                    requests)
    for request, one, other in zip(requests, before, after):
        if refused(one, request) and not refused(other, request):
            fail("a rule more admits: " + json.dumps(rule), policy, request)


def main():
    driver, seed, policies, count = sys.argv[1:5]
    for number in range(int(policies)):
        case = Case(int(seed) * 1000003 + number)
        policy = case.policy()
        requests = [case.request() for _ in range(int(count))]
        before = answers(driver, policy, requests)
        permuted(driver, case, policy, requests, before)
        extended(driver, case, policy, requests, before)
    print("%s policies: neither order nor a rule more lets anybody in"
          % policies)


if __name__ == "__main__":
    main()

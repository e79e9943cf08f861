#!/bin/bash
# build.sh: G12, what the making of a policy costs: `aasctl policy build`, its
# worker included, beside a bare libconfig parse of the same file in the same
# run; processor time, the middle of five.  Exit 1 if a goal is missed: 1.5
# times the parse, and linear.
# shellcheck disable=SC2317 # called by name
set -euo pipefail
top=$AAS_TOP_SRCDIR
obj=$AAS_TOP_BUILDDIR
if [ ! -e /run/aas-rig ]; then
	exec "$top/dev" bench
fi
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

python3 - "$obj/tests/bench/parse" <<'PY'
import os, resource, statistics, subprocess, sys

parse, etc, bad = sys.argv[1], "/etc/aas", 0
os.makedirs(etc, exist_ok=True)
open(etc + "/aas.conf", "w").write('realm = "bench.example";\npolicy = "files";\n')

def cost(argv):
    def once():
        a = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
        b = resource.getrusage(resource.RUSAGE_CHILDREN)
        return b.ru_utime - a.ru_utime + b.ru_stime - a.ru_stime
    return statistics.median(once() for _ in range(5))

def goal(what, got, most):
    global bad
    print("%-44s %8.2f  at most %.2f%s" % (what, got, most, "" if got <= most else "  MISSED"))
    bad |= got > most

took = {}
for n in (1000, 10000, 100000):
    with open(etc + "/policy.conf", "w") as f:
        f.write("rules = (\n")
        for i in range(n):
            f.write('  { name = "r%d"; users = [ "user%d" ]; services = [ "sshd", "login" ];\n'
                    '    require = "enrolled"; from = "2027-06-01T00:00:00Z"; session = "8h"; }%s\n'
                    % (i, i, "," if i + 1 < n else ""))
        f.write(");\n")
    build, bare = cost(["aasctl", "policy", "build"]), cost([parse, etc + "/policy.conf"])
    took[n] = build
    print("%7d rules: build %7.1f ms, %5.1f us a rule; bare parse %7.1f ms, %5.1f us"
          % (n, build * 1e3, build / n * 1e6, bare * 1e3, bare / n * 1e6))
    if n > 1000:
        goal("%d rules, times a bare parse" % n, build / bare, 1.5)
goal("100000 rules, times 10000 rules", took[100000] / took[10000], 12)
sys.exit(bad)
PY

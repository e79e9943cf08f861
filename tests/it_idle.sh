#!/bin/bash
# it_idle.sh: a session that is near its limit when aasd begins, and idle, too:
# it is warned of the one, and ends for the other.
# shellcheck disable=SC2317 # what check calls
# shellcheck disable=SC2154 # of lib.sh
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
# shellcheck source=tests/rig/sessions.sh
. "$top/tests/rig/sessions.sh"
rig_alone "$@"

# older SECONDS: the only session began that long before it did.
older()
{
	python3 - "$1" <<-'PY'
	import os, re, sys
	d = "/run/aas/sessions"
	path, = (os.path.join(d, n) for n in os.listdir(d)
	    if re.fullmatch("[0-9a-f]{16}", n))
	line = os.readlink(path)
	line = re.sub('(?<="boottime_ms":)([0-9-]+)',
	    lambda m: str(int(m[1]) - 1000 * int(sys.argv[1])), line)
	os.unlink(path)
	os.symlink(line, path)
	PY
}

rig_demo
session_audit
session_serve ''
session_settings 'session = "25m"; idle = "3s";'
rig_enroll demo
softkey plug blue mode=0666 >/dev/null
pkill -KILL -x aasd
rig_until not pgrep -x aasd >/dev/null
sign_in late demo
check "a session without aasd" session_lives late
older $((25 * 60 - 590))
sleep 4 # nobody types
rig_aasd
check "ends, as it is idle" session_dies late
check "after a word about its limit" grep -q 'reaches its limit in 10 minute' /run/out-late
check "and says why" grep -q 'pam_aas: .*idle\|typed' /run/out-late
check "and tells its user" rig_until grep -rqs \
    '"type":"session-ended".*"why":"idle"' /var/spool/aas/new \
    /var/lib/aas/alerts
exit "$failed"

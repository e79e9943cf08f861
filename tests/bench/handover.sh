#!/bin/bash
# handover.sh: what handing an event over adds to a sign-in, with notifiers of
# all kinds, in turn, and with a thousand at once; G13 and G14.
# AAS_HANDOVER: how many sign-ins with each.
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
obj=${AAS_TOP_BUILDDIR:-/build}
if [ ! -e /run/aas-rig ]; then
	exec "$top/dev" bench
fi
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

export AAS_TOP_BUILDDIR=$obj
n=${AAS_HANDOVER:-200}
cat /proc/loadavg
echo "$n sign-ins with each, in turn; the spool in memory:"
"$obj/tests/handover" bench "$n" /usr/libexec/aas/aas-notify
echo "1000 at once:"
for kind in none hanging; do
	"$obj/tests/handover" crowd 1000 "$kind"
done

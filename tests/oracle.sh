#!/bin/sh
# oracle.sh [POLICIES REQUESTS [SEED]]: policy/ against a second evaluator that
# was written from aas-policy(5) alone, over random policies and requests.
set -u
top=${AAS_TOP_SRCDIR:-$(dirname "$0")/..}
build=${AAS_TOP_BUILDDIR:-$top}
driver=$build/tests/oracle/driver
policies=${1:-150}
requests=${2:-150}
seed=${3:-1}

if ! python3 -c 'import ipaddress' 2>/dev/null; then
	echo "no python3: the reference evaluator cannot run" >&2
	exit 77
fi
export PYTHONDONTWRITEBYTECODE=1
python3 "$top/tests/oracle/compare.py" \
    "$driver" "$seed" "$policies" "$requests" &&
    python3 "$top/tests/oracle/properties.py" \
	"$driver" "$seed" "$((policies / 5))" "$requests"

#!/bin/sh
# The library for other programs: what it exports is what its header declares,
# and a program that sees nothing but the two, in a directory of its own,
# builds and runs.
set -u
top=${AAS_TOP_SRCDIR:-$(dirname "$0")/..}
build=${AAS_TOP_BUILDDIR:-.}
so=$build/policy/.libs/libaas_policy.so
bad=0

if [ ! -e "$so" ] || ! command -v nm >/dev/null; then
	echo "libaas_policy.so is not built, or no nm" >&2
	exit 77
fi
if nm "$so" | grep -qE '__(asan|ubsan|tsan|gcov)_'; then
	echo "built with a sanitizer or for coverage" >&2
	exit 77
fi

say()
{
	echo "$so: $1" >&2
	bad=1
}

declared=$(grep -v '^typedef' "$top/policy/policy.h" |
    grep -oE '\baas_policy_[a-z_]+\(' | tr -d '(' | LC_ALL=C sort -u)
exported=$(nm -D --defined-only "$so" | awk '$2 == "T" { print $3 }' |
    LC_ALL=C sort -u)
[ "$(echo "$declared" | sed 's/$/@@AAS_POLICY_1/')" = "$exported" ] ||
    say "exports $(echo "$exported" | tr '\n' ' ')"
more=$(readelf -dW "$so" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
    grep -vx 'libc\.so\.6')
[ -z "$more" ] || say "needs $more"
readelf -dW "$so" | grep -q 'SONAME.*\[libaas_policy\.so\.0\]' ||
    say "has another name"

dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/aas"
cp "$top/policy/policy.h" "$dir/aas/policy.h"
cp "$top/policy/plugin.h" "$dir/aas/policy_plugin.h"
cat >"$dir/ask.c" <<'C'
#include <aas/policy.h>
#include <aas/policy_plugin.h>

#include <stdio.h>

int
main(void)
{
	struct aas_query q = { .size = sizeof(q), .user = "alice",
		.service = "codex-runner" };
	struct aas_answer a = { .size = sizeof(a) };
	struct aas_policy *p = NULL;
	uint8_t addr[16];

	if (aas_policy_open("/nonexistent/policy.bin", &p) != -4 ||
	    aas_policy_eval(p, &q, &a) != -3 ||
	    aas_policy_addr("192.0.2.1", addr) != 0 || addr[12] != 192)
		return 1;
	puts(aas_policy_reason(a.now.reason));
	aas_policy_free(&p);
	return a.now.verdict == AAS_V_DENY ? 0 : 1;
}
C
if ${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$dir" \
    -o "$dir/ask" "$dir/ask.c" -L"$build/policy/.libs" -laas_policy; then
	got=$(LD_LIBRARY_PATH=$build/policy/.libs "$dir/ask") ||
	    say "a program of its own fails"
	[ "$got" = policy-deny ] || say "answers '$got'"
else
	say "a program of its own does not build"
fi
exit $bad

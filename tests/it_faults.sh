#!/bin/bash
# Every allocation and every system call of sign-ins that must be refused
# fails once: never PAM_SUCCESS, never the way to the next module, no crash.
# AAS_FAULTS=deep sweeps eight errors instead of two.
set -u
top=${AAS_TOP_BUILDDIR:-.}
host=$top/tests/fault_host
skip()
{
	echo "$1" >&2
	exit 77
}
[ "$(id -u)" = 0 ] || skip 'needs root'
command -v strace >/dev/null || skip 'no strace'
grep -q __asan_init "$host" && skip 'a sanitizer has its own malloc and ptrace'
errors='ENOENT EIO'
[ "${AAS_FAULTS:-}" = deep ] &&
    errors='ENOENT EIO EACCES EINTR ENOMEM EMFILE EPERM EINVAL'

out=$("$host" make 2>&1) || { echo "$out" >&2; skip 'cannot make the host'; }
dir=$(sed -n 's/^HOST //p' <<<"$out")
[ -d "$dir" ] || skip 'no host'
work=$(mktemp -d) || exit 99
trap 'rm -rf "$dir" "$work"' EXIT
bad=0

"$host" run "$dir" 2>/dev/null
[ $? = 10 ] || { echo 'without a fault somebody is let in' >&2; exit 1; }

"$host" malloc "$dir"
case $? in
0 | 77) ;;
*) bad=1 ;;
esac

strace -qq -o "$work/trace" "$host" run "$dir" 2>/dev/null
[ -s "$work/trace" ] || skip 'strace cannot trace here'
if grep 'CLONE_THREAD' "$work/trace" >&2; then
	echo 'F27: the module makes a thread' >&2
	bad=1
fi
# Or the one above cannot find any.
grep -q 'CLONE_V' "$work/trace" || { echo 'no helper was started' >&2; bad=1; }
# NAME COUNT-BEFORE-MARK COUNT-IN-ALL, for what the module's hosts call.
sed -n 's/^\([a-z0-9_]*\)(.*/\1 &/p' "$work/trace" | awk '
	/"MARK\\n"/ { mark = 1; next }
	{ n[$1]++; if (!mark) before[$1] = n[$1] }
	END { for (s in n) print s, before[s] + 0, n[s] }' |
    grep -vE '^(exit_group|rt_sigreturn|write|alarm|brk|munmap) ' |
    awk '$3 > $2' >"$work/calls"
points=0
# One point: the N-th call of one name fails once.
# shellcheck disable=SC2317  # run by xargs
point()
{
	local name=$1 n=$2 err=$3

	timeout 20 strace -qq -o /dev/null \
	    -e trace="$name" -e inject="$name:error=$err:when=$n" \
	    "$host" run "$dir" 2>/dev/null
	case $? in
	10 | 3) ;;
	*) echo "$name number $n failing with $err: $?" ;;
	esac
}
export -f point
export host dir
while read -r name before all; do
	for ((n = before + 1; n <= all; n++)); do
		for err in $errors; do
			printf '%s %s %s\n' "$name" "$n" "$err"
		done
	done
done <"$work/calls" >"$work/points"
points=$(wc -l <"$work/points")
xargs -P 2 -L 1 bash -c 'point "$@"' point <"$work/points" >"$work/found"
echo "$points system call faults, $(wc -l <"$work/found") findings"
if [ -s "$work/found" ]; then
	cat "$work/found" >&2
	bad=1
fi
exit $bad

#!/bin/sh
# What aasctl and aasd say to who calls them in a wrong way, or cannot be told.
set -u
top=${AAS_TOP_BUILDDIR:-.}
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
bad=0

for program in aasctl aasd; do
	if [ ! -x "$top/$program/$program" ]; then
		echo "$program is not built" >&2
		exit 77
	fi
done

# run STATUS PROGRAM ARG...: it ends so; what it said is in $tmp/out, $tmp/err.
run()
{
	want=$1 program=$2
	shift 2
	timeout 20 "$top/$program/$program" "$@" >"$tmp/out" 2>"$tmp/err"
	got=$?
	[ "$got" -eq "$want" ] || fail "$program $*: status $got, not $want"
}

fail()
{
	echo "$*" >&2
	cat "$tmp/out" "$tmp/err" >&2
	bad=1
}

# said FILE TEXT
said()
{
	grep -qF -- "$2" "$tmp/$1" || fail "std$1 has no: $2"
}

run 2 aasctl
said err 'usage: aasctl'
[ ! -s "$tmp/out" ] || fail "an error is on standard output"
for help in help --help -h; do
	run 0 aasctl "$help"
	said out 'usage: aasctl'
	said out 'codex-hook'
done
run 2 aasctl sesions
said err 'no command "sesions"'
run 2 aasctl "$(printf 'x\033[31m')"
said err '\x1b'
run 2 aasctl invite alice --hours 337
said err '1 to 336'
run 2 aasctl alerts --since yesterday
said err '2h'

# Nobody reads what cannot be written: that is no success.
if [ -c /dev/full ]; then
	timeout 20 "$top/aasctl/aasctl" help >/dev/full 2>"$tmp/err"
	[ $? -eq 1 ] || fail "a full disk is not noticed"
	said err 'standard output'
fi
timeout 20 "$top/aasctl/aasctl" help >&- 2>"$tmp/err"
[ $? -eq 1 ] || fail "a closed standard output is not noticed"

# CVE-2021-3156, CVE-2021-4034: more arguments than anybody has, one that is as
# long as the kernel lets it be, and none, not even a name.
# shellcheck disable=SC2046 # a hundred thousand words
set -- $(seq 100000)
for program in aasctl aasd tools/aas-alerts tools/aas-codex tools/aas-notify \
    tools/aas-policy-lookup tools/aas-policy-worker; do
	case $program in
	tools/*) name=$program ;;
	*) name=$program/$program ;;
	esac
	[ -x "$top/$name" ] || continue
	timeout 20 "$top/$name" "$@" </dev/null >"$tmp/out" 2>"$tmp/err"
	[ $? -eq 2 ] || fail "$name: 100,000 arguments are no usage error"
	timeout 20 "$top/$name" "$(printf '%0131000d' 0 | tr 0 x)" \
	    </dev/null >"$tmp/out" 2>"$tmp/err"
	[ $? -eq 2 ] || fail "$name: a long argument is no usage error"
done
for program in aasctl/aasctl tools/aas-alerts tools/aas-authn tools/aas-codex \
    tools/aas-enroll tools/aas-policy-lookup tools/aas-policy-worker \
    tools/aas-unlock; do
	[ -x "$top/$program" ] || continue
	command -v python3 >/dev/null || break
	timeout 20 python3 -c 'import ctypes, sys
none = (ctypes.c_char_p * 1)(None)
ctypes.CDLL(None).execve(sys.argv[1].encode(), none, none)
sys.exit(99)' "$top/$program" </dev/null >"$tmp/out" 2>"$tmp/err"
	status=$?
	if [ $status -eq 0 ] || [ $status -ge 99 ]; then
		fail "$program: without an argv it ends with $status"
	fi
done

run 2 aasd extra
said err 'usage: aasd'
run 1 aasd --policy "$tmp/none"
said err 'not found'
exit $bad

#!/bin/bash
# ring2.sh [STEP...]: the slow checks, in a private host with the ring2 tools:
#
#	tests/rig/host.sh run --set ring2 --keys /src/tests/ring2.sh
#
# Each step is a function check_STEP that fails or exits 77 (did not apply).
# One word a step goes to /build/ring2/results: pass, fail or skip.
set -euo pipefail

src=/src
work=/build/ring2
steps=(format shellcheck mandoc cppcheck distcheck lto sanitize valgrind oracle
    rehearse coverage fuzz)

jobs()
{
	make -s -j"$(nproc)" "$@"
}

# configured NAME FLAG...: a build folder of its own for each kind of build.
configured()
{
	local dir=$work/$1

	shift
	mkdir -p "$dir"
	cd "$dir"
	[ -f Makefile ] || "$src/configure" -q --enable-werror "$@"
}

# Tests that a sanitizer or a fault broke must not hide behind make's last line.
show_failures()
{
	local trs

	grep -E '(error|warning):|\*\*\*' make.log || tail -n 30 make.log
	find . -name '*.trs' | while read -r trs; do
		if grep -Eq '^:test-result: (FAIL|ERROR)' "$trs"; then
			echo "--- ${trs%.trs}"
			tail -n 60 "${trs%.trs}.log"
		fi
	done
	return 1
}

sources()
{
	find "$src/lib" "$src/policy" "$src/pam_aas" "$src/tools" \
	    "$src/aasctl" "$src/aasd" "$src/tests" \
	    -name '*.[ch]' | sort
}

check_format()
{
	cd "$src"
	sources | xargs clang-format --dry-run -Werror >"$work/format.log" 2>&1 ||
	    { sed -n 's/:[0-9]*:[0-9]*: error:.*//p' "$work/format.log" |
	    sort | uniq -c; return 1; }
}

check_shellcheck()
{
	cd "$src"
	{
		printf 'dev\nautogen.sh\n.ci/run\n'
		find debian -name '*.postinst' -o -name '*.prerm'
		find tests tools conf debian -name '*.sh'
	} | xargs shellcheck -x -P SCRIPTDIR
}

check_mandoc()
{
	local pages

	pages=$(find "$src/docs" "$src/tools" "$src/conf" "$src/pam_aas" \
	    -name '*.[1-8]')
	[ -n "$pages" ] || exit 77
	# shellcheck disable=SC2086 # page names have no blanks
	mandoc -T lint -W warning $pages
}

check_cppcheck()
{
	cd "$src"
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr -j2 \
	    --enable=warning,portability --suppress=missingInclude -I . \
	    -D__x86_64__ lib policy pam_aas tools aasctl aasd
}

# The tests but those of the real thing: they use what is installed, and have
# passed when this ring is run.
unit_tests()
{
	# shellcheck disable=SC2016 # make expands it
	printf 'include Makefile\nunit-tests: ; @echo %s\n' \
	    '$(filter-out tests/it_%,$(TESTS))' | make -s -f - unit-tests
}

check_distcheck()
{
	local tests

	cd /build
	tests=$(unit_tests)
	jobs distcheck TESTS="$tests" >"$work/distcheck.log" 2>&1 ||
	    { tail -n 60 "$work/distcheck.log"; return 1; }
}

# As distributions build: the module brings calls of libc along, which must
# outlive an optimization at link time.
check_lto()
{
	configured lto --disable-werror CFLAGS='-O2 -g -flto=auto'
	jobs pam_aas/pam_aas.la >make.log 2>&1 || show_failures
	AAS_TOP_BUILDDIR=. "$src/tests/check-module.sh"
}

# With the sanitizers gcc warns of overflows that are none.
check_sanitize()
{
	local tests

	configured sanitize --enable-sanitize --disable-werror
	tests=$(unit_tests)
	jobs -k check TESTS="$tests" >make.log 2>&1 || show_failures
}

# The cmocka programs; helpers with a seccomp filter of their own are built
# without it, as valgrind needs more calls than they do.  Which of them failed
# is said last of all, as only the end of a step's output is shown.
check_valgrind()
{
	local t rc
	local -a broken=() tests

	configured valgrind --disable-io-filter
	read -ra tests < <(unit_tests | tr ' ' '\n' | grep '^tests/test_' |
	    paste -sd' ')
	{ jobs all && jobs "${tests[@]}"; } >make.log 2>&1 ||
	    { tail -n 30 make.log; return 1; }
	for t in "${tests[@]}"; do
		rc=0
		AAS_TOP_SRCDIR=$src ./libtool --mode=execute \
		    valgrind -q --error-exitcode=99 \
		    --leak-check=full --errors-for-leak-kinds=definite \
		    "$t" >"$work/valgrind.log" 2>&1 || rc=$?
		case $rc in
		0 | 77)	continue ;;	# 77: it does not apply here
		esac
		echo "--- $t: status $rc"
		tail -n 30 "$work/valgrind.log"
		broken+=("$t")
	done
	[ ${#broken[@]} -eq 0 ] || { echo "--- failed: ${broken[*]}"; return 1; }
}

# covered PATH... OPTION...: gcovr's table of these sources; fails below a gate.
covered()
{
	local -a filters=()

	while [ "${1#--}" = "$1" ]; do
		filters+=(--filter "$src/$1")
		shift
	done
	gcovr --root "$src" --object-directory . --print-summary \
	    "${filters[@]}" "$@" . >gcovr.log 2>&1
}

# Real sign-ins count too: what is installed here from now on is this build.
check_coverage()
{
	configured coverage --enable-coverage --disable-io-filter \
	    --prefix=/usr --sysconfdir=/etc --localstatedir=/var \
	    --with-pam-dir="$(sed -n 's/^pamdir = //p' /build/Makefile)"
	find . -name '*.gcda' -delete
	jobs all >make.log 2>&1 || { tail -n 30 make.log; return 1; }
	# The process that talks to keys is nobody, and may make no file.
	find . -name '*.gcno' | sed 's/gcno$/gcda/' | xargs touch
	find . -name '*.gcda' -exec chmod 666 {} +
	make install >make.log 2>&1 || { tail -n 30 make.log; return 1; }
	jobs -k check >make.log 2>&1 || show_failures
	"$src/tests/rig/demo/demo.sh" >demo.log 2>&1 || tail -n 60 demo.log
	# What channels and look-ups do confined, as another user, leaves no counts.
	if covered lib pam_aas tools/aas-authn --exclude "$src/lib/notify/.*" \
	    --exclude "$src/lib/codex/.*" --fail-under-line 90 &&
	    covered policy/signin/states.c --branches \
	    --fail-under-branch 100 &&
	    covered policy --branches --fail-under-branch 90; then
		return
	fi
	# The files that lack most.
	awk '$1 ~ /[.]c$/ && $4 != "100%" { print $2 - $3, $1, $4 }' gcovr.log |
	    sort -rn | head -n 15
	tail -n 4 gcovr.log
	return 1
}

# A million decisions against the reference evaluator, new ones each time.
check_oracle()
{
	local seed half failed=0

	seed=$(od -An -N3 -tu4 /dev/urandom)
	seed=$((seed * 2))
	(cd /build && jobs tests/oracle/driver)
	for half in 0 1; do
		AAS_TOP_BUILDDIR=/build "$src/tests/oracle.sh" 2000 250 \
		    $((seed + half)) >"$work/oracle.$half.log" 2>&1 &
	done
	for half in 0 1; do
		wait -n || failed=1
	done
	[ "$failed" = 0 ] || tail -n 80 "$work"/oracle.?.log
	return "$failed"
}

# What is foretold of 10,000 users, and fast, is what happens.
check_rehearse()
{
	"$src/tests/it_rehearse.sh" big
}

check_fuzz()
{
	jobs -C /build fuzz FUZZ_SECONDS=20
}

# --- the run ------------------------------------------------------------------

run_step()
{
	local step=$1 rc=0 start=$SECONDS word

	# A subshell with -e of its own: "|| rc" would switch it off inside.
	set +e
	(set -e; "check_$step") >"$work/$step.out" 2>&1
	rc=$?
	set -e
	case $rc in
	0)	word=pass ;;
	77)	word=skip ;;
	*)	word=fail; sed 's/^/  /' "$work/$step.out" | tail -n 80 ;;
	esac
	printf '%s %s\n' "$word" "$step" >>"$work/results"
	printf 'ring2: %-10s %s (%d s)\n' "$step" "$word" \
	    $((SECONDS - start))
	[ "$word" != fail ]
}

main()
{
	local step bad=0

	# ./dev check has a thousand, and a million.
	export AAS_MANY=50 AAS_LOAD=100 AAS_CROWD=100 AAS_ATTEMPTS=60000
	/src/tests/rig/build.sh install	# real sign-ins take it from there
	mkdir -p "$work"
	: >"$work/results"
	[ $# -eq 0 ] || steps=("$@")
	for step in "${steps[@]}"; do
		run_step "$step" || bad=1
	done
	return "$bad"
}

main "$@"

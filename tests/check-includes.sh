#!/bin/sh
# Hold the layers apart: lib <- policy <- pam_aas, tools <- aasctl, aasd.
#
# 1. A folder includes only what is below it, by its path from the top.
# 2. policy takes of lib only err, reason, log, fs, clock, user, wire, b64, str
#    and service: its answer is to be computed, not looked up.  A plugin sees the
#    installed header alone.
# 3. Only pam_aas sees PAM, only lib/conf sees libconfig, only lib/ceremony and the
#    rig see libfido2; the base library and the module see libc alone.
# 4. A header compiles alone and has the guard of its path.
# 5. Nobody starts a shell with a name in its command: no system(3), popen(3),
#    wordexp(3) (CVE-2021-3621, CVE-2026-44712).
# 6. A thread is nobody's to start (F27): sudo, for one, would miss SIGCHLD.
# 7. Each entry point of the module says PAM_SUCCESS in one place, and nothing
#    else of it does, so that no later assignment makes a refusal one (pam_p11
#    issue 32).
set -u
top=${AAS_TOP_SRCDIR:-$(dirname "$0")/..}
build=${AAS_TOP_BUILDDIR:-$top}
cd "$top" || exit 99
bad=0

say()
{
	echo "$1" >&2
	bad=1
}

# allow FILES REGEX: each quoted include in FILES, a glob, matches REGEX.
allow()
{
	for f in $1; do
		[ -e "$f" ] || continue
		sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*"\([^"]*\)".*/\1/p' \
		    "$f" | grep -Ev "^($2)\$" | while read -r i; do
			echo "$f: must not include \"$i\""
		done
	done
}

# keep HEADER-REGEX FILE-REGEX: only files that match include <HEADER>.
keep()
{
	grep -lE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($1)[>\"]" \
	    lib/*.[ch] lib/*/*.[ch] policy/*.[ch] policy/*/*.[ch] pam_aas/*.[ch] \
	    tools/*.[ch] aasctl/*.[ch] aasd/*.[ch] 2>/dev/null |
	    grep -Ev "^($2)\$" | while read -r f; do
		echo "$f: must not include $1"
	done
}

found=$(
	allow 'lib/*.[ch] lib/*/*.[ch]' 'lib/([a-z]+/)?[a-z0-9_]+\.h'
	allow 'policy/*.[ch]' 'lib/(err|log|fs|clock|user|wire|b64|hex|str|reason|service)\.h|policy/[a-z0-9_]+\.h'
	allow 'policy/source/*.[ch]' \
	    'lib/([a-z]+/)?[a-z0-9_]+\.h|policy/(source/)?[a-z0-9_]+\.h'
	# What follows from a decision and a record.
	allow 'policy/signin/*.[ch]' \
	    'lib/([a-z]+/)?[a-z0-9_]+\.h|policy/(signin/)?[a-z0-9_]+\.h'
	allow 'policy/plugins/*.[ch]' \
	    'policy/plugin\.h|policy/plugins/[a-z0-9_]+\.h|lib/attest/[a-z0-9_]+\.h'
	allow 'pam_aas/*.[ch]' '(lib(/[a-z]+)?|policy(/signin)?|pam_aas)/[a-z0-9_]+\.h'
	allow 'tools/*.[ch]' '(lib(/[a-z]+)?|policy(/source|/signin)?|tools)/[a-z0-9_]+\.h'
	allow 'aasd/*.[ch]' '(lib(/[a-z]+)?|policy(/source|/signin)?|tools|aasd)/[a-z0-9_]+\.h'
	# And what they speak.
	allow 'aasctl/*.[ch]' \
	    '(lib(/[a-z]+)?|policy(/source|/signin)?|tools|aasctl)/[a-z0-9_]+\.h|aasd/aasd\.h'
	allow 'tests/*.[ch]' '(lib(/[a-z]+)?|policy(/source|/signin|/plugins)?|pam_aas|tools|aasctl|aasd|tests|tests/rig)/[a-z0-9_]+\.[ch]'
	keep 'security/.*' 'pam_aas/.*'
	keep 'libconfig\.h' 'lib/conf/.*'
	keep 'fido\.h|fido/.*' 'lib/ceremony/.*'
	keep 'pthread\.h|setjmp\.h' 'none'
	keep 'threads\.h' 'none'
	grep -nE '\<(system|popen|wordexp)[[:space:]]*\(' lib/*.c lib/*/*.c policy/*.c \
	    policy/*/*.c pam_aas/*.c tools/*.c aasctl/*.c aasd/*.c |
	    sed 's/$/: no shell/'
	grep -nE '(return|=)[[:space:]]*PAM_SUCCESS' pam_aas/*.c |
	    grep -vE '^pam_aas/pam_aas\.c:[0-9]+:		return PAM_SUCCESS;$|[!=]= PAM_SUCCESS'
	[ "$(grep -c 'return PAM_SUCCESS;' pam_aas/pam_aas.c)" -eq \
	    "$(grep -c '^pam_sm_' pam_aas/pam_aas.c)" ] ||
	    echo "pam_aas/pam_aas.c: PAM_SUCCESS is not in one place each"
	# What is in libaas-base: everything the module links.
	base=$(sed -n '/^lib_libaas_base_la_SOURCES/,/[^\\]$/p' lib/local.mk |
	    grep -oE 'lib/[a-z0-9_/]+\.[ch]')
	for f in $base pam_aas/*.[ch] policy/signin/*.[ch]; do
		[ -e "$f" ] || continue
		grep -nE 'include[[:space:]]*<(openssl|jansson|cbor|curl|ldap)' \
		    "$f" | sed "s|^|$f: must see libc alone: |"
	done
	for h in lib/*.h lib/*/*.h policy/*.h policy/*/*.h pam_aas/*.h tools/*.h \
	    aasctl/*.h aasd/*.h; do
		[ -e "$h" ] || continue
		guard=AAS_$(echo "${h#pam_}" | tr 'a-z/.-' 'A-Z___')
		grep -q "^#ifndef $guard\$" "$h" ||
		    grep -q "^#ifndef AAS_$(echo "$h" | tr 'a-z/.-' 'A-Z___')\$" \
			"$h" || echo "$h: guard is not $guard"
	done
)
[ -z "$found" ] || say "$found"

if [ -e "$build/config.h" ]; then
	for h in lib/*.h lib/*/*.h policy/*.h policy/*/*.h pam_aas/*.h tools/*.h \
	    aasctl/*.h aasd/*.h; do
		[ -e "$h" ] || continue
		${CC:-cc} -std=gnu11 -fsyntax-only -x c -I. -I"$build" \
		    -include "$build/config.h" "$h" ||
		    say "$h: does not compile alone"
	done
fi
exit $bad

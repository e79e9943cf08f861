#!/bin/bash
# it_package.sh: what the package asks before it goes: a stack line whose
# module is gone would refuse everybody.  And that it comes without one: who
# signs in how is changed by no installation.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
obj=${AAS_TOP_BUILDDIR:-/build}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

# prerm ARG: as dpkg(1) runs it.
prerm()
{
	timeout 20 sh "$top/debian/libpam-aas.prerm" "$@" >"$out" 2>&1
}

stays()
{
	not prerm remove && said "^  $1\$"
}

goes()
{
	prerm remove && ! said 'not removed'
}

# Everything that is installed, and what the package does after it.
no_stack()
{
	make -s -C "$obj" install DESTDIR=/run/tree >"$out" 2>&1 || return 1
	find /run/tree -name pam_aas.so | grep -q . &&
	    not grep -q . <(find /run/tree ! -path '*/doc/*' \( \
	    -path '*/etc/*' -o -path '*/pam-configs/*' -o \
	    -path '*/pam.d/*' \)) &&
	    not grep -rqE 'pam-auth-update|pam\.d' "$top"/debian/*.postinst \
	    "$top"/debian/*.dirs
}

for file in /etc/pam.d/*; do
	! grep -qs 'pam_aas\.so' "$file" || rm "$file"
done
rm -rf /var/lib/aas/records

check "H9: it comes without a stack or a profile of one" no_stack
check "goes where no stack names the module" goes
check "... and says nothing" not test -s "$out"
printf 'session\trequired\tpam_aas.so aas1\n' >/etc/pam.d/package
check "stays while a stack does, and names it" stays /etc/pam.d/package
check "... also one that leaves it out where it is missing" eval \
    'printf -- "-auth sufficient pam_aas.so aas1\n" >/etc/pam.d/package &&
    stays /etc/pam.d/package'
check "an upgrade asks nothing" prerm upgrade 0.2.0
printf '# session\trequired\tpam_aas.so aas1\n' >/etc/pam.d/package
check "a comment is no line" goes
printf 'package auth required pam_aas.so aas1\n' >/etc/pam.conf
check "pam.conf counts" stays /etc/pam.conf
rm /etc/pam.conf
printf 'auth required pam_aas.so aas1\n' >/usr/lib/pam.d/vendors
check "a vendor's stack counts" stays /usr/lib/pam.d/vendors
rm /usr/lib/pam.d/vendors
mkdir -p /var/lib/aas/records
: >/var/lib/aas/records/1000
check "goes where users have enrolled" goes
check "... and tells of their passwords" said 'aasctl purge USER'
exit "$failed"

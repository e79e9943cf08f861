#!/bin/bash
# build.sh [install]: configure and make /src in /build, as a distribution
# would place it; with "install" also put it into this private host.
set -euo pipefail

# Debian's own modules show where libpam looks for ours.
pam_dir()
{
	local file

	for file in /lib/*/security/pam_unix.so /lib/security/pam_unix.so; do
		[ ! -e "$file" ] || dirname "$file"
	done | head -n 1
}

build()
{
	cd /src
	[ -x configure ] || ./autogen.sh >/build/autogen.log 2>&1 ||
	    { cat /build/autogen.log >&2; return 1; }
	cd /build
	[ -f Makefile ] || /src/configure -q --prefix=/usr --sysconfdir=/etc \
	    --localstatedir=/var --with-pam-dir="$(pam_dir)" --enable-werror
	make -s -j"$(nproc)" all
}

# As its package would: the group first, aas-unlock is setgid to it.
install_here()
{
	getent group aas >/dev/null || groupadd --system aas
	make -s -C /build install >/dev/null
	ldconfig
}

build
if [ "${1:-}" = install ]; then
	install_here
fi

#!/bin/bash
# it_upgrade.sh: sign-ins while the package is replaced under them.  Replaced
# as dpkg(1) does it, each is what it was before; copied over by hand one may
# fail, but lets in nobody who was refused; and without the module nobody is.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
obj=${AAS_TOP_BUILDDIR:-/build}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

rounds=3
tree=/run/tree
# rig_mounts has a /etc of ours, but /usr is everybody's.
module=$(find /lib/*/security /usr/lib/*/security -name pam_aas.so | head -n 1)

prepare()
{
	local user kind dir

	make -s -C "$obj" tests/authn_client tests/bench/pamtx \
	    >/dev/null 2>&1 || rig_skip "the tests' programs are not built"
	getent group aas >/dev/null || groupadd --system aas
	rig_keys
	for user in with without; do
		rig_user "$user" 'correct horse'
	done
	for kind in auth account; do
		printf '%s required pam_aas.so aas1\n%s required pam_permit.so\n' \
		    "$kind" "$kind" >>/etc/pam.d/upgrade
	done
	rig_settings <<-'CONF'
	realm = "upgrade.example";
	uv = "discouraged";
	timeout = "20s";
	required_users = [ "without" ];
	required_from = "2020-01-01T00:00:00Z";
	CONF
	softkey plug blue >/dev/null
	softkey plug spare >/dev/null
	"$obj/tests/authn_client" enroll --user with --uid "$(id -u with)" \
	    --realm upgrade.example --statedir /var/lib/aas \
	    --label blue,spare --helper /usr/libexec/aas/aas-authn --pin 1234 \
	    >/run/enroll.log || { cat /run/enroll.log; exit 1; }
	make -s -C "$obj" install DESTDIR="$tree" >/run/install.log 2>&1
	# What the host has of it is ours to replace: a copy, for this test.
	for dir in "$(dirname "$module")" /usr/libexec/aas; do
		cp -a "$dir" "/run/own.${dir##*/}"
		mount --bind "/run/own.${dir##*/}" "$dir"
	done
}

# Each file under another name first, and that one in place of the old.
as_dpkg()
{
	local round file

	for ((round = 0; round < rounds; round++)); do
		(cd "$tree" && find . -type f ! -name '*.la' \
		    \( -path '*/security/*' -o -path './usr/libexec/aas/*' \)) |
		    while read -r file; do
			cp -p "$tree/$file" "/$file.dpkg-new"
			mv -f "/$file.dpkg-new" "/$file"
		done
	done
}

# The file is gone, there for a half, and whole.
by_hand()
{
	local round

	for ((round = 0; round < rounds * 10; round++)); do
		rm -f "$module"
		head -c 40000 "$tree/$module" >"$module"
		sleep 0.02
		cat "$tree/$module" >"$module"
		sleep 0.02
	done
}

enters()
{
	"$obj/tests/bench/pamtx" -s upgrade -p ac "$1"
}

# during HOW WHO OUTCOME: sign-ins of WHO until HOW is done.
during()
{
	local job n=0

	"$1" &
	job=$!
	while kill -0 "$job" 2>/dev/null || ((n < 5)); do
		if enters "$2"; then
			[ "$3" = in ] || { echo "$2 is let in"; return 1; }
		else
			[ "$3" = out ] || { echo "$2 is refused"; return 1; }
		fi
		n=$((n + 1))
	done
	echo "$n sign-ins"
	wait "$job"
}

prepare
check "who has keys gets in" enters with
check "who should have some does not" not enters without
check "F75: while the package is replaced who has keys gets in" \
    during as_dpkg with in
check "... and who has none does not" during as_dpkg without out
check "OpenPAM 2016: nor while the module is written by hand" \
    during by_hand without out
check "who has keys gets in by what was written" enters with
rm "$module"
check "OpenPAM 2016: without the module nobody does" not enters without
check "... nobody at all" not enters with
exit "$failed"

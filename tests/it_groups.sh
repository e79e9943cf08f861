#!/bin/bash
# it_groups.sh: rules whose groups a directory has hold also for who keeps the
# directory's library from being loaded, by a limit on memory, and where it is
# missing: what the host does not know of groups is a refusal, never none.
# shellcheck disable=SC2317 # what check calls
set -euo pipefail
top=${AAS_TOP_SRCDIR:-/src}
# shellcheck source=tests/rig/lib.sh
. "$top/tests/rig/lib.sh"
rig_alone "$@"

lib=$(dirname "$(find /lib /usr/lib -name 'libc.so.6' | head -1)")/libnss_fake.so.2

# A directory of one group, nosu (7777), of which carol is a member.
directory()
{
	cat >/tmp/nss.c <<-'C'
	#include <errno.h>
	#include <grp.h>
	#include <nss.h>
	#include <stdlib.h>
	#include <string.h>
	static char *none[] = { 0 };
	static enum nss_status fill(struct group *g)
	{
		g->gr_name = "nosu"; g->gr_passwd = "x";
		g->gr_gid = 7777; g->gr_mem = none;
		return NSS_STATUS_SUCCESS;
	}
	enum nss_status _nss_fake_getgrnam_r(const char *n, struct group *g,
	    char *b, size_t l, int *e)
	{
		return strcmp(n, "nosu") ? NSS_STATUS_NOTFOUND : fill(g);
	}
	enum nss_status _nss_fake_getgrgid_r(gid_t i, struct group *g, char *b,
	    size_t l, int *e)
	{
		return i == 7777 ? fill(g) : NSS_STATUS_NOTFOUND;
	}
	enum nss_status _nss_fake_initgroups_dyn(const char *u, gid_t p,
	    long *s, long *z, gid_t **g, long lim, int *e)
	{
		gid_t *m;
		if (strcmp(u, "carol"))
			return NSS_STATUS_NOTFOUND;
		if (*s >= *z) {
			if ((m = realloc(*g, (*z + 16) * sizeof(*m))) == NULL)
				return NSS_STATUS_TRYAGAIN;
			*g = m;
			*z += 16;
		}
		(*g)[(*s)++] = 7777;
		return NSS_STATUS_SUCCESS;
	}
	C
	gcc -shared -fPIC -o "$lib" /tmp/nss.c
	sed -i 's/^group:.*/group: files fake/' /etc/nsswitch.conf
}

# su_as KIB: eve becomes carol by her password, with that much address space.
su_as()
{
	echo 'carols horse' | timeout 10 setpriv --reuid=eve --regid=eve \
	    --init-groups prlimit --as="$1"000 su carol -c 'id -un' 2>&1 || :
}

account()
{
	pamtester "$1" "$2" acct_mgmt >"$out" 2>&1
}

rules()
{
	printf 'rules = ( %s );\n' "$1" >/etc/aas/policy.conf
	aasctl policy build >"$out"
}

getent group aas >/dev/null || groupadd --system aas
rig_user carol 'carols horse'
rig_user eve 'eves horse'
usermod -p "$(openssl passwd -6 'carols horse')" carol
rig_stack login su
directory
rig_settings <<<'realm = "demo.example";'
rules '{ name = "nosu"; groups = [ "nosu" ]; services = [ "su" ];
    deny = true; }'

check "who is in the directory's group is denied" not account su carol
check "who is not, is not" account su eve
let_in=0
for kib in $(seq 4700 4 4900); do
	said=$(su_as "$kib")
	case $said in
	*carol) let_in=$((let_in + 1)); echo "$kib: $said" >&2 ;;
	esac
done
check "some limit keeps the directory's library out" \
    grep -q 'service="su".*reason=groups' "$rig_log"
check "and no limit on memory takes the group away" [ "$let_in" = 0 ]

mv "$lib" /tmp/away
check "without the library nobody knows: carol is refused" not account su carol
check "eve, too" not account login eve
check "why says so" bash -c "aasctl why eve --service login | grep -q groups"
mv /tmp/away "$lib"
check "with it again eve is let in" account login eve
rules '{ name = "here"; groups = [ "aas" ]; services = [ "su" ];
    deny = true; }'
mv "$lib" /tmp/away
check "rules of local groups need no directory" account login eve
exit "$failed"

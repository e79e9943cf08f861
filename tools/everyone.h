#ifndef AAS_TOOLS_EVERYONE_H
#define AAS_TOOLS_EVERYONE_H

#include <stddef.h>

#include "lib/user.h"

/* Every user of a host. */
struct aas_everyone {
	struct aas_user *u;
	size_t n;
};

/*
 * aas_everyone_read(statedir, &all):
 * Whom getpwent(3) lists, and whom it does not but who has a record below
 * ${statedir}.  Sorted by name, none twice.  Entries with a name or uid that
 * nobody can sign in with (aas_user_name()) are left out.  For root.
 * aas_everyone_free().  Returns 0; AAS_ERR_NOMEM, AAS_ERR_SYS.
 */
int aas_everyone_read(const char *statedir, struct aas_everyone *all);
void aas_everyone_free(struct aas_everyone *all);

/*
 * aas_everyone_barred(each, arg):
 * Calls ${each} for those whom getpwent(3) lists and aas_user_name() refuses,
 * with the name as it stands there, in any bytes, and an enum aas_reason.
 * Returns 0; AAS_ERR_SYS.
 */
int aas_everyone_barred(
    void (*each)(void *arg, const char *name, unsigned why), void *arg);

#endif

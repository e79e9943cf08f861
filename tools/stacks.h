#ifndef AAS_TOOLS_STACKS_H
#define AAS_TOOLS_STACKS_H

#include <stddef.h>

#include "lib/proto.h"

/*
 * The PAM services of this host, from pam.d(5) files, and in which phases our
 * module stands in each.
 */
#define AAS_STACKS_MAX      1024
#define AAS_STACKS_DIRS_MAX 4

/* aas_stacks_dirs: where libpam looks, up to a NULL; the first wins. */
extern const char *const aas_stacks_dirs[];

struct aas_stack {
	char service[AAS_SERVICE_MAX];
	unsigned phases; /* AAS_PHASE_BIT()s; 0: the module is not in it */
};

/*
 * aas_stacks_read(dirs, &list, &n):
 * Every service below ${dirs}, sorted by name, from malloc.  Files that are
 * only there to be included (common-*, system-auth ...) are no services.  A
 * stack is followed through @include, include and substack, as libpam does.
 * Returns 0; AAS_ERR_NOTFOUND (there is no such folder), AAS_ERR_SYS,
 * AAS_ERR_NOMEM, AAS_ERR_TOOBIG.
 */
int aas_stacks_read(
    const char *const *dirs, struct aas_stack **list, size_t *n);

/*
 * aas_stacks_phases(dirs, service, &phases):
 * One service alone, by its file.  AAS_ERR_NOTFOUND, AAS_ERR_INVAL (a name
 * that cannot be one), AAS_ERR_SYS.
 */
int aas_stacks_phases(
    const char *const *dirs, const char *service, unsigned *phases);

#endif

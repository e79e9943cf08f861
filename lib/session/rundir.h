#ifndef AAS_LIB_SESSION_RUNDIR_H
#define AAS_LIB_SESSION_RUNDIR_H

#include <stddef.h>

#include "lib/fs.h"

/*
 * aas_rundir_open(rundir, sub, &fd):
 * Open ${rundir}/${sub}, making what is missing: ${rundir} 0755 (its parent
 * must be there) and ${sub} 0700, whatever the umask of the host.  All of it
 * must belong to the effective user or root and be writable by nobody else.
 *   sub   one component, "tickets", "sessions" or "reauth"
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_rundir_open(const char *rundir, const char *sub, int *fd);

/*
 * aas_rundir_create(dirfd, name, p, len):
 * aas_fs_create() with mode 0600, but never beyond the host's RLIMIT_FSIZE:
 * the kernel would end the host by SIGXFSZ.
 * Returns 0; AAS_ERR_EXISTS, AAS_ERR_SYS (EFBIG: the limit).
 */
int aas_rundir_create(int dirfd, const char *name, const void *p, size_t len);

/*
 * aas_rundir_look(rundir, sub, seen):
 * aas_rundir_open() without opening it, for who then uses its path; see
 * aas_fs_look(), which ${seen} is for.  NULL: nothing is known.
 */
int aas_rundir_look(
    const char *rundir, const char *sub, struct aas_fs_seen *seen);

/*
 * aas_rundir_path(rundir, sub, name, path):
 * The path ${rundir}/${sub}/${name}.
 * Returns 0; AAS_ERR_INVAL: it is too long.
 */
#define AAS_RUNDIR_PATH 512
int aas_rundir_path(const char *rundir, const char *sub, const char *name,
    char path[AAS_RUNDIR_PATH]);

#endif

#ifndef AAS_LIB_SESSION_RUNDIR_H
#define AAS_LIB_SESSION_RUNDIR_H

#include <stddef.h>

/*
 * aas_rundir_open(rundir, sub, &fd):
 * Open ${rundir}/${sub}, making what is missing: ${rundir} 0755 (its parent
 * must be there) and ${sub} 0700, whatever the umask of the host.  All of it
 * must belong to the effective user or root and be writable by nobody else.
 *   sub   one component, "tickets" or "sessions"
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
 * aas_rundir_patch(dirfd, name, at, p, len):
 * Write over ${len} bytes of the file ${name}, which has them, from ${at} on;
 * within the host's RLIMIT_FSIZE, too.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_SYS.
 */
int aas_rundir_patch(
    int dirfd, const char *name, size_t at, const void *p, size_t len);

#endif

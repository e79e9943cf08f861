#ifndef AAS_LIB_FS_PARTS_H
#define AAS_LIB_FS_PARTS_H

#include <sys/types.h>

/* What lib/fs.c and lib/fs_write.c share; for nobody else. */

/*
 * aas_fs_openat(dirfd, name, flags, mode):
 * openat(2) that follows no link, blocks on nothing, takes no terminal, goes
 * on after EINTR, and gives a descriptor >= 3 that ends at exec; -1 and errno.
 */
int aas_fs_openat(int dirfd, const char *name, int flags, mode_t mode);

/*
 * aas_fs_open_error():
 * What errno after a failed open says about the thing that stands there:
 * AAS_ERR_NOTFOUND, AAS_ERR_PERMS (it is of another type) or AAS_ERR_SYS.
 */
int aas_fs_open_error(void);

/*
 * aas_fs_name_ok(name):
 * 1 if ${name} is one component: not NULL, "", "." or "..", and without '/'.
 */
int aas_fs_name_ok(const char *name);

#endif

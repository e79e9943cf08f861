#ifndef AAS_LIB_FS_PARTS_H
#define AAS_LIB_FS_PARTS_H

#include <sys/stat.h>
#include <sys/types.h>

#include <fcntl.h>

#include "lib/fs.h"

/* What lib/fs*.c share; for nobody else. */

/* No link, no waiting, no terminal, no exec. */
#define AAS_FS_FLAGS (O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

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

/*
 * aas_fs_dir_trusted(st, owner, last), aas_fs_file_trusted(st, owner, forbid):
 * 1 if that is a directory as aas_fs_dir(), or a file as aas_fs_open(), wants
 * it.  ${last} 0: a directory on the way.
 */
int aas_fs_dir_trusted(const struct stat *st, uid_t owner, int last);
int aas_fs_file_trusted(const struct stat *st, uid_t owner, mode_t forbid);

/*
 * aas_fs_dir_take(f, owner, &fd), aas_fs_file_take(f, owner, forbid, &fd, &st):
 * What an open gave, -1 and errno too, becomes ${fd} if it may be trusted, or
 * is closed.  Errors as those of aas_fs_dir() and aas_fs_open().
 */
int aas_fs_dir_take(int f, uid_t owner, int *fd);
int aas_fs_file_take(
    int f, uid_t owner, mode_t forbid, int *fd, struct stat *st);

/*
 * aas_fs_size_allowed(len):
 * 1 if a file may become that long: over RLIMIT_FSIZE a write(2) would raise
 * SIGXFSZ, which ends the host.  Else 0 and errno is EFBIG.
 */
int aas_fs_size_allowed(size_t len);

#endif

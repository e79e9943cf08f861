#ifndef AAS_LIB_NOTIFY_SPARE_H
#define AAS_LIB_NOTIFY_SPARE_H

#include <stddef.h>

/*
 * Files whose inodes and blocks are taken already, for alerts that have to
 * wait when the disk of the spool is full: spare/0 and on.
 */
#define AAS_SPARES     16
#define AAS_SPARE_SIZE ((size_t)8192) /* AAS_QUEUED_MAX */

/*
 * aas_spare_fill(dirfd):
 * Make those that are missing, as many as there is room for.  ${dirfd} is
 * their directory; with -1, or for another reason than a full disk, there are
 * none, which is no error.  For who has the lock.
 * Returns 0; AAS_ERR_SYS and errno: the disk is full and there is none.
 */
int aas_spare_fill(int dirfd);

/*
 * aas_spare_use(dirfd, todir, name, p, len):
 * As aas_fs_replace(${todir}, ${name}, ...), by one of them.
 * Returns 0; AAS_ERR_NOTFOUND (there is none), AAS_ERR_TOOBIG, AAS_ERR_SYS.
 */
int aas_spare_use(
    int dirfd, int todir, const char *name, const void *p, size_t len);

/* aas_spare_full(): 1 if errno says that a disk is full. */
int aas_spare_full(void);

#endif

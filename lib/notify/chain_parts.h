#ifndef AAS_LIB_NOTIFY_CHAIN_PARTS_H
#define AAS_LIB_NOTIFY_CHAIN_PARTS_H

#include <sys/stat.h>

#include <stddef.h>
#include <stdint.h>

/* What lib/notify/chain*.c share. */

/*
 * The files of a chain: what is appended to, what was before that, and those
 * that were damaged, AAS_CHAIN_ASIDE to AAS_CHAIN_LAST.
 */
#define AAS_CHAIN_NOW   0
#define AAS_CHAIN_OLD   1
#define AAS_CHAIN_ASIDE 2
#define AAS_CHAIN_LAST  10
#define AAS_CHAIN_NAME  32

extern const char aas_chain_zeros[65];

/* aas_chain_name(name, uid, which): "7", "7.1", "7.damaged.1" to 9. */
void aas_chain_name(char name[AAS_CHAIN_NAME], uint32_t uid, int which);

/*
 * aas_chain_open(dirfd, uid, which, flags, &fd, &st): O_RDONLY, or O_RDWR |
 * O_CREAT.  Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_SYS, AAS_ERR_PERMS: it is no
 * file of ours alone.
 */
int aas_chain_open(
    int dirfd, uint32_t uid, int which, int flags, int *fd, struct stat *st);

/* aas_chain_pread(fd, p, len, at): all of it.  AAS_ERR_SYS, AAS_ERR_FORMAT:
 * there is less, or the disk cannot read it. */
int aas_chain_pread(int fd, char *p, size_t len, off_t at);

#endif

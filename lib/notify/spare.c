/*
 * Room for alerts that wait, on a disk that is full.
 *
 * 1. A disk that somebody has filled MUST NOT silence alerts: what is numbered
 *    has its place in the queue, without a block or an inode more.
 * 2. A spare file MUST have its blocks, and is written where it stands: it is
 *    made of bytes that no file system stores in fewer.  Whether they are there
 *    is not asked of st_blocks, which some keep late.
 */
#include <sys/random.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/notify/spare.h"

#define NAME_LEN 16

int
aas_spare_full(void)
{
	return errno == ENOSPC || errno == EDQUOT;
}

static void
name_of(char name[NAME_LEN], int i)
{
	(void)snprintf(name, NAME_LEN, "%d", i);
}

static int
is_whole(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_uid == geteuid() &&
	    st->st_nlink == 1 && (st->st_mode & 077) == 0 &&
	    st->st_size == (off_t)AAS_SPARE_SIZE;
}

static int
is_there(int dirfd, int i)
{
	char name[NAME_LEN];
	struct stat st;

	name_of(name, i);
	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    is_whole(&st);
}

int
aas_spare_fill(int dirfd)
{
	char any[AAS_SPARE_SIZE];
	char name[NAME_LEN];

	/* The last is made last, and used first. */
	if (dirfd == -1 || is_there(dirfd, AAS_SPARES - 1))
		return AAS_OK;
	if (getrandom(any, sizeof(any), 0) != (ssize_t)sizeof(any))
		return AAS_OK;
	for (int i = 0; i < AAS_SPARES; i++) {
		if (is_there(dirfd, i))
			continue;
		name_of(name, i);
		if (aas_fs_replace(dirfd, name, any, sizeof(any), (uid_t)-1,
			(gid_t)-1, 0600) != AAS_OK)
			return i == 0 && aas_spare_full() ? AAS_ERR_SYS
							  : AAS_OK;
	}
	return AAS_OK;
}

/* Its content, and no more than that, down to the disk. */
static int
write_spare(int dirfd, const char *name, const void *p, size_t len)
{
	struct stat st;
	ssize_t n = -1;
	int fd =
	    openat(dirfd, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int r = AAS_ERR_SYS;

	if (fd == -1 || (fd = aas_fs_high(fd)) == -1)
		return errno == ENOENT ? AAS_ERR_NOTFOUND : AAS_ERR_SYS;
	if (fstat(fd, &st) == 0 && is_whole(&st)) {
		do
			n = pwrite(fd, p, len, 0);
		while (n == -1 && errno == EINTR);
		if (n == (ssize_t)len && ftruncate(fd, (off_t)len) == 0 &&
		    fsync(fd) == 0)
			r = AAS_OK;
	}
	aas_close(&fd);
	return r;
}

int
aas_spare_use(int dirfd, int todir, const char *to, const void *p, size_t len)
{
	char name[NAME_LEN];
	int r = AAS_ERR_NOTFOUND;

	if (len > AAS_SPARE_SIZE)
		return AAS_ERR_TOOBIG;
	for (int i = AAS_SPARES - 1; dirfd != -1 && i >= 0; i--) {
		name_of(name, i);
		if (write_spare(dirfd, name, p, len) != AAS_OK)
			continue;
		r = AAS_ERR_SYS;
		if (renameat(dirfd, name, todir, to) == 0 && fsync(todir) == 0)
			r = AAS_OK;
		break;
	}
	return r;
}

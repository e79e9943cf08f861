/*
 * What is kept free in the spool for the day on which the disk is full.
 *
 * 1. A disk that is full MUST NOT lose what has room reserved: for that no
 *    block, inode or name may be needed.
 * 2. Making room MUST NOT write over what somebody has put there meanwhile:
 *    whoever comes first may use a file that is only half made.
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/event/attempts.h"
#include "lib/event/spool.h"
#include "lib/event/spool_parts.h"
#include "lib/fs.h"
#include "lib/fs_parts.h"
#include "lib/session/rundir.h"

#define RESERVE_SIZE ((off_t)AAS_SPOOL_SLOT * AAS_SPOOL_SLOTS)

static int
open_file(
    const char *spooldir, const char *name, int flags, int *fd, struct stat *st)
{
	char path[AAS_SPOOL_PATH];
	int r = aas_spool_file(spooldir, name, path);

	if (r != AAS_OK)
		return r;
	return aas_fs_file_take(
	    aas_fs_openat(AT_FDCWD, path, flags, 0600), geteuid(), 077, fd, st);
}

static int
open_reserve(const char *spooldir, int *fd)
{
	struct stat st;
	int r = open_file(spooldir, AAS_SPOOL_RESERVE, O_RDWR, fd, &st);

	if (r == AAS_OK && st.st_size != RESERVE_SIZE) {
		aas_close(fd);
		r = AAS_ERR_FORMAT;
	}
	return r;
}

static int
write_slot(int fd, off_t at, const char slot[AAS_SPOOL_SLOT], int sync)
{
	ssize_t n = 0;

	do
		n = syscall(SYS_pwrite64, fd, slot, AAS_SPOOL_SLOT, at);
	while (n == -1 && errno == EINTR);
	if (n != AAS_SPOOL_SLOT || (sync && syscall(SYS_fsync, fd) == -1))
		return AAS_ERR_SYS;
	return AAS_OK;
}

static ssize_t
read_slot(int fd, off_t at, char *p, size_t n)
{
	ssize_t got = 0;

	do
		got = syscall(SYS_pread64, fd, p, n, at);
	while (got == -1 && errno == EINTR);
	return got;
}

/* Into one slot, if it is free.  AAS_ERR_AGAIN: it is not. */
static int
take_slot(int fd, off_t at, const char slot[AAS_SPOOL_SLOT])
{
	char first = '{';
	int r = aas_spool_lock(fd, at, AAS_SPOOL_SLOT, 1);

	if (r != AAS_OK)
		return r;
	if (read_slot(fd, at, &first, 1) != 1)
		r = AAS_ERR_SYS;
	else
		r = first == '\0' ? write_slot(fd, at, slot, 1) : AAS_ERR_AGAIN;
	(void)aas_spool_lock(fd, at, AAS_SPOOL_SLOT, 0);
	return r;
}

int
aas_spool_put_reserve(const char *spooldir, const char *line, size_t len)
{
	char slot[AAS_SPOOL_SLOT];
	int fd = -1;
	int r = AAS_ERR_TOOBIG;

	if (len >= sizeof(slot))
		return AAS_ERR_TOOBIG;
	if (!aas_fs_size_allowed((size_t)RESERVE_SIZE))
		return AAS_ERR_SYS;
	if ((r = open_reserve(spooldir, &fd)) != AAS_OK)
		return r;
	/* Its last byte says that it is whole. */
	memcpy(slot, line, len);
	memset(slot + len, 0, sizeof(slot) - len);
	slot[sizeof(slot) - 1] = '\n';
	r = AAS_ERR_AGAIN;
	for (int i = 0; i < AAS_SPOOL_SLOTS && r == AAS_ERR_AGAIN; i++)
		r = take_slot(fd, (off_t)i * AAS_SPOOL_SLOT, slot);
	aas_close(&fd);
	return r;
}

/* --- for who drains -------------------------------------------------------*/

/*
 * A block of the disk for 4 KiB of a file: what is there is written once more,
 * under the lock of all who use it.  One that is held has its block.
 */
static int
take_block(int fd, off_t at)
{
	char block[AAS_SPOOL_SLOT];
	int r = aas_spool_lock(fd, at, sizeof(block), 1);

	if (r != AAS_OK)
		return r == AAS_ERR_AGAIN ? AAS_OK : r;
	memset(block, 0, sizeof(block));
	r = read_slot(fd, at, block, sizeof(block)) >= 0
	    ? write_slot(fd, at, block, 0)
	    : AAS_ERR_SYS;
	(void)aas_spool_lock(fd, at, sizeof(block), 0);
	return r;
}

static int
is_whole(int fd, const struct stat *st, off_t size)
{
	return st->st_size >= size &&
	    ((off_t)st->st_blocks * 512 >= size ||
		lseek(fd, 0, SEEK_HOLE) >= size);
}

/* A file of that size, with all its blocks; what is there of it stays. */
static int
fill(const char *spooldir, const char *name, off_t size)
{
	struct stat st;
	int fd = -1;
	int r = open_file(spooldir, name, O_RDWR | O_CREAT, &fd, &st);

	if (r != AAS_OK)
		return r;
	if (!is_whole(fd, &st, size)) {
		for (off_t at = 0; r == AAS_OK && at < size;
		     at += AAS_SPOOL_SLOT)
			r = take_block(fd, at);
		if (r == AAS_OK && syscall(SYS_fsync, fd) == -1)
			r = AAS_ERR_SYS;
	}
	aas_close(&fd);
	return r;
}

int
aas_spool_prepare(const char *spooldir)
{
	struct aas_fs_seen seen = { .owner = geteuid() };
	int r = aas_rundir_look(spooldir, AAS_SPOOL_NEW, &seen);
	int r2 = AAS_OK;

	if (r != AAS_OK)
		return r;
	r = fill(spooldir, AAS_SPOOL_RESERVE, RESERVE_SIZE);
	r2 = fill(spooldir, AAS_ATTEMPTS, AAS_ATTEMPTS_SIZE);
	return r != AAS_OK ? r : r2;
}

/* One slot, which is locked. */
static int
hand_slot(int fd, off_t at, int (*fn)(void *arg, const char *line, size_t len),
    void *arg)
{
	static const char zero[AAS_SPOOL_SLOT];
	char slot[AAS_SPOOL_SLOT];
	size_t len = 0;

	if (read_slot(fd, at, slot, sizeof(slot)) != (ssize_t)sizeof(slot))
		return AAS_ERR_SYS;
	if (slot[0] == '\0')
		return AAS_OK;
	while (len < sizeof(slot) - 1 && slot[len] != '\0')
		len++;
	if (slot[0] == '{' && slot[sizeof(slot) - 1] == '\n' &&
	    slot[len - 1] == '\n' && fn(arg, slot, len) != 0)
		return AAS_OK;
	return write_slot(fd, at, zero, 1);
}

int
aas_spool_reserved(const char *spooldir,
    int (*fn)(void *arg, const char *line, size_t len), void *arg)
{
	int fd = -1;
	int r = open_reserve(spooldir, &fd);

	if (r != AAS_OK)
		return r == AAS_ERR_NOTFOUND ? AAS_OK : r;
	for (int i = 0; i < AAS_SPOOL_SLOTS && r == AAS_OK; i++) {
		off_t at = (off_t)i * AAS_SPOOL_SLOT;
		char first = '\0';

		if (read_slot(fd, at, &first, 1) != 1)
			r = AAS_ERR_SYS;
		if (first == '\0' ||
		    aas_spool_lock(fd, at, AAS_SPOOL_SLOT, 1) != AAS_OK)
			continue;
		r = hand_slot(fd, at, fn, arg);
		(void)aas_spool_lock(fd, at, AAS_SPOOL_SLOT, 0);
	}
	aas_close(&fd);
	return r;
}

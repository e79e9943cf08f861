/*
 * Files written whole or not at all, and the locks of those who write.
 *
 * 1. A reader MUST see the old bytes or the new, never a mix, at any time and
 *    after a crash.
 * 2. A file that a crash left MUST NOT be in the way.
 * 3. The host's umask MUST NOT change a mode, its file size limit MUST NOT
 *    raise a signal, and waiting for a lock MUST end at its limit.
 */
#include <sys/file.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <sys/syscall.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/fs_parts.h"
#include "lib/hex.h"
#include "lib/put.h"

int
aas_fs_write_all(int fd, const void *p, size_t len)
{
	const uint8_t *b = p;

	while (len > 0) {
		ssize_t n = write(fd, b, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return AAS_ERR_SYS;
		if (n == 0) {
			errno = EIO;
			return AAS_ERR_SYS;
		}
		b += n;
		len -= (size_t)n;
	}
	return AAS_OK;
}

int
aas_fs_size_allowed(size_t len)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) == -1)
		return 0;
	if (limit.rlim_cur == RLIM_INFINITY || len <= limit.rlim_cur)
		return 1;
	errno = EFBIG;
	return 0;
}

/* A new file that only we may read yet, and its bytes. */
static int
begin_new(int dirfd, const char *name, const void *p, size_t len, int *out)
{
	int fd = -1;

	if (!aas_fs_size_allowed(len))
		return AAS_ERR_SYS;
	fd = aas_fs_openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd == -1)
		return AAS_ERR_SYS;
	if (aas_fs_write_all(fd, p, len) != AAS_OK) {
		aas_close(&fd);
		return AAS_ERR_SYS;
	}
	*out = fd;
	return AAS_OK;
}

/* Its owner and mode, down to the disk.  chown drops bits: the mode is last. */
static int
end_durable(int *fd, uid_t uid, gid_t gid, mode_t mode)
{
	int f = *fd;

	if ((uid != (uid_t)-1 || gid != (gid_t)-1) && fchown(f, uid, gid) == -1)
		return AAS_ERR_SYS;
	if (fchmod(f, mode) == -1 || syscall(SYS_fsync, f) == -1)
		return AAS_ERR_SYS;
	*fd = -1;
	return close(f) == 0 ? AAS_OK : AAS_ERR_SYS;
}

/* Remove a temporary file on the way out of a failure; errno is kept. */
static void
discard(int dirfd, const char *name)
{
	int saved = errno;

	(void)unlinkat(dirfd, name, 0);
	errno = saved;
}

/* ".<name>.<more>", a name that who lists a directory skips. */
static int
temporary(const char *name, const char *more, char dst[NAME_MAX + 1])
{
	struct aas_put t;

	if (!aas_fs_name_ok(name))
		return AAS_ERR_INVAL;
	aas_put_init(&t, dst, NAME_MAX + 1);
	aas_put_char(&t, '.');
	aas_put_text(&t, name);
	aas_put_char(&t, '.');
	aas_put_text(&t, more);
	return t.bad ? AAS_ERR_INVAL : AAS_OK;
}

int
aas_fs_replace(int dirfd, const char *name, const void *p, size_t len,
    uid_t uid, gid_t gid, mode_t mode)
{
	char tmp[NAME_MAX + 1];
	int fd = -1;
	int r = temporary(name, "tmp", tmp);

	if (r != AAS_OK)
		return r;
	/* The caller's lock makes it ours: what is there, a crash left. */
	if (unlinkat(dirfd, tmp, 0) == -1 && errno != ENOENT)
		return AAS_ERR_SYS;
	r = begin_new(dirfd, tmp, p, len, &fd);
	if (r == AAS_OK)
		r = end_durable(&fd, uid, gid, mode);
	if (r == AAS_OK && renameat2(dirfd, tmp, dirfd, name, 0) == -1)
		r = AAS_ERR_SYS;
	aas_close(&fd);
	if (r != AAS_OK) {
		discard(dirfd, tmp);
		return r;
	}
	return syscall(SYS_fsync, dirfd) == -1 ? AAS_ERR_SYS : AAS_OK;
}

int
aas_fs_create(
    int dirfd, const char *name, const void *p, size_t len, mode_t mode)
{
	char tmp[NAME_MAX + 1];
	char own[17];
	uint8_t raw[8];
	int fd = -1;
	int r = AAS_ERR_SYS;

	/* A name of its own: two may create at once, and a crash may litter. */
	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return AAS_ERR_SYS;
	aas_hex_format(raw, sizeof(raw), own);
	if ((r = temporary(name, own, tmp)) != AAS_OK)
		return r;
	r = begin_new(dirfd, tmp, p, len, &fd);
	if (r == AAS_OK && fchmod(fd, mode) == -1)
		r = AAS_ERR_SYS;
	aas_close(&fd);
	if (r == AAS_OK &&
	    renameat2(dirfd, tmp, dirfd, name, RENAME_NOREPLACE) == -1)
		r = errno == EEXIST ? AAS_ERR_EXISTS : AAS_ERR_SYS;
	if (r != AAS_OK)
		discard(dirfd, tmp);
	return r;
}

/* Open the file to lock, and see that it is one. */
static int
lock_open(int dirfd, const char *name, int *out, struct stat *st)
{
	int fd = aas_fs_openat(dirfd, name, O_RDWR | O_CREAT, 0600);

	/* A lock needs no write: a store that went read-only can be read. */
	if (fd == -1 && (errno == EROFS || errno == EACCES))
		fd = aas_fs_openat(dirfd, name, O_RDONLY, 0);
	if (fd == -1)
		return aas_fs_open_error();
	if (fstat(fd, st) == -1) {
		aas_close(&fd);
		return AAS_ERR_SYS;
	}
	if (!S_ISREG(st->st_mode) || st->st_nlink > 1 ||
	    (st->st_uid != 0 && st->st_uid != geteuid()) ||
	    (st->st_mode & 022) != 0) {
		aas_close(&fd);
		return AAS_ERR_PERMS;
	}
	/* A host's umask may have taken our own bits away. */
	if ((st->st_mode & 0777) != 0600 && st->st_uid == geteuid())
		(void)fchmod(fd, 0600);
	*out = fd;
	return AAS_OK;
}

/* Take the lock by the deadline; a signal that comes meanwhile is the host's.
 */
static int
lock_wait(int fd, int exclusive, int64_t until_ms)
{
	struct timespec nap = { 0, 1000000 };

	while (flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return AAS_ERR_SYS;
		if (aas_clock_ms() >= until_ms)
			return AAS_ERR_TIMEOUT;
		(void)nanosleep(&nap, NULL);
		if (nap.tv_nsec < 16000000)
			nap.tv_nsec *= 2;
	}
	return AAS_OK;
}

int
aas_fs_lock_open(int dirfd, const char *name, int *fd)
{
	struct stat st;

	if (!aas_fs_name_ok(name))
		return AAS_ERR_INVAL;
	return lock_open(dirfd, name, fd, &st);
}

int
aas_fs_lock_same(int dirfd, const char *name, int fd)
{
	struct stat mine;
	struct stat there;

	return fstat(fd, &mine) == 0 &&
	    fstatat(dirfd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	    there.st_dev == mine.st_dev && there.st_ino == mine.st_ino;
}

int
aas_fs_lock(int dirfd, const char *name, int exclusive, int timeout_ms, int *fd)
{
	int64_t until_ms = aas_clock_ms() + (timeout_ms > 0 ? timeout_ms : 0);
	struct stat mine;
	struct stat there;
	int f = -1;
	int r = AAS_ERR_SYS;

	if (!aas_fs_name_ok(name))
		return AAS_ERR_INVAL;
	for (;;) {
		if ((r = lock_open(dirfd, name, &f, &mine)) != AAS_OK)
			return r;
		if ((r = lock_wait(f, exclusive, until_ms)) != AAS_OK)
			break;
		/* Whoever held it may have removed or replaced the file. */
		if (fstatat(dirfd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
		    there.st_dev == mine.st_dev &&
		    there.st_ino == mine.st_ino) {
			*fd = f;
			return AAS_OK;
		}
		aas_close(&f);
		if (aas_clock_ms() > until_ms)
			return AAS_ERR_TIMEOUT;
	}
	aas_close(&f);
	return r;
}

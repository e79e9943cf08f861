/*
 * Checked access to files.
 *
 * 1. It MUST NOT follow a symbolic link in any component.
 * 2. What is checked MUST be the descriptor that is used: no path is looked
 *    up twice.
 * 3. It MUST NOT block on a FIFO, a device or a lease.
 * 4. A descriptor MUST NOT be 0, 1 or 2, nor live past an exec.
 * 5. A file that others may write, or that has a second name, MUST NOT be
 *    read.
 */
#include <sys/file.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"

#define OPEN_FLAGS (O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

void
aas_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

int
aas_fs_high(int fd)
{
	int flags = 0;
	int up = -1;

	if (fd < 0)
		return -1;
	if (fd >= 3) {
		if ((flags = fcntl(fd, F_GETFD)) != -1 && (flags & FD_CLOEXEC))
			return fd;
	}
	up = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	aas_close(&fd);
	return up;
}

/* openat() with our flags, to a descriptor >= 3. */
static int
open_high(int dirfd, const char *name, int flags, mode_t mode)
{
	int fd = -1;

	do
		fd = openat(dirfd, name, flags | OPEN_FLAGS, mode);
	while (fd == -1 && errno == EINTR);
	return fd >= 3 ? fd : aas_fs_high(fd);
}

static int
name_ok(const char *name)
{
	return name != NULL && name[0] != '\0' && strchr(name, '/') == NULL &&
	    strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* What a failed open says about the thing that stands there. */
static int
open_error(void)
{
	switch (errno) {
	case ENOENT:
		return AAS_ERR_NOTFOUND;
	case ELOOP:   /* a symbolic link */
	case ENOTDIR: /* the same, or a file, where a directory should be */
	case ENXIO:   /* a socket, or a FIFO without its reader */
	case ENODEV:  /* a device without a driver */
	case EISDIR:
		return AAS_ERR_PERMS;
	default:
		return AAS_ERR_SYS;
	}
}

void
aas_buf_free(struct aas_buf *b)
{
	if (b == NULL || b->p == NULL)
		return;
	explicit_bzero(b->p, b->len);
	free(b->p);
	b->p = NULL;
	b->len = 0;
}

/*
 * Open one directory and check it.  The last one is opened for reading, so
 * that it can be locked and synced, if its mode lets us; those above, and one
 * that may only be passed through, as O_PATH.
 */
static int
dir_open(int dirfd, const char *name, uid_t owner, int last, int *out)
{
	struct stat st;
	int fd = -1;

	if (last)
		fd = open_high(dirfd, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd == -1 && (!last || errno == EACCES))
		fd = open_high(dirfd, name, O_PATH | O_DIRECTORY, 0);
	if (fd == -1)
		return open_error();
	if (fstat(fd, &st) == -1) {
		aas_close(&fd);
		return AAS_ERR_SYS;
	}
	/*
	 * In a sticky directory others may add names but not replace ours, and
	 * the next component is checked for its owner.
	 */
	if (!S_ISDIR(st.st_mode) || (st.st_uid != 0 && st.st_uid != owner) ||
	    ((last || !(st.st_mode & S_ISVTX)) &&
		((st.st_mode & S_IWOTH) ||
		    ((st.st_mode & S_IWGRP) && st.st_gid != 0)))) {
		aas_close(&fd);
		return AAS_ERR_PERMS;
	}
	*out = fd;
	return AAS_OK;
}

int
aas_fs_dirat(int dirfd, const char *name, uid_t owner, int *fd)
{
	if (!name_ok(name))
		return AAS_ERR_INVAL;
	return dir_open(dirfd, name, owner, 1, fd);
}

/* Copy the component at *path to name and move past it and its slashes. */
static int
component(const char **path, char name[NAME_MAX + 1])
{
	size_t n = strcspn(*path, "/");

	if (n > NAME_MAX)
		return AAS_ERR_INVAL;
	memcpy(name, *path, n);
	name[n] = '\0';
	if (!name_ok(name))
		return AAS_ERR_INVAL;
	*path += n;
	*path += strspn(*path, "/");
	return AAS_OK;
}

int
aas_fs_dir(const char *path, uid_t owner, int *fd)
{
	char name[NAME_MAX + 1];
	int up = -1;
	int at = -1;
	int r = AAS_ERR_INVAL;

	if (path == NULL || path[0] != '/')
		return AAS_ERR_INVAL;
	path += strspn(path, "/");
	r = dir_open(AT_FDCWD, "/", owner, *path == '\0', &at);
	while (r == AAS_OK && *path != '\0') {
		up = at;
		at = -1;
		if ((r = component(&path, name)) == AAS_OK)
			r = dir_open(up, name, owner, *path == '\0', &at);
		aas_close(&up);
	}
	if (r != AAS_OK) {
		aas_close(&at);
		return r;
	}
	*fd = at;
	return AAS_OK;
}

int
aas_fs_open(int dirfd, const char *name, uid_t owner, mode_t forbid, int *fd,
    struct stat *st)
{
	struct stat got;
	int f = -1;

	if (!name_ok(name))
		return AAS_ERR_INVAL;
	if ((f = open_high(dirfd, name, O_RDONLY, 0)) == -1)
		return open_error();
	if (fstat(f, &got) == -1) {
		aas_close(&f);
		return AAS_ERR_SYS;
	}
	if (!S_ISREG(got.st_mode) || got.st_nlink != 1 ||
	    (got.st_uid != 0 && got.st_uid != owner) ||
	    (got.st_mode & forbid) != 0) {
		aas_close(&f);
		return AAS_ERR_PERMS;
	}
	if (st != NULL)
		*st = got;
	*fd = f;
	return AAS_OK;
}

int
aas_fs_read(int dirfd, const char *name, uid_t owner, mode_t forbid, size_t max,
    struct aas_buf *buf, struct stat *st)
{
	struct aas_buf b = { NULL, 0 };
	struct stat got;
	size_t size = 0;
	int fd = -1;
	int r = AAS_ERR_SYS;

	if ((r = aas_fs_open(dirfd, name, owner, forbid, &fd, &got)) != AAS_OK)
		return r;
	r = AAS_ERR_TOOBIG;
	if (got.st_size < 0 || (uintmax_t)got.st_size > max ||
	    (uintmax_t)got.st_size >= SIZE_MAX)
		goto out;
	size = (size_t)got.st_size;
	r = AAS_ERR_NOMEM;
	if ((b.p = malloc(size + 1)) == NULL)
		goto out;
	/* One byte more is asked for than should be there. */
	while (b.len <= size) {
		ssize_t n = read(fd, b.p + b.len, size + 1 - b.len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1) {
			r = AAS_ERR_SYS;
			goto out;
		}
		if (n == 0)
			break;
		b.len += (size_t)n;
	}
	r = AAS_ERR_AGAIN;
	if (b.len != size)
		goto out;
	b.p[size] = 0;
	if (st != NULL)
		*st = got;
	*buf = b;
	b.p = NULL;
	r = AAS_OK;
out:
	aas_close(&fd);
	aas_buf_free(&b);
	return r;
}

int
aas_fs_read_path(const char *path, uid_t owner, mode_t forbid, size_t max,
    struct aas_buf *buf, struct stat *st)
{
	char parent[PATH_MAX];
	const char *base = NULL;
	int fd = -1;
	int r = AAS_ERR_INVAL;

	if (path == NULL || path[0] != '/' || strlen(path) >= sizeof(parent))
		return AAS_ERR_INVAL;
	base = strrchr(path, '/') + 1;
	memcpy(parent, path, (size_t)(base - path));
	parent[base - path] = '\0';
	if ((r = aas_fs_dir(parent, owner, &fd)) != AAS_OK)
		return r;
	r = aas_fs_read(fd, base, owner, forbid, max, buf, st);
	aas_close(&fd);
	return r;
}

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
aas_fs_read_all(int fd, void *p, size_t len)
{
	uint8_t *b = p;

	while (len > 0) {
		ssize_t n = read(fd, b, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return AAS_ERR_SYS;
		if (n == 0)
			return AAS_ERR_FORMAT;
		b += n;
		len -= (size_t)n;
	}
	return AAS_OK;
}

/* Over RLIMIT_FSIZE a write(2) would raise SIGXFSZ, which ends the host. */
static int
size_allowed(size_t len)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_FSIZE, &limit) == -1)
		return 0;
	if (limit.rlim_cur == RLIM_INFINITY || len <= limit.rlim_cur)
		return 1;
	errno = EFBIG;
	return 0;
}

/* A new file that only we may read yet, then its bytes, owner and mode. */
static int
write_new(int dirfd, const char *name, const void *p, size_t len, uid_t uid,
    gid_t gid, mode_t mode, int durable)
{
	int fd = -1;

	if (!size_allowed(len))
		return AAS_ERR_SYS;
	fd = open_high(dirfd, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd == -1)
		return AAS_ERR_SYS;
	/* The mode comes last: chown drops bits, and umask(2) is the host's. */
	if (aas_fs_write_all(fd, p, len) != AAS_OK)
		goto fail;
	if ((uid != (uid_t)-1 || gid != (gid_t)-1) &&
	    fchown(fd, uid, gid) == -1)
		goto fail;
	if (fchmod(fd, mode) == -1 || (durable && fsync(fd) == -1))
		goto fail;
	if (close(fd) == 0)
		return AAS_OK;
	fd = -1;
fail:
	aas_close(&fd);
	return AAS_ERR_SYS;
}

/* Remove a temporary file on the way out of a failure; errno is kept. */
static void
discard(int dirfd, const char *name)
{
	int saved = errno;

	(void)unlinkat(dirfd, name, 0);
	errno = saved;
}

int
aas_fs_replace(int dirfd, const char *name, const void *p, size_t len,
    uid_t uid, gid_t gid, mode_t mode)
{
	char tmp[NAME_MAX + 1];

	if (!name_ok(name))
		return AAS_ERR_INVAL;
	if (snprintf(tmp, sizeof(tmp), ".%s.tmp", name) >= (int)sizeof(tmp))
		return AAS_ERR_INVAL;
	/* The caller's lock makes it ours: what is there, a crash left. */
	if (unlinkat(dirfd, tmp, 0) == -1 && errno != ENOENT)
		return AAS_ERR_SYS;
	if (write_new(dirfd, tmp, p, len, uid, gid, mode, 1) != AAS_OK ||
	    renameat(dirfd, tmp, dirfd, name) == -1) {
		discard(dirfd, tmp);
		return AAS_ERR_SYS;
	}
	return fsync(dirfd) == -1 ? AAS_ERR_SYS : AAS_OK;
}

int
aas_fs_create(
    int dirfd, const char *name, const void *p, size_t len, mode_t mode)
{
	char tmp[NAME_MAX + 1];
	unsigned long long n = 0;

	if (!name_ok(name))
		return AAS_ERR_INVAL;
	/* A name of its own: two may create at once, and a crash may litter. */
	if (getrandom(&n, sizeof(n), 0) != (ssize_t)sizeof(n))
		return AAS_ERR_SYS;
	if (snprintf(tmp, sizeof(tmp), ".%s.%016llx", name, n) >=
	    (int)sizeof(tmp))
		return AAS_ERR_INVAL;
	if (write_new(dirfd, tmp, p, len, (uid_t)-1, (gid_t)-1, mode, 0) !=
	    AAS_OK) {
		discard(dirfd, tmp);
		return AAS_ERR_SYS;
	}
	if (renameat2(dirfd, tmp, dirfd, name, RENAME_NOREPLACE) == -1) {
		discard(dirfd, tmp);
		return errno == EEXIST ? AAS_ERR_EXISTS : AAS_ERR_SYS;
	}
	return AAS_OK;
}

/* Open the file to lock, and see that it is one. */
static int
lock_open(int dirfd, const char *name, int *out, struct stat *st)
{
	int fd = open_high(dirfd, name, O_RDWR | O_CREAT, 0600);

	/* A lock needs no write: a store that went read-only can be read. */
	if (fd == -1 && (errno == EROFS || errno == EACCES))
		fd = open_high(dirfd, name, O_RDONLY, 0);
	if (fd == -1)
		return open_error();
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
aas_fs_lock(int dirfd, const char *name, int exclusive, int timeout_ms, int *fd)
{
	int64_t until_ms = aas_clock_ms() + (timeout_ms > 0 ? timeout_ms : 0);
	struct stat mine;
	struct stat there;
	int f = -1;
	int r = AAS_ERR_SYS;

	if (!name_ok(name))
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

/*
 * Checked access to files below an open directory; fs_path.c has whole paths.
 *
 * 1. It MUST NOT follow a symbolic link in any component.
 * 2. What is checked MUST be the descriptor that is used.
 * 3. It MUST NOT block on a FIFO, a device or a lease.
 * 4. A descriptor MUST NOT be 0, 1 or 2, nor live past an exec.
 * 5. A file that others may write, or that has a second name, MUST NOT be
 *    read.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/fs_parts.h"

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

int
aas_fs_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	int fd = -1;

	do
		fd = openat(dirfd, name, flags | AAS_FS_FLAGS, mode);
	while (fd == -1 && errno == EINTR);
	return fd >= 3 ? fd : aas_fs_high(fd);
}

int
aas_fs_name_ok(const char *name)
{
	if (name == NULL || name[0] == '\0')
		return 0;
	if (name[0] == '.' &&
	    (name[1] == '\0' || (name[1] == '.' && name[2] == '\0')))
		return 0;
	for (; *name != '\0'; name++)
		if (*name == '/')
			return 0;
	return 1;
}

int
aas_fs_open_error(void)
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

int
aas_fs_dir_trusted(const struct stat *st, uid_t owner, int last)
{
	if (!S_ISDIR(st->st_mode) || (st->st_uid != 0 && st->st_uid != owner))
		return 0;
	/*
	 * In a sticky directory others may add names but not replace ours, and
	 * the next component is checked for its owner.
	 */
	if (!last && (st->st_mode & S_ISVTX))
		return 1;
	return (st->st_mode & S_IWOTH) == 0 &&
	    ((st->st_mode & S_IWGRP) == 0 || st->st_gid == 0);
}

int
aas_fs_file_trusted(const struct stat *st, uid_t owner, mode_t forbid)
{
	/* No link left: replaced between the open and here, whole all the same.
	 */
	return S_ISREG(st->st_mode) && st->st_nlink <= 1 &&
	    (st->st_uid == 0 || st->st_uid == owner) &&
	    (st->st_mode & forbid) == 0;
}

int
aas_fs_dir_take(int f, uid_t owner, int *fd)
{
	struct stat st;

	if (f == -1)
		return aas_fs_open_error();
	if (fstat(f, &st) == -1) {
		aas_close(&f);
		return AAS_ERR_SYS;
	}
	if (!aas_fs_dir_trusted(&st, owner, 1)) {
		aas_close(&f);
		return AAS_ERR_PERMS;
	}
	*fd = f;
	return AAS_OK;
}

int
aas_fs_dirat(int dirfd, const char *name, uid_t owner, int *fd)
{
	int f = -1;

	if (!aas_fs_name_ok(name))
		return AAS_ERR_INVAL;
	f = aas_fs_openat(dirfd, name, O_RDONLY | O_DIRECTORY, 0);
	if (f == -1 && errno == EACCES)
		f = aas_fs_openat(dirfd, name, O_PATH | O_DIRECTORY, 0);
	return aas_fs_dir_take(f, owner, fd);
}

int
aas_fs_file_take(int f, uid_t owner, mode_t forbid, int *fd, struct stat *st)
{
	struct stat got;

	if (f == -1)
		return aas_fs_open_error();
	if (fstat(f, &got) == -1) {
		aas_close(&f);
		return AAS_ERR_SYS;
	}
	if (!aas_fs_file_trusted(&got, owner, forbid)) {
		aas_close(&f);
		return AAS_ERR_PERMS;
	}
	if (st != NULL)
		*st = got;
	*fd = f;
	return AAS_OK;
}

int
aas_fs_open(int dirfd, const char *name, uid_t owner, mode_t forbid, int *fd,
    struct stat *st)
{
	if (!aas_fs_name_ok(name))
		return AAS_ERR_INVAL;
	return aas_fs_file_take(
	    aas_fs_openat(dirfd, name, O_RDONLY, 0), owner, forbid, fd, st);
}

int
aas_fs_slurp(int fd, const struct stat *st, size_t max, struct aas_buf *buf)
{
	struct aas_buf b = { NULL, 0 };
	size_t size = (size_t)st->st_size;
	ssize_t n = 0;
	int r = AAS_ERR_AGAIN;

	if (st->st_size < 0 || (uintmax_t)st->st_size > max ||
	    (uintmax_t)st->st_size >= SIZE_MAX)
		return AAS_ERR_TOOBIG;
	if ((b.p = malloc(size + 1)) == NULL)
		return AAS_ERR_NOMEM;
	/* One byte more is asked for than should be there: that is its end. */
	do {
		n = read(fd, b.p + b.len, size + 1 - b.len);
		if (n > 0)
			b.len += (size_t)n;
	} while ((n == -1 && errno == EINTR) || (n > 0 && b.len < size));
	if (n == -1)
		r = AAS_ERR_SYS;
	if (n == -1 || b.len != size) {
		aas_buf_free(&b);
		return r;
	}
	b.p[size] = 0;
	*buf = b;
	return AAS_OK;
}

int
aas_fs_read(int dirfd, const char *name, uid_t owner, mode_t forbid, size_t max,
    struct aas_buf *buf, struct stat *st)
{
	struct stat got;
	int fd = -1;
	int r = aas_fs_open(dirfd, name, owner, forbid, &fd, &got);

	if (r == AAS_OK)
		r = aas_fs_slurp(fd, &got, max, buf);
	if (r == AAS_OK && st != NULL)
		*st = got;
	aas_close(&fd);
	return r;
}

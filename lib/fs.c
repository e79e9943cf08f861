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

int
aas_fs_openat(int dirfd, const char *name, int flags, mode_t mode)
{
	int fd = -1;

	do
		fd = openat(dirfd, name, flags | OPEN_FLAGS, mode);
	while (fd == -1 && errno == EINTR);
	return fd >= 3 ? fd : aas_fs_high(fd);
}

int
aas_fs_name_ok(const char *name)
{
	return name != NULL && name[0] != '\0' && strchr(name, '/') == NULL &&
	    strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
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
		fd = aas_fs_openat(dirfd, name, O_RDONLY | O_DIRECTORY, 0);
	if (fd == -1 && (!last || errno == EACCES))
		fd = aas_fs_openat(dirfd, name, O_PATH | O_DIRECTORY, 0);
	if (fd == -1)
		return aas_fs_open_error();
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
	if (!aas_fs_name_ok(name))
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
	if (!aas_fs_name_ok(name))
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

	if (!aas_fs_name_ok(name))
		return AAS_ERR_INVAL;
	if ((f = aas_fs_openat(dirfd, name, O_RDONLY, 0)) == -1)
		return aas_fs_open_error();
	if (fstat(f, &got) == -1) {
		aas_close(&f);
		return AAS_ERR_SYS;
	}
	/* No link left: replaced between the open and here, whole all the same.
	 */
	if (!S_ISREG(got.st_mode) || got.st_nlink > 1 ||
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

/* The directory of an absolute path, checked, and the name in it. */
static int
parent_of(const char *path, uid_t owner, const char **base, int *fd)
{
	char parent[PATH_MAX];

	if (path == NULL || path[0] != '/' || strlen(path) >= sizeof(parent))
		return AAS_ERR_INVAL;
	*base = strrchr(path, '/') + 1;
	memcpy(parent, path, (size_t)(*base - path));
	parent[*base - path] = '\0';
	return aas_fs_dir(parent, owner, fd);
}

int
aas_fs_open_path(const char *path, uid_t owner, mode_t forbid, int *fd,
    struct stat *st)
{
	const char *base = NULL;
	int dirfd = -1;
	int r = parent_of(path, owner, &base, &dirfd);

	if (r != AAS_OK)
		return r;
	r = aas_fs_open(dirfd, base, owner, forbid, fd, st);
	aas_close(&dirfd);
	return r;
}

int
aas_fs_read_path(const char *path, uid_t owner, mode_t forbid, size_t max,
    struct aas_buf *buf, struct stat *st)
{
	const char *base = NULL;
	int fd = -1;
	int r = parent_of(path, owner, &base, &fd);

	if (r != AAS_OK)
		return r;
	r = aas_fs_read(fd, base, owner, forbid, max, buf, st);
	aas_close(&fd);
	return r;
}

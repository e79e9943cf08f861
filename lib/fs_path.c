/*
 * Whole paths, from "/" down.
 *
 * 1. A path MUST NOT be used before each directory in it was seen to be one,
 *    of root or the owner, that nobody else may write.  Nobody else can then
 *    change what the next name means, so what was seen stays true without a
 *    descriptor held on every step.
 * 2. It MUST NOT follow a symbolic link in any component, not even one that
 *    the owner puts there meanwhile.
 * 3. What is checked of the last component MUST be the descriptor that is
 *    used.
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/openat2.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/fs_parts.h"
#include "lib/str.h"

/* One step down from ${dir}, which is closed. */
static int
step(int dir, const char *name, size_t n)
{
	char one[NAME_MAX + 1];
	int fd = -1;

	if (n <= NAME_MAX) {
		memcpy(one, name, n);
		one[n] = '\0';
		fd = openat(
		    dir, one, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	} else {
		errno = ENAMETOOLONG;
	}
	aas_close(&dir);
	return fd;
}

/* The same as below in many calls, following no link on the way either. */
static int
open_stepwise(const char *path, int flags)
{
	int dir = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	size_t n = 0;
	int fd = -1;

	while (dir != -1) {
		while (*path == '/')
			path++;
		n = aas_str_to(path, '/');
		if (path[n] == '\0')
			break;
		dir = step(dir, path, n);
		path += n;
	}
	if (dir == -1)
		return -1;
	fd = aas_fs_openat(dir, n == 0 ? "." : path, flags, 0);
	aas_close(&dir);
	return fd;
}

/* Open a path whose directories were looked at. */
static int
open_whole(const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)(flags | AAS_FS_FLAGS),
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	long fd = -1;

	if (flags & O_PATH) /* which opens nothing, so nothing blocks */
		how.flags &= (unsigned)~(O_NONBLOCK | O_NOCTTY);

	do
		fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	while (fd == -1 && errno == EINTR);
	/* A kernel before 5.6, or a filter that does not know the call. */
	if (fd == -1 && (errno == ENOSYS || errno == EPERM))
		return open_stepwise(path, flags);
	return fd >= 3 ? (int)fd : aas_fs_high((int)fd);
}

/* The path without doubled slashes and without one at its end. */
static int
plain(const char *path, char dst[PATH_MAX], size_t *len)
{
	size_t n = 1, start = 1;

	if (path == NULL || path[0] != '/')
		return AAS_ERR_INVAL;
	dst[0] = '/';
	for (;;) {
		while (*path == '/')
			path++;
		if (*path == '\0')
			break;
		if (n > 1)
			dst[n++] = '/';
		for (start = n; *path != '\0' && *path != '/'; n++) {
			if (n + 2 >= PATH_MAX || n - start >= NAME_MAX)
				return AAS_ERR_INVAL;
			dst[n] = *path++;
		}
		dst[n] = '\0';
		if (!aas_fs_name_ok(dst + start))
			return AAS_ERR_INVAL;
	}
	dst[n] = '\0';
	*len = n;
	return AAS_OK;
}

/* Where the component ends that begins after the first ${n} bytes. */
static size_t
component_end(const char *path, size_t n)
{
	if (path[n] == '/')
		n++;
	while (path[n] != '\0' && path[n] != '/')
		n++;
	return n;
}

/* 1 if the first ${n} bytes of ${path} are a place that is known. */
static int
is_known(const struct aas_fs_seen *seen, const char *path, size_t n,
    uid_t owner, int last)
{
	if (seen == NULL || seen->owner != owner || n >= sizeof(seen->path) ||
	    memcmp(seen->path, path, n) != 0)
		return 0;
	/* The last one of a path is held to more than those above it. */
	return seen->path[n] == '\0' ||
	    (!last && (n == 1 || seen->path[n] == '/'));
}

/* Look at the directory that the first ${n} bytes of ${path} name. */
static int
look_one(char *path, size_t n, uid_t owner, int last, uid_t *uid)
{
	struct stat st;
	char c = path[n];
	int gone = 0;

	path[n] = '\0';
	gone = fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == -1;
	path[n] = c;
	if (gone)
		return aas_fs_open_error();
	if (!aas_fs_dir_trusted(&st, owner, last))
		return AAS_ERR_PERMS;
	*uid = st.st_uid;
	return AAS_OK;
}

/* Look at all of a plain path, or at all above its last component. */
static int
look(char *path, size_t len, uid_t owner, const struct aas_fs_seen *seen,
    int above, uid_t *uid)
{
	int r = AAS_OK;

	for (size_t n = 1; r == AAS_OK; n = component_end(path, n)) {
		int last = n == len;

		if (last && above)
			break;
		if (is_known(seen, path, n, owner, last))
			*uid = seen->uid;
		else
			r = look_one(path, n, owner, last, uid);
		if (last)
			break;
	}
	return r;
}

int
aas_fs_look(const char *path, uid_t owner, struct aas_fs_seen *seen, uid_t *uid)
{
	char p[PATH_MAX];
	size_t len = 0;
	uid_t of = 0;
	int r = plain(path, p, &len);

	if (r == AAS_OK)
		r = look(p, len, owner, seen, 0, &of);
	if (r != AAS_OK)
		return r;
	if (seen != NULL && len < sizeof(seen->path)) {
		memcpy(seen->path, p, len + 1);
		seen->owner = owner;
		seen->uid = of;
	}
	if (uid != NULL)
		*uid = of;
	return AAS_OK;
}

int
aas_fs_dir(const char *path, uid_t owner, int *fd)
{
	char p[PATH_MAX];
	size_t len = 0;
	uid_t of = 0;
	int f = -1;
	int r = plain(path, p, &len);

	if (r == AAS_OK)
		r = look(p, len, owner, NULL, 1, &of);
	if (r != AAS_OK)
		return r;
	/* To be locked and synced, if the mode lets us; else to be passed. */
	f = open_whole(p, O_RDONLY | O_DIRECTORY);
	if (f == -1 && errno == EACCES)
		f = open_whole(p, O_PATH | O_DIRECTORY);
	return aas_fs_dir_take(f, owner, fd);
}

int
aas_fs_open_seen(const char *path, uid_t owner, mode_t forbid,
    struct aas_fs_seen *seen, int *fd, struct stat *st)
{
	char parent[PATH_MAX];
	size_t n = 0, base = 0;
	int r = AAS_ERR_INVAL;

	if (path == NULL || path[0] != '/')
		return AAS_ERR_INVAL;
	for (; path[n] != '\0'; n++)
		if (path[n] == '/')
			base = n + 1;
	if (n >= sizeof(parent))
		return AAS_ERR_INVAL;
	memcpy(parent, path, base);
	parent[base] = '\0';
	if ((r = aas_fs_look(parent, owner, seen, NULL)) != AAS_OK)
		return r;
	if (!aas_fs_name_ok(path + base))
		return AAS_ERR_INVAL;
	return aas_fs_file_take(
	    open_whole(path, O_RDONLY), owner, forbid, fd, st);
}

int
aas_fs_open_path(
    const char *path, uid_t owner, mode_t forbid, int *fd, struct stat *st)
{
	return aas_fs_open_seen(path, owner, forbid, NULL, fd, st);
}

int
aas_fs_read_path(const char *path, uid_t owner, mode_t forbid, size_t max,
    struct aas_buf *buf, struct stat *st)
{
	struct stat got;
	int fd = -1;
	int r = aas_fs_open_path(path, owner, forbid, &fd, &got);

	if (r == AAS_OK)
		r = aas_fs_slurp(fd, &got, max, buf);
	if (r == AAS_OK && st != NULL)
		*st = got;
	aas_close(&fd);
	return r;
}

int
aas_fs_stat_path(const char *path, uid_t owner, mode_t forbid, struct stat *st)
{
	struct stat got;

	if (path == NULL || path[0] != '/')
		return AAS_ERR_INVAL;
	if (fstatat(AT_FDCWD, path, &got, AT_SYMLINK_NOFOLLOW) == -1)
		return aas_fs_open_error();
	if (!aas_fs_file_trusted(&got, owner, forbid))
		return AAS_ERR_PERMS;
	*st = got;
	return AAS_OK;
}

int
aas_fs_kernel(const char *path, char *buf, size_t cap, size_t *len)
{
	int fd = aas_fs_openat(AT_FDCWD, path, O_RDONLY, 0);
	size_t at = 0;
	ssize_t n = 0;

	if (fd == -1)
		return errno == ESRCH ? AAS_ERR_NOTFOUND : aas_fs_open_error();
	do
		n = read(fd, buf, cap - 1);
	while (n == -1 && errno == EINTR);
	aas_close(&fd);
	if (n == -1)
		return errno == ESRCH ? AAS_ERR_NOTFOUND : AAS_ERR_SYS;
	at = (size_t)n;
	if (at == cap - 1 && buf[at - 1] != '\n')
		return AAS_ERR_TOOBIG;
	buf[at] = '\0';
	*len = at;
	return AAS_OK;
}

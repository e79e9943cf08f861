/*
 * The high-water mark of the clock.
 *
 * 1. A clock that is not synchronized MUST NOT move it: one jump to 2040
 *    would be in force for ever.
 * 2. It MUST NOT go back but by aas_mark_accept().
 * 3. What somebody else than root could have made MUST NOT count.
 */
#include <sys/stat.h>

#include <sys/syscall.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/mark.h"
#include "lib/put.h"

#define PATH_LEN 512

static int
path_of(const char *statedir, char dst[PATH_LEN])
{
	int n = aas_format(dst, PATH_LEN, "%s/" AAS_MARK_FILE, statedir);

	return n > 0 && n < PATH_LEN ? AAS_OK : AAS_ERR_TOOBIG;
}

static int
read_mark(const char *path, int64_t *mark_s)
{
	struct stat st;

	if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			return AAS_ERR_SYS;
		*mark_s = 0;
		return AAS_OK;
	}
	if (!S_ISREG(st.st_mode) || (st.st_mode & 022) != 0 ||
	    (st.st_uid != 0 && st.st_uid != geteuid()))
		return AAS_ERR_PERMS;
	*mark_s = st.st_mtim.tv_sec > 0 ? st.st_mtim.tv_sec : 0;
	return AAS_OK;
}

int
aas_mark_get(const char *statedir, int64_t *mark_s)
{
	char path[PATH_LEN];
	int r = path_of(statedir, path);

	return r == AAS_OK ? read_mark(path, mark_s) : r;
}

/* The file, in a directory that is checked; made if it is missing. */
static int
open_mark(const char *statedir, int *fd)
{
	int dirfd = -1;
	int r = aas_fs_dir(statedir, geteuid(), &dirfd);

	if (r != AAS_OK)
		return r;
	*fd = aas_fs_high(openat(dirfd, AAS_MARK_FILE,
	    O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0644));
	if (*fd == -1)
		r = AAS_ERR_SYS;
	aas_close(&dirfd);
	return r;
}

static int
write_mark(const char *statedir, int64_t mark_s, int durable)
{
	struct timespec t[2] = { { .tv_nsec = UTIME_OMIT },
		{ .tv_sec = (time_t)mark_s } };
	int fd = -1;
	int r = open_mark(statedir, &fd);

	if (r != AAS_OK)
		return r;
	/* The umask of a host must not decide who can read it. */
	if (fchmod(fd, 0644) == -1 || futimens(fd, t) == -1 ||
	    (durable && syscall(SYS_fsync, fd) == -1))
		r = AAS_ERR_SYS;
	aas_close(&fd);
	return r;
}

int
aas_mark_raise(const char *statedir, const struct aas_now *now, int64_t step_s)
{
	int64_t mark_s = 0;
	int r = AAS_ERR_SYS;

	if (!now->synced)
		return AAS_OK;
	if ((r = aas_mark_get(statedir, &mark_s)) != AAS_OK)
		return r;
	if (now->real_s <= mark_s || now->real_s - mark_s < step_s)
		return AAS_OK;
	return write_mark(statedir, now->real_s, 0);
}

int
aas_mark_accept(const char *statedir, int64_t real_s, int64_t *old_s)
{
	int64_t mark_s = 0;
	int r = aas_mark_get(statedir, &mark_s);

	if (r == AAS_OK)
		r = write_mark(statedir, real_s, 1);
	if (r == AAS_OK)
		*old_s = mark_s;
	return r;
}

int64_t
aas_mark_later(int64_t mark_s, int64_t real_s)
{
	return mark_s > real_s ? mark_s : real_s;
}

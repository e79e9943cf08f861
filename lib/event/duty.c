/*
 * One notifier for many events.
 *
 * 1. Nobody MUST rely on one who may have looked into the spool already.
 * 2. One that hangs MUST NOT keep all others from being started.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/event/duty.h"
#include "lib/event/spool.h"
#include "lib/fs_parts.h"

enum { STARTING = 0, DRAINING = 1 };

static int
open_duty(const char *spooldir, struct stat *st)
{
	char path[AAS_SPOOL_PATH];
	int fd = -1;

	if (aas_spool_file(spooldir, AAS_DUTY, path) != AAS_OK ||
	    aas_fs_file_take(
		aas_fs_openat(AT_FDCWD, path, O_RDWR | O_CREAT, 0600),
		geteuid(), 077, &fd, st) != AAS_OK)
		return -1;
	return fd;
}

/* Does somebody else hold that byte? */
static int
is_held(int fd, off_t at)
{
	struct flock l;

	memset(&l, 0, sizeof(l));
	l.l_type = F_WRLCK;
	l.l_whence = SEEK_SET;
	l.l_start = at;
	l.l_len = 1;
#ifdef __LP64__
	return syscall(SYS_fcntl, fd, F_OFD_GETLK, &l) == 0 &&
	    l.l_type != F_UNLCK;
#else
	return fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
#endif
}

static int
is_stale(const struct stat *st)
{
	struct timespec now = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec < st->st_mtim.tv_sec - 1 ||
	    now.tv_sec >= st->st_mtim.tv_sec + AAS_DUTY_STALE;
}

int
aas_duty_take(const char *spooldir, int *fd)
{
	struct stat st;
	int f = open_duty(spooldir, &st);
	int r = AAS_OK;

	*fd = -1;
	if (f == -1)
		return 1;
	if (is_held(f, DRAINING)) {
		aas_close(&f);
		return 0;
	}
	r = aas_spool_lock(f, STARTING, 1, 1);
	if (r == AAS_ERR_AGAIN && !is_stale(&st)) {
		aas_close(&f);
		return 0;
	}
	(void)futimens(f, NULL);
	if (r != AAS_OK)
		aas_close(&f);
	*fd = f;
	return 1;
}

int
aas_duty_inherit(const char *spooldir)
{
	struct stat mine, there;
	char path[AAS_SPOOL_PATH];

	if (aas_spool_file(spooldir, AAS_DUTY, path) == AAS_OK &&
	    fstat(AAS_DUTY_FD, &mine) == 0 &&
	    fstatat(AT_FDCWD, path, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	    mine.st_dev == there.st_dev && mine.st_ino == there.st_ino)
		return AAS_DUTY_FD;
	return open_duty(spooldir, &there);
}

void
aas_duty_begin(int fd)
{
	if (fd == -1)
		return;
	(void)aas_spool_lock(fd, DRAINING, 1, 1);
	(void)aas_spool_lock(fd, STARTING, 1, 0);
}

void
aas_duty_end(int fd)
{
	if (fd != -1)
		(void)aas_spool_lock(fd, DRAINING, 1, 0);
}

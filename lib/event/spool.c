/*
 * Events to the disk.  It runs inside sshd and login.
 *
 * 1. What is not on the disk MUST NOT be called kept.
 * 2. A spool that somebody else made or may write MUST NOT be used, and
 *    nothing that stands there may be waited for: FIFO, link, lock.
 * 3. The host's umask and file size limit MUST NOT change what is written,
 *    nor end the host by a signal.
 */
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/event/spool.h"
#include "lib/event/spool_parts.h"
#include "lib/fs.h"
#include "lib/fs_parts.h"
#include "lib/put.h"
#include "lib/session/rundir.h"

/*
 * From which size on a directory's names are counted: each takes 20 bytes of
 * it at least, on tmpfs, and 70 or so on others.
 */
#define COUNT_FROM (1 << 20)
#define RELOCATED  "/spool"

/* What getdents64(2) gives; libc has no name for it. */
struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

int
aas_spool_dir(const char *statedir, char path[AAS_SPOOL_PATH])
{
	struct aas_put t;

	aas_put_init(&t, path, AAS_SPOOL_PATH);
	if (strcmp(statedir, AAS_STATEDIR) == 0) {
		aas_put_text(&t, AAS_SPOOLDIR);
	} else {
		aas_put_text(&t, statedir);
		aas_put_text(&t, RELOCATED);
	}
	return t.bad ? AAS_ERR_INVAL : AAS_OK;
}

int
aas_spool_file(
    const char *spooldir, const char *name, char path[AAS_SPOOL_PATH])
{
	struct aas_put t;

	aas_put_init(&t, path, AAS_SPOOL_PATH);
	aas_put_text(&t, spooldir);
	aas_put_char(&t, '/');
	aas_put_text(&t, name);
	return t.bad ? AAS_ERR_INVAL : AAS_OK;
}

int
aas_spool_lock(int fd, off_t at, off_t len, int exclusive)
{
	struct flock l;

	memset(&l, 0, sizeof(l));
	l.l_type = exclusive ? F_WRLCK : F_UNLCK;
	l.l_whence = SEEK_SET;
	l.l_start = at;
	l.l_len = len;
#ifdef __LP64__
	if (syscall(SYS_fcntl, fd, F_OFD_SETLK, &l) == 0)
		return AAS_OK;
#else
	if (fcntl(fd, F_OFD_SETLK, &l) == 0)
		return AAS_OK;
#endif
	return errno == EAGAIN || errno == EACCES ? AAS_ERR_AGAIN : AAS_ERR_SYS;
}

/* --- new/ -----------------------------------------------------------------*/

/* "<nanoseconds, 20 digits>-<id>.json": in the order in which they came. */
static int
name_of(const char *id, char dst[AAS_SPOOL_NAME])
{
	struct timespec ts = { 0 };
	struct aas_put t;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	if (ts.tv_sec < 0)
		ts.tv_sec = 0;
	aas_put_init(&t, dst, AAS_SPOOL_NAME);
	aas_put_padded(
	    &t, (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec, 20);
	aas_put_char(&t, '-');
	aas_put_text(&t, id);
	aas_put_text(&t, ".json");
	return t.bad || t.len != AAS_SPOOL_NAME - 1 ? AAS_ERR_INVAL : AAS_OK;
}

/* How many names, with "." and "..", a directory has, as far as ${max}. */
static int
count_names(const char *path, size_t max, size_t *n)
{
	union {
		char b[16384];
		struct entry first;
	} u;
	int fd = aas_fs_openat(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
	long got = 0;

	*n = 0;
	if (fd == -1)
		return aas_fs_open_error();
	while (*n < max &&
	    (got = syscall(SYS_getdents64, fd, u.b, sizeof(u.b))) > 0) {
		for (long at = 0; at < got; (*n)++) {
			uint16_t len = 0;

			memcpy(&len, u.b + at + offsetof(struct entry, len),
			    sizeof(len));
			at += len;
		}
	}
	aas_close(&fd);
	return got < 0 ? AAS_ERR_SYS : AAS_OK;
}

/* Nobody drains: there is an end to what is piled up. */
static int
check_room(const char *dir)
{
	struct stat st;
	size_t n = 0;
	int r = AAS_OK;

	if (fstatat(AT_FDCWD, dir, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return AAS_ERR_SYS;
	if (st.st_size < COUNT_FROM)
		return AAS_OK;
	if ((r = count_names(dir, AAS_SPOOL_FILES_MAX + 2, &n)) != AAS_OK)
		return r;
	return n >= AAS_SPOOL_FILES_MAX + 2 ? AAS_ERR_TOOBIG : AAS_OK;
}

/* All of it into a new file, and down to the disk. */
static int
write_new(const char *tmp, const char *line, size_t len)
{
	int fd =
	    aas_fs_openat(AT_FDCWD, tmp, O_WRONLY | O_CREAT | O_EXCL, 0600);
	int r = AAS_ERR_SYS;

	if (fd == -1)
		return AAS_ERR_SYS;
	if (aas_fs_write_all(fd, line, len) == AAS_OK &&
	    syscall(SYS_fsync, fd) == 0)
		r = AAS_OK;
	aas_close(&fd);
	return r;
}

/*
 * The directory is not synced: a line that is whole under its first name is
 * found, see AAS_SPOOL_STALE_S, and a second wait for the disk is spared.
 */
static int
put_new(const char *spooldir, const char *line, size_t len, const char *id)
{
	char tmp[AAS_RUNDIR_PATH], path[AAS_RUNDIR_PATH];
	char name[AAS_SPOOL_NAME + 1] = ".";
	int saved = 0;
	int r = name_of(id, name + 1);

	if (r != AAS_OK ||
	    (r = aas_rundir_path(spooldir, AAS_SPOOL_NEW, name, tmp)) !=
		AAS_OK ||
	    (r = aas_rundir_path(spooldir, AAS_SPOOL_NEW, name + 1, path)) !=
		AAS_OK)
		return r;
	if (!aas_fs_size_allowed(len))
		return AAS_ERR_SYS;
	r = write_new(tmp, line, len);
	if (r == AAS_OK && renameat2(AT_FDCWD, tmp, AT_FDCWD, path, 0) == -1)
		r = AAS_ERR_SYS;
	if (r != AAS_OK) {
		saved = errno;
		(void)unlinkat(AT_FDCWD, tmp, 0);
		errno = saved;
	}
	return r;
}

int
aas_spool_put(const char *spooldir, struct aas_fs_seen *seen,
    enum aas_event_type type, const char *line, size_t len, const char *id)
{
	char dir[AAS_RUNDIR_PATH];
	struct aas_fs_seen own = { .owner = geteuid() };
	int saved = 0;
	int r = AAS_ERR_INVAL;

	if (len == 0 || len > AAS_EVENT_MAX || line[len - 1] != '\n')
		return AAS_ERR_INVAL;
	if ((r = aas_rundir_path(spooldir, AAS_SPOOL_NEW, "", dir)) != AAS_OK ||
	    (r = aas_rundir_look(spooldir, AAS_SPOOL_NEW,
		 seen != NULL ? seen : &own)) != AAS_OK)
		return r;
	if ((r = check_room(dir)) == AAS_OK)
		r = put_new(spooldir, line, len, id);
	if (r == AAS_OK || !aas_event_reserved(type))
		return r;
	if (r != AAS_ERR_TOOBIG &&
	    (r != AAS_ERR_SYS || (errno != ENOSPC && errno != EDQUOT)))
		return r;
	saved = errno;
	if (aas_spool_put_reserve(spooldir, line, len) == AAS_OK)
		return AAS_OK;
	errno = saved; /* what is wrong with new/ is what has to be mended */
	return r;
}

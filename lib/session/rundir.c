/*
 * The directory that lives as long as the boot, /run/aas.
 *
 * 1. A directory somebody else made or may write MUST NOT be used.
 * 2. The umask of a host MUST NOT decide who can read tickets, nor who can
 *    reach the socket below.
 */
#include <sys/resource.h>
#include <sys/stat.h>

#include <sys/syscall.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/put.h"
#include "lib/session/rundir.h"
#include "lib/str.h"

#define PATH_LEN 256

/* Open name below dirfd, checked; make it with that mode if it is missing. */
static int
open_or_make(int dirfd, const char *name, mode_t mode, int *fd)
{
	int r;

	r = aas_fs_dirat(dirfd, name, geteuid(), fd);
	if (r != AAS_ERR_NOTFOUND)
		return r;
	if (syscall(SYS_mkdirat, dirfd, name, mode & 0700) == -1) {
		/* Another sign-in was faster: it sets the mode. */
		if (errno != EEXIST)
			return AAS_ERR_SYS;
		return aas_fs_dirat(dirfd, name, geteuid(), fd);
	}
	if ((r = aas_fs_dirat(dirfd, name, geteuid(), fd)) != AAS_OK)
		return r;
	if (fchmod(*fd, mode) == -1) {
		aas_close(fd);
		return AAS_ERR_SYS;
	}
	return AAS_OK;
}

/* The run directory itself; the common case needs no write. */
static int
open_top(const char *rundir, int *fd)
{
	char parent[PATH_LEN];
	const char *base;
	size_t n = strlen(rundir);
	int up = -1;
	int r;

	if (*rundir != '/' || n < 2 || n >= sizeof(parent))
		return AAS_ERR_INVAL;
	r = aas_fs_dir(rundir, geteuid(), fd);
	if (r != AAS_ERR_NOTFOUND)
		return r;
	base = aas_str_rchr(rundir, '/') + 1;
	memcpy(parent, rundir, n + 1);
	parent[base - rundir == 1 ? 1 : base - rundir - 1] = '\0';
	if ((r = aas_fs_dir(parent, geteuid(), &up)) != AAS_OK)
		return r;
	r = open_or_make(up, base, 0755, fd);
	aas_close(&up);
	return r;
}

/* Make what is missing. */
static int
make(const char *rundir, const char *sub, int *fd)
{
	int top = -1;
	int r = open_top(rundir, &top);

	if (r != AAS_OK)
		return r;
	r = open_or_make(top, sub, 0700, fd);
	aas_close(&top);
	return r;
}

static int
join(struct aas_put *t, const char *rundir, const char *sub)
{
	aas_put_text(t, rundir);
	aas_put_char(t, '/');
	aas_put_text(t, sub);
	return *rundir == '/' && rundir[1] != '\0' && !t->bad ? AAS_OK
							      : AAS_ERR_INVAL;
}

int
aas_rundir_open(const char *rundir, const char *sub, int *fd)
{
	char path[PATH_LEN + NAME_MAX];
	struct aas_put t;
	int r;

	/* Mostly all of it is there. */
	aas_put_init(&t, path, sizeof(path));
	if ((r = join(&t, rundir, sub)) == AAS_OK)
		r = aas_fs_dir(path, geteuid(), fd);
	return r == AAS_ERR_NOTFOUND ? make(rundir, sub, fd) : r;
}

int
aas_rundir_look(const char *rundir, const char *sub, struct aas_fs_seen *seen)
{
	char path[PATH_LEN + NAME_MAX];
	struct aas_put t;
	int fd = -1;
	int r;

	aas_put_init(&t, path, sizeof(path));
	if ((r = join(&t, rundir, sub)) == AAS_OK)
		r = aas_fs_look(
		    path, seen != NULL ? seen->owner : geteuid(), seen, NULL);
	if (r == AAS_ERR_NOTFOUND)
		r = make(rundir, sub, &fd);
	aas_close(&fd);
	return r;
}

int
aas_rundir_path(const char *rundir, const char *sub, const char *name,
    char path[AAS_RUNDIR_PATH])
{
	struct aas_put t;
	int r;

	aas_put_init(&t, path, AAS_RUNDIR_PATH);
	r = join(&t, rundir, sub);
	aas_put_char(&t, '/');
	aas_put_text(&t, name);
	return t.bad ? AAS_ERR_INVAL : r;
}

int
aas_rundir_create(int dirfd, const char *name, const void *p, size_t len)
{
	return aas_fs_create(dirfd, name, p, len, 0600);
}

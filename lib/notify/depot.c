/*
 * The notifier's directories, and the one lock.
 *
 * 1. What another user could have written MUST NOT be read.
 * 2. Two MUST NOT drain at a time: numbers would be given twice.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/event/undelivered.h"
#include "lib/fs.h"
#include "lib/notify/depot.h"

#define LOCK_NAME  "lock"
#define NAMES_STEP 256

/* A directory below an open one, made if it is not there. */
static int
sub_open(int dirfd, const char *name, int *fd)
{
	int got = -1;
	int r = AAS_ERR_SYS;

	if (mkdirat(dirfd, name, 0700) == 0) {
		if (fsync(dirfd) == -1)
			return AAS_ERR_SYS;
	} else if (errno != EEXIST)
		return AAS_ERR_SYS;
	if ((r = aas_fs_dirat(dirfd, name, geteuid(), &got)) != AAS_OK)
		return r;
	*fd = got;
	return AAS_OK;
}

int
aas_depot_open(const char *spooldir, const char *statedir, struct aas_depot *sp)
{
	struct aas_depot s = AAS_DEPOT_NONE;
	int state = -1;
	int r = AAS_ERR_SYS;

	if (mkdir(spooldir, 0755) == -1 && errno != EEXIST)
		return errno == ENOENT ? AAS_ERR_NOTFOUND : AAS_ERR_SYS;
	if ((r = aas_fs_dir(spooldir, geteuid(), &s.top)) != AAS_OK ||
	    (r = aas_fs_dir(statedir, geteuid(), &state)) != AAS_OK ||
	    (r = sub_open(s.top, "new", &s.new)) != AAS_OK ||
	    (r = sub_open(s.top, "queue", &s.queue)) != AAS_OK ||
	    (r = sub_open(s.top, "dead", &s.dead)) != AAS_OK ||
	    (r = sub_open(s.top, AAS_UNDELIVERED, &s.owed)) != AAS_OK ||
	    (r = sub_open(state, "alerts", &s.alerts)) != AAS_OK)
		goto out;
	/* On a disk that was full before there was any. */
	if (sub_open(s.top, "spare", &s.spare) != AAS_OK)
		s.spare = -1;
	*sp = s;
out:
	aas_close(&state);
	if (r != AAS_OK)
		aas_depot_close(&s);
	return r;
}

void
aas_depot_close(struct aas_depot *sp)
{
	aas_close(&sp->top);
	aas_close(&sp->new);
	aas_close(&sp->queue);
	aas_close(&sp->dead);
	aas_close(&sp->owed);
	aas_close(&sp->spare);
	aas_close(&sp->alerts);
	aas_close(&sp->lock);
}

/*
 * A lock of the process's (fcntl(2)), which its children do not have: with
 * flock(2) one that was just forked keeps it for a moment when we are killed,
 * and the next, who finds it taken, goes away for nobody.
 */
int
aas_depot_lock(struct aas_depot *sp)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int r = aas_fs_lock_open(sp->top, LOCK_NAME, &sp->lock);
	int e = 0;

	if (r != AAS_OK)
		return r;
	do
		r = fcntl(sp->lock, F_SETLK, &fl);
	while (r == -1 && errno == EINTR);
	if (r == 0)
		return AAS_OK;
	r = errno == EAGAIN || errno == EACCES ? AAS_ERR_AGAIN : AAS_ERR_SYS;
	/* It could be opened for reading alone. */
	e = errno == EBADF ? EROFS : errno;
	aas_close(&sp->lock);
	errno = e;
	return r;
}

void
aas_depot_unlock(struct aas_depot *sp)
{
	aas_close(&sp->lock);
}

/* --- names ---------------------------------------------------------------- */

static int
name_valid(const char *s, int hidden)
{
	size_t n = strlen(s);

	return n > (hidden ? 20 : 0) && n < AAS_DEPOT_NAME &&
	    (s[0] == '.') == hidden &&
	    strspn(s, "0123456789abcdefghijklmnopqrstuvwxyz-.") == n;
}

static int
name_cmp(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int
names_add(struct aas_names *l, const char *name)
{
	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? NAMES_STEP : l->cap * 2;
		void *v = realloc(l->v, cap * sizeof(*l->v));

		if (v == NULL)
			return AAS_ERR_NOMEM;
		l->v = v;
		l->cap = cap;
	}
	(void)snprintf(
	    l->v[l->n++], AAS_DEPOT_NAME, "%.*s", AAS_DEPOT_NAME - 1, name);
	return AAS_OK;
}

static DIR *
dir_of(int fd)
{
	int dup = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = NULL;

	if (dup != -1 && (d = fdopendir(dup)) == NULL)
		aas_close(&dup);
	return d;
}

static int
list(int fd, int hidden, struct aas_names *names)
{
	DIR *d = dir_of(fd);
	const struct dirent *e = NULL;
	size_t from = names->n;
	int r = AAS_OK;

	if (d == NULL)
		return AAS_ERR_SYS;
	while (r == AAS_OK && names->n - from < AAS_DEPOT_LIST_MAX &&
	    (e = readdir(d)) != NULL) {
		if (name_valid(e->d_name, hidden))
			r = names_add(names, e->d_name);
	}
	(void)closedir(d);
	if (r == AAS_OK && names->n > from)
		qsort(names->v + from, names->n - from, sizeof(*names->v),
		    name_cmp);
	return r;
}

int
aas_depot_list(int fd, struct aas_names *names)
{
	return list(fd, 0, names);
}

int
aas_depot_hidden(int fd, struct aas_names *names)
{
	return list(fd, 1, names);
}

void
aas_names_free(struct aas_names *names)
{
	free(names->v);
	names->v = NULL;
	names->n = names->cap = 0;
}

int
aas_depot_some(int fd)
{
	DIR *d = dir_of(fd);
	const struct dirent *e = NULL;
	int some = 0;

	if (d == NULL)
		return 0;
	while (!some && (e = readdir(d)) != NULL)
		some = name_valid(e->d_name, 0);
	(void)closedir(d);
	return some;
}

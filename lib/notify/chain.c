/*
 * The numbered alerts of one user.
 *
 * 1. A line MUST be on the disk before anybody is told its number.
 * 2. A crash at any moment MUST leave a chain to which the next line can be
 *    added: a line without its end was never told to anybody, and is cut off.
 * 3. An event MUST have one number, however often it is found in the spool.
 * 4. A file that is damaged MUST NOT end a chain: it is kept, and the next
 *    number is one that nobody was told yet.
 */
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/notify/chain.h"
#include "lib/notify/chain_parts.h"

#define AHEAD ((off_t)8192) /* blocks that a chain has beyond its end */

/* What an append looks at. */
struct tail {
	char *p; /* AAS_CHAIN_TAIL + 1 */
	size_t len;
	const char *id;
	struct aas_chain_at last;
	int bad; /* 1: the last line is none */
	struct aas_chain_line *found;
};

static int
take_tail(void *arg, const char *line, size_t len, const struct aas_alert *a,
    const char *wrong)
{
	struct tail *t = arg;

	(void)wrong;
	t->bad = a == NULL;
	if (a == NULL || t->id == NULL || strcmp(a->id, t->id) != 0)
		return AAS_OK;
	memcpy(t->found->p, line, len);
	t->found->p[len] = '\0';
	t->found->len = len;
	t->found->old = 1;
	return AAS_OK;
}

/* Without any end of a line: the beginning of one, as a crash leaves it. */
static int
is_begun(const char *p, size_t len)
{
	static const char begin[] = "{\"number\":";

	return memcmp(p, begin,
		   len < sizeof(begin) - 1 ? len : sizeof(begin) - 1) == 0;
}

/* The last lines of fd into t; *end is behind the last whole line. */
static int
read_tail(int fd, off_t size, struct tail *t, off_t *end)
{
	off_t from =
	    size > (off_t)AAS_CHAIN_TAIL ? size - (off_t)AAS_CHAIN_TAIL : 0;
	size_t want = (size_t)(size - from);
	size_t skip = 0;
	const char *p = NULL;
	int r = aas_chain_pread(fd, t->p, want, from);

	if (r != AAS_OK)
		return r;
	t->len = want;
	/* Not in the middle of a line, and what has no end is none. */
	if (from > 0 && (p = memchr(t->p, '\n', want)) != NULL)
		skip = (size_t)(p + 1 - t->p);
	p = memrchr(t->p, '\n', want);
	*end = p != NULL ? from + (p + 1 - t->p) : from;
	if (p == NULL)
		return from > 0 || !is_begun(t->p, want) ? AAS_ERR_FORMAT
							 : AAS_OK;
	r = aas_chain_text(t->p + skip, want - skip, &t->last, take_tail, t);
	return r == AAS_OK && t->bad ? AAS_ERR_FORMAT : r;
}

/* What another file of the chain ends with. */
static int
read_other(int dirfd, uint32_t uid, int which, struct tail *t)
{
	struct stat st;
	off_t end = 0;
	int fd = -1;
	int r = aas_chain_open(dirfd, uid, which, O_RDONLY, &fd, &st);

	if (r == AAS_OK)
		r = read_tail(fd, st.st_size, t, &end);
	aas_close(&fd);
	return r;
}

/*
 * As much of those that were put aside as can be known: the highest number.
 * What stands behind it begins anew.
 */
static void
read_aside(int dirfd, uint32_t uid, struct tail *t)
{
	for (int i = AAS_CHAIN_ASIDE; i <= AAS_CHAIN_LAST; i++) {
		struct tail aside = { .p = t->p };

		(void)read_other(dirfd, uid, i, &aside);
		if (aside.last.number > t->last.number) {
			t->last.number = aside.last.number;
			t->last.hash[0] = '\0';
		}
	}
}

static int
write_line(int fd, off_t end, struct aas_chain_line *line)
{
	size_t len = line->len + 1;
	ssize_t n = 0;

	line->p[line->len] = '\n';
	/* Where the disk is full tomorrow there is room for the next ones. */
	(void)fallocate(fd, FALLOC_FL_KEEP_SIZE, end, (off_t)len + AHEAD);
	do
		n = pwrite(fd, line->p, len, end);
	while (n == -1 && errno == EINTR);
	line->p[line->len] = '\0';
	if (n == (ssize_t)len && fsync(fd) == 0)
		return AAS_OK;
	/* Half a line on a full disk: nobody is to find it. */
	(void)!ftruncate(fd, end);
	return AAS_ERR_SYS;
}

/* Long enough: a new file, which is empty for now. */
static int
rotate(int dirfd, uint32_t uid, int *fd)
{
	char name[AAS_CHAIN_NAME];
	char old[AAS_CHAIN_NAME];
	struct stat st;

	aas_chain_name(name, uid, AAS_CHAIN_NOW);
	aas_chain_name(old, uid, AAS_CHAIN_OLD);
	if (fsync(*fd) == -1)
		return AAS_ERR_SYS;
	aas_close(fd);
	if (renameat(dirfd, name, dirfd, old) == -1)
		return AAS_ERR_SYS;
	return aas_chain_open(
	    dirfd, uid, AAS_CHAIN_NOW, O_RDWR | O_CREAT, fd, &st);
}

static int
append(int dirfd, int fd, off_t end, const struct tail *t, const char *ev,
    size_t len, struct aas_chain_line *line)
{
	int r = aas_alert_number(ev, len, t->last.number + 1,
	    t->last.hash[0] != '\0' ? t->last.hash : aas_chain_zeros, line->p,
	    sizeof(line->p), &line->len);

	if (r == AAS_OK)
		r = write_line(fd, end, line);
	if (r == AAS_OK && end == 0 && fsync(dirfd) == -1)
		r = AAS_ERR_SYS;
	return r;
}

/* What stands on the disk, and where the next line goes. */
static int
look(int dirfd, uint32_t uid, int fd, const struct stat *st, struct tail *t,
    off_t *end)
{
	int r = AAS_OK;

	if (st->st_size < (off_t)AAS_ALERT_MAX) {
		r = read_other(dirfd, uid, AAS_CHAIN_OLD, t);
		if (r != AAS_OK && r != AAS_ERR_NOTFOUND)
			return r;
	}
	if ((r = read_tail(fd, st->st_size, t, end)) != AAS_OK)
		return r;
	/* The first of its file: one before it may have been put aside. */
	if (*end == 0)
		read_aside(dirfd, uid, t);
	if (*end == st->st_size)
		return AAS_OK;
	aas_log(LOG_NOTICE,
	    "event=alert-cut uid=%" PRIu32 ": what a crash left", uid);
	return ftruncate(fd, *end) == -1 || fsync(fd) == -1 ? AAS_ERR_SYS
							    : AAS_OK;
}

int
aas_chain_append(int dirfd, const char *ev, size_t len,
    const struct aas_alert *a, struct aas_chain_line *line)
{
	struct tail t = { .id = a->id, .found = line };
	struct stat st;
	off_t end = 0;
	int fd = -1;
	int r = AAS_ERR_NOMEM;

	line->len = 0;
	line->old = 0;
	if ((t.p = malloc(AAS_CHAIN_TAIL + 1)) == NULL)
		goto out;
	if ((r = aas_chain_open(dirfd, a->uid, AAS_CHAIN_NOW, O_RDWR | O_CREAT,
		 &fd, &st)) != AAS_OK ||
	    (r = look(dirfd, a->uid, fd, &st, &t, &end)) != AAS_OK)
		goto out;
	if (line->old) {
		/* Whoever wrote it may not have come to that. */
		if (fsync(fd) == -1 || fsync(dirfd) == -1)
			r = AAS_ERR_SYS;
		goto out;
	}
	if (end >= (off_t)AAS_CHAIN_FILE_MAX) {
		if ((r = rotate(dirfd, a->uid, &fd)) != AAS_OK)
			goto out;
		end = 0;
	}
	r = append(dirfd, fd, end, &t, ev, len, line);
out:
	aas_close(&fd);
	free(t.p);
	return r;
}

/* --- damaged -------------------------------------------------------------- */

/* Under the first name that is free, or else the last one. */
static int
put_aside(int dirfd, uint32_t uid, int which)
{
	char from[AAS_CHAIN_NAME];
	char to[AAS_CHAIN_NAME];
	struct stat st;
	int i = AAS_CHAIN_ASIDE;

	aas_chain_name(from, uid, which);
	do
		aas_chain_name(to, uid, i);
	while (fstatat(dirfd, to, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    i++ < AAS_CHAIN_LAST);
	return renameat(dirfd, from, dirfd, to) == 0 && fsync(dirfd) == 0
	    ? AAS_OK
	    : AAS_ERR_SYS;
}

int
aas_chain_aside(int dirfd, uint32_t uid)
{
	char *p = malloc(AAS_CHAIN_TAIL + 1);
	int done = 0;
	int r = p != NULL ? AAS_OK : AAS_ERR_NOMEM;

	for (int i = AAS_CHAIN_OLD; r == AAS_OK && i >= AAS_CHAIN_NOW; i--) {
		struct tail t = { .p = p };

		r = read_other(dirfd, uid, i, &t);
		/* What follows from one that is gone would begin nowhere. */
		if (r == AAS_ERR_FORMAT || r == AAS_ERR_PERMS ||
		    (r == AAS_OK && done && t.last.number > 0)) {
			done = 1;
			r = put_aside(dirfd, uid, i);
		} else if (r == AAS_ERR_NOTFOUND)
			r = AAS_OK;
	}
	free(p);
	return r == AAS_OK && !done ? AAS_ERR_NOTFOUND : r;
}

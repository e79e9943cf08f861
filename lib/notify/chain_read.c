/*
 * The numbered alerts of one user, as they are read.
 *
 * What is appended or begun anew meanwhile MUST NOT look as if one was missing.
 */
#include <sys/stat.h>
#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/notify/chain.h"
#include "lib/notify/chain_parts.h"

#define TRIES 100 /* against one who begins a new file each time */

const char aas_chain_zeros[] =
    "0000000000000000000000000000000000000000000000000000000000000000";

_Static_assert(sizeof(aas_chain_zeros) == 65, "as long as a hash");

/* --- files ---------------------------------------------------------------- */

void
aas_chain_name(char name[AAS_CHAIN_NAME], uint32_t uid, int which)
{
	if (which >= AAS_CHAIN_ASIDE)
		(void)snprintf(name, AAS_CHAIN_NAME, "%" PRIu32 ".damaged.%d",
		    uid, which - AAS_CHAIN_ASIDE + 1);
	else
		(void)snprintf(name, AAS_CHAIN_NAME, "%" PRIu32 "%s", uid,
		    which == AAS_CHAIN_OLD ? ".1" : "");
}

int
aas_chain_open(
    int dirfd, uint32_t uid, int which, int flags, int *out, struct stat *st)
{
	char name[AAS_CHAIN_NAME];
	int fd = -1;

	aas_chain_name(name, uid, which);
	fd = openat(dirfd, name,
	    flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd == -1 && (errno == ELOOP || errno == EISDIR || errno == ENXIO))
		return AAS_ERR_PERMS;
	if (fd == -1 || (fd = aas_fs_high(fd)) == -1)
		return errno == ENOENT ? AAS_ERR_NOTFOUND : AAS_ERR_SYS;
	if (fstat(fd, st) == -1) {
		aas_close(&fd);
		return AAS_ERR_SYS;
	}
	/* No link: it was replaced just now. */
	if (!S_ISREG(st->st_mode) || st->st_uid != geteuid() ||
	    (st->st_mode & 022) != 0 || st->st_nlink > 1) {
		aas_close(&fd);
		return AAS_ERR_PERMS;
	}
	*out = fd;
	return AAS_OK;
}

int
aas_chain_pread(int fd, char *p, size_t len, off_t at)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = pread(fd, p + got, len - got, at + (off_t)got);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == 0 || (n == -1 && errno == EIO))
			return AAS_ERR_FORMAT;
		if (n == -1)
			return AAS_ERR_SYS;
		got += (size_t)n;
	}
	return AAS_OK;
}

/* --- lines ---------------------------------------------------------------- */

static const char *
judge(const struct aas_alert *a, const struct aas_chain_at *at)
{
	if (a == NULL || a->number == 0)
		return "cannot be read";
	if (at->begin && a->number > at->number &&
	    strcmp(a->prev, aas_chain_zeros) == 0)
		return NULL;
	if (at->number == 0 && at->hash[0] == '\0') {
		if (a->number == 1 && strcmp(a->prev, aas_chain_zeros) != 0)
			return "is the first and names one before it";
		return at->begin ? "is the first there is: those before it are "
				   "missing"
				 : NULL;
	}
	if (a->number != at->number + 1)
		return "does not have the next number";
	return strcmp(a->prev, at->hash) != 0
	    ? "does not name the hash of the one before it"
	    : NULL;
}

int
aas_chain_text(const char *p, size_t len, struct aas_chain_at *at,
    aas_chain_fn *each, void *arg)
{
	int r = AAS_OK;

	while (len > 0 && r == AAS_OK) {
		const char *lf = memchr(p, '\n', len);
		size_t n = lf != NULL ? (size_t)(lf - p) : len;
		struct aas_alert a = { .o = NULL };
		int got = AAS_OK;
		int good = 0;

		if (lf == NULL) /* being written, or left by a crash */
			break;
		if ((got = aas_alert_parse(p, n, &a)) == AAS_ERR_NOMEM)
			return got;
		good = got == AAS_OK && a.number != 0;
		r = each(arg, p, n, good ? &a : NULL, judge(&a, at));
		at->number = good ? a.number : at->number + 1;
		at->begin = 0;
		if (aas_alert_hash(p, n, at->hash) != AAS_OK)
			r = AAS_ERR_CRYPTO;
		aas_alert_clear(&a);
		p = lf + 1;
		len -= n + 1;
	}
	return r;
}

/* --- the whole ------------------------------------------------------------ */

struct files {
	int fd[2]; /* AAS_CHAIN_NOW, AAS_CHAIN_OLD; -1: there is none */
	struct stat st[2];
};

static void
close_files(struct files *f)
{
	aas_close(&f->fd[0]);
	aas_close(&f->fd[1]);
}

static int
open_file(int dirfd, uint32_t uid, int which, struct files *f)
{
	int r = aas_chain_open(
	    dirfd, uid, which, O_RDONLY, &f->fd[which], &f->st[which]);

	return r == AAS_ERR_NOTFOUND ? AAS_OK : r;
}

/* 1 if <uid>.1 is still the one that we have opened. */
static int
is_same(int dirfd, uint32_t uid, const struct files *f)
{
	char name[AAS_CHAIN_NAME];
	struct stat st;

	aas_chain_name(name, uid, AAS_CHAIN_OLD);
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT && f->fd[AAS_CHAIN_OLD] == -1;
	return f->fd[AAS_CHAIN_OLD] != -1 &&
	    st.st_dev == f->st[AAS_CHAIN_OLD].st_dev &&
	    st.st_ino == f->st[AAS_CHAIN_OLD].st_ino;
}

/*
 * Both, of one moment: the older one first, and if another has taken its name
 * since, the newer one may be the one after the next.
 */
static int
open_files(int dirfd, uint32_t uid, struct files *f)
{
	int r = AAS_ERR_AGAIN;

	for (int i = 0; i < TRIES; i++) {
		f->fd[0] = f->fd[1] = -1;
		if ((r = open_file(dirfd, uid, AAS_CHAIN_OLD, f)) == AAS_OK)
			r = open_file(dirfd, uid, AAS_CHAIN_NOW, f);
		if (r == AAS_OK && is_same(dirfd, uid, f))
			return AAS_OK;
		close_files(f);
		if (r != AAS_OK)
			return r;
	}
	return AAS_ERR_AGAIN;
}

/* As much as there was when it was opened. */
static int
each_of(int fd, const struct stat *st, struct aas_chain_at *at,
    aas_chain_fn *each, void *arg)
{
	char *p = NULL;
	size_t len = (size_t)st->st_size;
	int r = AAS_ERR_NOMEM;

	if (st->st_size > (off_t)(2 * AAS_CHAIN_FILE_MAX))
		return AAS_ERR_TOOBIG;
	if ((p = malloc(len + 1)) == NULL)
		return r;
	if ((r = aas_chain_pread(fd, p, len, 0)) == AAS_OK)
		r = aas_chain_text(p, len, at, each, arg);
	free(p);
	return r;
}

/* Those that were put aside: what stood there is not told of any more. */
static int
each_damaged(int dirfd, uint32_t uid, aas_chain_fn *each, void *arg)
{
	char name[AAS_CHAIN_NAME];
	struct stat st;
	int r = AAS_OK;

	for (int i = AAS_CHAIN_ASIDE; r == AAS_OK && i <= AAS_CHAIN_LAST; i++) {
		aas_chain_name(name, uid, i);
		if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			r = each(arg, "", 0, NULL,
			    "stood in a file that was damaged and put aside");
	}
	return r;
}

int
aas_chain_each(int dirfd, uint32_t uid, aas_chain_fn *each, void *arg)
{
	struct aas_chain_at at = { .number = 0 };
	struct files f;
	int found = 0;
	int r = open_files(dirfd, uid, &f);

	if (r != AAS_OK)
		return r;
	r = each_damaged(dirfd, uid, each, arg);
	for (int i = AAS_CHAIN_OLD; i >= AAS_CHAIN_NOW && r == AAS_OK; i--) {
		if (f.fd[i] == -1)
			continue;
		found = 1;
		/* What was before the old one is dropped. */
		at.begin = i == AAS_CHAIN_NOW;
		r = each_of(f.fd[i], &f.st[i], &at, each, arg);
	}
	close_files(&f);
	return r == AAS_OK && !found ? AAS_ERR_NOTFOUND : r;
}

/*
 * Rollouts below $CODEX_HOME.
 *
 * 1. It MUST run with the rights of the user whose home it is: what is there
 *    was put there by a model as likely as by him.
 * 2. auth.json MUST NOT be opened.
 * 3. No number of files or directories MUST keep it busy.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/codex/find.h"
#include "lib/codex/head.h"
#include "lib/err.h"
#include "lib/fs.h"

#define SESSIONS "sessions"
#define NAME     128 /* of a rollout; the usual one has 66 bytes */
#define NAMES    128 /* of one directory are looked at: the last by name */
#define LEVELS   3   /* year, month, day */

static int
step_of_error(void)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return AAS_ERR_NOTFOUND;
	case ELOOP:
	case EACCES:
	case EPERM:
	case ENXIO: /* a FIFO, a socket */
		return AAS_ERR_PERMS;
	default:
		return AAS_ERR_SYS;
	}
}

static int
is_own_dir(int fd, uid_t uid)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == uid;
}

/*
 * As that process sees it, which may have a /tmp of its own.  openat2(2) would
 * see to links, but is none where RestrictSUIDSGID= of systemd.exec(5) is set.
 */
static int
open_in(int root, const char *path)
{
	return openat(root == -1 ? AT_FDCWD : root,
	    root == -1 ? path : path + strspn(path, "/"),
	    O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);
}

int
aas_codex_home_open(
    int root, const char *path, uid_t uid, struct aas_codex_home *h)
{
	char proc[32];
	struct aas_codex_home got = { -1, uid, "" };
	ssize_t n = -1;
	int r = AAS_ERR_PERMS;

	if (path[0] != '/')
		return AAS_ERR_NOTFOUND;
	got.fd = aas_fs_high(open_in(root, path));
	if (got.fd == -1)
		return step_of_error();
	if (!is_own_dir(got.fd, uid))
		goto out;
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", got.fd);
	n = readlink(proc, got.path, sizeof(got.path));
	r = n <= 0 ? AAS_ERR_SYS : AAS_ERR_TOOBIG;
	if (n <= 0 || (size_t)n >= sizeof(got.path))
		goto out;
	got.path[n] = '\0';
	*h = got;
	return AAS_OK;
out:
	aas_close(&got.fd);
	return r;
}

void
aas_codex_home_close(struct aas_codex_home *h)
{
	aas_close(&h->fd);
}

int
aas_codex_auth(const struct aas_codex_home *h, int64_t *mtime_s)
{
	struct stat st;

	if (fstatat(h->fd, "auth.json", &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode))
		return AAS_ERR_NOTFOUND;
	*mtime_s = (int64_t)st.st_mtim.tv_sec;
	return AAS_OK;
}

static int
ends(const char *s, const char *with)
{
	size_t n = strlen(s), k = strlen(with);

	return n >= k && strcmp(s + n - k, with) == 0;
}

int
aas_codex_rollout(const char *name)
{
	if (strncmp(name, "rollout-", 8) != 0 || strlen(name) >= NAME)
		return 0;
	if (ends(name, ".jsonl"))
		return 1;
	return ends(name, ".jsonl.zst") ? 2 : 0;
}

/* --- one file ------------------------------------------------------------- */

static int
open_dir(int at, const char *name, uid_t uid, int *fd)
{
	int got = aas_fs_high(openat(at, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));

	if (got == -1)
		return step_of_error();
	if (!is_own_dir(got, uid)) {
		aas_close(&got);
		return AAS_ERR_PERMS;
	}
	*fd = got;
	return AAS_OK;
}

/* Not even to find out what it is: opening a device may do something. */
static int
open_file(int at, const char *name, uid_t uid, int *fd)
{
	struct stat st;
	int got = -1;

	if (fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return step_of_error();
	if (!S_ISREG(st.st_mode) || st.st_uid != uid)
		return AAS_ERR_PERMS;
	got = aas_fs_high(openat(at, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
	if (got == -1)
		return step_of_error();
	if (fstat(got, &st) == -1 || !S_ISREG(st.st_mode) || st.st_uid != uid) {
		aas_close(&got);
		return AAS_ERR_PERMS;
	}
	*fd = got;
	return AAS_OK;
}

static int
read_file(int at, const char *name, uid_t uid, struct aas_codex_budget *b,
    struct aas_codex_meta *m)
{
	static unsigned char head[AAS_CODEX_HEAD];
	size_t len = 0;
	int fd = -1, kind = aas_codex_rollout(name);
	int r = AAS_ERR_TIMEOUT;

	if (kind == 0)
		return AAS_ERR_NOTFOUND;
	if (b->files == 0 || aas_clock_ms() >= b->until_ms)
		return r;
	b->files--;
	if ((r = open_file(at, name, uid, &fd)) != AAS_OK)
		return r;
	r = aas_codex_head(fd, kind == 2, b->until_ms, head, &len);
	aas_close(&fd);
	return r == AAS_OK ? aas_codex_meta(head, len, m) : r;
}

int
aas_codex_file(const struct aas_codex_home *h, const char *path,
    struct aas_codex_budget *b, struct aas_codex_meta *m)
{
	char name[256];
	const char *p = path, *slash = NULL;
	int at = -1, next = -1, r = AAS_OK;

	for (int depth = 0; (slash = strchr(p, '/')) != NULL; p = slash + 1) {
		size_t n = (size_t)(slash - p);

		if (n == 0 || n >= sizeof(name) || ++depth > 1 + LEVELS ||
		    (n <= 2 && strncmp(p, "..", n) == 0)) {
			r = AAS_ERR_NOTFOUND;
			break;
		}
		memcpy(name, p, n);
		name[n] = '\0';
		r = open_dir(at == -1 ? h->fd : at, name, h->uid, &next);
		if (r != AAS_OK)
			break;
		aas_close(&at);
		at = next;
		next = -1;
	}
	if (r == AAS_OK)
		r = at == -1 ? AAS_ERR_NOTFOUND
			     : read_file(at, p, h->uid, b, m);
	aas_close(&at);
	return r;
}

/* --- the newest first ----------------------------------------------------- */

struct names {
	char v[NAMES][NAME];
	size_t n;
};

static int
is_number(const char *s, size_t len)
{
	return strlen(s) == len && strspn(s, "0123456789") == len;
}

/* The newest names, in descending order. */
static void
keep(struct names *l, const char *name)
{
	size_t at = l->n;

	while (at > 0 && strcmp(l->v[at - 1], name) < 0)
		at--;
	if (at == NAMES)
		return;
	if (l->n < NAMES)
		l->n++;
	memmove(l->v[at + 1], l->v[at], (l->n - 1 - at) * sizeof(l->v[0]));
	(void)snprintf(l->v[at], sizeof(l->v[0]), "%s", name);
}

/* Directories of ${len} digits; 0: rollouts. */
static void
list(int dirfd, size_t len, struct aas_codex_budget *b, struct names *l)
{
	int fd = aas_fs_high(openat(dirfd, ".", O_RDONLY | O_CLOEXEC));
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	const struct dirent *e = NULL;

	l->n = 0;
	if (d == NULL) {
		aas_close(&fd);
		return;
	}
	while (b->entries > 0 && aas_clock_ms() < b->until_ms &&
	    (e = readdir(d)) != NULL) {
		b->entries--;
		if (len > 0 ? is_number(e->d_name, len)
			    : aas_codex_rollout(e->d_name) != 0)
			keep(l, e->d_name);
	}
	(void)closedir(d);
}

struct walk {
	const struct aas_codex_home *h;
	struct aas_codex_budget *b;
	aas_codex_each *each;
	void *arg;
};

static int
spent(const struct walk *w)
{
	return w->b->dirs == 0 || w->b->files == 0 || w->b->entries == 0 ||
	    aas_clock_ms() >= w->b->until_ms;
}

/* Where it is unpacked already, the packed one is on its way out. */
static int
is_double(const struct names *l, const char *name)
{
	size_t n = strlen(name) - 4;

	for (size_t i = 0; i < l->n; i++) {
		if (strlen(l->v[i]) == n && strncmp(l->v[i], name, n) == 0)
			return 1;
	}
	return 0;
}

static int
walk_day(const struct walk *w, int fd, const char *path)
{
	struct names *l = calloc(1, sizeof(*l));
	struct aas_codex_meta m;
	int stop = l == NULL;

	if (l != NULL)
		list(fd, 0, w->b, l);
	for (size_t i = 0; !stop && i < l->n && !spent(w); i++) {
		char rel[AAS_CODEX_PATH];
		int r;

		if (aas_codex_rollout(l->v[i]) == 2 && is_double(l, l->v[i]))
			continue;
		r = read_file(fd, l->v[i], w->h->uid, w->b, &m);
		(void)snprintf(rel, sizeof(rel), "%s/%s", path, l->v[i]);
		stop = w->each(w->arg, rel, r, r == AAS_OK ? &m : NULL);
	}
	free(l);
	return stop;
}

static int
walk_dir(const struct walk *w, int at, const char *name, const char *path,
    unsigned level)
{
	struct names *l = NULL;
	char rel[64];
	int fd = -1, stop = 0;

	if (spent(w) || open_dir(at, name, w->h->uid, &fd) != AAS_OK)
		return 0;
	w->b->dirs--;
	if (level == LEVELS) {
		stop = walk_day(w, fd, path);
	} else if ((l = calloc(1, sizeof(*l))) != NULL) {
		list(fd, level == 0 ? 4 : 2, w->b, l);
		for (size_t i = 0; !stop && i < l->n && !spent(w); i++) {
			(void)snprintf(
			    rel, sizeof(rel), "%.40s/%.4s", path, l->v[i]);
			stop = walk_dir(w, fd, l->v[i], rel, level + 1);
		}
	}
	free(l);
	aas_close(&fd);
	return stop;
}

void
aas_codex_walk(const struct aas_codex_home *h, struct aas_codex_budget *b,
    aas_codex_each *each, void *arg)
{
	const struct walk w = { h, b, each, arg };

	(void)walk_dir(&w, h->fd, SESSIONS, SESSIONS, 0);
}

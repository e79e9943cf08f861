/*
 * Codex processes, by what the kernel says of them.
 *
 * 1. A path that a process chose (its directory, what it has open, its
 *    environment) MUST NOT be opened here: this runs as root.
 * 2. What is read of a process MUST have a bound.
 * 3. What one user runs, however much, MUST NOT hide another's.
 */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/codex/find.h"
#include "lib/codex/gather.h"
#include "lib/codex/is.h"
#include "lib/err.h"
#include "lib/fs.h"

#define ENVIRON ((size_t)256 * 1024)
#define FDS     1024 /* of one process are looked at */
#define JOIN    8    /* of those within one */

int
aas_codex_uid(pid_t pid, uid_t *uid)
{
	char text[4096];
	size_t n = aas_codex_text(pid, "status", text, sizeof(text) - 1);
	const char *at = NULL;
	char *end = NULL;
	unsigned long v = 0;

	text[n] = '\0';
	if (n == 0)
		return AAS_ERR_NOTFOUND;
	if ((at = strstr(text, "\nUid:\t")) == NULL)
		return AAS_ERR_FORMAT;
	v = strtoul(at + 6, &end, 10);
	if (*end != '\t' || v > UINT32_MAX)
		return AAS_ERR_FORMAT;
	*uid = (uid_t)v;
	return AAS_OK;
}

static int
is_user(pid_t pid, uid_t uid)
{
	uid_t of = 0;

	return uid == (uid_t)-1 ||
	    (aas_codex_uid(pid, &of) == AAS_OK && of == uid);
}

int
aas_codex_of(const struct aas_keep_proc *p, uid_t uid)
{
	/* Another's is not read: who holds its memory holds up who reads. */
	return is_user(p->is.id.pid, uid) &&
	    aas_codex_is(p->is.id.pid, p->is.ppid);
}

/* --- of one that was found ------------------------------------------------ */

static void
home_of(pid_t pid, char *dst, size_t cap)
{
	static const char name[] = "CODEX_HOME=";
	char *env = malloc(ENVIRON);
	size_t len =
	    env == NULL ? 0 : aas_codex_text(pid, "environ", env, ENVIRON);

	for (size_t at = 0, n = 0; at < len; at += n + 1) {
		n = strnlen(env + at, len - at);
		if (at + n == len) /* cut off */
			break;
		if (strncmp(env + at, name, sizeof(name) - 1) != 0)
			continue;
		if (n - (sizeof(name) - 1) < cap)
			(void)snprintf(
			    dst, cap, "%s", env + at + sizeof(name) - 1);
		break;
	}
	free(env);
}

/* Rollouts are known by their names; whether they are any is found later. */
static void
open_of(pid_t pid, struct aas_codex_run *c)
{
	char path[64], to[AAS_CODEX_PATH];
	const struct dirent *e = NULL;
	const char *name = NULL;
	DIR *d = NULL;

	(void)snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	if ((d = opendir(path)) == NULL)
		return;
	for (int i = 0;
	     i < FDS && c->open_n < AAS_CODEX_OPEN && (e = readdir(d)) != NULL;
	     i++) {
		(void)snprintf(path, sizeof(path), "fd/%.20s", e->d_name);
		if (e->d_name[0] == '.' ||
		    aas_codex_link(pid, path, to, sizeof(to)) != AAS_OK ||
		    (name = strrchr(to, '/')) == NULL ||
		    aas_codex_rollout(name + 1) == 0)
			continue;
		(void)snprintf(
		    c->open[c->open_n++], sizeof(c->open[0]), "%s", to);
	}
	(void)closedir(d);
}

static void
look_up(const struct aas_keep_procs *ps, const struct aas_keep_proc *p,
    struct aas_codex_run *c)
{
	while ((p = aas_keep_proc(ps, p->is.ppid)) != NULL &&
	    p->is.id.pid > 1 && c->up_n < AAS_CODEX_UP)
		c->up[c->up_n++] = p->is.id;
}

/* 0: it is gone. */
static int
learn(const struct aas_keep_procs *ps, const struct aas_keep_proc *p,
    const struct aas_now *now, struct aas_codex_run *c)
{
	long hz = sysconf(_SC_CLK_TCK);
	pid_t pid = p->is.id.pid;

	memset(c, 0, sizeof(*c));
	c->id = p->is.id;
	c->audit = p->audit;
	c->tty = p->is.tty;
	if (hz > 0)
		c->started_s = now->real_s - now->boottime_ms / 1000 +
		    (int64_t)(p->is.id.start / (uint64_t)hz);
	if (aas_codex_uid(pid, &c->uid) != AAS_OK ||
	    aas_codex_link(pid, "exe", c->exe, sizeof(c->exe)) != AAS_OK)
		return 0;
	(void)aas_codex_link(pid, "cwd", c->cwd, sizeof(c->cwd));
	home_of(pid, c->home, sizeof(c->home));
	if (aas_cgroup_of(pid, c->cgroup) == AAS_OK)
		(void)aas_codex_unit(c->cgroup, c->unit);
	open_of(pid, c);
	look_up(ps, p, c);
	return aas_proc_alive(&c->id);
}

/* --- all of them ---------------------------------------------------------- */

struct found {
	const struct aas_keep_procs *ps;
	const struct aas_keep_proc **v; /* candidates, in the order of ps */
	struct aas_keep_who *who;
	uid_t *uid;
	size_t n;
	size_t *top;         /* by candidate: the one that it stems from */
	unsigned *processes; /* of each */
	char *of_one; /* by process: it has to do with the one asked for */
};

/* Its place among the candidates; n: none. */
static size_t
place(const struct found *f, const struct aas_keep_proc *p)
{
	size_t lo = 0, hi = f->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (f->v[mid] < p)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < f->n && f->v[lo] == p ? lo : f->n;
}

/* All candidates lead one session: what is above p has none above it. */
static void
count(void *arg, size_t session, const struct aas_keep_proc *p)
{
	struct found *f = arg;
	size_t at = place(f, p), top = f->n;

	(void)session;
	if (p->up < f->ps->n)
		top = place(f, &f->ps->v[p->up]);
	if (top == f->n)
		return;
	f->processes[top]++;
	if (at < f->n)
		f->top[at] = top;
}

static void
below(void *arg, size_t session, const struct aas_keep_proc *p)
{
	struct found *f = arg;

	(void)session;
	f->of_one[p - f->ps->v] = 1;
}

/* Of one that is asked for: it, what stems from it, what it stems from. */
static int
mark(struct aas_keep_procs *ps, pid_t pid, struct found *f)
{
	uint32_t at = aas_keep_find(ps, pid);
	struct aas_keep_who who = { 0, { 0, 0 }, AAS_PROC_NO_AUDIT };
	int r = AAS_OK;

	if ((f->of_one = calloc(ps->n + 1, 1)) == NULL)
		return AAS_ERR_NOMEM;
	if (at == AAS_KEEP_NONE)
		return AAS_OK;
	who.leader = ps->v[at].is.id;
	r = aas_keep_each(ps, &who, 1, 1, below, f);
	/* What was read at different times may go round in a circle. */
	for (size_t i = 0; at != AAS_KEEP_NONE && i < ps->n; i++) {
		f->of_one[at] = 1;
		at = aas_keep_find(ps, ps->v[at].is.ppid);
	}
	return r;
}

/* No end to them but that of processes: whom it left out, nobody would see. */
static int
candidates(struct aas_keep_procs *ps, uid_t uid, pid_t pid, struct found *f)
{
	const size_t cap = ps->n + 1;
	int r = pid == 0 ? AAS_OK : mark(ps, pid, f);

	f->v = calloc(cap, sizeof(*f->v));
	f->who = calloc(cap, sizeof(*f->who));
	f->uid = calloc(cap, sizeof(*f->uid));
	f->top = calloc(cap, sizeof(*f->top));
	f->processes = calloc(cap, sizeof(*f->processes));
	if (f->v == NULL || f->who == NULL || f->uid == NULL ||
	    f->top == NULL || f->processes == NULL)
		return AAS_ERR_NOMEM;
	for (size_t i = 0; r == AAS_OK && i < ps->n; i++) {
		if ((pid != 0 && !f->of_one[i]) ||
		    !aas_codex_of(&ps->v[i], uid) ||
		    aas_codex_uid(ps->v[i].is.id.pid, &f->uid[f->n]) != AAS_OK)
			continue;
		f->who[f->n] = (struct aas_keep_who){ 0, ps->v[i].is.id,
			AAS_PROC_NO_AUDIT };
		f->top[f->n] = f->n;
		f->v[f->n++] = &ps->v[i];
	}
	return r == AAS_OK ? aas_keep_each(ps, f->who, f->n, 1, count, f) : r;
}

/* The launcher has no rollout open: what it started has. */
static void
join(const struct found *f, size_t i, struct aas_codex_run *c)
{
	int looks = JOIN;

	for (size_t k = 0; k < f->n && looks > 0 && c->open_n < AAS_CODEX_OPEN;
	     k++) {
		pid_t pid = f->v[k]->is.id.pid;

		if (k == i || f->top[k] != i)
			continue;
		open_of(pid, c);
		if (c->home[0] == '\0')
			home_of(pid, c->home, sizeof(c->home));
		looks--;
	}
}

/* --- who has a turn ------------------------------------------------------- */

struct turn {
	uid_t uid;
	size_t rank; /* the how many-th of its user's */
	size_t at;   /* among the candidates */
};

static int
by_uid(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static int
by_rank(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

/* One of each user, then a second of each: many of one hide no other's. */
static int
turns(const struct found *f, pid_t pid, struct turn **v, size_t *n)
{
	struct turn *t = calloc(f->n + 1, sizeof(*t));
	size_t got = 0;

	if (t == NULL)
		return AAS_ERR_NOMEM;
	for (size_t i = 0; i < f->n; i++) {
		if (f->top[i] == i && (pid == 0 || f->v[i]->is.id.pid == pid))
			t[got++] = (struct turn){ f->uid[i], 0, i };
	}
	if (got > 0)
		qsort(t, got, sizeof(*t), by_uid);
	for (size_t i = 1; i < got; i++)
		t[i].rank = t[i].uid == t[i - 1].uid ? t[i - 1].rank + 1 : 0;
	if (got > 0)
		qsort(t, got, sizeof(*t), by_rank);
	*v = t;
	*n = got;
	return AAS_OK;
}

int
aas_codex_gather(struct aas_keep_procs *ps, uid_t uid, pid_t pid,
    struct aas_codex_run **v, size_t *n, int *more)
{
	struct found f = { .ps = ps };
	struct aas_codex_run *out =
	    calloc(AAS_CODEX_MAX, sizeof(struct aas_codex_run));
	struct turn *t = NULL;
	struct aas_now now;
	size_t all = 0;
	int r = AAS_ERR_NOMEM;

	*n = 0;
	*more = 0;
	if (out == NULL || (r = aas_clock_boot(&now)) != AAS_OK ||
	    (r = candidates(ps, uid, pid, &f)) != AAS_OK ||
	    (r = turns(&f, pid, &t, &all)) != AAS_OK)
		goto out;
	for (size_t i = 0; i < all; i++) {
		if (*n == AAS_CODEX_MAX) {
			*more = 1;
			break;
		}
		if (!learn(ps, f.v[t[i].at], &now, &out[*n]))
			continue;
		out[*n].processes = f.processes[t[i].at];
		join(&f, t[i].at, &out[(*n)++]);
	}
	*v = out;
	out = NULL;
out:
	free(out);
	free(t);
	free(f.v);
	free(f.who);
	free(f.uid);
	free(f.top);
	free(f.processes);
	free(f.of_one);
	return r;
}

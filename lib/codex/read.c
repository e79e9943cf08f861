/*
 * Which rollout is of which Codex.
 *
 * 1. No file MUST be opened with other rights than those of its user, for whom
 *    the process that reads it is as good as lost: the other end takes from it
 *    structures of a fixed size, and texts that it checks.
 */
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/codex/read.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/limit.h"
#include "lib/utf8.h"

#define EARLY_S 2 /* the clocks of the two differ by less */
#define MEMORY  ((size_t)64 * 1024 * 1024)

/* --- in the child --------------------------------------------------------- */

/* "2026-06-01T10:00:00.123Z" */
static int
time_of(const char *text, int64_t *s)
{
	char cut[64];
	size_t n = strcspn(text, ".");

	if (n >= sizeof(cut) - 2)
		return AAS_ERR_FORMAT;
	(void)snprintf(cut, sizeof(cut), "%.*s%s", (int)n, text,
	    text[n] == '.' ? "Z" : "");
	/* Codex writes UTC, always. */
	if (text[n] == '.' && text[strlen(text) - 1] != 'Z')
		return AAS_ERR_FORMAT;
	return aas_clock_parse(cut, s);
}

/* The first of its open rollouts that lies in its home. */
static void
by_open(const struct aas_codex_run *c, const struct aas_codex_home *h,
    struct aas_codex_budget *b, struct aas_codex_said *said)
{
	size_t len = strlen(h->path);

	for (size_t i = 0; i < c->open_n; i++) {
		const char *rel = c->open[i] + len + 1;

		if (strncmp(c->open[i], h->path, len) != 0 ||
		    c->open[i][len] != '/')
			continue;
		said->error = aas_codex_file(h, rel, b, &said->m);
		said->how = AAS_CODEX_HAS_OPEN;
		(void)snprintf(said->path, sizeof(said->path), "%s", rel);
		if (said->error == AAS_OK)
			return;
	}
}

struct search {
	const struct aas_codex_run *v;
	size_t n, from;      /* those of one home begin here */
	const size_t *first; /* of each home, for all; n: it has none */
	struct aas_codex_said *said;
	int64_t *at_s; /* of the rollout that is chosen so far */
	int64_t oldest_s;
};

static int
is_taken(const struct search *s, const char *path)
{
	for (size_t i = 0; i < s->n; i++) {
		if (s->said[i].how == AAS_CODEX_HAS_OPEN &&
		    strcmp(s->said[i].path, path) == 0 &&
		    s->first[i] == s->from)
			return 1;
	}
	return 0;
}

/* It goes to the one that was started last before it began. */
static int
offer(void *arg, const char *path, int r, const struct aas_codex_meta *m)
{
	struct search *s = arg;
	size_t best = s->n;
	int64_t at_s = 0;

	if (r != AAS_OK || time_of(m->time, &at_s) != AAS_OK ||
	    is_taken(s, path))
		return 0;
	if (at_s < s->oldest_s)
		return 1;
	for (size_t i = s->from; i < s->n; i++) {
		if (s->said[i].how == AAS_CODEX_HAS_OPEN ||
		    s->first[i] != s->from ||
		    strcmp(s->v[i].cwd, m->cwd) != 0 ||
		    at_s < s->v[i].started_s - EARLY_S)
			continue;
		if (best == s->n || s->v[i].started_s > s->v[best].started_s)
			best = i;
	}
	/* And the last that began: it may have begun anew. */
	if (best == s->n ||
	    (s->said[best].how == AAS_CODEX_BY_CWD && s->at_s[best] >= at_s))
		return 0;
	s->said[best].how = AAS_CODEX_BY_CWD;
	s->said[best].m = *m;
	s->at_s[best] = at_s;
	(void)snprintf(
	    s->said[best].path, sizeof(s->said[best].path), "%s", path);
	return 0;
}

static void
by_cwd(struct search *s, const struct aas_codex_home *h,
    struct aas_codex_budget *b)
{
	int some = 0;

	s->oldest_s = INT64_MAX;
	for (size_t i = s->from; i < s->n; i++) {
		if (s->first[i] != s->from ||
		    s->said[i].how == AAS_CODEX_HAS_OPEN)
			continue;
		some = 1;
		if (s->v[i].started_s - EARLY_S < s->oldest_s)
			s->oldest_s = s->v[i].started_s - EARLY_S;
	}
	if (some)
		aas_codex_walk(h, b, offer, s);
}

static void
home_path(const struct aas_codex_run *c, const char *dir, char *dst, size_t cap)
{
	dst[0] = '\0';
	if (c->home[0] != '\0')
		(void)snprintf(dst, cap, "%s", c->home);
	else if (dir[0] == '/' && strlen(dir) + sizeof("/.codex") <= cap)
		(void)snprintf(dst, cap, "%s/.codex", dir);
}

/* Which directory a home is: one path may be two, in two name spaces. */
struct place {
	dev_t dev;
	ino_t ino;
};

/* The first that has the home of the i-th. */
static size_t
first_of(struct place *p, const size_t *first, size_t i, size_t n, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return n;
	p[i] = (struct place){ st.st_dev, st.st_ino };
	for (size_t k = 0; k < i; k++) {
		if (first[k] == k && p[k].dev == p[i].dev &&
		    p[k].ino == p[i].ino)
			return k;
	}
	return i;
}

static int
root_of(const int *roots, size_t i)
{
	return roots == NULL ? -1 : roots[i];
}

/* What lies open, for all; and where each has its home. */
static void
read_homes(const struct search *s, const char *dir, const int *roots,
    struct aas_codex_budget *b, size_t *first, struct place *p)
{
	struct aas_codex_home h = { -1, 0, "" };
	char path[AAS_CODEX_PATH];

	for (size_t i = 0; i < s->n; i++) {
		struct aas_codex_said *said = &s->said[i];

		first[i] = s->n;
		home_path(&s->v[i], dir, path, sizeof(path));
		if (aas_codex_home_open(
			root_of(roots, i), path, s->v[i].uid, &h) != AAS_OK)
			continue;
		(void)snprintf(said->home, sizeof(said->home), "%s", h.path);
		first[i] = first_of(p, first, i, s->n, h.fd);
		(void)aas_codex_auth(&h, &said->auth_s);
		by_open(&s->v[i], &h, b, said);
		aas_codex_home_close(&h);
	}
}

/* ${roots}: of the processes, -1 where it is not known; NULL: of none. */
static void
read_all(const struct aas_codex_run *v, size_t n, const char *dir,
    const int *roots, int64_t until_ms, struct aas_codex_said *said)
{
	struct aas_codex_budget b = AAS_CODEX_BUDGET(until_ms);
	struct aas_codex_home h = { -1, 0, "" };
	struct search s = { .v = v, .n = n, .said = said };
	size_t *first = calloc(n + 1, sizeof(*first));
	struct place *p = calloc(n + 1, sizeof(*p));
	char path[AAS_CODEX_PATH];

	for (size_t i = 0; i < n; i++) {
		memset(&said[i], 0, sizeof(said[i]));
		said[i].auth_s = -1;
	}
	s.at_s = calloc(n + 1, sizeof(*s.at_s));
	s.first = first;
	if (first == NULL || p == NULL || s.at_s == NULL)
		goto out;
	read_homes(&s, dir, roots, &b, first, p);
	for (s.from = 0; s.from < n; s.from++) {
		home_path(&v[s.from], dir, path, sizeof(path));
		if (first[s.from] != s.from ||
		    aas_codex_home_open(root_of(roots, s.from), path,
			v[s.from].uid, &h) != AAS_OK)
			continue;
		by_cwd(&s, &h, &b);
		aas_codex_home_close(&h);
	}
out:
	free(s.at_s);
	free(first);
	free(p);
}

void
aas_codex_read(const struct aas_codex_run *v, size_t n, const char *dir,
    int64_t until_ms, struct aas_codex_said *said)
{
	read_all(v, n, dir, NULL, until_ms, said);
}

/*
 * A directory of theirs, while this is still root's: nothing in it is looked
 * at, and what is opened below it is so with the rights of the user.
 */
static void
open_roots(const struct aas_codex_run *v, size_t n, int *roots)
{
	char path[64];

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(
		    path, sizeof(path), "/proc/%ld/root", (long)v[i].id.pid);
		roots[i] = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (!aas_proc_alive(&v[i].id))
			aas_close(&roots[i]);
	}
}

static void __attribute__((noreturn)) be_child(const struct aas_codex_run *v,
    size_t n, const struct aas_codex_user *user, int64_t until_ms, int out)
{
	struct aas_codex_said *said = calloc(n, sizeof(*said));
	int *roots = calloc(n, sizeof(*roots));

	if (said == NULL || roots == NULL ||
	    close_range(0, (unsigned)out - 1, 0) == -1 ||
	    close_range((unsigned)out + 1, ~0U, 0) == -1 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		_exit(1);
	open_roots(v, n, roots);
	if (aas_codex_confine(user, MEMORY) != AAS_OK ||
	    aas_limit(RLIMIT_FSIZE, 0) != AAS_OK)
		_exit(1);
	read_all(v, n, user->dir, roots, until_ms, said);
	_exit(aas_fs_write_all(out, said, n * sizeof(*said)) == AAS_OK ? 0 : 1);
}

/* --- the other end -------------------------------------------------------- */

static int
is_text(const char *s, size_t cap)
{
	size_t len = strnlen(s, cap), took = 0;
	uint32_t cp = 0;

	if (len == cap)
		return 0;
	for (size_t at = 0; at < len; at += took) {
		if ((took = aas_utf8_next(s + at, len - at, &cp)) == 0)
			return 0;
	}
	return 1;
}

int
aas_codex_tidy(char *s, size_t cap)
{
	if (strnlen(s, cap) == cap)
		return 0;
	for (size_t i = 0; !is_text(s, cap) && s[i] != '\0'; i++) {
		if ((unsigned char)s[i] >= 0x80)
			s[i] = '?';
	}
	return 1;
}

static int
is_sound(struct aas_codex_said *s)
{
	return aas_codex_tidy(s->home, sizeof(s->home)) &&
	    aas_codex_tidy(s->path, sizeof(s->path)) &&
	    s->how >= AAS_CODEX_UNKNOWN && s->how <= AAS_CODEX_BY_CWD &&
	    s->error <= 0 && is_text(s->m.id, sizeof(s->m.id)) &&
	    is_text(s->m.time, sizeof(s->m.time)) &&
	    is_text(s->m.cwd, sizeof(s->m.cwd)) &&
	    is_text(s->m.version, sizeof(s->m.version)) &&
	    is_text(s->m.provider, sizeof(s->m.provider)) &&
	    is_text(s->m.originator, sizeof(s->m.originator)) &&
	    is_text(s->m.source, sizeof(s->m.source));
}

static int
receive(int fd, int64_t until_ms, void *p, size_t len)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t at = 0;
	ssize_t n = 0;

	while (at < len) {
		int64_t left = until_ms - aas_clock_ms();

		if (left <= 0 || poll(&pfd, 1, (int)left) == 0)
			return AAS_ERR_TIMEOUT;
		n = read(fd, (char *)p + at, len - at);
		if (n == -1 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return n == 0 ? AAS_ERR_FORMAT : AAS_ERR_SYS;
		at += (size_t)n;
	}
	return AAS_OK;
}

int
aas_codex_read_as(const struct aas_codex_run *v, size_t n,
    const struct aas_codex_user *user, int64_t until_ms,
    struct aas_codex_said *said)
{
	int p[2] = { -1, -1 };
	pid_t pid = -1;
	int r = AAS_ERR_SYS;

	if (pipe2(p, O_CLOEXEC) == -1)
		return AAS_ERR_SYS;
	if ((pid = fork()) == 0) {
		aas_close(&p[0]);
		be_child(v, n, user, until_ms, p[1]);
	}
	aas_close(&p[1]);
	if (pid > 0)
		r = receive(p[0], until_ms, said, n * sizeof(*said));
	for (size_t i = 0; r == AAS_OK && i < n; i++) {
		if (!is_sound(&said[i]))
			r = AAS_ERR_FORMAT;
	}
	aas_close(&p[0]);
	if (pid > 0) {
		/* One that hangs in a file system is left to process 1. */
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, r == AAS_OK ? 0 : WNOHANG);
	}
	return r;
}

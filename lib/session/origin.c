/*
 * Where the shell came from that su or sudo was run in: the lines of the
 * ledger, held against the caller's audit session and its ancestors.
 *
 * 1. A name of a program or a terminal, which anybody chooses, MUST NOT make
 *    a caller local; nor does anything that a user can write.
 * 2. A caller who hides (leaves its session, becomes init's child, nests a
 *    thousand shells) MUST NOT fare better for it while it has a remote
 *    session.
 * 3. A recycled pid, and an audit session of another boot, MUST NOT make a
 *    caller remote.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/hex.h"
#include "lib/proc.h"
#include "lib/session/ledger.h"
#include "lib/session/origin.h"

#define UP_MAX    128 /* ancestors: who has more cannot be told */
#define PASSES    3
#define RECENT_NS INT64_C(100000000)

/* What was found; bits. */
#define REMOTE  1u /* the caller's sign-in, from elsewhere */
#define LOCAL   2u /* the caller's sign-in, here */
#define USER    4u /* an open remote session of the caller's user */
#define UNCLEAR 8u /* something that cannot be read */

struct seek {
	struct aas_proc up[UP_MAX];
	size_t up_n;
	uint32_t audit;
	uint32_t users[2]; /* who the caller is, and who signed in; not root */
	size_t users_n;
	char boot[2 * 16 + 1];
	unsigned found;
	int own_n; /* the caller's remote lines, the last of which is: */
	struct aas_ledger_line own;
	char id[AAS_LEDGER_ID];
};

/* --- the caller --- */

static int
walk_up(struct seek *s, pid_t pid)
{
	pid_t above = 0;
	int r;

	for (s->up_n = 0; pid > 0; pid = above) {
		if (s->up_n == UP_MAX)
			return AAS_ERR_TOOBIG;
		r = aas_proc_get(pid, &s->up[s->up_n], &above);
		if (r != AAS_OK)
			return r;
		s->up_n++;
	}
	return AAS_OK;
}

static void
add_user(struct seek *s, uint32_t uid)
{
	if (uid != 0 && uid != AAS_PROC_NO_AUDIT)
		s->users[s->users_n++] = uid;
}

static unsigned
look_caller(struct seek *s, const struct aas_origin_query *q)
{
	uint32_t login = AAS_PROC_NO_AUDIT;
	unsigned found = 0;
	int r = AAS_ERR_NOTFOUND;

	s->audit = AAS_PROC_NO_AUDIT;
	if (aas_proc_audit(q->pid, &s->audit, &login) != AAS_OK)
		found = UNCLEAR;
	add_user(s, q->uid);
	add_user(s, login);
	aas_hex_format(q->now->boot_id, sizeof(q->now->boot_id), s->boot);
	/* An ancestor may end while we look: its children have another then. */
	for (int i = 0; i < PASSES && r == AAS_ERR_NOTFOUND; i++)
		r = walk_up(s, q->pid);
	return r == AAS_OK ? found : UNCLEAR;
}

/* --- the two together --- */

static int
is_above(const struct seek *s, const struct aas_proc *p)
{
	for (size_t i = 0; i < s->up_n; i++) {
		if (s->up[i].pid == p->pid && s->up[i].start == p->start)
			return 1;
	}
	return 0;
}

/*
 * An open line has no audit session yet: its leader has.  One that the leader
 * shares with its parent is not the sign-in's own (no pam_loginuid, and sshd
 * started by hand in somebody's session).
 */
static int
is_audit_of(const struct seek *s, const struct aas_proc *leader)
{
	struct aas_proc p = { 0 };
	uint32_t id = AAS_PROC_NO_AUDIT;
	pid_t above = 0;

	if (aas_proc_audit(leader->pid, &id, NULL) != AAS_OK ||
	    id != s->audit || aas_proc_get(leader->pid, &p, &above) != AAS_OK ||
	    p.start != leader->start)
		return 0;
	/* 0: outside this container. */
	return above <= 0 || aas_proc_audit(above, &id, NULL) != AAS_OK ||
	    id != s->audit;
}

static int
is_callers(const struct seek *s, const struct aas_ledger_line *l)
{
	if (is_above(s, &l->leader))
		return 1;
	if (s->audit == AAS_PROC_NO_AUDIT)
		return 0;
	return l->closed ? l->audit == s->audit : is_audit_of(s, &l->leader);
}

static unsigned
weigh(const struct seek *s, const struct aas_ledger_line *l)
{
	if (strcmp(l->boot, s->boot) != 0 || l->origin == AAS_ORIGIN_WITHIN)
		return 0;
	if (is_callers(s, l))
		return l->origin == AAS_ORIGIN_REMOTE ? REMOTE : LOCAL;
	if (l->origin != AAS_ORIGIN_REMOTE || l->closed)
		return 0;
	for (size_t i = 0; i < s->users_n; i++) {
		if (s->users[i] == l->uid)
			return USER;
	}
	return 0;
}

/* --- the ledger --- */

static unsigned
look_line(struct seek *s, int dirfd, const char *name)
{
	struct aas_ledger_line l;
	unsigned found = 0;

	switch (aas_ledger_read(dirfd, name, &l, NULL)) {
	case AAS_OK:
		if ((found = weigh(s, &l)) == REMOTE) {
			s->own_n++;
			s->own = l;
			memcpy(s->id, name, sizeof(s->id) - 1);
			s->id[sizeof(s->id) - 1] = '\0';
		}
		return found;
	case AAS_ERR_INVAL: /* no line at all */
		return 0;
	default:
		return UNCLEAR;
	}
}

/*
 * A line that is closed gets another name, and may be missed under either: if
 * the directory changed shortly before ${since} or later, look once more.
 */
static int
is_quiet(int dirfd, const struct timespec *since)
{
	struct stat st;

	if (fstat(dirfd, &st) == -1)
		return 0;
	return (since->tv_sec - st.st_mtim.tv_sec) * INT64_C(1000000000) +
	    (since->tv_nsec - st.st_mtim.tv_nsec) >
	    RECENT_NS;
}

static unsigned
look_lines(struct seek *s, int dirfd)
{
	unsigned found = 0;
	struct dirent *e;
	DIR *d;
	int fd = dup(dirfd);

	if ((fd = fd == -1 ? -1 : aas_fs_high(fd)) == -1)
		return UNCLEAR;
	if ((d = fdopendir(fd)) == NULL) {
		aas_close(&fd);
		return UNCLEAR;
	}
	s->own_n = 0;
	rewinddir(d); /* the position is shared with the last pass */
	for (errno = 0; (e = readdir(d)) != NULL; errno = 0)
		found |= look_line(s, dirfd, e->d_name);
	if (errno != 0)
		found |= UNCLEAR;
	(void)closedir(d);
	return found;
}

static unsigned
look_ledger(struct seek *s, const char *rundir)
{
	struct timespec since = { 0, 0 };
	unsigned found = 0;
	int top = -1, dirfd = -1;
	int r = aas_fs_dir(rundir, geteuid(), &top);

	if (r == AAS_OK)
		r = aas_fs_dirat(top, "sessions", geteuid(), &dirfd);
	aas_close(&top);
	/* Nobody ever signed in. */
	if (r == AAS_ERR_NOTFOUND)
		return 0;
	if (r != AAS_OK)
		return UNCLEAR;
	for (int i = 0; i < PASSES && (found & REMOTE) == 0; i++) {
		(void)clock_gettime(CLOCK_REALTIME, &since);
		/* What could not be read may only have changed its name. */
		found = (found & ~UNCLEAR) | look_lines(s, dirfd);
		if ((found & UNCLEAR) == 0 && is_quiet(dirfd, &since))
			break;
	}
	aas_close(&dirfd);
	return found;
}

static int
is_remote(struct seek *s, const struct aas_origin_query *q)
{
	s->found = look_caller(s, q);
	s->found |= look_ledger(s, q->rundir);
	if ((s->found & REMOTE) != 0)
		return 1;
	if ((s->found & LOCAL) != 0 || s->users_n == 0)
		return 0;
	return (s->found & (USER | UNCLEAR)) != 0;
}

int
aas_origin_look(const struct aas_origin_query *q, struct aas_ledger_line *l,
    char id[AAS_LEDGER_ID])
{
	struct seek s = { .up_n = 0 };

	if (!is_remote(&s, q))
		return 0;
	if (s.own_n != 1 || (s.found & UNCLEAR) != 0 || s.own.closed)
		return 1;
	*l = s.own;
	memcpy(id, s.id, sizeof(s.id));
	return 2;
}

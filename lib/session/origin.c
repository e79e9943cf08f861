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
};

struct line {
	uint32_t audit;
	uint32_t uid;
	enum aas_origin origin;
	struct aas_proc leader;
	char boot[2 * 16 + 1];
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

/* --- a line --- */

/*
 * What follows ${key} in a line of our own writing.  In its strings each
 * quotation mark has a backslash before it, so a key, which begins with a
 * comma and a quotation mark, stands in no string.
 */
static const char *
after(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p == NULL ? "" : p + strlen(key);
}

static int
number(const char *p, uint64_t max, uint64_t *v)
{
	uint64_t got = 0;

	while (*p == ' ')
		p++;
	if (*p < '0' || *p > '9')
		return AAS_ERR_FORMAT;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (got > (UINT64_MAX - 9) / 10)
			return AAS_ERR_FORMAT;
		got = got * 10 + (uint64_t)(*p - '0');
	}
	if (got > max || (*p != ',' && *p != '}'))
		return AAS_ERR_FORMAT;
	*v = got;
	return AAS_OK;
}

static int
parse_origin(const char *p, enum aas_origin *o)
{
	static const char *const names[] = {
		[AAS_ORIGIN_WITHIN] = "within\",",
		[AAS_ORIGIN_LOCAL] = "local\",",
		[AAS_ORIGIN_REMOTE] = "remote\",",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(p, names[i], strlen(names[i])) == 0) {
			*o = (enum aas_origin)i;
			return AAS_OK;
		}
	}
	return AAS_ERR_FORMAT;
}

static int
parse(const struct aas_buf *b, struct line *l)
{
	const char *text = (const char *)b->p;
	const char *boot;
	uint64_t audit = 0, uid = 0, pid = 0;

	if (b->len < 2 || strlen(text) != b->len ||
	    strcmp(text + b->len - 2, "}\n") != 0 ||
	    strncmp(text, AAS_LEDGER_HEAD, sizeof(AAS_LEDGER_HEAD) - 1) != 0)
		return AAS_ERR_FORMAT;
	boot = after(text, ",\"boot\":\"");
	if (strlen(boot) < sizeof(l->boot) || boot[sizeof(l->boot) - 1] != '"')
		return AAS_ERR_FORMAT;
	memcpy(l->boot, boot, sizeof(l->boot) - 1);
	l->boot[sizeof(l->boot) - 1] = '\0';
	if (number(text + sizeof(AAS_LEDGER_HEAD) - 1, UINT32_MAX, &audit) !=
		0 ||
	    number(after(text, ",\"uid\":"), UINT32_MAX, &uid) != 0 ||
	    number(after(text, ",\"leader\":"), INT32_MAX, &pid) != 0 ||
	    number(after(text, ",\"start\":"), UINT64_MAX, &l->leader.start) !=
		0)
		return AAS_ERR_FORMAT;
	l->audit = (uint32_t)audit;
	l->uid = (uint32_t)uid;
	l->leader.pid = (pid_t)pid;
	return parse_origin(after(text, ",\"origin\":\""), &l->origin);
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
	return aas_proc_audit(above, &id, NULL) != AAS_OK || id != s->audit;
}

static int
is_callers(const struct seek *s, const struct line *l, int closed)
{
	if (is_above(s, &l->leader))
		return 1;
	if (s->audit == AAS_PROC_NO_AUDIT)
		return 0;
	return closed ? l->audit == s->audit : is_audit_of(s, &l->leader);
}

static unsigned
weigh(const struct seek *s, const struct line *l, int closed)
{
	if (strcmp(l->boot, s->boot) != 0 || l->origin == AAS_ORIGIN_WITHIN)
		return 0;
	if (is_callers(s, l, closed))
		return l->origin == AAS_ORIGIN_REMOTE ? REMOTE : LOCAL;
	if (l->origin != AAS_ORIGIN_REMOTE || closed)
		return 0;
	for (size_t i = 0; i < s->users_n; i++) {
		if (s->users[i] == l->uid)
			return USER;
	}
	return 0;
}

/* --- the ledger --- */

/* 1: "<id>", 2: "<id>.closed", 0: no line at all. */
static int
kind(const char *name)
{
	char id[AAS_LEDGER_ID];
	uint8_t raw[(AAS_LEDGER_ID - 1) / 2];
	size_t n = strnlen(name, AAS_LEDGER_ID - 1);

	memcpy(id, name, n);
	id[n] = '\0';
	if (aas_hex_parse(id, raw, sizeof(raw)) != AAS_OK)
		return 0;
	if (name[n] == '\0')
		return 1;
	return strcmp(name + n, ".closed") == 0 ? 2 : 0;
}

static unsigned
look_line(const struct seek *s, int dirfd, const char *name)
{
	struct aas_buf b = { NULL, 0 };
	struct line l;
	unsigned found = UNCLEAR;
	int r;

	if (kind(name) == 0)
		return 0;
	r = aas_fs_read(dirfd, name, geteuid(), 077, AAS_LEDGER_MAX, &b, NULL);
	if (r == AAS_OK && parse(&b, &l) == AAS_OK)
		found = weigh(s, &l, kind(name) == 2);
	aas_buf_free(&b);
	return found;
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
look_lines(const struct seek *s, int dirfd)
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
	rewinddir(d); /* the position is shared with the last pass */
	for (errno = 0; (e = readdir(d)) != NULL; errno = 0) {
		if (((found |= look_line(s, dirfd, e->d_name)) & REMOTE) != 0)
			break;
	}
	if (e == NULL && errno != 0)
		found |= UNCLEAR;
	(void)closedir(d);
	return found;
}

static unsigned
look_ledger(const struct seek *s, const char *rundir)
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

int
aas_origin_remote(const struct aas_origin_query *q)
{
	struct seek s = { .up_n = 0 };

	s.found = look_caller(&s, q);
	s.found |= look_ledger(&s, q->rundir);
	if ((s.found & REMOTE) != 0)
		return 1;
	if ((s.found & LOCAL) != 0 || s.users_n == 0)
		return 0;
	return (s.found & (USER | UNCLEAR)) != 0;
}

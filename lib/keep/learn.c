/*
 * What is to be known of sessions from their processes.
 *
 * 1. An audit session MUST NOT be taken for a session's own because its leader
 *    is in it: a leader inherits that of whoever started it, and one whose
 *    parent ended has process 1 above it.  It is of the user whom the kernel
 *    was told (loginuid), and of nobody else.
 *    The same holds for the scope of a login session.
 * 2. What a program of the session types on a terminal that it made MUST NOT
 *    pass for a person's typing, while the session has that of its sign-in.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/codex/is.h"
#include "lib/err.h"
#include "lib/keep/cgroup.h"
#include "lib/keep/end.h"
#include "lib/keep/learn.h"
#include "lib/keep/term.h"

int
aas_learn_audit(struct aas_kept *k)
{
	struct aas_proc_seen p;
	uint32_t own = AAS_PROC_NO_AUDIT, above = AAS_PROC_NO_AUDIT;
	uint32_t uid = AAS_PROC_NO_AUDIT;

	if (k->l.audit != AAS_PROC_NO_AUDIT || k->l.closed ||
	    (k->l.origin == AAS_ORIGIN_WITHIN && !k->l.manager) ||
	    aas_proc_see(k->l.leader.pid, &p) != AAS_OK ||
	    p.id.start != k->l.leader.start ||
	    aas_proc_audit(p.id.pid, &own, &uid) != AAS_OK ||
	    own == AAS_PROC_NO_AUDIT || uid != k->l.uid ||
	    (p.ppid > 0 && aas_proc_audit(p.ppid, &above, NULL) == AAS_OK &&
		above == own))
		return 0;
	k->l.audit = own;
	return 1;
}

int
aas_learn_audit_from(const struct aas_keep_procs *ps, struct aas_kept *k)
{
	const struct aas_keep_proc *p = NULL, *above = NULL;
	uint32_t own = AAS_PROC_NO_AUDIT, uid = AAS_PROC_NO_AUDIT;

	if (k->l.audit != AAS_PROC_NO_AUDIT || k->l.closed ||
	    (k->l.origin == AAS_ORIGIN_WITHIN && !k->l.manager))
		return 0;
	p = aas_keep_proc(ps, k->l.leader.pid);
	if (p == NULL || p->is.id.start != k->l.leader.start)
		return aas_learn_audit(k); /* younger than that look */
	above = aas_keep_proc(ps, p->is.ppid);
	if (p->audit == AAS_PROC_NO_AUDIT ||
	    (above != NULL && above->audit == p->audit) ||
	    aas_proc_audit(p->is.id.pid, &own, &uid) != AAS_OK ||
	    own != p->audit || uid != k->l.uid)
		return 0;
	k->l.audit = own;
	return 1;
}

/* Is it the first of its audit session, and left to process 1? */
static int
is_orphan(const struct aas_keep_procs *ps, const struct aas_keep_proc *p,
    const struct aas_kept *k)
{
	const struct aas_keep_proc *above = aas_keep_proc(ps, p->is.ppid);
	char path[AAS_CGROUP_MAX];
	uint32_t session = AAS_PROC_NO_AUDIT, uid = AAS_PROC_NO_AUDIT, of = 0;

	return p->audit != AAS_PROC_NO_AUDIT && p->is.ppid == 1 &&
	    p->is.id.start >= k->l.leader.start &&
	    (above == NULL || above->audit != p->audit) &&
	    aas_proc_audit(p->is.id.pid, &session, &uid) == AAS_OK &&
	    session == p->audit && uid == k->l.uid &&
	    !(aas_cgroup_of(p->is.id.pid, path) == AAS_OK &&
		aas_cgroup_manager(path, &of));
}

static int
is_known(const struct aas_book *b, uint32_t audit)
{
	for (size_t i = 0; i < b->n; i++) {
		if (b->heap[i]->l.audit == audit)
			return 1;
	}
	return 0;
}

int
aas_learn_orphan(const struct aas_keep_procs *ps, const struct aas_book *b,
    struct aas_kept *k)
{
	uint32_t found = AAS_PROC_NO_AUDIT;

	if (k->l.audit != AAS_PROC_NO_AUDIT || k->l.closed || k->l.manager ||
	    k->l.origin == AAS_ORIGIN_WITHIN)
		return 0;
	for (size_t i = 0; i < ps->n; i++) {
		const struct aas_keep_proc *p = &ps->v[i];

		if (p->audit < found && is_orphan(ps, p, k) &&
		    !is_known(b, p->audit))
			found = p->audit;
	}
	k->l.audit = found;
	return found != AAS_PROC_NO_AUDIT;
}

int
aas_learn_scope(struct aas_kept *k)
{
	char path[AAS_CGROUP_MAX], own[AAS_CGROUP_MAX], above[AAS_CGROUP_MAX];
	struct aas_proc_seen p;

	if (k->scope != NULL || k->l.audit != AAS_PROC_NO_AUDIT ||
	    k->l.closed || k->l.manager || k->l.origin == AAS_ORIGIN_WITHIN ||
	    aas_cgroup_of(k->l.leader.pid, path) != AAS_OK ||
	    !aas_cgroup_scope(path, k->l.uid, own) ||
	    aas_proc_see(k->l.leader.pid, &p) != AAS_OK ||
	    p.id.start != k->l.leader.start || p.ppid <= 0 ||
	    aas_cgroup_of(p.ppid, path) != AAS_OK ||
	    (aas_cgroup_scope(path, k->l.uid, above) &&
		strcmp(above, own) == 0))
		return 0;
	return (k->scope = strdup(own)) != NULL;
}

/* --- what a person typed -------------------------------------------------- */

#define CLIMB    64 /* parents; a user can make any number of them */
#define LINK_MAX 512

enum kind {
	KIND_NONE,  /* made by a program that runs on another terminal */
	KIND_OTHER, /* by one that runs on none: tmux, mosh, a desktop's */
	KIND_SIGNIN /* the sign-in's, of sshd or the leader: a person's */
};

struct look {
	const struct aas_keep_procs *ps;
	struct aas_kept *const *v;
	int64_t real_ms, now_ms;
	struct seen {
		enum kind kind; /* the best */
		int64_t input_ms;
	} * seen; /* by session */
};

/*
 * sshd's process of the user's rights holds its terminals, and runs the same
 * program as the leader above it.  By the links alone: to ask for the files
 * would be to wait for the file system that they are in.
 */
static int
is_same_program(pid_t a, pid_t b)
{
	char x[LINK_MAX], y[LINK_MAX];

	return aas_codex_link(a, "exe", x, sizeof(x)) != AAS_OK ||
	    aas_codex_link(b, "exe", y, sizeof(y)) != AAS_OK ||
	    strcmp(x, y) == 0;
}

/*
 * Who holds the other side of a terminal is above the process that leads it
 * (its POSIX session): that was forked to run there.
 */
static enum kind
kind_of(const struct aas_keep_procs *ps, const struct aas_kept *k,
    const struct aas_keep_proc *p)
{
	const struct aas_keep_proc *lead = aas_keep_proc(ps, k->l.leader.pid);
	const struct aas_keep_proc *q = NULL;

	if (lead != NULL && lead->is.id.start != k->l.leader.start)
		lead = NULL;
	if (lead != NULL && lead->is.tty == p->is.tty)
		return KIND_SIGNIN;
	if (p->is.session != p->is.id.pid)
		return KIND_NONE; /* who leads it tells */
	q = aas_keep_proc(ps, p->is.ppid);
	if (lead != NULL && q != NULL && q->is.tty == 0 &&
	    (q == lead ||
		(q->is.ppid == lead->is.id.pid &&
		    is_same_program(q->is.id.pid, lead->is.id.pid))))
		return KIND_SIGNIN;
	for (int i = 0; q != NULL && q->is.id.pid > 1; i++) {
		if (q->is.tty != 0 || i == CLIMB)
			return KIND_NONE;
		q = q == lead ? NULL : aas_keep_proc(ps, q->is.ppid);
	}
	return KIND_OTHER;
}

static void
note_input(void *arg, size_t i, const struct aas_keep_proc *p)
{
	struct look *l = arg;
	struct seen *s = &l->seen[i];
	int64_t real_ms = 0, at_ms = 0;
	enum kind kind =
	    p->is.tty == 0 ? KIND_NONE : kind_of(l->ps, l->v[i], p);

	if (kind == KIND_NONE || kind < s->kind ||
	    aas_term_input(p->is.tty, aas_end_owner(l->ps, l->v[i], p->is.tty),
		&real_ms) != AAS_OK)
		return;
	/* A clock that was set back makes no future. */
	at_ms = real_ms > l->real_ms ? l->now_ms
				     : l->now_ms - (l->real_ms - real_ms);
	if (at_ms < 0)
		at_ms = 0;
	if (kind > s->kind || at_ms > s->input_ms)
		*s = (struct seen){ kind, at_ms };
}

int
aas_learn_input(struct aas_keep_procs *ps, struct aas_kept *const *v, size_t n,
    int64_t real_ms, int64_t now_ms)
{
	struct look l = { ps, v, real_ms, now_ms, NULL };
	int r = AAS_ERR_NOMEM;

	if ((l.seen = calloc(n + 1, sizeof(*l.seen))) == NULL)
		return r;
	r = aas_end_each(ps, v, n, note_input, &l);
	for (size_t i = 0; r == AAS_OK && i < n; i++) {
		if (l.seen[i].kind == KIND_NONE && !v[i]->l.display)
			v[i]->t.input_ms = now_ms;
		else if (l.seen[i].kind != KIND_NONE &&
		    l.seen[i].input_ms > v[i]->t.input_ms)
			v[i]->t.input_ms = l.seen[i].input_ms;
	}
	free(l.seen);
	return r;
}

/* --- what is left --------------------------------------------------------- */

static void
count(void *arg, size_t i, const struct aas_keep_proc *p)
{
	struct aas_kept *const *v = arg;

	(void)p;
	v[i]->left++;
}

int
aas_learn_left(struct aas_keep_procs *ps, struct aas_kept *const *v, size_t n)
{
	union {
		struct aas_kept *const *v;
		void *arg;
	} u = { .v = v };

	for (size_t i = 0; i < n; i++)
		v[i]->left = 0;
	return aas_end_each(ps, v, n, count, u.arg);
}

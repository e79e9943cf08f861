/*
 * The end of sessions.
 *
 * 1. What a session left behind anywhere MUST be found again in each round:
 *    the list of a former one is worth nothing.
 * 2. A process that is not the session's MUST NOT get a signal.
 * 3. Who forks faster than we look MUST NOT win: everything is stopped before
 *    anything is killed, at sight if it has an audit session.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/codex/is.h"
#include "lib/err.h"
#include "lib/keep/alone.h"
#include "lib/keep/cgroup.h"
#include "lib/keep/end.h"
#include "lib/keep/tell.h"

#define STOPS 16 /* looks in one round until nothing new runs */

struct round {
	struct aas_keep_procs *ps;
	struct aas_kept *const *v;
	size_t n;
	int64_t now_ms, codex_ms;
	unsigned running;           /* not stopped yet */
	unsigned looks;             /* at all processes, of this round */
	struct aas_keep_stop *stop; /* at sight; room for n */
	struct aas_alone alone;
};

int
aas_end_done(const struct aas_kept *k)
{
	return k->rounds > 1 && k->empty >= 2;
}

static int
is_leader(const struct aas_kept *k, const struct aas_keep_proc *p)
{
	return p->is.id.pid == k->l.leader.pid &&
	    p->is.id.start == k->l.leader.start;
}

static int64_t
age(const struct round *r, const struct aas_kept *k)
{
	return r->now_ms - k->ended_ms;
}

/* When it is time to kill: later only where Codex had its grace. */
static int64_t
kill_ms(const struct aas_kept *k)
{
	return k->asked_ms + AAS_END_GAP_MS > AAS_END_KILL_MS
	    ? k->asked_ms + AAS_END_GAP_MS
	    : AAS_END_KILL_MS;
}

static int64_t
all_ms(const struct aas_kept *k)
{
	return kill_ms(k) + AAS_END_LEAD_MS > AAS_END_ALL_MS
	    ? kill_ms(k) + AAS_END_LEAD_MS
	    : AAS_END_ALL_MS;
}

/* Time to ask all: there is no Codex, or it has had its grace. */
static int
is_time(const struct round *r, const struct aas_kept *k)
{
	return age(r, k) >= AAS_END_SAID_MS &&
	    (k->codex == 0 || age(r, k) >= AAS_END_SAID_MS + r->codex_ms);
}

int64_t
aas_end_next_ms(
    const struct aas_kept *k, int64_t now_ms, int64_t cost_ms, int64_t codex_ms)
{
	int64_t at = now_ms + AAS_END_ROUND_MS, by = k->ended_ms;
	int64_t rested = now_ms + AAS_END_REST * cost_ms;

	if (now_ms - k->ended_ms < AAS_END_SAID_MS)
		by += AAS_END_SAID_MS;
	else if (!k->asked)
		by += AAS_END_SAID_MS + codex_ms;
	else
		by += kill_ms(k);
	/* Of ancestry alone a look that comes late is a look at less. */
	if (aas_end_audit(k) == AAS_PROC_NO_AUDIT && k->l.group[0] == '\0')
		return at;
	if (rested > by)
		rested = by;
	return rested > at ? rested : at;
}

/* --- what one process gets ------------------------------------------------ */

/* The audit session by which it was found is read again, too. */
static void
send(const struct aas_kept *k, const struct aas_keep_proc *p, int sig)
{
	uint32_t audit = aas_end_audit(k);

	(void)aas_keep_signal(
	    &p->is.id, p->audit == audit ? audit : AAS_PROC_NO_AUDIT, sig);
}

/*
 * Where only ancestry tells, it tells no more when a parent has ended: what a
 * look finds is remembered for the next.
 */
static void
remember(struct aas_kept *k, const struct aas_proc *p)
{
	struct aas_kept_procs *l = &k->next;
	size_t cap = l->cap == 0 ? 16 : 2 * l->cap;
	struct aas_proc *v = NULL;

	if (aas_end_audit(k) != AAS_PROC_NO_AUDIT)
		return;
	if (l->n == l->cap) {
		if ((v = reallocarray(l->v, cap, sizeof(*v))) == NULL)
			return;
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = *p;
}

/*
 * Once: a second time may mean something else.  A service manager sees to what
 * it started, and would read its settings anew for a SIGHUP.
 */
static void
ask(const struct aas_kept *k, const struct aas_keep_proc *p)
{
	if (k->l.manager && !is_leader(k, p))
		return;
	if (!k->l.manager)
		send(k, p, SIGHUP);
	send(k, p, SIGTERM);
	send(k, p, SIGCONT);
}

/*
 * Stopped by who traces it, in a sleep that nothing interrupts, or not to be
 * told: to look at that once more than once does not help.
 */
static int
is_still(char state)
{
	return state == 't' || state == 'D' || state == AAS_PROC_HEADLESS;
}

static void
ask_codex(void *arg, size_t i, const struct aas_keep_proc *p)
{
	const struct round *r = arg;
	struct aas_kept *k = r->v[i];

	if (k->asked || age(r, k) < AAS_END_SAID_MS ||
	    !aas_codex_native(p->is.id.pid, p->is.ppid))
		return;
	k->codex++;
	if (k->codex_asked)
		return;
	send(k, p, SIGTERM);
	send(k, p, SIGCONT);
}

static void
visit(void *arg, size_t i, const struct aas_keep_proc *p)
{
	struct round *r = arg;
	struct aas_kept *k = r->v[i];
	int64_t t = age(r, k);

	k->left++;
	remember(k, &p->is.id);
	if (!is_time(r, k) ||
	    (t < all_ms(k) && is_leader(k, p) && !k->l.manager))
		return;
	if (t < kill_ms(k) || (k->waited && !k->asked)) {
		if (!k->asked)
			ask(k, p);
	} else if (p->is.state != 'T') {
		r->running += !is_still(p->is.state) || r->looks == 1;
		send(k, p, SIGSTOP);
	}
}

static int
by_audit(const void *a, const void *b)
{
	const struct aas_keep_stop *x = a, *y = b;

	return (x->audit > y->audit) - (x->audit < y->audit);
}

/* Those that are past being asked. */
static size_t
to_stop(const struct round *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct aas_kept *k = r->v[i];

		if ((k->waited && !k->asked) || age(r, k) < kill_ms(k) ||
		    aas_end_audit(k) == AAS_PROC_NO_AUDIT)
			continue;
		r->stop[n++] = (struct aas_keep_stop){ aas_end_audit(k),
			age(r, k) < all_ms(k) && !k->l.manager ? k->l.leader.pid
							       : 0 };
	}
	if (n > 0)
		qsort(r->stop, n, sizeof(*r->stop), by_audit);
	return n;
}

/* Whether there is one among them whose processes are to be asked now. */
static int
is_asking(const struct round *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (!r->v[i]->asked && age(r, r->v[i]) >= AAS_END_SAID_MS)
			return 1;
	}
	return 0;
}

/* Who was asked in this look. */
static void
settle(const struct round *r, struct aas_kept *k)
{
	if (k->asked || age(r, k) < AAS_END_SAID_MS)
		return;
	k->codex_asked = 1;
	k->asked = is_time(r, k);
	if (k->waited)
		k->asked_ms = age(r, k);
	k->waited = !k->asked;
}

/* A look that may have missed somebody proves nothing of who was there. */
static void
keep_unseen(struct round *r, struct aas_kept *k)
{
	for (size_t i = 0; i < k->known.n; i++) {
		const struct aas_keep_proc *p =
		    aas_keep_proc(r->ps, k->known.v[i].pid);

		if ((p == NULL || p->is.id.start != k->known.v[i].start) &&
		    aas_proc_alive(&k->known.v[i])) {
			k->left++;
			remember(k, &k->known.v[i]);
		}
	}
}

/* One more look: what it finds takes the place of what the last one found. */
static int
look_again(struct round *r)
{
	int e = aas_keep_scan(r->ps, r->stop, to_stop(r));

	for (size_t i = 0; i < r->n; i++) {
		r->v[i]->left = 0;
		r->v[i]->next.n = 0;
		r->v[i]->codex = 0;
	}
	r->running = 0;
	r->looks++;
	if (e == AAS_OK)
		aas_alone_look(&r->alone, r->ps, r->v, r->n);
	if (e == AAS_OK && is_asking(r))
		e = aas_end_each(r->ps, r->v, r->n, ask_codex, r);
	if (e == AAS_OK)
		e = aas_end_each(r->ps, r->v, r->n, visit, r);
	for (size_t i = 0; e == AAS_OK && i < r->n; i++) {
		struct aas_kept_procs was = r->v[i]->known;

		if (r->ps->unsure)
			keep_unseen(r, r->v[i]);
		r->v[i]->known = r->v[i]->next;
		r->v[i]->next = was;
		settle(r, r->v[i]);
	}
	return e;
}

/*
 * The whole scope of a login session at once, where the kernel can: nothing
 * forks faster than that.
 */
static void
kill_scope(
    struct round *r, const struct aas_kept *k, const struct aas_keep_proc *p)
{
	char path[AAS_CGROUP_MAX], scope[AAS_CGROUP_MAX];

	if (aas_cgroup_of(p->is.id.pid, path) == AAS_OK &&
	    aas_cgroup_scope(path, k->l.uid, scope))
		aas_alone_kill(&r->alone, r->ps, scope);
}

static void
kill_group(struct round *r, const struct aas_kept *k)
{
	if (k->left > 0 && k->asked && age(r, k) >= all_ms(k))
		aas_alone_kill(&r->alone, r->ps, aas_end_group(k));
}

static void
kill_one(void *arg, size_t i, const struct aas_keep_proc *p)
{
	struct round *r = arg;
	const struct aas_kept *k = r->v[i];

	if (!k->asked || age(r, k) < kill_ms(k) ||
	    (is_leader(k, p) && age(r, k) < all_ms(k)))
		return;
	if (age(r, k) >= all_ms(k) && k->l.origin != AAS_ORIGIN_WITHIN &&
	    (is_leader(k, p) ||
		(aas_end_audit(k) != AAS_PROC_NO_AUDIT &&
		    p->audit == aas_end_audit(k))))
		kill_scope(r, k, p);
	send(k, p, SIGKILL);
}

/* --- a round -------------------------------------------------------------- */

static int
stop_all(struct round *r)
{
	int e = look_again(r);

	for (unsigned i = 0; e == AAS_OK && r->running > 0 && i < STOPS; i++)
		e = look_again(r);
	return e;
}

/* Those whose end begins with this round. */
static int
tell_new(struct round *r)
{
	struct aas_kept **fresh = calloc(r->n + 1, sizeof(struct aas_kept *));
	size_t n = 0;
	int e = AAS_ERR_NOMEM;

	if (fresh == NULL)
		return e;
	for (size_t i = 0; i < r->n; i++) {
		if (r->v[i]->rounds == 0 && r->v[i]->why != AAS_KEEP_LAST)
			fresh[n++] = r->v[i];
	}
	e = n == 0 ? AAS_OK : aas_tell(r->ps, fresh, n, aas_tell_end);
	free(fresh);
	return e;
}

int
aas_end_round(struct aas_keep_procs *ps, struct aas_kept *const *v, size_t n,
    int64_t now_ms, int64_t codex_ms, const struct aas_book *others)
{
	struct round *r = calloc(1, sizeof(*r));
	int e = AAS_ERR_NOMEM;

	if (r == NULL)
		return e;
	*r = (struct round){ .ps = ps,
		.v = v,
		.n = n,
		.now_ms = now_ms,
		.codex_ms = codex_ms,
		.alone = { .book = others } };
	if ((r->stop = calloc(n + 1, sizeof(*r->stop))) == NULL)
		goto out;
	if ((e = stop_all(r)) != AAS_OK || (e = tell_new(r)) != AAS_OK ||
	    (e = aas_end_each(ps, v, n, kill_one, r)) != AAS_OK)
		goto out;
	for (size_t i = 0; i < n; i++) {
		kill_group(r, v[i]);
		v[i]->rounds++;
		if (v[i]->left != 0)
			v[i]->empty = 0;
		else if (!ps->unsure)
			v[i]->empty++;
	}
out:
	aas_alone_free(&r->alone);
	free(r->stop);
	free(r);
	return e;
}

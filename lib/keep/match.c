/*
 * Which process belongs to which session: by its audit session, and by who it
 * stems from.
 *
 * 1. The audit session 4294967295 MUST NOT match: it is everyone without one.
 * 2. What a user can arrange (a thousand generations of children) MUST NOT
 *    cost more than the number of processes.
 */
#include <stdlib.h>

#include "lib/err.h"
#include "lib/keep/procs.h"

#define OPEN (UINT32_MAX - 1) /* in up: not known yet */
#define WAY  (UINT32_MAX - 2) /* and being looked for */

struct mark {
	uint64_t key;
	size_t session;
};

static int
by_key(const void *a, const void *b)
{
	const struct mark *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->session > y->session) - (x->session < y->session);
}

/* The first of those with that key; n if there is none. */
static size_t
first(const struct mark *m, size_t n, uint64_t key)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m[mid].key < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && m[lo].key == key ? lo : n;
}

struct match {
	struct aas_keep_procs *ps;
	const struct aas_keep_who *who;
	struct mark *audits,
	    *leaders; /* leaders: by the place of the process */
	size_t audits_n, leaders_n;
	size_t *told; /* by session: the last process, and one */
	aas_keep_found *each;
	void *arg;
};

static void
prepare(struct match *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct aas_keep_who *w = &m->who[i];
		uint32_t at = aas_keep_find(m->ps, w->leader.pid);

		if (w->audit != AAS_PROC_NO_AUDIT)
			m->audits[m->audits_n++] =
			    (struct mark){ w->audit, w->session };
		if (at != AAS_KEEP_NONE &&
		    m->ps->v[at].is.id.start == w->leader.start)
			m->leaders[m->leaders_n++] =
			    (struct mark){ at, w->session };
	}
	if (m->audits_n > 0)
		qsort(m->audits, m->audits_n, sizeof(*m->audits), by_key);
	if (m->leaders_n > 0)
		qsort(m->leaders, m->leaders_n, sizeof(*m->leaders), by_key);
}

/*
 * The nearest leader above process i, which is none itself.  The way there is
 * walked twice, so that each process is passed a bounded number of times.
 */
static uint32_t
up(struct aas_keep_procs *ps, uint32_t i)
{
	uint32_t at = i, got = AAS_KEEP_NONE, next = AAS_KEEP_NONE;

	while (at != AAS_KEEP_NONE && ps->v[at].up == OPEN) {
		ps->v[at].up = WAY;
		at = aas_keep_find(ps, ps->v[at].is.ppid);
	}
	if (at != AAS_KEEP_NONE && ps->v[at].up != WAY)
		got = ps->v[at].up;
	for (at = i; at != AAS_KEEP_NONE && ps->v[at].up == WAY; at = next) {
		next = aas_keep_find(ps, ps->v[at].is.ppid);
		ps->v[at].up = got;
	}
	return got;
}

/* Who is below which leader, for all. */
static void
climb(struct match *m)
{
	struct aas_keep_procs *ps = m->ps;

	for (size_t i = 0; i < ps->n; i++)
		ps->v[i].up = OPEN;
	for (size_t i = 0; i < m->leaders_n; i++)
		ps->v[m->leaders[i].key].up = (uint32_t)m->leaders[i].key;
	for (uint32_t i = 0; i < ps->n; i++)
		(void)up(ps, i);
}

/*
 * Does the next leader above lead that session, too?  It has to be the older
 * one, so that of a circle one remains.
 */
static int
is_below(const struct match *m, const struct mark *l)
{
	const struct aas_keep_proc *p = &m->ps->v[l->key], *q = NULL;
	uint32_t above = aas_keep_find(m->ps, p->is.ppid);
	struct mark key = { AAS_KEEP_NONE, l->session };

	if (above != AAS_KEEP_NONE)
		key.key = m->ps->v[above].up;
	if (key.key >= m->ps->n)
		return 0;
	q = &m->ps->v[key.key];
	return (q->is.id.start < p->is.id.start ||
		   (q->is.id.start == p->is.id.start && key.key < l->key)) &&
	    bsearch(&key, m->leaders, m->leaders_n, sizeof(key), by_key) !=
	    NULL;
}

/*
 * Where every process of a session is a leader of it, one below the other,
 * those above suffice.  Returns how many are left in rest.
 */
static size_t
topmost(const struct match *m, struct mark *rest)
{
	size_t n = 0;

	for (size_t i = 0; i < m->leaders_n; i++) {
		if (!is_below(m, &m->leaders[i]))
			rest[n++] = m->leaders[i];
	}
	return n;
}

static void
tell(const struct match *m, const struct mark *marks, size_t n, uint64_t key,
    uint32_t i)
{
	for (size_t k = first(marks, n, key); k < n && marks[k].key == key;
	     k++) {
		size_t session = marks[k].session;

		if (m->told[session] == (size_t)i + 1)
			continue;
		m->told[session] = (size_t)i + 1;
		m->each(m->arg, session, &m->ps->v[i]);
	}
}

static void
match_one(const struct match *m, uint32_t i)
{
	const struct aas_keep_proc *p = &m->ps->v[i];
	uint32_t at = p->up;

	if (p->audit != AAS_PROC_NO_AUDIT)
		tell(m, m->audits, m->audits_n, p->audit, i);
	/* What was read at different times may go round in a circle. */
	for (size_t k = 0; k < m->leaders_n && at < m->ps->n; k++) {
		uint32_t above = aas_keep_find(m->ps, m->ps->v[at].is.ppid);

		tell(m, m->leaders, m->leaders_n, at, i);
		at =
		    above != AAS_KEEP_NONE ? m->ps->v[above].up : AAS_KEEP_NONE;
	}
}

int
aas_keep_each(struct aas_keep_procs *ps, const struct aas_keep_who *who,
    size_t n, size_t sessions, aas_keep_found *each, void *arg)
{
	struct match m = { .ps = ps, .who = who, .each = each, .arg = arg };
	struct mark *rest = NULL, *was = NULL;
	int r = AAS_ERR_NOMEM;

	if (n == 0 || sessions == 0)
		return AAS_OK;
	rest = calloc(n, sizeof(*rest));
	m.told = calloc(sessions, sizeof(*m.told));
	m.audits = calloc(n, sizeof(*m.audits));
	m.leaders = calloc(n, sizeof(*m.leaders));
	if (rest == NULL || m.told == NULL || m.audits == NULL ||
	    m.leaders == NULL)
		goto out;
	prepare(&m, n);
	climb(&m);
	m.leaders_n = topmost(&m, rest);
	was = m.leaders;
	m.leaders = rest;
	rest = was;
	climb(&m);
	for (uint32_t i = 0; i < ps->n; i++)
		match_one(&m, i);
	r = AAS_OK;
out:
	free(rest);
	free(m.told);
	free(m.audits);
	free(m.leaders);
	return r;
}

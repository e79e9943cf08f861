/*
 * Sessions within others: when they end.
 *
 * 1. What is told of a session's end MUST NOT be later than that of one that it
 *    was opened in: it ends with that.
 */
#include <stdlib.h>

#include "lib/err.h"
#include "lib/keep/end.h"
#include "aasd/within.h"

struct leader {
	struct aas_proc is;
	const struct aas_kept *of;
	struct aasd_outer *out;
};

struct look {
	struct aas_kept *const *v; /* those that may be around */
	struct leader *leaders;    /* of those that may be within, by pid */
	size_t n;
	int64_t now_ms;
};

int64_t
aasd_within_end_ms(const struct aas_kept *s, int64_t now_ms)
{
	if (s->why != AAS_KEEP_GOES_ON)
		return now_ms;
	return s->t.session_ms == 0 || s->l.manager
	    ? INT64_MAX
	    : s->t.opened_ms + s->t.session_ms;
}

static int
by_pid(const void *a, const void *b)
{
	const struct leader *x = a, *y = b;

	return (x->is.pid > y->is.pid) - (x->is.pid < y->is.pid);
}

/* What a process of session i leads was opened in that session. */
static void
around(void *arg, size_t i, const struct aas_keep_proc *p)
{
	const struct look *l = arg;
	const struct leader key = { .is = p->is.id };
	const struct leader *at =
	    bsearch(&key, l->leaders, l->n, sizeof(key), by_pid);
	int64_t end_ms = aasd_within_end_ms(l->v[i], l->now_ms);

	while (at != NULL && at > l->leaders && by_pid(at - 1, &key) == 0)
		at--;
	for (; at != NULL && at < l->leaders + l->n && by_pid(at, &key) == 0;
	     at++) {
		if (at->of == l->v[i] || at->is.start != p->is.id.start ||
		    end_ms >= at->out->end_ms)
			continue;
		at->out->end_ms = end_ms;
		at->out->in = l->v[i];
	}
}

static int
look_around(struct aasd_keep *k, struct look *l)
{
	const struct aas_book *b = &k->book;
	struct aas_keep_who *who = calloc(b->n + 1, sizeof(*who));
	int r = AAS_ERR_NOMEM;

	if (who == NULL)
		return r;
	for (size_t i = 0; i < b->n; i++)
		who[i] = (struct aas_keep_who){ i, b->heap[i]->l.leader,
			aas_end_audit(b->heap[i]) };
	r = aas_keep_each(&k->procs, who, b->n, b->n, around, l);
	free(who);
	return r;
}

int
aasd_within_look(struct aasd_keep *k, struct aas_kept *const *v, size_t n,
    int64_t now_ms, struct aasd_outer *out)
{
	struct look l = { .v = k->book.heap, .now_ms = now_ms };
	int r = AAS_OK;

	if ((l.leaders = calloc(n + 1, sizeof(*l.leaders))) == NULL)
		return AAS_ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		out[i] = (struct aasd_outer){ NULL,
			aasd_within_end_ms(v[i], now_ms) };
		if (v[i]->l.origin == AAS_ORIGIN_WITHIN && !v[i]->l.manager &&
		    !v[i]->l.closed)
			l.leaders[l.n++] =
			    (struct leader){ v[i]->l.leader, v[i], &out[i] };
	}
	if (l.n > 0) {
		qsort(l.leaders, l.n, sizeof(*l.leaders), by_pid);
		r = look_around(k, &l);
	}
	free(l.leaders);
	return r;
}

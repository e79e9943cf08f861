/*
 * Which lines of the ledger tell nothing any more.
 *
 * 1. A line MUST NOT go while a process of its session may be there.
 */
#include <stdlib.h>

#include "lib/err.h"
#include "lib/keep/learn.h"
#include "aasd/ends.h"
#include "aasd/keep.h"
#include "aasd/keep_due.h"
#include "aasd/ledger.h"

/* 1: no other session of that user ends as late. */
static int
is_latest(const struct aas_book *b, const struct aas_kept *s)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct aas_kept *o = b->heap[i];

		if (o != s && o->l.uid == s->l.uid && !o->l.manager &&
		    o->l.origin != AAS_ORIGIN_WITHIN &&
		    (o->t.session_ms == 0 ||
			o->t.opened_ms + o->t.session_ms >
			    s->t.opened_ms + s->t.session_ms))
			return 0;
	}
	return 1;
}

/*
 * What a session left to a manager that lingers is still to end: the line of
 * the one that ends last stays until then.  Those that may go remain in v.
 */
static size_t
but_lingering(const struct aasd_keep *k, struct aas_kept **v, size_t n)
{
	uint32_t uid = 0;

	for (size_t i = 0; n > 0 && i < k->procs.n; i++) {
		size_t rest = 0;

		if (!aasd_ends_manager(&k->procs.v[i], &uid))
			continue;
		for (size_t j = 0; j < n; j++) {
			if (v[j]->l.uid != uid || v[j]->t.session_ms == 0 ||
			    v[j]->l.origin == AAS_ORIGIN_WITHIN ||
			    v[j]->l.manager || !is_latest(&k->book, v[j]))
				v[rest++] = v[j];
		}
		n = rest;
	}
	return n;
}

void
aasd_keep_tick(struct aasd_keep *k)
{
	struct aas_kept **v = calloc(k->book.n + 1, sizeof(struct aas_kept *));
	size_t n = 0;
	int by_look =
	    k->book.n >= AASD_KEEP_MANY && aasd_keep_look(k) == AAS_OK;

	for (size_t i = 0; v != NULL && i < k->book.n; i++) {
		struct aas_kept *s = k->book.heap[i];

		if (s->why != AAS_KEEP_GOES_ON)
			continue;
		aasd_keep_learn(k, s, by_look);
		if (s->l.closed || !aasd_keep_alive(k, s, by_look))
			v[n++] = s;
	}
	k->looked_ms = 0; /* pids may have begun anew: twice */
	for (int look = 0; look < 2 && n > 0; look++) {
		size_t rest = 0;

		if (aas_keep_scan(&k->procs, NULL, 0) != AAS_OK ||
		    k->procs.unsure ||
		    aas_learn_left(&k->procs, v, n) != AAS_OK)
			n = 0;
		for (size_t i = 0; i < n; i++) {
			if (v[i]->left == 0)
				v[rest++] = v[i];
		}
		n = rest;
	}
	n = but_lingering(k, v, n);
	for (size_t i = 0; i < n; i++)
		aasd_ledger_drop(k, v[i]);
	free(v);
	aasd_signout_again(k);
	aasd_keep_arm(k);
}

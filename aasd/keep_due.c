/*
 * What is due in sessions: who is told, who is idle, whose time is over.
 *
 * 1. The work of one wake-up MUST NOT grow with the number of sessions that
 *    are not due, but by a step of a heap.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/keep/alone.h"
#include "lib/keep/end.h"
#include "lib/keep/learn.h"
#include "lib/keep/tell.h"
#include "lib/log.h"
#include "aasd/ctl.h"
#include "aasd/ends.h"
#include "aasd/keep.h"
#include "aasd/keep_due.h"
#include "aasd/ledger.h"

#define LEARN_MS 2000 /* pam_loginuid(8) comes after the line was written */

int
aasd_keep_alive(
    const struct aasd_keep *k, const struct aas_kept *s, int by_look)
{
	const struct aas_keep_proc *p =
	    by_look ? aas_keep_proc(&k->procs, s->l.leader.pid) : NULL;

	return (p != NULL && p->is.id.start == s->l.leader.start) ||
	    aas_proc_alive(&s->l.leader);
}

void
aasd_keep_learn(struct aasd_keep *k, struct aas_kept *s, int by_look)
{
	int now =
	    by_look ? aas_learn_audit_from(&k->procs, s) : aas_learn_audit(s);

	if (!now && s->l.audit == AAS_PROC_NO_AUDIT && !s->l.closed &&
	    !aasd_keep_alive(k, s, by_look) && aasd_keep_look(k) == AAS_OK)
		now = aas_learn_orphan(&k->procs, &k->book, s);
	/* A list may have learned it before us. */
	if (!now &&
	    (s->noted || s->l.closed || s->l.audit == AAS_PROC_NO_AUDIT))
		return;
	aasd_ledger_note_audit(k, s);
	s->noted = 1;
}

/* Everything that is due; those that want a look at terminals to w->v. */
static void
sort_out(struct wake *w, struct aas_kept *s)
{
	int64_t now_ms = w->now.boottime_ms;
	struct aas_keep_due d;

	/* A container may have several ids for one boot. */
	if (strcmp(s->l.boot, w->k->boot) != 0 &&
	    !aas_proc_alive(&s->l.leader)) {
		aasd_ledger_drop(w->k, s);
		return;
	}
	if (aasd_signout_wants(w->k, s, w->now.real_s)) {
		w->out[w->out_n++] = s;
		aas_book_due(&w->k->book, s, INT64_MAX);
		return;
	}
	aasd_keep_learn(w->k, s, w->by_look);
	if (s->l.audit == AAS_PROC_NO_AUDIT &&
	    access(AASD_CTL_BOOTED, F_OK) == 0 && aas_learn_scope(s))
		aasd_ledger_note_scope(w->k, s);
	d = aas_keep_due(&s->t, now_ms);
	if (s->l.manager)
		d = (struct aas_keep_due){ AAS_KEEP_WAIT, INT64_MAX, 0 };
	if (d.act == AAS_KEEP_END) {
		aasd_ends_begin(s,
		    s->lease_ms != 0 && s->lease_ms <= now_ms ? AAS_KEEP_LEASE
							      : AAS_KEEP_LIMIT,
		    now_ms);
		d.at_ms = now_ms;
	} else if (d.act != AAS_KEEP_WAIT) {
		w->v[w->n++] = s;
		d.at_ms = INT64_MAX; /* is set when that was looked at */
	} else if (s->l.audit == AAS_PROC_NO_AUDIT && !s->l.closed &&
	    now_ms < s->t.opened_ms + LEARN_MS &&
	    d.at_ms > s->t.opened_ms + LEARN_MS) {
		d.at_ms = s->t.opened_ms + LEARN_MS;
	}
	aas_book_due(&w->k->book, s, d.at_ms);
}

/* What it comes to by what is known now. */
static enum aas_keep_act
settle_one(struct wake *w, struct aas_kept *s)
{
	int64_t now_ms = w->now.boottime_ms;
	struct aas_keep_due d = aas_keep_due(&s->t, now_ms);
	enum aas_keep_act act = d.act;

	if (act == AAS_KEEP_TELL)
		s->t.told_ms = d.left_ms;
	else if (act == AAS_KEEP_TELL_IDLE)
		s->t.idle_told_ms = s->t.input_ms;
	else if (act == AAS_KEEP_END_IDLE)
		aasd_ends_begin(s, AAS_KEEP_IDLE, now_ms);
	if (s->why != AAS_KEEP_GOES_ON)
		d.at_ms = now_ms;
	else if (act != AAS_KEEP_WAIT)
		d = aas_keep_due(&s->t, now_ms);
	aas_book_due(&w->k->book, s, d.at_ms);
	return act;
}

/* Those that are to be told, or may be idle: by what people typed. */
static void
settle(struct wake *w)
{
	struct aas_alone alone = { .book = &w->k->book };
	size_t soon = 0, idle = 0;
	int r;

	w->n = aasd_hints_sift(
	    &w->k->hints, &w->k->book, w->v, w->n, w->now.boottime_ms);
	if (w->n == 0)
		return;
	if ((r = aasd_keep_look(w->k)) == AAS_OK) {
		aas_alone_look(&alone, &w->k->procs, w->v, w->n);
		r = aas_learn_input(&w->k->procs, w->v, w->n,
		    w->now.real_s * 1000, w->now.boottime_ms);
	}
	aas_alone_free(&alone);
	if (r != AAS_OK) {
		for (size_t i = 0; i < w->n; i++)
			aas_book_due(&w->k->book, w->v[i],
			    w->now.boottime_ms + AASD_KEEP_FRESH_MS);
		return;
	}
	for (size_t i = 0; i < w->n; i++) {
		enum aas_keep_act act = settle_one(w, w->v[i]);

		if (act == AAS_KEEP_TELL)
			w->some[soon++] = w->v[i];
		else if (act == AAS_KEEP_TELL_IDLE)
			w->some[w->cap - ++idle] = w->v[i];
	}
	(void)aas_tell(&w->k->procs, w->some, soon, aas_tell_soon);
	(void)aas_tell(
	    &w->k->procs, w->some + w->cap - idle, idle, aas_tell_idle);
}

/*
 * All that is due now; the second time what is ending alone.  What goes on and
 * is due again, as it is idle, too, waits for the next wake-up: each is sorted
 * out once.
 */
static void
collect(struct wake *w, int again)
{
	struct aas_book *b = &w->k->book;
	struct aas_kept *s = NULL;
	unsigned sorted = 0;

	while ((s = aas_book_first(b)) != NULL &&
	    s->due_ms <= w->now.boottime_ms) {
		if (s->why == AAS_KEEP_GOES_ON && again) {
			aas_book_due(b, s, w->now.boottime_ms + 1);
			continue;
		}
		if (s->why == AAS_KEEP_GOES_ON) {
			if (++sorted == AASD_KEEP_MANY)
				w->by_look = aasd_keep_look(w->k) == AAS_OK;
			sort_out(w, s);
			continue;
		}
		w->ends[w->ends_n++] = s;
		aas_book_due(b, s, w->now.boottime_ms + AAS_END_ROUND_MS);
	}
}

int
aasd_keep_due(struct aasd_keep *k)
{
	struct wake w = { .k = k, .cap = k->book.n };
	struct aas_kept **all =
	    calloc(4 * (k->book.n + 1), sizeof(struct aas_kept *));

	if (all == NULL || aas_clock_boot(&w.now) != AAS_OK) {
		aas_log(LOG_ERR, "event=sessions-not-ended why=\"%s\"",
		    strerror(errno));
		free(all);
		return -1;
	}
	w.v = all;
	w.ends = w.v + w.cap + 1;
	w.some = w.ends + w.cap + 1;
	w.out = w.some + w.cap + 1;
	collect(&w, 0);
	aasd_signout_begin(&w);
	settle(&w);
	collect(&w, 1);
	aasd_ends_round(&w);
	free(all);
	return 0;
}

/*
 * Sessions that are ending: round by round, and a user's service manager with
 * the last of them.
 *
 * 1. A line of the ledger MUST NOT go while a process of its session may be
 *    there, or the service manager that ends with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "lib/err.h"
#include "lib/keep/cgroup.h"
#include "lib/keep/end.h"
#include "lib/log.h"
#include "aasd/ends.h"
#include "aasd/ledger.h"

void
aasd_ends_begin(struct aas_kept *s, enum aas_keep_why why, int64_t now_ms)
{
	s->why = why;
	s->ended_ms = now_ms;
	s->rounds = s->empty = 0;
}

/* How many sessions a user has that go on. */
struct user {
	uint32_t uid;
	int goes_on, manager;
};

static int
by_uid(const void *a, const void *b)
{
	const struct user *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

/* The users of those sessions whose end has just begun. */
static size_t
users_of(const struct wake *w, struct user *u)
{
	size_t n = 0, rest = 0;

	for (size_t i = 0; i < w->ends_n; i++) {
		const struct aas_kept *s = w->ends[i];

		if (s->rounds <= 1 && !s->l.manager &&
		    s->l.origin != AAS_ORIGIN_WITHIN)
			u[n++] = (struct user){ s->l.uid, 0, 0 };
	}
	if (n > 0)
		qsort(u, n, sizeof(*u), by_uid);
	for (size_t i = 0; i < n; i++) {
		if (rest == 0 || u[rest - 1].uid != u[i].uid)
			u[rest++] = u[i];
	}
	return rest;
}

static struct user *
user_of(const struct aas_kept *s, struct user *u, size_t n)
{
	const struct user key = { s->l.uid, 0, 0 };

	return bsearch(&key, u, n, sizeof(*u), by_uid);
}

static void
end_found(struct wake *w, uint32_t uid, const struct aas_keep_proc *p)
{
	struct aas_ledger_line l = { .audit = p->audit,
		.uid = uid,
		.origin = AAS_ORIGIN_WITHIN,
		.manager = 1,
		.leader = p->is.id };
	struct aas_kept *s = NULL;
	char id[AAS_LEDGER_ID];

	memcpy(l.boot, w->k->boot, sizeof(l.boot));
	(void)snprintf(id, sizeof(id), "%08lx%08lx", (unsigned long)uid,
	    (unsigned long)p->is.id.pid);
	if (aas_book_put(&w->k->book, id, &l, "{}", &s) != AAS_OK ||
	    s->why != AAS_KEEP_GOES_ON)
		return;
	aasd_ends_begin(s, AAS_KEEP_LAST, w->now.boottime_ms);
	aas_book_due(&w->k->book, s, w->now.boottime_ms);
}

int
aasd_ends_manager(const struct aas_keep_proc *p, uint32_t *uid)
{
	char path[AAS_CGROUP_MAX];

	return p->is.ppid == 1 && aas_cgroup_of(p->is.id.pid, path) == AAS_OK &&
	    aas_cgroup_manager(path, uid);
}

/*
 * Managers of users where our session line is not in their PAM stack: all that
 * could be one.  A program of the user's can look like it, so that ending the
 * first alone would leave the manager.
 */
static void
find_managers(struct wake *w, struct user *u, size_t n)
{
	struct user key = { 0, 0, 0 };
	struct user *of = NULL;

	for (size_t i = 0; i < w->k->procs.n; i++) {
		const struct aas_keep_proc *p = &w->k->procs.v[i];

		if (!aasd_ends_manager(p, &key.uid))
			continue;
		of = bsearch(&key, u, n, sizeof(*u), by_uid);
		if (of != NULL && !of->goes_on && !of->manager)
			end_found(w, key.uid, p);
	}
}

/*
 * A user's service manager has another audit session and control group than
 * the user's sessions: it ends with the last of them.
 */
static void
end_managers(struct wake *w)
{
	struct aas_book *b = &w->k->book;
	struct user *u = calloc(w->ends_n + 1, sizeof(*u));
	size_t n = u == NULL ? 0 : users_of(w, u);
	size_t some = 0;

	for (size_t i = 0; n > 0 && i < b->n; i++) {
		struct aas_kept *s = b->heap[i];
		struct user *of = user_of(s, u, n);

		if (of == NULL || s->why != AAS_KEEP_GOES_ON)
			continue;
		if (s->l.manager)
			w->some[some++] = s;
		else if (s->l.origin != AAS_ORIGIN_WITHIN)
			of->goes_on = 1;
	}
	for (size_t i = 0; i < some; i++) {
		struct user *of = user_of(w->some[i], u, n);

		if (of == NULL)
			continue;
		of->manager = 1;
		if (of->goes_on)
			continue;
		aasd_ends_begin(w->some[i], AAS_KEEP_LAST, w->now.boottime_ms);
		aas_book_due(b, w->some[i], w->now.boottime_ms);
	}
	if (n > 0)
		find_managers(w, u, n);
	free(u);
}

const char *
aasd_ends_why(enum aas_keep_why why)
{
	switch (why) {
	case AAS_KEEP_LIMIT:
		return "limit";
	case AAS_KEEP_IDLE:
		return "idle";
	case AAS_KEEP_ASKED:
		return "asked";
	case AAS_KEEP_LEASE:
		return "lease";
	case AAS_KEEP_LAST:
		return "last-session";
	case AAS_KEEP_ENROLLED:
		return "enrolled";
	case AAS_KEEP_RECOVERED:
		return "recovered";
	case AAS_KEEP_LOCKED:
		return "locked";
	case AAS_KEEP_KEY:
		return "key-gone";
	case AAS_KEEP_GOES_ON:
	default:
		return NULL;
	}
}

/* Has the user a session that is not being ended? */
static int
goes_on(const struct aas_book *b, uint32_t uid)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct aas_kept *s = b->heap[i];

		if (s->l.uid == uid && s->why == AAS_KEEP_GOES_ON &&
		    !s->l.manager && s->l.origin != AAS_ORIGIN_WITHIN)
			return 1;
	}
	return 0;
}

static void
finish(struct wake *w, struct aas_kept *s)
{
	aas_log(LOG_NOTICE,
	    "event=session-ended id=%s uid=%lu why=%s by=\"%s\" took_ms=%lld",
	    s->id, (unsigned long)s->l.uid, aasd_ends_why(s->why), s->by,
	    (long long)(w->now.boottime_ms - s->ended_ms));
	if (s->l.manager)
		aasd_managers_ended(&w->k->managers, s->l.uid,
		    goes_on(&w->k->book, s->l.uid), w->now.boottime_ms);
	else
		aasd_ledger_ended(w->k, s, aasd_ends_why(s->why));
	aasd_ledger_drop(w->k, s);
}

/* Longer each time: what does not end may be there for days. */
static int64_t
slowly(int64_t late_ms)
{
	return late_ms < 10 * AAS_END_SLOW_MS ? AAS_END_SLOW_MS
	    : late_ms < AAS_END_REST_MS * 10  ? late_ms / 10
					      : AAS_END_REST_MS;
}

static int
by_owner(const void *a, const void *b)
{
	const struct aas_kept *x = *(struct aas_kept *const *)a;
	const struct aas_kept *y = *(struct aas_kept *const *)b;

	return (x->l.uid > y->l.uid) - (x->l.uid < y->l.uid);
}

/* The managers that are ending to w->some, by user. */
static void
note_managers(struct wake *w)
{
	const struct aas_book *b = &w->k->book;

	w->managers_n = 0;
	for (size_t i = 0; i < b->n && w->managers_n < w->cap; i++) {
		if (b->heap[i]->why == AAS_KEEP_LAST)
			w->some[w->managers_n++] = b->heap[i];
	}
	if (w->managers_n > 0)
		qsort(w->some, w->managers_n, sizeof(*w->some), by_owner);
}

/*
 * The line of a session says that the manager of its user is to end, to who
 * comes after us, too: it stays as long as that one does.
 */
static int
holds_manager(const struct wake *w, const struct aas_kept *s)
{
	const struct aas_kept *const key = s;

	return !s->l.manager && s->l.origin != AAS_ORIGIN_WITHIN &&
	    w->managers_n > 0 &&
	    bsearch(&key, w->some, w->managers_n, sizeof(*w->some), by_owner) !=
	    NULL;
}

static void
after_round(struct wake *w, struct aas_kept *s, int64_t cost_ms)
{
	int64_t now_ms = w->now.boottime_ms;
	int late = now_ms - s->ended_ms >= AAS_END_LATE_MS;

	if (aas_end_done(s) && !holds_manager(w, s)) {
		finish(w, s);
		return;
	}
	if (late && !s->told_left && !aas_end_done(s)) {
		s->told_left = 1;
		aas_log(LOG_WARNING,
		    "event=session-outlived id=%s uid=%lu processes=%u", s->id,
		    (unsigned long)s->l.uid, s->left);
	}
	aas_book_due(&w->k->book, s,
	    late ? now_ms + slowly(now_ms - s->ended_ms)
		 : aas_end_next_ms(s, now_ms, cost_ms, w->k->codex_ms));
}

/*
 * That nobody typed is told by a terminal that is gone when another looks: it
 * is noted before anything happens.
 */
static void
begin_one(struct wake *w, struct aas_kept *s)
{
	if (s->why == AAS_KEEP_IDLE)
		aasd_ledger_note_end(w->k, s);
	aasd_leases_stop(&w->k->leases, s);
}

void
aasd_ends_round(struct wake *w)
{
	struct aasd_keep *k = w->k;
	struct aas_now then;
	int64_t cost_ms = 0;
	int r;

	if (w->ends_n == 0)
		return;
	k->looked_ms = 0;
	for (size_t i = 0; i < w->ends_n; i++) {
		if (w->ends[i]->rounds == 0)
			begin_one(w, w->ends[i]);
	}
	if (aas_clock_boot(&then) == AAS_OK)
		cost_ms = -then.boottime_ms;
	r = aas_end_round(&k->procs, w->ends, w->ends_n, w->now.boottime_ms,
	    k->codex_ms, &k->book);
	cost_ms = cost_ms != 0 && aas_clock_boot(&then) == AAS_OK
	    ? cost_ms + then.boottime_ms
	    : 0;
	if (r != AAS_OK)
		aas_log(LOG_ERR,
		    "event=sessions-not-ended count=%zu why=\"%s\"", w->ends_n,
		    aas_strerror(r));
	else
		end_managers(w);
	note_managers(w);
	for (size_t i = 0; i < w->ends_n; i++) {
		if (w->ends[i]->l.manager)
			continue;
		after_round(w, w->ends[i], cost_ms);
		w->ends[i] = NULL;
	}
	for (size_t i = 0; i < w->ends_n; i++) {
		if (w->ends[i] != NULL)
			after_round(w, w->ends[i], cost_ms);
	}
}

/*
 * Signed out everywhere: sessions that an entry of their user's record ends.
 *
 * Each line of the ledger says under which entry its session was opened, so
 * that nothing has to be remembered here: after any crash the same sessions
 * are found again, and one that the enrolling sign-in itself opened is not.
 *
 * 1. A session that was opened before an entry that signs out MUST end,
 *    whoever appended it, and whether or not this ran then.
 * 2. What cannot be read MUST NOT end anything: a record that is broken lets
 *    nobody in, and is told elsewhere.
 */
#include <sys/epoll.h>
#include <sys/inotify.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/keep/learn.h"
#include "lib/log.h"
#include "lib/record/record.h"
#include "lib/session/reauth.h"
#include "aasd/ends.h"
#include "aasd/grantor.h"
#include "aasd/signout.h"

#define AFTER_MS 700 /* the one that somebody typed in: after the others */

/* --- which ---------------------------------------------------------------- */

static enum aas_keep_why
why_of(unsigned type)
{
	switch (type) {
	case AAS_T_GENESIS:
		return AAS_KEEP_ENROLLED;
	case AAS_T_RECOVERY_FINISH:
		return AAS_KEEP_RECOVERED;
	default:
		return AAS_KEEP_LOCKED;
	}
}

static int
is_active(const struct aas_index *ix, const uint8_t id[AAS_LEDGER_KEY])
{
	for (unsigned k = 0; k < ix->keys_n; k++) {
		if (ix->keys[k].active != 0 &&
		    memcmp(ix->keys[k].id, id, AAS_LEDGER_KEY) == 0)
			return 1;
	}
	return 0;
}

/* Do the keys that opened it count, each of them? */
static int
has_keys(const struct aas_index *ix, const struct aas_kept *s)
{
	for (unsigned k = 0; k < s->l.keys_n; k++) {
		if (!is_active(ix, s->l.key_id[k]))
			return 0;
	}
	return 1;
}

enum aas_keep_why
aasd_signout_why(const struct aas_index *ix, const struct aas_kept *s)
{
	/* Nothing counts yet, and the keys of before are another record's. */
	if (ix->state == AAS_ST_HELD)
		return AAS_KEEP_GOES_ON;
	if (s->l.seq < ix->out_seq)
		return why_of(ix->out_type);
	return has_keys(ix, s) ? AAS_KEEP_GOES_ON : AAS_KEEP_KEY;
}

/* The name in a line of our own writing. */
static int
user_of(const struct aas_kept *s, char name[AAS_USER_MAX])
{
	json_t *j = json_loads(s->text, JSON_REJECT_DUPLICATES, NULL);
	const char *user = json_string_value(json_object_get(j, "user"));
	int r = AAS_ERR_FORMAT;

	if (user != NULL && aas_user_valid(user)) {
		(void)snprintf(name, AAS_USER_MAX, "%s", user);
		r = AAS_OK;
	}
	json_decref(j);
	return r;
}

int
aasd_signout_wants(const struct aasd_keep *k, struct aas_kept *s, int64_t now_s)
{
	const struct aasd_signout *o = &k->out;
	struct aas_index *ix = NULL;
	char name[AAS_USER_MAX];
	int r = AAS_ERR_NOTFOUND;

	if (s->checked || o->statedir == NULL || s->why != AAS_KEEP_GOES_ON)
		return 0;
	if ((ix = calloc(1, sizeof(*ix))) == NULL)
		return 0;
	if ((r = user_of(s, name)) == AAS_OK)
		r = aas_index_load(o->statedir, s->l.uid, name, now_s, ix);
	/* AGAIN: it was killed who appended; the front renews it. */
	s->checked = r != AAS_ERR_AGAIN && r != AAS_ERR_SYS &&
	    r != AAS_ERR_TIMEOUT && r != AAS_ERR_NOMEM;
	if (r == AAS_OK) {
		s->why = aasd_signout_why(ix, s);
		/* It does not say: from now on, then. */
		if (s->l.seq == UINT64_MAX)
			s->l.seq = ix->pin.seq;
	}
	free(ix);
	return s->why != AAS_KEEP_GOES_ON;
}

/* --- when ----------------------------------------------------------------- */

static void
forget(const struct aasd_keep *k, uint32_t uid)
{
	int r = aas_reauth_forget(k->out.rundir, uid);

	if (r != AAS_OK)
		aas_log(LOG_WARNING,
		    "event=window-not-closed uid=%lu why=\"%s\"",
		    (unsigned long)uid, aas_strerror(r));
}

/* By user, and of each that was typed in last at the end. */
static int
by_user(const void *a, const void *b)
{
	const struct aas_kept *x = *(struct aas_kept *const *)a;
	const struct aas_kept *y = *(struct aas_kept *const *)b;

	if (x->l.uid != y->l.uid)
		return x->l.uid < y->l.uid ? -1 : 1;
	if (x->t.input_ms != y->t.input_ms)
		return x->t.input_ms < y->t.input_ms ? -1 : 1;
	return (x->t.opened_ms > y->t.opened_ms) -
	    (x->t.opened_ms < y->t.opened_ms);
}

void
aasd_signout_begin(struct wake *w)
{
	int64_t now_ms = w->now.boottime_ms;

	if (w->out_n == 0)
		return;
	if (aasd_keep_look(w->k) == AAS_OK)
		(void)aas_learn_input(&w->k->procs, w->out, w->out_n,
		    w->now.real_s * 1000, now_ms);
	qsort(w->out, w->out_n, sizeof(struct aas_kept *), by_user);
	for (size_t i = 0; i < w->out_n; i++) {
		struct aas_kept *s = w->out[i];
		int last =
		    i + 1 == w->out_n || w->out[i + 1]->l.uid != s->l.uid;

		aas_log(LOG_NOTICE,
		    "event=session-signed-out id=%s uid=%lu why=%s", s->id,
		    (unsigned long)s->l.uid, aasd_ends_why(s->why));
		if (last) /* if no aasd ran when the record changed */
			forget(w->k, s->l.uid);
		aasd_ends_begin(s, s->why, last ? now_ms + AFTER_MS : now_ms);
		aas_book_due(&w->k->book, s, now_ms);
	}
	w->out_n = 0;
}

/* --- the records ---------------------------------------------------------- */

/* Look at them anew: all (NULL), or those of one user. */
static void
look_again(struct aasd_keep *k, const uint32_t *uid)
{
	struct aas_kept **v = calloc(k->book.n + 1, sizeof(struct aas_kept *));
	size_t n = 0;

	for (size_t i = 0; v != NULL && i < k->book.n; i++) {
		struct aas_kept *s = k->book.heap[i];

		if (s->why == AAS_KEEP_GOES_ON &&
		    (uid == NULL || s->l.uid == *uid))
			v[n++] = s;
	}
	for (size_t i = 0; i < n; i++) {
		v[i]->checked = 0;
		aas_book_due(&k->book, v[i], 0);
	}
	free(v);
}

static void
all_again(struct aasd_keep *k)
{
	aasd_grantor_look(k->leases.dirfd, k->out.statedir, NULL);
	look_again(k, NULL);
}

/*
 * At those that could not be looked at.  All of them: one user's record that
 * never can be is not to keep the others waiting.
 */
static void
look_unchecked(struct aasd_keep *k)
{
	struct aas_kept **v = calloc(k->book.n + 1, sizeof(struct aas_kept *));
	size_t n = 0;

	/* Who is due moves up in the heap. */
	for (size_t i = 0; v != NULL && i < k->book.n; i++) {
		struct aas_kept *s = k->book.heap[i];

		if (!s->checked && s->why == AAS_KEEP_GOES_ON)
			v[n++] = s;
	}
	for (size_t i = 0; i < n; i++)
		aas_book_due(&k->book, v[i], 0);
	free(v);
}

/* On a new host the directory comes with the front. */
static void
watch(struct aasd_keep *k)
{
	char path[PATH_MAX];

	if (k->out.watch != -1 || k->out.inotify == -1 ||
	    snprintf(path, sizeof(path), "%s/index", k->out.statedir) >=
		(int)sizeof(path))
		return;
	k->out.watch =
	    inotify_add_watch(k->out.inotify, path, IN_MOVED_TO | IN_ONLYDIR);
	if (k->out.watch != -1)
		all_again(k);
}

static int
is_uid(const char *s, uint32_t *uid)
{
	char *end = NULL;
	unsigned long v = 0;

	if (*s < '0' || *s > '9' || strlen(s) > 10)
		return 0;
	v = strtoul(s, &end, 10);
	*uid = (uint32_t)v;
	return *end == '\0' && v <= UINT32_MAX;
}

/* What sudo and polkit remember of the keys of before goes, leases too. */
static void
changed(struct aasd_keep *k, uint32_t uid)
{
	forget(k, uid);
	aasd_grantor_look(k->leases.dirfd, k->out.statedir, &uid);
	look_again(k, &uid);
}

void
aasd_signout_read(struct aasd_keep *k)
{
	char buf[4096]
	    __attribute__((aligned(__alignof__(struct inotify_event))));
	uint32_t uid = 0;
	ssize_t n = 0;

	watch(k);
	while (k->out.inotify != -1 &&
	    (n = read(k->out.inotify, buf, sizeof(buf))) > 0) {
		for (const char *p = buf; p < buf + n;) {
			struct inotify_event e;

			memcpy(&e, p, sizeof(e));
			p += sizeof(e);
			if (e.mask & IN_Q_OVERFLOW)
				all_again(k);
			else if (e.len > 0 && is_uid(p, &uid))
				changed(k, uid);
			p += e.len;
		}
	}
}

void
aasd_signout_again(struct aasd_keep *k)
{
	if (k->out.statedir == NULL)
		return;
	watch(k);
	aasd_grantor_look(k->leases.dirfd, k->out.statedir, NULL);
	look_unchecked(k);
}

void
aasd_signout_start(
    struct aasd_keep *k, const char *rundir, const char *statedir)
{
	struct epoll_event ev = { .events = EPOLLIN };

	k->out = (struct aasd_signout){
		.rundir = rundir, .inotify = -1, .watch = -1
	};
	if (statedir == NULL)
		return;
	k->out.statedir = statedir;
	k->out.inotify = aas_fs_high(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
	ev.data.fd = k->out.inotify;
	if (k->out.inotify == -1 ||
	    epoll_ctl(k->epoll, EPOLL_CTL_ADD, k->out.inotify, &ev) == -1)
		aas_log(LOG_ERR, "event=records-not-watched why=\"%s\"",
		    strerror(errno));
	else
		watch(k);
}

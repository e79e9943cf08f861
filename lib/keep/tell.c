/*
 * What the user of a session is told on its terminals.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/err.h"
#include "lib/keep/end.h"
#include "lib/keep/tell.h"
#include "lib/keep/term.h"

/* Signed out by an entry of the user's record. */
static void
tell_out(const struct aas_kept *k, char *text, size_t cap)
{
	static const char *const why[] = {
		[AAS_KEEP_ENROLLED] =
		    "security keys were enrolled for this account, and all "
		    "sessions from before end now. Sign in with one of them.",
		[AAS_KEEP_RECOVERED] =
		    "this account was recovered, and all sessions from before "
		    "end now. Sign in with one of the new security keys.",
		[AAS_KEEP_LOCKED] =
		    "this account was locked by its owner, and all its "
		    "sessions end now. Two of its security keys unlock it at "
		    "the next sign-in.",
		[AAS_KEEP_KEY] =
		    "the security key that opened this session was removed or "
		    "suspended, and it ends now. Sign in with another one.",
	};

	(void)snprintf(text, cap, "pam_aas: %s", why[k->why]);
}

void
aas_tell_end(const struct aas_kept *k, char *text, size_t cap)
{
	const char *then = k->l.origin == AAS_ORIGIN_WITHIN
	    ? "Authenticate again to go on."
	    : "Sign in again with your security key to go on.";

	switch (k->why) {
	case AAS_KEEP_LIMIT:
		(void)snprintf(text, cap,
		    "pam_aas: this session has reached its limit and ends "
		    "now. %s",
		    then);
		break;
	case AAS_KEEP_IDLE:
		(void)snprintf(text, cap,
		    "pam_aas: nobody typed here for too long, this session "
		    "ends now. %s",
		    then);
		break;
	case AAS_KEEP_ASKED:
		(void)snprintf(text, cap, "pam_aas: %s ended this session. %s",
		    k->by, then);
		break;
	case AAS_KEEP_ENROLLED:
	case AAS_KEEP_RECOVERED:
	case AAS_KEEP_LOCKED:
	case AAS_KEEP_KEY:
		tell_out(k, text, cap);
		break;
	case AAS_KEEP_LEASE:
		(void)snprintf(text, cap,
		    "pam_aas: the lease by which this account runs has ended, "
		    "and so does this session.");
		break;
	case AAS_KEEP_GOES_ON:
	case AAS_KEEP_LAST:
	default:
		(void)snprintf(text, cap,
		    "pam_aas: the last session of this user has ended.");
		break;
	}
}

void
aas_tell_soon(const struct aas_kept *k, char *text, size_t cap)
{
	long left = (long)((k->t.told_ms + 59999) / 60000);

	(void)snprintf(text, cap,
	    "pam_aas: this session reaches its limit in %ld minute%s, and all "
	    "that runs in it ends then. To go on, run \"aasctl extend\".",
	    left, left == 1 ? "" : "s");
}

void
aas_tell_idle(const struct aas_kept *k, char *text, size_t cap)
{
	(void)k;
	(void)snprintf(text, cap,
	    "pam_aas: nobody typed here for long. This session ends within a "
	    "minute; press a key to keep it.");
}

struct found {
	uint32_t tty;
	size_t session;
};

struct list {
	struct found *v;
	size_t n, cap;
	int failed;
};

static void
note(void *arg, size_t i, const struct aas_keep_proc *p)
{
	struct list *l = arg;
	struct found *v = NULL;
	size_t cap = l->cap == 0 ? 64 : 2 * l->cap;

	if (p->is.tty == 0 || l->failed)
		return;
	if (l->n == l->cap) {
		if ((v = reallocarray(l->v, cap, sizeof(*v))) == NULL) {
			l->failed = 1;
			return;
		}
		l->v = v;
		l->cap = cap;
	}
	l->v[l->n++] = (struct found){ p->is.tty, i };
}

static int
by_tty(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->session != y->session)
		return x->session > y->session ? 1 : -1;
	return (x->tty > y->tty) - (x->tty < y->tty);
}

int
aas_tell(struct aas_keep_procs *ps, struct aas_kept *const *v, size_t n,
    aas_tell_text *text)
{
	struct list l = { NULL, 0, 0, 0 };
	char line[256];
	int r = aas_end_each(ps, v, n, note, &l);

	if (l.failed)
		r = AAS_ERR_NOMEM;
	if (l.n > 0)
		qsort(l.v, l.n, sizeof(*l.v), by_tty);
	for (size_t i = 0; i < l.n; i++) {
		if (i > 0 && by_tty(&l.v[i - 1], &l.v[i]) == 0)
			continue;
		text(v[l.v[i].session], line, sizeof(line));
		(void)aas_term_say(l.v[i].tty,
		    aas_end_owner(ps, v[l.v[i].session], l.v[i].tty), line);
	}
	free(l.v);
	return r;
}

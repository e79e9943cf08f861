/*
 * What makes processes those of a session that ends: its leader, its audit
 * session, its unit, and what earlier looks found.
 *
 * 1. What a session left behind anywhere MUST be found.
 */
#include <stdlib.h>

#include "lib/err.h"
#include "lib/keep/cgroup.h"
#include "lib/keep/end.h"
#include "lib/keep/term.h"

uint32_t
aas_end_audit(const struct aas_kept *k)
{
	return k->l.origin == AAS_ORIGIN_WITHIN && !k->l.manager
	    ? AAS_PROC_NO_AUDIT
	    : k->l.audit;
}

const char *
aas_end_group(const struct aas_kept *k)
{
	if (k->l.group[0] != '\0')
		return k->l.group;
	return k->scope != NULL && !k->shared &&
		aas_end_audit(k) == AAS_PROC_NO_AUDIT
	    ? k->scope
	    : "";
}

/* What makes processes those of a session, as it grows. */
struct whos {
	const struct aas_keep_procs *ps;
	struct aas_keep_who *v;
	size_t n, cap;
	size_t session; /* whose it is just now */
	int failed;
};

static void
add_who(struct whos *w, const struct aas_proc *leader, uint32_t audit)
{
	size_t cap = w->cap == 0 ? 64 : 2 * w->cap;
	struct aas_keep_who *v = NULL;

	if (w->n == w->cap) {
		if ((v = reallocarray(w->v, cap, sizeof(*v))) == NULL) {
			w->failed = 1;
			return;
		}
		w->v = v;
		w->cap = cap;
	}
	w->v[w->n++] = (struct aas_keep_who){ w->session, *leader, audit };
}

/* One of the unit that the session is; it was there when all were looked at. */
static void
add_member(void *arg, pid_t pid)
{
	struct whos *w = arg;
	const struct aas_keep_proc *p = aas_keep_proc(w->ps, pid);

	if (p != NULL)
		add_who(w, &p->is.id, AAS_PROC_NO_AUDIT);
}

/* What belongs to them. */
static int
who_of(struct whos *w, struct aas_kept *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		w->session = i;
		add_who(w, &v[i]->l.leader, aas_end_audit(v[i]));
		for (size_t k = 0; k < v[i]->known.n; k++)
			add_who(w, &v[i]->known.v[k], AAS_PROC_NO_AUDIT);
		if (aas_end_group(v[i])[0] != '\0')
			aas_cgroup_each(aas_end_group(v[i]), add_member, w);
	}
	return w->failed ? AAS_ERR_NOMEM : AAS_OK;
}

int
aas_end_each(struct aas_keep_procs *ps, struct aas_kept *const *v, size_t n,
    aas_keep_found *each, void *arg)
{
	struct whos w = { .ps = ps };
	int r = who_of(&w, v, n);

	if (r == AAS_OK)
		r = aas_keep_each(ps, w.v, w.n, n, each, arg);
	free(w.v);
	return r;
}

uid_t
aas_end_owner(
    const struct aas_keep_procs *ps, const struct aas_kept *k, uint32_t tty)
{
	const struct aas_keep_proc *p = aas_keep_proc(ps, k->l.leader.pid);

	return k->l.origin == AAS_ORIGIN_WITHIN && p != NULL &&
		p->is.id.start == k->l.leader.start && p->is.tty == tty
	    ? AAS_TERM_ANYONE
	    : k->l.uid;
}

/*
 * Is a session alone in its control group?
 *
 * 1. What MUST NOT be killed as a whole is a group in which another session
 *    goes on: whose processes are one session's is known one by one.
 */
#include <stdlib.h>

#include "lib/err.h"
#include "lib/keep/alone.h"
#include "lib/keep/cgroup.h"

static int
by_pid(const void *a, const void *b)
{
	const struct aas_proc *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int
by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int
fill(struct aas_alone *a)
{
	size_t n = a->book->n;

	a->leaders = calloc(n + 1, sizeof(*a->leaders));
	a->audits = calloc(n + 1, sizeof(*a->audits));
	if (a->leaders == NULL || a->audits == NULL)
		return AAS_ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct aas_kept *s = a->book->heap[i];

		if (s->why != AAS_KEEP_GOES_ON || s->l.manager ||
		    s->l.origin == AAS_ORIGIN_WITHIN)
			continue;
		a->leaders[a->leaders_n++] = s->l.leader;
		if (s->l.audit != AAS_PROC_NO_AUDIT)
			a->audits[a->audits_n++] = s->l.audit;
	}
	qsort(a->leaders, a->leaders_n, sizeof(*a->leaders), by_pid);
	qsort(a->audits, a->audits_n, sizeof(*a->audits), by_number);
	return AAS_OK;
}

struct look {
	const struct aas_alone *a;
	const struct aas_keep_procs *ps;
	const struct aas_proc *but; /* the leader of who asks, or NULL */
	int others;
};

static int
is_same(const struct aas_proc *x, const struct aas_proc *y)
{
	return y != NULL && x->pid == y->pid && x->start == y->start;
}

/* One that is younger than the last look is looked at by itself. */
static void
visit(void *arg, pid_t pid)
{
	struct look *l = arg;
	const struct aas_alone *a = l->a;
	const struct aas_keep_proc *p = aas_keep_proc(l->ps, pid);
	const struct aas_proc key = { .pid = pid };
	const struct aas_proc *leader = bsearch(
	    &key, a->leaders, a->leaders_n, sizeof(*a->leaders), by_pid);
	uint32_t audit = AAS_PROC_NO_AUDIT;

	if (leader != NULL && !is_same(leader, l->but) &&
	    aas_proc_alive(leader))
		l->others = 1;
	if (p != NULL)
		audit = p->audit;
	else
		(void)aas_proc_audit(pid, &audit, NULL);
	if (audit != AAS_PROC_NO_AUDIT &&
	    bsearch(&audit, a->audits, a->audits_n, sizeof(*a->audits),
		by_number) != NULL)
		l->others = 1;
}

static int
is_alone(struct aas_alone *a, const struct aas_keep_procs *ps, const char *path,
    const struct aas_proc *but)
{
	struct look l = { a, ps, but, 0 };

	if (a->book == NULL)
		return 1;
	if (a->leaders == NULL && fill(a) != AAS_OK) {
		aas_alone_free(a);
		return 0;
	}
	aas_cgroup_each(path, visit, &l);
	return !l.others;
}

int
aas_alone_in(
    struct aas_alone *a, const struct aas_keep_procs *ps, const char *path)
{
	return is_alone(a, ps, path, NULL);
}

void
aas_alone_kill(
    struct aas_alone *a, const struct aas_keep_procs *ps, const char *path)
{
	if (path[0] != '\0' && aas_alone_in(a, ps, path))
		(void)aas_cgroup_kill(path);
}

void
aas_alone_look(struct aas_alone *a, const struct aas_keep_procs *ps,
    struct aas_kept *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (v[i]->scope != NULL)
			v[i]->shared =
			    !is_alone(a, ps, v[i]->scope, &v[i]->l.leader);
	}
}

void
aas_alone_free(struct aas_alone *a)
{
	free(a->leaders);
	free(a->audits);
	*a = (struct aas_alone){ .book = a->book };
}

/*
 * A look at all processes, and signals for them; whose they are is in
 * lib/keep/match.c.
 *
 * 1. A signal MUST reach the very process that was looked at: by pidfd, its
 *    start time read again after that was opened.
 * 2. Who is another process all the time MUST be met: pids are read one by one,
 *    and a look that may have missed somebody proves nothing.
 */
#include <sys/syscall.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "lib/keep/pids.h"
#include "lib/keep/procs.h"

#define MISSED_MAX 2000 /* more would end between two looks: it is chased */
#define AGAIN_MAX  250  /* and then further on, behind a stretch left out: */
#define SKIP       1024 /* pids, and twice as many each time: a dozen times */

void
aas_keep_procs_free(struct aas_keep_procs *ps)
{
	free(ps->v);
	*ps = (struct aas_keep_procs){ NULL, 0, 0, 0 };
}

static int
room(struct aas_keep_procs *ps)
{
	size_t cap = ps->cap == 0 ? 256 : 2 * ps->cap;
	struct aas_keep_proc *v = NULL;

	if (ps->n < ps->cap)
		return AAS_OK;
	if ((v = reallocarray(ps->v, cap, sizeof(*v))) == NULL)
		return AAS_ERR_NOMEM;
	ps->v = v;
	ps->cap = cap;
	return AAS_OK;
}

static int
is_gone(const struct aas_proc_seen *p)
{
	return p->state == 'Z' || p->state == 'X';
}

static int
by_audit(const void *a, const void *b)
{
	const struct aas_keep_stop *x = a, *y = b;

	return (x->audit > y->audit) - (x->audit < y->audit);
}

static int
is_ours(pid_t pid)
{
	return pid <= 1 || pid == getpid();
}

/*
 * The audit session tells enough: who has it is to be stopped, whoever it is.
 * It is read behind the descriptor, so that a pid that another one has got
 * meanwhile makes the signal go nowhere.
 */
static int
stop_at_sight(int fd, pid_t pid, const struct aas_keep_stop *stop, size_t n,
    uint32_t *audit)
{
	struct aas_keep_stop key = { AAS_PROC_NO_AUDIT, 0 };
	const struct aas_keep_stop *s = NULL;
	int r = aas_proc_session(pid, &key.audit);

	if (r != AAS_OK)
		return r;
	if (key.audit != AAS_PROC_NO_AUDIT)
		s = bsearch(&key, stop, n, sizeof(*stop), by_audit);
	if (s != NULL && s->but != pid)
		(void)syscall(SYS_pidfd_send_signal, fd, SIGSTOP, NULL, 0);
	*audit = key.audit;
	return AAS_OK;
}

/*
 * AAS_ERR_NOTFOUND: it went away before it was looked at.
 *   fd  of the process whose audit session is in ${audit}; -1: none is known.
 *       While it is there nobody else has its pid.
 */
static int
add(struct aas_keep_procs *ps, pid_t pid, int fd, uint32_t audit)
{
	struct aas_keep_proc p = { .audit = AAS_PROC_NO_AUDIT,
		.up = AAS_KEEP_NONE };
	int r = aas_proc_see(pid, &p.is);

	if (r == AAS_OK && is_gone(&p.is))
		return AAS_OK;
	if (r == AAS_OK && fd != -1 &&
	    syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0) == 0)
		p.audit = audit;
	else if (r == AAS_OK &&
	    (r = aas_proc_session(pid, &p.audit)) == AAS_ERR_NOTFOUND)
		r = aas_proc_see(pid, &p.is); /* or a kernel without */
	if (r == AAS_OK && (r = room(ps)) == AAS_OK)
		ps->v[ps->n++] = p;
	return r;
}

static int
look_at(struct aas_keep_procs *ps, pid_t pid, const struct aas_keep_stop *stop,
    size_t n)
{
	uint32_t audit = AAS_PROC_NO_AUDIT;
	int fd =
	    n == 0 || is_ours(pid) ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
	int is = fd != -1 && stop_at_sight(fd, pid, stop, n, &audit) == AAS_OK;
	int r = add(ps, pid, is ? fd : -1, audit);

	aas_close(&fd);
	return r;
}

static int
by_pid(const void *a, const void *b)
{
	const struct aas_keep_proc *x = a, *y = b;

	return (x->is.id.pid > y->is.id.pid) - (x->is.id.pid < y->is.id.pid);
}

int
aas_keep_scan(
    struct aas_keep_procs *ps, const struct aas_keep_stop *stop, size_t n)
{
	struct aas_pids pids;
	struct aas_proc init;
	unsigned missed = 0, may = MISSED_MAX;
	long skip = SKIP;
	pid_t pid = 0;
	int r = AAS_OK;

	ps->n = 0;
	ps->unsure = 0;
	/* Where even this one is hidden, others are. */
	if (aas_proc_get(1, &init, NULL) != AAS_OK)
		return AAS_ERR_PERMS;
	if ((r = aas_pids_open(&pids)) != AAS_OK)
		return r;
	while (r == AAS_OK && (r = aas_pids_next(&pids, &pid)) == AAS_OK) {
		if ((r = look_at(ps, pid, stop, n)) != AAS_ERR_NOTFOUND)
			continue;
		r = AAS_OK;
		if (++missed < may)
			continue;
		/* Who is chased must not hide who has a higher pid. */
		ps->unsure = 1;
		missed = 0;
		may = AGAIN_MAX;
		r = aas_pids_skip(&pids, skip);
		skip *= 2;
	}
	if (aas_pids_close(&pids))
		ps->unsure = 1;
	if (r == AAS_ERR_NOTFOUND)
		r = AAS_OK;
	if (r == AAS_OK && ps->n > 0)
		qsort(ps->v, ps->n, sizeof(*ps->v), by_pid);
	return r;
}

uint32_t
aas_keep_find(const struct aas_keep_procs *ps, pid_t pid)
{
	struct aas_keep_proc key = { .is = { .id = { .pid = pid } } };
	const struct aas_keep_proc *p = ps->n == 0
	    ? NULL
	    : bsearch(&key, ps->v, ps->n, sizeof(*ps->v), by_pid);

	return p == NULL ? AAS_KEEP_NONE : (uint32_t)(p - ps->v);
}

const struct aas_keep_proc *
aas_keep_proc(const struct aas_keep_procs *ps, pid_t pid)
{
	uint32_t at = aas_keep_find(ps, pid);

	return at == AAS_KEEP_NONE ? NULL : &ps->v[at];
}

int
aas_keep_signal(const struct aas_proc *p, uint32_t audit, int sig)
{
	struct aas_proc_seen now;
	uint32_t is = AAS_PROC_NO_AUDIT;
	int fd = -1;
	int r = AAS_ERR_NOTFOUND;

	if (is_ours(p->pid))
		return AAS_ERR_NOTFOUND;
	fd = (int)syscall(SYS_pidfd_open, p->pid, 0);
	if (fd == -1)
		return errno == ESRCH || errno == EINVAL ? AAS_ERR_NOTFOUND
							 : AAS_ERR_SYS;
	if (aas_proc_see(p->pid, &now) != AAS_OK || now.id.start != p->start ||
	    is_gone(&now))
		goto out;
	if (audit != AAS_PROC_NO_AUDIT &&
	    (aas_proc_audit(p->pid, &is, NULL) != AAS_OK || is != audit))
		goto out;
	if (syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) == 0)
		r = AAS_OK;
	else
		r = errno == ESRCH ? AAS_ERR_NOTFOUND : AAS_ERR_SYS;
out:
	aas_close(&fd);
	return r;
}

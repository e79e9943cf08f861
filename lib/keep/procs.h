#ifndef AAS_LIB_KEEP_PROCS_H
#define AAS_LIB_KEEP_PROCS_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "lib/proc.h"

/*
 * Which process belongs to which session.  One look at /proc serves any
 * number of sessions.
 */

/* What makes a process one of a session's; a session may have several. */
struct aas_keep_who {
	size_t session;
	struct aas_proc leader; /* it, and what stems from it */
	uint32_t audit; /* and all of this audit session, wherever it went;
			 * AAS_PROC_NO_AUDIT: none */
};

struct aas_keep_proc {
	struct aas_proc_seen is;
	uint32_t audit;
	uint32_t up; /* the nearest ancestor, or itself, that leads a session
		      * none above it leads: its place in v; UINT32_MAX: none */
};

struct aas_keep_procs {
	struct aas_keep_proc *v; /* by pid, ascending */
	size_t n, cap;
	int unsure; /* a process may have passed unseen: no proof of absence */
};

/* What is to be stopped at sight: an audit session, but for its leader. */
struct aas_keep_stop {
	uint32_t audit;
	pid_t but; /* 0: nobody is spared */
};

/*
 * aas_keep_scan(ps, stop, n):
 * Look at all processes; zombies are left out.  Not atomic: who must be sure
 * that there are none of a kind looks again until that is so.
 *   stop  ${n}, ascending by audit: these get SIGSTOP while they are looked
 *         at: who is another process each moment is gone later
 * Returns 0; AAS_ERR_PERMS (/proc hides processes), AAS_ERR_NOMEM,
 * AAS_ERR_SYS.  ${ps} begins zeroed, and is used again; aas_keep_procs_free().
 */
int aas_keep_scan(
    struct aas_keep_procs *ps, const struct aas_keep_stop *stop, size_t n);
void aas_keep_procs_free(struct aas_keep_procs *ps);

/*
 * aas_keep_each(ps, who, n, sessions, each, arg):
 * Call ${each} for every process and every session that one of the ${n}
 * ${who} makes it one of, once; their numbers are below ${sessions}.  A leader
 * whose pid is another's by now leads nothing.  Many leaders below each other
 * cost no more than one.
 * Returns 0, AAS_ERR_NOMEM.
 */
typedef void aas_keep_found(
    void *arg, size_t session, const struct aas_keep_proc *p);
int aas_keep_each(struct aas_keep_procs *ps, const struct aas_keep_who *who,
    size_t n, size_t sessions, aas_keep_found *each, void *arg);

/*
 * aas_keep_find(ps, pid): its place in ps->v; AAS_KEEP_NONE if it was not
 * there.
 * aas_keep_proc(ps, pid): it; NULL.
 */
#define AAS_KEEP_NONE UINT32_MAX
uint32_t aas_keep_find(const struct aas_keep_procs *ps, pid_t pid);
const struct aas_keep_proc *aas_keep_proc(
    const struct aas_keep_procs *ps, pid_t pid);

/*
 * aas_keep_signal(p, audit, sig):
 * Send ${sig} to that very process, if it is still of the audit session
 * ${audit} (AAS_PROC_NO_AUDIT: whatever it is of).  Never to process 1, to the
 * caller itself, or to a kernel thread.
 * Returns 0; AAS_ERR_NOTFOUND: it is not there any more; AAS_ERR_SYS.
 */
int aas_keep_signal(const struct aas_proc *p, uint32_t audit, int sig);

#endif

#ifndef AAS_LIB_PROC_H
#define AAS_LIB_PROC_H

#include <sys/types.h>

#include <stdint.h>

/* A process for certain: a pid alone may be reused. */
struct aas_proc {
	pid_t pid;
	uint64_t start; /* field 22 of /proc/PID/stat, clock ticks */
};

/*
 * aas_proc_get(pid, &p, &ppid):
 * Read /proc/${pid}/stat (proc(5)); ${ppid} may be NULL.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_FORMAT, AAS_ERR_SYS.
 */
int aas_proc_get(pid_t pid, struct aas_proc *p, pid_t *ppid);

/*
 * aas_proc_self(&p, &ppid):
 * The same of this process, by the pid that it has where /proc was mounted.
 */
int aas_proc_self(struct aas_proc *p, pid_t *ppid);

/* Its first thread has ended, others go on; the kernel says 'Z' of it. */
#define AAS_PROC_HEADLESS 'H'

/* More of it, for who looks at all processes. */
struct aas_proc_seen {
	struct aas_proc id;
	pid_t ppid;
	pid_t session; /* its leader's pid; 0: not to be seen from here */
	uint32_t tty;  /* its controlling terminal as the kernel codes it; 0 */
	char state;    /* 'Z' and 'X': it is over */
};

/*
 * aas_proc_see(pid, &p): as aas_proc_get().
 */
int aas_proc_see(pid_t pid, struct aas_proc_seen *p);

/* Where a process sits: what a terminal is, and who began there. */
struct aas_proc_seat {
	uint32_t tty; /* controlling terminal as the kernel codes it */
	struct aas_proc leader; /* of the POSIX session of that terminal */
	uint32_t audit;         /* AAS_PROC_NO_AUDIT: none */
};

/*
 * aas_proc_seat(&seat):
 * This process's.  A terminal and a pid are used again; a terminal whose
 * session began with that very process is the same one.
 * Returns 0; AAS_ERR_NOTFOUND: no terminal, or its leader is gone or not to be
 * seen; AAS_ERR_FORMAT, AAS_ERR_SYS.
 * Source: proc(5), fields 6 and 7 of /proc/PID/stat; credentials(7).
 */
int aas_proc_seat(struct aas_proc_seat *seat);

/*
 * aas_proc_alive(p):
 * 1 if that very process is still there and no zombie, else 0.
 */
int aas_proc_alive(const struct aas_proc *p);

/*
 * aas_proc_audit(pid, &session, &uid):
 * The audit session of the process and the user who signed in to it, which it
 * has from its parent and which only root can set (pam_loginuid(8)); each
 * AAS_PROC_NO_AUDIT if it is in none, and without the kernel's auditing.
 *   pid   0: this process
 *   uid   may be NULL
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_FORMAT, AAS_ERR_SYS.
 * Source: proc(5), /proc/PID/sessionid and loginuid.
 */
#define AAS_PROC_NO_AUDIT 4294967295u
int aas_proc_audit(pid_t pid, uint32_t *session, uint32_t *uid);

/*
 * aas_proc_session(pid, &session): the audit session alone, of a process that
 * was there just now: one that is gone has none.
 * Returns 0; AAS_ERR_FORMAT, AAS_ERR_SYS.
 */
int aas_proc_session(pid_t pid, uint32_t *session);

#endif

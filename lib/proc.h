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
 * ${uid} may be NULL.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_FORMAT, AAS_ERR_SYS.
 * Source: proc(5), /proc/PID/sessionid and loginuid.
 */
#define AAS_PROC_NO_AUDIT 4294967295u
int aas_proc_audit(pid_t pid, uint32_t *session, uint32_t *uid);

#endif

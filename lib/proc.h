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
 * aas_proc_alive(p):
 * 1 if that very process is still there and no zombie, else 0.
 */
int aas_proc_alive(const struct aas_proc *p);

#endif

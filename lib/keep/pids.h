#ifndef AAS_LIB_KEEP_PIDS_H
#define AAS_LIB_KEEP_PIDS_H

#include <sys/types.h>

/*
 * The processes there are, one by one, each as late as can be: who forks and
 * ends all the time has a higher pid each time, and is met further on.
 */
struct aas_pids {
	int fd;    /* -1: closed */
	long last; /* the youngest pid there was at the beginning */
};

/* aas_pids_open(p): Returns 0, AAS_ERR_SYS. */
int aas_pids_open(struct aas_pids *p);

/*
 * aas_pids_next(p, &pid):
 * Returns 0; AAS_ERR_NOTFOUND: that was the last one; AAS_ERR_SYS.
 */
int aas_pids_next(struct aas_pids *p, pid_t *pid);

/*
 * aas_pids_skip(p, n): leave out the next ${n} pids, whether or not there are
 * such processes.  Returns 0, AAS_ERR_SYS.
 */
int aas_pids_skip(struct aas_pids *p, long n);

/*
 * aas_pids_close(p): 1 if pids began anew meanwhile, and some process may have
 * passed unseen behind us; else 0.
 */
int aas_pids_close(struct aas_pids *p);

#endif

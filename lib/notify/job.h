#ifndef AAS_LIB_NOTIFY_JOB_H
#define AAS_LIB_NOTIFY_JOB_H

#include <sys/resource.h>
#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

/*
 * One attempt at one place, in a process of its own.  It gets what it reads
 * on descriptor 0, at most two files more on 3 and 4, /dev/null or what we
 * listen to on 1 and 2, nothing else that is open, an environment of PATH and
 * LC_ALL, "/", default signals, and a group of its own, which is killed as a
 * whole at the deadline.  AAS_JOB_NOBODY is also apart from all others of its
 * user, where the kernel lets us: see aas_cage_apart().
 */
#define AAS_JOB_OUT  1024 /* of what it says we keep */
#define AAS_JOB_ARGS 24

enum aas_job_as {
	AAS_JOB_NOBODY, /* as the user aas-notify, confined */
	AAS_JOB_MTA,    /* the same; may run what is set-user-ID: sendmail */
	AAS_JOB_USER,   /* as ${uid}, confined */
	AAS_JOB_ROOT    /* as we are: our own code alone */
};

struct aas_job {
	enum aas_job_as as;
	uid_t uid;
	gid_t gid;
	char *argv[AAS_JOB_ARGS]; /* argv[0] absolute; NULL: fn */
	int (*fn)(void *arg);     /* its exit status */
	void *arg;
	char *env;    /* one variable more; may be NULL */
	int in;       /* descriptors, -1: /dev/null, or none */
	int extra[2]; /* 3 and 4 */
	/* what became of it: */
	int status; /* exit status; AAS_JOB_* */
	int64_t ms; /* how long it took */
	char out[AAS_JOB_OUT];
	size_t out_n; /* out is NUL-terminated */
	/* of aas_jobs_run() */
	pid_t pid;
	int pidfd, pipe;
	int64_t began_ms;
	int apart;    /* it has namespaces of its own */
	rlim_t procs; /* most processes of its user */
};

#define AAS_JOB_CANNOT  126 /* not started, or ended by a signal */
#define AAS_JOB_KILLED  256 /* by a signal */
#define AAS_JOB_LATE    257 /* by us, at the deadline */
#define AAS_JOB_NO_USER 258 /* there is no user to be */
#define AAS_JOB_FAILED  259 /* it could not be started */

/* aas_job_init(j): nothing to run, descriptors -1. */
void aas_job_init(struct aas_job *j);

/*
 * aas_jobs_run(v, n, timeout_ms):
 * Run all of them at the same time and wait until each has ended or was
 * killed at the deadline.  Closes the descriptors it was given.  Blocks for
 * ${timeout_ms} and a moment at most.  While too many processes are left of
 * earlier AAS_JOB_MTA's, another one is AAS_JOB_FAILED, and ${out} says why.
 */
void aas_jobs_run(struct aas_job *v, size_t n, int timeout_ms);

/*
 * aas_job_file(p, len, &fd): a file of those bytes in memory, at its begin,
 * that whoever gets the descriptor may read and open again.
 * Returns 0, AAS_ERR_SYS.
 */
int aas_job_file(const void *p, size_t len, int *fd);

/*
 * aas_cage_apart():
 * In a child that is the first process of a process, mount and System V
 * namespace of its own, while it is root: a /proc with nobody else's
 * processes, and an empty /tmp, /var/tmp and /dev/shm.
 * Returns 0, AAS_ERR_SYS (some of it may be done).
 */
int aas_cage_apart(void);

/*
 * aas_cage(as, uid, gid, procs):
 * In the child: become that user for good, with limits, and unless it is
 * AAS_JOB_MTA without ways to gain rights.
 *   procs   RLIMIT_NPROC of AAS_JOB_NOBODY: all of its user's count.  It can
 *           be raised until aas_cage_second()
 * Returns 0, AAS_ERR_SYS.
 */
int aas_cage(enum aas_job_as as, uid_t uid, gid_t gid, rlim_t procs);

#define AAS_JOB_PROCS 256 /* processes of those that run at the same time */

/*
 * aas_cage_second(procs):
 * In the child, last of all: no more than ${procs} processes of its user from
 * now on, beside those that only the kernel sees; 0: as many as there may be.
 * Where it is the first process of a namespace, which no signal of its own or
 * of those below it ends, it returns in a second one.  The first ends with that
 * one's exit status, or AAS_JOB_CANNOT if a signal ended it, and all others
 * with the first.  Returns 0, AAS_ERR_SYS.
 */
int aas_cage_second(rlim_t procs);

#endif

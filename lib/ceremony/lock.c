/*
 * One ceremony per host at a time, local before remote: a key that blinks
 * must blink for one sign-in only, and somebody far away must not use up the
 * touch of the person who sits here.
 *
 * 1. A remote ceremony MUST give way as soon as a local one waits.
 * 2. Waiting for the lock MUST end with the caller, and with the time.
 * 3. Who waits MUST NOT cost those who work: the kernel keeps the queue, and
 *    wakes one at a time.
 */
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "lib/ceremony/priv.h"
#include "lib/err.h"
#include "lib/fs.h"

#define LOCAL "local.lock"
#define ALL   "ceremony.lock"

/* Only the caller, or the lock, can end the wait of a local one. */
#define QUEUE_MS 60000

static const char *
run_path(const struct aas_cer *c)
{
	return c->set.rundir[0] != '\0' ? c->set.rundir : AAS_RUNDIR;
}

static int
open_run(struct aas_cer *c)
{
	const char *path = run_path(c);
	int r;

	if (c->run_dir != -1)
		return AAS_OK;
	r = aas_fs_dir(path, 0, &c->run_dir);
	if (r == AAS_ERR_NOTFOUND) {
		if (mkdir(path, 0755) == -1 && errno != EEXIST)
			return AAS_ERR_SYS;
		r = aas_fs_dir(path, 0, &c->run_dir);
	}
	return r;
}

/*
 * Stands in flock(2) for its parent and ends when it has the lock.  That is
 * the parent's then: the open file is the same.
 */
static _Noreturn void
stand_in(pid_t parent, int lock, int told)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* Not a caller's end of anything may live on in here. */
	if (getppid() != parent || dup2(lock, 0) == -1 || dup2(told, 1) == -1 ||
	    syscall(SYS_close_range, 2U, ~0U, 0U) == -1)
		_exit(1);
	while (flock(0, LOCK_EX) == -1)
		if (errno != EINTR)
			_exit(1);
	_exit(write(1, "", 1) == 1 ? 0 : 1);
}

static void
end_stand_in(pid_t pid)
{
	/* Not reaped yet, so the pid is certainly still that child. */
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
}

/* Wait in the queue of the open file ${lock}, with an ear for the caller. */
static int
stand(struct aas_cer *c, int lock)
{
	pid_t self = getpid();
	int ends[2] = { -1, -1 };
	char got = 1;
	int r = AAS_ERR_SYS;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) == -1 || (pid = fork()) == -1) {
		aas_close(&ends[0]);
		aas_close(&ends[1]);
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	}
	if (pid == 0)
		stand_in(self, lock, ends[1]);
	aas_close(&ends[1]);
	c->queue = ends[0];
	do {
		struct pollfd pfd = { .fd = c->queue, .events = POLLIN };

		r = aas_cer_step(c, QUEUE_MS);
		if (r == AAS_OK && poll(&pfd, 1, 0) == 1)
			break;
	} while (r == AAS_OK);
	if (r == AAS_OK && read(c->queue, &got, 1) != 1)
		r = aas_cer_fail(c, AAS_WHY_SYSTEM);
	else if (r != AAS_OK && c->why == AAS_WHY_TIMEOUT)
		c->why = AAS_WHY_BUSY;
	end_stand_in(pid);
	aas_close(&c->queue);
	return r;
}

static int
take(struct aas_cer *c, const char *name, int *fd)
{
	int lock = -1;
	int r = aas_fs_lock(c->run_dir, name, 1, 0, fd);

	while (r == AAS_ERR_TIMEOUT) {
		if ((r = aas_fs_lock_open(c->run_dir, name, &lock)) != AAS_OK)
			break;
		if ((r = stand(c, lock)) != AAS_OK) {
			aas_close(&lock);
			return r;
		}
		if (aas_fs_lock_same(c->run_dir, name, lock)) {
			*fd = lock;
			return AAS_OK;
		}
		aas_close(&lock);
		r = AAS_ERR_TIMEOUT;
	}
	return r == AAS_OK ? AAS_OK : aas_cer_fail(c, AAS_WHY_SYSTEM);
}

int
aas_cer_lock(struct aas_cer *c)
{
	int r = AAS_ERR_DENIED;

	if (geteuid() != 0 || c->lock_all != -1)
		return AAS_OK;
	if (open_run(c) != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	if (!(c->rq.flags & AAS_RQ_REMOTE) &&
	    (r = take(c, LOCAL, &c->lock_local)) != AAS_OK)
		return r;
	if ((r = take(c, ALL, &c->lock_all)) != AAS_OK)
		return r;
	/* From afar the queue may have brought us past somebody local. */
	return aas_cer_yield(c);
}

void
aas_cer_unlock(struct aas_cer *c)
{
	aas_close(&c->lock_all);
	aas_close(&c->lock_local);
}

int
aas_cer_yield(struct aas_cer *c)
{
	int fd = -1;

	if (!(c->rq.flags & AAS_RQ_REMOTE) || c->run_dir == -1)
		return AAS_OK;
	if (aas_fs_lock(c->run_dir, LOCAL, 0, 0, &fd) == AAS_ERR_TIMEOUT)
		return aas_cer_failf(c, AAS_WHY_BUSY,
		    "Somebody at the machine is signing in. Try again in a "
		    "moment.");
	aas_close(&fd);
	return AAS_OK;
}

/*
 * One ceremony per host at a time, local before remote: a key that blinks
 * must blink for one sign-in only, and somebody far away must not use up the
 * touch of the person who sits here.
 *
 * 1. A remote ceremony MUST give way as soon as a local one waits.
 * 2. Waiting for the lock MUST end with the caller, and with the time.
 */
#include <sys/stat.h>

#include <errno.h>
#include <unistd.h>

#include "lib/ceremony/priv.h"
#include "lib/err.h"
#include "lib/fs.h"

#define LOCAL "local.lock"
#define ALL   "ceremony.lock"

#define CROWD_MS 1500

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

/* Try again and again, quickly at first, with an ear for the caller. */
static int
take(struct aas_cer *c, const char *name, int *fd)
{
	int64_t pause_ms = 2, patience = aas_clock_ms() + CROWD_MS;
	int r;

	for (;;) {
		r = aas_fs_lock(c->run_dir, name, 1, 0, fd);
		if (r == AAS_OK)
			return AAS_OK;
		if (r != AAS_ERR_TIMEOUT)
			return aas_cer_fail(c, AAS_WHY_SYSTEM);
		if (aas_clock_ms() + pause_ms >= c->until_ms)
			return aas_cer_fail(c, AAS_WHY_BUSY);
		if ((r = aas_cer_step(c, pause_ms)) != AAS_OK)
			return r;
		/* Whoever waits that long is one of many: leave them room. */
		if (pause_ms < 32 ||
		    (pause_ms < 256 && aas_clock_ms() > patience))
			pause_ms *= 2;
	}
}

int
aas_cer_lock(struct aas_cer *c)
{
	int r;

	if (geteuid() != 0 || c->lock_all != -1)
		return AAS_OK;
	if (open_run(c) != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	if (!(c->rq.flags & AAS_RQ_REMOTE) &&
	    (r = take(c, LOCAL, &c->lock_local)) != AAS_OK)
		return r;
	return take(c, ALL, &c->lock_all);
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

#ifndef AAS_AASD_KEEPER_H
#define AAS_AASD_KEEPER_H

#include <stdint.h>

/* What the keeper begins with; all of it stays the caller's. */
struct aasd_keeper_opts {
	const char *policy; /* for the front */
	const char *rundir, *statedir;
	int64_t codex_ms; /* the grace of Codex */
	int listener, stop;
	int lock; /* open in the keeper alone */
};

/*
 * aasd_keeper(o): end sessions on time, and see to it that there is a front,
 * until ${stop} becomes readable.  Returns 0, AAS_ERR_SYS, AAS_ERR_NOMEM;
 * AAS_ERR_AGAIN: the policy names another run directory by now.
 */
int aasd_keeper(const struct aasd_keeper_opts *o);

#endif

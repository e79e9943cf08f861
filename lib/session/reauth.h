#ifndef AAS_LIB_SESSION_REAUTH_H
#define AAS_LIB_SESSION_REAUTH_H

#include <stdint.h>

#include "lib/clock.h"
#include "lib/proc.h"
#include "lib/proto.h"

/*
 * "A key answered here a moment ago": what a verified ceremony of sudo or
 * polkit leaves behind, so that the next one at the same place need not ask
 * again within `reauth`.  One file of root for a user, a terminal and an audit
 * session, <rundir>/reauth/<uid>-<tty>-<audit>; the directory is 0700.
 */
#define AAS_REAUTH_BYTES 512

struct aas_reauth {
	uint32_t uid;
	struct aas_proc_seat seat;
	uint8_t boot_id[16];
	int64_t boottime_ms; /* when the key answered */
	int64_t built_s;     /* aas_policy_built_s() of the policy then */
	char service[AAS_SERVICE_MAX]; /* that asked, for who looks */
	uint8_t how;                   /* enum aas_how, but AAS_HOW_FRESH */
	uint8_t uv;
	uint8_t keys_n;     /* 1 or 2 */
	uint8_t key[2][32]; /* as in struct aas_verdict */
};

/* Who asks. */
struct aas_reauth_want {
	uint32_t uid;
	const struct aas_proc_seat *seat;
	const struct aas_now *now;
	int64_t built_s;
	int64_t reauth_s; /* 0 and less: no stamp is young enough */
};

/*
 * aas_reauth_write(rundir, s):
 * Store ${s} in the place of what was there for its user and seat.  Stamps of
 * other boots, and of terminals whose leader is gone, are swept away on the
 * way (a bounded number).
 * Returns 0; AAS_ERR_INVAL, AAS_ERR_PERMS, AAS_ERR_EXISTS (another of the same
 * seat is written right now), AAS_ERR_SYS.
 */
int aas_reauth_write(const char *rundir, const struct aas_reauth *s);

/*
 * aas_reauth_find(rundir, want, &s):
 * Read the stamp that is ${want}'s: same user, terminal by its device number,
 * leader by pid and start time, audit session, boot and compiled policy, and
 * younger than reauth_s.  Whatever is not so, or damaged, of somebody else, or
 * writable or readable by others, is none.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_DENIED (of another place or policy),
 * AAS_ERR_TIMEOUT (too old, of another boot, or of a time to come),
 * AAS_ERR_FORMAT, AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_reauth_find(const char *rundir, const struct aas_reauth_want *want,
    struct aas_reauth *s);

/*
 * aas_reauth_forget(rundir, uid):
 * Remove all stamps of that user: sudo and polkit ask for a key again.  For a
 * lock, a sign-out everywhere, and who wants to (aasctl forget).  Needs root's
 * rights; blocks for /run alone.
 * Returns 0, also if there was none; AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_reauth_forget(const char *rundir, uint32_t uid);

/*
 * aas_reauth_sweep(rundir, now):
 * Remove what serves nobody any more: stamps of other boots, of terminals
 * whose leader is gone, and what is none.  Returns as aas_reauth_forget().
 */
int aas_reauth_sweep(const char *rundir, const struct aas_now *now);

#endif

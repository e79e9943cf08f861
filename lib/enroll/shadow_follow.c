/*
 * What a record's state means for the password.
 */
#include "lib/err.h"
#include "lib/record/index.h"
#include "lib/enroll/shadow.h"

int
aas_shadow_follow(const char *statedir, const char *name, uint32_t uid,
    unsigned state, int *done)
{
	*done = 0;
	switch (state) {
	case AAS_ST_ENROLLED:
	case AAS_ST_DEGRADED:
	case AAS_ST_RECOVERING:
	case AAS_ST_RECOVERY_DUE:
	case AAS_ST_LOCKED:
		return aas_shadow_lock(statedir, name, uid, done);
	case AAS_ST_DISABLED:
		return aas_shadow_unlock(statedir, name, uid, done);
	default:
		/* None, held, broken: it stays as it is. */
		return AAS_OK;
	}
}

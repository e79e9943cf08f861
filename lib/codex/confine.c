/*
 * The rights of a process that reads a user's files.
 *
 * 1. There MUST be no way back to what it was before.
 */
#include <sys/prctl.h>

#include <grp.h>
#include <unistd.h>

#include "lib/codex/read.h"
#include "lib/err.h"
#include "lib/limit.h"

#define CPU_S   2
#define FDS_MAX (AAS_CODEX_MAX + 32) /* the roots of all, and what is read */

int
aas_codex_confine(const struct aas_codex_user *user, size_t memory)
{
	uid_t r = 0, e = 0, s = 0;

	/* initgroups(3) asks NSS, the user's groups only say what he may read:
	 * without them he reads less. */
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) == -1 ||
		setresgid(user->gid, user->gid, user->gid) == -1 ||
		setresuid(user->uid, user->uid, user->uid) == -1))
		return AAS_ERR_SYS;
	if (getresuid(&r, &e, &s) == -1 || r != user->uid || e != user->uid ||
	    s != user->uid || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
	    aas_limit(RLIMIT_CORE, 0) != AAS_OK ||
	    aas_limit(RLIMIT_CPU, CPU_S) != AAS_OK ||
	    aas_limit(RLIMIT_NOFILE, FDS_MAX) != AAS_OK ||
	    aas_limit(RLIMIT_NPROC, 0) != AAS_OK)
		return AAS_ERR_SYS;
#ifndef __SANITIZE_ADDRESS__ /* which takes terabytes of addresses */
	if (aas_limit(RLIMIT_AS, memory) != AAS_OK)
		return AAS_ERR_SYS;
#else
	(void)memory;
#endif
	return AAS_OK;
}

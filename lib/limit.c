/*
 * Limits that a process sets itself before it touches what strangers made.
 *
 * 1. A limit MUST NOT be raised here.
 */
#include "lib/limit.h"

#include "lib/err.h"

int
aas_limit(int what, rlim_t max)
{
	struct rlimit rl = { .rlim_cur = max, .rlim_max = max };
	struct rlimit old;

	if (getrlimit((__rlimit_resource_t)what, &old) == 0 &&
	    old.rlim_max < max)
		return AAS_OK;
	return setrlimit((__rlimit_resource_t)what, &rl) == -1 ? AAS_ERR_SYS
							       : AAS_OK;
}

/*
 * What a ceremony needs to know of the compiled policy.
 */
#include <stdio.h>

#include "lib/err.h"
#include "policy/policy.h"
#include "tools/ceremony_settings.h"

static int
copy(char *dst, size_t cap, const char *src)
{
	int n = snprintf(dst, cap, "%s", src);

	return n < 0 || (size_t)n >= cap ? AAS_ERR_TOOBIG : AAS_OK;
}

int
aas_ceremony_settings(const char *path, struct aas_cer_settings *set)
{
	struct aas_cer_settings s = { 0 };
	struct aas_policy *p = NULL;
	int r;

	if ((r = aas_policy_open(path, &p)) != AAS_OK)
		return r;
	if ((r = copy(s.realm, sizeof(s.realm), aas_policy_realm(p))) !=
		AAS_OK ||
	    (r = copy(s.statedir, sizeof(s.statedir),
		 aas_policy_statedir(p))) != AAS_OK ||
	    (r = copy(s.rundir, sizeof(s.rundir), aas_policy_rundir(p))) !=
		AAS_OK)
		goto out;
	*set = s;
out:
	aas_policy_free(&p);
	return r;
}

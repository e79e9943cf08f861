#ifndef AAS_TOOLS_CONTEXT_H
#define AAS_TOOLS_CONTEXT_H

#include "lib/enroll/enroll.h"
#include "lib/user.h"
#include "policy/policy.h"

/* One user under this host's policy, for tools. */
struct aas_context {
	struct aas_policy *policy;
	struct aas_user user;
	struct aas_decision d;
	struct aas_kinds kinds;   /* of keys, that the decision takes */
	char path[AAS_PATH_MAX];  /* of the compiled policy; "" default */
	char host[256];           /* uname(2)'s nodename */
	char authn[AAS_PATH_MAX]; /* of aas-authn */
	int (*go_on)(void *arg);  /* asked while aasd is; NULL: nothing is */
	void *go_on_arg;
};

/*
 * aas_context_open(path, uid, service, &cx, &why):
 * Open the compiled policy ${path} (NULL: the default), look up ${uid} and
 * decide.  ${why} (enum aas_reason) is written on every return.  Release with
 * aas_context_close().  Returns 0; what aas_policy_open() and aas_user_uid()
 * return; AAS_ERR_DENIED (the policy denies, or a group look-up failed).
 */
int aas_context_open(const char *path, uid_t uid, const char *service,
    struct aas_context *cx, unsigned *why);
void aas_context_close(struct aas_context *cx);

/*
 * aas_context_enroll(cx, service, e):
 * Fill what an enrolment takes from the context; the rest of ${e} is zeroed.
 * Strings are borrowed from ${cx}.
 */
void aas_context_enroll(
    const struct aas_context *cx, const char *service, struct aas_enroll *e);

#endif

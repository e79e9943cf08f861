/*
 * What the tools need to know before they do anything for a user.
 */
#include <sys/utsname.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "policy/signin/signin.h"
#include "tools/context.h"

static unsigned
policy_why(int r)
{
	return r == AAS_ERR_NOTFOUND ? AAS_WHY_POLICY_MISSING
				     : AAS_WHY_POLICY_BROKEN;
}

static int
decide(struct aas_context *cx, const char *service, unsigned *why)
{
	struct aas_query q = { .size = sizeof(q), .service = service };
	struct aas_answer a = { .size = sizeof(a) };
	struct aas_now now;
	gid_t *gids = calloc(AAS_USER_GROUPS, sizeof(*gids));
	const gid_t *proof = NULL;
	unsigned proof_n = 0;
	int r = AAS_ERR_NOMEM;

	*why = AAS_WHY_SYSTEM;
	if (gids == NULL)
		return r;
	if ((r = aas_clock_now(&now)) != AAS_OK)
		goto out;
	q.user = cx->user.name;
	q.uid = cx->user.uid;
	q.gids = gids;
	q.now_s = now.real_s;
	proof_n = aas_policy_proof(cx->policy, &proof);
	if (aas_user_groups(&cx->user, proof, proof_n, gids, &q.gids_n) !=
	    AAS_OK)
		q.gids_n = -1;
	q.host = cx->host;
	q.ca_state = AAS_CA_NONE;
	r = aas_policy_eval(cx->policy, &q, &a);
	cx->d = a.now;
	if (r == AAS_OK && cx->d.verdict == AAS_V_DENY)
		r = AAS_ERR_DENIED;
	*why = cx->d.reason;
	if (r == AAS_OK &&
	    (r = aas_signin_kinds(cx->policy, &cx->d, &cx->kinds)) != AAS_OK)
		*why = AAS_WHY_POLICY_BROKEN;
out:
	free(gids);
	return r;
}

int
aas_context_open(const char *path, uid_t uid, const char *service,
    struct aas_context *cx, unsigned *why)
{
	struct utsname un;
	int r = AAS_ERR_SYS;

	memset(cx, 0, sizeof(*cx));
	*why = AAS_WHY_SYSTEM;
	if (path != NULL && strlen(path) >= sizeof(cx->path))
		return AAS_ERR_TOOBIG;
	if (path != NULL)
		memcpy(cx->path, path, strlen(path) + 1);
	if (uname(&un) == -1)
		return AAS_ERR_SYS;
	(void)snprintf(cx->host, sizeof(cx->host), "%s", un.nodename);
	if ((r = aas_policy_open(path, &cx->policy)) != AAS_OK) {
		*why = policy_why(r);
		return r;
	}
	if (snprintf(cx->authn, sizeof(cx->authn), "%s/aas-authn",
		aas_policy_libexecdir(cx->policy)) >= (int)sizeof(cx->authn)) {
		r = AAS_ERR_TOOBIG;
	} else if ((r = aas_user_uid(uid, &cx->user)) != AAS_OK) {
		*why = aas_user_why(r);
	} else {
		r = decide(cx, service, why);
	}
	if (r != AAS_OK)
		aas_context_close(cx);
	return r;
}

void
aas_context_close(struct aas_context *cx)
{
	aas_policy_free(&cx->policy);
}

void
aas_context_enroll(
    const struct aas_context *cx, const char *service, struct aas_enroll *e)
{
	memset(e, 0, sizeof(*e));
	e->uid = cx->user.uid;
	(void)snprintf(e->user, sizeof(e->user), "%s", cx->user.name);
	(void)snprintf(
	    e->realm, sizeof(e->realm), "%s", aas_policy_realm(cx->policy));
	(void)snprintf(e->host, sizeof(e->host), "%s", cx->host);
	(void)snprintf(e->service, sizeof(e->service), "%s", service);
	e->policy = cx->path;
	e->helper = cx->authn;
	e->keys_min = cx->d.enrolled_min;
	e->uv = cx->d.uv;
	e->kinds = &cx->kinds;
	e->timeout_s = cx->d.timeout_s;
	e->drafts = -1;
}

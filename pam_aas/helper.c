/*
 * What the helper processes are for: sign-in, verification, enrolment, an
 * unlocking.
 *
 * 1. A granted verdict MUST be of as many keys, of the kinds, and by the ways
 *    that were asked for, whatever the helper says.
 */
#include <string.h>
#include <unistd.h>

#include "pam_aas/helper.h"
#include "pam_aas/talk.h"

#define VERIFY_S 30
#define ENROLL_S 600

/* Only what was asked for may stand in for a key of this host. */
static int
is_way(const struct aas_request *rq, const struct aas_verdict *v)
{
	switch (v->how) {
	case AAS_HOW_HERE:
		return 1;
	case AAS_HOW_FRESH:
		return (rq->flags & AAS_RQ_FRESH) != 0;
	case AAS_HOW_AGENT:
		return (rq->flags & AAS_RQ_AGENT) != 0;
	case AAS_HOW_SERVER:
		return (rq->flags & AAS_RQ_SERVER_KEYS) != 0;
	default:
		return 0;
	}
}

/* As many distinct keys as asked for, and the user verified by each. */
static int
is_enough(const struct aas_call *c, const struct aas_verdict *v)
{
	unsigned present = c->d.present != 0 ? c->d.present : 1;

	if (v->keys_n < present || v->keys_n > 2 || (c->d.uv && v->uv != 1))
		return 0;
	return v->keys_n < 2 ||
	    memcmp(v->key[0], v->key[1], sizeof(v->key[0])) != 0;
}

/* None of a kind that was not asked for, whoever says that it answered. */
static int
is_kind(const struct aas_call *c, const struct aas_verdict *v)
{
	for (unsigned i = 0; i < v->keys_n && i < 2; i++)
		if (aas_signin_asks(&c->d) &&
		    !aas_policy_key(
			c->policy, &c->d, v->aaguid[i], v->backup[i] & AAS_BE))
			return 0;
	return 1;
}

/* Records are closed to a host that is not root. */
static const char *
authn(void)
{
	return geteuid() == 0 ? "aas-authn" : "aas-unlock";
}

int
aas_helper_does(struct aas_call *c, const struct aas_verdict *v)
{
	if (!is_enough(c, v)) {
		(void)aas_call_refuse(c, AAS_WHY_PROTOCOL);
		return -1;
	}
	if (!is_kind(c, v)) {
		(void)aas_call_refuse(c, AAS_WHY_KEY_KIND);
		return -1;
	}
	return 0;
}

int
aas_helper_assert(struct aas_call *c, struct aas_verdict *v)
{
	struct aas_talk *w = aas_talk_new(c, AAS_OP_ASSERT, c->d.timeout_s);
	int r;

	memset(v, 0, sizeof(*v));
	if (w == NULL)
		return -1;
	r = aas_talk_run(c, w, authn(), v);
	if (r == 0 && !is_way(&w->rq, v)) {
		(void)aas_call_refuse(c, AAS_WHY_PROTOCOL);
		r = -1;
	} else if (r == 0) {
		r = aas_helper_does(c, v);
	}
	aas_talk_free(w);
	return r;
}

int
aas_helper_verify(struct aas_call *c, unsigned *state, int64_t *deadline_s)
{
	struct aas_talk *w = aas_talk_new(c, AAS_OP_VERIFY, VERIFY_S);
	struct aas_verdict v;
	int r;

	if (w == NULL)
		return -1;
	if ((r = aas_talk_run(c, w, authn(), &v)) == 0) {
		*state = v.state;
		*deadline_s = v.deadline_s;
	}
	aas_talk_free(w);
	return r;
}

int
aas_helper_enroll(struct aas_call *c, int hostauth, struct aas_verdict *v)
{
	struct aas_talk *w = aas_talk_new(c, AAS_OP_ENROLL, ENROLL_S);
	int r;

	memset(v, 0, sizeof(*v));
	if (w == NULL)
		return -1;
	if (hostauth)
		w->rq.flags |= AAS_RQ_HOSTAUTH;
	r = aas_talk_run(c, w, "aas-enroll", v);
	aas_talk_free(w);
	return r;
}

/* Two of them: an unlocking by one is held, and no grant. */
int
aas_helper_unlock(struct aas_call *c, struct aas_verdict *v)
{
	struct aas_talk *w = aas_talk_new(c, AAS_OP_UNLOCK, ENROLL_S);
	int r;

	memset(v, 0, sizeof(*v));
	if (w == NULL)
		return -1;
	r = aas_talk_run(c, w, "aas-enroll", v);
	if (r == 0 &&
	    (v->keys_n != 2 ||
		memcmp(v->key[0], v->key[1], sizeof(v->key[0])) == 0)) {
		(void)aas_call_refuse(c, AAS_WHY_PROTOCOL);
		r = -1;
	}
	aas_talk_free(w);
	return r;
}

/*
 * The account phase: policy and index, and nothing else.
 *
 * 1. It MUST NOT grant what the auth phase has to: it says only that nothing
 *    stands against a sign-in.
 * 2. It MUST NOT ask for an enrolment unless the auth phase of this very
 *    transaction left the user to the host's own method: su and sudo would
 *    run it as root for somebody else, cron would fail the job.
 */
#include <unistd.h>

#include "lib/err.h"
#include "pam_aas/call.h"

static void
say_days(struct aas_call *c)
{
	char text[AAS_TEXT_MAX];

	aas_signin_say_soon(&c->d, c->dates_s, text, sizeof(text));
	aas_call_say(c, 0, text);
}

static int
own_auth(const struct aas_call *c, uint32_t answer)
{
	const struct aas_txn *t = aas_txn_get(c->pamh);

	return t != NULL && t->auth == answer && t->auth_uid == c->user.uid;
}

static uint32_t
expired(struct aas_call *c)
{
	c->code = PAM_ACCT_EXPIRED;
	return AAS_A_REFUSE;
}

static uint32_t
enroll(struct aas_call *c)
{
	struct aas_txn *t = aas_txn_get(c->pamh);

	if (t == NULL || !own_auth(c, AAS_A_NEXT))
		return expired(c);
	t->account = AAS_A_ENROLL;
	aas_call_say(c, 0,
	    "Security keys are required for this account. You can add them "
	    "now.");
	return AAS_A_ENROLL;
}

/* Not root: records are closed to it, so only what auth found out counts. */
static uint32_t
unprivileged(struct aas_call *c)
{
	if (own_auth(c, AAS_A_GRANT))
		return AAS_A_GRANT;
	if (own_auth(c, AAS_A_NEXT) &&
	    (c->d.verdict == AAS_V_OPTIONAL || c->d.verdict == AAS_V_OUT ||
		(c->d.verdict == AAS_V_REQUIRE && c->dates_s < c->d.from_s)))
		return AAS_A_NEXT;
	return aas_call_refuse(c, AAS_WHY_NOT_SELF);
}

static uint32_t
pass(struct aas_call *c)
{
	char text[AAS_TEXT_MAX];

	if (c->row == AAS_ROW_ONE && c->class == AAS_CL_LOGIN)
		aas_call_say(c, 0, aas_reason_text(AAS_WHY_DEGRADED));
	if (c->row == AAS_ROW_FEW && c->class == AAS_CL_LOGIN) {
		aas_signin_say_few(&c->d, c->keys, text, sizeof(text));
		aas_call_say(c, 0, text);
	}
	aas_call_pass(c);
	return AAS_A_GRANT;
}

uint32_t
aas_account(struct aas_call *c)
{
	struct aas_txn *t = aas_txn_need(c->pamh);

	if (t == NULL)
		return aas_call_refuse(c, AAS_WHY_SYSTEM);
	t->account = AAS_A_REFUSE;
	t->account_ran = 0;
	if (aas_call_subject(c) != 0)
		return AAS_A_REFUSE;
	t->account_ran = 1;
	t->account_uid = c->user.uid;
	if (geteuid() != 0)
		return unprivileged(c);
	aas_call_state(c);
	switch (aas_states_act(c->phase, c->row, c->class)) {
	case AAS_ACT_NEXT:
		if (c->row == AAS_ROW_SOON && c->class != AAS_CL_JOB &&
		    c->class != AAS_CL_EXEMPT)
			say_days(c);
		if (!c->ssh)
			aas_call_attested(c);
		aas_call_pass(c);
		return AAS_A_NEXT;
	case AAS_ACT_PASS:
		return pass(c);
	case AAS_ACT_ENROLL:
		return enroll(c);
	case AAS_ACT_EXPIRED:
		return expired(c);
	case AAS_ACT_REFUSE:
	case AAS_ACT_KEY:
	case AAS_ACT_UNLOCK:
	default:
		/* It had its hours, or may yet get some. */
		return c->why == AAS_WHY_NO_LEASE ? expired(c) : AAS_A_REFUSE;
	}
}

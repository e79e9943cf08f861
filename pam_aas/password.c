/*
 * pam_chauthtok: where enrolment happens when a sign-in demands it.
 *
 * 1. An enrolment MUST NOT count at once unless the host's own method let this
 *    user in, in this very transaction.
 * 2. Nobody MUST be led to enrol keys for somebody else.
 * 3. A user with keys MUST NOT be given a password.
 * 4. A transaction has one try.
 */
#include <stdio.h>
#include <unistd.h>

#include "lib/err.h"
#include "pam_aas/call.h"
#include "pam_aas/helper.h"
#include "pam_aas/pass.h"
#include "lib/put.h"

/* Auth left this user to the next module, and account asked for keys. */
static int
host_let_in(const struct aas_call *c, const struct aas_txn *t)
{
	return t != NULL && t->auth == AAS_A_NEXT &&
	    t->auth_uid == c->user.uid && t->account == AAS_A_ENROLL &&
	    t->account_uid == c->user.uid;
}

static uint32_t
enroll(struct aas_call *c, int hostauth)
{
	struct aas_txn *t = aas_txn_need(c->pamh);
	struct aas_verdict v;

	c->why = AAS_WHY_UNKNOWN;
	if (t == NULL)
		return aas_call_refuse(c, AAS_WHY_SYSTEM);
	if (t->enrolled)
		return aas_call_refuse(c, AAS_WHY_AUTHORITY);
	if ((c->flags & PAM_UPDATE_AUTHTOK) == 0)
		return AAS_A_GRANT; /* the preliminary check */
	t->enrolled = 1;
	t->account = AAS_A_REFUSE;
	if (aas_helper_enroll(c, hostauth, &v) != 0) {
		c->code =
		    c->why == AAS_WHY_BUSY ? PAM_TRY_AGAIN : PAM_AUTHTOK_ERR;
		return AAS_A_REFUSE;
	}
	/* All new keys just answered: a session may follow. */
	if (hostauth)
		aas_pass_write(c, t, &v);
	c->why = AAS_WHY_OK;
	aas_call_log(c, "enrolled", hostauth ? "by=host" : "by=user, held");
	return AAS_A_GRANT;
}

static uint32_t
due(struct aas_call *c)
{
	if (host_let_in(c, aas_txn_get(c->pamh)))
		return enroll(c, 1);
	if (getuid() == c->user.uid)
		return enroll(c, 0);
	/* Root sets a first password, with which this user gets to enrol. */
	if (getuid() == 0 && (c->flags & PAM_CHANGE_EXPIRED_AUTHTOK) == 0)
		return AAS_A_NEXT;
	c->why = AAS_WHY_NOT_SELF;
	return AAS_A_REFUSE;
}

uint32_t
aas_password(struct aas_call *c)
{
	if (aas_call_subject(c) != 0)
		return AAS_A_REFUSE;
	if (geteuid() != 0)
		return aas_call_refuse(c, AAS_WHY_NOT_SELF);
	aas_call_state(c);
	switch (c->row) {
	case AAS_ROW_FREE:
	case AAS_ROW_SOON:
		return AAS_A_NEXT;
	case AAS_ROW_DUE:
	case AAS_ROW_ATTEST:
		if (c->class == AAS_CL_EXEMPT)
			return AAS_A_NEXT;
		return due(c);
	case AAS_ROW_KEYS:
	case AAS_ROW_FEW:
	case AAS_ROW_KIND:
	case AAS_ROW_GLASS:
	case AAS_ROW_ONE:
	case AAS_ROW_ONE_LATE:
		c->why = AAS_WHY_EXISTS;
		(void)aas_format(c->text, sizeof(c->text),
		    "This account signs in with security keys and has no "
		    "password to change.");
		return AAS_A_REFUSE;
	case AAS_ROW_BROKEN:
	case AAS_ROW_DENY:
	case AAS_ROW_RECOVERING:
	case AAS_ROW_RECOVERY_DUE:
	case AAS_ROW_LOCKED:
	case AAS_ROW_N:
	default:
		return AAS_A_REFUSE;
	}
}

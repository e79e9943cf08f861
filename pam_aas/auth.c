/*
 * The auth phase and setcred.
 *
 * 1. "Granted" MUST mean that a ceremony was verified in this call, or, for
 *    sudo and polkit, at this very place a moment ago (pam_aas/window.c), or
 *    that the shell from elsewhere that asks was signed in to by a key a moment
 *    ago, where policy says that this will do (AAS_HOW_FRESH).
 * 2. For a user with keys the answer MUST NOT be "the next module decides".
 * 3. A sign-in from elsewhere MUST NOT make a key blink that is plugged into
 *    this host, unless policy says server_keys.
 */
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "pam_aas/call.h"
#include "pam_aas/helper.h"
#include "pam_aas/pass.h"
#include "pam_aas/tell.h"
#include "pam_aas/window.h"
#include "lib/put.h"

static uint32_t
granted(struct aas_call *c, const struct aas_verdict *v)
{
	struct aas_txn *t = aas_txn_need(c->pamh);
	static const char *const hows[] = { "", "within=sign-in ", "by=agent ",
		"" };
	char keys[2 * AAS_LABEL_MAX + 32];

	if (t == NULL)
		return aas_call_refuse(c, AAS_WHY_SYSTEM);
	if (aas_tell_within(c, v->label[0]) != 0)
		return AAS_A_REFUSE;
	/* A ticket, and a window, are of a key that answered now. */
	if (geteuid() == 0 && v->how != AAS_HOW_FRESH) {
		aas_pass_write(c, t, v);
		aas_window_begin(c, v);
	}
	t->auth = AAS_A_GRANT;
	t->auth_uid = c->user.uid;
	c->why = AAS_WHY_OK;
	(void)aas_format(keys, sizeof(keys), "%skey=%s%s%s",
	    v->how <= AAS_HOW_SERVER ? hows[v->how] : "", v->label[0],
	    v->keys_n > 1 ? "," : "", v->keys_n > 1 ? v->label[1] : "");
	aas_call_log(c, "allow", keys);
	for (unsigned i = 0; i < v->keys_n && i < 2; i++)
		aas_call_used(c, v->aaguid[i], v->backup[i]);
	return AAS_A_GRANT;
}

static uint32_t
next(struct aas_call *c)
{
	struct aas_txn *t = aas_txn_need(c->pamh);

	if (t == NULL)
		return aas_call_refuse(c, AAS_WHY_SYSTEM);
	t->auth = AAS_A_NEXT;
	t->auth_uid = c->user.uid;
	/*
	 * A host may never ask for the account phase.  sshd does, once for a
	 * sign-in; its auth phase is run for each guess, in another process.
	 */
	if (!c->ssh)
		aas_call_exempt(c);
	return AAS_A_NEXT;
}

/* No ticket: there is nothing that a session of its own may take from it. */
static uint32_t
within(struct aas_call *c, const char *label)
{
	struct aas_txn *t = aas_txn_need(c->pamh);
	char text[AAS_LABEL_MAX + 32];

	if (t == NULL)
		return aas_call_refuse(c, AAS_WHY_SYSTEM);
	if (aas_tell_within(c, label) != 0)
		return AAS_A_REFUSE;
	t->auth = AAS_A_GRANT;
	t->auth_uid = c->user.uid;
	c->why = AAS_WHY_OK;
	(void)aas_format(text, sizeof(text), "within=reauth key=%s", label);
	aas_call_log(c, "allow", text);
	return AAS_A_GRANT;
}

static uint32_t
ceremony(struct aas_call *c)
{
	struct aas_verdict v;
	char label[AAS_LABEL_MAX];

	if (aas_window_open(c, label))
		return within(c, label);
	if (c->row == AAS_ROW_ONE || c->row == AAS_ROW_ONE_LATE)
		aas_call_say(c, 0, aas_reason_text(AAS_WHY_DEGRADED));
	c->why = AAS_WHY_UNKNOWN;
	if (c->remote && !c->d.server_keys)
		return aas_call_refuse(c, AAS_WHY_REMOTE);
	if (aas_helper_assert(c, &v) != 0)
		return AAS_A_REFUSE;
	return granted(c, &v);
}

/* A host that is not root cannot read the records: its helper tells. */
static int
is_without(const struct aas_verdict *v)
{
	if (v->result != AAS_REFUSED)
		return 0;
	return (v->reason == AAS_WHY_NOT_ENROLLED && v->state == AAS_ST_NONE) ||
	    (v->reason == AAS_WHY_HELD && v->state == AAS_ST_HELD) ||
	    (v->reason == AAS_WHY_DISABLED && v->state == AAS_ST_DISABLED);
}

/* By the state that a helper told: the host's own method, or nobody. */
static uint32_t
next_or_refuse(struct aas_call *c, unsigned state)
{
	c->state = state;
	aas_call_row(c);
	if (aas_states_act(c->phase, c->row, c->class) != AAS_ACT_NEXT)
		return AAS_A_REFUSE;
	return next(c);
}

/* An exempt service holds no ceremony: all that counts is a record. */
static uint32_t
unlock_exempt(struct aas_call *c)
{
	unsigned state = AAS_ST_BROKEN;

	if (aas_helper_verify(c, &state, &c->deadline_s) != 0)
		return AAS_A_REFUSE;
	return next_or_refuse(c, state);
}

static uint32_t
unlock(struct aas_call *c)
{
	struct aas_verdict v;

	if (c->user.uid != getuid())
		return aas_call_refuse(c, AAS_WHY_NOT_SELF);
	if (c->remote)
		return aas_call_refuse(c, AAS_WHY_REMOTE);
	if (c->d.verdict == AAS_V_OUT)
		return unlock_exempt(c);
	if (c->d.verdict != AAS_V_REQUIRE && c->d.verdict != AAS_V_OPTIONAL)
		return next_or_refuse(c, AAS_ST_ENROLLED); /* denied */
	if (aas_helper_assert(c, &v) == 0)
		return granted(c, &v);
	if (!is_without(&v))
		return AAS_A_REFUSE;
	return next_or_refuse(c, v.state);
}

/*
 * Locked by its owner: two of the keys unlock the account, and have shown then
 * that they are here.
 */
static uint32_t
reopen(struct aas_call *c)
{
	struct aas_verdict v;

	/* The reason stays "locked", which says how else. */
	if (c->remote && !c->d.server_keys)
		return AAS_A_REFUSE;
	c->why = AAS_WHY_UNKNOWN;
	if (aas_helper_unlock(c, &v) != 0)
		return AAS_A_REFUSE;
	aas_call_log(c, "unlocked", NULL);
	aas_call_state(c);
	if (aas_states_act(c->phase, c->row, c->class) != AAS_ACT_KEY)
		return AAS_A_REFUSE;
	c->why = AAS_WHY_UNKNOWN;
	if (aas_helper_does(c, &v) != 0)
		return AAS_A_REFUSE;
	return granted(c, &v);
}

uint32_t
aas_auth(struct aas_call *c)
{
	struct aas_txn *t = aas_txn_need(c->pamh);

	if (t == NULL)
		return aas_call_refuse(c, AAS_WHY_SYSTEM);
	/* What an earlier call of this transaction earned ends here. */
	t->auth = AAS_A_REFUSE;
	t->auth_ran = 1;
	t->told = 0;
	t->let_off = 0; /* a host may sign in again and again in one */
	t->account = AAS_A_REFUSE;
	if (aas_call_subject(c) != 0)
		return AAS_A_REFUSE;
	if (geteuid() != 0)
		return unlock(c);
	aas_call_state(c);
	switch (aas_states_act(c->phase, c->row, c->class)) {
	case AAS_ACT_KEY:
		return ceremony(c);
	case AAS_ACT_UNLOCK:
		return reopen(c);
	case AAS_ACT_NEXT:
		return next(c);
	case AAS_ACT_REFUSE:
	case AAS_ACT_PASS:
	case AAS_ACT_ENROLL:
	case AAS_ACT_EXPIRED:
	default:
		return AAS_A_REFUSE;
	}
}

/*
 * Credentials: none of ours.  What was granted stays granted, so that a stack
 * whose only module is this one works; everything else is the next module's.
 */
uint32_t
aas_cred(struct aas_call *c)
{
	const struct aas_txn *t = aas_txn_get(c->pamh);

	if (t != NULL && t->auth == AAS_A_GRANT)
		return AAS_A_GRANT;
	/* sshd: auth ran in a child, and left a ticket. */
	if ((t == NULL || !t->auth_ran) && aas_pass_there(c))
		return AAS_A_GRANT;
	return AAS_A_NEXT;
}

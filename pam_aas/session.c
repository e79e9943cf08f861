/*
 * The session phase: evidence that a key was used, and a line in the ledger.
 *
 * 1. Under sshd a user with keys MUST NOT get a session without evidence:
 *    public keys never run the auth phase.
 * 2. A ledger that cannot be written MUST NOT lock anybody out.
 */
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/session/ledger.h"
#include "lib/log.h"
#include "pam_aas/call.h"
#include "pam_aas/pass.h"
#include "lib/put.h"

static void
write_line(struct aas_call *c, const char *via, const char *label)
{
	struct aas_txn *t = aas_txn_need(c->pamh);
	struct aas_ledger l = {
		.user = c->user.name,
		.uid = c->user.uid,
		.service = c->service,
		.tty = c->tty,
		.rhost = c->rhost,
		.key = label[0] != '\0' ? label : NULL,
		.via = via,
		.origin = c->remote            ? AAS_ORIGIN_REMOTE
		    : c->class == AAS_CL_LOGIN ? AAS_ORIGIN_LOCAL
					       : AAS_ORIGIN_WITHIN,
		.session_s = c->d.session_s,
		.idle_s = c->d.idle_s,
	};
	int r = AAS_ERR_NOMEM;

	/* Opened twice: the first line is over. */
	if (t != NULL && t->ledger[0] != '\0') {
		(void)aas_ledger_close(aas_policy_rundir(c->policy), t->ledger);
		t->ledger[0] = '\0';
	}
	if (t != NULL)
		r = aas_proc_self(&l.leader, NULL);
	if (r == AAS_OK) {
		(void)aas_format(t->rundir, sizeof(t->rundir), "%s",
		    aas_policy_rundir(c->policy));
		r = aas_ledger_open(t->rundir, &l, &c->now, t->ledger);
	}
	if (r != AAS_OK)
		aas_log(LOG_WARNING, "no ledger line: %s", aas_strerror(r));
}

/*
 * sudo authenticates its caller and then opens a session of its target: that
 * one signed in nowhere.
 */
static int
is_other(const struct aas_call *c, const struct aas_txn *t)
{
	if (t == NULL || c->class == AAS_CL_LOGIN)
		return 0;
	if (t->auth != AAS_A_REFUSE)
		return t->auth_uid != c->user.uid;
	/* Within sudo's own time window its auth phase does not run. */
	return t->account_ran && t->account_uid != c->user.uid;
}

static uint32_t
open_with(struct aas_call *c, uint32_t answer)
{
	char label[AAS_LABEL_MAX] = "";
	const char *via = "host";
	struct aas_txn *t;

	if (aas_pass_take(c, label) == 0)
		via = "keys";
	else if (aas_pass_sshkey(c, label) == 0)
		via = "ssh-key";
	else if (c->ssh && c->class == AAS_CL_LOGIN &&
	    aas_states_keys(c->row)) {
		c->why = AAS_WHY_NO_TICKET;
		return AAS_A_REFUSE;
	}
	if (strcmp(via, "keys") == 0 && (t = aas_txn_need(c->pamh)) != NULL) {
		/* For a setcred that comes after. */
		t->auth = AAS_A_GRANT;
		t->auth_uid = c->user.uid;
	}
	if (c->ssh)
		aas_call_attested(c);
	else
		/* sshd runs account in another process, but it does. */
		aas_call_exempt(c);
	/* Sign-ins of everybody: su and sudo inside look where they are. */
	if (c->remote || c->class == AAS_CL_LOGIN ||
	    (c->class == AAS_CL_OTHER &&
		(answer == AAS_A_GRANT || c->d.verdict == AAS_V_REQUIRE)))
		write_line(c, via, label);
	return answer;
}

uint32_t
aas_session_open(struct aas_call *c)
{
	struct aas_txn *t = aas_txn_get(c->pamh);

	if (aas_call_subject(c) != 0)
		return AAS_A_REFUSE;
	/*
	 * A host that is not root opens nothing that it has not already; but
	 * one that says it is sshd could not show its evidence.
	 */
	if (geteuid() != 0)
		return c->ssh ? aas_call_refuse(c, AAS_WHY_NO_TICKET)
			      : AAS_A_NEXT;
	if (is_other(c, t)) {
		aas_pass_drop(c, t);
		return AAS_A_NEXT;
	}
	aas_signin_tick(c->policy, c->now.real_s);
	aas_call_state(c);
	switch (aas_states_act(c->phase, c->row, c->class)) {
	case AAS_ACT_NEXT:
		return open_with(c, AAS_A_NEXT);
	case AAS_ACT_PASS:
		return open_with(c, AAS_A_GRANT);
	case AAS_ACT_REFUSE:
	case AAS_ACT_KEY:
	case AAS_ACT_ENROLL:
	case AAS_ACT_EXPIRED:
	default:
		return AAS_A_REFUSE;
	}
}

uint32_t
aas_session_close(struct aas_call *c)
{
	struct aas_txn *t = aas_txn_get(c->pamh);
	int r;

	if (t == NULL || t->ledger[0] == '\0')
		return AAS_A_NEXT;
	r = aas_ledger_close(t->rundir, t->ledger);
	t->ledger[0] = '\0';
	if (r != AAS_OK && r != AAS_ERR_NOTFOUND)
		aas_log(LOG_WARNING, "ledger: %s", aas_strerror(r));
	return AAS_A_GRANT;
}

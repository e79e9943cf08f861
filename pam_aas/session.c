/*
 * The session phase: evidence that a key was used, and a line in the ledger.
 *
 * 1. Under sshd a user with keys MUST NOT get a session without evidence:
 *    public keys never run the auth phase.
 * 2. A ledger that cannot be written MUST NOT lock anybody out, nor a keeper
 *    that is down, unless policy says so.
 */
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "lib/session/ledger.h"
#include "lib/session/rundir.h"
#include "lib/log.h"
#include "pam_aas/call.h"
#include "pam_aas/pass.h"
#include "pam_aas/tell.h"
#include "lib/put.h"

#define SOFT_S 15

/*
 * Who has no keys, and needs none, has the limits that somebody named: the
 * others come with the duty.  What nobody authenticated for within another
 * session, such as su of root's that starts a service, ends with that one.
 */
static int64_t
limit(
    const struct aas_call *c, const char *via, unsigned which, int64_t limit_s)
{
	if (!c->remote && c->class != AAS_CL_LOGIN && strcmp(via, "host") == 0)
		return 0;
	return c->d.verdict == AAS_V_REQUIRE || aas_states_keys(c->row) ||
		c->d.limits & which
	    ? limit_s
	    : 0;
}

/*
 * Where nobody keeps sessions systemd ends this one, a little later than
 * aasd(8) would: it tells nobody why.  pam_systemd(8), which stands behind us,
 * reads it.
 */
static void
lend_limit(const struct aas_call *c, struct aas_txn *t, int64_t session_s)
{
	struct aas_put p;

	int64_t total_s = aas_policy_total_s(c->policy);

	if (session_s <= 0 || session_s > INT32_MAX)
		return;
	/* It cannot be changed later, and the session may be extended. */
	if (total_s > session_s)
		session_s = total_s < INT32_MAX ? total_s : INT32_MAX;
	aas_put_init(&p, t->soft, sizeof(t->soft));
	aas_put_number(&p, (uint64_t)session_s + SOFT_S);
	(void)pam_set_data(c->pamh, "systemd.runtime_max_sec", t->soft, NULL);
}

/*
 * Under which entry of the record it opens: who signs out everywhere ends what
 * is older.  While an enrolment is held there is no record yet.
 */
static uint64_t
seq_of(const struct aas_call *c)
{
	if (c->state == AAS_ST_NONE || c->state == AAS_ST_HELD)
		return 0;
	return c->has_index ? c->ix->pin.seq : UINT64_MAX;
}

/*
 * A system's unit with PAMName=: we are its first process, and all that is in
 * its control group is the session's, wherever it descends from.  By its
 * service alone: a job of cron's that runs sudo and gives itself away is a
 * child of process 1, too, and cron.service is not its session.
 */
static const char *
group_of(const struct aas_call *c, char path[AAS_CGROUP_MAX])
{
	char unit[AAS_CGROUP_UNIT];

	return strcmp(c->service, "aas-runner") == 0 && getppid() == 1 &&
		aas_cgroup_of(0, path) == AAS_OK &&
		aas_cgroup_unit(path, unit) == AAS_OK
	    ? path
	    : NULL;
}

/* On a lease, whose end is the session's. */
static void
on_lease(
    const struct aas_call *c, struct aas_ledger *l, char group[AAS_CGROUP_MAX])
{
	if (c->lease == NULL)
		return;
	l->grantor = c->lease->grantor;
	l->lease_ms = c->lease->until_ms;
	l->group = group_of(c, group);
	if (l->origin == AAS_ORIGIN_WITHIN)
		l->origin = AAS_ORIGIN_LOCAL;
}

/*
 * What is typed into a display goes past every terminal: aasd(8) asks logind
 * then.  Greeters say so to pam_systemd(8), by the same name.
 */
static int
has_display(const struct aas_call *c)
{
	const char *type = pam_getenv(c->pamh, "XDG_SESSION_TYPE");

	return type != NULL && !c->ssh &&
	    (strcmp(type, "x11") == 0 || strcmp(type, "wayland") == 0 ||
		strcmp(type, "mir") == 0);
}

static void
drop_line(struct aas_txn *t)
{
	if (t == NULL || t->ledger[0] == '\0')
		return;
	(void)aas_ledger_close(t->rundir, t->ledger, t->ledger_uid);
	t->ledger[0] = '\0';
}

/*
 * 1 if nobody would end it and policy wants it ended.  What is opened within
 * another ends with that one, and may be what starts aasd(8).
 */
static int
is_unkept(struct aas_call *c, const struct aas_ledger *l)
{
	const char *rundir = aas_policy_rundir(c->policy);

	if (l->origin == AAS_ORIGIN_WITHIN ||
	    (l->session_s == 0 && l->idle_s == 0 && l->lease_ms == 0))
		return 0;
	if (aas_rundir_look(rundir, "sessions", &c->seen) == AAS_OK &&
	    aas_ledger_kept(rundir))
		return 0;
	aas_tell_unkept(c);
	if (!aas_policy_keeper(c->policy))
		return 0;
	c->why = AAS_WHY_UNKNOWN; /* "ok", so far */
	(void)aas_call_refuse(c, AAS_WHY_KEEPER);
	(void)aas_format(
	    c->text, sizeof(c->text), "%s", aas_reason_text(AAS_WHY_KEEPER));
	return 1;
}

static int
write_line(struct aas_call *c, const char *via, const struct aas_pass_key *key)
{
	struct aas_txn *t = aas_txn_need(c->pamh);
	struct aas_ledger l = {
		.user = c->user.name,
		.uid = c->user.uid,
		.service = c->service,
		.tty = c->tty,
		.rhost = c->rhost,
		.key = key->n > 0 ? key->label[0] : NULL,
		.key2 = key->n > 1 ? key->label[1] : NULL,
		.via = via,
		.key_id = key->n > 0 ? key->id[0] : NULL,
		.key2_id = key->n > 1 ? key->id[1] : NULL,
		.uv = key->uv,
		.origin = c->remote            ? AAS_ORIGIN_REMOTE
		    : c->class == AAS_CL_LOGIN ? AAS_ORIGIN_LOCAL
					       : AAS_ORIGIN_WITHIN,
		.session_s = limit(c, via, AAS_LIMIT_SESSION, c->d.session_s),
		.idle_s = limit(c, via, AAS_LIMIT_IDLE, c->d.idle_s),
		.seq = seq_of(c),
	};
	char group[AAS_CGROUP_MAX];
	int r = AAS_ERR_NOMEM;

	on_lease(c, &l, group);
	l.display = has_display(c);
	drop_line(t); /* opened twice: the first one is over */
	if (is_unkept(c, &l))
		return -1;
	if (t != NULL)
		r = aas_proc_self(&l.leader, NULL);
	if (r == AAS_OK) {
		(void)aas_format(t->rundir, sizeof(t->rundir), "%s",
		    aas_policy_rundir(c->policy));
		r = aas_ledger_open(
		    t->rundir, &c->seen, &l, &c->now, t->ledger);
		t->ledger_uid = c->user.uid;
	}
	if (t != NULL && l.origin != AAS_ORIGIN_WITHIN)
		lend_limit(c, t, l.session_s);
	if (r != AAS_OK)
		aas_log(LOG_WARNING, "no ledger line: %s", aas_strerror(r));
	return 0;
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

/*
 * Sign-ins of everybody: su and sudo inside look where they are.  Others of
 * those whom we have to do with; of what nobody signs in to, that is the
 * service manager, which aasd(8) ends with the last session of its user.
 */
static int
has_line(const struct aas_call *c, uint32_t answer)
{
	if (c->remote || c->class == AAS_CL_LOGIN || c->lease != NULL)
		return 1;
	if (answer != AAS_A_GRANT && c->d.verdict != AAS_V_REQUIRE)
		return 0;
	return c->class == AAS_CL_OTHER ||
	    strcmp(c->service, "systemd-user") == 0;
}

static const char one_of_two[] =
    "Two different keys are needed, and one SSH key is one. Sign in with ssh "
    "-o PreferredAuthentications=keyboard-interactive.";

static uint32_t
open_with(struct aas_call *c, uint32_t answer)
{
	struct aas_pass_key used = { .n = 0 };
	const char *via = "host";
	const struct aas_index_key *key[2] = { NULL, NULL };
	struct aas_txn *t;
	int ssh = AAS_WHY_NO_TICKET;

	if (aas_pass_take(c, &used) == 0) {
		via = "keys";
	} else if ((ssh = aas_pass_sshkey(c, key)) == 0) {
		via = "ssh-key";
		for (; used.n < 2 && key[used.n] != NULL; used.n++) {
			memcpy(used.label[used.n], key[used.n]->label,
			    AAS_LABEL_MAX);
			memcpy(used.id[used.n], key[used.n]->id,
			    sizeof(used.id[0]));
		}
		/*
		 * sshd does not say; PubkeyAuthOptions verify-required, as
		 * conf/sshd_config.d has it, insists on it.
		 */
		used.uv = c->d.uv;
		aas_call_used(c, key[0]->aaguid, key[0]->backup);
	} else if (c->ssh && c->class == AAS_CL_LOGIN &&
	    aas_states_keys(c->row)) {
		c->why = (unsigned)ssh;
		if (ssh == AAS_WHY_SECOND_KEY)
			(void)aas_format(
			    c->text, sizeof(c->text), "%s", one_of_two);
		return AAS_A_REFUSE;
	}
	if (c->lease != NULL && strcmp(via, "host") == 0)
		via = "lease";
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
	if (has_line(c, answer) && write_line(c, via, &used) != 0)
		return AAS_A_REFUSE;
	if (aas_tell_signin(c, via, used.label[0]) != 0) {
		drop_line(aas_txn_get(c->pamh));
		return AAS_A_REFUSE;
	}
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
	case AAS_ACT_UNLOCK:
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
	r = aas_ledger_close(t->rundir, t->ledger, t->ledger_uid);
	t->ledger[0] = '\0';
	if (r != AAS_OK && r != AAS_ERR_NOTFOUND)
		aas_log(LOG_WARNING, "ledger: %s", aas_strerror(r));
	return AAS_A_GRANT;
}

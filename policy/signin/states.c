/*
 * Who gets which answer: the table of pam_aas(8), STATES.  No I/O.
 *
 * 1. For a user with keys the auth phase MUST NOT answer "the next module
 *    decides", unless an exemption says break_glass; nor MUST sshd's public
 *    key let them in, which it takes without that phase.
 * 2. A state, phase or program that is not in the table MUST be refused, or
 *    be treated as the strictest.
 */
#include <string.h>

#include "lib/reason.h"
#include "policy/signin/states.h"

#define R AAS_ACT_REFUSE
#define N AAS_ACT_NEXT
#define K AAS_ACT_KEY
#define P AAS_ACT_PASS
#define U AAS_ACT_UNLOCK
#define E AAS_ACT_ENROLL
#define X AAS_ACT_EXPIRED

/* Columns: other, login, job, exempt. */
static const uint8_t auth[AAS_ROW_N][AAS_CL_N] = {
	[AAS_ROW_BROKEN] = { R, R, R, R },
	[AAS_ROW_DENY] = { R, R, R, R },
	[AAS_ROW_FREE] = { N, N, N, N },
	[AAS_ROW_SOON] = { N, N, N, N },
	[AAS_ROW_DUE] = { N, N, N, N }, /* account refuses or enrolls */
	[AAS_ROW_ATTEST] = { N, N, N, N },
	[AAS_ROW_KEYS] = { K, K, R, R },
	[AAS_ROW_FEW] = { K, K, R, R },
	[AAS_ROW_KIND] = { R, R, R, R },
	[AAS_ROW_ONE] = { K, K, R, R },
	[AAS_ROW_ONE_LATE] = { K, K, R, R },
	[AAS_ROW_RECOVERING] = { R, R, R, R },
	[AAS_ROW_RECOVERY_DUE] = { R, R, R, R },
	[AAS_ROW_LOCKED] = { R, U, R, R },
	[AAS_ROW_GLASS] = { R, R, R, N },
};

static const uint8_t account[AAS_ROW_N][AAS_CL_N] = {
	[AAS_ROW_BROKEN] = { R, R, N, N }, /* jobs go on */
	[AAS_ROW_DENY] = { R, R, R, R },
	[AAS_ROW_FREE] = { N, N, N, N },
	[AAS_ROW_SOON] = { N, N, N, N },
	[AAS_ROW_DUE] = { X, E, X, N },
	[AAS_ROW_ATTEST] = { X, N, X, N }, /* sshd's session will tell */
	[AAS_ROW_KEYS] = { P, P, P, P },
	[AAS_ROW_FEW] = { P, P, P, P },
	[AAS_ROW_KIND] = { P, R, P, P },
	[AAS_ROW_ONE] = { P, P, P, P },
	[AAS_ROW_ONE_LATE] = { P, X, P, P },
	[AAS_ROW_RECOVERING] = { R, R, R, N },
	[AAS_ROW_RECOVERY_DUE] = { R, R, R, N },
	[AAS_ROW_LOCKED] = { R, R, R, N },
	[AAS_ROW_GLASS] = { R, R, R, N },
};

static const uint8_t session[AAS_ROW_N][AAS_CL_N] = {
	[AAS_ROW_BROKEN] = { R, R, N, N }, /* jobs go on */
	[AAS_ROW_DENY] = { R, R, R, R },
	[AAS_ROW_FREE] = { N, N, N, N },
	[AAS_ROW_SOON] = { N, N, N, N },
	[AAS_ROW_DUE] = { N, R, R, N }, /* login: the enrolment was skipped */
	[AAS_ROW_ATTEST] = { R, R, R, R }, /* it has told by now */
	[AAS_ROW_KEYS] = { P, P, P, P },
	[AAS_ROW_FEW] = { P, P, P, P },
	[AAS_ROW_KIND] = { P, R, P, P },
	[AAS_ROW_ONE] = { P, P, P, P },
	[AAS_ROW_ONE_LATE] = { P, R, P, P },
	[AAS_ROW_RECOVERING] = { R, R, R, N },
	[AAS_ROW_RECOVERY_DUE] = { R, R, R, N },
	[AAS_ROW_LOCKED] = { R, R, R, N },
	[AAS_ROW_GLASS] = { R, R, R, N },
};

enum aas_act
aas_states_act(enum aas_phase phase, enum aas_row row, enum aas_class class)
{
	if ((unsigned)row >= AAS_ROW_N || (unsigned)class >= AAS_CL_N)
		return AAS_ACT_REFUSE;
	switch (phase) {
	case AAS_PH_AUTH:
		return (enum aas_act)auth[row][class];
	case AAS_PH_ACCOUNT:
		return (enum aas_act)account[row][class];
	case AAS_PH_SESSION:
		return (enum aas_act)session[row][class];
	case AAS_PH_PASSWORD:
	case AAS_PH_CRED:
	case AAS_PH_CLOSE:
	default:
		return AAS_ACT_REFUSE;
	}
}

/* What stands in the way: an attestation that does not do, or none at all. */
static unsigned
why_due(uint8_t attest)
{
	switch (attest) {
	case AAS_AT_EXPIRED:
		return AAS_WHY_ATTEST_EXPIRED;
	case AAS_AT_FUTURE:
		return AAS_WHY_ATTEST_FUTURE;
	case AAS_AT_MISSING:
	case AAS_AT_PENDING:
		return AAS_WHY_ATTEST_MISSING;
	case AAS_AT_REVOKED:
		return AAS_WHY_ATTEST_REVOKED;
	case AAS_AT_VOID:
		return AAS_WHY_ATTEST_VOID;
	case AAS_AT_UNREAD:
		return AAS_WHY_ATTEST_UNREAD;
	default:
		return AAS_WHY_ENROLL_NOW;
	}
}

/* A user whose keys do not count, or who has none. */
static enum aas_row
row_without(const struct aas_decision *d, int64_t now_s, unsigned *why)
{
	if (d->verdict != AAS_V_REQUIRE) {
		*why = AAS_WHY_NOT_ENROLLED;
		return AAS_ROW_FREE;
	}
	*why = why_due(d->attest);
	if (now_s < d->from_s)
		return AAS_ROW_SOON;
	return d->attest == AAS_AT_PENDING ? AAS_ROW_ATTEST : AAS_ROW_DUE;
}

/* Where a kind is asked for, and no ceremony could be held. */
static int
lacks_kind(const struct aas_decision *d, int keys)
{
	return (d->device_bound || d->aaguids_n > 0) &&
	    d->verdict != AAS_V_OUT && keys >= 0 &&
	    keys < (d->present > 1 ? d->present : 1);
}

static enum aas_row
row_with(unsigned state, const struct aas_decision *d, int keys,
    int64_t deadline_s, int64_t now_s, unsigned *why)
{
	switch (state) {
	case AAS_ST_ENROLLED:
	case AAS_ST_DEGRADED:
		if (!lacks_kind(d, keys))
			break;
		*why = AAS_WHY_KEY_KIND;
		return AAS_ROW_KIND;
	default:
		break;
	}
	switch (state) {
	case AAS_ST_ENROLLED:
		*why = AAS_WHY_POLICY_DENY; /* where no ceremony is held */
		return keys >= 0 && keys < d->enrolled_min ? AAS_ROW_FEW
							   : AAS_ROW_KEYS;
	case AAS_ST_DEGRADED:
		*why = AAS_WHY_DEGRADED;
		if (deadline_s != 0 && now_s >= deadline_s + d->degraded_s)
			return AAS_ROW_ONE_LATE;
		return AAS_ROW_ONE;
	case AAS_ST_RECOVERING:
		*why = AAS_WHY_RECOVERING;
		return AAS_ROW_RECOVERING;
	case AAS_ST_RECOVERY_DUE:
		*why = AAS_WHY_RECOVERING;
		return AAS_ROW_RECOVERY_DUE;
	case AAS_ST_LOCKED:
		*why = AAS_WHY_LOCKED;
		return AAS_ROW_LOCKED;
	default:
		*why = AAS_WHY_RECORD_BROKEN;
		return AAS_ROW_BROKEN;
	}
}

enum aas_row
aas_states_row(unsigned state, const struct aas_decision *d, int keys,
    int64_t deadline_s, int64_t now_s, unsigned *why)
{
	switch (d->verdict) {
	case AAS_V_OUT:
	case AAS_V_OPTIONAL:
	case AAS_V_REQUIRE:
		break;
	default:
		*why = d->reason != AAS_WHY_UNKNOWN && d->reason != AAS_WHY_OK
		    ? d->reason
		    : AAS_WHY_POLICY_DENY;
		return AAS_ROW_DENY;
	}
	if (state == AAS_ST_NONE || state == AAS_ST_HELD ||
	    state == AAS_ST_DISABLED)
		return row_without(d, now_s, why);
	if (d->verdict == AAS_V_OUT && d->break_glass == 1) {
		*why = AAS_WHY_OK;
		return AAS_ROW_GLASS;
	}
	return row_with(state, d, keys, deadline_s, now_s, why);
}

static int
is_one_of(const char *s, const char *const *list)
{
	for (; *list != NULL; list++) {
		if (strcmp(s, *list) == 0)
			return 1;
	}
	return 0;
}

enum aas_class
aas_states_class(const char *service, int ssh, const struct aas_decision *d)
{
	/* Programs that run pam_chauthtok for the person in front of them. */
	static const char *const logins[] = { "sshd", "login", "remote",
		"gdm-password", "gdm-fingerprint", "gdm-smartcard", "lightdm",
		"sddm", "greetd", "xdm", "lxdm", NULL };
	static const char *const jobs[] = { "cron", "crond", "atd",
		"systemd-user", NULL };

	if (d->verdict == AAS_V_OUT && (!ssh || d->break_glass == 1))
		return AAS_CL_EXEMPT;
	if (ssh || is_one_of(service, logins))
		return AAS_CL_LOGIN;
	if (is_one_of(service, jobs))
		return AAS_CL_JOB;
	return AAS_CL_OTHER;
}

int
aas_states_keys(enum aas_row row)
{
	switch (row) {
	case AAS_ROW_FREE:
	case AAS_ROW_SOON:
	case AAS_ROW_DUE:
	case AAS_ROW_ATTEST:
		return 0;
	case AAS_ROW_BROKEN:
	case AAS_ROW_DENY:
	case AAS_ROW_KEYS:
	case AAS_ROW_FEW:
	case AAS_ROW_KIND:
	case AAS_ROW_ONE:
	case AAS_ROW_ONE_LATE:
	case AAS_ROW_RECOVERING:
	case AAS_ROW_RECOVERY_DUE:
	case AAS_ROW_LOCKED:
	case AAS_ROW_GLASS:
	case AAS_ROW_N:
	default:
		return 1;
	}
}

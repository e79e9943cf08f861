/*
 * From the facts of a sign-in to its answer.
 *
 * 1. No name from DNS, and nothing of the environment, decides anything.
 * 2. Grace MUST NOT come from anything but a stamp that could be read or
 *    stored.
 * 3. A lease MUST NOT come from anything but who was asked for it here.
 * 4. A clock that is behind its mark MUST NOT bring back a day that is over.
 */
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/mark.h"
#include "lib/reason.h"
#include "policy/signin/signin.h"
#include "lib/put.h"

#define DAY    86400
#define TICK_S 60

void
aas_signin_place(const char *service, const char *tty, const char *rhost,
    struct aas_place *pl)
{
	memset(pl, 0, sizeof(*pl));
	pl->ssh = (tty != NULL && strcmp(tty, "ssh") == 0) ||
	    strcmp(service, "sshd") == 0;
	/* 127.0.0.1 too: a forwarded port looks the same. */
	pl->remote = pl->ssh || (rhost != NULL && rhost[0] != '\0');
	if (pl->remote && rhost != NULL &&
	    aas_policy_addr(rhost, pl->addr) == AAS_OK)
		pl->addr_known = 1;
}

int
aas_signin_now(const struct aas_policy *p, int64_t real_s, int64_t *now_s)
{
	int64_t mark_s = 0;
	int r;

	if ((aas_policy_needs(p) & AAS_NEED_TIME) != 0 &&
	    (r = aas_mark_get(aas_policy_statedir(p), &mark_s)) != AAS_OK)
		return r;
	*now_s = aas_mark_later(mark_s, real_s);
	return AAS_OK;
}

void
aas_signin_tick(const struct aas_policy *p, int64_t real_s)
{
	const char *dir = aas_policy_statedir(p);
	struct aas_now now = { .real_s = real_s };
	int64_t mark_s = 0;

	if ((aas_policy_needs(p) & AAS_NEED_TIME) == 0 ||
	    aas_mark_get(dir, &mark_s) != AAS_OK || real_s - mark_s < TICK_S)
		return;
	/* Each step costs a system call only if the one before held. */
	if ((now.synced = aas_clock_synced()) != 0)
		(void)aas_mark_raise(dir, &now, TICK_S);
}

int
aas_signin_keyless(unsigned state)
{
	return state == AAS_ST_NONE || state == AAS_ST_HELD ||
	    state == AAS_ST_DISABLED;
}

int
aas_signin_grace(const struct aas_policy *p, struct aas_query *q,
    unsigned state, aas_signin_since *since, void *arg, struct aas_answer *a)
{
	int64_t since_s = 0;

	if (!a->now.wants_since && !a->warn.wants_since &&
	    !a->observe.wants_since)
		return AAS_OK;
	if (!aas_signin_keyless(state))
		return AAS_OK;
	/* A rule that is only observed starts nothing that would outlast it. */
	if (!a->now.wants_since && !a->warn.wants_since)
		since_s = q->now_s;
	else if (since(arg, q->now_s, &since_s) != AAS_OK)
		return AAS_OK;
	if (since_s <= 0)
		return AAS_OK;
	q->since_s = since_s;
	return aas_policy_eval(p, q, a);
}

int
aas_signin_lease(const struct aas_policy *p, struct aas_query *q,
    aas_signin_lent *lent, void *arg, struct aas_answer *a)
{
	int64_t left_s = 0;

	if (!a->now.wants_lease || a->now.reason != AAS_WHY_NO_LEASE ||
	    lent(arg, &left_s) != AAS_OK || left_s <= 0)
		return AAS_OK;
	q->lease_s = left_s;
	return aas_policy_eval(p, q, a);
}

unsigned
aas_signin_why(int r)
{
	switch (r) {
	case AAS_ERR_ROLLBACK:
		return AAS_WHY_RECORD_MISSING;
	case AAS_ERR_SYS:
	case AAS_ERR_NOMEM:
		return AAS_WHY_SYSTEM;
	default:
		return AAS_WHY_RECORD_BROKEN;
	}
}

enum aas_row
aas_signin_row(const struct aas_policy *p, const struct aas_decision *d,
    const struct aas_standing *s, int64_t now_s, unsigned *why)
{
	return aas_states_row(s->state, d, aas_signin_keys(p, d, s->ix),
	    s->deadline_s, now_s, why);
}

static int
passes(const struct aas_policy *p, enum aas_phase phase, const char *service,
    int ssh, const struct aas_standing *s, int64_t now_s,
    const struct aas_decision *d, unsigned *why)
{
	enum aas_row row = aas_signin_row(p, d, s, now_s, why);
	enum aas_class class = aas_states_class(service, ssh, d);

	switch (aas_states_act(phase, row, class)) {
	case AAS_ACT_NEXT:
	case AAS_ACT_KEY:
	case AAS_ACT_PASS:
		return 1;
	case AAS_ACT_UNLOCK:
	case AAS_ACT_REFUSE:
	case AAS_ACT_ENROLL:
	case AAS_ACT_EXPIRED:
	default:
		return 0;
	}
}

int
aas_signin_would(const struct aas_policy *p, enum aas_phase phase,
    const char *service, int ssh, const struct aas_standing *s, int64_t now_s,
    const struct aas_decision *now, const struct aas_decision *then,
    unsigned *why)
{
	unsigned unused = 0;

	/* Nearly always: no rule but those in force matched. */
	if (memcmp(now, then, sizeof(*now)) == 0)
		return 0;
	return passes(p, phase, service, ssh, s, now_s, now, &unused) &&
	    !passes(p, phase, service, ssh, s, now_s, then, why);
}

char *
aas_signin_rule(const struct aas_policy *p, const struct aas_decision *d,
    char *name, size_t cap)
{
	struct aas_rule_view v;

	if (p == NULL || d->rules_n == 0 ||
	    aas_policy_rule(p, d->rules[0], &v) != AAS_OK)
		return aas_printable(name, cap, NULL);
	return aas_printable(name, cap, v.name);
}

int64_t
aas_signin_days(const struct aas_decision *d, int64_t now_s)
{
	return d->from_s <= now_s ? 0 : (d->from_s - now_s + DAY - 1) / DAY;
}

void
aas_signin_say_soon(
    const struct aas_decision *d, int64_t now_s, char *text, size_t cap)
{
	char date[AAS_CLOCK_TEXT];
	long long days = aas_signin_days(d, now_s);

	aas_clock_format(d->from_s, date);
	(void)aas_format(text, cap,
	    "Security keys will be required for this account in %lld day%s "
	    "(%.10s). Run \"aasctl enroll\" to add yours.",
	    days, days == 1 ? "" : "s", date);
}

/* The attestation that would have done, if there was one. */
static void
say_attest(const struct aas_decision *d, char *text, size_t cap)
{
	char date[AAS_CLOCK_TEXT];

	aas_clock_format(d->attest_until_s, date);
	if (d->attest == AAS_AT_EXPIRED)
		(void)aas_format(text, cap,
		    " The attestation that did instead ended on %.10s.", date);
	else if (d->attest == AAS_AT_FUTURE)
		(void)aas_format(
		    text, cap, " The attestation for it is not valid yet.");
	else if (d->attest == AAS_AT_MISSING || d->attest == AAS_AT_PENDING)
		(void)aas_format(text, cap,
		    " The attestation for it is for another kind of sign-in.");
	else if (d->attest == AAS_AT_REVOKED)
		(void)aas_format(text, cap,
		    " The attestation that did instead has been revoked.");
	else if (d->attest == AAS_AT_VOID)
		(void)aas_format(text, cap,
		    " An attestation for it is not signed as it must be and "
		    "does not count; \"aasctl attest list\" tells your "
		    "administrator why.");
	else if (d->attest == AAS_AT_UNREAD)
		(void)aas_format(text, cap,
		    " A file of attestations is not read, as others could "
		    "have written it; \"aasctl attest list\" tells your "
		    "administrator which.");
	else
		text[0] = '\0';
}

static void
say_due(const struct aas_decision *d, const char *by, char *text, size_t cap)
{
	char date[AAS_CLOCK_TEXT], since[32] = "", attest[192];

	if (d->from_s > 0) {
		aas_clock_format(d->from_s, date);
		(void)aas_format(since, sizeof(since), " since %.10s", date);
	}
	say_attest(d, attest, sizeof(attest));
	(void)aas_format(text, cap,
	    "Security keys are required for this account%s%s, and it has "
	    "none.%s Sign in with your password at this machine or by SSH to "
	    "add them there, or ask your administrator for an invitation "
	    "(aasctl invite).",
	    since, by, attest);
}

static int
is_due(unsigned why)
{
	return why == AAS_WHY_ENROLL_NOW || why == AAS_WHY_ATTEST_EXPIRED ||
	    why == AAS_WHY_ATTEST_FUTURE || why == AAS_WHY_ATTEST_MISSING ||
	    why == AAS_WHY_ATTEST_REVOKED || why == AAS_WHY_ATTEST_VOID ||
	    why == AAS_WHY_ATTEST_UNREAD;
}

void
aas_signin_say_no(const struct aas_policy *p, const struct aas_decision *d,
    enum aas_row row, int keys, unsigned why, char *text, size_t cap)
{
	char rule[AAS_RULE_TEXT], by[AAS_RULE_TEXT + 16] = "";

	if (p != NULL && d->rules_n > 0)
		(void)aas_format(by, sizeof(by), " (rule %s)",
		    aas_signin_rule(p, d, rule, sizeof(rule)));
	if ((row == AAS_ROW_DUE || row == AAS_ROW_ATTEST) && is_due(why))
		say_due(d, by, text, cap);
	else if (row == AAS_ROW_DENY && why == AAS_WHY_NO_LEASE)
		(void)aas_format(text, cap,
		    "This account runs only while somebody lends it hours, "
		    "and nobody does%s. A grantor of that rule can: \"aasctl "
		    "lease grant --for ACCOUNT --hours N\".",
		    by);
	else if (row == AAS_ROW_DENY && why == AAS_WHY_POLICY_DENY)
		(void)aas_format(text, cap,
		    "The sign-in policy of this host does not allow this%s. "
		    "If you need it, ask your administrator.",
		    by);
	else if (row == AAS_ROW_KIND && why == AAS_WHY_KEY_KIND)
		aas_signin_say_kind(p, d, keys, text, cap);
	else if (row == AAS_ROW_ONE_LATE && why == AAS_WHY_DEGRADED)
		(void)aas_format(text, cap,
		    "Only one security key is left on this account, and the "
		    "time to add a second one is over. Run \"aasctl keys add\" "
		    "where you are signed in, or ask your administrator.");
	else
		(void)aas_format(text, cap, "%s", aas_reason_text(why));
}

void
aas_signin_say_would(const struct aas_policy *p,
    const struct aas_decision *then, unsigned why, char *text, size_t cap)
{
	char rule[AAS_RULE_TEXT];

	(void)aas_format(text, cap,
	    "This sign-in would be refused from the day rule \"%s\" is "
	    "enforced. %s",
	    why == AAS_WHY_KEY_KIND
		? aas_signin_kind_rule(p, then, rule, sizeof(rule))
		: aas_signin_rule(p, then, rule, sizeof(rule)),
	    why == AAS_WHY_ENROLL_NOW
		? "Run \"aasctl enroll\" to add your security keys."
		: aas_reason_text(why));
}

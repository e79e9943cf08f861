/*
 * Who wants what: the first half of every phase.
 *
 * 1. The name MUST be the passwd entry's own, byte for byte; one that cannot
 *    be looked up MUST NOT count as one that does not exist.
 * 2. Nothing of the environment, and no name from DNS, decides anything.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/log.h"
#include "pam_aas/call.h"
#include "pam_aas/conv.h"
#include "pam_aas/helper.h"
#include "pam_aas/pass.h"
#include "policy/signin/seen.h"
#include "lib/str.h"
#include "lib/put.h"
#include "policy/open.h"

#define CA_MAX    4096 /* bytes of an SSH authority's key */
#define DAY       86400
#define WARN_DAYS 30
#define RULE_TEXT 96
#define NOBODY    65535 /* lib/user.c lets nobody have it */

static const char *
item(pam_handle_t *pamh, int type)
{
	const void *p = NULL;

	return pam_get_item(pamh, type, &p) == PAM_SUCCESS ? p : NULL;
}

static int
set_origin(struct aas_call *c)
{
	const char *service = item(c->pamh, PAM_SERVICE);
	struct aas_place place;
	size_t n;

	if (service == NULL)
		return -1;
	n = aas_str_nlen(service, sizeof(c->service));
	if (n == 0 || n >= sizeof(c->service))
		return -1;
	memcpy(c->service, service, n + 1);
	c->tty = item(c->pamh, PAM_TTY);
	c->rhost = item(c->pamh, PAM_RHOST);
	aas_signin_place(c->service, c->tty, c->rhost, &place);
	c->ssh = place.ssh;
	c->remote = place.remote;
	c->q.addr_known = place.addr_known;
	memcpy(c->q.addr, place.addr, sizeof(c->q.addr));
	return 0;
}

/* The boot's identity costs three system calls: for tickets and ledger. */
static int
set_time(struct aas_call *c)
{
	struct timespec t;

	if (c->phase == AAS_PH_SESSION || c->phase == AAS_PH_CRED)
		return aas_clock_boot(&c->now) == AAS_OK ? 0 : -1;
	if (clock_gettime(CLOCK_REALTIME, &t) != 0)
		return -1;
	c->now.real_s = t.tv_sec;
	return 0;
}

/* In the auth phase libpam may have to ask for the name. */
static int
get_name(struct aas_call *c, const char **name)
{
	int rv;

	*name = item(c->pamh, PAM_USER);
	if ((*name != NULL && **name != '\0') || c->phase != AAS_PH_AUTH)
		return 0;
	if (!aas_conv_usable(c->pamh)) {
		(void)aas_call_refuse(c, AAS_WHY_CONV);
		return -1;
	}
	rv = pam_get_user(c->pamh, name, NULL);
	if (rv == PAM_SUCCESS)
		return 0;
	if (rv == PAM_INCOMPLETE || rv == PAM_CONV_AGAIN)
		c->code = PAM_INCOMPLETE;
	(void)aas_call_refuse(c, AAS_WHY_CONV);
	return -1;
}

/*
 * Unknown is said twice: one failed read below NSS can look like a missing
 * entry, and an unknown user is the next module's.
 */
static int
lookup(struct aas_call *c, const char *name)
{
	int r = aas_user_name(name, &c->user);

	if (r == AAS_ERR_NOTFOUND)
		r = aas_user_name(name, &c->user);
	return r;
}

static int
set_user(struct aas_call *c, int *known)
{
	const char *name = NULL;
	int r;

	if (get_name(c, &name) != 0)
		return -1;
	r = lookup(c, name);
	*known = r == AAS_OK;
	switch (r) {
	case AAS_OK:
		return 0;
	case AAS_ERR_NOTFOUND:
		/* The same work as for others, by a uid that nobody has. */
		memcpy(c->user.name, name, strlen(name) + 1);
		c->user.uid = NOBODY;
		c->user.gid = NOBODY;
		return 0;
	case AAS_ERR_INVAL:
		/* A spelling of somebody, or an entry nobody should use. */
		c->quiet = 1;
		(void)aas_call_refuse(c, AAS_WHY_USER);
		return -1;
	case AAS_ERR_DENIED:
		(void)aas_call_refuse(c, aas_user_why(r));
		return -1;
	default:
		(void)aas_call_refuse(c, AAS_WHY_SYSTEM);
		return -1;
	}
}

static int
set_policy(struct aas_call *c)
{
	int r = aas_policy_open_seen(c->args.conf, &c->seen, &c->policy);

	if (r == AAS_OK)
		return 0;
	(void)aas_call_refuse(c,
	    r == AAS_ERR_NOTFOUND ? AAS_WHY_POLICY_MISSING
		: r == AAS_ERR_SYS || r == AAS_ERR_NOMEM
		? AAS_WHY_SYSTEM
		: AAS_WHY_POLICY_BROKEN);
	return -1;
}

/* Dates are decided by the later of the clock and its mark. */
static int
set_dates(struct aas_call *c)
{
	if (aas_signin_now(c->policy, c->now.real_s, &c->dates_s) == AAS_OK)
		return 0;
	(void)aas_call_refuse(c, AAS_WHY_CLOCK);
	return -1;
}

/*
 * sshd tells of the certificate when the session opens.  Not to a program that
 * is not root: anybody can say sshd and fill an environment.
 */
static void
fill_ca(struct aas_call *c, unsigned needs, struct aas_query *q)
{
	q->ca_state = AAS_CA_NONE;
	if (!c->ssh || geteuid() != 0)
		return;
	if (c->phase != AAS_PH_SESSION) {
		q->ca_state = AAS_CA_UNKNOWN;
	} else if ((needs & AAS_NEED_CA) != 0 &&
	    (c->ca = malloc(CA_MAX)) != NULL) {
		q->ca_state = aas_pass_ca(c, c->ca, CA_MAX, &q->ca_len);
		q->ca = c->ca;
	}
}

/* What the policy asks for; what is not known stays unknown. */
static void
fill_query(struct aas_call *c, struct aas_query *q)
{
	unsigned needs = aas_policy_needs(c->policy);
	const gid_t *proof = NULL;
	unsigned proof_n = 0;

	q->size = sizeof(*q);
	q->user = c->user.name;
	q->uid = c->user.uid;
	q->service = c->service;
	q->remote = c->remote;
	q->now_s = c->dates_s;
	if ((needs & AAS_NEED_HOST) != 0 && uname(&c->un) == 0)
		q->host = c->un.nodename;
	fill_ca(c, needs, q);
	if ((needs & AAS_NEED_GROUPS) == 0)
		return;
	c->gids = malloc(AAS_USER_GROUPS * sizeof(*c->gids));
	proof_n = aas_policy_proof(c->policy, &proof);
	if (c->gids == NULL ||
	    aas_user_groups(&c->user, proof, proof_n, c->gids, &q->gids_n) !=
		AAS_OK)
		q->gids_n = -1;
	q->gids = c->gids;
}

static void
take_answer(struct aas_call *c)
{
	c->d = c->answer.now;
	c->class = aas_states_class(c->service, c->ssh, &c->d);
}

/* Who is not root cannot look, and has no lease then. */
static int
lent(void *arg, int64_t *left_s)
{
	struct aas_call *c = arg;
	struct aas_now now;
	int r = AAS_ERR_PERMS;

	if (geteuid() != 0 || (r = aas_clock_boot(&now)) != AAS_OK)
		return r;
	if (c->lease == NULL && (c->lease = malloc(sizeof(*c->lease))) == NULL)
		return AAS_ERR_NOMEM;
	r = aas_lease_find(
	    aas_policy_rundir(c->policy), &c->user, &now, &c->seen, c->lease);
	if (r == AAS_OK) {
		*left_s = (c->lease->until_ms - now.boottime_ms + 999) / 1000;
		return AAS_OK;
	}
	free(c->lease);
	c->lease = NULL;
	return r;
}

static void
decide(struct aas_call *c)
{
	fill_query(c, &c->q);
	c->answer.size = sizeof(c->answer);
	/* On an error the decision says deny. */
	(void)aas_policy_eval(c->policy, &c->q, &c->answer);
	(void)aas_signin_lease(c->policy, &c->q, lent, c, &c->answer);
	take_answer(c);
}

/* Grace begins in the account phase; auth answers the same with and without. */
static int
since(void *arg, int64_t now_s, int64_t *since_s)
{
	const struct aas_call *c = arg;
	const char *dir = aas_policy_statedir(c->policy);

	if (c->phase == AAS_PH_AUTH)
		return AAS_ERR_NOTFOUND;
	if (c->phase == AAS_PH_ACCOUNT)
		return aas_seen_need(dir, &c->user, now_s, since_s);
	return aas_seen_get(dir, &c->user, now_s, since_s);
}

static int
load_index(struct aas_call *c)
{
	if (c->ix == NULL && (c->ix = malloc(sizeof(*c->ix))) == NULL)
		return AAS_ERR_NOMEM;
	return aas_index_find(aas_policy_statedir(c->policy), c->user.uid,
	    c->user.name, c->now.real_s, &c->seen, c->ix, NULL);
}

int
aas_call_subject(struct aas_call *c)
{
	int known = 0;

	if (set_time(c) != 0 || set_origin(c) != 0) {
		(void)aas_call_refuse(c, AAS_WHY_SYSTEM);
		return -1;
	}
	if (set_policy(c) != 0 || set_dates(c) != 0 || set_user(c, &known) != 0)
		return -1;
	decide(c);
	if (known)
		return 0;
	(void)load_index(c);
	c->code = PAM_USER_UNKNOWN;
	c->quiet = 1;
	(void)aas_call_refuse(c, AAS_WHY_USER);
	return -1;
}

static void
use_index(struct aas_call *c)
{
	c->has_index = 1;
	c->state = c->ix->state;
	c->deadline_s = c->ix->deadline_s;
}

/* The index does not vouch: ask the one program that can tell. */
static int
verify(struct aas_call *c)
{
	unsigned state = AAS_ST_BROKEN;
	int64_t deadline_s = 0;

	if (aas_helper_verify(c, &state, &deadline_s) != AAS_OK)
		return -1;
	/* On a full disk the index stays old: the answer itself has to do. */
	c->state = state;
	c->deadline_s = deadline_s;
	if (load_index(c) == AAS_OK)
		use_index(c);
	return 0;
}

void
aas_call_row(struct aas_call *c)
{
	unsigned why = AAS_WHY_UNKNOWN;

	c->row_known = 1;
	c->keys =
	    aas_signin_keys(c->policy, &c->d, c->has_index ? c->ix : NULL);
	c->row = aas_states_row(
	    c->state, &c->d, c->keys, c->deadline_s, c->dates_s, &why);
	/* A reason noted while the state was read says more. */
	if (c->row != AAS_ROW_BROKEN || c->why == AAS_WHY_UNKNOWN)
		c->why = why;
}

void
aas_call_state(struct aas_call *c)
{
	int r;

	c->state = AAS_ST_BROKEN;
	/* "No record" is said twice, as "unknown" is: see lookup(). */
	if ((r = load_index(c)) == AAS_ERR_NOTFOUND)
		r = load_index(c);
	if (r == AAS_OK) {
		use_index(c);
	} else if (r == AAS_ERR_NOTFOUND) {
		c->state = AAS_ST_NONE;
	} else if (r != AAS_ERR_AGAIN) {
		(void)aas_call_refuse(c, aas_signin_why(r));
	} else if (verify(c) != 0) {
		c->state = AAS_ST_BROKEN;
	}
	(void)aas_signin_grace(
	    c->policy, &c->q, c->state, since, c, &c->answer);
	take_answer(c);
	aas_call_row(c);
}

void
aas_call_attested(struct aas_call *c)
{
	char rule[RULE_TEXT], text[256], date[AAS_CLOCK_TEXT];
	struct aas_rule_view v;
	int64_t days = (c->d.attest_until_s - c->dates_s) / DAY;

	if (c->d.attest != AAS_AT_SHOWN ||
	    aas_policy_rule(c->policy, c->d.attest_rule, &v) != AAS_OK)
		return;
	if (aas_states_keys(c->row))
		return;
	(void)aas_format(rule, sizeof(rule), "attested=%s", v.name);
	aas_call_log(c, "allow", rule);
	if (days >= WARN_DAYS + 1)
		return;
	aas_clock_format(c->d.attest_until_s, date);
	(void)aas_format(text, sizeof(text),
	    "The attestation by which you sign in without security keys ends "
	    "in %lld day%s (%.10s). Ask your administrator for a new one, or "
	    "run \"aasctl enroll\".",
	    (long long)days, days == 1 ? "" : "s", date);
	aas_call_say(c, days < 1, text);
}

/*
 * su and sudo carry no remote host: whether the shell they were run in came
 * from elsewhere is in the ledger of sign-ins, and so is what may serve it.
 *
 * 1. Without a flag of the request that says what does instead, a caller from
 *    elsewhere MUST be refused.
 * 2. A fresh sign-in MUST be that of the caller's own session, which is open,
 *    by the user's own key, which still counts and would do now; on any doubt
 *    there is none.  That another key extended the session is no sign-in.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/ceremony/priv.h"
#include "lib/ceremony/setup.h"
#include "lib/err.h"
#include "lib/session/origin.h"

/* "5 minutes", and not a number of seconds that nobody can read. */
static void
say_time(int64_t seconds, char *dst, size_t cap)
{
	int64_t n = seconds;
	const char *unit = "second";

	if (seconds >= 2 * 3600) {
		n = seconds / 3600;
		unit = "hour";
	} else if (seconds >= 2 * 60) {
		n = seconds / 60;
		unit = "minute";
	}
	(void)snprintf(
	    dst, cap, "%lld %s%s", (long long)n, unit, n == 1 ? "" : "s");
}

static struct aas_cer_key *
key_of(struct aas_cer *c, const struct aas_ledger_line *l)
{
	for (size_t i = 0; i < c->keys_n; i++) {
		if (memcmp(c->keys[i].id, l->key_id[0], AAS_LEDGER_KEY) == 0)
			return &c->keys[i];
	}
	return NULL;
}

static int
stale(struct aas_cer *c, int64_t age_ms)
{
	char ago[32], within[32];

	say_time(age_ms / 1000, ago, sizeof(ago));
	say_time(c->rq.fresh_s, within, sizeof(within));
	return aas_cer_failf(c, AAS_WHY_NOT_FRESH,
	    "This shell came from another machine, where you signed in %s ago; "
	    "%s is done here within %s of a sign-in by a security key. Sign in "
	    "again.",
	    ago, c->rq.service, within);
}

/* The key that signed in, as far as it would do now; else c->why says. */
static int
check_fresh(
    struct aas_cer *c, const struct aas_ledger_line *l, struct aas_cer_key **k)
{
	int64_t age_ms = c->now.boottime_ms - l->boottime_ms;

	if (l->uid != c->rq.uid || c->caller != c->rq.uid || l->keys_n == 0)
		return aas_cer_failf(c, AAS_WHY_NOT_FRESH,
		    "This shell came from another machine, and not by a "
		    "sign-in of yours with a security key. Sign in with one.");
	if (l->boottime_ms < 0 || age_ms < 0 ||
	    age_ms / 1000 >= (int64_t)c->rq.fresh_s)
		return stale(c, age_ms < 0 ? 0 : age_ms);
	if ((*k = key_of(c, l)) == NULL || aas_cer_issue(c, *k) != AAS_OK)
		return aas_cer_failf(c, AAS_WHY_NOT_FRESH,
		    "This shell came from another machine, and the key that "
		    "signed in there does not do for %s. Sign in with another.",
		    c->rq.service);
	if (c->rq.present > 1 || ((c->rq.flags & AAS_RQ_UV) && !l->uv))
		return aas_cer_failf(c, AAS_WHY_NOT_FRESH,
		    "This shell came from another machine; %s asks for more "
		    "than its sign-in has shown (two keys, or a PIN). Use it "
		    "at this machine.",
		    c->rq.service);
	return AAS_OK;
}

static int
fresh(struct aas_cer *c, const struct aas_ledger_line *l)
{
	struct aas_cer_key *k = NULL;
	int r = check_fresh(c, l, &k);

	if (r != AAS_OK)
		return r;
	(void)snprintf(c->v.label[0], sizeof(c->v.label[0]), "%s", k->label);
	memcpy(c->v.key[0], k->id, sizeof(c->v.key[0]));
	memcpy(c->v.aaguid[0], k->aaguid, sizeof(c->v.aaguid[0]));
	c->v.backup[0] = (uint8_t)k->backup;
	c->v.keys_n = 1;
	c->v.uv = l->uv != 0;
	c->v.how = AAS_HOW_FRESH;
	return AAS_OK;
}

static int
look_fresh(struct aas_cer *c, int where, const struct aas_ledger_line *l)
{
	if (where == 2)
		return fresh(c, l);
	return aas_cer_failf(c, AAS_WHY_NOT_FRESH,
	    "This shell came from another machine, by a sign-in that is over "
	    "or cannot be told. Sign in again, and run %s there.",
	    c->rq.service);
}

/*
 * Who asks.  polkit's helper, where a socket starts it, is root's, below
 * process 1: of who asks by it nothing is known but whose key is wanted.
 */
static uid_t
asker(const struct aas_cer *c)
{
	return c->caller == 0 && strcmp(c->rq.service, "polkit-1") == 0
	    ? c->rq.uid
	    : c->caller;
}

int
aas_cer_elsewhere(struct aas_cer *c)
{
	const struct aas_origin_query q = {
		.rundir = c->set.rundir,
		.now = &c->now,
		.pid = getpid(),
		.uid = asker(c),
	};
	struct aas_ledger_line l;
	char id[AAS_LEDGER_ID];
	int where = 0, r = AAS_ERR_DENIED;

	if (c->rq.op != AAS_OP_ASSERT || geteuid() != 0 ||
	    (c->flags & AAS_CER_UNLOCK) != 0 ||
	    (c->rq.flags & AAS_RQ_ORIGIN) == 0)
		return AAS_OK;
	if ((where = aas_origin_look(&q, &l, id)) == 0)
		return AAS_OK;
	if (c->rq.flags & AAS_RQ_FRESH) {
		r = look_fresh(c, where, &l);
		if (r == AAS_OK || (c->rq.flags & AAS_RQ_SERVER_KEYS) == 0)
			return r;
		/* A key of this host may do instead. */
		c->why = AAS_WHY_UNKNOWN;
		c->detail[0] = '\0';
	}
	if ((c->rq.flags & AAS_RQ_AGENT) && c->caller == c->rq.uid) {
		c->v.how = AAS_HOW_AGENT;
		return AAS_OK;
	}
	if ((c->rq.flags & AAS_RQ_SERVER_KEYS) == 0)
		return aas_cer_fail(c, AAS_WHY_REMOTE_ELEVATION);
	c->rq.flags |= AAS_RQ_REMOTE | AAS_RQ_CONFIRM;
	c->v.how = AAS_HOW_SERVER;
	return AAS_OK;
}

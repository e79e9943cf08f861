/*
 * What a ceremony is about: who, which credentials may answer, by which
 * policy and record.
 *
 * 1. For a sign-in the credentials MUST come from the record, which the store
 *    vouches for, or from an index that pin and record vouch for, never from
 *    the request.
 * 2. aas-unlock MUST serve its real uid alone, by the default policy.
 * 3. Where the index leaves anything open, the record MUST be replayed.
 * 4. A key of a kind that the request does not take MUST NOT be among those
 *    that may answer.
 */
#include <sys/utsname.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/ceremony/setup.h"
#include "lib/err.h"

/* The caller may only speak of itself, unless it is root. */
static int
may_name(struct aas_cer *c)
{
	if (c->flags & AAS_CER_UNLOCK) {
		if ((c->rq.op != AAS_OP_ASSERT && c->rq.op != AAS_OP_VERIFY) ||
		    c->rq.uid != getuid())
			return aas_cer_fail(c, AAS_WHY_NOT_SELF);
		/* Neither another policy nor somebody else's touch. */
		c->rq.policy[0] = '\0';
	}
	return AAS_OK;
}

static int
open_policy(struct aas_cer *c, int needed)
{
	int r = c->read(c->rq.policy, &c->set);

	if (r == AAS_OK || !needed)
		return AAS_OK;
	return aas_cer_fail(c,
	    r == AAS_ERR_NOTFOUND ? AAS_WHY_POLICY_MISSING
				  : AAS_WHY_POLICY_BROKEN);
}

static unsigned
why_state(unsigned state)
{
	switch (state) {
	case AAS_ST_ENROLLED:
	case AAS_ST_DEGRADED:
		return AAS_WHY_OK;
	case AAS_ST_NONE:
		return AAS_WHY_NOT_ENROLLED;
	case AAS_ST_HELD:
		return AAS_WHY_HELD;
	case AAS_ST_RECOVERING:
	case AAS_ST_RECOVERY_DUE:
		return AAS_WHY_RECOVERING;
	case AAS_ST_LOCKED:
		return AAS_WHY_LOCKED;
	case AAS_ST_DISABLED:
		return AAS_WHY_DISABLED;
	default:
		return AAS_WHY_RECORD_BROKEN;
	}
}

static int
add_key(struct aas_cer *c, const char *label, const struct aas_cred *cred,
    int backup, const uint8_t *aaguid)
{
	struct aas_cer_key *k = &c->keys[c->keys_n];

	if (cred->id_len == 0 || cred->id_len > sizeof(cred->id))
		return aas_cer_fail(c, AAS_WHY_PROTOCOL);
	memset(k, 0, sizeof(*k));
	(void)snprintf(k->label, sizeof(k->label), "%s", label);
	k->cred = cred;
	k->backup = backup;
	if (aaguid != NULL)
		memcpy(k->aaguid, aaguid, sizeof(k->aaguid));
	if (aas_key_id(cred, k->id) != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	c->keys_n++;
	return AAS_OK;
}

/* Is a key of the record's of a kind that is asked? */
static int
is_taken(struct aas_cer *c, const uint8_t aaguid[16], unsigned backup)
{
	if (c->rq.op != AAS_OP_ASSERT ||
	    aas_kinds_take(&c->rq.kinds, aaguid, backup))
		return 1;
	c->others++;
	return 0;
}

/* What the index, holds laid over it, says of a key; 0: it does not count. */
static unsigned
counts(const struct aas_index *ix, const struct aas_cred *cred)
{
	uint8_t id[32];

	if (aas_key_id(cred, id) != AAS_OK)
		return 0;
	for (size_t i = 0; i < ix->keys_n && i < AAS_KEYS_MAX; i++)
		if (memcmp(ix->keys[i].id, id, sizeof(id)) == 0)
			return ix->keys[i].active;
	return 0;
}

static int
load(struct aas_cer *c)
{
	unsigned why = AAS_WHY_SYSTEM;
	int r;

	r = aas_store_load(
	    c->store, c->rq.uid, c->rq.user, &c->now, &c->rec, &c->ix, &why);
	if (r == AAS_ERR_NOTFOUND)
		return aas_cer_fail(c, AAS_WHY_NOT_ENROLLED);
	if (r != AAS_OK)
		return aas_cer_fail(
		    c, why == AAS_WHY_OK ? AAS_WHY_RECORD_BROKEN : why);
	return AAS_OK;
}

/* An index of a plain sign-in: no wait goes on whose clock wants a look. */
static int
index_says(struct aas_cer *c)
{
	const struct aas_index *ix = &c->ix;

	return aas_index_load_creds(c->set.statedir, c->rq.uid, c->rq.user,
		   c->now.real_s, &c->ix, c->creds) == AAS_OK &&
	    (ix->state == AAS_ST_ENROLLED || ix->state == AAS_ST_DEGRADED) &&
	    ix->refresh_s == 0 && strcmp(ix->realm, c->set.realm) == 0;
}

/*
 * The active keys as the index has them, by the rule by which the module
 * trusts it.  1: that will do; 0: the record is to be replayed.
 */
static int
keys_of_index(struct aas_cer *c)
{
	int good = index_says(c);

	for (size_t i = 0; good && i < c->ix.keys_n; i++) {
		const struct aas_index_key *k = &c->ix.keys[i];
		const struct aas_index_cred *cr = &c->creds[i];

		if (k->active == 0)
			continue;
		/* A copy of one exists: how that stands, state/ knows. */
		good = k->active == 1 && cr->login.id_len != 0;
		if (!good || !is_taken(c, k->aaguid, k->backup))
			continue;
		good = add_key(c, k->label, &cr->login, k->backup, k->aaguid) ==
			AAS_OK &&
		    memcmp(c->keys[c->keys_n - 1].id, k->id, sizeof(k->id)) ==
			0;
	}
	if (!good || c->keys_n + c->others == 0) {
		c->keys_n = 0;
		c->others = 0;
		return 0;
	}
	(void)snprintf(c->rp, sizeof(c->rp), "%s", c->ix.realm);
	return 1;
}

/* The active keys of the record. */
static int
keys_of_record(struct aas_cer *c)
{
	const struct aas_record *rec = c->rec;
	int r;

	if (strcmp(rec->realm, c->set.realm) != 0)
		return aas_cer_fail(c, AAS_WHY_RP);
	(void)snprintf(c->rp, sizeof(c->rp), "%s", rec->realm);
	for (size_t i = 0; i < rec->keys_n; i++) {
		const struct aas_key *k = &rec->keys[i];
		unsigned is = counts(&c->ix, &k->login);

		if (k->suspended || is == 0 ||
		    !is_taken(c, k->aaguid, k->backup))
			continue;
		r = add_key(c, k->label, &k->login, k->backup, k->aaguid);
		if (r != AAS_OK)
			return r;
		c->keys[c->keys_n - 1].copied = is == AAS_INDEX_COPIED;
	}
	return AAS_OK;
}

/* The credentials of the request: to sign with, or to exclude. */
static int
keys_of_request(struct aas_cer *c)
{
	const struct aas_request *rq = &c->rq;
	int r;

	(void)snprintf(c->rp, sizeof(c->rp), "%s",
	    rq->op == AAS_OP_MAKE || rq->creds_n == 0 ? rq->realm
						      : rq->creds[0].c.rp);
	if (c->rp[0] == '\0')
		return aas_cer_fail(c, AAS_WHY_PROTOCOL);
	for (size_t i = 0; i < rq->creds_n; i++) {
		if (rq->op != AAS_OP_MAKE &&
		    strcmp(rq->creds[i].c.rp, c->rp) != 0)
			return aas_cer_fail(c, AAS_WHY_PROTOCOL);
		r = add_key(c, rq->creds[i].label, &rq->creds[i].c, -1, NULL);
		if (r != AAS_OK)
			return r;
	}
	return AAS_OK;
}

/* The caller may have no index to read: a disk may be full. */
static void
tell_state(struct aas_cer *c)
{
	c->v.state = c->ix.state;
	c->v.deadline_s = c->ix.deadline_s;
}

/* Every proof of every entry, not only what the pin does not know yet. */
static int
verify_all(struct aas_cer *c)
{
	unsigned why = AAS_WHY_SYSTEM;
	unsigned line = 0;

	if (aas_store_verify(c->store, c->rq.uid, c->rq.user, &c->now, &line,
		&why) == AAS_OK)
		return AAS_OK;
	return aas_cer_fail(c, why == AAS_WHY_OK ? AAS_WHY_SYSTEM : why);
}

static int
setup_verify(struct aas_cer *c)
{
	int r = load(c);

	c->v.state = AAS_ST_BROKEN;
	/* aas-unlock writes no index: the state is what a sign-in goes by. */
	if (r == AAS_OK && (c->flags & AAS_CER_UNLOCK) == 0)
		r = verify_all(c);
	if (r == AAS_OK)
		tell_state(c);
	if (r != AAS_OK && c->why == AAS_WHY_NOT_ENROLLED) {
		/* No record is an answer, not a fault. */
		c->why = AAS_WHY_UNKNOWN;
		c->v.state = AAS_ST_NONE;
		r = AAS_OK;
	}
	return r;
}

/* Enough of those keys that are asked? */
static int
enough(struct aas_cer *c)
{
	const struct aas_kinds *k = &c->rq.kinds;
	char text[AAS_TEXT_MAX];

	if (c->rq.op != AAS_OP_ASSERT)
		return AAS_OK;
	if (c->others > 0 && c->keys_n < (c->rq.present == 2 ? 2 : 1)) {
		aas_kinds_say(k->device_bound, k->listed, "",
		    (unsigned)c->keys_n, text, sizeof(text));
		return aas_cer_failf(c, AAS_WHY_KEY_KIND, "%s", text);
	}
	return c->keys_n > 0 ? AAS_OK : aas_cer_fail(c, AAS_WHY_RECORD_BROKEN);
}

/* The keys that sign this user in. */
static int
setup_own_keys(struct aas_cer *c)
{
	unsigned why = AAS_WHY_UNKNOWN;
	int r = AAS_ERR_DENIED;

	c->enrolled = 1;
	if (keys_of_index(c)) {
		tell_state(c);
		return enough(c);
	}
	if ((r = load(c)) != AAS_OK) {
		/* A locker's module cannot look for itself. */
		if (c->why == AAS_WHY_NOT_ENROLLED)
			c->v.state = AAS_ST_NONE;
		return r;
	}
	tell_state(c);
	why = why_state(c->ix.state);
	if (why != AAS_WHY_OK && c->rq.op == AAS_OP_ASSERT)
		return aas_cer_fail(c, why);
	r = keys_of_record(c);
	return r == AAS_OK ? enough(c) : r;
}

int
aas_cer_setup(struct aas_cer *c)
{
	int own = c->rq.op == AAS_OP_MAKE || c->rq.op == AAS_OP_PROVE ||
	    (c->rq.op == AAS_OP_PREFLIGHT && c->rq.creds_n > 0);
	struct utsname un;
	int r;

	if ((r = may_name(c)) != AAS_OK)
		return r;
	if (!aas_user_valid(c->rq.user))
		return aas_cer_fail(c, AAS_WHY_USER);
	if (aas_clock_now(&c->now) != AAS_OK || uname(&un) == -1)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	(void)snprintf(c->host, sizeof(c->host), "%s", un.nodename);
	if ((r = open_policy(c, !own)) != AAS_OK)
		return r;
	/* What goes into a record is always signed with user verification. */
	if (own) {
		c->rq.flags |= AAS_RQ_UV;
		return keys_of_request(c);
	}
	/* No store at all is a fault, not a user without a record. */
	if (aas_store_open(c->set.statedir, 0, &c->store) != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	if (c->rq.op == AAS_OP_VERIFY)
		return setup_verify(c);
	r = setup_own_keys(c);
	return r == AAS_OK ? aas_cer_elsewhere(c) : r;
}

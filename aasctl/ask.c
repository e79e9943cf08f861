/*
 * The facts of a question, for the commands that foretell.
 *
 * 1. The record of somebody else MUST be out of reach but for root.
 * 2. A fact that cannot be had MUST count as in the module: groups as
 *    unknown, a record as broken.
 */
#include <sys/utsname.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "lib/session/lease.h"
#include "policy/open.h"
#include "policy/rule.h"
#include "policy/signin/seen.h"
#include "aasctl/ask.h"
#include "tools/client.h"
#include "tools/status.h"

static int
policy_said(const struct aasctl *c, int r)
{
	unsigned why = r == AAS_ERR_NOTFOUND ? AAS_WHY_POLICY_MISSING
					     : AAS_WHY_POLICY_BROKEN;

	return aasctl_fail(c,
	    r == AAS_ERR_NOTFOUND ? AASCTL_NOTFOUND : AASCTL_FAILED, "%s [%s]",
	    aas_reason_text(why), aas_reason_code(why));
}

static int
set_time(const struct aasctl *c, const char *at, struct aasctl_ask *k)
{
	int r = aas_clock_now(&k->now);

	if (r == AAS_OK)
		r = aas_signin_now(k->policy, k->now.real_s, &k->now_s);
	k->at_s = k->now_s;
	if (r != AAS_OK)
		return aasctl_fail(c, AASCTL_FAILED, "%s [%s]",
		    aas_reason_text(AAS_WHY_CLOCK),
		    aas_reason_code(AAS_WHY_CLOCK));
	if (at != NULL && aas_clock_parse(at, &k->at_s) != AAS_OK)
		return aasctl_fail(c, AASCTL_USAGE,
		    "--at takes an instant with its offset, as "
		    "2026-06-01T00:00:00Z");
	return AASCTL_OK;
}

int
aasctl_ask_open(
    const struct aasctl *c, const char *at, int whole, struct aasctl_ask *k)
{
	struct utsname un;
	int code = AASCTL_OK;
	int r;

	memset(k, 0, sizeof(*k));
	if ((r = aas_policy_open_mapped(c->policy, &k->policy)) != AAS_OK ||
	    (whole && (r = aas_policy_check(k->policy)) != AAS_OK)) {
		aas_policy_free(&k->policy);
		return policy_said(c, r);
	}
	if (uname(&un) == 0)
		(void)snprintf(k->host, sizeof(k->host), "%s", un.nodename);
	code = set_time(c, at, k);
	/* Of a day to come nobody knows; to who is not root aasd answers. */
	k->unkept =
	    at == NULL && geteuid() == 0 && aasctl_ask_unkept(k->policy);
	if (code == AASCTL_OK && geteuid() == 0 &&
	    (r = aas_store_open(
		 aas_policy_statedir(k->policy), 1, &k->store)) != AAS_OK)
		code = aasctl_fail(c, aasctl_exit_of(r), "%s: %s",
		    aas_policy_statedir(k->policy), aas_strerror(r));
	if (code != AASCTL_OK)
		aasctl_ask_close(k);
	return code;
}

void
aasctl_ask_close(struct aasctl_ask *k)
{
	aas_store_close(&k->store);
	aas_policy_free(&k->policy);
}

static void
take_index(const struct aas_index *ix, struct aas_person *person)
{
	person->state = ix->state;
	person->deadline_s = ix->deadline_s;
	person->ix = ix;
}

/* As the module does, and what aas-authn would find where it asks that. */
static void
state_of(const struct aasctl_ask *k, const struct aas_user *u,
    struct aas_index *ix, struct aas_person *person)
{
	const char *dir = aas_policy_statedir(k->policy);
	unsigned why = AAS_WHY_UNKNOWN;
	int r = aas_index_load(dir, u->uid, u->name, k->now.real_s, ix);

	if (r == AAS_ERR_AGAIN)
		r = aas_store_load(
		    k->store, u->uid, u->name, &k->now, NULL, ix, &why);
	person->state = AAS_ST_BROKEN;
	if (r == AAS_OK) {
		take_index(ix, person);
	} else if (r == AAS_ERR_NOTFOUND) {
		person->state = AAS_ST_NONE;
	} else {
		person->why = why != AAS_WHY_UNKNOWN && why != AAS_WHY_OK
		    ? why
		    : aas_signin_why(r);
	}
	if (!aas_signin_keyless(person->state))
		return;
	/* Where its beginning is damaged there is no grace, nor a new one. */
	r = aas_seen_get(dir, u, k->at_s, &person->since_s);
	person->stamped = r != AAS_OK && r != AAS_ERR_NOTFOUND;
}

static unsigned
state_named(const char *name)
{
	for (unsigned i = AAS_ST_NONE; name != NULL && i <= AAS_ST_DISABLED;
	     i++) {
		if (strcmp(name, aas_state_name(i)) == 0)
			return i;
	}
	return AAS_ST_BROKEN;
}

/* What policy asks of a key, as tools/status.c tells it. */
static void
key_from_json(const json_t *key, struct aas_index_key *k)
{
	const char *make = json_string_value(json_object_get(key, "aaguid"));

	memset(k, 0, sizeof(*k));
	k->active = json_is_true(json_object_get(key, "active"));
	k->ssh_len = json_is_true(json_object_get(key, "ssh"));
	k->backup =
	    json_is_true(json_object_get(key, "device_bound")) ? 0 : AAS_BE;
	if (make == NULL || aas_rule_aaguid(make, k->aaguid) != AAS_OK)
		memset(k->aaguid, 0, sizeof(k->aaguid));
}

/* The caller's own, from aasd. */
static int
state_from_aasd(const struct aasctl *c, const struct aasctl_ask *k,
    struct aas_index *ix, struct aas_person *person)
{
	struct aas_context cx = { .policy = k->policy };
	json_t *rep = NULL;
	const json_t *keys = NULL;
	int code =
	    aasctl_ask_aasd(c, &cx, json_pack("{s:s}", "op", "status"), &rep);

	if (code != AASCTL_OK)
		return code;
	person->state =
	    state_named(json_string_value(json_object_get(rep, "state")));
	person->deadline_s =
	    json_integer_value(json_object_get(rep, "deadline"));
	person->since_s = json_integer_value(json_object_get(rep, "since"));
	person->stamped = person->since_s < 0;
	keys = json_object_get(rep, "keys");
	for (size_t i = 0; i < json_array_size(keys) && i < AAS_KEYS_MAX; i++)
		key_from_json(json_array_get(keys, i), &ix->keys[ix->keys_n++]);
	person->ix = ix;
	json_decref(rep);
	return AASCTL_OK;
}

/* As the module reads it; who is not root is told by aasd. */
static void
lease_of(const struct aasctl_ask *k, struct aas_person *person)
{
	struct aas_context cx = { .policy = k->policy };
	char error[AASCTL_ERROR];
	const json_t *l = NULL;
	struct aas_lease lease;
	json_t *rep = NULL;
	size_t i = 0;

	if ((aas_policy_needs(k->policy) & AAS_NEED_LEASE) == 0)
		return;
	if (k->store != NULL) {
		if (aas_lease_find(aas_policy_rundir(k->policy), &person->user,
			&k->now, NULL, &lease) == AAS_OK)
			person->lease_until_s = k->now_s +
			    (lease.until_ms - k->now.boottime_ms + 999) / 1000;
		return;
	}
	if (aasctl_try_aasd(&cx, json_pack("{s:s}", "op", "leases"), &rep,
		error, sizeof(error)) != AASCTL_OK)
		return;
	json_array_foreach(json_object_get(rep, "leases"), i, l)
	{
		const char *account =
		    json_string_value(json_object_get(l, "account"));

		if (account != NULL && strcmp(account, person->user.name) == 0)
			person->lease_until_s = k->now_s +
			    json_integer_value(json_object_get(l, "left_s"));
	}
	json_decref(rep);
}

static int
groups_of(const struct aasctl_ask *k, const struct aas_user *u,
    struct aas_person *person)
{
	const gid_t *proof = NULL;
	unsigned proof_n = 0;
	gid_t *gids = NULL;
	int n = 0;

	if ((aas_policy_needs(k->policy) & AAS_NEED_GROUPS) == 0)
		return AAS_OK;
	if ((gids = malloc(AAS_USER_GROUPS * sizeof(*gids))) == NULL)
		return AAS_ERR_NOMEM;
	proof_n = aas_policy_proof(k->policy, &proof);
	if (aas_user_groups(u, proof, proof_n, gids, &n) != AAS_OK)
		n = -1;
	person->gids = gids;
	person->gids_n = n;
	return AAS_OK;
}

int
aasctl_ask_person(const struct aasctl *c, const struct aasctl_ask *k,
    const struct aas_user *u, struct aas_person *person)
{
	struct aas_index *ix = NULL;
	int code = AASCTL_OK;

	memset(person, 0, sizeof(*person));
	person->user = *u;
	if (groups_of(k, u, person) != AAS_OK ||
	    (ix = calloc(1, sizeof(*ix))) == NULL) {
		aasctl_ask_forget(person);
		return aasctl_fail(
		    c, AASCTL_FAILED, "%s", aas_strerror(AAS_ERR_NOMEM));
	}
	if (k->store != NULL)
		state_of(k, u, ix, person);
	else
		code = state_from_aasd(c, k, ix, person);
	if (code == AASCTL_OK)
		lease_of(k, person);
	if (person->ix == NULL)
		free(ix);
	if (code != AASCTL_OK)
		aasctl_ask_forget(person);
	return code;
}

void
aasctl_ask_forget(struct aas_person *person)
{
	void *gids = NULL;
	void *ix = NULL;

	memcpy(&gids, &person->gids, sizeof(gids));
	free(gids);
	memcpy(&ix, &person->ix, sizeof(ix));
	free(ix);
	person->ix = NULL;
	person->gids = NULL;
	person->gids_n = 0;
}

int
aasctl_ask_user(const struct aasctl *c, const char *name, struct aas_user *u)
{
	int r = aas_user_name(name, u);

	if (r != AAS_OK)
		return aasctl_no_user(c, r);
	if (geteuid() != 0 && u->uid != getuid())
		return aasctl_fail(
		    c, AASCTL_DENIED, "only root may ask about another user");
	return AASCTL_OK;
}

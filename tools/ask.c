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
#include "policy/signin/seen.h"
#include "tools/ask.h"
#include "tools/client.h"

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

	if (r == AAS_OK && at == NULL)
		r = aas_signin_now(k->policy, k->now.real_s, &k->at_s);
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
	if ((r = aas_policy_open(c->policy, &k->policy)) != AAS_OK ||
	    (whole && (r = aas_policy_check(k->policy)) != AAS_OK)) {
		aas_policy_free(&k->policy);
		return policy_said(c, r);
	}
	if (uname(&un) == 0)
		(void)snprintf(k->host, sizeof(k->host), "%s", un.nodename);
	code = set_time(c, at, k);
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
	for (unsigned i = 0; i < ix->keys_n; i++)
		person->ssh_keys +=
		    ix->keys[i].active == 1 && ix->keys[i].ssh_len > 0;
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
	if (aas_signin_keyless(person->state) &&
	    aas_seen_get(dir, u, k->at_s, &person->since_s) != AAS_OK)
		person->since_s = 0;
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

/* The caller's own, from aasd. */
static int
state_from_aasd(const struct aasctl *c, const struct aasctl_ask *k,
    struct aas_person *person)
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
	keys = json_object_get(rep, "keys");
	for (size_t i = 0; i < json_array_size(keys); i++) {
		const json_t *key = json_array_get(keys, i);

		person->ssh_keys +=
		    json_is_true(json_object_get(key, "active")) &&
		    json_is_true(json_object_get(key, "ssh"));
	}
	json_decref(rep);
	return AASCTL_OK;
}

static int
groups_of(const struct aasctl_ask *k, const struct aas_user *u,
    struct aas_person *person)
{
	gid_t *gids = NULL;
	int n = 0;

	if ((aas_policy_needs(k->policy) & AAS_NEED_GROUPS) == 0)
		return AAS_OK;
	if ((gids = malloc(AAS_USER_GROUPS * sizeof(*gids))) == NULL)
		return AAS_ERR_NOMEM;
	if (aas_user_groups(u, gids, &n) != AAS_OK)
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
		code = state_from_aasd(c, k, person);
	free(ix);
	if (code != AASCTL_OK)
		aasctl_ask_forget(person);
	return code;
}

void
aasctl_ask_forget(struct aas_person *person)
{
	void *gids = NULL;

	memcpy(&gids, &person->gids, sizeof(gids));
	free(gids);
	person->gids = NULL;
	person->gids_n = 0;
}

int
aasctl_ask_user(const struct aasctl *c, const char *name, struct aas_user *u)
{
	if (aas_user_name(name, u) != AAS_OK)
		return aasctl_fail(c, AASCTL_NOTFOUND, "there is no such user");
	if (geteuid() != 0 && u->uid != getuid())
		return aasctl_fail(
		    c, AASCTL_DENIED, "only root may ask about another user");
	return AASCTL_OK;
}

int
aasctl_ask_scene(const struct aasctl_ask *k, const char *service,
    const char *from, struct aas_scene *scene)
{
	int local = from != NULL && strcmp(from, "local") == 0;

	memset(scene, 0, sizeof(*scene));
	aas_signin_place(service, NULL, local ? NULL : from, &scene->place);
	if (from != NULL && !local && !scene->place.addr_known)
		return AAS_ERR_FORMAT;
	scene->service = service;
	scene->host = k->host[0] != '\0' ? k->host : NULL;
	scene->phases = AAS_PHASES;
	scene->now_s = k->at_s;
	return AAS_OK;
}

const char *
aasctl_ask_verdict(uint32_t verdict)
{
	switch (verdict) {
	case AAS_V_OUT:
		return "exempt";
	case AAS_V_REQUIRE:
		return "required";
	case AAS_V_OPTIONAL:
		return "optional";
	default:
		return "denied";
	}
}

const char *
aasctl_ask_act(enum aas_phase phase, enum aas_act act)
{
	switch (act) {
	case AAS_ACT_NEXT:
		return phase == AAS_PH_AUTH ? "the host's own method"
					    : "nothing against it";
	case AAS_ACT_KEY:
		return "a security key";
	case AAS_ACT_PASS:
		return "ok";
	case AAS_ACT_ENROLL:
		return "enroll now";
	case AAS_ACT_EXPIRED:
		return "expired";
	case AAS_ACT_REFUSE:
	default:
		return "refused";
	}
}

static json_t *
rules_json(const struct aas_policy *p, const struct aas_decision *d)
{
	json_t *list = json_array();
	struct aas_rule_view v;

	for (unsigned i = 0; i < d->rules_n && i < AAS_DECIDED; i++) {
		if (aas_policy_rule(p, d->rules[i], &v) != AAS_OK)
			continue;
		if (json_array_append_new(list,
			json_pack("{s:s, s:s, s:s}", "name", v.name, "where",
			    v.where, "source", v.source)) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

json_t *
aasctl_ask_json(const struct aasctl_ask *k, const struct aas_person *person,
    const struct aas_scene *scene, const struct aas_foretold *f)
{
	const struct aas_decision *d = &f->answer.now;

	return json_pack(
	    "{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:s, s:s, s:I, s:s, s:s, s:o}",
	    "user", person->user.name, "service", scene->service, "outcome",
	    aas_fate_name(f->fate), "reason", aas_reason_code(f->why), "text",
	    f->text, "key", f->key, "enroll", f->enroll, "state",
	    aas_state_name(person->state), "verdict",
	    aasctl_ask_verdict(d->verdict), "from", (json_int_t)d->from_s,
	    "warn", f->warn_why != 0 ? aas_reason_code(f->warn_why) : "",
	    "observe",
	    f->observe_why != 0 ? aas_reason_code(f->observe_why) : "", "rules",
	    rules_json(k->policy, d));
}

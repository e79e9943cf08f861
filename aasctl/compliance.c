/*
 * aasctl compliance: whom rules require to enroll, and how far they are.
 *
 * What is printed MUST come from the functions that the module asks.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "lib/service.h"
#include "policy/rule.h"
#include "aasctl/ask.h"
#include "aasctl/moments.h"
#include "tools/everyone.h"
#include "tools/stacks.h"

#define RUNNER "codex-runner" /* of aasctl check: it needs no stack */

/* Worst first. */
enum standing {
	UNKNOWN, /* a fact is missing: the module refuses */
	OVERDUE,
	DUE,
	SHORT, /* enrolled, with fewer keys of the kind than rules ask */
	ATTESTED,
	ENROLLED,
	EXEMPT,
	OBSERVED,
	STANDINGS,
	NONE = STANDINGS /* no rule requires anything */
};

static const char *const names[] = { "unknown", "overdue", "due", "short",
	"attested", "enrolled", "exempt", "observed" };

struct standing_of {
	enum standing standing;
	int64_t date_s; /* due on, overdue since, attested until; 0: none */
	int keys;       /* of the kind that is asked; AAS_KEYS_UNKNOWN */
	int wanted;     /* keys that an enrolment takes */
	char rule[AAS_RULE_TEXT];
};

/* The first rule that requires, matched, and is in force. */
struct required {
	int yes;
	uint32_t number;
};

static void
note(void *arg, const struct aas_rule_view *v, const char *miss)
{
	struct required *o = arg;

	if (miss != NULL || v->effect != AAS_EF_REQUIRE ||
	    v->mode != AAS_MODE_ENFORCE || o->yes)
		return;
	o->yes = 1;
	o->number = v->number;
}

/*
 * What is required of somebody whom another rule keeps out, or lets off: the
 * verdict does not say.
 */
static int
is_required(const struct aasctl_ask *k, const struct aas_person *person,
    const struct aas_scene *scene, struct required *o)
{
	struct aas_foretold f;

	*o = (struct required){ 0, 0 };
	(void)aas_foretell(k->policy, person, scene, note, o, &f);
	return o->yes;
}

/* Is there a fact that could not be had, so that nobody knows? */
static int
is_unknown(int r, const struct aas_decision *d)
{
	return r != AAS_OK || d->reason == AAS_WHY_GROUPS ||
	    d->reason == AAS_WHY_POLICY_BROKEN;
}

/*
 * Exempt by name, and what from?  The services that the settings exempt for
 * everybody exempt nobody from anything.
 */
static int
is_exempt(const struct aasctl_ask *k, const struct aas_person *person,
    const struct aas_scene *scene, const struct aas_decision *d)
{
	struct aas_rule_view v;
	struct required o;

	if (d->verdict != AAS_V_OUT || d->rules_n == 0 ||
	    aas_policy_rule(k->policy, d->rules[0], &v) != AAS_OK ||
	    strcmp(v.source, "settings") == 0)
		return 0;
	return is_required(k, person, scene, &o);
}

/* The first day of a rule; one with grace has none of its own. */
static int64_t
first_day(const struct aasctl_ask *k, uint32_t number, int *grace)
{
	struct aas_arena *arena = NULL;
	struct aas_rule rule;
	int64_t from_s = 0;

	if (aas_arena_new(&arena) == AAS_OK &&
	    aas_policy_get(k->policy, number, arena, &rule) == AAS_OK) {
		from_s = rule.from_s;
		*grace = rule.grace_s > 0;
	}
	aas_arena_free(&arena);
	return from_s;
}

/* One whom a rule keeps out: as far as the others say. */
static enum standing
standing_denied(const struct aasctl_ask *k, const struct aas_person *person,
    const struct aas_scene *scene, struct standing_of *s)
{
	struct aas_decision one = { .rules_n = 1 };
	struct required o;
	int grace = 0;

	if (!is_required(k, person, scene, &o))
		return NONE;
	one.rules[0] = o.number;
	(void)aas_signin_rule(k->policy, &one, s->rule, sizeof(s->rule));
	if (!aas_signin_keyless(person->state))
		return ENROLLED;
	s->date_s = first_day(k, o.number, &grace);
	return grace || s->date_s > k->at_s ? DUE : OVERDUE;
}

static enum standing
standing_required(const struct aas_person *person, const struct aas_foretold *f,
    int64_t now_s, int64_t *date_s)
{
	const struct aas_decision *d = &f->answer.now;

	if (!aas_signin_keyless(person->state))
		return f->keys >= 0 && f->keys < d->enrolled_min ? SHORT
								 : ENROLLED;
	if (d->attest == AAS_AT_SHOWN || d->attest == AAS_AT_PENDING ||
	    d->attest == AAS_AT_MISSING) {
		*date_s = d->attest_until_s;
		return ATTESTED;
	}
	*date_s = d->from_s;
	return d->from_s > now_s ? DUE : OVERDUE;
}

/* One user at one service, at a place and a time. */
static void
see(const struct aasctl_ask *k, const struct aas_person *person,
    const struct aas_scene *at, struct standing_of *out)
{
	struct standing_of s = { .standing = NONE, .keys = AAS_KEYS_UNKNOWN };
	struct aas_scene scene = *at;
	struct aas_foretold f;
	const struct aas_decision *d = &f.answer.now;
	int r;

	r = aas_foretell(k->policy, person, &scene, NULL, NULL, &f);
	(void)aas_signin_rule(k->policy, d, s.rule, sizeof(s.rule));
	if (is_unknown(r, d)) {
		s.standing = UNKNOWN;
	} else if (d->verdict == AAS_V_REQUIRE || d->attest == AAS_AT_SHOWN) {
		s.standing = standing_required(person, &f, k->at_s, &s.date_s);
		s.keys = f.keys;
		s.wanted = d->enrolled_min;
	} else if (is_exempt(k, person, &scene, d)) {
		s.standing = EXEMPT;
	} else if (d->verdict == AAS_V_DENY) {
		s.standing = standing_denied(k, person, &scene, &s);
	} else if (d->verdict == AAS_V_OPTIONAL &&
	    f.answer.observe.verdict == AAS_V_REQUIRE) {
		s.standing = OBSERVED;
		(void)aas_signin_rule(
		    k->policy, &f.answer.observe, s.rule, sizeof(s.rule));
	}
	if (s.standing < out->standing ||
	    (s.standing == SHORT && out->standing == SHORT &&
		s.wanted - s.keys > out->wanted - out->keys))
		*out = s;
}

static json_t *
line_json(const struct aas_person *person, const struct standing_of *s,
    const char *date)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "user",
	    person->user.name, "standing", names[s->standing], "date",
	    s->date_s > 0 ? date : "", "rule", s->rule, "state",
	    aas_state_name(person->state), "keys", s->keys > 0 ? s->keys : 0,
	    "keys_wanted", s->wanted);
}

static void
say(const struct aasctl *c, const struct aas_person *person,
    const struct standing_of *s, json_t *list)
{
	char date[AAS_CLOCK_TEXT], user[3 * 64], when[64] = "-";

	aas_clock_format(s->date_s, date);
	if (c->json) {
		(void)json_array_append_new(list, line_json(person, s, date));
		return;
	}
	if (s->standing == SHORT)
		(void)snprintf(
		    when, sizeof(when), "%d of %d keys", s->keys, s->wanted);
	else if (s->date_s > 0)
		(void)snprintf(when, sizeof(when), "%s", date);
	(void)printf("%-9s %-20s %-20s %s\n", names[s->standing],
	    aas_printable(user, sizeof(user), person->user.name), when,
	    s->rule);
}

struct roll {
	const struct aasctl *c;
	struct aasctl_ask k;
	struct aas_stack *stacks;
	size_t stacks_n;
	int64_t *moments; /* to ask at */
	size_t moments_n;
	size_t counts[STANDINGS];
	json_t *list;
};

/*
 * At this machine, and from an address that nobody knows, which every network
 * is about: a rule that holds elsewhere, or at another hour, requires too.
 */
static void
see_service(const struct roll *o, const struct aas_person *person,
    const char *service, struct standing_of *s)
{
	struct aas_scene scene;

	if (aasctl_ask_scene(&o->k, service, NULL, &scene) != AAS_OK)
		return;
	for (size_t i = 0; i < o->moments_n; i++) {
		scene.now_s = o->moments[i];
		see(&o->k, person, &scene, s);
		if (scene.place.remote || aas_service_here(service))
			continue;
		scene.place.remote = 1;
		see(&o->k, person, &scene, s);
		scene.place.remote = 0;
	}
}

static int
see_user(struct roll *o, const struct aas_user *u)
{
	struct standing_of s = { .standing = NONE };
	struct aas_person person;
	int code = aasctl_ask_person(o->c, &o->k, u, &person);
	size_t asked = 0;

	if (code != AASCTL_OK)
		return code;
	/* As of today at each moment; that it has no lease now is no duty. */
	if (person.since_s == 0 && !person.stamped)
		person.since_s = o->k.at_s;
	person.lease_until_s = INT64_MAX;
	for (size_t i = 0; i < o->stacks_n; i++) {
		if (o->stacks[i].phases == 0)
			continue;
		asked++;
		see_service(o, &person, o->stacks[i].service, &s);
	}
	if (asked == 0) /* a host whose stacks do not have us yet */
		see_service(o, &person, "login", &s);
	see_service(o, &person, RUNNER, &s);
	if (s.standing != NONE) {
		o->counts[s.standing]++;
		say(o->c, &person, &s, o->list);
	}
	aasctl_ask_forget(&person);
	return code;
}

static int
see_all(struct roll *o)
{
	struct aas_everyone all = { NULL, 0 };
	int code = AASCTL_OK;
	int r;

	r = aas_stacks_read(aas_stacks_dirs, &o->stacks, &o->stacks_n);
	if (r != AAS_OK && r != AAS_ERR_NOTFOUND)
		return aasctl_fail(o->c, aasctl_exit_of(r), "%s: %s",
		    aas_stacks_dirs[0], aas_strerror(r));
	r = aasctl_moments(o->k.policy, o->k.at_s, &o->moments, &o->moments_n);
	if (r != AAS_OK)
		return aasctl_fail(o->c, aasctl_exit_of(r),
		    "hours of rules: %s", aas_strerror(r));
	r = aas_everyone_read(aas_policy_statedir(o->k.policy), &all);
	if (r != AAS_OK)
		return aasctl_fail(
		    o->c, AASCTL_FAILED, "users: %s", aas_strerror(r));
	for (size_t i = 0; code == AASCTL_OK && i < all.n; i++)
		code = see_user(o, &all.u[i]);
	aas_everyone_free(&all);
	return code;
}

static int
summary(struct roll *o)
{
	json_t *counts = json_object();

	if (!o->c->json) {
		for (size_t i = 0; i < STANDINGS; i++)
			(void)printf("%s%zu %s", i > 0 ? ", " : "\n",
			    o->counts[i], names[i]);
		(void)putchar('\n');
		json_decref(counts);
		return AASCTL_OK;
	}
	for (size_t i = 0; i < STANDINGS; i++)
		(void)json_object_set_new(
		    counts, names[i], json_integer((json_int_t)o->counts[i]));
	return aasctl_print(o->c,
	    json_pack("{s:O, s:o}", "members", o->list, "counts", counts));
}

int
aasctl_cmd_compliance(struct aasctl *c, int argc, char **argv)
{
	struct roll o = { .c = c };
	int code = AASCTL_USAGE;

	(void)argv;
	if (argc != 1)
		return aasctl_usage("compliance [--json]");
	if ((code = aasctl_ask_open(c, NULL, 1, &o.k)) != AASCTL_OK)
		return code;
	if (o.k.store == NULL)
		code = aasctl_fail(c, AASCTL_DENIED, "only root may do this");
	else if ((o.list = json_array()) == NULL)
		code = AASCTL_FAILED;
	else if ((code = see_all(&o)) == AASCTL_OK)
		code = summary(&o);
	if (code == AASCTL_OK && o.counts[OVERDUE] + o.counts[UNKNOWN] > 0)
		code = AASCTL_DENIED;
	json_decref(o.list);
	free(o.stacks);
	free(o.moments);
	aasctl_ask_close(&o.k);
	return code;
}

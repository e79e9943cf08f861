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
#include "policy/rule.h"
#include "tools/ask.h"
#include "tools/everyone.h"
#include "tools/stacks.h"

/* Worst first. */
enum standing {
	OVERDUE,
	DUE,
	ATTESTED,
	ENROLLED,
	EXEMPT,
	OBSERVED,
	STANDINGS,
	NONE = STANDINGS /* no rule requires anything */
};

static const char *const names[] = { "overdue", "due", "attested", "enrolled",
	"exempt", "observed" };

struct standing_of {
	enum standing standing;
	int64_t date_s; /* due on, overdue since, attested until; 0: none */
	char rule[AAS_RULE_TEXT];
};

/* Whether a rule that requires matched, and is in force. */
static void
note(void *arg, const struct aas_rule_view *v, const char *miss)
{
	if (miss == NULL && v->effect == AAS_EF_REQUIRE &&
	    v->mode == AAS_MODE_ENFORCE)
		*(int *)arg = 1;
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
	struct aas_foretold f;
	int required = 0;

	if (d->verdict != AAS_V_OUT || d->rules_n == 0 ||
	    aas_policy_rule(k->policy, d->rules[0], &v) != AAS_OK ||
	    strcmp(v.source, "settings") == 0)
		return 0;
	(void)aas_foretell(k->policy, person, scene, note, &required, &f);
	return required;
}

static enum standing
standing_required(const struct aas_person *person, const struct aas_decision *d,
    int64_t now_s, int64_t *date_s)
{
	if (!aas_signin_keyless(person->state))
		return ENROLLED;
	if (d->attest == AAS_AT_SHOWN || d->attest == AAS_AT_PENDING ||
	    d->attest == AAS_AT_MISSING) {
		*date_s = d->attest_until_s;
		return ATTESTED;
	}
	*date_s = d->from_s;
	return d->from_s > now_s ? DUE : OVERDUE;
}

/* One user at one service. */
static void
see(const struct aasctl_ask *k, const struct aas_person *person,
    const char *service, struct standing_of *out)
{
	struct standing_of s = { .standing = NONE };
	struct aas_scene scene;
	struct aas_foretold f;
	const struct aas_decision *d = &f.answer.now;

	if (aasctl_ask_scene(k, service, NULL, &scene) != AAS_OK)
		return;
	(void)aas_foretell(k->policy, person, &scene, NULL, NULL, &f);
	(void)aas_signin_rule(k->policy, d, s.rule, sizeof(s.rule));
	if (d->verdict == AAS_V_REQUIRE || d->attest == AAS_AT_SHOWN) {
		s.standing = standing_required(person, d, k->at_s, &s.date_s);
	} else if (is_exempt(k, person, &scene, d)) {
		s.standing = EXEMPT;
	} else if (d->verdict == AAS_V_OPTIONAL &&
	    f.answer.observe.verdict == AAS_V_REQUIRE) {
		s.standing = OBSERVED;
		(void)aas_signin_rule(
		    k->policy, &f.answer.observe, s.rule, sizeof(s.rule));
	}
	if (s.standing < out->standing)
		*out = s;
}

static json_t *
line_json(const struct aas_person *person, const struct standing_of *s,
    const char *date)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "user", person->user.name,
	    "standing", names[s->standing], "date", s->date_s > 0 ? date : "",
	    "rule", s->rule, "state", aas_state_name(person->state));
}

static void
say(const struct aasctl *c, const struct aas_person *person,
    const struct standing_of *s, json_t *list)
{
	char date[AAS_CLOCK_TEXT], user[3 * 64];

	aas_clock_format(s->date_s, date);
	if (c->json) {
		(void)json_array_append_new(list, line_json(person, s, date));
		return;
	}
	(void)printf("%-9s %-20s %-20s %s\n", names[s->standing],
	    aas_printable(user, sizeof(user), person->user.name),
	    s->date_s > 0 ? date : "-", s->rule);
}

struct roll {
	const struct aasctl *c;
	struct aasctl_ask k;
	struct aas_stack *stacks;
	size_t stacks_n;
	size_t counts[STANDINGS];
	json_t *list;
};

static int
see_user(struct roll *o, const struct aas_user *u)
{
	struct standing_of s = { .standing = NONE };
	struct aas_person person;
	int code = aasctl_ask_person(o->c, &o->k, u, &person);
	size_t asked = 0;

	if (code != AASCTL_OK)
		return code;
	for (size_t i = 0; i < o->stacks_n; i++) {
		if (o->stacks[i].phases == 0)
			continue;
		asked++;
		see(&o->k, &person, o->stacks[i].service, &s);
	}
	if (asked == 0) /* a host whose stacks do not have us yet */
		see(&o->k, &person, "login", &s);
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

	r = aas_stacks_read(AAS_STACKS_DIR, &o->stacks, &o->stacks_n);
	if (r != AAS_OK && r != AAS_ERR_NOTFOUND)
		return aasctl_fail(o->c, aasctl_exit_of(r), "%s: %s",
		    AAS_STACKS_DIR, aas_strerror(r));
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
	if (code == AASCTL_OK && o.counts[OVERDUE] > 0)
		code = AASCTL_DENIED;
	json_decref(o.list);
	free(o.stacks);
	aasctl_ask_close(&o.k);
	return code;
}

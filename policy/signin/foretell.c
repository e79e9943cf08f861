/*
 * What the module would answer, without a sign-in.
 *
 * 1. It MUST ask the functions that the module asks; nothing about rules,
 *    states or dates is decided here.
 * 2. What cannot be told MUST be told as a denial.
 */
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "policy/signin/foretell.h"
#include "lib/put.h"

#define ATTEST_SOON_S (INT64_C(31) * 86400) /* the 30th day is told */

const char *
aas_fate_name(enum aas_fate fate)
{
	switch (fate) {
	case AAS_FATE_WARNED:
		return "warned";
	case AAS_FATE_KEY:
		return "key";
	case AAS_FATE_IN:
		return "in";
	case AAS_FATE_DENIED:
	default:
		return "denied";
	}
}

static int
stamp(void *arg, int64_t now_s, int64_t *since_s)
{
	const struct aas_person *person = arg;

	if (person->since_s > 0 && person->since_s <= now_s) {
		*since_s = person->since_s;
		return AAS_OK;
	}
	if (person->stamped)
		return AAS_ERR_NOTFOUND;
	*since_s = now_s;
	return AAS_OK;
}

struct lent {
	const struct aas_person *person;
	int64_t now_s;
};

static int
lent(void *arg, int64_t *left_s)
{
	const struct lent *l = arg;

	if (l->person->lease_until_s <= l->now_s)
		return AAS_ERR_NOTFOUND;
	*left_s = l->person->lease_until_s - l->now_s;
	return AAS_OK;
}

static void
query_of(const struct aas_person *person, const struct aas_scene *scene,
    struct aas_query *q)
{
	memset(q, 0, sizeof(*q));
	q->size = sizeof(*q);
	q->user = person->user.name;
	q->uid = person->user.uid;
	q->gids = person->gids;
	q->gids_n = person->gids_n;
	q->service = scene->service;
	q->host = scene->host;
	q->remote = scene->place.remote;
	q->addr_known = scene->place.addr_known;
	memcpy(q->addr, scene->place.addr, sizeof(q->addr));
	q->now_s = scene->now_s;
	/* sshd tells of the certificate when the session opens. */
	q->ca_state = scene->place.ssh ? AAS_CA_UNKNOWN : AAS_CA_NONE;
}

static int
ask(const struct aas_policy *p, const struct aas_person *person,
    const struct aas_scene *scene, aas_policy_step *step, void *arg,
    struct aas_answer *a)
{
	struct lent by = { person, scene->now_s };
	struct aas_query q;
	void *who = NULL;
	int r;

	/* The callback takes no const, and changes nothing. */
	memcpy(&who, &person, sizeof(who));
	query_of(person, scene, &q);
	a->size = sizeof(*a);
	if ((r = aas_policy_eval(p, &q, a)) != AAS_OK ||
	    (r = aas_signin_lease(p, &q, lent, &by, a)) != AAS_OK)
		return r;
	r = aas_signin_grace(p, &q, person->state, stamp, who, a);
	if (r == AAS_OK && step != NULL)
		r = aas_policy_trace(p, &q, a, step, arg);
	return r;
}

/* Programs that run jobs authenticate nobody. */
static unsigned
phases_of(const struct aas_scene *scene)
{
	static const struct aas_decision any = { .verdict = AAS_V_OPTIONAL };

	if (aas_states_class(scene->service, scene->place.ssh, &any) ==
	    AAS_CL_JOB)
		return scene->phases & ~AAS_PHASE_BIT(AAS_PH_AUTH);
	return scene->phases;
}

static void
deny(struct aas_foretold *f, unsigned why)
{
	if (f->fate == AAS_FATE_DENIED)
		return;
	f->fate = AAS_FATE_DENIED;
	f->why = why;
}

/* How many SSH keys has somebody that the session takes? */
static int
ssh_keys(const struct aas_policy *p, const struct aas_person *person,
    const struct aas_decision *d)
{
	const struct aas_index *ix = person->ix;
	int n = 0;

	for (unsigned i = 0; ix != NULL && i < ix->keys_n; i++)
		n += ix->keys[i].active == 1 && ix->keys[i].ssh_len > 0 &&
		    aas_signin_takes(p, d, &ix->keys[i]);
	return n;
}

/*
 * A key plugged into this host does not serve somebody elsewhere, nor where
 * nobody asks for it: then only sshd does, which takes an SSH key by itself.
 */
static void
see_key(const struct aas_policy *p, const struct aas_person *person,
    const struct aas_scene *scene, struct aas_foretold *f)
{
	const struct aas_decision *d = &f->answer.now;
	int asked = (f->ran & AAS_PHASE_BIT(AAS_PH_AUTH)) != 0;
	int need = d->present > 1 ? 2 : 1;
	int ssh = scene->place.ssh ? ssh_keys(p, person, d) : 0;

	f->key = 1;
	if (!asked || (scene->place.remote && !d->server_keys)) {
		if (ssh < need)
			deny(f,
			    ssh > 0     ? AAS_WHY_SECOND_KEY
				: asked ? AAS_WHY_REMOTE
					: AAS_WHY_NO_TICKET);
	} else if (f->keys >= 0 && f->keys < need) {
		deny(f, AAS_WHY_SECOND_KEY);
	}
}

static void
see_act(const struct aas_policy *p, const struct aas_person *person,
    const struct aas_scene *scene, enum aas_act act, unsigned why,
    struct aas_foretold *f)
{
	switch (act) {
	case AAS_ACT_NEXT:
	case AAS_ACT_PASS:
		break;
	case AAS_ACT_KEY:
		see_key(p, person, scene, f);
		break;
	case AAS_ACT_ENROLL:
		/* Who was not asked by the auth phase is not asked here. */
		f->enroll = (f->ran & AAS_PHASE_BIT(AAS_PH_AUTH)) != 0;
		deny(f, why);
		break;
	case AAS_ACT_UNLOCK:
	case AAS_ACT_REFUSE:
	case AAS_ACT_EXPIRED:
	default:
		deny(f, why);
		break;
	}
}

static struct aas_standing
standing(const struct aas_person *person)
{
	struct aas_standing s = { person->state, person->deadline_s,
		person->ix };

	return s;
}

static unsigned
would(const struct aas_policy *p, const struct aas_person *person,
    const struct aas_scene *scene, const struct aas_foretold *f,
    const struct aas_decision *then)
{
	const struct aas_standing s = standing(person);
	unsigned why = AAS_WHY_UNKNOWN;

	for (int i = 0; i < 3; i++) {
		if ((f->ran & AAS_PHASE_BIT(i)) != 0 &&
		    aas_signin_would(p, (enum aas_phase)i, scene->service,
			scene->place.ssh, &s, scene->now_s, &f->answer.now,
			then, &why))
			return why;
	}
	return 0;
}

/* As the session phase finds who would end it; what is within another ends so.
 */
static int
is_unkept(const struct aas_policy *p, const struct aas_scene *scene,
    const struct aas_foretold *f)
{
	const struct aas_decision *d = &f->answer.now;

	if (!scene->unkept || !aas_policy_keeper(p) ||
	    (f->ran & AAS_PHASE_BIT(AAS_PH_SESSION)) == 0)
		return 0;
	if (d->wants_lease)
		return 1;
	return (scene->place.remote || f->class == AAS_CL_LOGIN) &&
	    (d->verdict == AAS_V_REQUIRE || aas_states_keys(f->row) ||
		d->limits != 0);
}

/* What is said to somebody who is let in. */
static void
see_warnings(const struct aas_policy *p, const struct aas_person *person,
    const struct aas_scene *scene, struct aas_foretold *f)
{
	const struct aas_decision *d = &f->answer.now;
	char until[AAS_CLOCK_TEXT];

	f->warn_why = would(p, person, scene, f, &f->answer.warn);
	f->observe_why = would(p, person, scene, f, &f->answer.observe);
	/* A job has nobody to tell. */
	if (f->class == AAS_CL_JOB || f->class == AAS_CL_EXEMPT)
		return;
	if (f->row == AAS_ROW_SOON) {
		f->why = AAS_WHY_ENROLL_NOW;
		aas_signin_say_soon(d, scene->now_s, f->text, sizeof(f->text));
	} else if (f->row == AAS_ROW_ONE || f->row == AAS_ROW_ONE_LATE) {
		f->why = AAS_WHY_DEGRADED;
		(void)aas_format(f->text, sizeof(f->text), "%s",
		    aas_reason_text(AAS_WHY_DEGRADED));
	} else if (f->row == AAS_ROW_FEW && f->class == AAS_CL_LOGIN &&
	    (f->ran & AAS_PHASE_BIT(AAS_PH_ACCOUNT)) != 0) {
		f->why = AAS_WHY_FEW_KEYS;
		aas_signin_say_few(d, f->keys, f->text, sizeof(f->text));
	} else if (f->row == AAS_ROW_ATTEST) {
		f->why = AAS_WHY_ATTEST_MISSING;
		(void)aas_format(f->text, sizeof(f->text),
		    "Only a sign-in with a certificate of the attested "
		    "authority is let in.");
	} else if (f->warn_why != 0) {
		f->why = f->warn_why;
		aas_signin_say_would(
		    p, &f->answer.warn, f->warn_why, f->text, sizeof(f->text));
	} else if (d->attest == AAS_AT_SHOWN &&
	    d->attest_until_s - scene->now_s < ATTEST_SOON_S) {
		aas_clock_format(d->attest_until_s, until);
		(void)aas_format(f->text, sizeof(f->text),
		    "The attestation for this account ends on %.10s.", until);
	}
	if (f->text[0] != '\0')
		f->fate = AAS_FATE_WARNED;
}

int
aas_foretell(const struct aas_policy *p, const struct aas_person *person,
    const struct aas_scene *scene, aas_policy_step *step, void *arg,
    struct aas_foretold *f)
{
	const struct aas_standing s = standing(person);
	const struct aas_decision *d = &f->answer.now;
	unsigned why = AAS_WHY_UNKNOWN;
	int r;

	memset(f, 0, sizeof(*f));
	r = ask(p, person, scene, step, arg, &f->answer);
	f->keys = aas_signin_keys(p, d, person->ix);
	f->row = aas_signin_row(p, d, &s, scene->now_s, &why);
	f->class = aas_states_class(scene->service, scene->place.ssh, d);
	if (f->row == AAS_ROW_BROKEN && person->why != AAS_WHY_UNKNOWN)
		why = person->why;
	f->ran = phases_of(scene);
	f->fate = AAS_FATE_IN;
	f->why = AAS_WHY_OK;
	for (int i = 0; i < 3; i++) {
		/* A certificate shows it in the session, or it does not. */
		if (f->row == AAS_ROW_ATTEST && i == AAS_PH_SESSION &&
		    scene->place.ssh) {
			f->acts[i] = AAS_ACT_NEXT;
			continue;
		}
		f->acts[i] =
		    aas_states_act((enum aas_phase)i, f->row, f->class);
		if ((f->ran & AAS_PHASE_BIT(i)) != 0)
			see_act(p, person, scene, f->acts[i], why, f);
	}
	/* sshd, where the auth phase is another's: its session tells. */
	if (scene->place.ssh && (f->ran & AAS_PHASE_BIT(AAS_PH_AUTH)) == 0 &&
	    (f->ran & AAS_PHASE_BIT(AAS_PH_SESSION)) != 0 &&
	    f->class == AAS_CL_LOGIN && f->acts[AAS_PH_SESSION] == AAS_ACT_PASS)
		see_key(p, person, scene, f);
	if (is_unkept(p, scene, f))
		deny(f, AAS_WHY_KEEPER);
	if (r != AAS_OK)
		deny(f, AAS_WHY_POLICY_BROKEN);
	if (f->fate == AAS_FATE_DENIED) {
		aas_signin_say_no(
		    p, d, f->row, f->keys, f->why, f->text, sizeof(f->text));
		return r;
	}
	if (f->key)
		f->fate = AAS_FATE_KEY;
	see_warnings(p, person, scene, f);
	return AAS_OK;
}

/*
 * The decision.  Pure: no I/O, no clock, no allocation, no state.
 *  1. The answer MUST be a denial until everything that was touched held.
 *  2. How rules combine MUST NOT depend on their order, nor on how often one
 *     is met (policy/combine.h).
 *  3. An account that a lease names MUST NOT be let in where it needs one, but
 *     with a lease: an exemption does not do, nor a mode.
 *  4. A policy that names a group MUST NOT let anybody in, or leave anybody
 *     out of scope, when the groups are not known.
 */
#include <stddef.h>
#include <string.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "policy/combine.h"
#include "policy/format.h"
#include "policy/policy.h"

#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)
#define MANY 0xffffu /* in aaguids_n: no key is good enough */

struct work {
	const struct aas_policy *p;
	const struct aas_query *q;
	struct pol_acc acc[AAS_MODE_ENFORCE + 1]; /* by mode */
	struct pol_attest at;
	struct pol_low leases; /* the rules by which it takes a lease */
};

/* --- one rule --------------------------------------------------------------*/

/* From when on, with the grace of who came under it later. */
static int64_t
due(const struct aas_query *q, const struct pol_rule *r)
{
	int64_t t = r->from_s;

	if (r->grace_s != 0 && q->since_s != 0) {
		if (q->since_s > INT64_MAX - (int64_t)r->grace_s)
			return INT64_MAX;
		if (q->since_s + (int64_t)r->grace_s > t)
			t = q->since_s + (int64_t)r->grace_s;
	}
	return t;
}

static void
fold_require(
    struct pol_acc *a, const struct aas_query *q, const struct pol_rule *r)
{
	int64_t t = due(q, r);

	if (!a->required || t < a->from_s)
		a->from_s = t;
	a->required = 1;
	a->plain |= !r->attest;
	a->grace |= r->grace_s != 0;
	pol_set_class(a, CL_REQUIRE);
	if (a->class == CL_REQUIRE)
		pol_low_add(&a->rules, r->b.n);
}

static void
fold(struct pol_acc *a, const struct aas_query *q, const struct pol_rule *r)
{
	a->used = 1;
	if (r->effect == AAS_EF_REQUIRE) {
		fold_require(a, q, r);
	} else if (r->effect == AAS_EF_EXEMPT || r->effect == AAS_EF_DENY) {
		uint8_t class = r->effect == AAS_EF_DENY ? CL_DENY : CL_EXEMPT;

		pol_set_class(a, class);
		if (a->class == class)
			pol_low_add(&a->rules, r->b.n);
		a->break_glass |= r->break_glass;
	}
	if (r->part[PP_AAGUIDS].n > 0)
		pol_low_add(&a->aaguids, r->b.n);
	if (pol_few(r) != 0) {
		a->enrolled_min = pol_more(a->enrolled_min, r->enrolled_min);
		a->present = pol_more(a->present, r->present);
		a->uv |= r->uv & POL_UV;
		pol_set_bound(a, r->device_bound, r->b.n);
		a->alert |= r->alert;
		a->training |= r->training;
		a->sudo = pol_more(a->sudo, r->sudo);
	}
	a->timeout_s = (uint32_t)pol_shorter(a->timeout_s, r->timeout_s);
	a->session_s = pol_shorter(a->session_s, r->session_s);
	a->idle_s = pol_shorter(a->idle_s, r->idle_s);
	a->reauth_s = pol_shorter(a->reauth_s, r->reauth_s);
}

static int
visit(void *arg, const struct pol_rule *r)
{
	struct work *w = arg;
	int miss;

	if (r->effect == AAS_EF_LEASE)
		return AAS_OK;
	if ((miss = pol_match(w->p, w->q, r)) != PM_NONE)
		return miss < 0 ? miss : AAS_OK;
	if (r->effect == AAS_EF_ATTEST)
		return pol_attested(&w->at, w->q, r);
	fold(&w->acc[r->mode], w->q, r);
	return AAS_OK;
}

static int
visit_lease(void *arg, const struct pol_rule *r)
{
	struct work *w = arg;
	int needed;

	if (r->effect != AAS_EF_LEASE)
		return AAS_OK;
	if ((needed = pol_leased(r, w->q)) > 0)
		pol_low_add(&w->leases, r->b.n);
	return needed < 0 ? needed : AAS_OK;
}

/* --- the answer ------------------------------------------------------------*/

/* What counts where no rule and no setting says otherwise: the strict ones. */
static void
deny(struct aas_decision *d, unsigned why)
{
	memset(d, 0, sizeof(*d));
	d->verdict = AAS_V_DENY;
	d->reason = (uint16_t)why;
	d->enrolled_min = 2;
	d->present = 1;
	d->uv = 1;
	d->sudo = AAS_SUDO_DENY;
	d->timeout_s = 60;
	d->session_s = 12 * HOUR;
	d->idle_s = HOUR / 4;
	d->reauth_s = HOUR / 12;
	d->degraded_s = 7 * DAY;
}

void
pol_deny(struct aas_answer *a, unsigned why)
{
	deny(&a->now, why);
	a->warn = a->now;
	a->observe = a->now;
}

/* The settings are terms of a rule in force that matches everybody. */
static void
fold_settings(struct pol_acc *a, const struct pol_head *h)
{
	a->enrolled_min = pol_more(a->enrolled_min, h->enrolled_min);
	a->present = pol_more(a->present, h->present);
	a->uv |= h->uv;
	a->sudo = pol_more(a->sudo, h->sudo);
	a->timeout_s = (uint32_t)pol_shorter(a->timeout_s, h->timeout_s);
	a->session_s = pol_shorter(a->session_s, h->session_s);
	a->idle_s = pol_shorter(a->idle_s, h->idle_s);
	a->reauth_s = pol_shorter(a->reauth_s, h->reauth_s);
}

static void
set_verdict(struct aas_decision *d, const struct pol_acc *a,
    const struct pol_attest *at)
{
	d->reason = AAS_WHY_OK;
	switch (a->class) {
	case CL_NONE:
		d->verdict = AAS_V_OPTIONAL;
		return;
	case CL_EXEMPT:
		d->verdict = AAS_V_OUT;
		d->break_glass = a->break_glass;
		return;
	case CL_REQUIRE:
		break;
	default:
		d->reason = AAS_WHY_POLICY_DENY;
		return;
	}
	d->verdict = AAS_V_REQUIRE;
	d->from_s = a->from_s;
	d->wants_since = a->grace;
	if (a->plain || at->state == AAS_AT_NONE)
		return;
	d->attest = at->state;
	d->attest_rule = at->rule;
	d->attest_until_s = at->until_s;
	if (at->state == AAS_AT_SHOWN) {
		d->verdict = AAS_V_OPTIONAL;
		d->from_s = 0;
	}
}

/* Whatever else lets it in: without a lease it is a denial. */
static void
hold_lease(struct aas_decision *d, const struct work *w)
{
	if (w->leases.n == 0)
		return;
	d->wants_lease = 1;
	if (w->q->lease_s > 0 || d->verdict == AAS_V_DENY)
		return;
	d->verdict = AAS_V_DENY;
	d->reason = AAS_WHY_NO_LEASE;
	d->from_s = 0;
	d->wants_since = d->break_glass = 0;
	d->attest = AAS_AT_NONE;
	d->attest_rule = 0;
	d->attest_until_s = 0;
	d->rules_n = w->leases.n;
	memcpy(d->rules, w->leases.v, sizeof(d->rules));
}

static void
finish(const struct work *w, const struct pol_acc *a, struct aas_decision *d)
{
	const struct pol_head *h = &w->p->h;

	memset(d, 0, sizeof(*d));
	d->verdict = AAS_V_DENY;
	d->enrolled_min = a->enrolled_min;
	d->present = a->present;
	d->uv = a->uv;
	d->device_bound = a->device_bound;
	d->bound_rule = a->bound_rule;
	d->alert = a->alert;
	d->training = a->training;
	d->server_keys = h->server_keys;
	d->sudo = a->sudo != 0 ? a->sudo : AAS_SUDO_FRESH;
	d->timeout_s = a->timeout_s;
	d->session_s = a->session_s != 0 ? a->session_s
	    : a->required                ? 12 * HOUR
					 : 24 * HOUR;
	d->idle_s = a->idle_s != 0 ? a->idle_s : a->required ? HOUR / 4 : HOUR;
	d->reauth_s = a->reauth_s != 0 ? a->reauth_s : HOUR / 12;
	d->limits = (uint8_t)((a->session_s != 0 ? AAS_LIMIT_SESSION : 0) |
	    (a->idle_s != 0 ? AAS_LIMIT_IDLE : 0));
	d->degraded_s = h->degraded_s;
	d->aaguids_n = a->aaguids.more ? MANY : a->aaguids.n;
	memcpy(d->aaguids, a->aaguids.v, sizeof(d->aaguids));
	d->rules_n = a->rules.n;
	memcpy(d->rules, a->rules.v, a->rules.n * sizeof(d->rules[0]));
	set_verdict(d, a, &w->at);
	hold_lease(d, w);
}

static int
collect(struct work *w)
{
	const struct aas_policy *p = w->p;
	const struct aas_query *q = w->q;
	int r;

	r = pol_each(p, &p->h.users, pol_tag_name(PK_USER, q->user), visit, w);
	if (p->h.needs & AAS_NEED_GROUPS) {
		for (int i = 0; r == AAS_OK && i < q->gids_n; i++)
			r = pol_each(
			    p, &p->h.others, pol_tag_gid(q->gids[i]), visit, w);
	}
	if (r == AAS_OK)
		r = pol_each(p, &p->h.others,
		    pol_tag_name(PK_SERVICE, q->service), visit, w);
	if (r == AAS_OK && p->h.wild != 0)
		r = pol_each_ref(p, p->h.wild, visit, w);
	if (r == AAS_OK && (p->h.needs & AAS_NEED_LEASE) != 0)
		r = pol_each(p, &p->h.users, pol_tag_name(PK_ACCOUNT, q->user),
		    visit_lease, w);
	return r;
}

/* Each stage is the one before and what joins it. */
static void
answer(struct work *w, struct aas_answer *a)
{
	struct pol_acc *now = &w->acc[AAS_MODE_ENFORCE];

	fold_settings(now, &w->p->h);
	finish(w, now, &a->now);
	a->warn = a->now;
	if (w->acc[AAS_MODE_WARN].used) {
		pol_join(now, &w->acc[AAS_MODE_WARN]);
		finish(w, now, &a->warn);
	}
	a->observe = a->warn;
	if (w->acc[AAS_MODE_OBSERVE].used) {
		pol_join(now, &w->acc[AAS_MODE_OBSERVE]);
		finish(w, now, &a->observe);
	}
}

int
aas_policy_eval(
    const struct aas_policy *p, const struct aas_query *q, struct aas_answer *a)
{
	struct work w;

	if (a->size < sizeof(*a)) {
		/* Of a caller that knows less: 0 is a denial everywhere. */
		if (a->size > offsetof(struct aas_answer, now))
			memset(&a->now, 0,
			    a->size - offsetof(struct aas_answer, now));
		return AAS_ERR_INVAL;
	}
	if (p == NULL || !pol_query_valid(q)) {
		pol_deny(a, AAS_WHY_POLICY_DENY);
		return AAS_ERR_INVAL;
	}
	if (q->gids_n < 0 && (p->h.needs & AAS_NEED_GROUPS) != 0) {
		pol_deny(a, AAS_WHY_GROUPS);
		return AAS_OK;
	}
	memset(&w, 0, sizeof(w));
	w.p = p;
	w.q = q;
	if (collect(&w) != AAS_OK) {
		pol_deny(a, AAS_WHY_POLICY_BROKEN);
		return AAS_ERR_FORMAT;
	}
	answer(&w, a);
	return AAS_OK;
}

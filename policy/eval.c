/*
 * The decision.  Pure: no I/O, no clock, no allocation, no state.
 *  1. The answer MUST be a denial until everything that was touched held.
 *  2. How rules combine MUST NOT depend on their order, nor on how often one
 *     is met: whatever is kept is a largest, a smallest, an "or", or the
 *     eight lowest numbers.
 *  3. A policy that names a group MUST NOT let anybody in, or leave anybody
 *     out of scope, when the groups are not known.
 */
#include <stddef.h>
#include <string.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "policy/format.h"
#include "policy/policy.h"

#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)
#define MANY 0xffffu /* in aaguids_n: no key is good enough */

/* The stricter wins. */
enum class { CL_NONE, CL_REQUIRE, CL_EXEMPT, CL_DENY };

struct low {
	uint16_t n, more; /* more: 1 if one had no room */
	uint32_t v[AAS_DECIDED];
};

/* What the rules of a mode say together. */
struct acc {
	uint8_t used, class, plain, grace, break_glass;
	uint8_t required; /* 1: a require matched, whatever outdoes it */
	uint8_t enrolled_min, present, uv, device_bound, alert, training;
	uint32_t timeout_s;
	int64_t from_s; /* where required */
	int64_t session_s, idle_s, reauth_s;
	struct low rules, aaguids;
};

/* The best attestation. */
struct attest {
	uint8_t state; /* enum aas_attest_state */
	uint32_t rule;
	int64_t until_s;
};

struct work {
	const struct aas_policy *p;
	const struct aas_query *q;
	struct acc acc[AAS_MODE_ENFORCE + 1]; /* by mode */
	struct attest at;
};

/* --- combining -------------------------------------------------------------*/

static void
low_add(struct low *l, uint32_t number)
{
	uint32_t i = 0;

	while (i < l->n && l->v[i] < number)
		i++;
	if (i < l->n && l->v[i] == number)
		return;
	if (l->n == AAS_DECIDED)
		l->more = 1;
	else
		l->n++;
	if (i < l->n) {
		memmove(&l->v[i + 1], &l->v[i], (l->n - 1 - i) * sizeof(*l->v));
		l->v[i] = number;
	}
}

static void
low_join(struct low *to, const struct low *from)
{
	for (uint32_t i = 0; i < from->n; i++)
		low_add(to, from->v[i]);
	to->more |= from->more;
}

/* 0 is "not said". */
static int64_t
shorter(int64_t a, int64_t b)
{
	return b != 0 && (a == 0 || b < a) ? b : a;
}

static uint8_t
more(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

static void
set_class(struct acc *a, uint8_t class)
{
	if (class > a->class) {
		a->class = class;
		a->rules.n = 0;
	}
}

static void
join(struct acc *to, const struct acc *from)
{
	if (!from->used)
		return;
	set_class(to, from->class);
	if (from->class == to->class)
		low_join(&to->rules, &from->rules);
	low_join(&to->aaguids, &from->aaguids);
	if (from->required)
		to->from_s = !to->required || from->from_s < to->from_s
		    ? from->from_s
		    : to->from_s;
	to->required |= from->required;
	to->plain |= from->plain;
	to->grace |= from->grace;
	to->break_glass |= from->break_glass;
	to->enrolled_min = more(to->enrolled_min, from->enrolled_min);
	to->present = more(to->present, from->present);
	to->uv |= from->uv;
	to->device_bound |= from->device_bound;
	to->alert |= from->alert;
	to->training |= from->training;
	to->timeout_s = (uint32_t)shorter(to->timeout_s, from->timeout_s);
	to->session_s = shorter(to->session_s, from->session_s);
	to->idle_s = shorter(to->idle_s, from->idle_s);
	to->reauth_s = shorter(to->reauth_s, from->reauth_s);
}

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
fold_require(struct acc *a, const struct aas_query *q, const struct pol_rule *r)
{
	int64_t t = due(q, r);

	if (!a->required || t < a->from_s)
		a->from_s = t;
	a->required = 1;
	a->plain |= !r->attestable;
	a->grace |= r->grace_s != 0;
	set_class(a, CL_REQUIRE);
	if (a->class == CL_REQUIRE)
		low_add(&a->rules, r->b.n);
}

static void
fold(struct acc *a, const struct aas_query *q, const struct pol_rule *r)
{
	a->used = 1;
	if (r->effect == AAS_EF_REQUIRE) {
		fold_require(a, q, r);
	} else if (r->effect == AAS_EF_EXEMPT || r->effect == AAS_EF_DENY) {
		uint8_t class = r->effect == AAS_EF_DENY ? CL_DENY : CL_EXEMPT;

		set_class(a, class);
		if (a->class == class)
			low_add(&a->rules, r->b.n);
		a->break_glass |= r->break_glass;
	}
	if (r->part[PP_AAGUIDS].n > 0)
		low_add(&a->aaguids, r->b.n);
	if (pol_few(r) != 0) {
		a->enrolled_min = more(a->enrolled_min, r->enrolled_min);
		a->present = more(a->present, r->present);
		a->uv |= r->uv;
		a->device_bound |= r->device_bound;
		a->alert |= r->alert;
		a->training |= r->training;
	}
	a->timeout_s = (uint32_t)shorter(a->timeout_s, r->timeout_s);
	a->session_s = shorter(a->session_s, r->session_s);
	a->idle_s = shorter(a->idle_s, r->idle_s);
	a->reauth_s = shorter(a->reauth_s, r->reauth_s);
}

/* Was the certificate signed by an authority that the attestation names? */
static int
ca_listed(const struct aas_query *q, const struct pol_rule *r)
{
	struct aas_blob b;

	for (uint32_t i = 0; i < r->part[PP_CAS].n; i++) {
		if (pol_blob(r, i, &b) != AAS_OK)
			return AAS_ERR_FORMAT;
		if (q->ca_len != 0 && b.len == q->ca_len &&
		    memcmp(b.p, q->ca, b.len) == 0)
			return 1;
	}
	return 0;
}

/* An enum aas_attest_state, or AAS_ERR_FORMAT. */
static int
attest_state(const struct aas_query *q, const struct pol_rule *r)
{
	int has;

	if (q->now_s < r->not_before_s)
		return AAS_AT_FUTURE;
	if (q->now_s >= r->not_after_s)
		return AAS_AT_EXPIRED;
	has = pol_has_name(r, PP_EVIDENCE, q->service);
	if (has == 0 && q->ca_state == AAS_CA_KNOWN)
		has = ca_listed(q, r);
	if (has != 0)
		return has < 0 ? has : AAS_AT_SHOWN;
	return q->ca_state == AAS_CA_UNKNOWN && r->part[PP_CAS].n > 0
	    ? AAS_AT_PENDING
	    : AAS_AT_MISSING;
}

static int
fold_attest(
    struct attest *at, const struct aas_query *q, const struct pol_rule *r)
{
	/* Best last. */
	static const uint8_t rank[] = {
		[AAS_AT_NONE] = 0,
		[AAS_AT_EXPIRED] = 1,
		[AAS_AT_FUTURE] = 2,
		[AAS_AT_MISSING] = 3,
		[AAS_AT_PENDING] = 4,
		[AAS_AT_SHOWN] = 5,
	};
	int state = attest_state(q, r);

	if (state < 0)
		return state;
	if (rank[state] < rank[at->state])
		return AAS_OK;
	if (rank[state] == rank[at->state] &&
	    (r->not_after_s < at->until_s ||
		(r->not_after_s == at->until_s && r->b.n >= at->rule)))
		return AAS_OK;
	at->state = (uint8_t)state;
	at->rule = r->b.n;
	at->until_s = r->not_after_s;
	return AAS_OK;
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
		return fold_attest(&w->at, w->q, r);
	fold(&w->acc[r->mode], w->q, r);
	return AAS_OK;
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
fold_settings(struct acc *a, const struct pol_head *h)
{
	a->enrolled_min = more(a->enrolled_min, h->enrolled_min);
	a->present = more(a->present, h->present);
	a->uv |= h->uv;
	a->timeout_s = (uint32_t)shorter(a->timeout_s, h->timeout_s);
	a->session_s = shorter(a->session_s, h->session_s);
	a->idle_s = shorter(a->idle_s, h->idle_s);
	a->reauth_s = shorter(a->reauth_s, h->reauth_s);
}

static void
set_verdict(
    struct aas_decision *d, const struct acc *a, const struct attest *at)
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

static void
finish(const struct pol_head *h, const struct acc *a, const struct attest *at,
    struct aas_decision *d)
{
	memset(d, 0, sizeof(*d));
	d->verdict = AAS_V_DENY;
	d->enrolled_min = a->enrolled_min;
	d->present = a->present;
	d->uv = a->uv;
	d->device_bound = a->device_bound;
	d->alert = a->alert;
	d->training = a->training;
	d->server_keys = h->server_keys;
	d->timeout_s = a->timeout_s;
	d->session_s = a->session_s != 0 ? a->session_s
	    : a->required                ? 12 * HOUR
					 : 24 * HOUR;
	d->idle_s = a->idle_s != 0 ? a->idle_s : a->required ? HOUR / 4 : HOUR;
	d->reauth_s = a->reauth_s != 0 ? a->reauth_s : HOUR / 12;
	d->degraded_s = h->degraded_s;
	d->aaguids_n = a->aaguids.more ? MANY : a->aaguids.n;
	memcpy(d->aaguids, a->aaguids.v, sizeof(d->aaguids));
	d->rules_n = a->rules.n;
	memcpy(d->rules, a->rules.v, a->rules.n * sizeof(d->rules[0]));
	set_verdict(d, a, at);
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
	return r;
}

/* Each stage is the one before and what joins it. */
static void
answer(struct work *w, struct aas_answer *a)
{
	struct acc *now = &w->acc[AAS_MODE_ENFORCE];
	const struct pol_head *h = &w->p->h;

	fold_settings(now, h);
	finish(h, now, &w->at, &a->now);
	a->warn = a->now;
	if (w->acc[AAS_MODE_WARN].used) {
		join(now, &w->acc[AAS_MODE_WARN]);
		finish(h, now, &w->at, &a->warn);
	}
	a->observe = a->warn;
	if (w->acc[AAS_MODE_OBSERVE].used) {
		join(now, &w->acc[AAS_MODE_OBSERVE]);
		finish(h, now, &w->at, &a->observe);
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

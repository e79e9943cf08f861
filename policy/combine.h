#ifndef AAS_POLICY_COMBINE_H
#define AAS_POLICY_COMBINE_H

#include <stdint.h>
#include <string.h>

#include "policy/format.h"
#include "policy/policy.h"

/*
 * How rules combine; for policy/eval.c and its parts.  No part of it depends on
 * which rule came first: whatever is kept is a largest, a smallest, an "or", or
 * the eight lowest numbers.  Inline: all of it is done for each rule of each
 * sign-in.
 */

/* The stricter wins. */
enum pol_class { CL_NONE, CL_REQUIRE, CL_EXEMPT, CL_DENY };

/* The lowest numbers. */
struct pol_low {
	uint16_t n, more; /* more: 1 if one had no room */
	uint32_t v[AAS_DECIDED];
};

/* What the rules of a mode say together. */
struct pol_acc {
	uint8_t used, class, plain, grace, break_glass;
	uint8_t required; /* 1: a require matched, whatever outdoes it */
	uint8_t enrolled_min, present, uv, device_bound, alert, training, sudo;
	uint32_t timeout_s;
	uint32_t bound_rule; /* where device_bound */
	int64_t from_s;      /* where required */
	int64_t session_s, idle_s, reauth_s;
	struct pol_low rules, aaguids;
};

/* The best attestation. */
struct pol_attest {
	uint8_t state; /* enum aas_attest_state */
	uint32_t rule;
	int64_t until_s;
};

static inline void
pol_low_add(struct pol_low *l, uint32_t number)
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

/* 0 is "not said". */
static inline int64_t
pol_shorter(int64_t a, int64_t b)
{
	return b != 0 && (a == 0 || b < a) ? b : a;
}

static inline uint8_t
pol_more(uint8_t a, uint8_t b)
{
	return a > b ? a : b;
}

static inline void
pol_set_class(struct pol_acc *a, uint8_t class)
{
	if (class > a->class) {
		a->class = class;
		a->rules.n = 0;
	}
}

/* Who asked for it is the lowest number, whoever came first. */
static inline void
pol_set_bound(struct pol_acc *a, uint8_t bound, uint32_t number)
{
	if (!bound)
		return;
	if (!a->device_bound || number < a->bound_rule)
		a->bound_rule = number;
	a->device_bound = 1;
}

/* pol_join(to, from): what both say. */
void pol_join(struct pol_acc *to, const struct pol_acc *from);

/*
 * pol_attested(at, q, r):
 * What the attestation ${r}, which matches, is worth to ${q}; ${at} keeps the
 * best.  Returns 0, AAS_ERR_FORMAT.
 */
int pol_attested(
    struct pol_attest *at, const struct aas_query *q, const struct pol_rule *r);

#endif

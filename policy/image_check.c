/*
 * Whether policy.bin is whole: each place in it that a look-up may come by.
 *
 * 1. What it passes MUST have no rule, list or text that a look-up could not
 *    read.
 */
#include "lib/err.h"
#include "policy/format.h"
#include "policy/policy.h"

static int
check_rule(const struct pol_rule *r)
{
	const void *v = NULL;
	struct aas_blob b;
	uint32_t n = 0;

	if (pol_text(&r->b, r->source) == NULL ||
	    pol_text(&r->b, r->name) == NULL ||
	    pol_text(&r->b, r->where) == NULL)
		return AAS_ERR_FORMAT;
	for (int part = 0; part < PP_N; part++) {
		if (pol_list(r, (enum pol_part)part, &v, &n) != AAS_OK)
			return AAS_ERR_FORMAT;
		for (uint32_t i = 0; part <= PP_EVIDENCE && i < n; i++) {
			if (pol_name(r, (enum pol_part)part, i) == NULL)
				return AAS_ERR_FORMAT;
		}
		for (uint32_t i = 0; part == PP_CAS && i < n; i++) {
			if (pol_blob(r, i, &b) != AAS_OK)
				return AAS_ERR_FORMAT;
		}
	}
	return AAS_OK;
}

static int
visit_nothing(void *arg, const struct pol_rule *r)
{
	(void)arg;
	(void)r;
	return 0;
}

/* Of each cell and each bucket its own check; the rules' are made once. */
static int
check_hash(const struct aas_policy *p, const struct pol_table *t)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < t->n; i++) {
		if (pol_cell(p, t, i, &v) != AAS_OK ||
		    (v != 0 && (v & 1) == 0 &&
			pol_bucket(p, (uint32_t)v) == NULL))
			return AAS_ERR_FORMAT;
	}
	return AAS_OK;
}

static int
check_wild(const struct aas_policy *p)
{
	uint32_t wild = p->h.wild;

	return wild == 0 || (wild & 1) != 0 || pol_bucket(p, wild) != NULL
	    ? AAS_OK
	    : AAS_ERR_FORMAT;
}

/* Whatever a look-up may come by is a rule. */
static int
check_refs(const struct aas_policy *p, const struct pol_table *t)
{
	uint64_t v = 0;
	int r = AAS_OK;

	for (uint32_t i = 0; r == AAS_OK && i < t->n; i++) {
		r = pol_cell(p, t, i, &v);
		if (r == AAS_OK && v != 0)
			r = pol_each_ref(p, (uint32_t)v, visit_nothing, NULL);
	}
	return r;
}

static int
check_tables(const struct aas_policy *p)
{
	const struct pol_rule *rule;
	const struct pol_file *file;
	uint64_t v = 0;

	for (uint32_t i = 0; i < p->h.rules.n; i++) {
		if ((rule = pol_rule_number(p, i)) == NULL ||
		    check_rule(rule) != AAS_OK)
			return AAS_ERR_FORMAT;
	}
	for (uint32_t i = 0; i < p->h.zone.n; i++) {
		if (pol_cell(p, &p->h.zone, i, &v) != AAS_OK)
			return AAS_ERR_FORMAT;
	}
	for (uint32_t i = 0; i < p->h.files.n; i++) {
		if ((file = pol_file(p, i)) == NULL ||
		    pol_text(&file->b, file->path) == NULL)
			return AAS_ERR_FORMAT;
	}
	return AAS_OK;
}

int
aas_policy_check(struct aas_policy *p)
{
	const struct pol_head *h = &p->h;
	size_t words = p->len / 8 - POL_HEAD_WORDS;

	if (p->whole)
		return AAS_OK;
	if (pol_sum(pol_start(0), p->map + sizeof(*h), words) != h->body ||
	    check_hash(p, &h->users) != AAS_OK ||
	    check_hash(p, &h->others) != AAS_OK || check_wild(p) != AAS_OK ||
	    check_tables(p) != AAS_OK)
		return AAS_ERR_FORMAT;
	p->whole = 1;
	if (check_refs(p, &h->users) == AAS_OK &&
	    check_refs(p, &h->others) == AAS_OK &&
	    (h->wild == 0 ||
		pol_each_ref(p, h->wild, visit_nothing, NULL) == AAS_OK))
		return AAS_OK;
	p->whole = 0;
	return AAS_ERR_FORMAT;
}

/*
 * A compiled policy back in the terms of the source, for the tools.
 */
#include <string.h>

#include "lib/err.h"
#include "policy/format.h"

static int
get_text(const struct pol_rule *r, uint32_t off, struct aas_arena *a,
    const char **dst)
{
	const char *s = pol_text(&r->b, off);
	size_t n;
	char *t;

	if (s == NULL)
		return AAS_ERR_FORMAT;
	n = strlen(s) + 1;
	if ((t = aas_arena_get(a, n)) == NULL)
		return AAS_ERR_NOMEM;
	memcpy(t, s, n);
	*dst = t;
	return AAS_OK;
}

static int
get_names(const struct pol_rule *r, enum pol_part part, struct aas_arena *a,
    struct aas_names *l)
{
	const void *v = NULL;
	uint32_t n = 0;
	int e = AAS_OK;

	l->n = 0;
	l->v = NULL;
	if (pol_list(r, part, &v, &n) != AAS_OK)
		return AAS_ERR_FORMAT;
	if (n == 0)
		return AAS_OK;
	if ((l->v = aas_arena_get(a, n * sizeof(*l->v))) == NULL)
		return AAS_ERR_NOMEM;
	for (uint32_t i = 0; e == AAS_OK && i < n; i++)
		e = get_text(r, ((const uint32_t *)v)[i], a, &l->v[i]);
	l->n = n;
	return e;
}

/* The entries of a part that are the same in both forms. */
static int
get_list(const struct pol_rule *r, enum pol_part part, size_t size,
    struct aas_arena *a, const void **dst, uint32_t *n)
{
	const void *v = NULL;
	void *t;

	*dst = NULL;
	if (pol_list(r, part, &v, n) != AAS_OK)
		return AAS_ERR_FORMAT;
	if (*n == 0)
		return AAS_OK;
	if ((t = aas_arena_get(a, *n * size)) == NULL)
		return AAS_ERR_NOMEM;
	memcpy(t, v, *n * size);
	*dst = t;
	return AAS_OK;
}

static int
get_cas(const struct pol_rule *r, struct aas_arena *a, struct aas_rule *out)
{
	struct aas_blob b, *cas;
	uint8_t *p;

	out->cas_n = r->part[PP_CAS].n;
	out->cas = NULL;
	if (out->cas_n == 0)
		return AAS_OK;
	if (pol_blob(r, out->cas_n - 1, &b) != AAS_OK)
		return AAS_ERR_FORMAT;
	if ((cas = aas_arena_get(a, out->cas_n * sizeof(*cas))) == NULL)
		return AAS_ERR_NOMEM;
	for (uint32_t i = 0; i < out->cas_n; i++) {
		if (pol_blob(r, i, &b) != AAS_OK)
			return AAS_ERR_FORMAT;
		if ((p = aas_arena_get(a, b.len + 1u)) == NULL)
			return AAS_ERR_NOMEM;
		memcpy(p, b.p, b.len);
		cas[i].p = p;
		cas[i].len = b.len;
	}
	out->cas = cas;
	return AAS_OK;
}

static void
get_numbers(const struct pol_rule *r, struct aas_rule *out)
{
	out->mode = r->mode;
	out->effect = r->effect;
	out->origin = r->origin;
	if (r->effect == AAS_EF_ATTEST)
		out->flaw = r->attest;
	else
		out->attestable = r->attest;
	out->break_glass = r->break_glass;
	out->enrolled_min = r->enrolled_min;
	out->present = r->present;
	out->uv = (r->uv & POL_UV) != 0;
	out->uv_said = (r->uv & POL_UV_SAID) != 0;
	out->sudo = r->sudo;
	out->device_bound = r->device_bound;
	out->alert = r->alert;
	out->training = r->training;
	out->timeout_s = r->timeout_s;
	out->session_s = r->session_s;
	out->idle_s = r->idle_s;
	out->reauth_s = r->reauth_s;
	out->lease_s = r->lease_s;
	out->grace_s = r->grace_s;
	out->from_s = r->from_s;
	out->not_before_s = r->not_before_s;
	out->not_after_s = r->not_after_s;
}

static int
get_parts(const struct pol_rule *r, struct aas_arena *a, struct aas_rule *out)
{
	const void *v = NULL;
	uint32_t n = 0;
	int e;

	if ((e = get_names(r, PP_USERS, a, &out->users)) != AAS_OK ||
	    (e = get_names(r, PP_GROUPS, a, &out->groups)) != AAS_OK ||
	    (e = get_names(r, PP_SERVICES, a, &out->services)) != AAS_OK ||
	    (e = get_names(r, PP_HOSTS, a, &out->hosts)) != AAS_OK ||
	    (e = get_names(r, PP_EVIDENCE, a, &out->evidence_services)) !=
		AAS_OK ||
	    (e = get_list(r, PP_GIDS, sizeof(gid_t), a, &v, &n)) != AAS_OK)
		return e;
	if (n != out->groups.n)
		return AAS_ERR_FORMAT;
	out->gids = v;
	if ((e = get_list(r, PP_NETS, sizeof(*out->nets), a, &v,
		 &out->nets_n)) != AAS_OK)
		return e;
	out->nets = v;
	if ((e = get_list(r, PP_SPANS, sizeof(*out->spans), a, &v,
		 &out->spans_n)) != AAS_OK)
		return e;
	out->spans = v;
	if ((e = get_list(r, PP_AAGUIDS, sizeof(*out->aaguids), a, &v,
		 &out->aaguids_n)) != AAS_OK)
		return e;
	memcpy(&out->aaguids, &v, sizeof(out->aaguids)); /* C11 has no cast */
	return get_cas(r, a, out);
}

int
aas_policy_get(const struct aas_policy *p, uint32_t number,
    struct aas_arena *arena, struct aas_rule *rule)
{
	const struct pol_rule *r;
	struct aas_rule out;
	int e;

	if (number >= p->h.rules.n)
		return AAS_ERR_NOTFOUND;
	if ((r = pol_rule_number(p, number)) == NULL)
		return AAS_ERR_FORMAT;
	memset(&out, 0, sizeof(out));
	get_numbers(r, &out);
	if ((e = get_text(r, r->source, arena, &out.source)) != AAS_OK ||
	    (e = get_text(r, r->name, arena, &out.name)) != AAS_OK ||
	    (e = get_text(r, r->where, arena, &out.where)) != AAS_OK ||
	    (e = get_parts(r, arena, &out)) != AAS_OK)
		return e;
	*rule = out;
	return AAS_OK;
}

int
aas_policy_minute(const struct aas_policy *p, int64_t at_s, uint32_t *minute)
{
	return pol_minute(p, at_s, minute);
}

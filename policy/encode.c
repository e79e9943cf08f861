/*
 * One rule to its bytes, and the comparison of the two.  Lists are sorted: the
 * reader halves them.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/build.h"

const struct aas_names *
pol_names(const struct aas_rule *r, enum pol_part part)
{
	switch (part) {
	case PP_USERS:
		return &r->users;
	case PP_GROUPS:
		return &r->groups;
	case PP_SERVICES:
		return &r->services;
	case PP_HOSTS:
		return &r->hosts;
	case PP_EVIDENCE:
	case PP_GIDS:
	case PP_NETS:
	case PP_SPANS:
	case PP_AAGUIDS:
	case PP_CAS:
	case PP_N:
	default:
		return &r->evidence_services;
	}
}

/* --- sorted ----------------------------------------------------------------*/

struct pair {
	uint32_t gid;
	const char *name;
};

static int
cmp_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
cmp_pair(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->gid != y->gid)
		return x->gid < y->gid ? -1 : 1;
	return strcmp(x->name, y->name);
}

static uint32_t
sort_names(const struct aas_names *l, const char **dst)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < l->n; i++)
		dst[i] = l->v[i];
	if (l->n > 1)
		qsort(dst, l->n, sizeof(*dst), cmp_name);
	for (uint32_t i = 0; i < l->n; i++) {
		if (k == 0 || strcmp(dst[k - 1], dst[i]) != 0)
			dst[k++] = dst[i];
	}
	return k;
}

/* By gid; a gid with two names stands twice. */
static uint32_t
sort_groups(const struct aas_rule *r, struct pair *tmp, const char **names,
    uint32_t *gids)
{
	uint32_t k = 0;

	for (uint32_t i = 0; i < r->groups.n; i++) {
		tmp[i].gid = r->gids[i];
		tmp[i].name = r->groups.v[i];
	}
	if (r->groups.n > 1)
		qsort(tmp, r->groups.n, sizeof(*tmp), cmp_pair);
	for (uint32_t i = 0; i < r->groups.n; i++) {
		if (k > 0 && cmp_pair(&tmp[i - 1], &tmp[i]) == 0)
			continue;
		gids[k] = tmp[i].gid;
		names[k++] = tmp[i].name;
	}
	return k;
}

int
pol_sort(const struct aas_rule *r, struct pol_sorted *s)
{
	size_t groups = r->groups.n, all = groups, need;
	const char **at;
	struct pair *tmp;

	for (int part = 0; part <= PP_EVIDENCE; part++)
		all += pol_names(r, (enum pol_part)part)->n;
	need = (all + 1) * sizeof(*at) + groups * sizeof(*tmp) + groups * 4;
	if (need > s->cap) {
		void *mem = realloc(s->mem, need * 2);

		if (mem == NULL)
			return AAS_ERR_NOMEM;
		s->mem = mem;
		s->cap = need * 2;
	}
	tmp = s->mem;
	at = (const char **)(void *)(tmp + groups);
	s->gids = (uint32_t *)(void *)(at + all);
	for (int part = 0; part <= PP_EVIDENCE; part++) {
		const struct aas_names *l = pol_names(r, (enum pol_part)part);

		s->names[part] = at;
		s->n[part] = part == PP_GROUPS
		    ? sort_groups(r, tmp, at, s->gids)
		    : sort_names(l, at);
		at += l->n;
	}
	s->n[PP_GIDS] = s->n[PP_GROUPS];
	s->n[PP_NETS] = r->nets_n;
	s->n[PP_SPANS] = r->spans_n;
	s->n[PP_AAGUIDS] = r->aaguids_n;
	s->n[PP_CAS] = r->cas_n;
	return AAS_OK;
}

void
pol_sorted_free(struct pol_sorted *s)
{
	free(s->mem);
	memset(s, 0, sizeof(*s));
}

/* --- bytes -----------------------------------------------------------------*/

static const size_t entry[PP_N] = { 4, 4, 4, 4, 4, 4, sizeof(struct aas_net),
	sizeof(struct aas_span), 16, sizeof(struct pol_slice) };

static size_t
size_of(const struct aas_rule *r, const struct pol_sorted *s)
{
	size_t n = sizeof(struct pol_rule);

	for (int part = 0; part < PP_N; part++) {
		n += (s->n[part] * entry[part] + 7) & ~(size_t)7;
		for (uint32_t i = 0; part <= PP_EVIDENCE && i < s->n[part]; i++)
			n += strlen(s->names[part][i]) + 1;
	}
	for (uint32_t i = 0; i < r->cas_n; i++)
		n += r->cas[i].len;
	return n + strlen(r->source) + strlen(r->name) + strlen(r->where) + 3;
}

/* Appends at b + *at; size_of() has made the room. */
static uint32_t
put(uint8_t *b, size_t *at, const void *p, size_t n)
{
	size_t was = *at;

	if (n > 0)
		memcpy(b + was, p, n);
	*at += n;
	return (uint32_t)was;
}

static uint32_t
put_text(uint8_t *b, size_t *at, const char *s)
{
	return put(b, at, s, strlen(s) + 1);
}

static void
put_numbers(const struct aas_rule *r, struct pol_rule *to)
{
	to->mode = r->mode;
	to->effect = r->effect;
	to->origin = r->origin;
	to->attest = r->effect == AAS_EF_ATTEST ? r->flaw : r->attestable;
	to->break_glass = r->break_glass;
	to->enrolled_min = r->enrolled_min;
	to->present = r->present;
	to->uv =
	    (uint8_t)((r->uv ? POL_UV : 0) | (r->uv_said ? POL_UV_SAID : 0));
	to->sudo = r->sudo;
	to->device_bound = r->device_bound;
	to->alert = r->alert;
	to->training = r->training;
	to->timeout_s = r->timeout_s;
	to->session_s = (uint32_t)r->session_s;
	to->idle_s = (uint32_t)r->idle_s;
	to->reauth_s = (uint32_t)r->reauth_s;
	to->lease_s = (uint32_t)r->lease_s;
	to->grace_s = (uint32_t)r->grace_s;
	to->from_s = r->from_s;
	to->not_before_s = r->not_before_s;
	to->not_after_s = r->not_after_s;
}

int
pol_encode(struct pol_out *out, const struct aas_rule *r,
    const struct pol_sorted *s, uint32_t number, uint32_t *place)
{
	const void *fixed[PP_N] = { [PP_GIDS] = s->gids,
		[PP_NETS] = r->nets,
		[PP_SPANS] = r->spans,
		[PP_AAGUIDS] = r->aaguids };
	size_t size = size_of(r, s), at = sizeof(struct pol_rule);
	struct pol_rule *to;
	uint8_t *b;
	uint32_t w = 0;
	int e;

	if ((e = pol_out_add(out, size, &w)) != AAS_OK)
		return e;
	b = out->p + (size_t)w * 8;
	to = (struct pol_rule *)(void *)b;
	put_numbers(r, to);
	for (int part = 0; part < PP_N; part++) {
		size_t n = s->n[part] * entry[part];

		to->part[part].at = (uint16_t)(at / 8);
		to->part[part].n = (uint16_t)s->n[part];
		if (fixed[part] != NULL)
			memcpy(b + at, fixed[part], n);
		at += (n + 7) & ~(size_t)7;
	}
	for (uint32_t i = 0; i < r->cas_n; i++) {
		struct pol_slice ca = { .n = r->cas[i].len };

		ca.off = put(b, &at, r->cas[i].p, ca.n);
		memcpy(b + (size_t)to->part[PP_CAS].at * 8 + i * sizeof(ca),
		    &ca, sizeof(ca));
	}
	for (int part = 0; part <= PP_EVIDENCE; part++) {
		for (uint32_t i = 0; i < s->n[part]; i++) {
			uint32_t t = put_text(b, &at, s->names[part][i]);

			memcpy(
			    b + (size_t)to->part[part].at * 8 + 4 * (size_t)i,
			    &t, 4);
		}
	}
	to->source = put_text(b, &at, r->source);
	to->name = put_text(b, &at, r->name);
	to->where = put_text(b, &at, r->where);
	pol_out_seal(out, w, number, size);
	*place = w;
	return AAS_OK;
}

/* --- back ------------------------------------------------------------------*/

static int
same_text(const struct pol_rule *r, uint32_t off, const char *want)
{
	const char *s = pol_text(&r->b, off);

	return s != NULL && strcmp(s, want) == 0;
}

static int
same_part(const struct pol_rule *r, enum pol_part part, const void *want,
    uint32_t want_n)
{
	const void *v = NULL;
	uint32_t n = 0;

	return pol_list(r, part, &v, &n) == AAS_OK && n == want_n &&
	    (n == 0 || memcmp(v, want, n * entry[part]) == 0);
}

static int
same_names(const struct pol_rule *r, const struct pol_sorted *s)
{
	const char *t;

	for (int part = 0; part <= PP_EVIDENCE; part++) {
		if (r->part[part].n != s->n[part])
			return 0;
		for (uint32_t i = 0; i < s->n[part]; i++) {
			t = pol_name(r, (enum pol_part)part, i);
			if (t == NULL || strcmp(t, s->names[part][i]) != 0)
				return 0;
		}
	}
	return 1;
}

int
pol_same(const struct pol_rule *r, const struct aas_rule *rule,
    const struct pol_sorted *s)
{
	struct pol_rule want = *r;
	struct aas_blob b;

	put_numbers(rule, &want);
	if (memcmp(&want, r, sizeof(want)) != 0 || !same_names(r, s) ||
	    r->part[PP_CAS].n != rule->cas_n)
		return 0;
	for (uint32_t i = 0; i < rule->cas_n; i++) {
		if (pol_blob(r, i, &b) != AAS_OK || b.len != rule->cas[i].len ||
		    memcmp(b.p, rule->cas[i].p, b.len) != 0)
			return 0;
	}
	return same_text(r, r->source, rule->source) &&
	    same_text(r, r->name, rule->name) &&
	    same_text(r, r->where, rule->where) &&
	    same_part(r, PP_GIDS, s->gids, s->n[PP_GIDS]) &&
	    same_part(r, PP_NETS, rule->nets, rule->nets_n) &&
	    same_part(r, PP_SPANS, rule->spans, rule->spans_n) &&
	    same_part(r, PP_AAGUIDS, rule->aaguids, rule->aaguids_n);
}

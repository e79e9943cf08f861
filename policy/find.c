/*
 * Takes things out of the mapped policy.
 *  1. It MUST NOT read outside the map, whatever the bytes say: every place
 *     and length is held against its bounds before it is used, also in a file
 *     whose checks all hold.
 *  2. What does not hold its check MUST be an error, never "nothing there":
 *     also a free cell has a check.
 */
#include <string.h>

#include "lib/err.h"
#include "policy/format.h"

/* memcpy(3): a map is only as aligned as its place in the file. */
static inline uint64_t
word(const uint8_t *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return w;
}

static inline uint64_t
sum(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (; n >= 4; n -= 4, b += 32) {
		h = pol_mix(h, word(b));
		h = pol_mix(h, word(b + 8));
		h = pol_mix(h, word(b + 16));
		h = pol_mix(h, word(b + 24));
	}
	for (; n > 0; n--, b += 8)
		h = pol_mix(h, word(b));
	return h;
}

uint64_t
pol_sum(uint64_t h, const void *p, size_t n)
{
	return sum(h, p, n);
}

/* Inline, as all that every rule of a decision passes through. */
static inline const struct pol_block *
block(const struct aas_policy *p, uint32_t at, size_t min)
{
	union {
		const uint8_t *in;
		const struct pol_block *out;
	} b;

	if ((size_t)at * 8 < sizeof(struct pol_head) ||
	    (size_t)at * 8 > p->len - min)
		return NULL;
	b.in = p->map + (size_t)at * 8;
	if (b.out->words > p->len / 8 - at || (size_t)b.out->words * 8 < min)
		return NULL;
	if (!p->whole &&
	    sum(pol_start(at), b.in + 8, b.out->words - 1) != b.out->check)
		return NULL;
	return b.out;
}

const struct pol_block *
pol_block(const struct aas_policy *p, uint32_t at, size_t min)
{
	return block(p, at, min);
}

/* A string ends before its block does: the block's last byte is a NUL. */
static int
terminated(const struct pol_block *b)
{
	return ((const char *)b)[pol_bytes(b) - 1] == '\0';
}

/* A byte each: who has more bits than these is out of range. */
static uint64_t
few_bits(void)
{
	struct pol_rule r;

	memset(&r, 0, sizeof(r));
	r.break_glass = 1;
	r.uv = POL_UV | POL_UV_SAID;
	r.sudo = 7;
	r.device_bound = r.alert = r.training = 1;
	r.enrolled_min = 0x1f;
	r.present = 3;
	return pol_few(&r);
}

static inline int
sound(const struct pol_rule *r)
{
	return (unsigned)r->mode - AAS_MODE_OBSERVE <= 2 &&
	    (unsigned)r->effect - AAS_EF_TERMS <=
	    AAS_EF_ATTEST - AAS_EF_TERMS &&
	    r->origin <= AAS_OR_REMOTE &&
	    r->attest <= (r->effect == AAS_EF_ATTEST ? AAS_FLAW_LAST : 1) &&
	    (pol_few(r) & ~few_bits()) == 0 && r->present <= 2 &&
	    r->sudo <= AAS_SUDO_DENY && r->enrolled_min != 1 &&
	    r->enrolled_min <= POL_ENROLLED_MAX &&
	    r->timeout_s <= POL_TIMEOUT_MAX &&
	    (int64_t)r->session_s <= AAS_LIMIT_MAX_S &&
	    (int64_t)r->idle_s <= AAS_LIMIT_MAX_S &&
	    (int64_t)r->reauth_s <= AAS_LIMIT_MAX_S && r->from_s >= 0;
}

static inline const struct pol_rule *
rule_at(const struct aas_policy *p, uint32_t at)
{
	const struct pol_block *b = block(p, at, sizeof(struct pol_rule));
	const struct pol_rule *r = (const struct pol_rule *)(const void *)b;

	if (b == NULL || !terminated(b) || b->n >= p->h.rules.n || !sound(r))
		return NULL;
	return r;
}

const struct pol_rule *
pol_rule(const struct aas_policy *p, uint32_t at)
{
	return rule_at(p, at);
}

const struct pol_rule *
pol_rule_number(const struct aas_policy *p, uint32_t number)
{
	const struct pol_rule *r = NULL;
	uint64_t at = 0;

	if (pol_cell(p, &p->h.rules, number, &at) != AAS_OK ||
	    at > UINT32_MAX || (r = pol_rule(p, (uint32_t)at)) == NULL)
		return NULL;
	return r->b.n == number ? r : NULL;
}

const struct pol_file *
pol_file(const struct aas_policy *p, uint32_t i)
{
	const struct pol_block *b = NULL;
	uint64_t at = 0;

	if (pol_cell(p, &p->h.files, i, &at) != AAS_OK || at > UINT32_MAX ||
	    (b = pol_block(p, (uint32_t)at, sizeof(struct pol_file))) == NULL ||
	    !terminated(b))
		return NULL;
	return (const struct pol_file *)(const void *)b;
}

const char *
pol_name(const struct pol_rule *r, enum pol_part part, uint32_t i)
{
	const void *v = NULL;
	uint32_t n = 0;

	if (pol_list(r, part, &v, &n) != AAS_OK || i >= n)
		return NULL;
	return pol_text(&r->b, ((const uint32_t *)v)[i]);
}

int
pol_blob(const struct pol_rule *r, uint32_t i, struct aas_blob *b)
{
	const struct pol_slice *s;
	const void *v = NULL;
	uint32_t n = 0;

	if (pol_list(r, PP_CAS, &v, &n) != AAS_OK || i >= n)
		return AAS_ERR_FORMAT;
	s = (const struct pol_slice *)v + i;
	if (s->off > pol_bytes(&r->b) || s->n > pol_bytes(&r->b) - s->off ||
	    s->n > UINT16_MAX)
		return AAS_ERR_FORMAT;
	b->p = (const uint8_t *)r + s->off;
	b->len = (uint16_t)s->n;
	return AAS_OK;
}

const struct pol_block *
pol_bucket(const struct aas_policy *p, uint32_t ref)
{
	const struct pol_block *b = pol_block(p, ref >> 1, sizeof(*b));

	if (b == NULL ||
	    b->n > (pol_bytes(b) - sizeof(*b)) / sizeof(*pol_places(b)))
		return NULL;
	return b;
}

int
pol_each_ref(const struct aas_policy *p, uint32_t ref, pol_visit *fn, void *arg)
{
	const struct pol_block *b;
	const struct pol_rule *rule;
	int r = AAS_OK;

	if (ref & 1) {
		rule = rule_at(p, ref >> 1);
		return rule != NULL ? fn(arg, rule) : AAS_ERR_FORMAT;
	}
	if ((b = pol_bucket(p, ref)) == NULL)
		return AAS_ERR_FORMAT;
	for (uint32_t i = 0; r == AAS_OK && i < b->n; i++) {
		rule = rule_at(p, pol_places(b)[i]);
		r = rule != NULL ? fn(arg, rule) : AAS_ERR_FORMAT;
	}
	return r;
}

int64_t
pol_find(const struct aas_policy *p, const struct pol_table *t, uint32_t tag)
{
	uint32_t mask = t->n - 1;
	uint64_t v = 0;

	for (uint32_t i = 0; i <= mask; i++) {
		if (pol_cell(p, t, (tag + i) & mask, &v) != AAS_OK)
			return AAS_ERR_FORMAT;
		if (v == 0)
			return 0;
		if ((uint32_t)(v >> 32) == tag)
			return (uint32_t)v;
	}
	return 0;
}

int
pol_each(const struct aas_policy *p, const struct pol_table *t, uint32_t tag,
    pol_visit *fn, void *arg)
{
	int64_t ref = pol_find(p, t, tag);

	if (ref <= 0)
		return (int)ref;
	return pol_each_ref(p, (uint32_t)ref, fn, arg);
}

/* --- what others ask -------------------------------------------------------*/

int
aas_policy_rule(
    const struct aas_policy *p, uint32_t number, struct aas_rule_view *v)
{
	const struct pol_rule *r;
	struct aas_rule_view got;

	if (number >= p->h.rules.n)
		return AAS_ERR_NOTFOUND;
	if ((r = pol_rule_number(p, number)) == NULL ||
	    (got.name = pol_text(&r->b, r->name)) == NULL ||
	    (got.where = pol_text(&r->b, r->where)) == NULL ||
	    (got.source = pol_text(&r->b, r->source)) == NULL)
		return AAS_ERR_FORMAT;
	got.number = number;
	got.mode = r->mode;
	got.effect = r->effect;
	*v = got;
	return AAS_OK;
}

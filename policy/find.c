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

uint64_t
pol_sum(uint64_t h, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		h = pol_mix(h, word(b + 8 * i));
	return h;
}

/* Its place and number go in, so that no cell can stand for another. */
int
pol_cell(const struct aas_policy *p, const struct pol_table *t, uint32_t i,
    uint64_t *value)
{
	const uint8_t *b;
	uint64_t v;

	if (i >= t->n)
		return AAS_ERR_FORMAT;
	/* table_valid() has held at and n against the file's length. */
	b = p->map + ((size_t)t->at + 2 * (size_t)i) * 8;
	v = word(b);
	if (!p->whole &&
	    pol_mix(pol_start((uint32_t)(t->at + 2 * i)), v) != word(b + 8))
		return AAS_ERR_FORMAT;
	*value = v;
	return AAS_OK;
}

int
pol_block(const struct aas_policy *p, uint32_t at, size_t min,
    const struct pol_block **out)
{
	union {
		const uint8_t *in;
		const struct pol_block *out;
	} b;
	size_t room;

	if ((size_t)at * 8 < sizeof(struct pol_head) ||
	    (size_t)at * 8 > p->len - min)
		return AAS_ERR_FORMAT;
	room = p->len / 8 - at;
	b.in = p->map + (size_t)at * 8;
	if (b.out->words > room || (size_t)b.out->words * 8 < min)
		return AAS_ERR_FORMAT;
	if (!p->whole &&
	    pol_sum(pol_start(at), b.in + 8, b.out->words - 1) != b.out->check)
		return AAS_ERR_FORMAT;
	*out = b.out;
	return AAS_OK;
}

static size_t
bytes(const struct pol_block *b)
{
	return (size_t)b->words * 8;
}

/* A string ends before its block does: the block's last byte is a NUL. */
static int
terminated(const struct pol_block *b)
{
	return ((const char *)b)[bytes(b) - 1] == '\0';
}

int
pol_rule_sound(const struct pol_rule *r)
{
	return r->mode >= AAS_MODE_OBSERVE && r->mode <= AAS_MODE_ENFORCE &&
	    r->effect >= AAS_EF_TERMS && r->effect <= AAS_EF_ATTEST &&
	    r->origin <= AAS_OR_REMOTE &&
	    (r->enrolled_min == 0 ||
		(r->enrolled_min >= 2 &&
		    r->enrolled_min <= POL_ENROLLED_MAX)) &&
	    r->present <= 2 && r->timeout_s <= POL_TIMEOUT_MAX &&
	    (r->attestable | r->break_glass | r->uv | r->uv_said |
		r->device_bound | r->alert | r->training) <= 1 &&
	    (int64_t)r->session_s <= AAS_LIMIT_MAX_S &&
	    (int64_t)r->idle_s <= AAS_LIMIT_MAX_S &&
	    (int64_t)r->reauth_s <= AAS_LIMIT_MAX_S && r->from_s >= 0;
}

int
pol_rule(const struct aas_policy *p, uint32_t at, const struct pol_rule **r)
{
	const struct pol_block *b = NULL;
	const struct pol_rule *rule;

	if (pol_block(p, at, sizeof(*rule), &b) != AAS_OK)
		return AAS_ERR_FORMAT;
	rule = (const struct pol_rule *)(const void *)b;
	if (!terminated(b) || b->n >= p->h.rules.n || !pol_rule_sound(rule))
		return AAS_ERR_FORMAT;
	*r = rule;
	return AAS_OK;
}

int
pol_rule_number(
    const struct aas_policy *p, uint32_t number, const struct pol_rule **r)
{
	const struct pol_rule *rule = NULL;
	uint64_t at = 0;

	if (pol_cell(p, &p->h.rules, number, &at) != AAS_OK ||
	    at > UINT32_MAX || pol_rule(p, (uint32_t)at, &rule) != AAS_OK ||
	    rule->b.n != number)
		return AAS_ERR_FORMAT;
	*r = rule;
	return AAS_OK;
}

int
pol_file(const struct aas_policy *p, uint32_t i, const struct pol_file **f)
{
	const struct pol_block *b = NULL;
	uint64_t at = 0;

	if (pol_cell(p, &p->h.files, i, &at) != AAS_OK || at > UINT32_MAX ||
	    pol_block(p, (uint32_t)at, sizeof(**f), &b) != AAS_OK ||
	    !terminated(b))
		return AAS_ERR_FORMAT;
	*f = (const struct pol_file *)(const void *)b;
	return AAS_OK;
}

int
pol_text(const struct pol_block *b, uint32_t off, const char **s)
{
	if (off >= bytes(b))
		return AAS_ERR_FORMAT;
	*s = (const char *)b + off;
	return AAS_OK;
}

int
pol_list(
    const struct pol_rule *r, enum pol_part part, const void **p, uint32_t *n)
{
	static const uint8_t size[PP_N] = {
		[PP_USERS] = 4,
		[PP_GROUPS] = 4,
		[PP_SERVICES] = 4,
		[PP_HOSTS] = 4,
		[PP_EVIDENCE] = 4,
		[PP_GIDS] = 4,
		[PP_NETS] = sizeof(struct aas_net),
		[PP_SPANS] = sizeof(struct aas_span),
		[PP_AAGUIDS] = 16,
		[PP_CAS] = sizeof(struct pol_slice),
	};
	const struct pol_slice *at = &r->part[part];

	if (at->off % 4 != 0 || at->off > bytes(&r->b) ||
	    at->n > (bytes(&r->b) - at->off) / size[part])
		return AAS_ERR_FORMAT;
	*p = (const uint8_t *)r + at->off;
	*n = at->n;
	return AAS_OK;
}

int
pol_name(
    const struct pol_rule *r, enum pol_part part, uint32_t i, const char **s)
{
	const void *v = NULL;
	uint32_t n = 0;

	if (pol_list(r, part, &v, &n) != AAS_OK || i >= n)
		return AAS_ERR_FORMAT;
	return pol_text(&r->b, ((const uint32_t *)v)[i], s);
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
	if (s->off > bytes(&r->b) || s->n > bytes(&r->b) - s->off ||
	    s->n > UINT16_MAX)
		return AAS_ERR_FORMAT;
	b->p = (const uint8_t *)r + s->off;
	b->len = (uint16_t)s->n;
	return AAS_OK;
}

int
pol_bucket(
    const struct aas_policy *p, uint32_t ref, const uint32_t **at, uint32_t *n)
{
	const struct pol_block *b = NULL;

	if (pol_block(p, ref >> 1, sizeof(*b), &b) != AAS_OK ||
	    b->n > (bytes(b) - sizeof(*b)) / sizeof(**at))
		return AAS_ERR_FORMAT;
	*at = (const uint32_t *)(const void *)(b + 1);
	*n = b->n;
	return AAS_OK;
}

int
pol_each_ref(const struct aas_policy *p, uint32_t ref, pol_visit *fn, void *arg)
{
	const struct pol_rule *rule = NULL;
	const uint32_t *at = NULL;
	uint32_t n = 0;
	int r = AAS_OK;

	if (ref & 1) {
		r = pol_rule(p, ref >> 1, &rule);
		return r == AAS_OK ? fn(arg, rule) : r;
	}
	if (pol_bucket(p, ref, &at, &n) != AAS_OK)
		return AAS_ERR_FORMAT;
	for (uint32_t i = 0; r == AAS_OK && i < n; i++) {
		if ((r = pol_rule(p, at[i], &rule)) == AAS_OK)
			r = fn(arg, rule);
	}
	return r;
}

int
pol_find(const struct aas_policy *p, uint32_t tag, uint32_t *ref)
{
	uint32_t mask = p->h.hash.n - 1;
	uint64_t v = 0;

	*ref = 0;
	for (uint32_t i = 0; i <= mask; i++) {
		if (pol_cell(p, &p->h.hash, (tag + i) & mask, &v) != AAS_OK)
			return AAS_ERR_FORMAT;
		if (v == 0)
			return AAS_OK;
		if ((uint32_t)(v >> 32) == tag) {
			*ref = (uint32_t)v;
			return AAS_OK;
		}
	}
	return AAS_OK;
}

int
pol_each(const struct aas_policy *p, uint32_t tag, pol_visit *fn, void *arg)
{
	uint32_t ref = 0;

	if (pol_find(p, tag, &ref) != AAS_OK)
		return AAS_ERR_FORMAT;
	return ref != 0 ? pol_each_ref(p, ref, fn, arg) : AAS_OK;
}

/* --- what others ask -------------------------------------------------------*/

int
aas_policy_rule(
    const struct aas_policy *p, uint32_t number, struct aas_rule_view *v)
{
	const struct pol_rule *r = NULL;
	struct aas_rule_view got;

	if (number >= p->h.rules.n)
		return AAS_ERR_NOTFOUND;
	if (pol_rule_number(p, number, &r) != AAS_OK ||
	    pol_text(&r->b, r->name, &got.name) != AAS_OK ||
	    pol_text(&r->b, r->where, &got.where) != AAS_OK ||
	    pol_text(&r->b, r->source, &got.source) != AAS_OK)
		return AAS_ERR_FORMAT;
	got.number = number;
	got.mode = r->mode;
	got.effect = r->effect;
	*v = got;
	return AAS_OK;
}

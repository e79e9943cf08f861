/*
 * The index: which rules a look-up comes by.  A rule stands under its most
 * selective criterion: its users, else its groups, else its services, else
 * among those that every look-up comes by; a lease under its accounts alone.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/build.h"

/* Room for one more of ${size} bytes. */
static int
grow(void **v, size_t n, size_t *cap, size_t size)
{
	void *more;

	if (n < *cap)
		return AAS_OK;
	if (n >= POL_KEYS_MAX)
		return AAS_ERR_INVAL;
	*cap = *cap != 0 ? *cap * 2 : 256;
	if ((more = realloc(*v, *cap * size)) == NULL)
		return AAS_ERR_NOMEM;
	*v = more;
	return AAS_OK;
}

static int
add_key(struct pol_keys *k, uint32_t tag, uint32_t at)
{
	void *v = k->v;
	int e = grow(&v, k->n, &k->cap, sizeof(*k->v));

	k->v = v;
	if (e == AAS_OK)
		k->v[k->n++] = (uint64_t)tag << 32 | at;
	return e;
}

static int
add_wild(struct pol_keys *k, uint32_t at)
{
	void *v = k->wild;
	int e = grow(&v, k->wild_n, &k->wild_cap, sizeof(*k->wild));

	k->wild = v;
	if (e == AAS_OK)
		k->wild[k->wild_n++] = at;
	return e;
}

/* The i-th key of a rule: 1, or 0 past the last. */
static int
key_of(const struct aas_rule *r, uint32_t i, uint32_t *tag)
{
	if (r->users.n > 0) {
		if (i >= r->users.n)
			return 0;
		*tag = pol_tag_name(
		    r->effect == AAS_EF_LEASE ? PK_ACCOUNT : PK_USER,
		    r->users.v[i]);
	} else if (r->groups.n > 0) {
		if (i >= r->groups.n)
			return 0;
		*tag = pol_tag_gid(r->gids[i]);
	} else {
		if (i >= r->services.n)
			return 0;
		*tag = pol_tag_name(PK_SERVICE, r->services.v[i]);
	}
	return 1;
}

int
pol_keys_add(struct pol_keys *k, const struct aas_rule *r, uint32_t at)
{
	uint32_t tag = 0;
	int e = AAS_OK;

	if (!key_of(r, 0, &tag))
		return add_wild(k, at);
	for (uint32_t i = 0; e == AAS_OK && key_of(r, i, &tag); i++)
		e = add_key(k, tag, at);
	return e;
}

void
pol_keys_free(struct pol_keys *k)
{
	free(k->v);
	free(k->wild);
	memset(k, 0, sizeof(*k));
}

/* By tag, in four passes of a byte; places were added in ascending order. */
static int
sort_by_tag(struct pol_keys *k)
{
	uint64_t *to, *from = k->v;
	size_t at[256];

	if (k->n == 0)
		return AAS_OK;
	if ((to = malloc(k->n * sizeof(*to))) == NULL)
		return AAS_ERR_NOMEM;
	for (int shift = 32; shift < 64; shift += 8) {
		uint64_t *swap = from;
		size_t sum = 0;

		memset(at, 0, sizeof(at));
		for (size_t i = 0; i < k->n; i++)
			at[from[i] >> shift & 0xff]++;
		for (size_t i = 0; i < 256; i++) {
			size_t n = at[i];

			at[i] = sum;
			sum += n;
		}
		for (size_t i = 0; i < k->n; i++)
			to[at[from[i] >> shift & 0xff]++] = from[i];
		from = to;
		to = swap;
	}
	/* Four swaps: what was filled last is k->v again. */
	free(to);
	return AAS_OK;
}

/* One bucket: a rule itself, or a block of places. */
static int
write_bucket(struct pol_out *out, const uint64_t *v, size_t n, uint32_t *ref)
{
	struct pol_block *b;
	uint32_t *at, w = 0;
	size_t size = sizeof(*b) + n * sizeof(*at);
	int e;

	if (n == 1) {
		*ref = (uint32_t)v[0] << 1 | 1;
		return AAS_OK;
	}
	if ((e = pol_out_add(out, size, &w)) != AAS_OK)
		return e;
	b = (struct pol_block *)(void *)(out->p + (size_t)w * 8);
	at = (uint32_t *)(void *)(b + 1);
	for (size_t i = 0; i < n; i++)
		at[i] = (uint32_t)v[i];
	pol_out_seal(out, w, (uint32_t)n, size);
	*ref = w << 1;
	return AAS_OK;
}

/* Each tag's bucket; k->v becomes the cells, k->n their number. */
static int
write_buckets(struct pol_keys *k, struct pol_out *out)
{
	size_t cells = 0, n;
	uint32_t ref = 0;
	int e;

	for (size_t i = 0; i < k->n;) {
		uint64_t tag = k->v[i] >> 32;
		size_t end = i;

		n = i;
		for (; end < k->n && k->v[end] >> 32 == tag; end++) {
			if (end == i || k->v[end] != k->v[n - 1])
				k->v[n++] = k->v[end];
		}
		if ((e = write_bucket(out, k->v + i, n - i, &ref)) != AAS_OK)
			return e;
		k->v[cells++] = tag << 32 | ref;
		i = end;
	}
	k->n = cells;
	return AAS_OK;
}

static int
write_wild(struct pol_keys *k, struct pol_out *out, uint32_t *ref)
{
	uint64_t *v;
	int e;

	*ref = 0;
	if (k->wild_n == 0)
		return AAS_OK;
	if ((v = malloc(k->wild_n * sizeof(*v))) == NULL)
		return AAS_ERR_NOMEM;
	for (size_t i = 0; i < k->wild_n; i++)
		v[i] = k->wild[i];
	e = write_bucket(out, v, k->wild_n, ref);
	free(v);
	return e;
}

int
pol_keys_write(struct pol_keys *k, struct pol_out *out, struct pol_table *hash,
    uint32_t *wild)
{
	uint64_t *cell;
	uint32_t n = 8, i;
	int e;

	if ((e = sort_by_tag(k)) != AAS_OK ||
	    (e = write_buckets(k, out)) != AAS_OK ||
	    (e = write_wild(k, out, wild)) != AAS_OK)
		return e;
	while (n < 2 * k->n)
		n *= 2;
	hash->n = n;
	if ((e = pol_out_add(out, (size_t)n * 16, &hash->at)) != AAS_OK)
		return e;
	if ((cell = calloc(n, sizeof(*cell))) == NULL)
		return AAS_ERR_NOMEM;
	for (size_t j = 0; j < k->n; j++) {
		i = (uint32_t)(k->v[j] >> 32) & (n - 1);
		while (cell[i] != 0)
			i = (i + 1) & (n - 1);
		cell[i] = k->v[j];
	}
	for (i = 0; i < n; i++)
		pol_out_cell(out, hash, i, cell[i]);
	free(cell);
	return AAS_OK;
}

/* Places are in ascending order. */
static int
holds(const struct aas_policy *p, uint32_t ref, uint32_t place)
{
	const struct pol_block *b;
	const uint32_t *at;
	uint32_t lo = 0, hi, mid;

	if (ref == 0 || (ref & 1) != 0)
		return ref >> 1 == place;
	if ((b = pol_bucket(p, ref)) == NULL)
		return 0;
	at = pol_places(b);
	hi = b->n;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (at[mid] == place)
			return 1;
		if (place < at[mid])
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}

int
pol_keys_lead(
    const struct aas_policy *p, const struct aas_rule *r, uint32_t number)
{
	uint64_t place = 0;
	const struct pol_table *t = r->users.n > 0 ? &p->h.users : &p->h.others;
	uint32_t tag = 0;
	int64_t ref;

	if (pol_cell(p, &p->h.rules, number, &place) != AAS_OK)
		return 0;
	if (!key_of(r, 0, &tag))
		return holds(p, p->h.wild, (uint32_t)place);
	for (uint32_t i = 0; key_of(r, i, &tag); i++) {
		if ((ref = pol_find(p, t, tag)) < 0 ||
		    !holds(p, (uint32_t)ref, (uint32_t)place))
			return 0;
	}
	return 1;
}

/*
 * Writes the bytes of policy.bin for `aasctl policy build`.  What was written
 * is read back and compared, rule by rule and key by key, so that a fault
 * while compiling is an error here and never a rule less on a host.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/build.h"

#define ZONE_MAX_S   (INT64_C(1) << 38) /* years enough */
#define OFFSET_MAX_S (26 * 3600)

struct job {
	const struct aas_policy_source *src;
	struct pol_out out;
	struct pol_head head;
	struct pol_sorted sorted;
	struct pol_keys others, users;
	uint32_t *at; /* of each rule, then of each file */
};

/* --- the file while it grows -----------------------------------------------*/

int
pol_out_add(struct pol_out *out, size_t n, uint32_t *at)
{
	size_t size = (n + 7) & ~(size_t)7;

	if (size > POL_FILE_MAX || out->len > POL_FILE_MAX - size)
		return AAS_ERR_INVAL;
	if (out->cap - out->len < size) {
		size_t cap = (out->len + size) * 2;
		uint8_t *more = realloc(out->p, cap);

		if (more == NULL)
			return AAS_ERR_NOMEM;
		out->p = more;
		out->cap = cap;
	}
	memset(out->p + out->len, 0, size);
	*at = (uint32_t)(out->len / 8);
	out->len += size;
	return AAS_OK;
}

void
pol_out_seal(struct pol_out *out, uint32_t at, uint32_t n, size_t size)
{
	uint8_t *p = out->p + (size_t)at * 8;
	struct pol_block *b = (struct pol_block *)(void *)p;

	b->words = (uint32_t)((size + 7) / 8);
	b->n = n;
	b->check = pol_sum(pol_start(at), p + 8, b->words - 1);
}

void
pol_out_cell(
    struct pol_out *out, const struct pol_table *t, uint32_t i, uint64_t value)
{
	uint32_t at = t->at + 2 * i;
	struct pol_cell c = { value, pol_mix(pol_start(at), value) };

	memcpy(out->p + (size_t)at * 8, &c, sizeof(c));
}

/* --- the parts -------------------------------------------------------------*/

static int
copy(char dst[256], const char src[256])
{
	if (memchr(src, '\0', 256) == NULL)
		return AAS_ERR_INVAL;
	memcpy(dst, src, strlen(src) + 1);
	return AAS_OK;
}

static int
settings(const struct aas_policy_source *src, struct pol_head *h)
{
	if (copy(h->realm, src->realm) != AAS_OK ||
	    copy(h->statedir, src->statedir) != AAS_OK ||
	    copy(h->rundir, src->rundir) != AAS_OK ||
	    copy(h->libexecdir, src->libexecdir) != AAS_OK)
		return AAS_ERR_INVAL;
	memcpy(h->magic, POL_MAGIC, POL_MAGIC_LEN);
	h->endian = POL_ENDIAN;
	h->built_s = src->built_s;
	h->enrolled_min = src->enrolled_min != 0 ? src->enrolled_min : 2;
	h->present = src->present != 0 ? src->present : 1;
	h->uv = src->uv;
	h->server_keys = src->server_keys;
	h->sudo = src->sudo;
	h->keeper = src->keeper;
	h->timeout_s = src->timeout_s != 0 ? src->timeout_s : 60;
	h->codex_grace_s = src->codex_grace_s;
	h->session_s = src->session_s;
	h->idle_s = src->idle_s;
	h->reauth_s = src->reauth_s;
	h->degraded_s = src->degraded_s != 0 ? src->degraded_s : 7 * 86400;
	h->total_s = src->total_s != 0 ? src->total_s : 2 * 86400;
	if (src->proof_n > POL_PROOFS)
		return AAS_ERR_INVAL;
	h->proof_n = (uint32_t)src->proof_n;
	for (size_t i = 0; i < src->proof_n; i++)
		h->proof[i] = src->proof[i];
	return pol_head_valid(h) ? AAS_OK : AAS_ERR_INVAL;
}

static uint32_t
needs(const struct aas_rule *r)
{
	if (r->effect == AAS_EF_LEASE)
		return AAS_NEED_LEASE;
	/* What is not authentic decides nothing, nor what has to be known. */
	return (r->groups.n > 0 && r->flaw != AAS_FLAW_VOID ? AAS_NEED_GROUPS
							    : 0) |
	    (r->hosts.n > 0 ? AAS_NEED_HOST : 0) |
	    (r->nets_n > 0 ? AAS_NEED_ADDR : 0) |
	    (r->effect == AAS_EF_ATTEST && r->cas_n > 0 ? AAS_NEED_CA : 0) |
	    (r->from_s != 0 || r->grace_s != 0 || r->spans_n > 0 ||
			(r->effect == AAS_EF_ATTEST && r->flaw == AAS_FLAW_NONE)
		    ? AAS_NEED_TIME
		    : 0);
}

/* A table of the ${n} places in j->at. */
static int
write_places(struct job *j, size_t n, struct pol_table *t)
{
	int e = pol_out_add(&j->out, n * sizeof(struct pol_cell), &t->at);

	if (e != AAS_OK)
		return e;
	t->n = (uint32_t)n;
	for (uint32_t i = 0; i < t->n; i++)
		pol_out_cell(&j->out, t, i, j->at[i]);
	return AAS_OK;
}

/* Those that are found by a user, or all others. */
static int
write_some(struct job *j, int by_user, struct pol_keys *keys)
{
	const struct aas_policy_source *src = j->src;
	int e = AAS_OK;

	for (uint32_t i = 0; e == AAS_OK && i < src->rules_n; i++) {
		const struct aas_rule *r = &src->rules[i];

		if ((r->users.n > 0) != by_user)
			continue;
		if (!pol_rule_valid(r))
			return AAS_ERR_INVAL;
		if ((e = pol_sort(r, &j->sorted)) == AAS_OK)
			e = pol_encode(&j->out, r, &j->sorted, i, &j->at[i]);
		if (e == AAS_OK)
			e = pol_keys_add(keys, r, j->at[i]);
		j->head.needs |= needs(r);
	}
	return e;
}

static int
write_rules(struct job *j)
{
	struct pol_head *h = &j->head;
	uint32_t none = 0;
	int e;

	if ((e = write_some(j, 0, &j->others)) != AAS_OK ||
	    (e = pol_keys_write(&j->others, &j->out, &h->others, &h->wild)) !=
		AAS_OK ||
	    (e = write_some(j, 1, &j->users)) != AAS_OK ||
	    (e = pol_keys_write(&j->users, &j->out, &h->users, &none)) !=
		AAS_OK)
		return e;
	return write_places(j, j->src->rules_n, &h->rules);
}

static int
write_zone(struct job *j)
{
	const struct aas_policy_source *src = j->src;
	struct pol_table *t = &j->head.zone;
	int e;

	if (src->zone_n > POL_ZONE_MAX)
		return AAS_ERR_INVAL;
	e = pol_out_add(&j->out, src->zone_n * sizeof(struct pol_cell), &t->at);
	if (e != AAS_OK)
		return e;
	t->n = (uint32_t)src->zone_n;
	for (uint32_t i = 0; i < t->n; i++) {
		const struct aas_zone_step *s = &src->zone[i];

		if (s->at_s < -ZONE_MAX_S || s->at_s > ZONE_MAX_S ||
		    s->offset_s < -OFFSET_MAX_S || s->offset_s > OFFSET_MAX_S ||
		    (i > 0 && s->at_s <= s[-1].at_s))
			return AAS_ERR_INVAL;
		pol_out_cell(&j->out, t, i,
		    (uint64_t)s->at_s << 24 |
			((uint32_t)s->offset_s & 0xffffffu));
	}
	return AAS_OK;
}

static int
write_file(struct job *j, const struct aas_origin_file *f, uint32_t *at)
{
	struct pol_file *to;
	size_t len, size;
	int e;

	if (f->path == NULL || (len = strlen(f->path)) == 0 || len > 8192)
		return AAS_ERR_INVAL;
	size = sizeof(*to) + len + 1;
	if ((e = pol_out_add(&j->out, size, at)) != AAS_OK)
		return e;
	to = (struct pol_file *)(void *)(j->out.p + (size_t)*at * 8);
	to->mtime_ns = f->mtime_ns;
	to->ctime_ns = f->ctime_ns;
	to->size = f->size;
	to->ino = f->ino;
	to->dev = f->dev;
	memcpy(to->sha256, f->sha256, sizeof(to->sha256));
	to->path = (uint32_t)sizeof(*to);
	memcpy(to + 1, f->path, len);
	pol_out_seal(&j->out, *at, 0, size);
	return AAS_OK;
}

static int
write_files(struct job *j)
{
	const struct aas_policy_source *src = j->src;
	int e = AAS_OK;

	for (size_t i = 0; e == AAS_OK && i < src->files_n; i++)
		e = write_file(j, &src->files[i], &j->at[i]);
	return e == AAS_OK ? write_places(j, src->files_n, &j->head.files) : e;
}

static void
write_head(struct job *j)
{
	struct pol_head *h = &j->head;

	h->total = j->out.len;
	h->body = pol_sum(
	    pol_start(0), j->out.p + sizeof(*h), (j->out.len - sizeof(*h)) / 8);
	h->check = pol_sum(pol_start(0), h, sizeof(*h) / 8 - 1);
	memcpy(j->out.p, h, sizeof(*h));
}

/* --- two of one name -------------------------------------------------------*/

static uint64_t
name_hash(const struct aas_rule *r)
{
	uint64_t h = UINT64_C(0xCBF29CE484222325);

	for (const char *s = r->source; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001B3);
	h *= UINT64_C(0x9E3779B97F4A7C15);
	for (const char *s = r->name; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001B3);
	return h ^ h >> 32;
}

static int
names_differ(const struct aas_policy_source *src)
{
	size_t n = 16, mask, i, k;
	uint32_t *seen; /* number + 1 */
	int e = AAS_OK;

	while (n < 2 * src->rules_n)
		n *= 2;
	mask = n - 1;
	if ((seen = calloc(n, sizeof(*seen))) == NULL)
		return AAS_ERR_NOMEM;
	for (i = 0; e == AAS_OK && i < src->rules_n; i++) {
		const struct aas_rule *r = &src->rules[i], *o;

		k = (size_t)name_hash(r) & mask;
		for (; e == AAS_OK && seen[k] != 0; k = (k + 1) & mask) {
			o = &src->rules[seen[k] - 1];
			if (strcmp(o->name, r->name) == 0 &&
			    strcmp(o->source, r->source) == 0)
				e = AAS_ERR_EXISTS;
		}
		seen[k] = (uint32_t)i + 1;
	}
	free(seen);
	return e;
}

/* --- back ------------------------------------------------------------------*/

static int
same_zone(const struct aas_policy *p, const struct aas_policy_source *src)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < src->zone_n; i++) {
		if (pol_cell(p, &p->h.zone, i, &v) != AAS_OK ||
		    (int64_t)v >> 24 != src->zone[i].at_s ||
		    (int64_t)(v << 40) >> 40 != src->zone[i].offset_s)
			return 0;
	}
	return p->h.zone.n == src->zone_n;
}

static int
same_files(const struct aas_policy *p, const struct aas_policy_source *src)
{
	struct aas_origin_file f;

	for (size_t i = 0; i < src->files_n; i++) {
		const struct aas_origin_file *o = &src->files[i];

		if (aas_policy_files(p, i, &f) != AAS_OK ||
		    strcmp(f.path, o->path) != 0 || f.mtime_ns != o->mtime_ns ||
		    f.ctime_ns != o->ctime_ns || f.size != o->size ||
		    f.ino != o->ino || f.dev != o->dev ||
		    memcmp(f.sha256, o->sha256, sizeof(f.sha256)) != 0)
			return 0;
	}
	return p->h.files.n == src->files_n;
}

static int
read_back(struct job *j)
{
	const struct aas_policy_source *src = j->src;
	const struct pol_rule *rule;
	struct aas_policy *p = NULL;
	int e = aas_policy_parse(j->out.p, j->out.len, &p);

	if (e != AAS_OK)
		return e;
	if (p->h.rules.n != src->rules_n || !same_zone(p, src) ||
	    !same_files(p, src))
		e = AAS_ERR_INVAL;
	for (uint32_t i = 0; e == AAS_OK && i < src->rules_n; i++) {
		const struct aas_rule *r = &src->rules[i];

		if ((e = pol_sort(r, &j->sorted)) != AAS_OK)
			break;
		if ((rule = pol_rule_number(p, i)) == NULL ||
		    !pol_same(rule, r, &j->sorted) || !pol_keys_lead(p, r, i))
			e = AAS_ERR_INVAL;
	}
	if (e == AAS_OK && memcmp(&p->h, &j->head, sizeof(p->h)) != 0)
		e = AAS_ERR_INVAL;
	aas_policy_free(&p);
	return e;
}

int
aas_policy_compile(
    const struct aas_policy_source *src, uint8_t **buf, size_t *len)
{
	struct job j;
	uint32_t at = 0;
	size_t n;
	int e = AAS_ERR_INVAL;

	memset(&j, 0, sizeof(j));
	j.src = src;
	if (src->rules_n > AAS_RULES_MAX || src->files_n > POL_FILES_MAX ||
	    settings(src, &j.head) != AAS_OK)
		return AAS_ERR_INVAL;
	n = src->rules_n > src->files_n ? src->rules_n : src->files_n;
	if ((j.at = calloc(n + 1, sizeof(*j.at))) == NULL)
		return AAS_ERR_NOMEM;
	if ((e = pol_out_add(&j.out, sizeof(j.head), &at)) != AAS_OK ||
	    (e = write_rules(&j)) != AAS_OK ||
	    (e = names_differ(src)) != AAS_OK ||
	    (e = write_zone(&j)) != AAS_OK || (e = write_files(&j)) != AAS_OK)
		goto out;
	write_head(&j);
	if ((e = read_back(&j)) != AAS_OK)
		goto out;
	*buf = j.out.p;
	*len = j.out.len;
	j.out.p = NULL;
out:
	free(j.out.p);
	free(j.at);
	pol_sorted_free(&j.sorted);
	pol_keys_free(&j.others);
	pol_keys_free(&j.users);
	return e;
}

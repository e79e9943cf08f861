/*
 * Writes the bytes of policy.bin for `aasctl policy build`.  What was written
 * is read back and compared, so that a fault while compiling is an error here
 * and never a rule less on a host.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/wire.h"
#include "policy/format.h"
#include "policy/policy.h"

static int
cmp_str(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int
cmp_gid(const void *a, const void *b)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorted, each once. */
static int
make_list(const char *const *s, size_t n, struct pol_list *l)
{
	uint32_t i, k = 0;

	if (n > POL_LIST_MAX)
		return AAS_ERR_INVAL;
	if (n == 0)
		return AAS_OK;
	if ((l->s = calloc(n, sizeof(*l->s))) == NULL)
		return AAS_ERR_NOMEM;
	for (i = 0; i < n; i++) {
		if (s[i] == NULL)
			return AAS_ERR_INVAL;
		l->s[i] = s[i];
	}
	qsort(l->s, n, sizeof(*l->s), cmp_str);
	for (i = 0; i < n; i++) {
		if (k == 0 || strcmp(l->s[k - 1], l->s[i]) != 0)
			l->s[k++] = l->s[i];
	}
	l->n = k;
	return AAS_OK;
}

static int
make_groups(const gid_t *g, size_t n, struct aas_policy *p)
{
	uint32_t i, k = 0;

	if (n > POL_LIST_MAX)
		return AAS_ERR_INVAL;
	if (n == 0)
		return AAS_OK;
	if ((p->groups = calloc(n, sizeof(*g))) == NULL)
		return AAS_ERR_NOMEM;
	memcpy(p->groups, g, n * sizeof(*g));
	qsort(p->groups, n, sizeof(*g), cmp_gid);
	for (i = 0; i < n; i++) {
		if (k == 0 || p->groups[k - 1] != p->groups[i])
			p->groups[k++] = p->groups[i];
	}
	p->groups_n = k;
	return AAS_OK;
}

static int
copy(char dst[256], const char src[256])
{
	if (memchr(src, '\0', 256) == NULL)
		return AAS_ERR_INVAL;
	memcpy(dst, src, strlen(src) + 1);
	return AAS_OK;
}

static int
from_source(const struct aas_policy_source *src, struct aas_policy *p)
{
	int r;

	if (copy(p->realm, src->realm) != AAS_OK ||
	    copy(p->statedir, src->statedir) != AAS_OK ||
	    copy(p->rundir, src->rundir) != AAS_OK ||
	    copy(p->libexecdir, src->libexecdir) != AAS_OK || src->uv > 1 ||
	    src->server_keys > 1)
		return AAS_ERR_INVAL;
	p->enrolled_min = src->enrolled_min != 0 ? src->enrolled_min : 2;
	p->present = src->present != 0 ? src->present : 1;
	p->uv = src->uv;
	p->server_keys = src->server_keys;
	p->timeout_s = src->timeout_s != 0 ? src->timeout_s : 60;
	p->session_s = src->session_s;
	p->idle_s = src->idle_s;
	p->reauth_s = src->reauth_s;
	p->degraded_s = src->degraded_s;
	p->required_from_s = src->required_from_s;
	if ((r = make_list(src->users, src->users_n, &p->users)) != AAS_OK ||
	    (r = make_groups(src->groups, src->groups_n, p)) != AAS_OK ||
	    (r = make_list(src->exempt_services, src->exempt_services_n,
		 &p->services)) != AAS_OK)
		return r;
	return pol_valid(p) ? AAS_OK : AAS_ERR_INVAL;
}

static void
write_list(struct aas_wr *w, const struct pol_list *l)
{
	uint32_t i;

	aas_wr_u32(w, l->n);
	for (i = 0; i < l->n; i++)
		aas_wr_str(w, l->s[i]);
}

static int
write_all(const struct aas_policy *p, struct aas_wr *w, size_t *len)
{
	struct aas_wr at;
	uint32_t i;

	aas_wr_raw(w, POL_MAGIC, POL_MAGIC_LEN);
	aas_wr_u32(w, 0);
	aas_wr_u32(
	    w, (p->uv ? POL_UV : 0) | (p->server_keys ? POL_SERVER_KEYS : 0));
	aas_wr_str(w, p->realm);
	aas_wr_str(w, p->statedir);
	aas_wr_str(w, p->rundir);
	aas_wr_str(w, p->libexecdir);
	aas_wr_u8(w, p->enrolled_min);
	aas_wr_u8(w, p->present);
	aas_wr_u32(w, p->timeout_s);
	aas_wr_u64(w, (uint64_t)p->session_s);
	aas_wr_u64(w, (uint64_t)p->idle_s);
	aas_wr_u64(w, (uint64_t)p->reauth_s);
	aas_wr_u64(w, (uint64_t)p->degraded_s);
	aas_wr_u64(w, (uint64_t)p->required_from_s);
	write_list(w, &p->users);
	aas_wr_u32(w, p->groups_n);
	for (i = 0; i < p->groups_n; i++)
		aas_wr_u32(w, p->groups[i]);
	write_list(w, &p->services);
	if (aas_wr_end(w, len) != AAS_OK || *len + 4 > w->cap)
		return AAS_ERR_INVAL;
	aas_wr_init(&at, w->p + POL_MAGIC_LEN, 4);
	aas_wr_u32(&at, (uint32_t)(*len + 4));
	aas_wr_u32(w, aas_crc32(w->p, *len));
	return aas_wr_end(w, len);
}

static int
same_list(const struct pol_list *a, const struct pol_list *b)
{
	uint32_t i;

	if (a->n != b->n)
		return 0;
	for (i = 0; i < a->n; i++) {
		if (strcmp(a->s[i], b->s[i]) != 0)
			return 0;
	}
	return 1;
}

static int
same(const struct aas_policy *a, const struct aas_policy *b)
{
	return strcmp(a->realm, b->realm) == 0 &&
	    strcmp(a->statedir, b->statedir) == 0 &&
	    strcmp(a->rundir, b->rundir) == 0 &&
	    strcmp(a->libexecdir, b->libexecdir) == 0 &&
	    a->enrolled_min == b->enrolled_min && a->present == b->present &&
	    a->uv == b->uv && a->server_keys == b->server_keys &&
	    a->timeout_s == b->timeout_s && a->session_s == b->session_s &&
	    a->idle_s == b->idle_s && a->reauth_s == b->reauth_s &&
	    a->degraded_s == b->degraded_s &&
	    a->required_from_s == b->required_from_s &&
	    same_list(&a->users, &b->users) &&
	    same_list(&a->services, &b->services) &&
	    a->groups_n == b->groups_n &&
	    (a->groups_n == 0 ||
		memcmp(a->groups, b->groups,
		    a->groups_n * sizeof(*a->groups)) == 0);
}

static size_t
size_of(const struct aas_policy *p)
{
	size_t n = 2048 + (size_t)p->groups_n * 4;
	uint32_t i;

	for (i = 0; i < p->users.n; i++)
		n += strlen(p->users.s[i]) + 2;
	for (i = 0; i < p->services.n; i++)
		n += strlen(p->services.s[i]) + 2;
	return n < POL_FILE_MAX ? n : POL_FILE_MAX;
}

int
aas_policy_compile(
    const struct aas_policy_source *src, uint8_t **buf, size_t *len)
{
	struct aas_policy *p = NULL, *back = NULL;
	struct aas_wr w;
	uint8_t *b = NULL;
	size_t n = 0;
	int r = AAS_ERR_NOMEM;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return r;
	if ((r = from_source(src, p)) != AAS_OK)
		goto out;
	if ((b = calloc(1, size_of(p))) == NULL) {
		r = AAS_ERR_NOMEM;
		goto out;
	}
	aas_wr_init(&w, b, size_of(p));
	if ((r = write_all(p, &w, &n)) != AAS_OK ||
	    (r = aas_policy_parse(b, n, &back)) != AAS_OK)
		goto out;
	if (!same(p, back)) {
		r = AAS_ERR_INVAL;
		goto out;
	}
	*buf = b;
	*len = n;
	b = NULL;
out:
	free(b);
	aas_policy_free(&back);
	aas_policy_free(&p);
	return r;
}

/*
 * Whether a rule is about a request.  Pure: no look-up, no clock.
 *  1. A fact that is not known MUST make a rule match that asks for it, but
 *     one that lets somebody off (exempt, attestation) MUST NOT match then.
 *  2. Names MUST be compared byte for byte; only hosts are DNS names, where
 *     case means nothing.
 */
#include <limits.h>
#include <string.h>

#include "lib/err.h"
#include "policy/format.h"
#include "lib/str.h"

#define MINUTES_WEEK 10080
#define SECONDS_WEEK 604800
#define THURSDAY     (3 * 86400) /* 1970-01-01, from Monday */

int
pol_query_valid(const struct aas_query *q)
{
	return q != NULL && q->size >= sizeof(*q) && q->user != NULL &&
	    *q->user != '\0' && q->service != NULL && *q->service != '\0' &&
	    /* Others take a uid over INT_MAX for another, or for nobody. */
	    q->uid <= INT_MAX && (q->gids_n <= 0 || q->gids != NULL) &&
	    q->ca_state <= AAS_CA_KNOWN && q->ca_len <= 4096 &&
	    (q->ca_len == 0 || q->ca != NULL);
}

static inline int
has_name(const struct pol_rule *r, enum pol_part part, const char *s)
{
	const char *t;
	const void *v = NULL;
	uint32_t lo = 0, hi = 0, mid;
	int c;

	if (pol_list(r, part, &v, &hi) != AAS_OK)
		return AAS_ERR_FORMAT;
	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if ((t = pol_text(&r->b, ((const uint32_t *)v)[mid])) == NULL)
			return AAS_ERR_FORMAT;
		if ((c = strcmp(s, t)) == 0)
			return 1;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}

int
pol_has_name(const struct pol_rule *r, enum pol_part part, const char *s)
{
	return has_name(r, part, s);
}

static int
gid_in(const uint32_t *v, uint32_t n, gid_t gid)
{
	uint32_t lo = 0, hi = n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (v[mid] == gid)
			return 1;
		if (gid < v[mid])
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}

static inline int
has_gid(const struct pol_rule *r, const struct aas_query *q)
{
	const void *v = NULL;
	uint32_t n = 0;

	if (pol_list(r, PP_GIDS, &v, &n) != AAS_OK)
		return AAS_ERR_FORMAT;
	for (int i = 0; i < q->gids_n; i++) {
		if (gid_in(v, n, q->gids[i]))
			return 1;
	}
	return 0;
}

int
pol_has_gid(const struct pol_rule *r, const struct aas_query *q)
{
	return has_gid(r, q);
}

static int
same_host(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];

		x |= x >= 'A' && x <= 'Z' ? 0x20 : 0;
		y |= y >= 'A' && y <= 'Z' ? 0x20 : 0;
		if (x != y)
			return 0;
	}
	return 1;
}

/* One '*' at most stands for any text. */
static int
host_is(const char *pattern, const char *host)
{
	const char *star = aas_str_chr(pattern, '*');
	size_t len = strlen(host), before, behind;

	if (star == NULL)
		return strlen(pattern) == len && same_host(pattern, host, len);
	before = (size_t)(star - pattern);
	behind = strlen(star + 1);
	return len >= before + behind && same_host(pattern, host, before) &&
	    same_host(star + 1, host + len - behind, behind);
}

/* Rules that let somebody off need to know. */
static int
unknown(const struct pol_rule *r)
{
	return r->effect != AAS_EF_EXEMPT && r->effect != AAS_EF_ATTEST;
}

static int
in_hosts(const struct pol_rule *r, const struct aas_query *q)
{
	const char *s;

	if (q->host == NULL)
		return unknown(r);
	for (uint32_t i = 0; i < r->part[PP_HOSTS].n; i++) {
		if ((s = pol_name(r, PP_HOSTS, i)) == NULL)
			return AAS_ERR_FORMAT;
		if (host_is(s, q->host))
			return 1;
	}
	return 0;
}

static int
in_net(const struct aas_net *net, const uint8_t addr[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned whole = net->bits / 8, rest = net->bits % 8;
	unsigned mask = (0xff00u >> rest) & 0xff;

	/* An IPv4 address is in no IPv6 network, not even in ::/0. */
	if (net->bits > 128 ||
	    (net->bits < 96 && memcmp(addr, mapped, sizeof(mapped)) == 0))
		return 0;
	return memcmp(net->addr, addr, whole) == 0 &&
	    (rest == 0 || ((net->addr[whole] ^ addr[whole]) & mask) == 0);
}

static int
in_nets(const struct pol_rule *r, const struct aas_query *q)
{
	const void *v = NULL;
	uint32_t n = 0;

	if (pol_list(r, PP_NETS, &v, &n) != AAS_OK)
		return AAS_ERR_FORMAT;
	if (!q->remote)
		return 0;
	if (!q->addr_known)
		return unknown(r);
	for (uint32_t i = 0; i < n; i++) {
		if (in_net((const struct aas_net *)v + i, q->addr))
			return 1;
	}
	return 0;
}

/* A step is its instant << 24 | its offset, both signed. */
static int
zone_offset(const struct aas_policy *p, int64_t now_s, int64_t *offset)
{
	uint32_t lo = 0, hi = p->h.zone.n, mid;
	uint64_t v = 0;

	*offset = 0;
	if (hi == 0)
		return AAS_OK;
	/* The last step that is not after now; before the first, the first. */
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (pol_cell(p, &p->h.zone, mid, &v) != AAS_OK)
			return AAS_ERR_FORMAT;
		if ((int64_t)v >> 24 <= now_s)
			lo = mid;
		else
			hi = mid;
	}
	if (pol_cell(p, &p->h.zone, lo, &v) != AAS_OK)
		return AAS_ERR_FORMAT;
	*offset = (int64_t)(v << 40) >> 40;
	return AAS_OK;
}

int
pol_minute(const struct aas_policy *p, int64_t now_s, uint32_t *minute)
{
	int64_t offset = 0, s;

	if (zone_offset(p, now_s, &offset) != AAS_OK)
		return AAS_ERR_FORMAT;
	/* Reduced first, so that no clock makes it overflow. */
	s = now_s % SECONDS_WEEK + offset % SECONDS_WEEK + THURSDAY;
	s = (s % SECONDS_WEEK + SECONDS_WEEK) % SECONDS_WEEK;
	*minute = (uint32_t)(s / 60);
	return AAS_OK;
}

static int
in_spans(const struct aas_policy *p, const struct aas_query *q,
    const struct pol_rule *r)
{
	const struct aas_span *span;
	const void *v = NULL;
	uint32_t n = 0, minute = 0;

	if (pol_list(r, PP_SPANS, &v, &n) != AAS_OK ||
	    pol_minute(p, q->now_s, &minute) != AAS_OK)
		return AAS_ERR_FORMAT;
	span = v;
	for (uint32_t i = 0; i < n; i++) {
		if (span[i].from <= minute && minute < span[i].to)
			return 1;
	}
	return 0;
}

static int
origin_is(const struct pol_rule *r, const struct aas_query *q)
{
	return r->origin == AAS_OR_ANY ||
	    (r->origin == AAS_OR_REMOTE) == (q->remote != 0);
}

/* The criteria that few rules have. */
static int
match_rest(const struct aas_policy *p, const struct aas_query *q,
    const struct pol_rule *r)
{
	int has;

	if (r->part[PP_HOSTS].n > 0 && (has = in_hosts(r, q)) <= 0)
		return has < 0 ? has : PM_HOSTS;
	if (!origin_is(r, q))
		return PM_ORIGIN;
	if (r->part[PP_NETS].n > 0 && (has = in_nets(r, q)) <= 0)
		return has < 0 ? has : PM_NETWORKS;
	if (r->part[PP_SPANS].n > 0 && (has = in_spans(p, q, r)) <= 0)
		return has < 0 ? has : PM_HOURS;
	return PM_NONE;
}

int
pol_match(const struct aas_policy *p, const struct aas_query *q,
    const struct pol_rule *r)
{
	int has;

	if (r->part[PP_USERS].n > 0 &&
	    (has = has_name(r, PP_USERS, q->user)) <= 0)
		return has < 0 ? has : PM_USERS;
	if (r->part[PP_GIDS].n > 0 && (has = has_gid(r, q)) <= 0)
		return has < 0 ? has : PM_GROUPS;
	if (r->part[PP_SERVICES].n > 0 &&
	    (has = has_name(r, PP_SERVICES, q->service)) <= 0)
		return has < 0 ? has : PM_SERVICES;
	return match_rest(p, q, r);
}

/* Where a lease is needed, if its rule does not say. */
static int
is_runner(const char *service)
{
	return strcmp(service, "aas-runner") == 0 ||
	    strcmp(service, "codex-runner") == 0;
}

int
pol_leased(const struct pol_rule *r, const struct aas_query *q)
{
	int has = has_name(r, PP_USERS, q->user);

	if (has <= 0)
		return has;
	return r->part[PP_SERVICES].n > 0 ? has_name(r, PP_SERVICES, q->service)
					  : is_runner(q->service);
}

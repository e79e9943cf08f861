/*
 * What is asked of a policy beside the decision: the trace, keys, leases,
 * addresses, reasons.  All of it is "no" on any doubt.
 */
#include <arpa/inet.h>

#include <string.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "policy/format.h"
#include "policy/policy.h"
#include "lib/str.h"

static const char *const miss_names[] = { [PM_NONE] = NULL,
	[PM_USERS] = "users",
	[PM_GROUPS] = "groups",
	[PM_SERVICES] = "services",
	[PM_HOSTS] = "hosts",
	[PM_ORIGIN] = "origin",
	[PM_NETWORKS] = "networks",
	[PM_HOURS] = "hours" };

/* Would a look-up have come by this rule: by its first criterion of three? */
static int
reached(const struct pol_rule *r, const struct aas_query *q)
{
	if (r->part[PP_USERS].n > 0)
		return pol_has_name(r, PP_USERS, q->user);
	if (r->part[PP_GIDS].n > 0)
		return pol_has_gid(r, q);
	if (r->part[PP_SERVICES].n > 0)
		return pol_has_name(r, PP_SERVICES, q->service);
	return 1;
}

/* 0, or the criterion that does not match; AAS_ERR_FORMAT. */
static int
missed(const struct aas_policy *p, const struct aas_query *q,
    const struct pol_rule *r)
{
	int leased;

	if (r->effect != AAS_EF_LEASE)
		return pol_match(p, q, r);
	if ((leased = pol_leased(r, q)) < 0)
		return leased;
	return leased ? PM_NONE : PM_SERVICES;
}

static int
trace_one(const struct aas_policy *p, const struct aas_query *q, uint32_t i,
    aas_policy_step *step, void *arg)
{
	const struct pol_rule *rule = pol_rule_number(p, i);
	struct aas_rule_view v;
	int r = rule != NULL ? reached(rule, q) : AAS_ERR_FORMAT;

	if (r <= 0)
		return r;
	if ((r = aas_policy_rule(p, i, &v)) == AAS_OK &&
	    (r = missed(p, q, rule)) >= 0) {
		step(arg, &v, miss_names[r]);
		r = AAS_OK;
	}
	return r;
}

int
aas_policy_trace(const struct aas_policy *p, const struct aas_query *q,
    struct aas_answer *a, aas_policy_step *step, void *arg)
{
	int r = aas_policy_eval(p, q, a);

	for (uint32_t i = 0; r == AAS_OK && i < p->h.rules.n; i++)
		r = trace_one(p, q, i, step, arg);
	if (r == AAS_ERR_FORMAT)
		pol_deny(a, AAS_WHY_POLICY_BROKEN);
	return r;
}

/* The list of a rule that has one. */
static int
makes_of(const struct aas_policy *p, uint32_t number, const uint8_t **list,
    uint32_t *n)
{
	const struct pol_rule *rule = pol_rule_number(p, number);
	const void *v = NULL;

	if (rule == NULL || pol_list(rule, PP_AAGUIDS, &v, n) != AAS_OK)
		return AAS_ERR_FORMAT;
	*list = v;
	return AAS_OK;
}

/* 1 if that make is in every list from the ${from}th on; AAS_ERR_FORMAT. */
static int
in_lists(const struct aas_policy *p, const struct aas_decision *d,
    uint32_t from, const uint8_t aaguid[16])
{
	const uint8_t *list = NULL;
	uint32_t n = 0;

	for (uint32_t i = from; i < d->aaguids_n; i++) {
		int found = 0;

		if (makes_of(p, d->aaguids[i], &list, &n) != AAS_OK)
			return AAS_ERR_FORMAT;
		for (uint32_t k = 0; k < n; k++)
			found |= memcmp(list + 16 * (size_t)k, aaguid, 16) == 0;
		if (!found)
			return 0;
	}
	return 1;
}

int
aas_policy_key(const struct aas_policy *p, const struct aas_decision *d,
    const uint8_t aaguid[16], int backup_eligible)
{
	if (p == NULL || d->aaguids_n > AAS_DECIDED ||
	    (d->device_bound && backup_eligible))
		return 0;
	return in_lists(p, d, 0, aaguid) == 1;
}

int
aas_policy_makes(const struct aas_policy *p, const struct aas_decision *d,
    uint8_t (*makes)[16], size_t cap, size_t *makes_n)
{
	const uint8_t *list = NULL;
	uint32_t n = 0;
	size_t out = 0;
	int r;

	if (p == NULL)
		return AAS_ERR_INVAL;
	if (d->aaguids_n == 0)
		return AAS_ERR_NOTFOUND;
	/* More rules than a decision remembers: no key is good enough. */
	if (d->aaguids_n <= AAS_DECIDED &&
	    (r = makes_of(p, d->aaguids[0], &list, &n)) != AAS_OK)
		return r;
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *make = list + 16 * (size_t)i;

		if ((r = in_lists(p, d, 1, make)) < 0)
			return r;
		if (r == 0)
			continue;
		if (out == cap)
			return AAS_ERR_INVAL;
		memcpy(makes[out++], make, 16);
	}
	*makes_n = out;
	return AAS_OK;
}

struct lease {
	const struct aas_query *q;
	const char *account;
	int64_t max_s;
};

static int
visit_lease(void *arg, const struct pol_rule *r)
{
	struct lease *l = arg;
	int account, grantor;

	if (r->effect != AAS_EF_LEASE)
		return AAS_OK;
	account = pol_has_name(r, PP_USERS, l->account);
	grantor = pol_has_gid(r, l->q);
	if (account < 0 || grantor < 0)
		return AAS_ERR_FORMAT;
	if (account && grantor && (int64_t)r->lease_s > l->max_s)
		l->max_s = r->lease_s;
	return AAS_OK;
}

int
aas_policy_lease(const struct aas_policy *p, const struct aas_query *grantor,
    const char *account, int64_t *max_s)
{
	struct lease l = { grantor, account, 0 };

	if (p == NULL || account == NULL || *account == '\0' ||
	    !pol_query_valid(grantor))
		return AAS_ERR_INVAL;
	if (pol_each(p, &p->h.users, pol_tag_name(PK_ACCOUNT, account),
		visit_lease, &l) != AAS_OK)
		return AAS_ERR_FORMAT;
	if (l.max_s == 0)
		return AAS_ERR_DENIED;
	*max_s = l.max_s;
	return AAS_OK;
}

/*
 * sshd shows the address of a link-local peer with its interface; that says
 * nothing about the network.
 */
static int
without_scope(const char *text, char dst[INET6_ADDRSTRLEN])
{
	size_t n = aas_str_to(text, '%');
	size_t scope = strlen(text + n);

	if (n >= INET6_ADDRSTRLEN || scope == 1 || scope > 16)
		return AAS_ERR_FORMAT;
	memcpy(dst, text, n);
	dst[n] = '\0';
	return AAS_OK;
}

int
aas_policy_addr(const char *text, uint8_t addr[16])
{
	char plain[INET6_ADDRSTRLEN];
	struct in_addr v4;
	struct in6_addr v6;

	if (text == NULL || without_scope(text, plain) != AAS_OK)
		return AAS_ERR_FORMAT;
	if (inet_pton(AF_INET, text, &v4) == 1) {
		memset(addr, 0, 10);
		memset(addr + 10, 0xff, 2);
		memcpy(addr + 12, &v4, 4);
		return AAS_OK;
	}
	if (inet_pton(AF_INET6, plain, &v6) != 1)
		return AAS_ERR_FORMAT;
	if (aas_str_chr(text, '%') != NULL && !IN6_IS_ADDR_LINKLOCAL(&v6))
		return AAS_ERR_FORMAT;
	memcpy(addr, &v6, 16);
	return AAS_OK;
}

const char *
aas_policy_reason(unsigned reason)
{
	return aas_reason_code(reason);
}

const char *
aas_policy_reason_text(unsigned reason)
{
	return aas_reason_text(reason);
}

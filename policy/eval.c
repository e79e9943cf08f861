/*
 * The decision.  Pure: no I/O, no clock, no allocation, no state.
 *  1. The answer MUST be a denial until a rule said otherwise.
 *  2. A rule that names a group MUST NOT let anybody in, or leave anybody out
 *     of scope, when the groups are not known.
 */
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "policy/format.h"
#include "policy/policy.h"

#define HOUR INT64_C(3600)
#define DAY  (24 * HOUR)

int
pol_has(const struct pol_list *l, const char *s)
{
	uint32_t lo = 0, hi = l->n, mid;
	int c;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if ((c = strcmp(s, l->s[mid])) == 0)
			return 1;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}

static int
group_has(const struct aas_policy *p, gid_t gid)
{
	uint32_t lo = 0, hi = p->groups_n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (p->groups[mid] == gid)
			return 1;
		if (gid < p->groups[mid])
			hi = mid;
		else
			lo = mid + 1;
	}
	return 0;
}

static int
in_groups(const struct aas_policy *p, const struct aas_query *q)
{
	int i;

	for (i = 0; i < q->gids_n; i++) {
		if (group_has(p, q->gids[i]))
			return 1;
	}
	return 0;
}

static void
set_values(const struct aas_policy *p, int required, struct aas_decision *d)
{
	d->from_s = required ? p->required_from_s : 0;
	d->enrolled_min = p->enrolled_min;
	d->present = p->present;
	d->uv = p->uv;
	d->server_keys = p->server_keys;
	d->timeout_s = p->timeout_s;
	d->session_s = p->session_s != 0 ? p->session_s
	    : required                   ? 12 * HOUR
					 : 24 * HOUR;
	d->idle_s = p->idle_s != 0 ? p->idle_s : required ? HOUR / 4 : HOUR;
	d->reauth_s = p->reauth_s != 0 ? p->reauth_s : HOUR / 12;
	d->degraded_s = p->degraded_s != 0 ? p->degraded_s : 7 * DAY;
}

static void
set_verdict(
    struct aas_decision *d, uint32_t verdict, unsigned reason, const char *rule)
{
	d->verdict = verdict;
	d->reason = (uint16_t)reason;
	(void)snprintf(d->rule, sizeof(d->rule), "%s", rule);
}

int
aas_policy_eval(const struct aas_policy *p, const struct aas_query *q,
    struct aas_decision *d)
{
	memset(d, 0, sizeof(*d));
	set_verdict(d, AAS_V_DENY, AAS_WHY_POLICY_DENY, "none");
	if (p == NULL || q->user == NULL || *q->user == '\0' ||
	    q->service == NULL || *q->service == '\0' ||
	    (q->gids_n > 0 && q->gids == NULL))
		return AAS_ERR_INVAL;
	/* (uid_t)-1 is "nobody at all" to the kernel, never a person. */
	if (q->uid == (uid_t)-1)
		return AAS_ERR_INVAL;
	if (pol_has(&p->services, q->service)) {
		set_values(p, 0, d);
		set_verdict(d, AAS_V_OUT, AAS_WHY_OK, "exempt_services");
	} else if (pol_has(&p->users, q->user)) {
		set_values(p, 1, d);
		set_verdict(d, AAS_V_REQUIRE, AAS_WHY_OK, "required_users");
	} else if (p->groups_n > 0 && q->gids_n < 0) {
		set_verdict(d, AAS_V_DENY, AAS_WHY_GROUPS, "required_groups");
	} else if (in_groups(p, q)) {
		set_values(p, 1, d);
		set_verdict(d, AAS_V_REQUIRE, AAS_WHY_OK, "required_groups");
	} else {
		set_values(p, 0, d);
		set_verdict(d, AAS_V_OPTIONAL, AAS_WHY_OK, "enrolled");
	}
	return AAS_OK;
}

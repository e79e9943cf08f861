/*
 * What policy says of who asks aasd for something by a key: as at a sign-in at
 * this machine, to a service of its own.
 *
 * 1. What cannot be told MUST be a refusal.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/reason.h"
#include "aasd/rule.h"

#define SERVICE "aasctl"

unsigned
aasd_rule_open(const struct aasd *d, const struct aas_user *u,
    const struct aas_now *now, struct aasd_rule *rule)
{
	const gid_t *proof = NULL;
	unsigned proof_n = 0;

	memset(rule, 0, sizeof(*rule));
	if ((rule->gids = calloc(AAS_USER_GROUPS, sizeof(gid_t))) == NULL)
		return AAS_WHY_SYSTEM;
	rule->q = (struct aas_query){ .size = sizeof(rule->q),
		.user = u->name,
		.uid = u->uid,
		.gids = rule->gids,
		.service = SERVICE,
		.ca_state = AAS_CA_NONE,
		.now_s = now->real_s };
	if (uname(&rule->un) == 0)
		rule->q.host = rule->un.nodename;
	if (aas_policy_open(d->policy, &rule->p) != AAS_OK)
		return AAS_WHY_POLICY_BROKEN;
	proof_n = aas_policy_proof(rule->p, &proof);
	if (aas_user_groups(u, proof, proof_n, rule->gids, &rule->q.gids_n) !=
	    AAS_OK)
		return AAS_WHY_GROUPS;
	return AAS_WHY_OK;
}

void
aasd_rule_close(struct aasd_rule *rule)
{
	aas_policy_free(&rule->p);
	free(rule->gids);
	rule->gids = NULL;
}

unsigned
aasd_rule_ask(const struct aasd_rule *rule, struct aas_decision *dec)
{
	struct aas_answer a = { .size = sizeof(a) };

	(void)aas_policy_eval(rule->p, &rule->q, &a);
	*dec = a.now;
	if (a.now.verdict != AAS_V_DENY)
		return AAS_WHY_OK;
	return a.now.reason != AAS_WHY_OK ? a.now.reason : AAS_WHY_SYSTEM;
}

unsigned
aasd_rule_key(const struct aasd_rule *rule, const struct aas_decision *dec,
    const struct aas_key *k)
{
	return aas_policy_key(
		   rule->p, dec, k->aaguid, (k->backup & AAS_BE) != 0)
	    ? AAS_WHY_OK
	    : AAS_WHY_KEY_KIND;
}

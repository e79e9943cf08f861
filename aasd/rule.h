#ifndef AAS_AASD_RULE_H
#define AAS_AASD_RULE_H

#include <sys/utsname.h>

#include "lib/clock.h"
#include "lib/record/record.h"
#include "lib/user.h"
#include "policy/policy.h"
#include "aasd/aasd.h"

/* What policy says of one who asks aasd for something by a key. */
struct aasd_rule {
	struct aas_policy *p;
	struct aas_query q; /* borrows the user, and what follows */
	gid_t *gids;
	struct utsname un;
};

/*
 * aasd_rule_open(d, u, now, rule):
 * Open the policy and ready the question about ${u}, which stays the caller's
 * and has to outlive ${rule}.  Asks NSS for groups.
 * Returns AAS_WHY_OK, or the reason of a refusal; aasd_rule_close() either way.
 */
unsigned aasd_rule_open(const struct aasd *d, const struct aas_user *u,
    const struct aas_now *now, struct aasd_rule *rule);
void aasd_rule_close(struct aasd_rule *rule);

/*
 * aasd_rule_ask(rule, dec): the decision that is enforced.
 * Returns AAS_WHY_OK; the reason of a denial.
 */
unsigned aasd_rule_ask(const struct aasd_rule *rule, struct aas_decision *dec);

/*
 * aasd_rule_key(rule, dec, k): AAS_WHY_OK if a key of that kind serves;
 * AAS_WHY_KEY_KIND.
 */
unsigned aasd_rule_key(const struct aasd_rule *rule,
    const struct aas_decision *dec, const struct aas_key *k);

#endif

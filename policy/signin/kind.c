/*
 * Keys of the kinds that a decision asks for: device_bound, aaguids, enrolled
 * of aas-policy(5).
 *
 * 1. What cannot be told MUST NOT take a key.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/put.h"
#include "policy/signin/signin.h"

int
aas_signin_asks(const struct aas_decision *d)
{
	return d->device_bound || d->aaguids_n > 0;
}

int
aas_signin_takes(const struct aas_policy *p, const struct aas_decision *d,
    const struct aas_index_key *k)
{
	return !aas_signin_asks(d) ||
	    aas_policy_key(p, d, k->aaguid, k->backup & AAS_BE);
}

int
aas_signin_keys(const struct aas_policy *p, const struct aas_decision *d,
    const struct aas_index *ix)
{
	int n = 0;

	if (ix == NULL)
		return AAS_KEYS_UNKNOWN;
	for (unsigned i = 0; i < ix->keys_n && i < AAS_KEYS_MAX; i++)
		n += ix->keys[i].active == 1 &&
		    aas_signin_takes(p, d, &ix->keys[i]);
	return n;
}

int
aas_signin_kinds(const struct aas_policy *p, const struct aas_decision *d,
    struct aas_kinds *k)
{
	size_t n = 0;
	int r = AAS_ERR_NOTFOUND;

	k->device_bound = d->device_bound != 0;
	k->listed = d->aaguids_n > 0;
	k->aaguids_n = 0;
	if (!k->listed)
		return AAS_OK;
	r = aas_policy_makes(p, d, k->aaguids, AAS_KINDS_MAX, &n);
	if (r == AAS_OK)
		k->aaguids_n = (uint16_t)n;
	return r;
}

/* The name of the rule that asks for the kind; "-" if it cannot be told. */
char *
aas_signin_kind_rule(const struct aas_policy *p, const struct aas_decision *d,
    char *name, size_t cap)
{
	struct aas_rule_view v;
	uint32_t number = d->device_bound ? d->bound_rule : d->aaguids[0];

	if (p == NULL || !aas_signin_asks(d) ||
	    aas_policy_rule(p, number, &v) != AAS_OK)
		return aas_printable(name, cap, NULL);
	return aas_printable(name, cap, v.name);
}

void
aas_signin_say_kind(const struct aas_policy *p, const struct aas_decision *d,
    int keys, char *text, size_t cap)
{
	char rule[AAS_RULE_TEXT], by[AAS_RULE_TEXT + 16] = "";

	if (p != NULL)
		(void)aas_format(by, sizeof(by), " (rule %s)",
		    aas_signin_kind_rule(p, d, rule, sizeof(rule)));
	aas_kinds_say(d->device_bound, d->aaguids_n > 0, by,
	    keys > 0 ? (unsigned)keys : 0, text, cap);
}

void
aas_signin_say_few(
    const struct aas_decision *d, int keys, char *text, size_t cap)
{
	(void)aas_format(text, cap,
	    "Policy asks for %u security keys%s, and you have %d. Run "
	    "\"aasctl keys add\" to add one.",
	    d->enrolled_min, aas_signin_asks(d) ? " of certain kinds" : "",
	    keys);
}

/*
 * What an attestation is worth at a moment, to one sign-in.  Pure.
 *
 * 1. One that is not authentic, over, or not for this sign-in MUST show
 *    nothing.
 */
#include <string.h>

#include "lib/err.h"
#include "policy/combine.h"

/* Was the certificate signed by an authority that the attestation names? */
static int
ca_listed(const struct aas_query *q, const struct pol_rule *r)
{
	struct aas_blob b;

	for (uint32_t i = 0; i < r->part[PP_CAS].n; i++) {
		if (pol_blob(r, i, &b) != AAS_OK)
			return AAS_ERR_FORMAT;
		if (q->ca_len != 0 && b.len == q->ca_len &&
		    memcmp(b.p, q->ca, b.len) == 0)
			return 1;
	}
	return 0;
}

/* An enum aas_attest_state, or AAS_ERR_FORMAT. */
static int
attest_state(const struct aas_query *q, const struct pol_rule *r)
{
	int has;

	switch (r->attest) {
	case AAS_FLAW_NONE:
		break;
	case AAS_FLAW_REVOKED:
		return AAS_AT_REVOKED;
	case AAS_FLAW_UNREAD:
		return AAS_AT_UNREAD;
	default:
		return AAS_AT_VOID;
	}
	if (q->now_s < r->not_before_s)
		return AAS_AT_FUTURE;
	if (q->now_s >= r->not_after_s)
		return AAS_AT_EXPIRED;
	has = pol_has_name(r, PP_EVIDENCE, q->service);
	if (has == 0 && q->ca_state == AAS_CA_KNOWN)
		has = ca_listed(q, r);
	if (has != 0)
		return has < 0 ? has : AAS_AT_SHOWN;
	return q->ca_state == AAS_CA_UNKNOWN && r->part[PP_CAS].n > 0
	    ? AAS_AT_PENDING
	    : AAS_AT_MISSING;
}

int
pol_attested(
    struct pol_attest *at, const struct aas_query *q, const struct pol_rule *r)
{
	/* Best last. */
	static const uint8_t rank[] = {
		[AAS_AT_NONE] = 0,
		[AAS_AT_UNREAD] = 1,
		[AAS_AT_VOID] = 2,
		[AAS_AT_REVOKED] = 3,
		[AAS_AT_EXPIRED] = 4,
		[AAS_AT_FUTURE] = 5,
		[AAS_AT_MISSING] = 6,
		[AAS_AT_PENDING] = 7,
		[AAS_AT_SHOWN] = 8,
	};
	int state = attest_state(q, r);

	if (state < 0)
		return state;
	if (rank[state] < rank[at->state])
		return AAS_OK;
	if (rank[state] == rank[at->state] &&
	    (r->not_after_s < at->until_s ||
		(r->not_after_s == at->until_s && r->b.n >= at->rule)))
		return AAS_OK;
	at->state = (uint8_t)state;
	at->rule = r->b.n;
	at->until_s = r->not_after_s;
	return AAS_OK;
}

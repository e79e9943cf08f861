/*
 * Is this statement good?
 *
 * 1. Whatever is not AAS_AW_OK MUST be as if there were no statement.
 * 2. What a statement says of itself before it is checked MUST decide nothing.
 * 3. A signer without evidence MUST NOT vouch for anybody: a statement that
 *    no sign-in is recognized by would waive nothing, and one that sshd or su
 *    is recognized by would waive every password.
 */
#include <string.h>

#include "lib/attest/parts.h"
#include "lib/err.h"

static const struct {
	const char *code;
	const char *text;
} reasons[] = {
	[AAS_AW_UNKNOWN] = { "unknown", "it could not be checked" },
	[AAS_AW_OK] = { "ok", "it is valid" },
	[AAS_AW_TRUNCATED] = { "truncated",
	    "it is cut off: a token has three parts; fetch it again" },
	[AAS_AW_OVERSIZED] = { "oversized", "it is larger than 16 KiB" },
	[AAS_AW_ENCODING] = { "encoding",
	    "it is not base64url without padding; store the token as it was "
	    "issued" },
	[AAS_AW_JSON] = { "json", "its header or its claims are not JSON" },
	[AAS_AW_DUPLICATE] = { "duplicate-member",
	    "a member stands in it twice" },
	[AAS_AW_ALG_NONE] = { "alg-none", "it is not signed (alg \"none\")" },
	[AAS_AW_ALG_HMAC] = { "alg-hmac",
	    "it is signed with a shared secret (HMAC), which is never taken" },
	[AAS_AW_ALG] = { "alg",
	    "its algorithm is not the one that is configured for a signer" },
	[AAS_AW_CRIT] = { "crit", "its header has extensions (crit)" },
	[AAS_AW_HEADER] = { "header",
	    "its header has a member that is not taken, such as jwk, jku, x5u "
	    "or b64" },
	[AAS_AW_SIGNATURE] = { "signature",
	    "its signature is not that of a configured signer" },
	[AAS_AW_CHAIN] = { "chain",
	    "its certificates (x5c) do not lead to the configured root, have "
	    "ended, or are not those of the signer" },
	[AAS_AW_ISSUER] = { "issuer", "it is from another issuer (iss)" },
	[AAS_AW_AUDIENCE] = { "audience",
	    "it was made for somebody else (aud)" },
	[AAS_AW_SUBJECT] = { "subject",
	    "it must be about one user (sub) or one group (group)" },
	[AAS_AW_OTHER] = { "other-subject",
	    "it is about another user or group" },
	[AAS_AW_FUTURE] = { "not-yet-valid", "it is not valid yet" },
	[AAS_AW_EXPIRED] = { "expired", "it has expired; ask for a new one" },
	[AAS_AW_LIFETIME] = { "lifetime",
	    "it is valid for longer than its signer may say (max_life)" },
	[AAS_AW_TIME] = { "time",
	    "iat, nbf and exp must be there, whole numbers, and in order" },
	[AAS_AW_JTI] = { "jti",
	    "its number (jti) is missing, unusable, or that of another "
	    "statement here" },
	[AAS_AW_METHOD] = { "method",
	    "it does not say that sign-ins are phishing-resistant (acr, amr)" },
	[AAS_AW_REVOKED] = { "revoked", "it has been revoked" },
	[AAS_AW_PERMS] = { "permissions",
	    "its file cannot be trusted: it must be root's, and nobody else "
	    "may write it" },
	[AAS_AW_SIGNER] = { "signer", "no signer is configured for it" },
	[AAS_AW_EVIDENCE] = { "evidence",
	    "its signer names no way to recognize such a sign-in, or a service "
	    "where a password would do" },
};

_Static_assert(sizeof(reasons) / sizeof(reasons[0]) == AAS_AW_LAST + 1,
    "every reason has its sentence");

const char *
aas_attest_code(unsigned why)
{
	return reasons[why > AAS_AW_LAST ? AAS_AW_UNKNOWN : why].code;
}

const char *
aas_attest_text(unsigned why)
{
	return reasons[why > AAS_AW_LAST ? AAS_AW_UNKNOWN : why].text;
}

/* How far one signer's check came: the reason of the furthest is told. */
enum { STAGE_NONE, STAGE_ALG, STAGE_KEY, STAGE_CLAIMS, STAGE_TIME };

static unsigned
check_asked(const struct aas_attest_ask *ask, const struct aas_claims *c)
{
	const char *const *gone = ask->gone;

	for (; gone != NULL && *gone != NULL; gone++) {
		if (strcmp(*gone, c->jti) == 0)
			return AAS_AW_REVOKED;
	}
	if (ask->now_s >= c->not_after_s)
		return AAS_AW_EXPIRED;
	return ask->now_s < c->not_before_s ? AAS_AW_FUTURE : AAS_AW_OK;
}

static int
is_other(const struct aas_attest_ask *ask, const struct aas_claims *c)
{
	return (ask->user != NULL && strcmp(ask->user, c->user) != 0) ||
	    (ask->group != NULL && strcmp(ask->group, c->group) != 0);
}

/* One signer; *stage says how far it came. */
static unsigned
try(const struct aas_jws *j, const struct aas_signer *s,
    const struct aas_attest_ask *ask, struct aas_claims *c, int *stage)
{
	int64_t until = 0;
	unsigned why = AAS_AW_UNKNOWN;

	*stage = STAGE_NONE;
	if (s->kid[0] != '\0' && strcmp(s->kid, j->kid) != 0)
		return AAS_AW_SIGNER;
	*stage = STAGE_ALG;
	if (j->alg == 0 || j->alg != s->alg)
		return AAS_AW_ALG;
	*stage = STAGE_KEY;
	if ((why = aas_jws_verify(j, s, ask->now_s, &until)) != AAS_AW_OK)
		return why;
	*stage = STAGE_CLAIMS;
	if ((why = aas_claims_read(j->payload, s, until, c)) != AAS_AW_OK)
		return why;
	if (!aas_signer_evidence(s))
		return AAS_AW_EVIDENCE;
	if (is_other(ask, c))
		return AAS_AW_OTHER;
	*stage = STAGE_TIME;
	return check_asked(ask, c);
}

unsigned
aas_attest_verify(const struct aas_signer *signers, size_t n, const char *text,
    size_t len, const struct aas_attest_ask *ask, struct aas_claims *claims,
    size_t *signer)
{
	struct aas_jws j;
	struct aas_claims c;
	unsigned best = AAS_AW_SIGNER;
	int best_stage = -1;

	if (aas_attest_init() != AAS_OK)
		return AAS_AW_UNKNOWN;
	if ((best = aas_jws_open(text, len, &j)) != AAS_AW_OK)
		return best;
	best = AAS_AW_SIGNER;
	for (size_t i = 0; i < n && best_stage < STAGE_TIME; i++) {
		int stage = STAGE_NONE;
		unsigned why = try(&j, &signers[i], ask, &c, &stage);

		if (why == AAS_AW_UNKNOWN) {
			best = why;
			break;
		}
		if (stage == STAGE_TIME) {
			*claims = c;
			*signer = i;
		}
		if (stage > best_stage) {
			best = why;
			best_stage = stage;
		}
	}
	aas_jws_close(&j);
	return best;
}

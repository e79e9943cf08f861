#ifndef AAS_LIB_ATTEST_ATTEST_H
#define AAS_LIB_ATTEST_ATTEST_H

#include <stddef.h>
#include <stdint.h>

/*
 * Attestations: a JWS in compact form (RFC 7515), signed by the organization,
 * that says "this user, or this group, signs in with phishing-resistant SSO
 * until then".  Algorithm and key are pinned by configuration; nothing in the
 * token chooses either.
 */
#define AAS_JWS_MAX (16 * 1024) /* bytes of a token */

/* Each has a stable code, aas_attest_code(): "alg", "signature", ... */
enum aas_attest_why {
	AAS_AW_UNKNOWN = 0,
	AAS_AW_OK,
	AAS_AW_TRUNCATED, /* "truncated": not three parts, or a part cut */
	AAS_AW_OVERSIZED, /* "oversized" */
	AAS_AW_ENCODING,  /* "encoding": not base64url, or not canonical */
	AAS_AW_JSON,      /* "json" */
	AAS_AW_DUPLICATE, /* "duplicate-member" */
	AAS_AW_ALG_NONE,  /* "alg-none" */
	AAS_AW_ALG_HMAC,  /* "alg-hmac": HS256 and its kin */
	AAS_AW_ALG,       /* "alg": not the pinned one */
	AAS_AW_CRIT,      /* "crit" */
	AAS_AW_HEADER,    /* "header": jwk, jku, x5u, b64, unknown typ */
	AAS_AW_SIGNATURE, /* "signature": wrong signer */
	AAS_AW_CHAIN,     /* "chain": x5c does not lead to the pinned root */
	AAS_AW_ISSUER,    /* "issuer" */
	AAS_AW_AUDIENCE,  /* "audience" */
	AAS_AW_SUBJECT,   /* "subject": neither sub nor group, or both */
	AAS_AW_OTHER,     /* "other-subject": replayed for somebody else */
	AAS_AW_FUTURE,    /* "not-yet-valid" */
	AAS_AW_EXPIRED,   /* "expired" */
	AAS_AW_LIFETIME,  /* "lifetime": exp is past the cap */
	AAS_AW_TIME,      /* "time": iat, nbf, exp missing or out of order */
	AAS_AW_JTI,       /* "jti": missing, or twice in the directory */
	AAS_AW_METHOD,  /* "method": acr is neither phr nor phrh, amr neither */
	AAS_AW_REVOKED, /* "revoked" */
	AAS_AW_PERMS,   /* "permissions": others may write the file */
	AAS_AW_SIGNER,  /* "signer": no such signer configured */
	AAS_AW_EVIDENCE, /* "evidence": the signer names none, or a forbidden
			    one */
	AAS_AW_LAST = AAS_AW_EVIDENCE
};

/*
 * aas_attest_code(why): the stable code; aas_attest_text(why): one plain
 * sentence, what is wrong and what to do.  Static, never NULL.
 */
const char *aas_attest_code(unsigned why);
const char *aas_attest_text(unsigned why);

/* What a token says, once its signature holds. */
#define AAS_JTI_MAX 129
struct aas_claims {
	char user[256], group[256]; /* one of them is "" */
	char issuer[256];
	char jti[AAS_JTI_MAX]; /* printable ASCII without blanks */
	char id[17];           /* 16 hex digits of its SHA-256 */
	int64_t not_before_s;  /* the later of nbf and iat */
	int64_t not_after_s;   /* exp, or a certificate's end before it */
};

struct aas_signer; /* lib/attest/signer.h */

/* What is asked of a token besides. */
struct aas_attest_ask {
	int64_t now_s;           /* realtime */
	const char *user;        /* it must be about this user, */
	const char *group;       /* or this group; both NULL: anybody */
	const char *const *gone; /* revoked jti, ends with NULL; or NULL */
};

/*
 * aas_attest_verify(signers, n, text, len, ask, claims, signer):
 * Check the token of ${len} bytes at ${text} against ${n} signers.  What it
 * says of itself chooses nobody: it is tried with each signer whose algorithm
 * and kid fit.
 *   claims  written if the signature holds and all claims do, but for the
 *           time and the revocation: OK, EXPIRED, FUTURE, REVOKED
 *   signer  index of who signed it, written with ${claims}
 * Returns an enum aas_attest_why; AAS_AW_UNKNOWN: could not be checked (no
 * memory).  Neither blocks nor looks at the clock or the network.
 * Source: RFC 7515, RFC 7518, RFC 7519, RFC 8037, RFC 8725.
 */
unsigned aas_attest_verify(const struct aas_signer *signers, size_t n,
    const char *text, size_t len, const struct aas_attest_ask *ask,
    struct aas_claims *claims, size_t *signer);

/*
 * aas_attest_claimed(text, len, c):
 * Whom a token says that it is about: user or group of ${c}, the rest is zero.
 * Nothing of it was checked, anybody may have written it: it serves to name
 * the token to people, never to decide.
 * Returns 0; AAS_ERR_NOTFOUND: it cannot be read, or names no such name.
 */
int aas_attest_claimed(const char *text, size_t len, struct aas_claims *c);

#endif

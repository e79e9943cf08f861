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

const char *aas_attest_code(unsigned why);
const char *aas_attest_text(unsigned why);

#endif

#ifndef AAS_TESTS_ATTESTER_H
#define AAS_TESTS_ATTESTER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attest/signer.h"

/*
 * An organization in memory: keys, certificates and the tokens they sign.
 * For tests only; every failure here ends the test program.  Texts are from
 * malloc.
 */
struct evp_pkey_st *attester_key(unsigned alg);
struct evp_pkey_st *attester_rsa(unsigned bits);
char *attester_public(struct evp_pkey_st *key);

/* What ES256 and the others make of ${n} bytes: raw, as in a JWS. */
size_t attester_sign(struct evp_pkey_st *key, unsigned alg, const void *p,
    size_t n, uint8_t sig[1024]);

char *attester_b64url(const void *p, size_t n);

/* A token of these two texts; a key of NULL leaves the signature empty. */
char *attester_token(struct evp_pkey_st *key, unsigned alg, const char *header,
    const char *claims);

/* A certificate that ${by} signs; flags below. */
struct attester_cert {
	const char *name; /* DNS name of a leaf, else the subject's CN */
	int ca;
	int no_usage;        /* no digitalSignature */
	int64_t from, until; /* realtime */
};
struct x509_st *attester_cert(const struct attester_cert *c,
    struct evp_pkey_st *key, struct x509_st *issuer, struct evp_pkey_st *by);
char *attester_pem(struct x509_st *x);
char *attester_der64(struct x509_st *x); /* as x5c has it */

#endif

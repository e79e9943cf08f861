#ifndef AAS_LIB_ATTEST_PARTS_H
#define AAS_LIB_ATTEST_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/attest/attest.h"
#include "lib/attest/signer.h"

struct json_t;
struct x509_st;
struct evp_pkey_st;

/* Between the files of lib/attest. */

/* A token taken apart; nothing in it is believed yet. */
struct aas_jws {
	unsigned alg;           /* enum aas_jws_alg; 0: one we do not know */
	char kid[129];          /* "": none */
	const char *text;       /* borrowed */
	size_t signed_len;      /* text[0 .. signed_len) is what is signed */
	const char *sig;        /* base64url, borrowed */
	size_t sig_len;         /* its characters */
	struct json_t *x5c;     /* or NULL; array of 1 to AAS_CHAIN_MAX texts */
	struct json_t *header;  /* owns x5c */
	struct json_t *payload; /* an object */
};

/*
 * aas_jws_open(text, len, j):
 * Take it apart; bounds, encoding, JSON and the header's members are checked.
 * Returns AAS_AW_OK, and ${j} is to be closed, or why not.
 */
unsigned aas_jws_open(const char *text, size_t len, struct aas_jws *j);
void aas_jws_close(struct aas_jws *j);

/*
 * aas_jws_verify(j, s, now_s, until_s):
 * Was it signed by ${s}?  ${until_s} is the end of the first certificate of
 * its chain to end, or INT64_MAX.
 */
unsigned aas_jws_verify(const struct aas_jws *j, const struct aas_signer *s,
    int64_t now_s, int64_t *until_s);

/* aas_jws_payload(text, len): its second part, unchecked; or NULL. */
struct json_t *aas_jws_payload(const char *text, size_t len);

/*
 * aas_chain_key(x5c, root, leaf, now_s, key, until_s):
 * The public key of the first certificate, if the chain leads to ${root}.
 * AAS_AW_OK: EVP_PKEY_free() ${key}.  Source: RFC 7515 4.1.6, RFC 5280.
 */
unsigned aas_chain_key(struct json_t *x5c, struct x509_st *root,
    const char *leaf, int64_t now_s, struct evp_pkey_st **key,
    int64_t *until_s);

/* aas_key_fits(key, alg): 1 if this kind of key makes such signatures. */
int aas_key_fits(const struct evp_pkey_st *key, unsigned alg);

/*
 * aas_claims_read(payload, s, until_s, c):
 * All but what depends on the time.
 */
unsigned aas_claims_read(struct json_t *payload, const struct aas_signer *s,
    int64_t until_s, struct aas_claims *c);

/* Settings for OpenSSL that hold for the whole process; before anything. */
int aas_attest_init(void);

#endif

#ifndef AAS_LIB_ASSERTION_H
#define AAS_LIB_ASSERTION_H

#include <stddef.h>
#include <stdint.h>

#include "lib/proto.h"

/*
 * The one place that checks what a security key signed.
 */
#define AAS_AD_UP 0x01u
#define AAS_AD_UV 0x04u
#define AAS_AD_BE 0x08u
#define AAS_AD_BS 0x10u
#define AAS_AD_AT 0x40u
#define AAS_AD_ED 0x80u

/*
 * aas_assertion_verify(cred, hash, need_uv, pf, &flags, &counter, &why):
 * Check that ${pf} is an assertion by ${cred} over the client data hash
 * ${hash}: the credential id is the same; authenticator data is exactly 37
 * bytes (no attested data, no extensions: we ask for none); rpIdHash is
 * SHA-256(cred->rp); UP set; UV set if ${need_uv}; BS not set without BE;
 * reserved bits zero; signature by cred->pk (ES256: DER, P-256, point on the
 * curve; EdDSA: Ed25519).
 * ${why} (enum aas_reason) is written on every return; flags and counter only
 * on 0.  Returns 0; AAS_ERR_CRYPTO, AAS_ERR_FORMAT, AAS_ERR_NOMEM.
 * Source: WebAuthn 2, 7.2; CTAP 2.1, 6.2.
 */
int aas_assertion_verify(const struct aas_cred *cred, const uint8_t hash[32],
    int need_uv, const struct aas_proof *pf, uint8_t *flags, uint32_t *counter,
    unsigned *why);

/*
 * aas_pk_valid(alg, pk, len): 0 if it is a usable public key of that
 * algorithm (on the curve, not infinity), else AAS_ERR_CRYPTO.
 */
int aas_pk_valid(int32_t alg, const uint8_t *pk, size_t len);

/* aas_sha256(parts...): one EVP digest over up to three parts. */
int aas_sha256(const void *a, size_t an, const void *b, size_t bn,
    const void *c, size_t cn, uint8_t out[32]);

/*
 * aas_crypto_init():
 * OPENSSL_init_crypto with no configuration, no error strings, no atexit; the
 * first call of every helper that uses libcrypto.  Returns 0, AAS_ERR_CRYPTO.
 */
int aas_crypto_init(void);

/*
 * aas_crypto_warm(alg):
 * Have libcrypto set up what a check of such a signature needs: for a moment
 * in which there is only waiting to do.  What fails here fails again there.
 */
void aas_crypto_warm(int32_t alg);

#endif

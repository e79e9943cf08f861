/*
 * The cryptography of the software key, on OpenSSL's EVP interface.
 * Every function returns 0, or -1 when OpenSSL failed.
 */
#ifndef RIG_CRYPTO_H
#define RIG_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#define RIG_SIG_MAX 80

int rig_random(void *out, size_t n);
int rig_sha256(const void *data, size_t n, uint8_t out[32]);
int rig_hmac(const uint8_t *key, size_t key_n, const void *data, size_t n,
    uint8_t out[32]);

/*
 * rig_public(alg, secret, pub, n):
 * The public half of a 32-byte secret: 64 bytes x||y for RIG_ES256, 32
 * bytes for RIG_EDDSA.
 */
int rig_public(int alg, const uint8_t secret[32], uint8_t pub[64], size_t *n);

/*
 * rig_sign(alg, secret, data, n, sig, sig_n):
 * Sign ${data}: DER for RIG_ES256, 64 bytes for RIG_EDDSA.  ${sig} holds
 * RIG_SIG_MAX bytes.
 */
int rig_sign(int alg, const uint8_t secret[32], const uint8_t *data, size_t n,
    uint8_t *sig, size_t *sig_n);

/*
 * rig_certificate(secret, der, n):
 * A self-signed certificate, as an attestation of WebAuthn section 8.2.1
 * wants it, over the ES256 key of ${secret}.  *n is the room in ${der} and
 * becomes the length.
 */
int rig_certificate(const uint8_t secret[32], uint8_t *der, size_t *n);

/*
 * rig_aes(encrypt, key, iv, in, n, out):
 * AES-256-CBC without padding; ${n} is a multiple of 16.
 */
int rig_aes(bool encrypt, const uint8_t key[32], const uint8_t iv[16],
    const uint8_t *in, size_t n, uint8_t *out);

/*
 * rig_ecdh_new(key, xy), rig_ecdh_shared(key, xy, z):
 * A fresh P-256 key with its public x||y; the x coordinate shared with the
 * peer's x||y (refused unless it is a point of the curve).  The caller frees
 * with EVP_PKEY_free().
 */
int rig_ecdh_new(EVP_PKEY **key, uint8_t xy[64]);
int rig_ecdh_shared(EVP_PKEY *key, const uint8_t xy[64], uint8_t z[32]);

#endif

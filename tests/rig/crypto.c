/*
 * The cryptography of the software key; see crypto.h.  For tests only: it
 * must never be linked into what is installed.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "tests/rig/crypto.h"
#include "tests/rig/ctap.h"

int
rig_random(void *out, size_t n)
{
	return RAND_bytes(out, (int)n) == 1 ? 0 : -1;
}

int
rig_sha256(const void *data, size_t n, uint8_t out[32])
{
	return EVP_Digest(data, n, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : -1;
}

int
rig_hmac(const uint8_t *key, size_t key_n, const void *data, size_t n,
    uint8_t out[32])
{
	return HMAC(EVP_sha256(), key, (int)key_n, data, n, out, NULL) != NULL
	    ? 0
	    : -1;
}

/* An EC key of P-256 from its private or its public half (65 bytes). */
static EVP_PKEY *
p256_import(const uint8_t *secret, const uint8_t *point)
{
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	BIGNUM *d = NULL;

	if (bld == NULL || ctx == NULL ||
	    !OSSL_PARAM_BLD_push_utf8_string(
		bld, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0))
		goto out;
	if (secret != NULL &&
	    ((d = BN_bin2bn(secret, 32, NULL)) == NULL ||
		!OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_PRIV_KEY, d)))
		goto out;
	if (point != NULL &&
	    !OSSL_PARAM_BLD_push_octet_string(
		bld, OSSL_PKEY_PARAM_PUB_KEY, point, 65))
		goto out;
	if ((params = OSSL_PARAM_BLD_to_param(bld)) == NULL ||
	    EVP_PKEY_fromdata_init(ctx) != 1)
		goto out;
	if (EVP_PKEY_fromdata(ctx, &key,
		secret != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
		params) != 1)
		key = NULL;
out:
	OSSL_PARAM_free(params);
	BN_clear_free(d);
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_BLD_free(bld);
	return key;
}

static int
p256_public(const uint8_t secret[32], uint8_t pub[64])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *d = BN_bin2bn(secret, 32, NULL);
	EC_POINT *point = NULL;
	uint8_t oct[65];
	int r = -1;

	if (group == NULL || d == NULL || (point = EC_POINT_new(group)) == NULL)
		goto out;
	if (EC_POINT_mul(group, point, d, NULL, NULL, NULL) != 1 ||
	    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, oct,
		sizeof(oct), NULL) != sizeof(oct))
		goto out;
	memcpy(pub, oct + 1, 64);
	r = 0;
out:
	EC_POINT_free(point);
	BN_clear_free(d);
	EC_GROUP_free(group);
	return r;
}

int
rig_public(int alg, const uint8_t secret[32], uint8_t pub[64], size_t *n)
{
	EVP_PKEY *key;
	size_t len = 32;
	int r = -1;

	if (alg == RIG_ES256) {
		if ((r = p256_public(secret, pub)) == 0)
			*n = 64;
		return r;
	}
	key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, 32);
	if (key != NULL && EVP_PKEY_get_raw_public_key(key, pub, &len) == 1) {
		*n = len;
		r = 0;
	}
	EVP_PKEY_free(key);
	return r;
}

int
rig_sign(int alg, const uint8_t secret[32], const uint8_t *data, size_t n,
    uint8_t *sig, size_t *sig_n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	const EVP_MD *md = NULL;
	EVP_PKEY *key;
	size_t len = RIG_SIG_MAX;
	int r = -1;

	if (alg == RIG_ES256) {
		key = p256_import(secret, NULL);
		md = EVP_sha256();
	} else {
		key = EVP_PKEY_new_raw_private_key(
		    EVP_PKEY_ED25519, NULL, secret, 32);
	}
	if (ctx != NULL && key != NULL &&
	    EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1 &&
	    EVP_DigestSign(ctx, sig, &len, data, n) == 1) {
		*sig_n = len;
		r = 0;
	}
	EVP_PKEY_free(key);
	EVP_MD_CTX_free(ctx);
	return r;
}

/* Subject, validity and extension as section 8.2.1 asks for. */
static int
fill_certificate(X509 *x, EVP_PKEY *key)
{
	static const struct {
		const char *field;
		const char *value;
	} subject[] = { { "C", "ZZ" }, { "O", "Rig" },
		{ "OU", "Authenticator Attestation" },
		{ "CN", "Rig Software Key" } };
	X509_NAME *name = X509_get_subject_name(x);
	X509_EXTENSION *ext;
	int r = -1;

	for (size_t i = 0; i < sizeof(subject) / sizeof(subject[0]); i++)
		if (X509_NAME_add_entry_by_txt(name, subject[i].field,
			MBSTRING_ASC, (const unsigned char *)subject[i].value,
			-1, -1, 0) != 1)
			return -1;
	ext = X509V3_EXT_conf_nid(
	    NULL, NULL, NID_basic_constraints, "critical,CA:FALSE");
	if (ext != NULL && X509_set_version(x, X509_VERSION_3) == 1 &&
	    ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1 &&
	    X509_gmtime_adj(X509_getm_notBefore(x), -86400) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), 315360000) != NULL &&
	    X509_set_issuer_name(x, name) == 1 &&
	    X509_set_pubkey(x, key) == 1 && X509_add_ext(x, ext, -1) == 1 &&
	    X509_sign(x, key, EVP_sha256()) > 0)
		r = 0;
	X509_EXTENSION_free(ext);
	return r;
}

int
rig_certificate(const uint8_t secret[32], uint8_t *der, size_t *n)
{
	X509 *x = X509_new();
	EVP_PKEY *key = NULL;
	uint8_t point[65];
	int len, r = -1;

	point[0] = 0x04;
	if (x == NULL || p256_public(secret, point + 1) != 0 ||
	    (key = p256_import(secret, point)) == NULL ||
	    fill_certificate(x, key) != 0)
		goto out;
	if ((len = i2d_X509(x, NULL)) <= 0 || (size_t)len > *n ||
	    i2d_X509(x, &der) != len)
		goto out;
	*n = (size_t)len;
	r = 0;
out:
	EVP_PKEY_free(key);
	X509_free(x);
	return r;
}

int
rig_aes(bool encrypt, const uint8_t key[32], const uint8_t iv[16],
    const uint8_t *in, size_t n, uint8_t *out)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int len = 0;
	int r = -1;

	if (ctx == NULL || n > 1024 || n % 16 != 0)
		goto out;
	if (EVP_CipherInit_ex(ctx, EVP_aes_256_cbc(), NULL, key, iv, encrypt) !=
		1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1 ||
	    EVP_CipherUpdate(ctx, out, &len, in, (int)n) != 1 ||
	    (size_t)len != n)
		goto out;
	r = 0;
out:
	EVP_CIPHER_CTX_free(ctx);
	return r;
}

int
rig_ecdh_new(EVP_PKEY **key, uint8_t xy[64])
{
	EVP_PKEY *k = EVP_EC_gen("prime256v1");
	uint8_t oct[65];
	size_t n = 0;

	if (k == NULL ||
	    EVP_PKEY_get_octet_string_param(
		k, OSSL_PKEY_PARAM_PUB_KEY, oct, sizeof(oct), &n) != 1 ||
	    n != sizeof(oct) || oct[0] != 0x04) {
		EVP_PKEY_free(k);
		return -1;
	}
	memcpy(xy, oct + 1, 64);
	*key = k;
	return 0;
}

int
rig_ecdh_shared(EVP_PKEY *key, const uint8_t xy[64], uint8_t z[32])
{
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *peer;
	uint8_t oct[65];
	size_t n = 32;
	int r = -1;

	oct[0] = 0x04;
	memcpy(oct + 1, xy, 64);
	if ((peer = p256_import(NULL, oct)) == NULL ||
	    (ctx = EVP_PKEY_CTX_new(key, NULL)) == NULL)
		goto out;
	if (EVP_PKEY_derive_init(ctx) == 1 &&
	    EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
	    EVP_PKEY_derive(ctx, z, &n) == 1 && n == 32)
		r = 0;
out:
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	return r;
}

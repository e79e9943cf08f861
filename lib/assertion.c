/*
 * The one place that checks what a security key signed.
 *
 * 1. It MUST NOT accept anything that it did not check by signature: relying
 *    party, presence, verification and challenge are read from signed bytes.
 * 2. No argument turns the signature check off.
 * 3. Data that we never ask for (attested data, extensions, reserved flags)
 *    MUST be refused, not skipped.
 * 4. A point that is not on the curve MUST NOT become a key.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/reason.h"

#define AUTHDATA_LEN 37
#define FLAGS_KNOWN \
	(AAS_AD_UP | AAS_AD_UV | AAS_AD_BE | AAS_AD_BS | AAS_AD_AT | AAS_AD_ED)

/* Fetched once: a fetch costs more than the hash of a record. */
static EVP_MD *sha256;

int
aas_crypto_init(void)
{
	uint64_t opts = OPENSSL_INIT_NO_LOAD_CONFIG |
	    OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
	    OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS |
	    OPENSSL_INIT_NO_ATEXIT;

	if (sha256 != NULL)
		return AAS_OK;
	if (OPENSSL_init_crypto(opts, NULL) != 1)
		return AAS_ERR_CRYPTO;
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	return sha256 != NULL ? AAS_OK : AAS_ERR_CRYPTO;
}

int
aas_sha256(const void *a, size_t an, const void *b, size_t bn, const void *c,
    size_t cn, uint8_t out[32])
{
	EVP_MD_CTX *ctx = NULL;
	uint8_t got[32];
	unsigned len = 0;
	int r = AAS_ERR_CRYPTO;

	if (aas_crypto_init() != AAS_OK)
		return AAS_ERR_CRYPTO;
	if ((ctx = EVP_MD_CTX_new()) == NULL)
		return AAS_ERR_NOMEM;
	if (EVP_DigestInit_ex2(ctx, sha256, NULL) == 1 &&
	    (an == 0 || EVP_DigestUpdate(ctx, a, an) == 1) &&
	    (bn == 0 || EVP_DigestUpdate(ctx, b, bn) == 1) &&
	    (cn == 0 || EVP_DigestUpdate(ctx, c, cn) == 1) &&
	    EVP_DigestFinal_ex(ctx, got, &len) == 1 && len == sizeof(got)) {
		memcpy(out, got, sizeof(got));
		r = AAS_OK;
	}
	EVP_MD_CTX_free(ctx);
	return r;
}

static EVP_PKEY *
p256(const uint8_t xy[64])
{
	uint8_t point[65];
	char group[] = "prime256v1";
	OSSL_PARAM p[3];
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;

	point[0] = 0x04; /* uncompressed; the import checks the curve */
	memcpy(point + 1, xy, 64);
	p[0] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
	p[1] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point));
	p[2] = OSSL_PARAM_construct_end();
	if ((ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL)) == NULL ||
	    EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, p) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *
load(int32_t alg, const uint8_t *pk, size_t len)
{
	if (aas_crypto_init() != AAS_OK)
		return NULL;
	if (alg == AAS_ALG_ES256 && len == 64)
		return p256(pk);
	if (alg == AAS_ALG_EDDSA && len == 32)
		return EVP_PKEY_new_raw_public_key_ex(
		    NULL, "ED25519", NULL, pk, len);
	return NULL;
}

void
aas_crypto_warm(int32_t alg)
{
	const char *key = alg == AAS_ALG_ES256 ? "EC" : "ED25519";
	const char *sig = alg == AAS_ALG_ES256 ? "ECDSA" : "ED25519";

	if (aas_crypto_init() != AAS_OK)
		return;
	/* The library keeps what it has once set up. */
	EVP_PKEY_CTX_free(EVP_PKEY_CTX_new_from_name(NULL, key, NULL));
	EVP_SIGNATURE_free(EVP_SIGNATURE_fetch(NULL, sig, NULL));
	ERR_clear_error();
}

/*
 * Ed25519 points of small order: with one of them as the public key some
 * signatures hold over any message.  Source: RFC 8032 5.1.7, libsodium's
 * list of encodings.
 */
static int
ed25519_weak(const uint8_t pk[32])
{
	static const uint8_t order8[2][31] = {
		{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3,
		    0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05,
		    0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
		    0xfc },
		{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c,
		    0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa,
		    0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
		    0x03 },
	};
	static const uint8_t last8[2] = { 0x05, 0x7a };
	uint8_t rest = 0;
	uint8_t high = pk[31] & 0x7f;

	for (unsigned i = 0; i < 2; i++)
		if (memcmp(pk, order8[i], 31) == 0 && high == last8[i])
			return 1;
	for (unsigned i = 1; i < 31; i++)
		rest |= pk[i];
	if (rest == 0 && high == 0 && pk[0] <= 1)
		return 1; /* y is 0 or 1 */
	rest = 0xff;
	for (unsigned i = 1; i < 31; i++)
		rest &= pk[i];
	/* y is -1, or not reduced: 0 and 1 spelled as p and p + 1 */
	return rest == 0xff && high == 0x7f && pk[0] >= 0xec;
}

int
aas_pk_valid(int32_t alg, const uint8_t *pk, size_t len)
{
	EVP_PKEY *pkey = load(alg, pk, len);

	if (pkey == NULL) {
		ERR_clear_error();
		return AAS_ERR_CRYPTO;
	}
	EVP_PKEY_free(pkey);
	if (alg == AAS_ALG_EDDSA && ed25519_weak(pk))
		return AAS_ERR_CRYPTO;
	return AAS_OK;
}

/* ES256 signs the hash of the two, Ed25519 the two themselves. */
static int
signature(const struct aas_cred *cred, const uint8_t hash[32],
    const struct aas_proof *pf)
{
	uint8_t msg[AUTHDATA_LEN + 32];
	uint8_t digest[32];
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *pctx = NULL;
	EVP_MD_CTX *mctx = NULL;
	int r = AAS_ERR_CRYPTO;

	if ((pkey = load(cred->alg, cred->pk, cred->pk_len)) == NULL ||
	    (cred->alg == AAS_ALG_EDDSA && ed25519_weak(cred->pk)))
		goto out;
	memcpy(msg, pf->auth, AUTHDATA_LEN);
	memcpy(msg + AUTHDATA_LEN, hash, 32);
	if (cred->alg == AAS_ALG_EDDSA) {
		if ((mctx = EVP_MD_CTX_new()) != NULL &&
		    EVP_DigestVerifyInit(mctx, NULL, NULL, NULL, pkey) == 1 &&
		    EVP_DigestVerify(
			mctx, pf->sig, pf->sig_len, msg, sizeof(msg)) == 1)
			r = AAS_OK;
		goto out;
	}
	if ((r = aas_sha256(msg, sizeof(msg), NULL, 0, NULL, 0, digest)) !=
	    AAS_OK)
		goto out;
	r = AAS_ERR_CRYPTO;
	if ((pctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL)) != NULL &&
	    EVP_PKEY_verify_init(pctx) == 1 &&
	    EVP_PKEY_verify(
		pctx, pf->sig, pf->sig_len, digest, sizeof(digest)) == 1)
		r = AAS_OK;
out:
	EVP_MD_CTX_free(mctx);
	EVP_PKEY_CTX_free(pctx);
	EVP_PKEY_free(pkey);
	if (r != AAS_OK)
		ERR_clear_error();
	return r;
}

/* What authenticator data says, before its signature is asked. */
static int
authdata(const struct aas_cred *cred, int need_uv, const struct aas_proof *pf,
    unsigned *why)
{
	uint8_t rp[32];
	unsigned flags = 0;
	int r = AAS_ERR_FORMAT;

	*why = AAS_WHY_AUTHDATA;
	if (pf->auth_len != AUTHDATA_LEN)
		return AAS_ERR_FORMAT;
	flags = pf->auth[32];
	if ((flags & ~FLAGS_KNOWN) != 0 ||
	    (flags & (AAS_AD_AT | AAS_AD_ED)) != 0)
		return AAS_ERR_FORMAT;
	*why = AAS_WHY_SYSTEM;
	if ((r = aas_sha256(cred->rp, strnlen(cred->rp, sizeof(cred->rp)), NULL,
		 0, NULL, 0, rp)) != AAS_OK)
		return r;
	*why = AAS_WHY_RP;
	if (memcmp(rp, pf->auth, sizeof(rp)) != 0)
		return AAS_ERR_CRYPTO;
	*why = AAS_WHY_UP;
	if ((flags & AAS_AD_UP) == 0)
		return AAS_ERR_CRYPTO;
	*why = AAS_WHY_UV;
	if (need_uv && (flags & AAS_AD_UV) == 0)
		return AAS_ERR_CRYPTO;
	*why = AAS_WHY_BACKUP;
	if ((flags & AAS_AD_BS) != 0 && (flags & AAS_AD_BE) == 0)
		return AAS_ERR_CRYPTO;
	return AAS_OK;
}

int
aas_assertion_verify(const struct aas_cred *cred, const uint8_t hash[32],
    int need_uv, const struct aas_proof *pf, uint8_t *flags, uint32_t *counter,
    unsigned *why)
{
	int r = AAS_ERR_CRYPTO;

	*why = AAS_WHY_CREDENTIAL;
	if (cred->id_len == 0 || cred->id_len > sizeof(cred->id) ||
	    pf->id_len != cred->id_len ||
	    memcmp(pf->id, cred->id, cred->id_len) != 0)
		return AAS_ERR_CRYPTO;
	if ((r = authdata(cred, need_uv, pf, why)) != AAS_OK)
		return r;
	*why = AAS_WHY_SIGNATURE;
	if (pf->sig_len == 0 || pf->sig_len > sizeof(pf->sig))
		return AAS_ERR_FORMAT;
	if ((r = signature(cred, hash, pf)) != AAS_OK)
		return r;
	if (flags != NULL)
		*flags = pf->auth[32];
	if (counter != NULL)
		*counter = (uint32_t)pf->auth[33] << 24 |
		    (uint32_t)pf->auth[34] << 16 | (uint32_t)pf->auth[35] << 8 |
		    pf->auth[36];
	*why = AAS_WHY_OK;
	return AAS_OK;
}

/*
 * Recovery keys: random bits to text and to an Ed25519 key pair.
 *
 * 1. Only the public half MUST ever reach a record: nothing that is stored
 *    lets anyone recover an account.
 * 2. Key, text and seed MUST be wiped wherever they were.
 * 3. A mistyped text MUST be found here, before anything is spent.
 */
#include <sys/random.h>

#include <errno.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "lib/bech32.h"
#include "lib/err.h"
#include "lib/record/recovery.h"

#define HRP    "aasrk"
#define VALUES 26 /* of 5 bits, for 128 bits and 2 of padding */
#define PLAIN  (sizeof(HRP) + VALUES + 6 + 1) /* "aasrk1" + 32, and NUL */
#define INFO   "aas-recovery-ed25519-v1"

int
aas_recovery_new(uint8_t key[AAS_RECOVERY_LEN])
{
	uint8_t b[AAS_RECOVERY_LEN];
	ssize_t n = -1;

	do
		n = getrandom(b, sizeof(b), 0);
	while (n == -1 && errno == EINTR);
	if (n != (ssize_t)sizeof(b)) {
		explicit_bzero(b, sizeof(b));
		return AAS_ERR_SYS;
	}
	memcpy(key, b, sizeof(b));
	explicit_bzero(b, sizeof(b));
	return AAS_OK;
}

void
aas_recovery_format(
    const uint8_t key[AAS_RECOVERY_LEN], char text[AAS_RECOVERY_TEXT])
{
	uint8_t v[VALUES];
	char plain[PLAIN];
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t n = 0;
	char *out = text;

	for (size_t i = 0; i < AAS_RECOVERY_LEN; i++) {
		acc = (acc << 8 | key[i]) & 0xfffu;
		for (bits += 8; bits >= 5; bits -= 5)
			v[n++] = (uint8_t)(acc >> (bits - 5) & 31);
	}
	v[n] = (uint8_t)(acc << (5 - bits) & 31);
	plain[0] = '\0';
	(void)aas_bech32_encode(HRP, v, VALUES, plain, sizeof(plain));
	/* The prefix with its "1" stands by itself, then groups of four. */
	for (size_t i = 0; plain[i] != '\0'; i++) {
		if (i >= sizeof(HRP) && (i - sizeof(HRP)) % 4 == 0)
			*out++ = ' ';
		*out++ = plain[i];
	}
	*out = '\0';
	acc = 0;
	explicit_bzero(v, sizeof(v));
	explicit_bzero(plain, sizeof(plain));
}

int
aas_recovery_parse(const char *text, uint8_t key[AAS_RECOVERY_LEN])
{
	uint8_t v[VALUES];
	uint8_t b[AAS_RECOVERY_LEN];
	char plain[PLAIN];
	char hrp[sizeof(HRP)];
	uint32_t acc = 0;
	unsigned bits = 0;
	size_t n = 0;
	size_t k = 0;
	int r = AAS_ERR_FORMAT;

	for (; *text != '\0'; text++) {
		if (*text == ' ' || *text == '-')
			continue;
		if (n + 1 >= sizeof(plain))
			goto out;
		plain[n++] = *text;
	}
	plain[n] = '\0';
	if (aas_bech32_decode(plain, hrp, sizeof(hrp), v, sizeof(v), &n) !=
		AAS_OK ||
	    strcmp(hrp, HRP) != 0 || n != VALUES)
		goto out;
	for (size_t i = 0; i < VALUES; i++) {
		acc = (acc << 5 | v[i]) & 0xfffu;
		if ((bits += 5) >= 8) {
			bits -= 8;
			b[k++] = (uint8_t)(acc >> bits);
		}
	}
	if ((acc & ((1u << bits) - 1)) != 0)
		goto out; /* padding is zero: one text for one key */
	memcpy(key, b, sizeof(b));
	r = AAS_OK;
out:
	acc = 0;
	explicit_bzero(plain, sizeof(plain));
	explicit_bzero(v, sizeof(v));
	explicit_bzero(b, sizeof(b));
	return r;
}

/* HKDF-SHA256 of the key, then the Ed25519 key pair of that seed. */
static EVP_PKEY *
derive(const uint8_t key[AAS_RECOVERY_LEN])
{
	uint8_t k[AAS_RECOVERY_LEN];
	uint8_t seed[32];
	char digest[] = "SHA256";
	char info[] = INFO;
	OSSL_PARAM p[4];
	EVP_KDF *kdf = NULL;
	EVP_KDF_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;

	memcpy(k, key, sizeof(k));
	p[0] =
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	p[1] =
	    OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, k, sizeof(k));
	p[2] = OSSL_PARAM_construct_octet_string(
	    OSSL_KDF_PARAM_INFO, info, sizeof(info) - 1);
	p[3] = OSSL_PARAM_construct_end();
	if ((kdf = EVP_KDF_fetch(NULL, "HKDF", NULL)) != NULL &&
	    (ctx = EVP_KDF_CTX_new(kdf)) != NULL &&
	    EVP_KDF_derive(ctx, seed, sizeof(seed), p) == 1)
		pkey = EVP_PKEY_new_raw_private_key_ex(
		    NULL, "ED25519", NULL, seed, sizeof(seed));
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	explicit_bzero(k, sizeof(k));
	explicit_bzero(seed, sizeof(seed));
	return pkey;
}

int
aas_recovery_public(const uint8_t key[AAS_RECOVERY_LEN], uint8_t pub[32])
{
	EVP_PKEY *pkey = derive(key);
	uint8_t got[32];
	size_t len = sizeof(got);
	int r = AAS_ERR_CRYPTO;

	if (pkey != NULL && EVP_PKEY_get_raw_public_key(pkey, got, &len) == 1 &&
	    len == sizeof(got)) {
		memcpy(pub, got, sizeof(got));
		r = AAS_OK;
	}
	EVP_PKEY_free(pkey);
	return r;
}

int
aas_recovery_sign(const uint8_t key[AAS_RECOVERY_LEN], const uint8_t hash[32],
    uint8_t sig[64])
{
	EVP_PKEY *pkey = derive(key);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t got[64];
	size_t len = sizeof(got);
	int r = AAS_ERR_CRYPTO;

	if (pkey != NULL && ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	    EVP_DigestSign(ctx, got, &len, hash, 32) == 1 &&
	    len == sizeof(got)) {
		memcpy(sig, got, sizeof(got));
		r = AAS_OK;
	}
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return r;
}

int
aas_recovery_verify(
    const uint8_t pub[32], const uint8_t hash[32], const uint8_t sig[64])
{
	EVP_PKEY *pkey =
	    EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, pub, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int r = AAS_ERR_CRYPTO;

	if (pkey != NULL && ctx != NULL &&
	    EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
	    EVP_DigestVerify(ctx, sig, 64, hash, 32) == 1)
		r = AAS_OK;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	return r;
}

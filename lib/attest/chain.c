/*
 * Keys: which kind fits, and what a certificate chain has to be.
 *
 * 1. A chain MUST lead to the pinned root and to nothing else: no default
 *    store, no partial chain, nothing fetched.
 * 2. A certificate of that root for another purpose, such as some host's, MUST
 *    NOT sign attestations: its name is pinned too.
 */
#include <limits.h>
#include <string.h>
#include <time.h>

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "lib/attest/parts.h"
#include "lib/b64.h"
#include "lib/err.h"

#define RSA_MIN_BITS 2048
#define RSA_MAX_BITS 8192
#define LEVEL        2 /* of OpenSSL: 112 bits, no SHA-1 */

int
aas_attest_init(void)
{
	/* Certificates need the table of digests; aas_crypto_init() does
	 * without, so this one goes first. */
	uint64_t opts = OPENSSL_INIT_NO_LOAD_CONFIG |
	    OPENSSL_INIT_ADD_ALL_DIGESTS | OPENSSL_INIT_NO_ATEXIT;

	return OPENSSL_init_crypto(opts, NULL) == 1 ? AAS_OK : AAS_ERR_CRYPTO;
}

int
aas_key_fits(const EVP_PKEY *key, unsigned alg)
{
	char group[32] = "";
	int bits = EVP_PKEY_get_bits(key);

	switch (alg) {
	case AAS_JWS_ES256:
		return EVP_PKEY_is_a(key, "EC") == 1 &&
		    EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) ==
		    1 &&
		    strcmp(group, "prime256v1") == 0;
	case AAS_JWS_EDDSA:
		return EVP_PKEY_is_a(key, "ED25519") == 1;
	case AAS_JWS_RS256:
		return EVP_PKEY_is_a(key, "RSA") == 1 && bits >= RSA_MIN_BITS &&
		    bits <= RSA_MAX_BITS;
	default:
		return 0;
	}
}

static X509 *
certificate(const json_t *text)
{
	uint8_t der[AAS_JWS_MAX];
	const uint8_t *p = der;
	size_t len = 0;
	X509 *x = NULL;

	if (aas_b64_parse(json_string_value(text), json_string_length(text),
		der, sizeof(der), &len) != AAS_OK)
		return NULL;
	x = d2i_X509(NULL, &p, (long)len);
	if (x != NULL && p != der + len) {
		X509_free(x);
		x = NULL;
	}
	return x;
}

/* The end of the first to end. */
static int
first_end(STACK_OF(X509) * chain, int64_t *until_s)
{
	int64_t least = INT64_MAX;
	struct tm tm;
	time_t t = 0;

	for (int i = 0; i < sk_X509_num(chain); i++) {
		memset(&tm, 0, sizeof(tm));
		if (ASN1_TIME_to_tm(
			X509_get0_notAfter(sk_X509_value(chain, i)), &tm) != 1)
			return -1;
		t = timegm(&tm);
		if ((int64_t)t < least)
			least = (int64_t)t;
	}
	*until_s = least;
	return 0;
}

static int
leaf_fits(X509 *x, const char *name)
{
	uint32_t flags = X509_get_extension_flags(x);

	return (flags & EXFLAG_CA) == 0 && (flags & EXFLAG_KUSAGE) != 0 &&
	    (X509_get_key_usage(x) & X509v3_KU_DIGITAL_SIGNATURE) != 0 &&
	    X509_check_host(x, name, strlen(name),
		X509_CHECK_FLAG_NO_WILDCARDS |
		    X509_CHECK_FLAG_NEVER_CHECK_SUBJECT,
		NULL) == 1;
}

/*
 * 1: it leads to the root at that time; 0: it does not; -1: no memory. *until_s
 * is written too where nothing is against it but that a certificate has ended.
 */
static int
leads_at(X509 *root, X509 *leaf, STACK_OF(X509) * rest, int64_t now_s,
    int64_t *until_s, int *ended)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *par = NULL;
	int r = -1;

	if (store == NULL || ctx == NULL ||
	    X509_STORE_add_cert(store, root) != 1 ||
	    X509_STORE_CTX_init(ctx, store, leaf, rest) != 1)
		goto out;
	par = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(par, (time_t)now_s);
	X509_VERIFY_PARAM_set_depth(par, AAS_CHAIN_MAX);
	X509_VERIFY_PARAM_set_auth_level(par, LEVEL);
	if (X509_VERIFY_PARAM_set_flags(par, X509_V_FLAG_X509_STRICT) != 1)
		goto out;
	r = X509_verify_cert(ctx) == 1;
	*ended = r == 0 &&
	    X509_STORE_CTX_get_error(ctx) == X509_V_ERR_CERT_HAS_EXPIRED;
	if ((r == 1 || *ended) &&
	    first_end(X509_STORE_CTX_get0_chain(ctx), until_s) != 0)
		r = *ended = 0;
out:
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	return r;
}

/*
 * One that has ended is as good as on its last day, and worth nothing since: it
 * is told from one that never was any.
 */
static int
leads(X509 *root, X509 *leaf, STACK_OF(X509) * rest, int64_t now_s,
    int64_t *until_s)
{
	int64_t again_s = 0;
	int ended = 0;
	int r = leads_at(root, leaf, rest, now_s, until_s, &ended);

	if (!ended)
		return r;
	r = leads_at(root, leaf, rest, *until_s - 1, &again_s, &ended);
	return r == 1 && again_s != *until_s ? 0 : r;
}

unsigned
aas_chain_key(json_t *x5c, X509 *root, const char *leaf, int64_t now_s,
    EVP_PKEY **key, int64_t *until_s)
{
	STACK_OF(X509) *rest = sk_X509_new_null();
	X509 *first = NULL;
	unsigned why = AAS_AW_CHAIN;
	int r = 0;

	if (rest == NULL)
		return AAS_AW_UNKNOWN;
	for (size_t i = 0; i < json_array_size(x5c); i++) {
		X509 *x = certificate(json_array_get(x5c, i));

		if (x == NULL)
			goto out;
		if (i == 0)
			first = x;
		else if (sk_X509_push(rest, x) == 0) {
			X509_free(x);
			why = AAS_AW_UNKNOWN;
			goto out;
		}
	}
	if ((r = leads(root, first, rest, now_s, until_s)) < 0)
		why = AAS_AW_UNKNOWN;
	else if (r == 1 && leaf_fits(first, leaf) &&
	    (*key = X509_get_pubkey(first)) != NULL)
		why = AAS_AW_OK;
out:
	X509_free(first);
	sk_X509_pop_free(rest, X509_free);
	return why;
}

/*
 * A JWS in compact form: three parts of base64url, parted by dots.
 *
 * 1. "none" and HMAC MUST be refused before any key is looked at: with HMAC
 *    the public key would be the secret.
 * 2. Nothing in the token MUST choose a key, a certificate or an address:
 *    jwk, jku and x5u are refused, x5c is looked at only for a pinned root.
 * 3. What is signed MUST have one reading: base64url is canonical, no member
 *    comes twice, nothing follows.  (A signature of ECDSA has two forms, so a
 *    token is known by its jti, never by its text.)
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "lib/attest/parts.h"
#include "lib/b64.h"
#include "lib/err.h"
#include "lib/json.h"

#define SIG_MAX 1024 /* RS256 with 8192 bits */

/* One part to its object. */
static unsigned
object_of(const char *s, size_t n, json_t **obj)
{
	json_error_t e;
	char *buf = NULL;
	size_t len = 0;
	unsigned why = AAS_AW_UNKNOWN;

	if ((buf = malloc(n)) == NULL)
		return AAS_AW_UNKNOWN;
	if (aas_b64_url_parse(s, n, buf, n, &len) != AAS_OK) {
		why = AAS_AW_ENCODING;
		goto out;
	}
	if (!aas_json_bounded(buf, len)) {
		why = AAS_AW_JSON;
		goto out;
	}
	*obj = json_loadb(buf, len, JSON_REJECT_DUPLICATES, &e);
	if (*obj != NULL)
		why = AAS_AW_OK;
	else if (json_error_code(&e) == json_error_duplicate_key)
		why = AAS_AW_DUPLICATE;
	else if (json_error_code(&e) != json_error_out_of_memory)
		why = AAS_AW_JSON;
out:
	free(buf);
	return why;
}

/* --- the header ----------------------------------------------------------- */

static unsigned
read_alg(const json_t *alg, unsigned *out)
{
	const char *s = json_string_value(alg);

	if (s == NULL)
		return AAS_AW_ALG;
	if (strcasecmp(s, "none") == 0)
		return AAS_AW_ALG_NONE;
	if (strncasecmp(s, "HS", 2) == 0)
		return AAS_AW_ALG_HMAC;
	if (strcmp(s, "ES256") == 0)
		*out = AAS_JWS_ES256;
	else if (strcmp(s, "EdDSA") == 0)
		*out = AAS_JWS_EDDSA;
	else if (strcmp(s, "RS256") == 0)
		*out = AAS_JWS_RS256;
	return AAS_AW_OK;
}

static int
chain_valid(const json_t *x5c)
{
	size_t n = json_array_size(x5c);

	if (n == 0 || n > AAS_CHAIN_MAX)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (!json_is_string(json_array_get(x5c, i)))
			return 0;
	}
	return 1;
}

/* A member other than alg and crit. */
static unsigned
take_member(struct aas_jws *j, const char *name, json_t *v)
{
	const char *s = json_string_value(v);

	if (strcmp(name, "alg") == 0)
		return AAS_AW_OK;
	if (strcmp(name, "kid") == 0 && s != NULL && s[0] != '\0' &&
	    aas_json_str(v, j->kid, sizeof(j->kid)) == AAS_OK)
		return AAS_AW_OK;
	if (strcmp(name, "typ") == 0 && s != NULL &&
	    (strcmp(s, "JWT") == 0 || strcmp(s, "aas+jwt") == 0))
		return AAS_AW_OK;
	if (strcmp(name, "x5c") == 0 && chain_valid(v)) {
		j->x5c = v;
		return AAS_AW_OK;
	}
	return AAS_AW_HEADER;
}

static unsigned
read_header(struct aas_jws *j)
{
	unsigned why = read_alg(json_object_get(j->header, "alg"), &j->alg);
	void *it = json_object_iter(j->header);

	if (why != AAS_AW_OK)
		return why;
	if (json_object_get(j->header, "crit") != NULL)
		return AAS_AW_CRIT;
	for (; it != NULL && why == AAS_AW_OK;
	     it = json_object_iter_next(j->header, it))
		why = take_member(
		    j, json_object_iter_key(it), json_object_iter_value(it));
	return why;
}

/* --- the whole ------------------------------------------------------------ */

static unsigned
take_apart(struct aas_jws *j, const char *text, size_t len)
{
	const char *a = NULL;
	const char *b = NULL;
	unsigned why = AAS_AW_UNKNOWN;

	if (len > AAS_JWS_MAX)
		return AAS_AW_OVERSIZED;
	a = memchr(text, '.', len);
	if (a == NULL || a == text)
		return AAS_AW_TRUNCATED;
	b = memchr(a + 1, '.', len - (size_t)(a + 1 - text));
	if (b == NULL || b == a + 1 ||
	    memchr(b + 1, '.', len - (size_t)(b + 1 - text)) != NULL)
		return AAS_AW_TRUNCATED;
	why = object_of(text, (size_t)(a - text), &j->header);
	if (why == AAS_AW_OK)
		why = read_header(j);
	if (why == AAS_AW_OK)
		why = object_of(a + 1, (size_t)(b - a - 1), &j->payload);
	j->text = text;
	j->signed_len = (size_t)(b - text);
	j->sig = b + 1;
	j->sig_len = len - j->signed_len - 1;
	return why;
}

unsigned
aas_jws_open(const char *text, size_t len, struct aas_jws *j)
{
	unsigned why = AAS_AW_UNKNOWN;

	memset(j, 0, sizeof(*j));
	why = len == 0 ? AAS_AW_TRUNCATED : take_apart(j, text, len);
	if (why != AAS_AW_OK)
		aas_jws_close(j);
	return why;
}

json_t *
aas_jws_payload(const char *text, size_t len)
{
	const char *end = text + len;
	const char *a = len <= AAS_JWS_MAX ? memchr(text, '.', len) : NULL;
	const char *b = NULL;
	json_t *obj = NULL;

	if (a == NULL || ++a == end)
		return NULL;
	if ((b = memchr(a, '.', (size_t)(end - a))) == NULL)
		b = end;
	if (b == a || object_of(a, (size_t)(b - a), &obj) != AAS_AW_OK)
		return NULL;
	return obj;
}

void
aas_jws_close(struct aas_jws *j)
{
	json_decref(j->header);
	json_decref(j->payload);
	memset(j, 0, sizeof(*j));
}

/* --- the signature -------------------------------------------------------- */

/* r || s to what OpenSSL takes.  Source: RFC 7518 section 3.4. */
static int
der_of(const uint8_t raw[64], uint8_t *der, size_t cap, size_t *len)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, 32, NULL);
	BIGNUM *s = BN_bin2bn(raw + 32, 32, NULL);
	int n = -1;

	if (sig == NULL || ECDSA_SIG_set0(sig, r, s) != 1) {
		BN_free(r);
		BN_free(s);
		ECDSA_SIG_free(sig);
		return -1;
	}
	n = i2d_ECDSA_SIG(sig, NULL);
	if (n > 0 && (size_t)n <= cap)
		n = i2d_ECDSA_SIG(sig, &der);
	else
		n = -1;
	ECDSA_SIG_free(sig);
	if (n <= 0)
		return -1;
	*len = (size_t)n;
	return 0;
}

/* A blank, padding or a second line at the end is no forgery. */
static int
is_base64url(const char *s, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789-_";

	for (size_t i = 0; i < n; i++) {
		if (memchr(digits, s[i], sizeof(digits) - 1) == NULL)
			return 0;
	}
	return 1;
}

static unsigned
check(const struct aas_jws *j, unsigned alg, EVP_PKEY *key)
{
	size_t need =
	    alg == AAS_JWS_RS256 ? (size_t)EVP_PKEY_get_size(key) : 64;
	uint8_t raw[SIG_MAX], der[SIG_MAX];
	const uint8_t *sig = raw;
	size_t len = 0;
	EVP_MD_CTX *ctx = NULL;
	unsigned why = AAS_AW_SIGNATURE;

	if (!is_base64url(j->sig, j->sig_len))
		return AAS_AW_ENCODING;
	if (j->sig_len < (need * 8 + 5) / 6)
		return AAS_AW_TRUNCATED;
	if (j->sig_len > (need * 8 + 5) / 6 || need > sizeof(raw))
		return AAS_AW_SIGNATURE;
	if (aas_b64_url_parse(j->sig, j->sig_len, raw, sizeof(raw), &len) !=
		AAS_OK ||
	    len != need)
		return AAS_AW_ENCODING;
	if (alg == AAS_JWS_ES256) {
		if (der_of(raw, der, sizeof(der), &len) != 0)
			return AAS_AW_SIGNATURE;
		sig = der;
	}
	if ((ctx = EVP_MD_CTX_new()) == NULL)
		return AAS_AW_UNKNOWN;
	if (EVP_DigestVerifyInit_ex(ctx, NULL,
		alg == AAS_JWS_EDDSA ? NULL : "SHA256", NULL, NULL, key,
		NULL) != 1)
		why = AAS_AW_UNKNOWN;
	else if (EVP_DigestVerify(ctx, sig, len, (const uint8_t *)j->text,
		     j->signed_len) == 1)
		why = AAS_AW_OK;
	EVP_MD_CTX_free(ctx);
	return why;
}

unsigned
aas_jws_verify(const struct aas_jws *j, const struct aas_signer *s,
    int64_t now_s, int64_t *until_s)
{
	EVP_PKEY *key = NULL;
	int64_t until = INT64_MAX;
	unsigned why = AAS_AW_UNKNOWN;

	if (j->alg == 0 || j->alg != s->alg)
		return AAS_AW_ALG;
	if (s->key != NULL) {
		why = j->x5c != NULL ? AAS_AW_HEADER : check(j, s->alg, s->key);
	} else {
		why = j->x5c == NULL ? AAS_AW_CHAIN
				     : aas_chain_key(j->x5c, s->root, s->leaf,
					   now_s, &key, &until);
		if (why == AAS_AW_OK && !aas_key_fits(key, s->alg))
			why = AAS_AW_CHAIN;
		if (why == AAS_AW_OK)
			why = check(j, s->alg, key);
	}
	EVP_PKEY_free(key);
	ERR_clear_error();
	if (why == AAS_AW_OK)
		*until_s = until;
	return why;
}

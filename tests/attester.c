/*
 * An organization in memory; attester.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/b64.h"
#include "tests/attester.h"

static void
must(int ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "attester: %s\n", what);
		exit(1);
	}
}

EVP_PKEY *
attester_rsa(unsigned bits)
{
	EVP_PKEY *k = EVP_RSA_gen(bits);

	must(k != NULL, "rsa");
	return k;
}

EVP_PKEY *
attester_key(unsigned alg)
{
	EVP_PKEY *k = NULL;

	if (alg == AAS_JWS_RS256)
		return attester_rsa(2048);
	k = alg == AAS_JWS_ES256 ? EVP_EC_gen("P-256")
				 : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	must(k != NULL, "key");
	return k;
}

static char *
take_bio(BIO *b)
{
	char *p = NULL;
	char *s = NULL;
	long n = BIO_get_mem_data(b, &p);

	must(n > 0 && (s = strndup(p, (size_t)n)) != NULL, "bio");
	BIO_free(b);
	return s;
}

char *
attester_public(EVP_PKEY *key)
{
	BIO *b = BIO_new(BIO_s_mem());

	must(PEM_write_bio_PUBKEY(b, key) == 1, "public key");
	return take_bio(b);
}

char *
attester_pem(X509 *x)
{
	BIO *b = BIO_new(BIO_s_mem());

	must(PEM_write_bio_X509(b, x) == 1, "certificate");
	return take_bio(b);
}

char *
attester_der64(X509 *x)
{
	uint8_t *der = NULL;
	int n = i2d_X509(x, &der);
	char *s = NULL;

	must(n > 0 && (s = malloc(AAS_B64_TEXT(n))) != NULL, "der");
	aas_b64_format(der, (size_t)n, s);
	OPENSSL_free(der);
	return s;
}

size_t
attester_sign(
    EVP_PKEY *key, unsigned alg, const void *p, size_t n, uint8_t sig[1024])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[1024];
	const uint8_t *d = der;
	size_t len = sizeof(der);
	ECDSA_SIG *es = NULL;

	must(EVP_DigestSignInit_ex(ctx, NULL,
		 alg == AAS_JWS_EDDSA ? NULL : "SHA256", NULL, NULL, key,
		 NULL) == 1 &&
		EVP_DigestSign(ctx, der, &len, p, n) == 1,
	    "sign");
	EVP_MD_CTX_free(ctx);
	if (alg != AAS_JWS_ES256) {
		memcpy(sig, der, len);
		return len;
	}
	must((es = d2i_ECDSA_SIG(NULL, &d, (long)len)) != NULL &&
		BN_bn2binpad(ECDSA_SIG_get0_r(es), sig, 32) == 32 &&
		BN_bn2binpad(ECDSA_SIG_get0_s(es), sig + 32, 32) == 32,
	    "raw");
	ECDSA_SIG_free(es);
	return 64;
}

char *
attester_b64url(const void *p, size_t n)
{
	char *s = malloc(AAS_B64_TEXT(n));

	must(s != NULL, "memory");
	aas_b64_format(p, n, s);
	for (char *c = s; *c != '\0'; c++) {
		if (*c == '+')
			*c = '-';
		else if (*c == '/')
			*c = '_';
		else if (*c == '=')
			*c-- = '\0';
	}
	return s;
}

char *
attester_token(
    EVP_PKEY *key, unsigned alg, const char *header, const char *claims)
{
	char *h = attester_b64url(header, strlen(header));
	char *c = attester_b64url(claims, strlen(claims));
	char *in = NULL, *s = NULL, *out = NULL;
	uint8_t sig[1024];

	must(asprintf(&in, "%s.%s", h, c) > 0, "memory");
	if (key != NULL)
		s = attester_b64url(
		    sig, attester_sign(key, alg, in, strlen(in), sig));
	must(asprintf(&out, "%s.%s", in, s != NULL ? s : "") > 0, "memory");
	free(h);
	free(c);
	free(in);
	free(s);
	return out;
}

static void
extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e = NULL;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(e != NULL && X509_add_ext(x, e, -1) == 1, value);
	X509_EXTENSION_free(e);
}

X509 *
attester_cert(
    const struct attester_cert *c, EVP_PKEY *key, X509 *issuer, EVP_PKEY *by)
{
	static long serial = 1;
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	char san[300];

	must(X509_set_version(x, X509_VERSION_3) == 1 &&
		ASN1_INTEGER_set(X509_get_serialNumber(x), serial++) == 1 &&
		ASN1_TIME_set(X509_getm_notBefore(x), (time_t)c->from) &&
		ASN1_TIME_set(X509_getm_notAfter(x), (time_t)c->until) &&
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
		    (const unsigned char *)c->name, -1, -1, 0) == 1 &&
		X509_set_issuer_name(
		    x, issuer != NULL ? X509_get_subject_name(issuer) : name) ==
		    1 &&
		X509_set_pubkey(x, key) == 1,
	    "certificate");
	if (issuer == NULL)
		issuer = x;
	extend(x, issuer, NID_basic_constraints,
	    c->ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	extend(x, issuer, NID_key_usage,
	    c->ca             ? "critical,keyCertSign,cRLSign"
		: c->no_usage ? "critical,keyAgreement"
			      : "critical,digitalSignature");
	extend(x, issuer, NID_subject_key_identifier, "hash");
	extend(x, issuer, NID_authority_key_identifier, "keyid");
	if (!c->ca) {
		snprintf(san, sizeof(san), "DNS:%s", c->name);
		extend(x, issuer, NID_subject_alt_name, san);
	}
	must(X509_sign(
		 x, by, EVP_PKEY_is_a(by, "ED25519") ? NULL : EVP_sha256()) > 0,
	    "sign certificate");
	return x;
}

/*
 * A signer's keys, and what counts as evidence of a sign-in.
 *
 * 1. A PAM service where passwords are asked for MUST NOT be evidence: see
 *    lib/service.h.
 * 2. A private key MUST NOT lie on this host: one is refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/attest/parts.h"
#include "lib/b64.h"
#include "lib/err.h"
#include "lib/service.h"

#define SSHPK_MAX 4096 /* bytes of an authority's key */

/* --- evidence ------------------------------------------------------------- */

int
aas_signer_evidence(const struct aas_signer *s)
{
	for (size_t i = 0; s->services[i] != NULL; i++) {
		if (aas_service_shared(s->services[i]))
			return 0;
	}
	return s->services[0] != NULL || s->cas[0] != NULL;
}

/* --- keys ----------------------------------------------------------------- */

static int
complain(char err[AAS_SIGNER_ERR], const char *what)
{
	(void)snprintf(err, AAS_SIGNER_ERR, "%s", what);
	return AAS_ERR_FORMAT;
}

/* One PEM block called name, and no other. */
static BIO *
one_block(const char *pem, size_t len, const char *name, char *err)
{
	static const char begin[] = "-----BEGIN ";
	const char *p = memmem(pem, len, begin, sizeof(begin) - 1);
	size_t n = strlen(name);
	size_t left = 0;
	BIO *b = NULL;

	if (memmem(pem, len, "PRIVATE KEY", 11) != NULL) {
		(void)complain(
		    err, "holds a private key, which must not be on this host");
		return NULL;
	}
	if (p != NULL) {
		p += sizeof(begin) - 1;
		left = len - (size_t)(p - pem);
	}
	if (p == NULL || left < n || memcmp(p, name, n) != 0 ||
	    memmem(p, left, begin, sizeof(begin) - 1) != NULL ||
	    len > AAS_PEM_MAX) {
		(void)snprintf(err, AAS_SIGNER_ERR,
		    "must hold exactly one PEM block, \"%s\"", name);
		return NULL;
	}
	if ((b = BIO_new_mem_buf(pem, (int)len)) == NULL)
		(void)complain(err, "no memory");
	return b;
}

int
aas_signer_key(
    struct aas_signer *s, const char *pem, size_t len, char err[AAS_SIGNER_ERR])
{
	BIO *b = NULL;
	EVP_PKEY *key = NULL;
	int r = AAS_OK;

	err[0] = '\0';
	if (aas_attest_init() != AAS_OK)
		return complain(err, "OpenSSL cannot be used");
	if ((b = one_block(pem, len, "PUBLIC KEY", err)) == NULL)
		return AAS_ERR_FORMAT;
	key = PEM_read_bio_PUBKEY(b, NULL, NULL, NULL);
	if (key == NULL)
		r = complain(err, "is not a public key");
	else if (!aas_key_fits(key, s->alg))
		r = complain(err,
		    "is not a key of the configured alg (RS256 takes 2048 to "
		    "8192 bits, ES256 the curve P-256, EdDSA Ed25519)");
	BIO_free(b);
	ERR_clear_error();
	if (r == AAS_OK)
		s->key = key;
	else
		EVP_PKEY_free(key);
	return r;
}

int
aas_signer_root(
    struct aas_signer *s, const char *pem, size_t len, char err[AAS_SIGNER_ERR])
{
	BIO *b = NULL;
	X509 *x = NULL;
	int r = AAS_OK;

	err[0] = '\0';
	if (aas_attest_init() != AAS_OK)
		return complain(err, "OpenSSL cannot be used");
	if ((b = one_block(pem, len, "CERTIFICATE", err)) == NULL)
		return AAS_ERR_FORMAT;
	x = PEM_read_bio_X509(b, NULL, NULL, NULL);
	if (x == NULL)
		r = complain(err, "is not a certificate");
	else if (X509_check_ca(x) != 1 || X509_self_signed(x, 1) != 1)
		r = complain(
		    err, "is not the root certificate of an authority");
	BIO_free(b);
	ERR_clear_error();
	if (r == AAS_OK)
		s->root = x;
	else
		X509_free(x);
	return r;
}

/* --- SSH authorities ------------------------------------------------------ */

/* "type base64 comment" to the length of its base64; 0: it is not that. */
static size_t
ca_text(const char *line, size_t len, const char **text)
{
	const char *sp = memchr(line, ' ', len);
	uint8_t blob[SSHPK_MAX];
	size_t type = 0;
	size_t n = 0;
	size_t got = 0;

	if (sp == NULL)
		return 0;
	type = (size_t)(sp - line);
	*text = sp + 1;
	while (type + 1 + n < len && sp[1 + n] != ' ' && sp[1 + n] != '\t')
		n++;
	if (aas_b64_parse(*text, n, blob, sizeof(blob), &got) != AAS_OK)
		return 0;
	/* The key itself says its type first. */
	if (got <= 4 + type || blob[0] != 0 || blob[1] != 0 ||
	    ((size_t)blob[2] << 8 | blob[3]) != type ||
	    memcmp(blob + 4, line, type) != 0 ||
	    memmem(line, type, "-cert-v", 7) != NULL)
		return 0;
	return n;
}

static int
ca_line(struct aas_signer *s, const char *line, size_t len, char *err)
{
	const char *text = NULL;
	size_t have = 0;
	size_t n = 0;

	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == ' '))
		len--;
	if (len == 0 || line[0] == '#')
		return AAS_OK;
	if ((n = ca_text(line, len, &text)) == 0)
		return complain(err,
		    "must hold public keys as ssh-keygen(1) writes them, one "
		    "per line, without options");
	while (s->cas[have] != NULL)
		have++;
	if (have >= AAS_SIGNER_NAMES)
		return complain(err, "too many authorities");
	if ((s->cas[have] = strndup(text, n)) == NULL)
		return AAS_ERR_NOMEM;
	return AAS_OK;
}

int
aas_signer_ca(struct aas_signer *s, const char *text, size_t len,
    char err[AAS_SIGNER_ERR])
{
	const char *end = text + len;
	int r = AAS_OK;

	err[0] = '\0';
	while (text < end && r == AAS_OK) {
		const char *nl = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((nl != NULL ? nl : end) - text);

		r = ca_line(s, text, n, err);
		text += n + 1;
	}
	if (r == AAS_OK && s->cas[0] == NULL)
		r = complain(err, "holds no public key");
	return r;
}

/* --- the end -------------------------------------------------------------- */

static void
free_list(char **list)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		free(list[i]);
	free(list);
}

void
aas_signer_free(struct aas_signer *s)
{
	free(s->key_path);
	free(s->root_path);
	free_list(s->users);
	free_list(s->groups);
	free_list(s->services);
	free_list(s->ca_paths);
	free_list(s->cas);
	EVP_PKEY_free(s->key);
	X509_free(s->root);
	memset(s, 0, sizeof(*s));
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/record/recovery.h"
#include "tests/signer.h"

static void
must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "signer: %s failed\n", what);
	abort();
}

static EVP_PKEY *
make(struct aas_cred *c, const char *prefix, const char *realm, int32_t alg)
{
	uint8_t point[65];
	size_t len = sizeof(point);
	EVP_PKEY *k = NULL;

	memset(c, 0, sizeof(*c));
	(void)snprintf(c->rp, sizeof(c->rp), "%s%s", prefix, realm);
	c->alg = alg;
	c->id_len = 64;
	must(RAND_bytes(c->id, c->id_len) == 1, "RAND_bytes");
	if (alg == AAS_ALG_EDDSA) {
		k = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		must(k != NULL &&
			EVP_PKEY_get_raw_public_key(k, point, &len) == 1 &&
			len == 32,
		    "Ed25519 key");
		memcpy(c->pk, point, 32);
		c->pk_len = 32;
		return k;
	}
	k = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	must(k != NULL &&
		EVP_PKEY_get_octet_string_param(k, OSSL_PKEY_PARAM_PUB_KEY,
		    point, sizeof(point), &len) == 1 &&
		len == 65,
	    "P-256 key");
	memcpy(c->pk, point + 1, 64);
	c->pk_len = 64;
	return k;
}

void
signer_new(struct signer *s, const char *label, const char *realm, int32_t alg)
{
	memset(s, 0, sizeof(*s));
	(void)snprintf(s->key.label, sizeof(s->key.label), "%s", label);
	s->login = make(&s->key.login, "", realm, alg);
	s->ssh = make(&s->key.ssh, "ssh:", realm, alg);
	memset(s->key.aaguid, 0x5a, sizeof(s->key.aaguid));
	s->key.transports = AAS_TR_USB;
	s->key.roaming = 1;
	s->flags = AAS_AD_UP | AAS_AD_UV;
}

void
signer_free(struct signer *s)
{
	EVP_PKEY_free(s->login);
	EVP_PKEY_free(s->ssh);
	s->login = s->ssh = NULL;
}

void
signer_sign(const struct signer *s, const uint8_t *auth, size_t len,
    const uint8_t hash[32], struct aas_proof *pf)
{
	uint8_t msg[sizeof(pf->auth) + 32];
	size_t sig_len = sizeof(pf->sig);
	const char *md = s->key.login.alg == AAS_ALG_ES256 ? "SHA256" : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	memset(pf, 0, sizeof(*pf));
	pf->id_len = s->key.login.id_len;
	memcpy(pf->id, s->key.login.id, pf->id_len);
	pf->auth_len = (uint16_t)len;
	memcpy(pf->auth, auth, len);
	memcpy(msg, auth, len);
	memcpy(msg + len, hash, 32);
	must(ctx != NULL &&
		EVP_DigestSignInit_ex(
		    ctx, NULL, md, NULL, NULL, s->login, NULL) == 1 &&
		EVP_DigestSign(ctx, pf->sig, &sig_len, msg, len + 32) == 1,
	    "signature");
	pf->sig_len = (uint16_t)sig_len;
	EVP_MD_CTX_free(ctx);
}

void
signer_prove(struct signer *s, const uint8_t hash[32], struct aas_proof *pf)
{
	uint8_t auth[37];

	must(aas_sha256(s->key.login.rp, strlen(s->key.login.rp), NULL, 0, NULL,
		 0, auth) == AAS_OK,
	    "hash");
	auth[32] = s->flags;
	auth[33] = (uint8_t)(s->counter >> 24);
	auth[34] = (uint8_t)(s->counter >> 16);
	auth[35] = (uint8_t)(s->counter >> 8);
	auth[36] = (uint8_t)s->counter;
	if (s->counter != 0)
		s->counter++;
	signer_sign(s, auth, sizeof(auth), hash, pf);
}

void
chain_init(struct chain *c, const char *user, uint32_t uid)
{
	memset(c, 0, sizeof(*c));
	(void)snprintf(c->user, sizeof(c->user), "%s", user);
	c->uid = uid;
}

void
chain_free(struct chain *c)
{
	free(c->p);
	c->p = NULL;
	c->len = 0;
}

void
chain_entry(const struct chain *c, enum aas_type type, struct aas_entry *e)
{
	memset(e, 0, sizeof(*e));
	e->type = type;
	e->seq = c->pin.seq + 1;
	memcpy(e->prev, c->pin.head, sizeof(e->prev));
	memcpy(e->user, c->user, sizeof(e->user));
	e->uid = c->uid;
	(void)snprintf(e->realm, sizeof(e->realm), SIGNER_REALM);
	e->time_s = 1780000000 + (int64_t)c->pin.seq;
	(void)snprintf(e->host, sizeof(e->host), "host1");
	e->recovery_wait_s = 48 * 3600;
}

char *
chain_sign(const struct aas_entry *e, struct signer *const *by, size_t n,
    const uint8_t *rkey)
{
	struct aas_proof *pf = calloc(n + 1, sizeof(*pf));
	uint8_t hash[32];
	uint8_t rsig[64];
	uint8_t rpub[32];
	char *json = NULL;
	char *line = NULL;

	must(pf != NULL && aas_entry_payload(e, &json) == AAS_OK &&
		aas_entry_challenge(json, hash) == AAS_OK,
	    "payload");
	for (size_t i = 0; i < n; i++)
		signer_prove(by[i], hash, &pf[i]);
	if (rkey != NULL)
		must(aas_recovery_sign(rkey, hash, rsig) == AAS_OK &&
			aas_recovery_public(rkey, rpub) == AAS_OK,
		    "recovery key");
	must(aas_entry_line(json, pf, n, rkey == NULL ? NULL : rsig,
		 rkey == NULL ? NULL : rpub, &line) == AAS_OK,
	    "line");
	free(json);
	free(pf);
	return line;
}

void
chain_add(struct chain *c, const char *line)
{
	size_t n = strlen(line);

	c->p = realloc(c->p, c->len + n + 1);
	must(c->p != NULL, "realloc");
	memcpy(c->p + c->len, line, n + 1);
	c->len += n;
	must(aas_sha256(line, n, NULL, 0, NULL, 0, c->pin.head) == AAS_OK,
	    "hash");
	if (c->pin.seq++ == 0)
		memcpy(c->pin.genesis, c->pin.head, sizeof(c->pin.head));
}

char *
chain_genesis(const struct chain *c, struct signer *const *by, size_t n,
    const uint8_t *rkey)
{
	struct aas_entry *e = malloc(sizeof(*e));
	char *line = NULL;

	must(e != NULL, "malloc");
	chain_entry(c, AAS_T_GENESIS, e);
	for (size_t i = 0; i < n; i++)
		e->keys[i] = by[i]->key;
	e->keys_n = (uint8_t)n;
	if (rkey != NULL) {
		must(aas_recovery_public(rkey, e->recovery[0]) == AAS_OK,
		    "recovery key");
		e->recovery_n = 1;
	}
	line = chain_sign(e, by, n, NULL);
	free(e);
	return line;
}

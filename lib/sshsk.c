/*
 * Security keys as OpenSSH writes them, and the answers of its agent.
 *
 * 1. Every length MUST be checked against what is left, and nothing may be
 *    left at the end.
 * 2. Nothing here MUST count as verified: lib/assertion.c does that.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/sshsk.h"
#include "lib/wire.h"

#define ECDSA     "sk-ecdsa-sha2-nistp256@openssh.com"
#define ED25519   "sk-ssh-ed25519@openssh.com"
#define MPINT_MAX 33 /* of P-256, with the byte that says it is no negative */

static int
is_text(const uint8_t *p, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(p, text, len) == 0;
}

/* The type of a key or signature; 0 is none of ours. */
static int32_t
type_of(struct aas_rd *r)
{
	size_t len = 0;
	const uint8_t *p = aas_rd_part(r, &len);

	if (p == NULL)
		return 0;
	return is_text(p, len, ECDSA)  ? AAS_ALG_ES256
	    : is_text(p, len, ED25519) ? AAS_ALG_EDDSA
				       : 0;
}

static void
get_point(struct aas_rd *r, struct aas_cred *c)
{
	size_t want = c->alg == AAS_ALG_ES256 ? 65 : 32, len = 0;
	const uint8_t *p = NULL;

	if (c->alg == AAS_ALG_ES256) {
		p = aas_rd_part(r, &len);
		if (p == NULL || !is_text(p, len, "nistp256")) {
			r->bad = 1;
			return;
		}
	}
	p = aas_rd_part(r, &len);
	if (p == NULL || len != want ||
	    (c->alg == AAS_ALG_ES256 && p[0] != 4)) {
		r->bad = 1;
		return;
	}
	c->pk_len = (uint16_t)(want & ~1u); /* without the 4 */
	memcpy(c->pk, p + (want & 1), c->pk_len);
}

int
aas_sshsk_key(const uint8_t *blob, size_t len, struct aas_cred *cred)
{
	const uint8_t *p = NULL;
	struct aas_rd r;
	size_t n = 0;

	memset(cred, 0, sizeof(*cred));
	aas_rd_init(&r, blob, len);
	if ((cred->alg = type_of(&r)) == 0)
		return AAS_ERR_FORMAT;
	get_point(&r, cred);
	p = aas_rd_part(&r, &n);
	if (r.bad || aas_rd_end(&r) != AAS_OK || n == 0 ||
	    n >= sizeof(cred->rp) || memchr(p, '\0', n) != NULL) {
		memset(cred, 0, sizeof(*cred));
		return AAS_ERR_FORMAT;
	}
	memcpy(cred->rp, p, n);
	return AAS_OK;
}

static void
put_string(struct aas_wr *w, const void *p, size_t len)
{
	aas_wr_u32(w, (uint32_t)len);
	aas_wr_raw(w, p, len);
}

int
aas_sshsk_put(
    const struct aas_cred *cred, uint8_t *buf, size_t cap, size_t *len)
{
	uint8_t point[65] = { 4 };
	struct aas_wr w;

	aas_wr_init(&w, buf, cap);
	if (cred->alg == AAS_ALG_ES256 && cred->pk_len == 64) {
		memcpy(point + 1, cred->pk, 64);
		put_string(&w, ECDSA, sizeof(ECDSA) - 1);
		put_string(&w, "nistp256", 8);
		put_string(&w, point, sizeof(point));
	} else if (cred->alg == AAS_ALG_EDDSA && cred->pk_len == 32) {
		put_string(&w, ED25519, sizeof(ED25519) - 1);
		put_string(&w, cred->pk, 32);
	} else {
		return AAS_ERR_INVAL;
	}
	put_string(&w, cred->rp, strnlen(cred->rp, sizeof(cred->rp)));
	return aas_wr_end(&w, len);
}

/* An SSH mpint and the content of a DER integer are the same bytes. */
static void
put_integer(struct aas_rd *r, struct aas_wr *w)
{
	size_t len = 0;
	const uint8_t *p = aas_rd_part(r, &len);

	if (p == NULL || len == 0 || len > MPINT_MAX) {
		r->bad = 1;
		return;
	}
	aas_wr_u8(w, 2);
	aas_wr_u8(w, (uint8_t)len);
	aas_wr_raw(w, p, len);
}

static void
get_ecdsa(const uint8_t *p, size_t len, struct aas_proof *pf)
{
	uint8_t body[2 * (MPINT_MAX + 2)];
	struct aas_rd r;
	struct aas_wr w;
	size_t n = 0;

	aas_rd_init(&r, p, len);
	aas_wr_init(&w, body, sizeof(body));
	put_integer(&r, &w);
	put_integer(&r, &w);
	if (r.bad || aas_rd_end(&r) != AAS_OK || aas_wr_end(&w, &n) != AAS_OK)
		return;
	pf->sig[0] = 0x30;
	pf->sig[1] = (uint8_t)n;
	memcpy(pf->sig + 2, body, n);
	pf->sig_len = (uint16_t)(n + 2);
}

int
aas_sshsk_sig(const uint8_t *sig, size_t len, const struct aas_cred *cred,
    const uint8_t rp_hash[32], struct aas_proof *pf)
{
	const uint8_t *p = NULL;
	struct aas_rd r;
	size_t n = 0;

	memset(pf, 0, sizeof(*pf));
	aas_rd_init(&r, sig, len);
	if (cred->alg == 0 || type_of(&r) != cred->alg ||
	    (p = aas_rd_part(&r, &n)) == NULL)
		return AAS_ERR_FORMAT;
	if (cred->alg == AAS_ALG_ES256) {
		get_ecdsa(p, n, pf);
	} else if (n == 64) {
		memcpy(pf->sig, p, n);
		pf->sig_len = (uint16_t)n;
	}
	memcpy(pf->auth, rp_hash, 32);
	aas_rd_raw(&r, pf->auth + 32, 5); /* flags, counter */
	pf->auth_len = 37;
	if (pf->sig_len == 0 || r.bad || aas_rd_end(&r) != AAS_OK) {
		memset(pf, 0, sizeof(*pf));
		return AAS_ERR_FORMAT;
	}
	return AAS_OK;
}

int
aas_agent_has(
    const uint8_t *msg, size_t len, const uint8_t *blob, size_t blob_len)
{
	struct aas_rd r;
	uint32_t n = 0;
	int has = 0;

	aas_rd_init(&r, msg, len);
	if (aas_rd_u8(&r) != AAS_AGENT_IDS)
		return AAS_ERR_FORMAT;
	n = aas_rd_u32(&r);
	if (r.bad || n > AAS_AGENT_KEYS_MAX)
		return AAS_ERR_FORMAT;
	for (uint32_t i = 0; i < n && !r.bad; i++) {
		size_t key_len = 0, comment = 0;
		const uint8_t *key = aas_rd_part(&r, &key_len);

		(void)aas_rd_part(&r, &comment);
		if (key != NULL && key_len == blob_len &&
		    memcmp(key, blob, blob_len) == 0)
			has = 1;
	}
	return r.bad || aas_rd_end(&r) != AAS_OK ? AAS_ERR_FORMAT : has;
}

int
aas_agent_signed(
    const uint8_t *msg, size_t len, const uint8_t **sig, size_t *sig_len)
{
	const uint8_t *p = NULL;
	struct aas_rd r;
	size_t n = 0;

	aas_rd_init(&r, msg, len);
	if (aas_rd_u8(&r) != AAS_AGENT_SIGNED)
		return r.bad ? AAS_ERR_FORMAT : AAS_ERR_DENIED;
	p = aas_rd_part(&r, &n);
	if (r.bad || aas_rd_end(&r) != AAS_OK || n == 0 || n > AAS_SSHSIG_MAX)
		return AAS_ERR_FORMAT;
	*sig = p;
	*sig_len = n;
	return AAS_OK;
}

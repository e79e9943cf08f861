/*
 * The authenticator data of a credential that was just made, from a key that
 * nobody has reason to trust yet.
 *
 * 1. Only the canonical forms MUST be read; anything else is refused, never
 *    repaired: a lax parser would let two readers see two keys.
 */
#include <string.h>

#include "lib/assertion.h"
#include "lib/ceremony/made.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "lib/wire.h"

/* {1: 2, 3: -7, -1: 1, -2: bytes(32), -3: bytes(32)} up to x, then to y. */
static const uint8_t es256_x[] = { 0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01,
	0x21, 0x58, 0x20 };
static const uint8_t es256_y[] = { 0x22, 0x58, 0x20 };
/* {1: 1, 3: -8, -1: 6, -2: bytes(32)} up to x. */
static const uint8_t eddsa_x[] = { 0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06,
	0x21, 0x58, 0x20 };

static int
cose(const uint8_t *p, size_t len, struct aas_cred *c)
{
	if (len == sizeof(es256_x) + 32 + sizeof(es256_y) + 32 &&
	    memcmp(p, es256_x, sizeof(es256_x)) == 0 &&
	    memcmp(p + sizeof(es256_x) + 32, es256_y, sizeof(es256_y)) == 0) {
		c->alg = AAS_ALG_ES256;
		c->pk_len = 64;
		memcpy(c->pk, p + sizeof(es256_x), 32);
		memcpy(c->pk + 32, p + len - 32, 32);
		return aas_pk_valid(c->alg, c->pk, c->pk_len);
	}
	if (len == sizeof(eddsa_x) + 32 &&
	    memcmp(p, eddsa_x, sizeof(eddsa_x)) == 0) {
		c->alg = AAS_ALG_EDDSA;
		c->pk_len = 32;
		memcpy(c->pk, p + sizeof(eddsa_x), 32);
		return aas_pk_valid(c->alg, c->pk, c->pk_len);
	}
	return AAS_ERR_FORMAT;
}

int
aas_made_parse(const uint8_t *auth, size_t len, const char *rp, int need_uv,
    struct aas_cred *cred, uint8_t *flags, uint32_t *counter,
    uint8_t aaguid[16], unsigned *why)
{
	uint8_t want[32], hash[32], guid[16];
	struct aas_cred c;
	struct aas_rd r;
	size_t n = 0;
	uint32_t count;
	uint8_t f;
	int e;

	memset(&c, 0, sizeof(c));
	*why = AAS_WHY_AUTHDATA;
	if (strlen(rp) >= sizeof(c.rp))
		return AAS_ERR_INVAL;
	memcpy(c.rp, rp, strlen(rp));
	aas_rd_init(&r, auth, len);
	aas_rd_raw(&r, hash, sizeof(hash));
	f = aas_rd_u8(&r);
	count = aas_rd_u32(&r);
	aas_rd_raw(&r, guid, sizeof(guid));
	aas_rd_bytes(&r, c.id, sizeof(c.id), &n);
	if (r.bad || n == 0)
		return AAS_ERR_FORMAT;
	c.id_len = (uint16_t)n;
	if ((e = aas_sha256(rp, strlen(rp), NULL, 0, NULL, 0, want)) != AAS_OK)
		return e;
	if (memcmp(want, hash, sizeof(hash)) != 0) {
		*why = AAS_WHY_RP;
		return AAS_ERR_CRYPTO;
	}
	if (!(f & AAS_AD_AT) ||
	    (f &
		~(AAS_AD_UP | AAS_AD_UV | AAS_AD_BE | AAS_AD_BS | AAS_AD_AT)) !=
		0)
		return AAS_ERR_FORMAT;
	if (!(f & AAS_AD_UP) || (need_uv && !(f & AAS_AD_UV))) {
		*why = f & AAS_AD_UP ? AAS_WHY_UV : AAS_WHY_UP;
		return AAS_ERR_CRYPTO;
	}
	if ((f & AAS_AD_BS) && !(f & AAS_AD_BE)) {
		*why = AAS_WHY_BACKUP;
		return AAS_ERR_FORMAT;
	}
	if ((e = cose(r.p, r.len, &c)) != AAS_OK)
		return e;
	*cred = c;
	*flags = f;
	*counter = count;
	memcpy(aaguid, guid, sizeof(guid));
	*why = AAS_WHY_OK;
	return AAS_OK;
}

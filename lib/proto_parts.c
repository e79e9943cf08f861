/*
 * What several payloads of the helper protocol have in them.
 *
 * 1. Every count and length MUST be checked before it is used as a bound.
 */
#include "lib/proto_parts.h"

#include "lib/str.h"

void
aas_part_check(struct aas_rd *r, const char *s, int text)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (text && (c == '\n' || c == '\t'))
			continue;
		if (c < 0x20 || c == 0x7f)
			r->bad = 1;
	}
}

void
aas_part_get_name(struct aas_rd *r, char *dst, size_t cap)
{
	aas_rd_str(r, dst, cap);
	aas_part_check(r, dst, 0);
}

void
aas_part_get_text(struct aas_rd *r, char *dst, size_t cap)
{
	aas_rd_str(r, dst, cap);
	aas_part_check(r, dst, 1);
}

uint16_t
aas_part_get_bytes(struct aas_rd *r, uint8_t *dst, size_t cap)
{
	size_t n = 0;

	aas_rd_bytes(r, dst, cap, &n);
	return (uint16_t)n;
}

uint8_t
aas_part_get_u8_max(struct aas_rd *r, uint8_t max)
{
	uint8_t v = aas_rd_u8(r);

	if (v > max) {
		r->bad = 1;
		return 0;
	}
	return v;
}

void
aas_part_put_bytes(struct aas_wr *w, const uint8_t *p, size_t len, size_t max)
{
	if (len > max)
		w->bad = 1;
	else
		aas_wr_bytes(w, p, len);
}

void
aas_part_put_str(struct aas_wr *w, const char *s, size_t cap)
{
	aas_part_put_bytes(
	    w, (const uint8_t *)s, aas_str_nlen(s, cap), cap - 1);
}

void
aas_part_put_cred(struct aas_wr *w, const struct aas_cred *c)
{
	aas_part_put_str(w, c->rp, sizeof(c->rp));
	aas_wr_u32(w, (uint32_t)c->alg);
	aas_part_put_bytes(w, c->pk, c->pk_len, sizeof(c->pk));
	aas_part_put_bytes(w, c->id, c->id_len, sizeof(c->id));
}

void
aas_part_get_cred(struct aas_rd *r, struct aas_cred *c)
{
	aas_part_get_name(r, c->rp, sizeof(c->rp));
	c->alg = (int32_t)aas_rd_u32(r);
	if (c->alg != 0 && c->alg != AAS_ALG_ES256 && c->alg != AAS_ALG_EDDSA)
		r->bad = 1;
	c->pk_len = aas_part_get_bytes(r, c->pk, sizeof(c->pk));
	c->id_len = aas_part_get_bytes(r, c->id, sizeof(c->id));
}

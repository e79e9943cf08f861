/*
 * Bounded readers and writers of big-endian bytes.
 *
 * 1. A read MUST NOT touch a byte beyond the length given at init, whatever
 *    a length field in the bytes says.
 * 2. A failure MUST stick: no later call makes a bad reader or writer good.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/wire.h"
#include "lib/str.h"

/* The next len bytes, or NULL and bad. */
static const uint8_t *
rd_take(struct aas_rd *r, size_t len)
{
	const uint8_t *p = r->p;

	if (r->bad || len > r->len) {
		r->bad = 1;
		return NULL;
	}
	if (len > 0)
		r->p += len;
	r->len -= len;
	return p;
}

static uint64_t
rd_be(struct aas_rd *r, size_t n)
{
	const uint8_t *p = rd_take(r, n);
	uint64_t v = 0;

	if (p == NULL)
		return 0;
	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

void
aas_rd_init(struct aas_rd *r, const void *p, size_t len)
{
	r->p = p;
	r->len = len;
	r->bad = p == NULL && len > 0;
}

uint8_t
aas_rd_u8(struct aas_rd *r)
{
	return (uint8_t)rd_be(r, 1);
}

uint16_t
aas_rd_u16(struct aas_rd *r)
{
	return (uint16_t)rd_be(r, 2);
}

uint32_t
aas_rd_u32(struct aas_rd *r)
{
	return (uint32_t)rd_be(r, 4);
}

uint64_t
aas_rd_u64(struct aas_rd *r)
{
	return rd_be(r, 8);
}

void
aas_rd_raw(struct aas_rd *r, void *dst, size_t len)
{
	const uint8_t *p = rd_take(r, len);

	if (len == 0)
		return;
	if (p == NULL)
		memset(dst, 0, len);
	else
		memcpy(dst, p, len);
}

const uint8_t *
aas_rd_part(struct aas_rd *r, size_t *len)
{
	size_t n = aas_rd_u32(r);
	const uint8_t *p = r->p;

	*len = 0;
	if (r->bad || n > r->len) {
		r->bad = 1;
		return NULL;
	}
	r->p += n;
	r->len -= n;
	*len = n;
	return p;
}

void
aas_rd_bytes(struct aas_rd *r, void *dst, size_t cap, size_t *len)
{
	size_t n = aas_rd_u16(r);
	const uint8_t *p = NULL;

	*len = 0;
	if (n > cap)
		r->bad = 1;
	if (cap > 0)
		memset(dst, 0, cap);
	p = rd_take(r, n);
	if (p == NULL || n == 0)
		return;
	memcpy(dst, p, n);
	*len = n;
}

void
aas_rd_str(struct aas_rd *r, char *dst, size_t cap)
{
	size_t n = 0;

	if (cap == 0) {
		r->bad = 1;
		return;
	}
	aas_rd_bytes(r, dst, cap - 1, &n);
	dst[n] = '\0';
	if (n > 0 && aas_str_nlen(dst, n) < n) {
		r->bad = 1;
		memset(dst, 0, cap);
	}
}

int
aas_rd_end(const struct aas_rd *r)
{
	return r->bad || r->len != 0 ? AAS_ERR_FORMAT : AAS_OK;
}

/* Room for len more bytes, or NULL and bad. */
static uint8_t *
wr_room(struct aas_wr *w, size_t len)
{
	uint8_t *p = NULL;

	if (w->bad || len > w->cap - w->len) {
		w->bad = 1;
		return NULL;
	}
	p = w->p + w->len;
	w->len += len;
	return p;
}

static void
wr_be(struct aas_wr *w, uint64_t v, size_t n)
{
	uint8_t *p = wr_room(w, n);

	if (p == NULL)
		return;
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> 8 * (n - 1 - i));
}

void
aas_wr_init(struct aas_wr *w, void *p, size_t cap)
{
	w->p = p;
	w->cap = cap;
	w->len = 0;
	w->bad = p == NULL;
}

void
aas_wr_u8(struct aas_wr *w, uint8_t v)
{
	wr_be(w, v, 1);
}

void
aas_wr_u16(struct aas_wr *w, uint16_t v)
{
	wr_be(w, v, 2);
}

void
aas_wr_u32(struct aas_wr *w, uint32_t v)
{
	wr_be(w, v, 4);
}

void
aas_wr_u64(struct aas_wr *w, uint64_t v)
{
	wr_be(w, v, 8);
}

void
aas_wr_raw(struct aas_wr *w, const void *p, size_t len)
{
	uint8_t *to = wr_room(w, len);

	if (to != NULL && len > 0)
		memcpy(to, p, len);
}

void
aas_wr_bytes(struct aas_wr *w, const void *p, size_t len)
{
	if (len > UINT16_MAX) {
		w->bad = 1;
		return;
	}
	aas_wr_u16(w, (uint16_t)len);
	aas_wr_raw(w, p, len);
}

void
aas_wr_str(struct aas_wr *w, const char *s)
{
	aas_wr_bytes(w, s, s == NULL ? 0 : strlen(s));
}

int
aas_wr_end(const struct aas_wr *w, size_t *len)
{
	if (w->bad)
		return AAS_ERR_TOOBIG;
	*len = w->len;
	return AAS_OK;
}

/*
 * The reflected polynomial 0xedb88320, eight bytes at a time: step[k][n] is
 * what the byte n does k bytes further on.  That is linear in the bits of n,
 * so a row follows from its entries for 1, 2, 4 and so on.
 */
#define BIT(n, i, v) ((((n) >> (i)) & 1u) != 0 ? (v) : 0u)
#define ENTRY(n, a, b, c, d, e, f, g, h)                             \
	(BIT(n, 0, a) ^ BIT(n, 1, b) ^ BIT(n, 2, c) ^ BIT(n, 3, d) ^ \
	    BIT(n, 4, e) ^ BIT(n, 5, f) ^ BIT(n, 6, g) ^ BIT(n, 7, h))
#define FOUR(n, ...)                                         \
	ENTRY(n, __VA_ARGS__), ENTRY((n) + 1u, __VA_ARGS__), \
	    ENTRY((n) + 2u, __VA_ARGS__), ENTRY((n) + 3u, __VA_ARGS__)
#define SIXTEEN(n, ...)                                    \
	FOUR(n, __VA_ARGS__), FOUR((n) + 4u, __VA_ARGS__), \
	    FOUR((n) + 8u, __VA_ARGS__), FOUR((n) + 12u, __VA_ARGS__)
#define SIXTY(n, ...)                                             \
	SIXTEEN(n, __VA_ARGS__), SIXTEEN((n) + 16u, __VA_ARGS__), \
	    SIXTEEN((n) + 32u, __VA_ARGS__), SIXTEEN((n) + 48u, __VA_ARGS__)
#define SPAN(...)                                        \
	SIXTY(0u, __VA_ARGS__), SIXTY(64u, __VA_ARGS__), \
	    SIXTY(128u, __VA_ARGS__), SIXTY(192u, __VA_ARGS__)

static const uint32_t step[8][256] = {
	{ SPAN(0x77073096, 0xee0e612c, 0x076dc419, 0x0edb8832, 0x1db71064,
	    0x3b6e20c8, 0x76dc4190, 0xedb88320) },
	{ SPAN(0x191b3141, 0x32366282, 0x646cc504, 0xc8d98a08, 0x4ac21251,
	    0x958424a2, 0xf0794f05, 0x3b83984b) },
	{ SPAN(0x01c26a37, 0x0384d46e, 0x0709a8dc, 0x0e1351b8, 0x1c26a370,
	    0x384d46e0, 0x709a8dc0, 0xe1351b80) },
	{ SPAN(0xb8bc6765, 0xaa09c88b, 0x8f629757, 0xc5b428ef, 0x5019579f,
	    0xa032af3e, 0x9b14583d, 0xed59b63b) },
	{ SPAN(0x3d6029b0, 0x7ac05360, 0xf580a6c0, 0x30704bc1, 0x60e09782,
	    0xc1c12f04, 0x58f35849, 0xb1e6b092) },
	{ SPAN(0xcb5cd3a5, 0x4dc8a10b, 0x9b914216, 0xec53826d, 0x03d6029b,
	    0x07ac0536, 0x0f580a6c, 0x1eb014d8) },
	{ SPAN(0xa6770bb4, 0x979f1129, 0xf44f2413, 0x33ef4e67, 0x67de9cce,
	    0xcfbd399c, 0x440b7579, 0x8816eaf2) },
	{ SPAN(0xccaa009e, 0x4225077d, 0x844a0efa, 0xd3e51bb5, 0x7cbb312b,
	    0xf9766256, 0x299dc2ed, 0x533b85da) },
};

static uint32_t
le32(const uint8_t *b)
{
	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
	    (uint32_t)b[3] << 24;
}

uint32_t
aas_crc32(const void *p, size_t len)
{
	const uint8_t *b = p;
	uint32_t crc = 0xffffffff;

	for (; len >= 8; len -= 8, b += 8) {
		uint32_t lo = crc ^ le32(b);
		uint32_t hi = le32(b + 4);

		crc = step[7][lo & 0xff] ^ step[6][lo >> 8 & 0xff] ^
		    step[5][lo >> 16 & 0xff] ^ step[4][lo >> 24] ^
		    step[3][hi & 0xff] ^ step[2][hi >> 8 & 0xff] ^
		    step[1][hi >> 16 & 0xff] ^ step[0][hi >> 24];
	}
	for (; len > 0; len--, b++)
		crc = crc >> 8 ^ step[0][(crc ^ *b) & 0xff];
	return ~crc;
}

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
	if (n > 0 && memchr(dst, '\0', n) != NULL) {
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

uint32_t
aas_crc32(const void *p, size_t len)
{
	/* The reflected polynomial 0xedb88320, four bits at a time. */
	static const uint32_t step[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8,
		0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0,
		0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
	const uint8_t *b = p;
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= b[i];
		crc = crc >> 4 ^ step[crc & 15];
		crc = crc >> 4 ^ step[crc & 15];
	}
	return ~crc;
}

#ifndef AAS_LIB_WIRE_H
#define AAS_LIB_WIRE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Bounded readers and writers of big-endian bytes.  Both are sticky: after
 * the first failure every later call fails, does nothing and yields zero, so
 * a parser reads all its fields and asks once, at the end, whether it held.
 * No allocation, no system call.
 */
struct aas_rd {
	const uint8_t *p;
	size_t len; /* what is left */
	int bad;
};

struct aas_wr {
	uint8_t *p;
	size_t cap;
	size_t len; /* what is written */
	int bad;
};

void aas_rd_init(struct aas_rd *r, const void *p, size_t len);
uint8_t aas_rd_u8(struct aas_rd *r);
uint16_t aas_rd_u16(struct aas_rd *r);
uint32_t aas_rd_u32(struct aas_rd *r);
uint64_t aas_rd_u64(struct aas_rd *r);

/*
 * aas_rd_raw(r, dst, len):
 * Copy exactly ${len} bytes to ${dst}; on failure ${dst} is zeroed.
 */
void aas_rd_raw(struct aas_rd *r, void *dst, size_t len);

/*
 * aas_rd_part(r, &len):
 * A u32 length and that many bytes, as RFC 4251's string: where they are, in
 * what is read.  NULL on failure, ${len} is 0 then.
 */
const uint8_t *aas_rd_part(struct aas_rd *r, size_t *len);

/*
 * aas_rd_bytes(r, dst, cap, &len):
 * A u16 length and that many bytes, copied to ${dst}; over ${cap} is a
 * failure.
 */
void aas_rd_bytes(struct aas_rd *r, void *dst, size_t cap, size_t *len);

/*
 * aas_rd_str(r, dst, cap):
 * As aas_rd_bytes(), into a string: a NUL inside is a failure, ${dst} is
 * NUL-terminated always, ${cap} counts the NUL.
 */
void aas_rd_str(struct aas_rd *r, char *dst, size_t cap);

/*
 * aas_rd_end(r):
 * Returns 0 if all reads held and no byte is left, else AAS_ERR_FORMAT.
 */
int aas_rd_end(const struct aas_rd *r);

void aas_wr_init(struct aas_wr *w, void *p, size_t cap);
void aas_wr_u8(struct aas_wr *w, uint8_t v);
void aas_wr_u16(struct aas_wr *w, uint16_t v);
void aas_wr_u32(struct aas_wr *w, uint32_t v);
void aas_wr_u64(struct aas_wr *w, uint64_t v);
void aas_wr_raw(struct aas_wr *w, const void *p, size_t len);
void aas_wr_bytes(struct aas_wr *w, const void *p, size_t len); /* u16 + p */
void aas_wr_str(struct aas_wr *w, const char *s);               /* NULL is "" */

/*
 * aas_wr_end(w, &len):
 * Returns 0 and the number of bytes written, or AAS_ERR_TOOBIG.
 */
int aas_wr_end(const struct aas_wr *w, size_t *len);

/*
 * aas_crc32(p, len):
 * CRC-32 (IEEE 802.3): finds a torn or flipped file, not an attacker.
 */
uint32_t aas_crc32(const void *p, size_t len);

#endif

#ifndef AAS_LIB_PROTO_PARTS_H
#define AAS_LIB_PROTO_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/proto.h"
#include "lib/wire.h"

/*
 * What several payloads have in them; for lib/proto*.c alone.  What is read
 * and does not hold makes the reader bad, as all of lib/wire.h does.
 */

/*
 * aas_part_check(r, s, text): a string without control characters; a text may
 * have line breaks.
 */
void aas_part_check(struct aas_rd *r, const char *s, int text);

/* aas_part_get_name(r, dst, cap), aas_part_get_text(r, dst, cap): such one. */
void aas_part_get_name(struct aas_rd *r, char *dst, size_t cap);
void aas_part_get_text(struct aas_rd *r, char *dst, size_t cap);

/* aas_part_get_bytes(r, dst, cap): how many there were. */
uint16_t aas_part_get_bytes(struct aas_rd *r, uint8_t *dst, size_t cap);

/* aas_part_get_u8_max(r, max): 0 where it is more. */
uint8_t aas_part_get_u8_max(struct aas_rd *r, uint8_t max);

/*
 * aas_part_put_bytes(w, p, len, max): ${len} over ${max} makes ${w} bad: it
 * would be read past the array.
 */
void aas_part_put_bytes(
    struct aas_wr *w, const uint8_t *p, size_t len, size_t max);

/* aas_part_put_str(w, s, cap): of an array of ${cap}; with its NUL there. */
void aas_part_put_str(struct aas_wr *w, const char *s, size_t cap);

void aas_part_put_cred(struct aas_wr *w, const struct aas_cred *c);
void aas_part_get_cred(struct aas_rd *r, struct aas_cred *c);

#endif

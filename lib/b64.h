#ifndef AAS_LIB_B64_H
#define AAS_LIB_B64_H

#include <stddef.h>
#include <stdint.h>

/* Room for the text of ${len} bytes, with its NUL. */
#define AAS_B64_TEXT(len) (((size_t)(len) + 2) / 3 * 4 + 1)

/*
 * aas_b64_format(p, len, dst):
 * Standard base64 with padding; ${dst} has AAS_B64_TEXT(len) bytes.
 * Source: RFC 4648 section 4.
 */
void aas_b64_format(const void *p, size_t len, char *dst);

/*
 * aas_b64_parse(s, slen, dst, cap, &len):
 * Decode the ${slen} characters at ${s}.  No white space; padding must be
 * there and the unused bits zero, so that one value has one text.
 * Returns 0; AAS_ERR_FORMAT, AAS_ERR_TOOBIG (over ${cap}); ${dst} is undefined
 * on an error.  Source: RFC 4648 section 3.5.
 */
int aas_b64_parse(
    const char *s, size_t slen, void *dst, size_t cap, size_t *len);

/*
 * aas_b64_url_parse(s, slen, dst, cap, &len):
 * The same of base64url, without padding.  Source: RFC 7515 section 2.
 */
int aas_b64_url_parse(
    const char *s, size_t slen, void *dst, size_t cap, size_t *len);

#endif

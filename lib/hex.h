#ifndef AAS_LIB_HEX_H
#define AAS_LIB_HEX_H

#include <stddef.h>
#include <stdint.h>

/*
 * aas_hex_format(p, len, dst):
 * Write 2 * ${len} lower-case digits and a NUL to ${dst}.
 */
void aas_hex_format(const void *p, size_t len, char *dst);

/*
 * aas_hex_parse(s, dst, len):
 * Read exactly ${len} bytes from the string ${s} of exactly 2 * ${len}
 * lower-case digits: one text for one value.  AAS_ERR_FORMAT, ${dst} is then
 * undefined.
 */
int aas_hex_parse(const char *s, void *dst, size_t len);

/*
 * aas_hex_uuid(s, id):
 * Read the 36 characters at ${s}, "01234567-89ab-cdef-0123-456789abcdef" in
 * either case.  AAS_ERR_FORMAT.  Source: RFC 4122 section 3.
 */
int aas_hex_uuid(const char *s, uint8_t id[16]);

#endif

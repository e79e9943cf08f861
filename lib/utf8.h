#ifndef AAS_LIB_UTF8_H
#define AAS_LIB_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * aas_utf8_next(p, len, &cp):
 * Decode the first character of the ${len} bytes at ${p}.  Returns how many
 * bytes it takes (1 to 4), or 0 if they are not well formed: truncated,
 * overlong, a surrogate, above U+10FFFF; or if ${len} is 0.
 * Source: RFC 3629 section 4.
 */
size_t aas_utf8_next(const void *p, size_t len, uint32_t *cp);

/*
 * aas_utf8_plain(cp):
 * 1 if the character may be shown to a person as it is: no control, no
 * zero-width, no bidirectional or other format character, no line separator,
 * no variation selector, not private, not a noncharacter.  Does not look at
 * the locale.
 */
int aas_utf8_plain(uint32_t cp);

#endif

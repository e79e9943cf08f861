#ifndef AAS_LIB_BECH32_H
#define AAS_LIB_BECH32_H

#include <stddef.h>
#include <stdint.h>

#define AAS_BECH32_MAX 90 /* characters of a whole text, without its NUL */

/*
 * aas_bech32_encode(hrp, v, n, dst, cap):
 * Write bech32m text, lower case, NUL-terminated: ${hrp}, "1", the ${n}
 * values of 5 bits at ${v}, 6 check characters.
 * Returns 0; AAS_ERR_INVAL (hrp not lower case and printable, a value over
 * 31), AAS_ERR_TOOBIG (${cap}, or over AAS_BECH32_MAX).
 * Source: BIP 350.
 */
int aas_bech32_encode(
    const char *hrp, const uint8_t *v, size_t n, char *dst, size_t cap);

/*
 * aas_bech32_decode(s, hrp, hrp_cap, v, cap, &n):
 * Check bech32m text, all lower or all upper case, and split it; ${hrp} comes
 * out in lower case, ${v} as values of 5 bits.
 * Returns 0; AAS_ERR_FORMAT (characters, case, length, check characters, and
 * the constant of the older bech32), AAS_ERR_TOOBIG.  What ${hrp} and ${v}
 * hold after an error is the caller's to wipe.
 */
int aas_bech32_decode(const char *s, char *hrp, size_t hrp_cap, uint8_t *v,
    size_t cap, size_t *n);

#endif

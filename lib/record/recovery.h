#ifndef AAS_LIB_RECORD_RECOVERY_H
#define AAS_LIB_RECORD_RECOVERY_H

#include <stddef.h>
#include <stdint.h>

/*
 * A recovery key: 128 random bits, shown once as bech32m text (BIP 350) with
 * the human-readable part "aasrk": aasrk1 and 32 more characters, in groups
 * of four.  HKDF-SHA256 turns it into an Ed25519 key pair; only the public
 * half is ever stored.
 */
#define AAS_RECOVERY_LEN  16
#define AAS_RECOVERY_TEXT 64 /* text in groups, with its NUL */

/* aas_recovery_new(key): getrandom(2).  AAS_ERR_SYS. */
int aas_recovery_new(uint8_t key[AAS_RECOVERY_LEN]);

/*
 * aas_recovery_format(key, text): lower case, groups of 4 parted by a space.
 * aas_recovery_parse(text, key): accepts upper case, spaces and hyphens
 * anywhere; a mixed-case or mistyped one is AAS_ERR_FORMAT before anything is
 * spent.  The caller wipes key and text.
 */
void aas_recovery_format(
    const uint8_t key[AAS_RECOVERY_LEN], char text[AAS_RECOVERY_TEXT]);
int aas_recovery_parse(const char *text, uint8_t key[AAS_RECOVERY_LEN]);

/* Public half, and a signature over ${hash}.  AAS_ERR_CRYPTO. */
int aas_recovery_public(const uint8_t key[AAS_RECOVERY_LEN], uint8_t pub[32]);
int aas_recovery_sign(const uint8_t key[AAS_RECOVERY_LEN],
    const uint8_t hash[32], uint8_t sig[64]);
int aas_recovery_verify(
    const uint8_t pub[32], const uint8_t hash[32], const uint8_t sig[64]);

#endif

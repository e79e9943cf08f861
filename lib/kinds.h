#ifndef AAS_LIB_KINDS_H
#define AAS_LIB_KINDS_H

#include <stddef.h>
#include <stdint.h>

#define AAS_BE 0x08u /* authenticator data flag: backup eligible */
#define AAS_BS 0x10u /* backed up */

/*
 * Which kinds of keys policy takes for one sign-in or enrolment, for those
 * that do not have the policy.  All zero: any.
 */
#define AAS_KINDS_MAX 256
struct aas_kinds {
	uint8_t device_bound; /* 1: no key that can be backed up */
	uint8_t listed;       /* 1: only these makes, none if there is none */
	uint16_t aaguids_n;
	uint8_t aaguids[AAS_KINDS_MAX][16];
};

/*
 * aas_kinds_make(k, aaguid), aas_kinds_take(k, aaguid, backup):
 * 1 if a key of this make may; if this key may, of which
 * ${backup} are the flags (AAS_BE, AAS_BS).
 */
int aas_kinds_make(const struct aas_kinds *k, const uint8_t aaguid[16]);
int aas_kinds_take(
    const struct aas_kinds *k, const uint8_t aaguid[16], unsigned backup);

/*
 * aas_kinds_say(device_bound, listed, rule, have, text, cap):
 * To somebody who has ${have} keys of the kind, and these are too few.
 * ${rule}: which rule asks for it, in brackets after a blank, or "".
 */
void aas_kinds_say(int device_bound, int listed, const char *rule,
    unsigned have, char *text, size_t cap);

#endif

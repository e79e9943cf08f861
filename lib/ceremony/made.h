#ifndef AAS_LIB_CEREMONY_MADE_H
#define AAS_LIB_CEREMONY_MADE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/proto.h"

/*
 * aas_made_parse(auth, len, rp, need_uv, &cred, &flags, &counter, aaguid,
 *     &why):
 * Read the authenticator data of a new credential: rpIdHash of ${rp}, UP, UV
 * if ${need_uv}, attested data present, no extensions, a credential id of 1
 * to AAS_CRED_MAX bytes, and a COSE key in CTAP's canonical form: ES256 on
 * P-256 (a valid point) or Ed25519; nothing after it.
 * ${why} is always written, the rest on 0 alone.  Says nothing about who made
 * it: the assertion that every enrolled key must give does.
 * Returns 0; AAS_ERR_FORMAT, AAS_ERR_CRYPTO.
 * Source: WebAuthn 2, 6.1 and 6.5.1; RFC 9053.
 */
int aas_made_parse(const uint8_t *auth, size_t len, const char *rp, int need_uv,
    struct aas_cred *cred, uint8_t *flags, uint32_t *counter,
    uint8_t aaguid[16], unsigned *why);

#endif

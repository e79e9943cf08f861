#ifndef AAS_LIB_LEND_H
#define AAS_LIB_LEND_H

#include <stdint.h>

#include "lib/proto.h"
#include "lib/record/record.h"
#include "lib/session/lease.h"

/*
 * What a person signs who lends a service account its hours.
 */
#define AAS_LEND_NONCE 32

struct aas_lend {
	uint8_t nonce[AAS_LEND_NONCE]; /* aasd's own; good for one lease */
	uint8_t boot_id[16];           /* of the host, as long as it runs */
	uint32_t grantor_uid;
	char grantor[AAS_USER_MAX];
	uint32_t uid;
	char account[AAS_USER_MAX];
	int64_t seconds;
	char reason[AAS_LEASE_REASON]; /* "": none */
};

/*
 * aas_lend_reason_valid(s): 1 if it may be a reason: UTF-8 without control
 * characters, of less than AAS_LEASE_REASON bytes.
 */
int aas_lend_reason_valid(const char *s);

/*
 * aas_lend_challenge(l, hash):
 * The client data hash: SHA-256 of "aas-lease-v1", a zero byte, and all of
 * ${l}; docs/protocol.md.  Returns 0, AAS_ERR_CRYPTO, AAS_ERR_TOOBIG.
 */
int aas_lend_challenge(const struct aas_lend *l, uint8_t hash[32]);

/*
 * aas_lend_check(rec, l, pf, &key, &counter, &why):
 * Whether ${pf} is an assertion over ${l} by a key of ${rec} that signs in
 * today, with user verification.  ${key} is its place in ${rec}.  ${why} is
 * written on every return.  Returns 0; AAS_ERR_CRYPTO, AAS_ERR_FORMAT,
 * AAS_ERR_NOMEM.
 */
int aas_lend_check(const struct aas_record *rec, const struct aas_lend *l,
    const struct aas_proof *pf, unsigned *key, uint32_t *counter,
    unsigned *why);

#endif

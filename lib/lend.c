/*
 * The signature under a lease.
 *
 * 1. All that a lease says MUST be signed, so that a touch for one is good for
 *    no other account, time, boot or person.
 * 2. It MUST be by a key that signs in today, with user verification, and as
 *    able to be copied as it was when it was enrolled.
 */
#include <string.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/lend.h"
#include "lib/reason.h"
#include "lib/utf8.h"
#include "lib/wire.h"

#define TAG       "aas-lease-v1" /* and its NUL */
#define BYTES_MAX 1024

int
aas_lend_reason_valid(const char *s)
{
	size_t len = strnlen(s, AAS_LEASE_REASON), n = 0;
	uint32_t cp = 0;

	if (len >= AAS_LEASE_REASON)
		return 0;
	for (size_t i = 0; i < len; i += n) {
		if ((n = aas_utf8_next(s + i, len - i, &cp)) == 0 ||
		    cp < 0x20 || (cp >= 0x7f && cp < 0xa0))
			return 0;
	}
	return 1;
}

int
aas_lend_challenge(const struct aas_lend *l, uint8_t hash[32])
{
	uint8_t buf[BYTES_MAX];
	struct aas_wr w;
	size_t len = 0;
	int r;

	aas_wr_init(&w, buf, sizeof(buf));
	aas_wr_bytes(&w, l->nonce, sizeof(l->nonce));
	aas_wr_bytes(&w, l->boot_id, sizeof(l->boot_id));
	aas_wr_u32(&w, l->grantor_uid);
	aas_wr_str(&w, l->grantor);
	aas_wr_u32(&w, l->uid);
	aas_wr_str(&w, l->account);
	aas_wr_u64(&w, (uint64_t)l->seconds);
	aas_wr_str(&w, l->reason);
	if ((r = aas_wr_end(&w, &len)) != AAS_OK)
		return r;
	return aas_sha256(TAG, sizeof(TAG), buf, len, NULL, 0, hash);
}

static int
find(const struct aas_record *rec, const struct aas_proof *pf, unsigned *key)
{
	for (unsigned i = 0; i < rec->keys_n; i++) {
		const struct aas_key *k = &rec->keys[i];

		if (k->suspended || k->held || k->login.id_len != pf->id_len ||
		    memcmp(k->login.id, pf->id, pf->id_len) != 0)
			continue;
		*key = i;
		return AAS_OK;
	}
	return AAS_ERR_NOTFOUND;
}

int
aas_lend_check(const struct aas_record *rec, const struct aas_lend *l,
    const struct aas_proof *pf, unsigned *key, uint32_t *counter, unsigned *why)
{
	uint8_t hash[32], flags = 0;
	uint32_t seen = 0;
	unsigned i = 0;
	int r;

	*why = AAS_WHY_CREDENTIAL;
	if (pf->id_len == 0 || find(rec, pf, &i) != AAS_OK)
		return AAS_ERR_CRYPTO;
	*why = AAS_WHY_SYSTEM;
	if ((r = aas_lend_challenge(l, hash)) != AAS_OK ||
	    (r = aas_assertion_verify(&rec->keys[i].login, hash, 1, pf, &flags,
		 &seen, why)) != AAS_OK)
		return r;
	*why = AAS_WHY_BACKUP;
	if ((flags & AAS_AD_BE) != (rec->keys[i].backup & AAS_BE))
		return AAS_ERR_CRYPTO;
	*why = AAS_WHY_OK;
	*key = i;
	*counter = seen;
	return AAS_OK;
}

#ifndef AAS_LIB_RECORD_PARTS_H
#define AAS_LIB_RECORD_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/record/record.h"

/*
 * What the files of the record share; nobody else includes it.
 */
#define AAS_PROOFS_MAX        (AAS_KEYS_MAX + 2)
#define AAS_RECOVERY_WAIT_MIN (48 * 3600)
#define AAS_RECOVERY_WAIT_MAX (365 * 24 * 3600)

/* One line of a chain, taken apart. */
struct aas_line {
	uint8_t hash[32];      /* SHA-256 of the line with its LF */
	uint8_t challenge[32]; /* what its proofs sign */
	struct aas_entry e;
	size_t proofs_n;
	struct aas_proof proofs[AAS_PROOFS_MAX];
	uint8_t has_recovery; /* a recovery key signed too */
	uint8_t rpub[32], rsig[64];
};

/*
 * aas_line_next(&p, &len, &line, &line_len):
 * Cut the next line, LF included, off the chain.  AAS_ERR_FORMAT (no LF),
 * AAS_ERR_TOOBIG, AAS_ERR_NOTFOUND at the end.
 */
int aas_line_next(
    const uint8_t **p, size_t *len, const uint8_t **line, size_t *line_len);

/*
 * aas_line_parse(p, len, &l):
 * Take the line of ${len} bytes, LF included, apart; ${l} is allocated, one
 * block, free().  Checks the form of everything, no proof and no rule.
 * AAS_ERR_FORMAT, AAS_ERR_VERSION, AAS_ERR_TOOBIG, AAS_ERR_CRYPTO,
 * AAS_ERR_NOMEM.
 */
int aas_line_parse(const uint8_t *p, size_t len, struct aas_line **l);

/* The two JSON objects of a line, into zeroed memory.  AAS_ERR_FORMAT. */
int aas_payload_parse(const char *json, size_t len, struct aas_entry *e);
int aas_proofs_parse(const char *json, size_t len, struct aas_line *l);

/* How a proof of a line stands to the keys of a record. */
enum aas_signer {
	AAS_SIGN_NONE = 0, /* nobody that counts */
	AAS_SIGN_OWN,      /* a key that the entry itself brings or resumes */
	AAS_SIGN_ACTIVE,
	AAS_SIGN_SUSPENDED
};
enum aas_signer aas_signer_of(const struct aas_record *rec,
    const struct aas_entry *e, const struct aas_proof *pf);

/*
 * aas_rules_check(rec, l, &weak): may this entry take effect in this state?
 * 0 or AAS_ERR_DENIED; ${weak} 1: only after a hold.
 * aas_rules_apply(rec, l): its effect; only after aas_rules_check() said 0.
 */
int aas_rules_check(
    const struct aas_record *rec, const struct aas_line *l, int *weak);
void aas_rules_apply(struct aas_record *rec, const struct aas_line *l);

/* aas_keys_distinct(keys, n, more, more_n): all of both sets are distinct. */
int aas_keys_distinct(const struct aas_key *keys, size_t n,
    const struct aas_key *more, size_t more_n);

/* aas_key_find(keys, n, id): index of the key of that key id, or -1. */
int aas_key_find(const struct aas_key *keys, size_t n, const uint8_t id[32]);

/* aas_type_brings_keys(type): 1 for the three that carry new keys. */
int aas_type_brings_keys(enum aas_type type);

/*
 * aas_proofs_verify(l, known, known_n):
 * Check every signature of the line, with UV, by the keys it brings and the
 * keys ever known of this chain; and that every public key it brings is one.
 * AAS_ERR_CRYPTO, AAS_ERR_FORMAT, AAS_ERR_NOMEM.
 */
int aas_proofs_verify(
    const struct aas_line *l, const struct aas_key *known, size_t known_n);

#endif

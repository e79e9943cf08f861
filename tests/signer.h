#ifndef AAS_TESTS_SIGNER_H
#define AAS_TESTS_SIGNER_H

#include <stdint.h>

#include "lib/record/record.h"

/*
 * A security key without a device: key pairs in memory, and what they sign.
 * For tests only; every failure here ends the test program.
 */
struct signer {
	void *login, *ssh;  /* private halves */
	struct aas_key key; /* what a record says of it */
	uint32_t counter;   /* of the next assertion; 0: does not count */
	uint8_t flags;      /* of its assertions, UP and UV at first */
};

/*
 * signer_new(s, label, realm, alg): AAS_ALG_ES256 or AAS_ALG_EDDSA, a random
 * credential id of 64 bytes, both credentials.  signer_free() after it.
 */
void signer_new(
    struct signer *s, const char *label, const char *realm, int32_t alg);
void signer_free(struct signer *s);

/* signer_prove(s, hash, pf): an assertion by the login credential. */
void signer_prove(
    struct signer *s, const uint8_t hash[32], struct aas_proof *pf);

/* The same over authenticator data that the caller made, of ${len} bytes. */
void signer_sign(const struct signer *s, const uint8_t *auth, size_t len,
    const uint8_t hash[32], struct aas_proof *pf);

/*
 * A record in the making: who it is of, and its bytes so far.
 */
#define SIGNER_REALM "login.example.org"
struct chain {
	char user[AAS_USER_MAX];
	uint32_t uid;
	struct aas_pin pin; /* of the bytes; seq 0: none */
	char *p;            /* all lines, NUL-terminated, malloc */
	size_t len;
};
void chain_init(struct chain *c, const char *user, uint32_t uid);
void chain_free(struct chain *c);

/* An entry that fits the end of the chain; the fields of its type are zero. */
void chain_entry(
    const struct chain *c, enum aas_type type, struct aas_entry *e);

/*
 * chain_sign(e, by, n, rkey): the entry's line with proofs by ${n} keys, and
 * by the recovery key ${rkey} (16 bytes) unless it is NULL; free() it.
 */
char *chain_sign(const struct aas_entry *e, struct signer *const *by, size_t n,
    const uint8_t *rkey);

/* Put a line at the end of the bytes. */
void chain_add(struct chain *c, const char *line);

/* A genesis by these keys, with the public half of ${rkey} unless NULL. */
char *chain_genesis(const struct chain *c, struct signer *const *by, size_t n,
    const uint8_t *rkey);

#endif

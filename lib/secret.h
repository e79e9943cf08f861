#ifndef AAS_LIB_SECRET_H
#define AAS_LIB_SECRET_H

#include <stddef.h>

/*
 * A secret of at most AAS_SECRET_MAX bytes: a PIN, a recovery key, a seed.
 * It lives in one fixed place, so that no realloc leaves a copy behind.
 */
#define AAS_SECRET_MAX 256

struct aas_secret {
	size_t len;
	unsigned char b[AAS_SECRET_MAX + 1]; /* b[len] is always 0 */
};

/*
 * aas_secret_set(s, p, len):
 * Make ${s} hold the ${len} bytes at ${p}; what it held is wiped first.
 * Returns 0, or AAS_ERR_TOOBIG with ${s} empty.
 */
int aas_secret_set(struct aas_secret *s, const void *p, size_t len);

/*
 * aas_secret_clear(s):
 * Wipe all of ${s}.  ${s} may be NULL, or empty already.
 */
void aas_secret_clear(struct aas_secret *s);

/*
 * aas_mem_equal(a, b, len):
 * Return 1 if the ${len} bytes at ${a} and ${b} are the same, else 0, in
 * time that depends on ${len} alone.
 */
int aas_mem_equal(const void *a, const void *b, size_t len);

#endif

/*
 * Secrets in one fixed place, wiped before they are let go.
 *
 * 1. A secret MUST NOT be left in memory that was given back.
 * 2. A comparison MUST NOT tell by its time where two secrets differ.
 */
#include <string.h>

#include "lib/err.h"
#include "lib/secret.h"

int
aas_secret_set(struct aas_secret *s, const void *p, size_t len)
{
	aas_secret_clear(s);
	if (len > AAS_SECRET_MAX)
		return AAS_ERR_TOOBIG;
	if (len > 0)
		memcpy(s->b, p, len);
	s->len = len;
	return AAS_OK;
}

void
aas_secret_clear(struct aas_secret *s)
{
	if (s != NULL)
		explicit_bzero(s, sizeof(*s));
}

int
aas_mem_equal(const void *a, const void *b, size_t len)
{
	const volatile unsigned char *x = a;
	const volatile unsigned char *y = b;
	unsigned int diff = 0;

	for (size_t i = 0; i < len; i++)
		diff |= (unsigned int)(x[i] ^ y[i]);
	return diff == 0;
}

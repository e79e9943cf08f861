/*
 * Leases that wait for a signature: each challenge that was given out.
 *
 * 1. A challenge MUST be found by whom it was made for alone, and for two
 *    minutes.
 * 2. What one user begins MUST NOT take more than its share of the places.
 */
#include <stdlib.h>
#include <string.h>

#include "aasd/begun.h"

#define BEGUN     32 /* challenges that are open at a time */
#define BEGUN_UID 4

struct aasd_lends {
	struct aasd_begun v[BEGUN];
};

void
aasd_begun_forget(struct aasd_begun *b)
{
	explicit_bzero(b, sizeof(*b));
}

struct aasd_begun *
aasd_begun_place(struct aasd *d, uint32_t uid, int64_t now_ms)
{
	struct aasd_begun *oldest = NULL, *own = NULL, *none = NULL;
	unsigned n = 0;

	if (d->lends == NULL &&
	    (d->lends = calloc(1, sizeof(*d->lends))) == NULL)
		return NULL;
	for (size_t i = 0; i < BEGUN; i++) {
		struct aasd_begun *b = &d->lends->v[i];

		if (b->until_ms <= now_ms) {
			none = b;
			continue;
		}
		if (oldest == NULL || b->until_ms < oldest->until_ms)
			oldest = b;
		if (b->l.grantor_uid != uid)
			continue;
		n++;
		if (own == NULL || b->until_ms < own->until_ms)
			own = b;
	}
	return n >= BEGUN_UID ? own : none != NULL ? none : oldest;
}

struct aasd_begun *
aasd_begun_find(const struct aasd *d, uint32_t uid,
    const uint8_t nonce[AAS_LEND_NONCE], int64_t now_ms)
{
	for (size_t i = 0; d->lends != NULL && i < BEGUN; i++) {
		struct aasd_begun *b = &d->lends->v[i];

		if (b->until_ms > now_ms && b->l.grantor_uid == uid &&
		    memcmp(b->l.nonce, nonce, AAS_LEND_NONCE) == 0)
			return b;
	}
	return NULL;
}

void
aasd_begun_end(struct aasd *d)
{
	free(d->lends);
	d->lends = NULL;
}

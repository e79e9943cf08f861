#ifndef AAS_AASD_BEGUN_H
#define AAS_AASD_BEGUN_H

#include <stdint.h>

#include "lib/lend.h"
#include "aasd/aasd.h"

/*
 * Leases that are begun and wait for a signature: the challenges, in the
 * memory of the front alone.
 */
#define AASD_BEGUN_MS 120000 /* how long a challenge is good */

/* One challenge, and the counters that were known when it was made. */
struct aasd_begun {
	int64_t until_ms; /* 0: this place is free */
	struct aas_lend l;
	unsigned keys_n;
	struct {
		uint8_t id[32];
		uint32_t issued;
	} keys[AAS_KEYS_MAX];
};

/*
 * aasd_begun_place(d, uid, now_ms):
 * A place for one more challenge of ${uid}, which may be taken: the oldest
 * makes room, of that user if it has several.  NULL: there is no memory.
 *   now_ms  boottime
 */
struct aasd_begun *aasd_begun_place(
    struct aasd *d, uint32_t uid, int64_t now_ms);

/* aasd_begun_find(d, uid, nonce, now_ms): that one of ${uid}, or NULL. */
struct aasd_begun *aasd_begun_find(const struct aasd *d, uint32_t uid,
    const uint8_t nonce[AAS_LEND_NONCE], int64_t now_ms);

/* aasd_begun_forget(b): it is wiped, its place is free. */
void aasd_begun_forget(struct aasd_begun *b);

/* aasd_begun_end(d): forget all of them. */
void aasd_begun_end(struct aasd *d);

#endif

#ifndef AAS_AASD_ENDS_H
#define AAS_AASD_ENDS_H

#include "lib/clock.h"
#include "aasd/keep.h"

/* One wake-up of the keeper.  Four lists, each with room for the whole book.
 */
struct wake {
	struct aasd_keep *k;
	struct aas_now now;
	size_t cap;
	struct aas_kept **v; /* to be told, or maybe idle */
	size_t n;
	struct aas_kept **ends;
	size_t ends_n;
	struct aas_kept **out; /* signed out by an entry of the record */
	size_t out_n;
	struct aas_kept **some; /* of no lasting use */
	size_t managers_n;      /* ending: in some, after a round */
	int by_look; /* what is known of leaders is by one look at all */
};

/* aasd_ends_begin(s, why, now_ms): from now on its end is on its way. */
void aasd_ends_begin(struct aas_kept *s, enum aas_keep_why why, int64_t now_ms);

/* aasd_ends_round(w): one round for all of w->ends. */
void aasd_ends_round(struct wake *w);

/*
 * aasd_ends_manager(p, &uid): 1 if it is the service manager of a user, which
 * process 1 started in its control group, and whose.
 */
int aasd_ends_manager(const struct aas_keep_proc *p, uint32_t *uid);

/* aasd_ends_why(why): "limit", "idle", ...; NULL: it goes on. */
const char *aasd_ends_why(enum aas_keep_why why);

#endif

#ifndef AAS_AASD_SEAT_H
#define AAS_AASD_SEAT_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "aasd/aasd.h"

/*
 * Who gets a place among the connections of aasd.  No I/O.
 *
 * A user has AASD_CONNS_UID at most, the last AASD_CONNS_ROOT of all are
 * root's.  Who finds no room takes the place of one that asks nothing: the
 * user's own that has done so longest, if that is long; or, where all are
 * taken, that of the user who has the most, if that is more than this one has.
 * What is being answered by somebody else is left in peace.
 */
#define AASD_SEAT_OWN_MS 2000 /* a user's own: after that it is idle */
#define AASD_SEAT_EVEN_MS                                  \
	250 /* one of a user who has no more than this one \
	     */

struct aasd_seat {
	int taken;
	int busy; /* its request is at work */
	uid_t uid;
	int64_t since_ms; /* when it began to be waited for */
};

/*
 * aasd_seat_pick(v, uid, now_ms):
 * The place among the AASD_CONNS ${v} for one more connection of ${uid}; one
 * that is taken is to be ended first.  -1: there is none.
 */
int aasd_seat_pick(
    const struct aasd_seat v[AASD_CONNS], uid_t uid, int64_t now_ms);

#endif

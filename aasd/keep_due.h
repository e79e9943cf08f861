#ifndef AAS_AASD_KEEP_DUE_H
#define AAS_AASD_KEEP_DUE_H

#include "aasd/keep.h"

/* The parts of aasd/keep.h; for these alone. */
#define AASD_KEEP_FRESH_MS 1000 /* so old a look at all processes may be */
#define AASD_KEEP_MANY     64   /* sessions: one look is cheaper than each */

/*
 * aasd_keep_due(k): everything that is due.  -1: there was no memory for it,
 * which the log has heard.
 */
int aasd_keep_due(struct aasd_keep *k);

/* aasd_keep_arm(k): the timer is for what is due first. */
void aasd_keep_arm(struct aasd_keep *k);

/*
 * aasd_keep_alive(k, s, by_look): 1 if the leader of ${s} is there.
 *   by_look  that one is there by the last look, which is fresh, will do
 */
int aasd_keep_alive(
    const struct aasd_keep *k, const struct aas_kept *s, int by_look);

/*
 * aasd_keep_learn(k, s, by_look): whose processes are the session's;
 * remembered for who comes after us.
 */
void aasd_keep_learn(struct aasd_keep *k, struct aas_kept *s, int by_look);

#endif

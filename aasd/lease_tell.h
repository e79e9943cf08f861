#ifndef AAS_AASD_LEASE_TELL_H
#define AAS_AASD_LEASE_TELL_H

#include <stdint.h>

#include <jansson.h>

#include "lib/clock.h"
#include "lib/session/lease.h"
#include "lib/user.h"
#include "aasd/aasd.h"

/* What people and programs are told of a lease. */

/*
 * aasd_lease_event(d, now, what, l, by, seconds):
 * The log, and the event to the person who lent: the one place.  The log names
 * that person, whoever did it.
 *   what     "lease-granted", "lease-extended", "lease-ended"
 *   by       who did it
 *   seconds  that were asked for, or were left
 */
void aasd_lease_event(const struct aasd *d, const struct aas_now *now,
    const char *what, const struct aas_lease *l, const struct aas_user *by,
    int64_t seconds);

/* aasd_lease_left_s(l, now): how long it goes on, in full seconds. */
int64_t aasd_lease_left_s(const struct aas_lease *l, const struct aas_now *now);

/* aasd_lease_json(l, now): as docs/protocol.md has it; NULL: no memory. */
json_t *aasd_lease_json(const struct aas_lease *l, const struct aas_now *now);

#endif

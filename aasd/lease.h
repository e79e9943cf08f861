#ifndef AAS_AASD_LEASE_H
#define AAS_AASD_LEASE_H

#include <jansson.h>

#include "lib/clock.h"
#include "lib/user.h"
#include "aasd/aasd.h"

/*
 * aasd_lease_op(d, u, now, op, rq):
 * The answer to a request of ${u} about leases: "lease-begin", "lease-grant",
 * "lease-end", "leases"; docs/protocol.md.  NULL: it is none of these, or
 * there is no memory.
 */
json_t *aasd_lease_op(struct aasd *d, const struct aas_user *u,
    const struct aas_now *now, const char *op, json_t *rq);

/* aasd_lease_tick(d): what is over is removed. */
void aasd_lease_tick(const struct aasd *d);

#endif

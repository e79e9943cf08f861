#ifndef AAS_AASD_LEASE_LIST_H
#define AAS_AASD_LEASE_LIST_H

#include <jansson.h>

#include "lib/clock.h"
#include "lib/user.h"
#include "aasd/aasd.h"

/* One request about leases. */
struct aasd_lease_call {
	struct aasd *d;
	const struct aas_user *u; /* who asks */
	const struct aas_now *now;
	json_t *rq;
};

/*
 * aasd_lease_list(c), aasd_lease_end(c): the answers to "leases" and
 * "lease-end"; docs/protocol.md.  NULL: there is no memory.
 */
json_t *aasd_lease_list(struct aasd_lease_call *c);
json_t *aasd_lease_end(struct aasd_lease_call *c);

#endif

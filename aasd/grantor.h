#ifndef AAS_AASD_GRANTOR_H
#define AAS_AASD_GRANTOR_H

#include <stdint.h>

#include "lib/record/index.h"
#include "lib/session/lease.h"

/*
 * aasd_grantor_stands(ix, l):
 * 1 if the grantor of ${l}, whose index is ${ix}, signs in today, and by the
 * key that signed it; else 0.
 */
int aasd_grantor_stands(const struct aas_index *ix, const struct aas_lease *l);

/*
 * aasd_grantor_look(dirfd, statedir, uid):
 * End the leases whose grantor stands behind them no longer: all (NULL), or
 * those of one grantor.
 *   dirfd     of the leases, looked at
 *   statedir  NULL: no records, nothing ends
 * Reads files alone: no name service.
 */
void aasd_grantor_look(int dirfd, const char *statedir, const uint32_t *uid);

#endif

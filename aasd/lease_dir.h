#ifndef AAS_AASD_LEASE_DIR_H
#define AAS_AASD_LEASE_DIR_H

#include <stdint.h>

#include "lib/clock.h"
#include "lib/session/lease.h"
#include "aasd/aasd.h"

/*
 * The directory of leases, one symbolic link for each account that is lent, as
 * the front writes it.
 */

/*
 * aasd_lease_put(d, l): ${l} is its account's, whole, in the place of an older
 * one.  Returns 0, AAS_ERR_SYS (errno says why), or an error of
 * aas_lease_format() or aas_rundir_open().
 */
int aasd_lease_put(const struct aasd *d, const struct aas_lease *l);

/*
 * aasd_lease_current(d, now, uid, &l): the live one of the account ${uid}.
 * Returns 0, AAS_ERR_NOTFOUND, or an error of aas_lease_read().
 */
int aasd_lease_current(const struct aasd *d, const struct aas_now *now,
    uint32_t uid, struct aas_lease *l);

/* Called with each; not 0: that was the last one.  lives: at this moment. */
typedef int aasd_lease_fn(void *arg, const struct aas_lease *l, int lives);

/*
 * aasd_lease_each(d, now, fn, arg, &dirfd): ${fn} with each lease.  ${dirfd} is
 * open from the first call of it on, and the caller's to close, on an error as
 * well.  Returns 0, AAS_ERR_SYS, or an error of aas_rundir_open().
 */
int aasd_lease_each(const struct aasd *d, const struct aas_now *now,
    aasd_lease_fn *fn, void *arg, int *dirfd);

/* aasd_lease_unlink(dirfd, uid): the one of ${uid} goes.  As unlink(2). */
int aasd_lease_unlink(int dirfd, uint32_t uid);

#endif

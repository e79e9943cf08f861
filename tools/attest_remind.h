#ifndef AAS_TOOLS_ATTEST_REMIND_H
#define AAS_TOOLS_ATTEST_REMIND_H

#include "lib/attest/set.h"

/*
 * What the organization has signed, and is about to end, told 30, 7 and 1 days
 * before: to the user that it is about, or to root where it is about a group.
 */

/*
 * attest_remind(statedir, libexecdir, dir):
 * Look at all of the directory ${dir} now, and tell what has come near its
 * end; what was told stands in <statedir>/attest.told.  It asks the host for
 * users, and checks signatures.
 *   libexecdir  where the notifier is; NULL: the events are kept alone
 * Returns 0, also where there is nothing of the kind; errors of
 * aas_attest_load(), AAS_ERR_PERMS, AAS_ERR_SYS; what could not be told is
 * logged, and tried again by the next call.
 */
int attest_remind(
    const char *statedir, const char *libexecdir, const char *dir);

/*
 * attest_remind_days(set, i, now_s):
 * How near its end the statement ${i} of ${set} is: 30, 7 or 1, the least that
 * is not less than the days left; 0: it is farther, does not count, did not
 * hold for longer than that to begin with, or another one about the same user
 * or group ends later.
 */
int attest_remind_days(
    const struct aas_attest_set *set, size_t i, int64_t now_s);

#endif

#ifndef AAS_LIB_MARK_H
#define AAS_LIB_MARK_H

#include <stdint.h>

#include "lib/clock.h"

/*
 * The high-water mark of this host's clock: the latest instant that was seen
 * while the clock was synchronized.  Dates are decided by the later of mark
 * and clock, so that a clock that was set back does not bring back a day that
 * is over; and a clock that runs ahead unsynchronized leaves no mark.
 *
 * It is the modification time of <statedir>/clock, a file of root: one system
 * call reads it inside a sign-in, one moves it, and nothing of it can be torn.
 */
#define AAS_MARK_FILE "clock"

/*
 * aas_mark_get(statedir, &mark_s):
 * The mark, realtime seconds; 0 if there is none yet.  One system call.  Does
 * not check the directories above it: the caller checks ${statedir} before it
 * lets anybody in, as aas_index_load() does.
 * Returns 0; AAS_ERR_PERMS (not a regular file of root's or the caller's, or
 * others may write it), AAS_ERR_TOOBIG (path), AAS_ERR_SYS.
 */
int aas_mark_get(const char *statedir, int64_t *mark_s);

/*
 * aas_mark_raise(statedir, now, step_s):
 * Move the mark to ${now} if the clock is synchronized and at least ${step_s}
 * (>= 0) ahead of it; else do nothing.  Makes the file.  Does not wait for the
 * disk.  For root.
 * Returns 0, also when there was nothing to do; what aas_mark_get() returns.
 */
int aas_mark_raise(
    const char *statedir, const struct aas_now *now, int64_t step_s);

/*
 * aas_mark_accept(statedir, real_s, &old_s):
 * Root's word that ${real_s} is right: the mark becomes that, later or
 * earlier, synchronized or not, durably.  ${old_s}: what it was.
 */
int aas_mark_accept(const char *statedir, int64_t real_s, int64_t *old_s);

/* aas_mark_later(mark_s, real_s): what decides dates. */
int64_t aas_mark_later(int64_t mark_s, int64_t real_s);

#endif

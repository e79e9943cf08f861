#ifndef AAS_AASD_SIGNOUT_H
#define AAS_AASD_SIGNOUT_H

#include "lib/keep/book.h"
#include "lib/record/index.h"

struct aasd_keep;
struct wake;

/* The records of those who have sessions, watched; for aasd alone. */
struct aasd_signout {
	const char *statedir; /* borrowed; NULL: nobody is signed out */
	const char *rundir;   /* borrowed */
	int inotify, watch;   /* of the indexes; -1: not yet */
};

/*
 * aasd_signout_start(k, rundir, statedir):
 * Watch; every session is held against its user's index at its next look.
 * Where that cannot be the log hears of it.
 */
void aasd_signout_start(
    struct aasd_keep *k, const char *rundir, const char *statedir);

/*
 * aasd_signout_read(k): those whose record has changed, to be looked at again;
 * sudo asks them for a key again, and leases end that they gave by a key which
 * does not count any more.
 * aasd_signout_again(k): the same of those where that could not be told.
 */
void aasd_signout_read(struct aasd_keep *k);
void aasd_signout_again(struct aasd_keep *k);

/*
 * aasd_signout_wants(k, s, now_s):
 * 1: the record of its user has an entry by which ${s} is over; s->why says
 * which.  0: it goes on, as far as is known.
 *   now_s  realtime
 */
int aasd_signout_wants(
    const struct aasd_keep *k, struct aas_kept *s, int64_t now_s);

/*
 * aasd_signout_begin(w): the ends of all of w->out; of each user's, that
 * somebody typed in last comes last.
 */
void aasd_signout_begin(struct wake *w);

/*
 * aasd_signout_why(ix, s): why ${s} is over by the index ${ix} of its user;
 * AAS_KEEP_GOES_ON.
 */
enum aas_keep_why aasd_signout_why(
    const struct aas_index *ix, const struct aas_kept *s);

#endif

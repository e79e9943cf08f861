#ifndef AAS_AASD_ENDED_H
#define AAS_AASD_ENDED_H

#include "aasd/aasd.h"

/*
 * Sessions that aasd has ended, told to their users: the keeper, which must
 * not wait for a disk, leaves a note (aasd_ledger_ended()), a symbolic link
 * that leads nowhere, <rundir>/ended/<id>.<why>.<by> with the line of the
 * ledger as its text; the front makes an event of it, and removes it.
 */
#define AASD_ENDED_DIR "ended"

/* The front's part. */
struct aasd_ended {
	struct aasd_extra extra;
	int epoll, inotify, timer, dir;
	const struct aasd *d;
};

/*
 * aasd_ended_start(n, d): from here on notes become events, those that are
 * there already, too.  What cannot be kept is tried again, for a day.
 */
void aasd_ended_start(struct aasd_ended *n, const struct aasd *d);
void aasd_ended_stop(struct aasd_ended *n);

#endif

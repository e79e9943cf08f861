#ifndef AAS_AASD_NETS_H
#define AAS_AASD_NETS_H

#include "aasd/aasd.h"

/* The front's look at where sessions come from. */
struct aasd_nets {
	struct aasd_extra extra; /* inotify */
	int lines, dir;          /* of the ledger; of lib/keep/nets.h */
	const struct aasd *d;
};

/*
 * aasd_nets_start(n, d):
 * From here on each new line of the ledger whose session came from elsewhere
 * is looked up among the networks of its user; one that is the first from
 * there is an event, and gets the note <id>.first beside it.  So are the lines
 * that are there already, if they began in the last AASD_NETS_OLD_MS.  What
 * fails is logged, and nothing is noted then.
 */
#define AASD_NETS_OLD_MS 600000
#define AASD_NETS_MAX    1000 /* of those */
void aasd_nets_start(struct aasd_nets *n, const struct aasd *d);
void aasd_nets_stop(struct aasd_nets *n);

#endif

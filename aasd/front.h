#ifndef AAS_AASD_FRONT_H
#define AAS_AASD_FRONT_H

/* What a front begins with. */
struct aasd_front {
	const char *policy; /* --policy; NULL: the usual one, watched */
	const char *rundir; /* of the keeper */
	int listener, stop; /* stay the caller's */
	int link;           /* our end; taken */
};

#define AASD_FRONT_ELSEWHERE \
	3 /* exit status: the policy names another rundir */

/*
 * aasd_front(f): the front: serve until it is told to end, or the keeper is
 * gone.  Returns the exit status.
 */
int aasd_front(const struct aasd_front *f);

#endif

#ifndef AAS_TOOLS_AASD_WATCH_H
#define AAS_TOOLS_AASD_WATCH_H

#include "lib/spawn.h"
#include "tools/aasd.h"

/* The files that the policy is made of, watched; for aasd alone. */
struct aasd_watch {
	struct aasd_extra extra;
	int epoll, inotify, timer;
	uint64_t tried; /* of which state of the files a build was tried */
	struct aas_child child; /* the build that runs */
};

/*
 * aasd_watch_start(w): watch; where that cannot be, the log hears of it.
 * aasd_watch_stop(w): end, a build that runs included.
 */
void aasd_watch_start(struct aasd_watch *w);
void aasd_watch_stop(struct aasd_watch *w);

#endif

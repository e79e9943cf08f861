#ifndef AAS_TOOLS_AASD_WATCH_H
#define AAS_TOOLS_AASD_WATCH_H

#include "lib/spawn.h"
#include "tools/aasd.h"

/* The files that the policy is made of, watched; for aasd alone. */
struct aasd_watch {
	struct aasd_extra extra;
	int epoll, inotify, timer;
	uint64_t tried;   /* of which state of the files a build was tried */
	int64_t again_ms; /* when it is tried again; aas_clock_ms() */
	int again_s;      /* how long that was; 0: none was tried */
	struct aas_child child; /* the build that runs */
};

/*
 * aasd_watch_start(w): watch; where that cannot be, the log hears of it.
 * aasd_watch_stop(w): end, a build that runs included.
 */
void aasd_watch_start(struct aasd_watch *w);
void aasd_watch_stop(struct aasd_watch *w);

/*
 * aasd_watch_due(w, want, stamp, now_ms):
 * 1 if a build is to start now: one is wanted, and for the files as ${stamp}
 * has them it is the first, or late enough.  ${w} remembers it as tried.
 */
int aasd_watch_due(
    struct aasd_watch *w, int want, uint64_t stamp, int64_t now_ms);

#endif

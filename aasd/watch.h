#ifndef AAS_AASD_WATCH_H
#define AAS_AASD_WATCH_H

#include "lib/spawn.h"
#include "aasd/aasd.h"

/* The files that the policy is made of, watched; for aasd alone. */
struct aasd_watch {
	struct aasd_extra extra;
	int epoll, inotify, timer;
	uint64_t tried;   /* of which state of the files a build was tried */
	int64_t again_ms; /* when it is tried again; aas_clock_ms() */
	int again_s;      /* how long that was; 0: none was tried */
	struct aas_child child; /* the build that runs */
	int64_t until_ms;       /* until when it may; aas_clock_ms() */
	const struct aasd *d;
};

/*
 * aasd_watch_start(w, d): watch; where that cannot be, the log hears of it.
 * aasd_watch_stop(w): end, a build that runs included.
 */
void aasd_watch_start(struct aasd_watch *w, const struct aasd *d);
void aasd_watch_stop(struct aasd_watch *w);

/*
 * aasd_watch_first():
 * Have the policy built, and wait for it, for a minute: where there is none
 * that can be used there is nothing else to do.  Whether it is there then, its
 * file tells.
 */
void aasd_watch_first(void);

/*
 * aasd_watch_stuck(w, now_ms):
 * 1 if a build runs, and has had its time.
 */
int aasd_watch_stuck(const struct aasd_watch *w, int64_t now_ms);

/*
 * aasd_watch_wanted(bin, at, n, &stamp):
 * 1 if a build of ${bin} (NULL: the usual one) is wanted, 0 if all is as it
 * was.  ${stamp} is another number if one of its files, or what is in one of
 * the ${n} directories or files ${at}, is another.
 */
int aasd_watch_wanted(
    const char *bin, const char *const *at, size_t n, uint64_t *stamp);

/*
 * aasd_watch_due(w, want, stamp, now_ms):
 * 1 if a build is to start now: one is wanted, and for the files as ${stamp}
 * has them it is the first, or late enough.  ${w} remembers it as tried.
 */
int aasd_watch_due(
    struct aasd_watch *w, int want, uint64_t stamp, int64_t now_ms);

#endif

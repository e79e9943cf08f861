#ifndef AAS_AASD_CTL_H
#define AAS_AASD_CTL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/spawn.h"

/*
 * A program of systemd's that the keeper runs, such as systemctl(1): one at a
 * time, waited for by epoll(7), and killed when it takes too long, whether or
 * not anything else happens meanwhile.
 */
#define AASD_CTL_BOOTED "/run/systemd/system" /* sd_booted(3) */
#define AASD_CTL_OUT    512

enum aasd_ctl_state {
	AASD_CTL_NONE, /* nothing runs */
	AASD_CTL_RUNS,
	AASD_CTL_ENDED, /* just now */
	AASD_CTL_LATE   /* it was killed just now */
};

struct aasd_ctl {
	struct aas_child child;
	int timer;              /* -1: nothing runs */
	char out[AASD_CTL_OUT]; /* what it said, with a NUL; cut */
	size_t len;
};

/* aasd_ctl_init(c): nothing runs. */
void aasd_ctl_init(struct aasd_ctl *c);

/*
 * aasd_ctl_run(c, epoll, path, argv, ms, heard):
 * Start it, where nothing runs; ${epoll} becomes readable when it has ended,
 * and after ${ms}, until aasd_ctl_look() was called.
 *   heard  1: what it says on its standard output is kept
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_SYS: nothing runs.
 */
int aasd_ctl_run(struct aasd_ctl *c, int epoll, const char *path,
    char *const argv[], int64_t ms, int heard);

/*
 * aasd_ctl_look(c): what has become of it.  Never blocks but for the moment
 * that a killed process takes to go.
 */
enum aasd_ctl_state aasd_ctl_look(struct aasd_ctl *c);

/* aasd_ctl_stop(c): kill it, if it runs. */
void aasd_ctl_stop(struct aasd_ctl *c);

/* aasd_ctl_leave(c): the descriptors alone, in a process that forked. */
void aasd_ctl_leave(struct aasd_ctl *c);

#endif

#ifndef AAS_AASD_LEASES_H
#define AAS_AASD_LEASES_H

#include "lib/cgroup.h"
#include "lib/keep/book.h"
#include "aasd/ctl.h"

/*
 * Sessions that run on a lease, as the keeper sees to them: each ends with its
 * lease, sooner if that is taken away, later if it is extended; and the unit
 * that a session is, is stopped.
 */
#define AASD_LEASES_UNITS 64 /* that one systemctl(1) is told of */

struct aasd_leases {
	int epoll, dirfd, inotify;
	char (*units)[AAS_CGROUP_UNIT]; /* to be stopped, the first first */
	size_t n, cap;
	size_t told; /* of how many the systemctl(1) that runs was told */
	struct aasd_ctl ctl;
};

/* aasd_leases_init(ls): nothing is open. */
void aasd_leases_init(struct aasd_leases *ls);

/*
 * aasd_leases_open(ls, rundir, epoll): hear of each lease that comes and goes,
 * by ${epoll}.  Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aasd_leases_open(struct aasd_leases *ls, const char *rundir, int epoll);
void aasd_leases_close(struct aasd_leases *ls);

/* aasd_leases_leave(ls): the descriptors alone, in a process that forked. */
void aasd_leases_leave(struct aasd_leases *ls);

/*
 * aasd_leases_apply(ls, s): if ${s} runs on a lease, its limit is that of the
 * lease as it stands now.  One that cannot be read has ended.
 */
void aasd_leases_apply(struct aasd_leases *ls, struct aas_kept *s);

/* aasd_leases_look(ls, b): what came and went since. */
void aasd_leases_look(struct aasd_leases *ls, struct aas_book *b);

/*
 * aasd_leases_stop(ls, s): have systemd stop the unit that ${s} is, when those
 * that were asked for before are.
 */
void aasd_leases_stop(struct aasd_leases *ls, const struct aas_kept *s);

#endif

#ifndef AAS_AASD_KEEP_H
#define AAS_AASD_KEEP_H

#include "lib/keep/book.h"
#include "lib/keep/procs.h"
#include "aasd/aasd.h"
#include "aasd/hint.h"
#include "aasd/leases.h"
#include "aasd/manager.h"
#include "aasd/signout.h"

/* Sessions, and their ends; for aasd alone. */
struct aasd_keep {
	struct aasd_extra extra;
	int epoll, inotify, timer;
	int dirfd; /* of the ledger */
	int ended; /* of aasd/ended.h; -1: there is none */
	int lock;  /* that it is kept */
	struct aas_book book;
	struct aasd_managers managers;
	struct aasd_signout out;
	struct aasd_leases leases;
	struct aasd_hints hints;
	struct aas_keep_procs procs; /* of the last look */
	int64_t looked_ms;           /* when that was; 0: never */
	int64_t cost_ms;             /* how long it took */
	int64_t codex_ms; /* the grace of Codex; set by who starts it */
	char boot[2 * 16 + 1];
};

/*
 * aasd_keep_start(k, rundir, statedir):
 * Read the ledger and keep it from here on, and by the indexes below
 * ${statedir} (NULL: not) sign users out; both stay the caller's.  Returns 0;
 * AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_SYS, AAS_ERR_NOMEM: no session is
 * ended then.
 */
int aasd_keep_start(
    struct aasd_keep *k, const char *rundir, const char *statedir);
void aasd_keep_stop(struct aasd_keep *k);

/*
 * aasd_keep_leave(k): in a child process, which keeps nothing: its copies of
 * the descriptors are closed.
 */
void aasd_keep_leave(struct aasd_keep *k);

/*
 * aasd_keep_tick(k): now and then: drop what tells nothing any more, lines of
 * another boot, and those of whose session no process is left.
 */
void aasd_keep_tick(struct aasd_keep *k);

/*
 * aasd_keep_end(k, s, by, last): begin to end ${s} now; ${by} is who asked.
 *   last  1: a moment after the others, so that who asked gets the answer
 */
void aasd_keep_end(
    struct aasd_keep *k, struct aas_kept *s, const char *by, int last);

/*
 * aasd_keep_extend(k, s, now_ms, session_ms): its overall limit, counted from
 * its beginning, is that from now on; noted for an aasd after this one.
 */
void aasd_keep_extend(struct aasd_keep *k, struct aas_kept *s, int64_t now_ms,
    int64_t session_ms);

/*
 * aasd_keep_look(k): k->procs is at most a second old then.  0, or what
 * aas_keep_scan() returns.
 */
int aasd_keep_look(struct aasd_keep *k);

/*
 * aasd_keep_look_since(k, since_ms): the same, and younger than ${since_ms}, so
 * that a session which began then has its processes in it; but where a look
 * takes long not at once, however many begin.
 */
int aasd_keep_look_since(struct aasd_keep *k, int64_t since_ms);

#endif

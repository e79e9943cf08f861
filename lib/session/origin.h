#ifndef AAS_LIB_SESSION_ORIGIN_H
#define AAS_LIB_SESSION_ORIGIN_H

#include <sys/types.h>

#include "lib/clock.h"
#include "lib/session/ledger.h"

/* Who asks. */
struct aas_origin_query {
	const char *rundir;
	const struct aas_now *now;
	pid_t pid; /* any process of the caller's */
	uid_t uid; /* the caller's real uid */
};

/*
 * aas_origin_look(q, &l, id):
 * Does the caller stem from a sign-in from another machine?  By the ledger of
 * sessions (lib/session/ledger.h), which only root writes: 1 if one of its
 * remote lines is of the caller's audit session, or its leader is an ancestor
 * of ${pid}.  What no line, local or remote, accounts for (a service of the
 * user's own manager, a daemon, a job) is
 *   - local if the caller is root, and signed in as nobody else;
 *   - remote while a remote session of that user is open, or a line cannot be
 *     read: it may be that one;
 *   - local otherwise.
 * Lines of another boot, and of processes whose pid is another's by now, do
 * not count.  Reads the ledger and /proc, writes nothing, never fails.
 * 0: no.  2, with the line ${l} of that sign-in and its ${id}: the caller's own
 * sign-in is remote, one line says so, and that one is open.  1: yes, but none
 * or several do, or it is over.
 */
int aas_origin_look(const struct aas_origin_query *q, struct aas_ledger_line *l,
    char id[AAS_LEDGER_ID]);

#endif

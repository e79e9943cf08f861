#ifndef AAS_LIB_KEEP_END_H
#define AAS_LIB_KEEP_END_H

#include <stddef.h>
#include <stdint.h>

#include "lib/keep/book.h"
#include "lib/keep/procs.h"

/*
 * How sessions end: in rounds, all that are ending at once, from one look at
 * /proc each.  The terminals are told why; 300 ms later everything but the
 * leader (which then closes the session in good order) gets SIGHUP and
 * SIGTERM, once; of a service manager the leader alone gets SIGTERM; after 1.5
 * s what is left is stopped and killed, after 2.5 s the leader too, until
 * nothing is left.
 *
 * Where Codex runs, it alone gets SIGTERM at 300 ms, the leader included if it
 * is Codex; all else waits until it has ended, or its grace is over: the shell
 * that it runs in would take it along by SIGHUP.  All else is then asked 0.7 s
 * before it is killed, at least, and the leader 0.5 s later: with the longest
 * grace that is after 3.5 s.
 */
#define AAS_END_SAID_MS  300
#define AAS_END_KILL_MS  1500
#define AAS_END_ALL_MS   2500
#define AAS_END_CODEX_MS 2000 /* the longest grace */
#define AAS_END_GAP_MS   700
#define AAS_END_LEAD_MS  500
#define AAS_END_ROUND_MS 150
#define AAS_END_REST     4    /* times what a round took, between two */
#define AAS_END_LATE_MS  5000 /* from here on it is late, and tried slowly */
#define AAS_END_SLOW_MS  1000
#define AAS_END_REST_MS  60000 /* and at last no more often than this */

/*
 * aas_end_round(ps, v, n, now_ms, codex_ms, others):
 * One round for the ${n} sessions ${v}, whose end has begun (why, ended_ms).
 *   codex_ms  the grace of Codex, at most AAS_END_CODEX_MS
 *   others    the book they are in; NULL: no other session goes on
 * At last the scope of a session is killed as a whole, for what is too fast to
 * be found; but never while another session that goes on, of whichever user,
 * sits in it, too (lib/keep/alone.h): its processes are spared, and what is
 * the ending one's is killed one by one, as without control groups.
 * Sets left, rounds and empty of each.  ${ps} is overwritten.
 * Returns 0; what aas_keep_scan() and aas_keep_each() return: nothing was
 * done then.
 */
int aas_end_round(struct aas_keep_procs *ps, struct aas_kept *const *v,
    size_t n, int64_t now_ms, int64_t codex_ms, const struct aas_book *others);

/*
 * aas_end_next_ms(k, now_ms, cost_ms, codex_ms):
 * When ${k} wants the round after that of ${now_ms}, which took ${cost_ms}: in
 * AAS_END_ROUND_MS; while its processes have been told or asked, and nothing
 * is to be done before they are asked or killed, not before AAS_END_REST times
 * the cost, so that processes of others do not hold up that.  No later than
 * what is to be done, and never where only ancestry tells what is of it.
 */
int64_t aas_end_next_ms(const struct aas_kept *k, int64_t now_ms,
    int64_t cost_ms, int64_t codex_ms);

/* aas_end_done(k): 1 if two rounds in a row, after the last signal, found
 * nothing. */
int aas_end_done(const struct aas_kept *k);

/*
 * aas_end_audit(k): the audit session that is all of it; AAS_PROC_NO_AUDIT:
 * there is none.
 */
uint32_t aas_end_audit(const struct aas_kept *k);

/*
 * aas_end_group(k): the control group all of which is of it: that of the unit
 * whose first process opened it; or, where it has no audit session, the scope
 * that logind made for it, if nobody else's session sits in there.  "": none.
 */
const char *aas_end_group(const struct aas_kept *k);

/*
 * aas_end_each(ps, v, n, each, arg): aas_keep_each() of the ${n} sessions.  A
 * session within another is its leader and what stems from it, nothing else.
 */
int aas_end_each(struct aas_keep_procs *ps, struct aas_kept *const *v, size_t n,
    aas_keep_found *each, void *arg);

/*
 * aas_end_owner(ps, k, tty):
 * Whose the terminal ${tty} of a process of ${k} has to be; AAS_TERM_ANYONE:
 * that on which a session within another was begun stays that of who called
 * su(1).  ${ps} is of the last look.
 */
uid_t aas_end_owner(
    const struct aas_keep_procs *ps, const struct aas_kept *k, uint32_t tty);

#endif

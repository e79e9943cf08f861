#ifndef AAS_LIB_KEEP_LEARN_H
#define AAS_LIB_KEEP_LEARN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/keep/book.h"
#include "lib/keep/procs.h"

/*
 * aas_learn_audit(k):
 * The audit session of an open session, which it got after its line was
 * written: its leader's, unless the leader's parent is in the same one, or
 * the kernel was told that it is another user's.
 * 1 if it is known by now and was not before.
 */
int aas_learn_audit(struct aas_kept *k);

/*
 * aas_learn_audit_from(ps, k):
 * The same by the last aas_keep_scan(), for who asks for many: /proc is read
 * only for a leader that is younger, or has one.  What the kernel was told
 * since is not seen.
 */
int aas_learn_audit_from(const struct aas_keep_procs *ps, struct aas_kept *k);

/*
 * aas_learn_orphan(ps, b, k):
 * The same of a session whose leader was killed before anybody asked it: the
 * oldest audit session of that user that no other line of ${b} accounts for,
 * that began after the leader, and that process 1 inherited.  ${ps} holds a
 * fresh aas_keep_scan().  1 if one was found.
 */
int aas_learn_orphan(const struct aas_keep_procs *ps, const struct aas_book *b,
    struct aas_kept *k);

/*
 * aas_learn_scope(k):
 * The scope that logind made for an open session without an audit session of
 * its own: its leader's, unless the leader's parent is in there, too.
 * 1 if it is known by now and was not before.
 */
int aas_learn_scope(struct aas_kept *k);

/*
 * aas_learn_input(ps, v, n, real_ms, now_ms):
 * When somebody last typed on a terminal of each of the ${n} sessions: sets
 * t.input_ms.  Those count that the sign-in made: the leader's own, and what
 * sshd made below it.  Without one, all but what a program made that runs on
 * another.  A session that has no such terminal counts as if somebody just
 * typed, but of a display nothing is known then; lib/keep/hint.h.
 *   real_ms, now_ms  realtime and CLOCK_BOOTTIME of this moment
 * ${ps} holds a fresh aas_keep_scan().  Returns 0, AAS_ERR_NOMEM.
 */
int aas_learn_input(struct aas_keep_procs *ps, struct aas_kept *const *v,
    size_t n, int64_t real_ms, int64_t now_ms);

/*
 * aas_learn_left(ps, v, n): how many processes each of them has: sets left.
 * Returns 0, AAS_ERR_NOMEM.
 */
int aas_learn_left(
    struct aas_keep_procs *ps, struct aas_kept *const *v, size_t n);

#endif

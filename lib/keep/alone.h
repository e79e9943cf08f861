#ifndef AAS_LIB_KEEP_ALONE_H
#define AAS_LIB_KEEP_ALONE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/keep/book.h"
#include "lib/keep/procs.h"

/*
 * Who else is in a control group.  pam_systemd(8) gives no scope to a session
 * that is opened within another one: login(1), or an sshd that somebody started
 * by hand, opens sessions of their own in the scope of the one that they run
 * in.
 */
struct aas_alone {
	const struct aas_book *book; /* borrowed; NULL: nobody else goes on */
	struct aas_proc *leaders;    /* of those that go on, by pid */
	uint32_t *audits;            /* their audit sessions, ascending */
	size_t leaders_n, audits_n;
};

/*
 * aas_alone_in(a, ps, path): 1 if no process in that group, or below it, leads
 * a session of the book that goes on, or is of its audit session.  Sessions
 * within another (su, sudo) are not counted: they end with that one.  Without
 * memory nobody is alone.
 *   ps  as of the last aas_keep_scan()
 * ${a} has its book alone at first, which stays as it is; aas_alone_free().
 */
int aas_alone_in(
    struct aas_alone *a, const struct aas_keep_procs *ps, const char *path);

/* aas_alone_kill(a, ps, path): that group at once, if so; "": nothing. */
void aas_alone_kill(
    struct aas_alone *a, const struct aas_keep_procs *ps, const char *path);

/*
 * aas_alone_look(a, ps, v, n): sets shared of those that have a scope: another
 * session than that one goes on in there.
 */
void aas_alone_look(struct aas_alone *a, const struct aas_keep_procs *ps,
    struct aas_kept *const *v, size_t n);
void aas_alone_free(struct aas_alone *a);

#endif

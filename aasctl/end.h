#ifndef AAS_AASCTL_END_H
#define AAS_AASCTL_END_H

#include "aasctl/sessions.h"

/* What aasctl end was asked for. */
struct aasctl_end_want {
	const char *which; /* "others", "all"; NULL: those that are named */
	const char *user;
	int lock;    /* and lock the account */
	json_t *sum; /* what ends goes here, unsaid; NULL: it is said */
};

/*
 * aasctl_end_ask(x, w, argv, n): end them; the ${n} ids ${argv} where
 * w->which is NULL, in what order ever.  Returns an exit status.
 */
int aasctl_end_ask(struct aasctl_sessions *x, const struct aasctl_end_want *w,
    char **argv, int n);

/*
 * aasctl_end_and_lock(x, c, w, argv, n): and lock the account, which asks for
 * a key.  The session that this runs in ends last.  Returns an exit status: 0
 * only if it is locked.
 */
int aasctl_end_and_lock(struct aasctl_sessions *x, const struct aasctl *c,
    struct aasctl_end_want w, char **argv, int n);

#endif

#ifndef AAS_LIB_NOTIFY_CROWD_H
#define AAS_LIB_NOTIFY_CROWD_H

#include <sys/types.h>

#include <stddef.h>

/*
 * aas_crowd_count(uid, &n):
 * How many processes, and threads beyond their first, have that real uid: what
 * RLIMIT_NPROC counts.  Reads all of /proc.  Returns 0, AAS_ERR_SYS.
 * Source: getrlimit(2), proc(5).
 */
int aas_crowd_count(uid_t uid, size_t *n);

/*
 * aas_crowd(uid): the same of a moment ago; 0 where it cannot be known.
 * aas_crowd_joined(): a sendmail was started, which may leave some behind.
 * Both for one uid and one thread.
 */
size_t aas_crowd(uid_t uid);
void aas_crowd_joined(void);

#endif

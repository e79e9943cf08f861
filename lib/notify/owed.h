#ifndef AAS_LIB_NOTIFY_OWED_H
#define AAS_LIB_NOTIFY_OWED_H

#include "lib/notify/queue.h"

/*
 * aas_owed_note(sp):
 * Write down of whom how many alerts are in queue/ and dead/, as
 * lib/event/undelivered.h reads it.  At the end of a run.
 * Returns 0, AAS_ERR_SYS, AAS_ERR_NOMEM.
 */
int aas_owed_note(const struct aas_depot *sp);

#endif

#ifndef AAS_LIB_ENROLL_RECOVER_H
#define AAS_LIB_ENROLL_RECOVER_H

#include <stdint.h>

#include "lib/enroll/enroll.h"
#include "lib/record/record.h"

/*
 * Back in without the keys: a recovery key begins a recovery, which shuts the
 * account for the wait that the record names; after that the same recovery key
 * and a new set of keys finish it, which opens the account, locked or not.
 * Any one active key cancels it meanwhile; lib/enroll/lock.h.
 */

/*
 * aas_recover_run(e, rec, &finished, &why):
 * Begin the recovery of ${rec}, or finish the one that was begun, by whatever
 * recovery key the person types; three tries.  Whether the wait is over is for
 * the store to say, which says AAS_WHY_RECOVERING if not.
 * Returns 0; AAS_ERR_NOTFOUND (the record has no recovery key that would do);
 * AAS_ERR_CANCELED (nothing changed), AAS_ERR_DENIED ..., as aas_enroll_run()
 * does, with ${why}.  What failed has been shown, but for AAS_ERR_NOTFOUND.
 */
int aas_recover_run(const struct aas_enroll *e, const struct aas_record *rec,
    int *finished, unsigned *why);

#endif

#ifndef AAS_TOOLS_UNLOCK_H
#define AAS_TOOLS_UNLOCK_H

#include "lib/enroll/relay.h"
#include "lib/store/store.h"
#include "tools/context.h"

/*
 * aas_unlock_here(cx, store, ui, rq, &v, &why):
 * Unlock the account of cx->user at a sign-in: two of its keys sign the entry
 * that does, and it is stored.  ${v} says which they were then.
 *   rq  AAS_RQ_REMOTE and AAS_RQ_CONFIRM are its caller's to give
 * Returns 0: unlocked; AAS_ERR_DENIED: it is not, as one key alone has to wait
 * (v->text), or for another ${why}; what aas_lock_run() and aas_store_load()
 * return.
 */
int aas_unlock_here(const struct aas_context *cx, struct aas_store *store,
    const struct aas_ui *ui, const struct aas_request *rq,
    struct aas_verdict *v, unsigned *why);

#endif

#ifndef AAS_PAM_AAS_ASK_H
#define AAS_PAM_AAS_ASK_H

#include "lib/proto.h"
#include "pam_aas/call.h"

/*
 * aas_ask_fill(c, rq):
 * What ${rq} says of this call: who, for which service, from where, by which
 * kinds of keys; rq->op and rq->timeout_s are the caller's.
 * Returns 0; AAS_ERR_SYS; an error of aas_signin_kinds(), whose refusal is
 * noted.
 */
int aas_ask_fill(struct aas_call *c, struct aas_request *rq);

#endif

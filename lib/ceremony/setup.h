#ifndef AAS_LIB_CEREMONY_SETUP_H
#define AAS_LIB_CEREMONY_SETUP_H

#include "lib/ceremony/ceremony.h"
#include "lib/ceremony/priv.h"

/*
 * aas_cer_setup(c):
 * From the request in c->rq: may it be asked, which policy, which record,
 * which credentials may answer.  Touches no device and takes no lock.
 * Returns 0, or a negative enum aas_err with c->why set.
 */
int aas_cer_setup(struct aas_cer *c);

#endif

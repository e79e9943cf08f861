#ifndef AAS_AASD_ASK_H
#define AAS_AASD_ASK_H

#include <jansson.h>

#include "lib/user.h"
#include "aasd/aasd.h"

/* aasd_ask_keeper(op): 1 if that request is the keeper's to answer. */
int aasd_ask_keeper(const char *op);

/*
 * aasd_is_admin(u): 1 of root and of the members of the group aas-admin.
 * Blocks as long as NSS does.
 */
int aasd_is_admin(const struct aas_user *u);

/*
 * aasd_ask(d, u, rq):
 * Pass on a request of ${u}: what the keeper reads is written anew from what
 * was understood here.  0, d->asked is set; or the reason of the refusal.
 */
unsigned aasd_ask(struct aasd *d, const struct aas_user *u, json_t *rq);

#endif

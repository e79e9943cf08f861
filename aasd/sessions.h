#ifndef AAS_AASD_SESSIONS_H
#define AAS_AASD_SESSIONS_H

#include <stddef.h>

#include "aasd/keep.h"
#include "aasd/link.h"

/*
 * aasd_sessions_answer(k, who, rq, len, &out, &out_len):
 * The answer to one of the requests of aasd(8) about sessions ("sessions",
 * "session", "end"), as the front has passed it on; from malloc.  Everybody is
 * answered about their own; root and the members of the group aas-admin about
 * all.  ${k} NULL: no session is kept, which is the answer.
 * Returns 0, AAS_ERR_NOMEM.
 */
int aasd_sessions_answer(struct aasd_keep *k, const struct aasd_ask *who,
    const char *rq, size_t len, char **out, size_t *out_len);

#endif

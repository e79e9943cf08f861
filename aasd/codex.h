#ifndef AAS_AASD_CODEX_H
#define AAS_AASD_CODEX_H

#include <jansson.h>

#include "lib/user.h"
#include "aasd/aasd.h"

/*
 * aasd_codex_op(d, u, op, rq): the answer to the requests of aasd(8) about
 * Codex, "codex" and "codex-end"; json_null(): aas-codex, started in
 * d->lookup, answers.  Everybody asks about what is his; root and the group
 * aas-admin about all.
 */
json_t *aasd_codex_op(
    struct aasd *d, const struct aas_user *u, const char *op, json_t *rq);

#endif

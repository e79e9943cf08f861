#ifndef AAS_AASD_EXTEND_H
#define AAS_AASD_EXTEND_H

#include <jansson.h>

#include "lib/clock.h"
#include "lib/user.h"
#include "aasd/aasd.h"

struct aasd_ask;
struct aasd_keep;

/*
 * aasd_extend_op(d, u, now, op, rq):
 * In the front: "extend-ask", which draws a nonce for a session of ${u}'s, and
 * "extend", which has an assertion over it.  Whether there is such a session
 * the keeper knows.  Returns an answer; null: the keeper was asked.
 */
json_t *aasd_extend_op(struct aasd *d, const struct aas_user *u,
    const struct aas_now *now, const char *op, json_t *rq);

/*
 * aasd_extend_keep(k, who, now_ms, rq):
 * In the keeper: {"op":"extended","id":...,"total_s":N} of the front, which has
 * checked the assertion: a new period of that session's limit from now on.
 */
json_t *aasd_extend_keep(struct aasd_keep *k, const struct aasd_ask *who,
    int64_t now_ms, json_t *rq);

#endif

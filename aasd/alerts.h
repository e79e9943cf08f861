#ifndef AAS_AASD_ALERTS_H
#define AAS_AASD_ALERTS_H

#include <jansson.h>

#include "aasd/aasd.h"

/*
 * aasd_alerts_op(d, u, now_s, rq): the answer to "alerts" of ${u}; NULL: no
 * memory.  Docs: docs/protocol.md.
 */
json_t *aasd_alerts_op(
    struct aasd *d, const struct aas_user *u, int64_t now_s, json_t *rq);

/*
 * aasd_alerts_tick(d): once a minute, start aas-notify for what waits; not in
 * a sandbox that it could deliver nothing from: systemd has a timer for it.
 */
void aasd_alerts_tick(struct aasd *d);

#endif

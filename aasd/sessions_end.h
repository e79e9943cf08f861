#ifndef AAS_AASD_SESSIONS_END_H
#define AAS_AASD_SESSIONS_END_H

#include <jansson.h>

#include "aasd/asker.h"

/*
 * aasd_sessions_end(a, rq): the answer to "end", whose sessions begin to end;
 * docs/protocol.md.  NULL: there is no memory.
 */
json_t *aasd_sessions_end(struct aasd_asker *a, json_t *rq);

#endif

#ifndef AAS_AASCTL_MOMENTS_H
#define AAS_AASCTL_MOMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"

/*
 * aasctl_moments(p, now_s, &v, &n):
 * Instants of the next two weeks, ${now_s} first, of which each rule with hours
 * holds in at least one: who asks at all of them misses no rule for the time of
 * day.  As few as that takes where hours are alike.  ${v} is from malloc.
 * Returns 0; AAS_ERR_NOMEM, AAS_ERR_FORMAT (a damaged policy), AAS_ERR_TOOBIG.
 */
int aasctl_moments(
    const struct aas_policy *p, int64_t now_s, int64_t **v, size_t *n);

#endif

#ifndef AAS_AASD_WITHIN_H
#define AAS_AASD_WITHIN_H

#include <stddef.h>
#include <stdint.h>

#include "aasd/keep.h"

/*
 * What su(1) and sudo(8) opened ends with the session it was opened in, too,
 * whosever that is.
 */
struct aasd_outer {
	const struct aas_kept *in; /* that one; NULL: its own limit is first */
	int64_t end_ms;            /* when; INT64_MAX: there is no limit */
};

/*
 * aasd_within_end_ms(s, now_ms): when ${s} ends by its own limit, ${now_ms} if
 * it is being ended; INT64_MAX: never.
 */
int64_t aasd_within_end_ms(const struct aas_kept *s, int64_t now_ms);

/*
 * aasd_within_look(k, v, n, now_ms, out):
 * When each of the ${n} sessions ${v} ends, by k->procs as they are: by its own
 * limit, or that of one that it was opened in, whichever is first; at once
 * where such a one is ending already.  ${out} has room for ${n}.
 * Returns 0, AAS_ERR_NOMEM.
 */
int aasd_within_look(struct aasd_keep *k, struct aas_kept *const *v, size_t n,
    int64_t now_ms, struct aasd_outer *out);

#endif

#ifndef AAS_AASD_ASKER_H
#define AAS_AASD_ASKER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "aasd/keep.h"
#include "aasd/link.h"

#define AASD_ASKER_UP 256 /* ancestors that are looked at */

/* Who asks about sessions, and what it is in. */
struct aasd_asker {
	struct aasd_keep *k;
	const struct aasd_ask *who;
	struct aas_now now;
	uint32_t audit; /* of the asker */
	/* the asker, and what it stems from */
	struct aas_proc up[AASD_ASKER_UP];
	size_t up_n;
};

/* aasd_asker_find(a): a->audit and a->up, by a->who. */
void aasd_asker_find(struct aasd_asker *a);

/*
 * aasd_asker_within(a, v, n): which of these sessions the asker is in, the one
 * opened last of several; NULL.
 */
const struct aas_kept *aasd_asker_within(
    const struct aasd_asker *a, struct aas_kept *const *v, size_t n);

/*
 * aasd_asker_around(a, remote): of the sessions that the asker is in, whosever
 * they are, the one that ends first; NULL: it is in none.  *remote: one of them
 * came from another machine.
 */
const struct aas_kept *aasd_asker_around(
    const struct aasd_asker *a, int *remote);

/*
 * aasd_asker_named(a, id): the session of that id, which may be anything or
 * NULL, if the asker may see it; NULL.
 */
struct aas_kept *aasd_asker_named(const struct aasd_asker *a, const char *id);

/*
 * aasd_asker_note_all(a), aasd_asker_note(a, s): an administrator who is not
 * root has looked at everybody's sessions, or at ${s} of somebody else's: the
 * log has it; of the list once in ten minutes.
 */
void aasd_asker_note_all(const struct aasd_asker *a);
void aasd_asker_note(const struct aasd_asker *a, const struct aas_kept *s);

#endif

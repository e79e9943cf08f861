#ifndef AAS_LIB_KEEP_TELL_H
#define AAS_LIB_KEEP_TELL_H

#include <stddef.h>

#include "lib/keep/book.h"
#include "lib/keep/procs.h"

/*
 * aas_tell(ps, v, n, text):
 * Write what ${text} makes of each of the ${n} sessions on each of its
 * terminals, once.  Never blocks.
 * Returns 0, AAS_ERR_NOMEM.
 */
typedef void aas_tell_text(const struct aas_kept *k, char *text, size_t cap);
int aas_tell(struct aas_keep_procs *ps, struct aas_kept *const *v, size_t n,
    aas_tell_text *text);

/* The lines: why it ends; that it will (t.told_ms); that nobody types. */
aas_tell_text aas_tell_end, aas_tell_soon, aas_tell_idle;

#endif

#ifndef AAS_LIB_NOTIFY_CONTACTS_H
#define AAS_LIB_NOTIFY_CONTACTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/notify/alert.h"
#include "lib/notify/depot.h"
#include "lib/store/store.h"

/* The addresses of a user's own, "mailto:a@b.c" and "https://...". */
#define AAS_CONTACTS_MAX 24 /* 8 of the record, and some before them */

struct aas_contacts {
	size_t n;
	char v[AAS_CONTACTS_MAX][256];
};

/*
 * aas_contacts_get(sp, store, a, now, keep_s, c):
 * Those of the user whose alert ${a} is: of the record, whose owner alone can
 * change them.  They are remembered in the file <uid>.to of the chains, and
 * told from there when the record cannot be read any more.  One that the
 * record no longer has hears of what is never suppressed (addresses, keys,
 * the record) for ${keep_s} seconds more, and while such an alert waits.
 *   store  may be NULL
 * Never fails: without any, c->n is 0.
 */
void aas_contacts_get(const struct aas_depot *sp, struct aas_store *store,
    const struct aas_alert *a, const struct aas_now *now, int64_t keep_s,
    struct aas_contacts *c);

/*
 * aas_contacts_turn(sp, a, rec, now_s, keep_s, c): the same, where the record
 * says ${rec}; NULL: it cannot be read.
 */
void aas_contacts_turn(const struct aas_depot *sp, const struct aas_alert *a,
    const struct aas_contacts *rec, int64_t now_s, int64_t keep_s,
    struct aas_contacts *c);

#endif

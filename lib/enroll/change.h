#ifndef AAS_LIB_ENROLL_CHANGE_H
#define AAS_LIB_ENROLL_CHANGE_H

#include "lib/enroll/enroll.h"
#include "lib/record/record.h"

/*
 * aas_change_run(e, rec, type, name, to, &held_until, &why):
 * Make one entry on top of the record ${rec}, have it signed by the keys that
 * it takes, and hand it to e->append.  Two active keys sign add-key,
 * remove-key, resume-key and disable, where there are two: else one does, and
 * the store holds the entry.  The key that a change is about signs only if
 * there are not enough others, or must (a key that is added or resumed).
 *   type  add-key, remove-key, rename-key, suspend-key, resume-key, disable,
 *         enable, set-contacts; another is AAS_ERR_INVAL
 *   name  the key's label; for add-key NULL asks for one; for set-contacts
 *         at most 8 addresses with a blank between each two
 *   to    rename-key: the new label
 * Returns 0; AAS_ERR_NOTFOUND (no such key), AAS_ERR_EXISTS (a label that is
 * taken), AAS_ERR_CANCELED (nothing changed), AAS_ERR_DENIED ..., as
 * aas_enroll_run() does, with ${why}.  What failed has been shown, but for
 * AAS_ERR_NOTFOUND, _EXISTS and _INVAL.
 */
int aas_change_run(const struct aas_enroll *e, const struct aas_record *rec,
    enum aas_type type, const char *name, const char *to, int64_t *held_until,
    unsigned *why);

#endif

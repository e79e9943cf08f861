#ifndef AAS_LIB_ENROLL_LOCK_H
#define AAS_LIB_ENROLL_LOCK_H

#include "lib/enroll/enroll.h"
#include "lib/record/record.h"

/* What the entry is to say. */
struct aas_lock_want {
	/* LOCK, UNLOCK, CANCEL, RECOVERY_CANCEL; others: AAS_ERR_INVAL */
	enum aas_type type;
	uint64_t seq;      /* cancel: the entry that waits; 0: the only one */
	int end;           /* lock: sign out everywhere */
	const char *words; /* lock: why; NULL: none */
	int one;           /* unlock: by one key, though it is held */
};

/* Who signed. */
struct aas_lock_by {
	size_t keys_n;
	const struct aas_key *keys[2]; /* of the record given */
};

/*
 * aas_lock_run(e, rec, w, &by, &held_until, &why):
 * Lock the account of ${rec}, or unlock it: any one of its active keys locks,
 * any two unlock.  Or cancel an entry that is held, by a key that did not sign
 * it; a suspended one does too.  Or a recovery that was begun, by any one. With
 * one alone, where there is but one or w->one says so, the store holds the
 * unlocking for 72 hours. by  may be NULL Returns 0; AAS_ERR_EXISTS: it is
 * locked already, or not locked; AAS_ERR_NOTFOUND: no such entry waits, or
 * several do; no recovery runs; AAS_ERR_INVAL (words that cannot be those of an
 * entry, or a type); AAS_ERR_CANCELED (nothing changed), AAS_ERR_DENIED ..., as
 * aas_enroll_run() does, with ${why}.  What failed has been shown, but for
 * AAS_ERR_EXISTS and _INVAL.
 */
int aas_lock_run(const struct aas_enroll *e, const struct aas_record *rec,
    const struct aas_lock_want *w, struct aas_lock_by *by, int64_t *held_until,
    unsigned *why);

#endif

#ifndef AAS_LIB_EVENT_EVENT_H
#define AAS_LIB_EVENT_EVENT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"

/*
 * An event: something a user must hear of.  One line of JSON in plain ASCII;
 * docs/events.md has its fields and types, docs/events.schema.json its form.
 */
#define AAS_EVENT_MAX 4000 /* bytes of a line with its end */
#define AAS_EVENT_ID  33   /* 32 hexadecimal characters and the NUL */

/* Numbers are of this program alone: only names are written. */
enum aas_event_type {
	AAS_EV_SIGN_IN,
	AAS_EV_ATTEMPTS,
	AAS_EV_FIRST_NETWORK,
	AAS_EV_SESSION_ENDED,
	AAS_EV_KEY_ADDED,
	AAS_EV_KEY_REMOVED,
	AAS_EV_KEY_SUSPENDED,
	AAS_EV_KEY_RESUMED,
	AAS_EV_COUNTER,
	AAS_EV_RECOVERY_STARTED,
	AAS_EV_RECOVERY_CANCELLED,
	AAS_EV_RECOVERY_FINISHED,
	AAS_EV_ENROLLED,
	AAS_EV_LOCKED,
	AAS_EV_UNLOCKED,
	AAS_EV_CONTACTS,
	AAS_EV_RECORD_BROKEN,
	AAS_EV_REPINNED,
	AAS_EV_EXEMPTION,
	AAS_EV_BREAK_GLASS,
	AAS_EV_POLICY_CHANGED,
	AAS_EV_POLICY_REFUSED,
	AAS_EV_ATTEST_ENDING,
	AAS_EV_KEEPER_DOWN,
	AAS_EV_LEASE,
	AAS_EV_DELIVERY_FAILING,
	AAS_EV_TEST,
	AAS_EV_RECOVERY_KEYS,
	AAS_EV_DISABLED,
	AAS_EV_ENABLED,
	AAS_EV_CHANGE_CANCELLED,
	AAS_EV_ALERTS_DAMAGED,
	AAS_EV_N
};

/* NULL, and 0 of the numbers but uid: left out of the line. */
struct aas_event {
	enum aas_event_type type;
	const char *user;
	uint32_t uid; /* whose event; 0 of what concerns the whole host */
	const char *service, *tty, *rhost;
	const char *key;     /* its label */
	const char *via;     /* "keys", "ssh-key", "host", "lease" */
	const char *session; /* id of the ledger */
	const char *by;      /* who did it, if another */
	const char *why;     /* a reason code, or one word */
	uint64_t count;      /* of what was collapsed */
	int64_t first_s, last_s;
	const char *text; /* one sentence for a person */
};

/*
 * aas_event_name(type): "sign-in"; "" for none.
 * aas_event_type(name): the type of a name, AAS_EV_N if there is none.
 */
const char *aas_event_name(enum aas_event_type type);
enum aas_event_type aas_event_type(const char *name);

/*
 * aas_event_reserved(type): 1 for what has room kept free in the spool, for
 * the day on which the disk is full.
 */
int aas_event_reserved(enum aas_event_type type);

/*
 * aas_event_id(id):
 * A new one: 128 random bits.  Returns 0, AAS_ERR_SYS.
 */
int aas_event_id(char id[AAS_EVENT_ID]);

/*
 * aas_event_format(e, now, id, buf, cap, &len):
 * Write the line with its line feed, and a NUL behind it, to ${buf}.  Any
 * bytes in the strings of ${e} make a valid line: what is no plain ASCII is
 * escaped, a byte that is no UTF-8 as the code point of the same number, and
 * what is longer than its part of the line ends in "...".
 *   id   as of aas_event_id()
 *   cap  AAS_EVENT_MAX + 1 is always enough
 * Returns 0; AAS_ERR_INVAL (no such type), AAS_ERR_TOOBIG, AAS_ERR_SYS
 * (uname(2) failed).  Does not allocate.
 */
int aas_event_format(const struct aas_event *e, const struct aas_now *now,
    const char *id, char *buf, size_t cap, size_t *len);

#endif

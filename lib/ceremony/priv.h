#ifndef AAS_LIB_CEREMONY_PRIV_H
#define AAS_LIB_CEREMONY_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "lib/ceremony/ceremony.h"
#include "lib/ceremony/dev.h"
#include "lib/ceremony/io.h"
#include "lib/clock.h"
#include "lib/proto.h"
#include "lib/reason.h"
#include "lib/record/record.h"
#include "lib/store/store.h"

/* What the parts of a ceremony share; for lib/ceremony/ alone. */

/* A credential that may answer: from the record, or from the request. */
struct aas_cer_key {
	char label[AAS_LABEL_MAX];
	const struct aas_cred *cred; /* borrowed */
	uint8_t id[32];              /* SHA-256 of the credential id */
	uint8_t aaguid[16];          /* of the record's keys */
	int backup;                  /* flags at creation; -1: not known */
	int used;                    /* has answered in this ceremony */
	int refused;                 /* not to be asked (again) */
	int copied;                  /* the index says: a copy of it exists */
	uint32_t issued;             /* counter known at its challenge */
};

enum aas_slot_state {
	AAS_SLOT_FREE = 0,
	AAS_SLOT_NEW, /* listed, not opened: perhaps another has it */
	AAS_SLOT_PROBING,
	AAS_SLOT_YOURS,   /* holds keys[key] */
	AAS_SLOT_FOREIGN, /* a security key, but none of these */
	AAS_SLOT_FAULTY,  /* does not answer as it should */
	AAS_SLOT_USED,    /* its key has answered already */
	AAS_SLOT_REFUSED, /* its key is not accepted here any more: a clone */
	AAS_SLOT_NOKEY    /* no security key at all */
};

/* One plugged device. */
struct aas_slot {
	enum aas_slot_state state;
	struct aas_dev dev;
	struct aas_io io;
	int busy;                  /* a job is under way */
	int ready;                 /* its result is in res */
	int tries;                 /* probes that failed */
	int64_t again_ms;          /* not before: the next try */
	int64_t until_ms;          /* the job's own end, and some grace */
	unsigned key;              /* of YOURS */
	uint8_t hash[32];          /* the challenge this device was given */
	struct aas_io_result seen; /* its probe */
	struct aas_io_result res;
};

struct aas_cer {
	int sock;
	unsigned flags;
	uid_t caller;              /* its real uid */
	int dead;                  /* the caller is gone: no verdict */
	unsigned why;              /* reason of the refusal, once known */
	char detail[AAS_TEXT_MAX]; /* text instead of the reason's own */
	int64_t until_ms;
	struct aas_request rq;
	struct aas_verdict v;
	struct aas_now now;
	char host[65];
	/* the caller */
	uint32_t serial;
	int asking, answered;
	struct aas_reply reply;
	struct aas_frame frame;
	/* policy and record */
	aas_cer_settings_fn *read;
	struct aas_cer_settings set; /* all "" without a policy */
	struct aas_store *store;
	struct aas_record *rec; /* NULL: the index was enough */
	struct aas_index ix;
	struct aas_index_cred creds[AAS_KEYS_MAX]; /* of ix, then */
	int enrolled; /* keys[] are the user's own: their counters matter */
	/* the ceremony lock */
	int run_dir, lock_local, lock_all;
	int queue; /* readable when the lock that is waited for is ours */
	/* keys and devices */
	char rp[AAS_REALM_MAX + 4];
	size_t keys_n;
	struct aas_cer_key keys[AAS_KEYS_MAX];
	size_t others; /* active keys of a kind that is not taken */
	int only;      /* index of the one key to use, or -1 */
	int making;    /* keys[] are those that must NOT be there */
	uint8_t want;  /* AAS_IO_* parts of a probe */
	int64_t scanned_ms;
	size_t slots_n; /* ever in use: those after are not even touched */
	struct aas_slot slots[AAS_DEV_MAX];
	struct aas_io_job job; /* scratch: may hold a PIN, wiped after use */
};

/*
 * All below return 0, or a negative enum aas_err with c->why set: then the
 * ceremony is over.
 */

/* --- talk.c: the caller ---------------------------------------- */

/* Refuse: remember why (the first one said stays) and return AAS_ERR_DENIED. */
int aas_cer_fail(struct aas_cer *c, unsigned why);

/* The same, with a text of its own: printf, already printable arguments. */
int aas_cer_failf(struct aas_cer *c, unsigned why, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Show text (not under AAS_RQ_SILENT). */
int aas_cer_info(struct aas_cer *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int aas_cer_error(struct aas_cer *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Ask (AAS_MSG_SECRET or AAS_MSG_ASK) and wait for the reply, which is in
 * c->reply and is the caller's to wipe.  No device and no lock is held
 * meanwhile; the lock is taken again.  Giving up is AAS_WHY_CANCELED.
 */
int aas_cer_ask(struct aas_cer *c, uint8_t type, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Send a payload as it is. */
int aas_cer_send(struct aas_cer *c, uint8_t type, const void *p, size_t len);

/* Take one message of the caller; call when the socket is readable. */
int aas_cer_hear(struct aas_cer *c);

/*
 * The labels that may be used, as 'blue', 'green' or 'spare'; of keys that
 * are plugged in only, or of all.
 */
void aas_cer_labels(
    const struct aas_cer *c, int plugged, char *dst, size_t cap);

/* --- lock.c: one ceremony per host ------------------------------ */

/*
 * Take the lock: local ones before remote ones.  Waits for at most the
 * ceremony's time, listening to the caller.  Nothing without root's rights.
 */
int aas_cer_lock(struct aas_cer *c);
void aas_cer_unlock(struct aas_cer *c);

/* For a remote ceremony: refuse if a local one waits. */
int aas_cer_yield(struct aas_cer *c);

/* --- slots.c: devices ------------------------------------------- */

/* Wait at most ${wait_ms} for caller, devices, plugging; handle what came. */
int aas_cer_step(struct aas_cer *c, int64_t wait_ms);

/* Bring the list up to date, open and probe what is new. */
int aas_cer_tend(struct aas_cer *c);

/* Slots being probed, or about to be probed again. */
size_t aas_cer_pending(const struct aas_cer *c);

/* Slots in a state. */
size_t aas_cer_count(const struct aas_cer *c, enum aas_slot_state st);

/*
 * Wait until at least one key that may be used is plugged in and none is
 * still being probed; says what is missing.
 */
int aas_cer_find(struct aas_cer *c);

/* Start c->job on a slot, opening it again if need be. */
int aas_cer_start(struct aas_cer *c, struct aas_slot *s, int64_t ms);

/* Start, and wait for the result in s->res. */
int aas_cer_do(struct aas_cer *c, struct aas_slot *s);

/* End one slot's process; all but one (NULL: all), canceling first. */
void aas_cer_close(struct aas_slot *s, int grace_ms);
void aas_cer_close_others(struct aas_cer *c, const struct aas_slot *keep);

/* The reason for a result that is not a success. */
unsigned aas_cer_why(const struct aas_io_result *res);

/*
 * Wait for a touch on one of the plugged keys in state ${st}, a touch that
 * signs nothing.  The one touched is ${s}; the others are closed.
 */
int aas_cer_choose(
    struct aas_cer *c, enum aas_slot_state st, struct aas_slot **s);

/* --- pin.c ------------------------------------------------------ */

/*
 * Ask for the PIN of the key in ${s} into c->job.pin; ${name} is how to call
 * it, already printable.
 */
int aas_cer_pin(struct aas_cer *c, struct aas_slot *s, const char *name);

/*
 * Run the job in c->job with a PIN: ask, try, say what was wrong, 3 times.
 * ${touch} is shown once the PIN is typed.  ${pin}, may be NULL, takes the
 * PIN that held.
 */
int aas_cer_with_pin(struct aas_cer *c, struct aas_slot *s, const char *name,
    const char *touch, struct aas_secret *pin);

/* Ask for a new PIN twice and set it on the key in ${s}; into ${pin}. */
int aas_cer_new_pin(
    struct aas_cer *c, struct aas_slot *s, struct aas_secret *pin);

/* --- check.c ---------------------------------------------------- */

/* A fresh challenge, bound to all that this sign-in is about. */
int aas_cer_challenge(struct aas_cer *c, uint8_t hash[32]);

/*
 * The counter of a key as known now, when its challenge is issued.  Returns
 * 0, or the reason (positive, enum aas_reason) why it is not to be asked.
 */
int aas_cer_issue(struct aas_cer *c, struct aas_cer_key *k);

/*
 * Put the assertion job for the key in ${s} together in c->job.  Its
 * challenge, which stays in s->hash, is ${fixed}, or a fresh one if that is
 * NULL.  ${uv} 1: by built-in user verification.
 */
int aas_cer_prepare(
    struct aas_cer *c, struct aas_slot *s, const uint8_t *fixed, int uv);

/*
 * Everything that stands between the answer in s->res and "verified":
 * signature, flags, backup flags as recorded, distinct keys, the counter.
 */
int aas_cer_check(struct aas_cer *c, struct aas_slot *s, uint8_t *flags);

/* --- elsewhere.c ------------------------------------------------ */

/*
 * Where the caller of su or sudo signed in.  c->v.how says what is to serve
 * it: AAS_HOW_FRESH, then all of the verdict is there, or a ceremony.
 */
int aas_cer_elsewhere(struct aas_cer *c);

/* --- operations ------------------------------------------------------------
 */
int aas_cer_assert(struct aas_cer *c);    /* ceremony_assert.c */
int aas_cer_prove(struct aas_cer *c);     /* ceremony_assert.c */
int aas_cer_agent(struct aas_cer *c);     /* agent.c */
int aas_cer_make(struct aas_cer *c);      /* ceremony_make.c */
int aas_cer_preflight(struct aas_cer *c); /* ceremony_make.c */

/* The verdict's key ${i}, 0 or 1, is keys[${key}]. */
void aas_cer_answered(struct aas_cer *c, unsigned key, unsigned i);

/* One touch by one of keys[]: which, and its verified assertion. */
int aas_cer_round(struct aas_cer *c, const uint8_t *fixed, unsigned *key,
    struct aas_proof *pf, uint8_t *flags);

/* Ask a person far away, or a careful caller, before anything blinks. */
int aas_cer_confirm(struct aas_cer *c);

#endif

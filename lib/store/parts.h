#ifndef AAS_LIB_STORE_PARTS_H
#define AAS_LIB_STORE_PARTS_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "lib/store/store.h"

/*
 * What the files of the store share; nobody else includes it.
 */
#define AAS_LOCK_MS        5000
#define AAS_HOLD_KEYS_S    (72 * 3600)
#define AAS_HOLD_GENESIS_S (24 * 3600)
#define AAS_COUNTERS_MAX   64
#define AAS_WAITS_MAX      AAS_HOLDS_MAX
#define AAS_STATE_MAX      16384

struct aas_store {
	int top, records, index, pins;
	int state, locks, invites, archive; /* only for who may write */
	uid_t owner;
	gid_t gid; /* of what group aas may read */
	int writer;
};

/* A wait of this host: a hold, or the time before a recovery is due. */
enum aas_wait_kind { AAS_WAIT_HOLD = 0, AAS_WAIT_RECOVERY = 1 };

struct aas_wait {
	uint8_t hash[32];
	uint8_t kind;
	uint64_t release; /* hold: the head when it was over; 0: it waits */
	int64_t wait_s;   /* how long in all */
	int64_t waited_s; /* done before the mark below */
	int64_t real_s, boottime_ms; /* the mark: when it last was counted */
	uint8_t boot_id[16];
	uint8_t synced;
};

struct aas_counter {
	uint8_t id[32];
	uint32_t value;
	uint8_t refused;
};

/* state/<uid> */
struct aas_hoststate {
	size_t counters_n;
	struct aas_counter counters[AAS_COUNTERS_MAX];
	size_t waits_n;
	struct aas_wait waits[AAS_WAITS_MAX];
};

int aas_hoststate_put(
    const struct aas_hoststate *hs, uint8_t *buf, size_t cap, size_t *len);
int aas_hoststate_get(const uint8_t *p, size_t len, struct aas_hoststate *hs);

/* Read (nothing there is an empty one) and replace, under the user's lock. */
int aas_hoststate_read(
    struct aas_store *s, const char *file, struct aas_hoststate *hs);
int aas_hoststate_write(
    struct aas_store *s, const char *file, const struct aas_hoststate *hs);

struct aas_wait *aas_wait_find(
    struct aas_hoststate *hs, int kind, const uint8_t hash[32]);
/* Start a wait now, or anew; AAS_ERR_DENIED when there are too many. */
int aas_wait_start(struct aas_hoststate *hs, int kind, const uint8_t hash[32],
    int64_t wait_s, const struct aas_now *now);
/* Seconds that are still to wait, 0 if it is over. */
int64_t aas_wait_left(const struct aas_wait *w, const struct aas_now *now);
/* Count what has passed and move the mark if the clocks ask for it; 1 if so. */
int aas_wait_mark(struct aas_wait *w, const struct aas_now *now);

/* The counter of a key, NULL if unknown; the same, made if there is room. */
struct aas_counter *aas_counter_find(
    struct aas_hoststate *hs, const uint8_t id[32]);
struct aas_counter *aas_counter_make(
    struct aas_hoststate *hs, const uint8_t id[32]);

/* What one look at a user's files says. */
struct aas_look {
	struct aas_buf record;
	struct aas_fileid file;
	uint64_t lines; /* of the record */
	struct aas_pin pin, next;
	int pin_r; /* 0 or AAS_ERR_NOTFOUND */
	struct aas_hoststate hs;
	struct aas_hold holds[AAS_HOLDS_MAX];
	size_t holds_n;
	struct aas_record *rec;
	struct aas_index ix;
	struct aas_index_cred
	    creds[AAS_KEYS_MAX]; /* of ix, for who writes it */
	int dirty_pin, dirty_state, dirty_index;
};

/* Decimal name of a user's files. */
void aas_store_file(uint32_t uid, char file[16]);

/*
 * aas_look(s, uid, name, now, lk, &why): read, replay, and lay the waits over
 * it; writes nothing.  Errors as aas_store_load().  aas_look_free() always.
 * aas_look_save(s, lk): write what is dirty; the user's lock is held.  What
 * the disk does not take is logged, and stays as it was.
 */
int aas_look(struct aas_store *s, uint32_t uid, const char *name,
    const struct aas_now *now, struct aas_look *lk, unsigned *why);
void aas_look_save(struct aas_store *s, uint32_t uid, struct aas_look *lk);
void aas_look_free(struct aas_look *lk);

/*
 * aas_look_index(s, file, lk): lk->ix, just made, is dirty, unless the stored
 * one says the same but for the rounding of a clock: then it becomes that.
 */
void aas_look_index(struct aas_store *s, const char *file, struct aas_look *lk);

int aas_pin_write(struct aas_store *s, const char *file,
    const struct aas_pin *pin, const struct aas_pin *next);
int aas_pin_same(const struct aas_pin *a, const struct aas_pin *b);

/* The index that a record under these waits makes, and its credentials. */
void aas_index_make(const struct aas_record *rec, struct aas_hoststate *hs,
    const struct aas_fileid *file, const struct aas_now *now,
    struct aas_index *ix, struct aas_index_cred creds[AAS_KEYS_MAX]);

/* The OpenSSH public key of a credential; 0 bytes if it has none. */
size_t aas_ssh_blob(const struct aas_cred *c, uint8_t *buf, size_t cap);

/* Is ${ticket} the invite of this user, in time?  0 or AAS_ERR_PERMS. */
int aas_invite_check(struct aas_store *s, uint32_t uid, const char *ticket,
    const struct aas_now *now);
/* Remove it, durably. */
int aas_invite_spend(struct aas_store *s, uint32_t uid);

/* aas_store_retire() under a lock that the caller holds. */
int aas_retire_locked(
    struct aas_store *s, uint32_t uid, const struct aas_now *now);

/* Copies of the same files to the archive; everything stays where it is. */
int aas_retire_copy(
    struct aas_store *s, uint32_t uid, const struct aas_now *now);

#endif

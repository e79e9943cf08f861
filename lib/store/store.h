#ifndef AAS_LIB_STORE_STORE_H
#define AAS_LIB_STORE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/record/index.h"
#include "lib/record/record.h"

/*
 * The records of one host, below one directory (/var/lib/aas, root:aas 0750):
 *	records/<uid>  the chain            0640 root:aas
 *	index/<uid>    derived              0640 root:aas
 *	pins/<uid>     what this host saw   0640 root:aas
 *	state/<uid>    counters and holds   0600 root
 *	locks/<uid>    flock                0600 root
 *	invites/<uid>  hash of a one-time ticket, expiry  0600 root
 *	archive/       what repin and purge retired       0700 root
 * Every change runs under the user's lock and is one durable replace per
 * file; kill -9 at any point leaves the old state or the new one.
 */
struct aas_store; /* opaque; several users, one process */

/*
 * aas_store_open(statedir, create, &s):
 * ${create} 1 (root tools) makes missing directories.  Only who owns
 * ${statedir} (root) may write; anybody else may load, if the modes let him,
 * and leaves everything as it is.  AAS_ERR_PERMS,
 * AAS_ERR_NOTFOUND, AAS_ERR_SYS, AAS_ERR_NOMEM.
 */
int aas_store_open(const char *statedir, int create, struct aas_store **s);
void aas_store_close(struct aas_store **s);

/*
 * aas_store_load(s, uid, name, now, &rec, &ix):
 * The user's record, trusted: hash links up to the pin; anything else is
 * verified in full.  Either of ${rec} and ${ix} may be NULL.  ${ix} is the
 * index as it must be now, holds laid over it; with root's rights it is also
 * written back when it differs from the stored one.  A head that equals the
 * pin's intention is committed.  A chain longer than the pin that this host
 * did not write: its new entries are verified and held.
 * Returns 0; AAS_ERR_NOTFOUND (no record and no pin), AAS_ERR_ROLLBACK
 * (shorter than the pin, another genesis, fork, or missing though pinned),
 * AAS_ERR_FORMAT, AAS_ERR_CRYPTO, AAS_ERR_DENIED, AAS_ERR_PERMS, AAS_ERR_SYS,
 * AAS_ERR_NOMEM.  AAS_ERR_AGAIN: only root can tell (the caller is not, and the
 * index is of another head).  ${why} (enum aas_reason) is always written.
 * In ${rec} only keys that are not suspended sign in; keys that an entry still
 * held would bring are there too, suspended.
 */
int aas_store_load(struct aas_store *s, uint32_t uid, const char *name,
    const struct aas_now *now, struct aas_record **rec, struct aas_index *ix,
    unsigned *why);

/*
 * aas_store_verify(s, uid, name, now, &line, &why):
 * As aas_store_load(), but check every proof of every entry again; writes
 * nothing.  ${line}: the entry that failed, 0 if it never came to that.
 */
int aas_store_verify(struct aas_store *s, uint32_t uid, const char *name,
    const struct aas_now *now, unsigned *line, unsigned *why);

/* Where the authority for a genesis comes from. */
enum aas_authority {
	AAS_AUTH_NONE = 0,  /* a process of the user: held 24 h */
	AAS_AUTH_HOST = 1,  /* the host's own method, in this transaction */
	AAS_AUTH_TICKET = 2 /* an invite, spent by this call */
};

/*
 * aas_store_append(s, uid, name, line, authority, ticket, now, &held_until):
 * Verify ${line} as the next entry of the user's chain and store it durably:
 * holds, intention, record, pin, index.  A key change with one key's proof is
 * stored held for 72 h; a genesis without authority for 24 h.  A genesis with
 * authority takes the place of one that is held, in one step; the archive gets
 * a copy of that.  ${ticket}
 * is the invite's text for AAS_AUTH_TICKET (spent before the record is
 * written), else NULL.  ${held_until} (realtime seconds, 0: counts at once) may
 * be NULL. Returns 0; AAS_ERR_FORMAT, AAS_ERR_CRYPTO, AAS_ERR_DENIED,
 * AAS_ERR_EXISTS (genesis for an enrolled user), AAS_ERR_ROLLBACK (prev is
 * not the head), AAS_ERR_PERMS (bad ticket), AAS_ERR_TIMEOUT (lock),
 * AAS_ERR_SYS, AAS_ERR_NOMEM.  ${why} is always written.
 */
int aas_store_append(struct aas_store *s, uint32_t uid, const char *name,
    const char *line, enum aas_authority authority, const char *ticket,
    const struct aas_now *now, int64_t *held_until, unsigned *why);

/* The record's bytes, for its owner.  AAS_ERR_NOTFOUND, AAS_ERR_PERMS ... */
int aas_store_read(struct aas_store *s, uint32_t uid, struct aas_buf *buf);

/*
 * aas_store_invite(s, uid, expires_s, ticket):
 * Make a one-time enrolment ticket (128 bits as 26 base32 characters); only
 * its hash is stored, a newer one replaces it.
 */
#define AAS_TICKET_TEXT 32
int aas_store_invite(struct aas_store *s, uint32_t uid, int64_t expires_s,
    char ticket[AAS_TICKET_TEXT]);

/*
 * aas_store_retire(s, uid, now):
 * Move record, pin, index and state into archive/<uid>.<time>/: the user is
 * as new.  For repin and purge.  AAS_ERR_NOTFOUND, AAS_ERR_SYS.
 */
int aas_store_retire(
    struct aas_store *s, uint32_t uid, const struct aas_now *now);

/*
 * Sign counters.  aas_store_counter_get(): the value known for the key when
 * its challenge is issued (0 if none), and whether the key is refused here as
 * a clone.  aas_store_counter_put(): after a good assertion that carried
 * ${seen}, with ${issued} from _get(): AAS_ERR_DENIED (and the key is marked,
 * durably) if it went back: seen <= issued unless both are 0; else the
 * maximum is stored under the lock.  A disk that cannot store is AAS_ERR_SYS:
 * the caller decides (default: admit, log).
 */
int aas_store_counter_get(struct aas_store *s, uint32_t uid,
    const uint8_t key[32], uint32_t *issued, int *refused);
int aas_store_counter_put(struct aas_store *s, uint32_t uid,
    const uint8_t key[32], uint32_t issued, uint32_t seen);

#endif

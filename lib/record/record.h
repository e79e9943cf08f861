#ifndef AAS_LIB_RECORD_RECORD_H
#define AAS_LIB_RECORD_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/kinds.h"
#include "lib/record/index.h"
#include "lib/proto.h"

/*
 * The record: what a user has enrolled, an append-only chain of signed
 * entries (docs/architecture.md, "The record").  One line per entry:
 *	aas1 <base64 payload> <base64 proofs>\n
 * payload and proofs are JSON objects; hashed and signed are the payload's
 * exact bytes.  Hash of a line: SHA-256 over the line with its LF.
 */
#define AAS_RECORD_MAX   (1024 * 1024) /* bytes of a whole record */
#define AAS_LINE_MAX     65536
#define AAS_RECOVERY_MAX 8 /* recovery keys of one set */
#define AAS_TYPE_MAX     24
#define AAS_WORDS_MAX    128 /* why somebody locked, with its NUL */

enum aas_type {
	AAS_T_GENESIS = 1,
	AAS_T_ADD_KEY,
	AAS_T_REMOVE_KEY,
	AAS_T_RENAME_KEY,
	AAS_T_SUSPEND_KEY,
	AAS_T_RESUME_KEY,
	AAS_T_SET_CONTACTS,
	AAS_T_REPLACE_RECOVERY,
	AAS_T_RECOVERY_START,
	AAS_T_RECOVERY_CANCEL,
	AAS_T_RECOVERY_FINISH,
	AAS_T_LOCK,
	AAS_T_UNLOCK,
	AAS_T_DISABLE,
	AAS_T_ENABLE,
	AAS_T_CANCEL /* takes back an entry that is still held */
};

/* One key of a record. */
struct aas_key {
	char label[AAS_LABEL_MAX];
	struct aas_cred login; /* rp = <realm> */
	struct aas_cred ssh;   /* rp = ssh:<realm>; id_len 0: none */
	uint8_t aaguid[16];
	uint8_t transports; /* AAS_TR_* */
	uint8_t backup;     /* AAS_BE | AAS_BS at creation */
	uint8_t roaming;    /* 1: not a platform authenticator */
	uint32_t counter;   /* at creation */
	uint8_t suspended;  /* 1: signs nothing; set for a held key too */
	uint8_t held;       /* 1: named by an entry that still waits */
	uint64_t added_seq; /* entry that brought it */
};

/*
 * An entry without effect so far: signed by one key where two are needed
 * (weak), or held by this host.
 */
struct aas_pending {
	uint8_t hash[32]; /* SHA-256 of its line */
	uint64_t seq;
	uint8_t type; /* enum aas_type */
	uint8_t weak;
};

/* The state that a chain of entries says, under this host's holds. */
struct aas_record {
	uint32_t uid;
	char user[AAS_USER_MAX];
	char realm[AAS_REALM_MAX];
	struct aas_pin pin; /* genesis, seq, head of this chain */
	uint8_t keys_n;
	struct aas_key keys[AAS_KEYS_MAX];
	uint8_t recovery_n;
	uint8_t recovery[AAS_RECOVERY_MAX][32]; /* Ed25519 public halves */
	int64_t recovery_wait_s;                /* floor 48 h */
	uint8_t locked, disabled, recovering;
	uint8_t held;               /* genesis waits: nothing counts yet */
	uint8_t recovery_by[32];    /* public half that started a recovery */
	uint8_t recovery_start[32]; /* hash of the line that did */
	int64_t locked_s;           /* when it was locked, as the entry says */
	char locked_why[AAS_WORDS_MAX];
	/*
	 * Sessions that were opened before this entry are over, and which type
	 * it is of: genesis, recovery-finish, or a lock that says so.
	 */
	uint64_t out_seq;
	uint8_t out_type;
	int64_t genesis_time_s, degraded_since_s;
	uint8_t contacts_n; /* addresses for alerts, as the owner wrote them */
	char contacts[8][256];
	uint8_t pending_n;
	struct aas_pending pending[AAS_HOLDS_MAX];
};

/*
 * The rules of a replay.  Every entry but genesis and those of a recovery
 * needs proofs by active keys.
 *	two keys, or one and the entry is weak: add-key (and an assertion by
 *	    the new key), resume-key (and one by the resumed key), remove-key
 *	    (two active keys must remain), replace-recovery, unlock, disable
 *	one key: rename-key, suspend-key (one active key must remain),
 *	    set-contacts, recovery-cancel, lock, enable, cancel
 * genesis and recovery-finish: at least two keys, one of them roaming, each
 * with its assertion.  recovery-start and recovery-finish: a recovery key.
 * While locked only unlock, suspend-key, cancel and those of a recovery.
 * Two keys are never alike in a credential id, a public key or a label.
 *
 * A weak entry, and one that this host holds, is pending: it has no effect
 * until its hold is released, and then only if it still keeps the rules and
 * all its signers are still active keys.  cancel, by a key that did not sign
 * the entry it names, ends that for good; a suspended key may cancel too, or
 * the first act of a thief would be to suspend the other key.
 */
struct aas_replay {
	const struct aas_pin *pin; /* entry pin->seq must have this hash; its
				    * genesis too.  NULL or seq 0: none */
	uint64_t verify_from;      /* proofs and rules of entries from here */
	uint64_t hold_from;        /* entries from here are held; 0: none */
	const struct aas_hold *holds;
	size_t holds_n;
};

/*
 * aas_record_replay(p, len, rp, &rec, &line):
 * Replay a whole chain.  Entries below rp->verify_from are trusted by the
 * pin: their proofs are not checked, and one that breaks a rule (the record
 * of holds was lost) has no effect; from there on it is an error.
 * ${rec} is allocated; aas_record_free().  ${line}, may be NULL, says which
 * entry failed (1 is genesis).
 * Returns 0; AAS_ERR_FORMAT, AAS_ERR_CRYPTO (a proof or a link),
 * AAS_ERR_DENIED (a rule), AAS_ERR_ROLLBACK (shorter than the pin, or another
 * chain), AAS_ERR_TOOBIG, AAS_ERR_NOMEM.
 */
int aas_record_replay(const void *p, size_t len, const struct aas_replay *rp,
    struct aas_record **rec, unsigned *line);

/*
 * aas_record_load(p, len, verify, &rec, &line):
 * The same with no pin and no holds.  ${verify} 1 checks every proof of every
 * entry and every rule; 0 only framing and hash links: rec->pin is then enough
 * to trust it where it equals one that this host wrote after checking it all.
 */
int aas_record_load(const void *p, size_t len, int verify,
    struct aas_record **rec, unsigned *line);
void aas_record_free(struct aas_record **rec);

/* aas_record_active(rec): number of keys that are not suspended. */
unsigned aas_record_active(const struct aas_record *rec);

/* --- making an entry ------------------------------------------------------ */

/* What a payload is made of; unused parts are zero. */
struct aas_entry {
	enum aas_type type;
	uint64_t seq;
	uint8_t prev[32]; /* zero for genesis */
	char user[AAS_USER_MAX];
	uint32_t uid;
	char realm[AAS_REALM_MAX];
	int64_t time_s;
	char host[256];
	uint8_t keys_n; /* genesis, add-key, recovery-finish */
	struct aas_key keys[AAS_KEYS_MAX];
	uint8_t key[32]; /* remove, rename, suspend, resume: key id hash */
	char label[AAS_LABEL_MAX]; /* rename: the new one */
	uint8_t entry[32];  /* cancel: hash of the line of the held entry */
	uint8_t recovery_n; /* genesis, replace-recovery, recovery-finish */
	uint8_t recovery[AAS_RECOVERY_MAX][32];
	int64_t recovery_wait_s; /* genesis */
	uint8_t contacts_n;      /* set-contacts */
	char contacts[8][256];
	uint8_t end;             /* lock: and sign out everywhere */
	char why[AAS_WORDS_MAX]; /* lock: the owner's words; "" none */
};

/*
 * aas_entry_payload(e, &json): the payload's bytes, NUL-terminated, malloc.
 * aas_entry_challenge(json, hash): SHA-256("aas-record-v1" 0x00 payload), the
 * client data hash that a key signs and the message of a recovery signature.
 * aas_entry_line(json, proofs, n, rsig, rpub, &line): the whole line, malloc.
 *   rsig, rpub: 64 and 32 bytes of a recovery key's signature, or NULL
 */
int aas_entry_payload(const struct aas_entry *e, char **json);
int aas_entry_challenge(const char *json, uint8_t hash[32]);
int aas_entry_line(const char *json, const struct aas_proof *proofs, size_t n,
    const uint8_t *rsig, const uint8_t *rpub, char **line);

/* aas_key_id(cred, id): SHA-256 of the credential id, what names a key. */
int aas_key_id(const struct aas_cred *c, uint8_t id[32]);

/* aas_label_valid(s): 1 if a key may be called that: 1 to 32 bytes, UTF-8
 * that a person can read as it is, no space at its ends. */
int aas_label_valid(const char *s);

/* aas_words_valid(s): 1 if it can be the words of a lock: at most 127 bytes,
 * UTF-8 that a person can read as it is; "" is none. */
int aas_words_valid(const char *s);

/* aas_type_name(type): "genesis" and so on; NULL for none of them. */
const char *aas_type_name(unsigned type);

#endif

#ifndef AAS_LIB_RECORD_INDEX_H
#define AAS_LIB_RECORD_INDEX_H

#include <sys/stat.h>
#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "lib/fs.h"
#include "lib/proto.h"

/*
 * The index of one record: what the phases that must not parse JSON read.
 * It is derived; whoever appends to the record, or verifies it, writes it
 * anew.  It vouches for nothing by itself: it counts only while its pin
 * block equals the pin and its file block equals the record's fstat(2), and
 * before refresh_s (when a hold or a deadline changes the state).
 */
enum aas_state {
	AAS_ST_BROKEN = 0, /* what nobody filled in is a refusal */
	AAS_ST_NONE = 1,   /* no record and no pin: never in an index */
	AAS_ST_HELD = 2,   /* genesis waits: counts as none */
	AAS_ST_ENROLLED = 3,
	AAS_ST_DEGRADED = 4, /* one active key left */
	AAS_ST_RECOVERING = 5,
	AAS_ST_RECOVERY_DUE = 6,
	AAS_ST_LOCKED = 7,
	AAS_ST_DISABLED = 8
};

const char *aas_state_name(unsigned state);

struct aas_pin {
	uint8_t genesis[32]; /* SHA-256 of the first line */
	uint64_t seq;        /* of the last entry */
	uint8_t head[32];    /* SHA-256 of the last line, LF included */
};

struct aas_fileid {
	uint64_t dev, ino, size;
	int64_t mtime_s, ctime_s;
	uint32_t mtime_ns, ctime_ns;
};

#define AAS_SSHPK_MAX 512 /* an OpenSSH public key blob, binary */

/* Its counter went back on this host: nobody takes it here any more. */
#define AAS_INDEX_COPIED 2

struct aas_index_key {
	uint8_t active; /* 1; 0: suspended, held; or COPIED */
	uint8_t backup; /* AAS_BE | AAS_BS at creation */
	uint8_t aaguid[16];
	uint8_t id[32]; /* SHA-256 of the login credential's id */
	char label[AAS_LABEL_MAX];
	uint16_t ssh_len;           /* 0: no SSH credential */
	uint8_t ssh[AAS_SSHPK_MAX]; /* SSH wire form of the public key */
};

/*
 * An entry that this host held, or holds, before it counts.  Its effect comes
 * after entry ${release}, the head of the chain when its wait was over; 0: it
 * still waits.
 */
struct aas_hold {
	uint8_t hash[32]; /* SHA-256 of the line */
	uint64_t release;
};
#define AAS_HOLDS_MAX 48

struct aas_index {
	uint32_t uid;
	char user[AAS_USER_MAX];
	char realm[AAS_REALM_MAX];
	uint8_t state;      /* enum aas_state, true until refresh_s */
	int64_t deadline_s; /* realtime: recovery due, hold end; degraded: since
			     * when (the policy's limit comes on top) */
	int64_t refresh_s;  /* realtime: from here on verify anew; 0: never */
	struct aas_pin pin;
	/*
	 * Sessions opened before entry ${out_seq} are over, by an entry of that
	 * type (enum aas_type); 0: none.
	 */
	uint64_t out_seq;
	uint8_t out_type;
	struct aas_fileid file;    /* the record */
	struct aas_fileid pinfile; /* pins/<uid>; all zero: not known */
	uint8_t keys_n;
	struct aas_index_key keys[AAS_KEYS_MAX];
	uint8_t holds_n; /* what aas-unlock needs to replay the record */
	struct aas_hold holds[AAS_HOLDS_MAX];
};

/*
 * What a sign-in needs of a key beyond that, so that it need not parse the
 * record: only of keys that are active (or COPIED) here.
 */
struct aas_index_cred {
	struct aas_cred login; /* id_len 0: not here; rp is the realm */
};

/*
 * aas_index_put(), aas_index_get(): the file's bytes: magic "AASIDX05", the
 * length of the front part, its fields through lib/wire.h, CRC-32; then for
 * who signs in "AASCRD02", the credentials, CRC-32.
 * ${creds}, one for each key, may be NULL: put writes none; get leaves that
 * part alone, else it is checked as the front is.  get refuses trailing data.
 * AAS_ERR_FORMAT, AAS_ERR_VERSION; put also AAS_ERR_TOOBIG and, for a
 * credential of a key that does not count, AAS_ERR_INVAL.
 */
int aas_index_put(const struct aas_index *ix,
    const struct aas_index_cred *creds, uint8_t *buf, size_t cap, size_t *len);
int aas_index_get(const uint8_t *p, size_t len, struct aas_index *ix,
    struct aas_index_cred *creds);
#define AAS_INDEX_MAX 32768

/*
 * aas_pin_put(), aas_pin_get(): bytes of pins/<uid>: magic "AASPIN01", the
 * pin, then the pin intended next (all zero: none), CRC-32.  The writer
 * stores the intention before it replaces the record, so that after a crash
 * either head is known to be this host's own work.
 */
int aas_pin_put(const struct aas_pin *pin, const struct aas_pin *next,
    uint8_t *buf, size_t cap, size_t *len);
int aas_pin_get(
    const uint8_t *p, size_t len, struct aas_pin *pin, struct aas_pin *next);
#define AAS_PIN_MAX 512

void aas_fileid_of(const struct stat *st, struct aas_fileid *id);

/*
 * aas_index_load(statedir, uid, name, now_s, &ix):
 * Read state of one user below ${statedir} (/var/lib/aas) by the rules above,
 * with no crypto.  Works as root, or as group aas (aas-unlock: pins are read
 * too, they are 0640 root:aas).
 * Returns 0 with ${ix}; AAS_ERR_NOTFOUND: neither record, index nor pin
 * exists, the user has no record (state none); AAS_ERR_AGAIN: something does
 * exist but the index does not vouch for it (missing, stale, past refresh_s,
 * torn): ask aas-authn to verify; AAS_ERR_ROLLBACK: there is a pin but no
 * record; AAS_ERR_PERMS, AAS_ERR_SYS, AAS_ERR_FORMAT (uid and name do not
 * both match: a renamed user or a reused uid).  Every error but NOTFOUND is a
 * refusal unless verify says otherwise.
 */
int aas_index_load(const char *statedir, uint32_t uid, const char *name,
    int64_t now_s, struct aas_index *ix);

/*
 * aas_index_load_creds(statedir, uid, name, now_s, &ix, creds):
 * The same with the credentials, AAS_KEYS_MAX of them, as far as they are
 * there.
 */
int aas_index_load_creds(const char *statedir, uint32_t uid, const char *name,
    int64_t now_s, struct aas_index *ix, struct aas_index_cred *creds);

/*
 * aas_index_find(statedir, uid, name, now_s, seen, &ix, creds):
 * The same, ${creds} or NULL, with what aas_fs_look() is known to say
 * (lib/fs.h).
 */
int aas_index_find(const char *statedir, uint32_t uid, const char *name,
    int64_t now_s, struct aas_fs_seen *seen, struct aas_index *ix,
    struct aas_index_cred *creds);

/*
 * aas_index_dir(statedir, &fd, &owner):
 * Open the checked directory all of this is below.  Its owner (root, or in a
 * test the caller) is whom every file below it must belong to.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_index_dir(const char *statedir, int *fd, uid_t *owner);

#endif

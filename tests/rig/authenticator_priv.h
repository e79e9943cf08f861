/*
 * Inside of the software key, shared by the authenticator_*.c files.
 *
 * A command that needs a touch calls rig_need_touch() before it changes
 * anything.  When that says RIG_ST_WAIT the command returns it, and is run
 * again from its start once the touch was given or refused.
 */
#ifndef RIG_AUTHENTICATOR_PRIV_H
#define RIG_AUTHENTICATOR_PRIV_H

#include <openssl/types.h>

#include "tests/rig/authenticator.h"
#include "tests/rig/cbor_io.h"

#define RIG_CRED_ID_LEN   64
#define RIG_RESIDENT_MAX  25
#define RIG_USER_ID_MAX   64
#define RIG_USER_NAME_MAX 64
#define RIG_PIN_RETRIES   8
#define RIG_UV_RETRIES    3
#define RIG_PIN_IN_A_ROW  3
#define RIG_AD_MAX        512

/* Beside the CTAP status codes, which are 0 and more. */
enum { RIG_ST_WAIT = -1, RIG_ST_SILENT = -2, RIG_ST_UNPLUG = -3 };

enum rig_mode { RIG_AUTO, RIG_MANUAL, RIG_NEVER, RIG_DENY };
enum rig_uv { RIG_UV_NONE, RIG_UV_UNSET, RIG_UV_GOOD, RIG_UV_BAD };

enum rig_attest { RIG_ATTEST_SELF, RIG_ATTEST_NONE, RIG_ATTEST_BASIC };

enum rig_fault {
	RIG_FAULT_NONE,
	RIG_FAULT_BAD_CBOR,
	RIG_FAULT_TRUNCATED,
	RIG_FAULT_EMPTY,
	RIG_FAULT_WRONG_RP,
	RIG_FAULT_NO_UP,
	RIG_FAULT_NO_UV,
	RIG_FAULT_REPLAY,
	RIG_FAULT_OTHER_CHALLENGE,
	RIG_FAULT_WRONG_ALG,
	RIG_FAULT_OTHER_CRED,
	RIG_FAULT_EXTENSION,
	RIG_FAULT_BACKUP,
	RIG_FAULT_COUNTER_BACK,
	RIG_FAULT_COUNTER_ZERO,
	RIG_FAULT_FLIP,
	RIG_FAULT_FLIP_SIG,
	RIG_FAULT_HANG,
	RIG_FAULT_UNPLUG,
	RIG_FAULT_KEEPALIVE,
	RIG_FAULT_WRONG_CID,
	RIG_FAULT_SEQ_GAP,
	RIG_FAULT_DEAD,
	RIG_FAULT_DENIED,
	RIG_FAULT_TIMEOUT,
	RIG_FAULT_ERROR,
	RIG_FAULT_NO_CREDENTIALS,
	RIG_FAULT_PIN,
	RIG_FAULT_UV,
};

struct rig_resident {
	uint8_t rp_hash[32];
	uint8_t id[RIG_CRED_ID_LEN];
	uint8_t user_id[RIG_USER_ID_MAX];
	size_t user_id_n;
	char user_name[RIG_USER_NAME_MAX + 1];
};

/* What is kept on disk, and what a clone copies. */
struct rig_state {
	uint8_t seed[32];
	uint32_t counter;
	bool has_pin;
	uint8_t pin_hash[16];
	unsigned pin_retries;
	unsigned uv_retries;
	bool synced;  /* its credentials are backed up, and say so */
	uint8_t make; /* last byte of its AAGUID; 0: as it is */
	struct rig_resident rk[RIG_RESIDENT_MAX];
	size_t rk_n;
};

/* A credential to answer with. */
struct rig_cred {
	uint8_t id[RIG_CRED_ID_LEN];
	const struct rig_resident *rk; /* NULL if it came from an allowList */
};

/* getAssertion's further answers, for getNextAssertion. */
struct rig_next {
	struct rig_cred cred[RIG_RESIDENT_MAX];
	size_t n;
	size_t at;
	uint8_t rp_hash[32];
	uint8_t challenge[32];
	uint8_t flags;
};

/* The pinUvAuthToken (section 6.5.2). */
struct rig_token {
	uint8_t value[32];
	bool live;
	int protocol;
	unsigned permissions;
	bool bound;
	uint8_t rp_hash[32];
};

struct rig_key {
	struct rig_state st;
	int dirfd; /* -1: kept in memory only */
	char name[RIG_NAME_MAX + 1];

	/* lost at power-off */
	EVP_PKEY *agree;
	uint8_t agree_xy[64];
	struct rig_token token;
	unsigned pin_wrong; /* in a row */
	struct rig_next next;
	int64_t powered_ms;
	uint8_t request[RIG_MSG_MAX];
	size_t request_n;       /* 0: none waits */
	enum rig_touch verdict; /* for the request that is run again */
	enum rig_touch pressed;

	/* how it behaves */
	enum rig_mode mode;
	int64_t delay_ms;   /* auto: the touch comes after that */
	int64_t timeout_ms; /* the key gives up blinking */
	enum rig_uv uv;
	bool rk_option;
	bool pin_option;
	bool token_option;
	bool always_uv;
	bool make_uv_not_required;
	enum rig_attest attest;
	bool protocol_1_only;
	enum rig_fault fault;
	unsigned fault_arg;
	bool fault_always; /* not only where a touch is asked for */

	/* for status */
	unsigned long ops;
	unsigned long asserts;
	unsigned long blinks;

	/* fault "replay" */
	uint8_t old_reply[RIG_MSG_MAX];
	size_t old_reply_n;
};

/* authenticator.c */
int rig_need_touch(struct rig_key *key);
int64_t rig_now_ms(void);

/* authenticator_store.c: return 0 or -1 */
int rig_store_load(struct rig_key *key);
int rig_store_save(const struct rig_key *key);
int rig_store_wipe(struct rig_key *key);
int rig_cred_new(const struct rig_key *key, const uint8_t rp_hash[32], int alg,
    uint8_t id[RIG_CRED_ID_LEN]);
bool rig_cred_known(const struct rig_key *key, const uint8_t rp_hash[32],
    const uint8_t *id, size_t n);
int rig_cred_alg(const uint8_t id[RIG_CRED_ID_LEN]);
int rig_cred_secret(const struct rig_key *key, const uint8_t rp_hash[32],
    const uint8_t id[RIG_CRED_ID_LEN], uint8_t secret[32]);

/*
 * Commands: each returns a CTAP status (0 with the CBOR in out) or a RIG_ST_
 * value.  map is the parsed parameters, or NULL if there were none.
 */
void rig_aaguid(const struct rig_key *key, uint8_t aaguid[16]);
int rig_cmd_info(struct rig_key *key, struct rig_buf *out);
int rig_cmd_make(
    struct rig_key *key, const cbor_item_t *map, struct rig_buf *out);
int rig_cmd_get(
    struct rig_key *key, const cbor_item_t *map, struct rig_buf *out);
int rig_cmd_next(struct rig_key *key, struct rig_buf *out);
int rig_cmd_pin(
    struct rig_key *key, const cbor_item_t *map, struct rig_buf *out);
int rig_cmd_reset(struct rig_key *key);
int rig_cmd_selection(struct rig_key *key);

/* authenticator_pin.c */
int rig_pin_set(struct rig_key *key, const char *pin);
int rig_pin_new_agreement(struct rig_key *key);

/* authenticator_uv.c: user verification of make and get */
struct rig_uv_ask {
	const cbor_item_t *map;
	int param; /* map keys of pinUvAuthParam and pinUvAuthProtocol */
	int protocol;
	const uint8_t *challenge;
	const uint8_t *rp_hash;
	unsigned permission;
	bool uv; /* the "uv" option was true */
};
int rig_uv_check(
    struct rig_key *key, const struct rig_uv_ask *ask, bool *verified);
int rig_uv_builtin(struct rig_key *key);
void rig_token_used(struct rig_key *key);

/*
 * authenticator_fault.c: each does nothing unless that fault was set and acts
 * here.  up: the command asks for a touch; "when=all" lets a fault act
 * without one too.
 */
int rig_fault_parse(const char *text, enum rig_fault *fault, unsigned *arg);
const char *rig_fault_name(const struct rig_key *key);
bool rig_fault_on(const struct rig_key *key, enum rig_fault fault, bool up);
uint32_t rig_fault_counter(struct rig_key *key, bool up);
void rig_fault_head(const struct rig_key *key, bool up, uint8_t head[37]);
void rig_fault_extension(
    const struct rig_key *key, bool up, struct rig_buf *ad);
void rig_fault_flip(const struct rig_key *key, bool up, uint8_t *ad,
    size_t ad_n, uint8_t *sig, size_t sig_n);
void rig_fault_body(const struct rig_key *key, bool up, struct rig_buf *out);

#endif

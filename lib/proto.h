#ifndef AAS_LIB_PROTO_H
#define AAS_LIB_PROTO_H

#include <stddef.h>
#include <stdint.h>

#include "lib/frame.h"
#include "lib/kinds.h"
#include "lib/user.h"

/*
 * What a host program (the PAM module, aasctl, aas-enroll) and a helper
 * (aas-authn, aas-unlock, aas-enroll) say to each other, one struct aas_frame
 * each; docs/protocol.md is the specification.  The caller speaks first, one
 * request; then the helper leads: it shows text, asks, and ends with one
 * verdict.  Anything else, in either direction, ends the conversation, and
 * an ended conversation without a verdict is a refusal.
 */
enum aas_msg {
	AAS_MSG_REQUEST = 1, /* caller -> helper, once, first */
	AAS_MSG_REPLY = 2,   /* caller -> helper, to the open prompt only */
	AAS_MSG_CANCEL = 3,  /* caller -> helper */
	AAS_MSG_INFO = 16,   /* helper -> caller: show */
	AAS_MSG_ERROR = 17,  /* helper -> caller: show as an error */
	AAS_MSG_SECRET = 18, /* helper -> caller: ask, no echo */
	AAS_MSG_ASK = 19,    /* helper -> caller: ask, with echo */
	AAS_MSG_CRED = 20,   /* helper -> caller: a credential was made */
	AAS_MSG_PROOF =
	    21,           /* helper -> caller: an assertion over a challenge */
	AAS_MSG_KEY = 22, /* helper -> caller: one plugged key (preflight) */
	AAS_MSG_VERDICT = 31 /* helper -> caller, once, last */
};

enum aas_op {
	AAS_OP_ASSERT = 1,    /* prove presence of `present` enrolled keys */
	AAS_OP_MAKE = 2,      /* make the credentials of one new key */
	AAS_OP_PREFLIGHT = 3, /* which of the user's keys are plugged in */
	AAS_OP_VERIFY = 4,    /* verify the whole record, renew the index */
	AAS_OP_PROVE = 5,  /* sign a given challenge with given credentials */
	AAS_OP_ENROLL = 6, /* aas-enroll: the whole dialog, then genesis */
	AAS_OP_UNLOCK = 7  /* aas-enroll: unlock at a sign-in, and admit */
};

/* Flags of a request. */
#define AAS_RQ_REMOTE   0x0001u /* the person is not at this machine */
#define AAS_RQ_UV       0x0002u /* user verification is required */
#define AAS_RQ_SILENT   0x0004u /* PAM_SILENT: prompts only, no text */
#define AAS_RQ_CONFIRM  0x0008u /* ask (with echo) before anything blinks */
#define AAS_RQ_HOSTAUTH 0x0010u /* the host's own method succeeded just now */
#define AAS_RQ_ORIGIN \
	0x0020u /* assert: remote if the caller stems from there */
#define AAS_RQ_SERVER_KEYS 0x0040u /* ... which may use this host's keys */
#define AAS_RQ_FRESH       0x0080u /* ... for which a fresh sign-in will do */
#define AAS_RQ_AGENT       0x0100u /* ... which asks the caller's SSH agent */
#define AAS_RQ_ANY         0x0200u /* prove: by `present` of the credentials */

#define AAS_RQ_ANY 0x0200u /* prove: any one of the credentials */

#define AAS_NONCE_LEN   16
#define AAS_TEXT_MAX    1024 /* a text or prompt with its NUL */
#define AAS_REPLY_MAX   256  /* a reply with its NUL */
#define AAS_LABEL_MAX   33   /* a key's label with its NUL */
#define AAS_REALM_MAX   254
#define AAS_SERVICE_MAX 65
#define AAS_PATH_MAX    256
#define AAS_CRED_MAX    1024 /* a credential id */
#define AAS_PK_MAX      64   /* x||y of P-256, or an Ed25519 point (32) */
#define AAS_KEYS_MAX    16   /* keys of one record */

/* COSE algorithm identifiers (RFC 9053). */
#define AAS_ALG_ES256 (-7)
#define AAS_ALG_EDDSA (-8)

/* One credential of one key, public parts. */
struct aas_cred {
	char rp[AAS_REALM_MAX + 4]; /* <realm> or ssh:<realm> */
	int32_t alg;
	uint16_t pk_len;
	uint8_t pk[AAS_PK_MAX];
	uint16_t id_len;
	uint8_t id[AAS_CRED_MAX];
};

struct aas_request {
	uint8_t op;
	uint32_t flags;
	uint8_t nonce[AAS_NONCE_LEN]; /* comes back in the verdict */
	uint32_t uid;
	char user[AAS_USER_MAX];
	char service[AAS_SERVICE_MAX];
	char policy[AAS_PATH_MAX]; /* compiled policy; "" is the default */
	uint8_t present;           /* assert, any: distinct keys, 1 or 2 */
	uint32_t timeout_s;        /* whole ceremony, 1..600 */
	uint32_t fresh_s;          /* AAS_RQ_FRESH: younger than this */
	/* make, prove: */
	char realm[AAS_REALM_MAX];
	char label[AAS_LABEL_MAX];
	uint8_t hash[32];   /* prove: the challenge to sign */
	uint8_t handle[32]; /* make: the WebAuthn user handle */
	/* make: ids to exclude; prove: credentials, each to sign once */
	uint8_t creds_n; /* at most AAS_KEYS_MAX */
	struct {
		char label[AAS_LABEL_MAX];
		struct aas_cred c;
	} creds[AAS_KEYS_MAX];
	struct aas_kinds kinds; /* assert, make: the keys that are taken */
};

/* An assertion by one credential: what goes into a proof. */
struct aas_proof {
	uint16_t id_len;
	uint8_t id[AAS_CRED_MAX];
	uint16_t auth_len;
	uint8_t auth[256]; /* authenticator data, raw, 37 bytes in practice */
	uint16_t sig_len;
	uint8_t sig[256]; /* DER for ES256, 64 bytes for EdDSA */
};

/* A key just made: both credentials and what the authenticator said. */
struct aas_made {
	struct aas_cred login; /* rp = <realm> */
	struct aas_cred ssh;   /* rp = ssh:<realm>; id_len 0: not made */
	uint8_t aaguid[16];
	uint8_t flags;      /* authenticator data flags of login */
	uint8_t transports; /* AAS_TR_* */
	uint32_t counter;
};
#define AAS_TR_USB      0x01u
#define AAS_TR_NFC      0x02u
#define AAS_TR_BLE      0x04u
#define AAS_TR_INTERNAL 0x08u

/*
 * A verdict's result.  Granted and refused differ in every bit, and anything
 * but AAS_GRANTED is a refusal.
 */
#define AAS_GRANTED 0xA5C3961Eu
#define AAS_REFUSED 0x5A3C69E1u

/* What was verified, of whom the request was about. */
enum aas_how {
	AAS_HOW_HERE = 0,  /* keys plugged into this host, by who sits there */
	AAS_HOW_FRESH = 1, /* nothing now: the caller's sign-in by a key was */
	AAS_HOW_AGENT = 2, /* keys behind the caller's SSH agent */
	AAS_HOW_SERVER = 3 /* keys of this host, by a caller from elsewhere */
};

struct aas_verdict {
	uint32_t result;
	uint16_t reason;              /* enum aas_reason, lib/reason.h */
	uint8_t op;                   /* of the request */
	uint8_t nonce[AAS_NONCE_LEN]; /* of the request */
	uint32_t uid;                 /* of the request */
	uint8_t keys_n;               /* assert: keys that answered, distinct */
	char label[2][AAS_LABEL_MAX];
	uint8_t key[2][32];      /* SHA-256 of the credential id */
	uint8_t aaguid[2][16];   /* as recorded */
	uint8_t backup[2];       /* AAS_BE | AAS_BS, as recorded */
	uint8_t how;             /* enum aas_how */
	uint8_t uv;              /* 1: all of them verified the user */
	uint8_t state;           /* enum aas_state, for verify, enroll */
	int64_t deadline_s;      /* of the index: degraded since, ...; or 0 */
	char text[AAS_TEXT_MAX]; /* for the user; may be "" */
};

/* Preflight: one plugged security key, as it says of itself. */
#define AAS_PLUGGED_YOURS   1u /* holds a credential of the user: `label` */
#define AAS_PLUGGED_FOREIGN 2u /* holds none */
#define AAS_PLUGGED_FAULTY  3u /* did not answer as it should */
struct aas_plugged {
	uint8_t state; /* AAS_PLUGGED_*; 0 is never valid */
	char label[AAS_LABEL_MAX];
	uint8_t aaguid[16];
	uint8_t pin;         /* 1: a PIN is set */
	uint8_t uv;          /* 1: built-in user verification is set up */
	uint8_t pin_retries; /* left; 255: not said */
	uint8_t uv_retries;  /* left; 255: not said */
};

/*
 * aas_request_put(rq, buf, cap, &len), aas_request_get(p, len, &rq), and the
 * same for verdict, proof, made and plugged (AAS_MSG_KEY):
 * Write a payload and read one.  Reading refuses trailing data, a count or
 * length over its bound, a string with NUL or control characters (texts may
 * have line breaks and tabs), an unknown op, flag or result: AAS_ERR_FORMAT,
 * with the struct all zero.  Writing: AAS_ERR_TOOBIG, AAS_ERR_INVAL.  struct
 * aas_request is big (25 kB): keep it off small stacks.
 */
int aas_request_put(
    const struct aas_request *rq, uint8_t *buf, size_t cap, size_t *len);
int aas_request_get(const uint8_t *p, size_t len, struct aas_request *rq);
int aas_verdict_put(
    const struct aas_verdict *v, uint8_t *buf, size_t cap, size_t *len);
int aas_verdict_get(const uint8_t *p, size_t len, struct aas_verdict *v);
int aas_proof_put(
    const struct aas_proof *pf, uint8_t *buf, size_t cap, size_t *len);
int aas_proof_get(const uint8_t *p, size_t len, struct aas_proof *pf);
int aas_made_put(
    const struct aas_made *m, uint8_t *buf, size_t cap, size_t *len);
int aas_made_get(const uint8_t *p, size_t len, struct aas_made *m);
int aas_plugged_put(
    const struct aas_plugged *k, uint8_t *buf, size_t cap, size_t *len);
int aas_plugged_get(const uint8_t *p, size_t len, struct aas_plugged *k);

/*
 * AAS_MSG_INFO, _ERROR: payload = the text's bytes (1..1023, no NUL).
 * AAS_MSG_SECRET, _ASK: u32 serial, then the prompt's bytes.
 * AAS_MSG_REPLY: u32 serial of the open prompt, u8 status (0 answered, 1 the
 * user or host gave up), then at most 255 bytes, no NUL.
 * AAS_MSG_CANCEL: empty.
 */
struct aas_text {
	uint32_t serial; /* 0 for INFO and ERROR */
	char text[AAS_TEXT_MAX];
};
struct aas_reply {
	uint32_t serial;
	uint8_t status;
	char text[AAS_REPLY_MAX]; /* may be a secret: the reader wipes it */
};
int aas_text_put(uint8_t type, const struct aas_text *t, uint8_t *buf,
    size_t cap, size_t *len);
int aas_text_get(
    uint8_t type, const uint8_t *p, size_t len, struct aas_text *t);
int aas_reply_put(
    const struct aas_reply *r, uint8_t *buf, size_t cap, size_t *len);
int aas_reply_get(const uint8_t *p, size_t len, struct aas_reply *r);

#endif

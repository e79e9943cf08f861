#ifndef AAS_LIB_CEREMONY_MSG_H
#define AAS_LIB_CEREMONY_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "lib/proto.h"
#include "lib/secret.h"

/*
 * What the two halves of a ceremony say to each other: the verifying half
 * sends a job, the I/O process one result; a cancel may come between.  One
 * packet each.  What comes back is a hostile key's word until checked.
 */
enum aas_io_op {
	AAS_IO_PROBE = 1,  /* what it is, and which of `ids` it holds */
	AAS_IO_ASSERT = 2, /* sign `hash` with one of `ids` */
	AAS_IO_MAKE = 3,   /* make a credential, none of `ids` being there */
	AAS_IO_TOUCH = 4,  /* wait for a touch that means nothing else */
	AAS_IO_SETPIN = 5, /* set the first PIN */
	AAS_IO_CANCEL = 6  /* give up the job under way */
};

/* Parts of a probe that cost an exchange of their own. */
#define AAS_IO_RETRIES 0x01u
#define AAS_IO_INFO    0x02u

#define AAS_IO_PACKET 20480

struct aas_io_job {
	uint8_t op;
	uint32_t timeout_ms;
	uint8_t want; /* probe: AAS_IO_RETRIES | AAS_IO_INFO */
	uint8_t uv;   /* 1: built-in user verification */
	char rp[AAS_REALM_MAX + 4];
	uint8_t hash[32];
	int32_t alg;             /* make */
	char user[AAS_USER_MAX]; /* make */
	uint8_t handle[32];      /* make */
	struct aas_secret pin;   /* len 0: none */
	uint8_t ids_n;
	struct {
		uint16_t len;
		uint8_t b[AAS_CRED_MAX];
	} ids[AAS_KEYS_MAX];
};

/* How a job ended. */
enum aas_io_end {
	AAS_IO_DIED = 0, /* never sent: what the other half makes of EOF */
	AAS_IO_DONE = 1, /* the key answered: see fido */
	AAS_IO_GONE = 2, /* it was unplugged */
	AAS_IO_LATE = 3, /* the time was over */
	AAS_IO_CANCELED = 4
};

#define AAS_CAP_FIDO2  0x01u
#define AAS_CAP_PIN    0x02u /* a PIN can be set */
#define AAS_CAP_HASPIN 0x04u /* ... and is */
#define AAS_CAP_HASUV  0x08u /* built-in user verification is set up */
#define AAS_CAP_EDDSA  0x10u /* info: it says it has EdDSA */
#define AAS_CAP_ES256  0x20u /* info: it says it has ES256 */

#define AAS_IO_AUTH_MAX 2048

struct aas_io_result {
	uint8_t op;
	uint8_t end;
	int32_t fido; /* FIDO_OK or FIDO_ERR_* */
	uint8_t caps;
	uint8_t aaguid[16];  /* info */
	uint8_t transports;  /* info: AAS_TR_* */
	uint8_t pin_min;     /* info: characters, at least 4 */
	uint8_t pin_retries; /* 255: not known */
	uint8_t uv_retries;
	uint8_t match; /* probe: index into ids + 1, 0: none */
	uint8_t touched;
	struct aas_proof proof; /* assert; id_len 0: the key did not say */
	uint16_t auth_len;      /* make: authenticator data */
	uint8_t auth[AAS_IO_AUTH_MAX];
};

/*
 * aas_io_job_wipe(j): an empty job, with nothing left of a PIN.  Credential
 * ids are public: those that were there are only not counted any more.
 */
void aas_io_job_wipe(struct aas_io_job *j);

/*
 * aas_io_job_put(), _get(), aas_io_result_put(), _get(): as lib/proto.h's.
 * Both wipe what they read from or write to only on error; the caller wipes
 * a job, and its bytes, that held a PIN.
 */
int aas_io_job_put(
    const struct aas_io_job *j, uint8_t *buf, size_t cap, size_t *len);
int aas_io_job_get(const uint8_t *p, size_t len, struct aas_io_job *j);
int aas_io_result_put(
    const struct aas_io_result *r, uint8_t *buf, size_t cap, size_t *len);
int aas_io_result_get(const uint8_t *p, size_t len, struct aas_io_result *r);

#endif

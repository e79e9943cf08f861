/*
 * What a broken, hostile or unlucky key does.  Faults in the data are signed
 * by the right credential unless the fault is the signature itself, so that
 * only the check that is meant can refuse them.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/rig/authenticator_priv.h"
#include "tests/rig/ctap.h"

/* A name that ends in ':' takes a number, in C's notation. */
static const struct {
	const char *name;
	enum rig_fault fault;
	unsigned arg;
} faults[] = {
	{ "none", RIG_FAULT_NONE, 0 },
	{ "bad-cbor", RIG_FAULT_BAD_CBOR, 0 },
	{ "truncated", RIG_FAULT_TRUNCATED, 0 },
	{ "empty", RIG_FAULT_EMPTY, 0 },
	{ "wrong-rp", RIG_FAULT_WRONG_RP, 0 },
	{ "no-up", RIG_FAULT_NO_UP, 0 },
	{ "no-uv", RIG_FAULT_NO_UV, 0 },
	{ "replay", RIG_FAULT_REPLAY, 0 },
	{ "other-challenge", RIG_FAULT_OTHER_CHALLENGE, 0 },
	{ "wrong-alg", RIG_FAULT_WRONG_ALG, 0 },
	{ "other-credential", RIG_FAULT_OTHER_CRED, 0 },
	{ "extension", RIG_FAULT_EXTENSION, 0 },
	{ "backup", RIG_FAULT_BACKUP, 0 },
	{ "counter-back", RIG_FAULT_COUNTER_BACK, 0 },
	{ "counter-zero", RIG_FAULT_COUNTER_ZERO, 0 },
	{ "flip:", RIG_FAULT_FLIP, 0 },
	{ "flip-sig:", RIG_FAULT_FLIP_SIG, 0 },
	{ "hang", RIG_FAULT_HANG, 0 },
	{ "unplug", RIG_FAULT_UNPLUG, 0 },
	{ "keepalive", RIG_FAULT_KEEPALIVE, 0 },
	{ "wrong-cid", RIG_FAULT_WRONG_CID, 0 },
	{ "sequence-gap", RIG_FAULT_SEQ_GAP, 0 },
	{ "dead", RIG_FAULT_DEAD, 0 },
	{ "denied", RIG_FAULT_DENIED, 0 },
	{ "timeout", RIG_FAULT_TIMEOUT, 0 },
	{ "error:", RIG_FAULT_ERROR, 0 },
	{ "no-credentials", RIG_FAULT_NO_CREDENTIALS, 0 },
	{ "pin-blocked", RIG_FAULT_PIN, CTAP_ERR_PIN_BLOCKED },
	{ "pin-auth-blocked", RIG_FAULT_PIN, CTAP_ERR_PIN_AUTH_BLOCKED },
	{ "uv-blocked", RIG_FAULT_UV, CTAP_ERR_UV_BLOCKED },
};

#define N_FAULTS (sizeof(faults) / sizeof(faults[0]))

int
rig_fault_parse(const char *text, enum rig_fault *fault, unsigned *arg)
{
	unsigned long number;
	char *end;
	size_t n;

	for (size_t i = 0; i < N_FAULTS; i++) {
		n = strlen(faults[i].name);
		if (faults[i].name[n - 1] != ':') {
			if (strcmp(text, faults[i].name) != 0)
				continue;
			*fault = faults[i].fault;
			*arg = faults[i].arg;
			return 0;
		}
		if (strncmp(text, faults[i].name, n) != 0)
			continue;
		number = strtoul(text + n, &end, 0);
		if (text[n] == '\0' || *end != '\0' || number > UINT16_MAX ||
		    (faults[i].fault == RIG_FAULT_ERROR && number > UINT8_MAX))
			return -1;
		*fault = faults[i].fault;
		*arg = (unsigned)number;
		return 0;
	}
	return -1;
}

const char *
rig_fault_name(const struct rig_key *key)
{
	for (size_t i = 0; i < N_FAULTS; i++)
		if (faults[i].fault == key->fault &&
		    (faults[i].arg == 0 || faults[i].arg == key->fault_arg))
			return faults[i].name;
	return "?";
}

bool
rig_fault_on(const struct rig_key *key, enum rig_fault fault, bool up)
{
	return key->fault == fault && (up || key->fault_always);
}

/* The counter for the next answer; an honest one counts in the store. */
uint32_t
rig_fault_counter(struct rig_key *key, bool up)
{
	if (rig_fault_on(key, RIG_FAULT_COUNTER_ZERO, up))
		return 0;
	if (rig_fault_on(key, RIG_FAULT_COUNTER_BACK, up))
		return key->st.counter > 1 ? key->st.counter / 2 : 0;
	return ++key->st.counter;
}

/* The fixed part of authenticator data, before it is signed. */
void
rig_fault_head(const struct rig_key *key, bool up, uint8_t head[37])
{
	unsigned flags = head[32];

	if (key->st.synced)
		flags |= CTAP_FLAG_BE | CTAP_FLAG_BS;
	if (rig_fault_on(key, RIG_FAULT_WRONG_RP, up))
		head[0] ^= 0xff;
	if (rig_fault_on(key, RIG_FAULT_NO_UP, up))
		flags &= ~(unsigned)CTAP_FLAG_UP;
	if (rig_fault_on(key, RIG_FAULT_NO_UV, up))
		flags &= ~(unsigned)CTAP_FLAG_UV;
	if (rig_fault_on(key, RIG_FAULT_BACKUP, up))
		flags |= CTAP_FLAG_BE | CTAP_FLAG_BS;
	if (rig_fault_on(key, RIG_FAULT_EXTENSION, up))
		flags |= CTAP_FLAG_ED;
	head[32] = (uint8_t)flags;
}

/* Well-formed extension data that nobody asked for. */
void
rig_fault_extension(const struct rig_key *key, bool up, struct rig_buf *ad)
{
	if (!rig_fault_on(key, RIG_FAULT_EXTENSION, up))
		return;
	rig_put_map(ad, 1);
	rig_put_text(ad, "x-rig");
	rig_put_bool(ad, true);
}

/* One bit, after the signature was made. */
void
rig_fault_flip(const struct rig_key *key, bool up, uint8_t *ad, size_t ad_n,
    uint8_t *sig, size_t sig_n)
{
	unsigned bit = key->fault_arg;

	if (rig_fault_on(key, RIG_FAULT_FLIP, up) && bit / 8 < ad_n)
		ad[bit / 8] = (uint8_t)(ad[bit / 8] ^ (1u << bit % 8));
	if (rig_fault_on(key, RIG_FAULT_FLIP_SIG, up) && bit / 8 < sig_n)
		sig[bit / 8] = (uint8_t)(sig[bit / 8] ^ (1u << bit % 8));
}

/* The CBOR behind the status byte. */
void
rig_fault_body(const struct rig_key *key, bool up, struct rig_buf *out)
{
	if (rig_fault_on(key, RIG_FAULT_BAD_CBOR, up))
		memset(out->p, 0xff, out->n);
	if (rig_fault_on(key, RIG_FAULT_TRUNCATED, up))
		out->n /= 2;
	if (rig_fault_on(key, RIG_FAULT_EMPTY, up))
		out->n = 0;
}

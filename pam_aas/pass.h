#ifndef AAS_PAM_AAS_PASS_H
#define AAS_PAM_AAS_PASS_H

#include "pam_aas/call.h"

/*
 * What proves to open_session that a key was used: the ticket of a ceremony,
 * named by AAS_TICKET in the PAM environment (which proves nothing by
 * itself), or what sshd says about the key it accepted.
 */

/* The keys that signed in. */
struct aas_pass_key {
	unsigned n; /* 0 to 2 */
	char label[2][AAS_LABEL_MAX];
	uint8_t id[2][32]; /* as in struct aas_verdict */
	int uv;            /* 1: they verified their user */
};

/*
 * aas_pass_write(c, t, v):
 * Write the ticket of the ceremony ${v} and name it in the PAM environment.
 * A ticket that cannot be written is logged: where one is needed, in sshd,
 * open_session will refuse.
 */
void aas_pass_write(
    struct aas_call *c, struct aas_txn *t, const struct aas_verdict *v);

/*
 * aas_pass_there(c):
 * 1 if a ticket for this very process, user and service is there; it stays.
 */
int aas_pass_there(struct aas_call *c);

/*
 * aas_pass_take(c, &key):
 * Take the ticket, and the name out of the environment.  Returns 0 with the
 * keys, else -1.
 */
int aas_pass_take(struct aas_call *c, struct aas_pass_key *key);

/*
 * aas_pass_drop(c, t):
 * Forget a ticket that this process wrote: the session is another user's.
 */
void aas_pass_drop(struct aas_call *c, struct aas_txn *t);

/*
 * aas_pass_sshkey(c, key):
 * Do the public keys that SSH_AUTH_INFO_0 says sshd accepted make up what
 * policy asks for?  As many different active keys of the user's, by their SSH
 * credentials, as have to be present: sshd accepts two where its
 * AuthenticationMethods say so, and names each.
 * Returns 0 with them, in c->ix, the second NULL if one is enough; else the
 * enum aas_reason of the refusal: AAS_WHY_SECOND_KEY, AAS_WHY_KEY_KIND (only
 * such as policy does not take), AAS_WHY_NO_TICKET (none at all).
 */
int aas_pass_sshkey(
    const struct aas_call *c, const struct aas_index_key *key[2]);

/*
 * aas_pass_ca(c, ca, cap, len):
 * Copy the public key of the authority that signed the OpenSSH certificate
 * which sshd accepted; of several, the first one's.  Returns an enum
 * aas_ca_state: AAS_CA_KNOWN with ${len} bytes of at most ${cap}, or
 * AAS_CA_NONE.
 */
uint8_t aas_pass_ca(
    const struct aas_call *c, uint8_t *ca, size_t cap, uint16_t *len);

#endif

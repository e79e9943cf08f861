#ifndef AAS_PAM_AAS_PASS_H
#define AAS_PAM_AAS_PASS_H

#include "pam_aas/call.h"

/*
 * What proves to open_session that a key was used: the ticket of a ceremony,
 * named by AAS_TICKET in the PAM environment (which proves nothing by
 * itself), or what sshd says about the key it accepted.
 */

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
 * aas_pass_take(c, label):
 * Take the ticket, and the name out of the environment.  Returns 0 with the
 * key's label, else -1.
 */
int aas_pass_take(struct aas_call *c, char label[AAS_LABEL_MAX]);

/*
 * aas_pass_drop(c, t):
 * Forget a ticket that this process wrote: the session is another user's.
 */
void aas_pass_drop(struct aas_call *c, struct aas_txn *t);

/*
 * aas_pass_sshkey(c, label):
 * Returns 0 with the key's label if SSH_AUTH_INFO_0 names an accepted public
 * key that is the SSH credential of an active key of the user; else -1.
 */
int aas_pass_sshkey(const struct aas_call *c, char label[AAS_LABEL_MAX]);

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

#ifndef AAS_LIB_SSHSK_H
#define AAS_LIB_SSHSK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/proto.h"

/*
 * What OpenSSH writes of security keys, and what an agent answers.  Bytes from
 * an agent are a stranger's: all of this is pure, bounded and refuses trailing
 * data.  Source: openssh PROTOCOL.u2f; draft-ietf-sshm-ssh-agent.
 */

/*
 * aas_sshsk_key(blob, len, &cred):
 * An sk-ecdsa-sha2-nistp256 or sk-ssh-ed25519 public key as a credential: its
 * application is the relying party; the id, which SSH does not tell, is empty.
 * Returns 0, AAS_ERR_FORMAT.
 */
int aas_sshsk_key(const uint8_t *blob, size_t len, struct aas_cred *cred);

/*
 * aas_sshsk_put(cred, buf, cap, &len): such a key from a credential.
 * Returns 0, AAS_ERR_INVAL (none), AAS_ERR_TOOBIG.
 */
int aas_sshsk_put(
    const struct aas_cred *cred, uint8_t *buf, size_t cap, size_t *len);

/*
 * aas_sshsk_sig(sig, len, cred, rp_hash, &pf):
 * A signature by such a key as the assertion it is: authenticator data from
 * ${rp_hash} (SHA-256 of the relying party), its flags and counter; the
 * signature as in WebAuthn.  Nothing of it is verified here.
 * Returns 0, AAS_ERR_FORMAT.
 */
int aas_sshsk_sig(const uint8_t *sig, size_t len, const struct aas_cred *cred,
    const uint8_t rp_hash[32], struct aas_proof *pf);

#define AAS_AGENT_REQUEST_IDS  11
#define AAS_AGENT_IDS          12
#define AAS_AGENT_REQUEST_SIGN 13
#define AAS_AGENT_SIGNED       14
#define AAS_AGENT_KEYS_MAX     2048 /* in one answer; more is an error */
#define AAS_SSHSIG_MAX         512

/*
 * aas_agent_has(msg, len, blob, blob_len):
 * 1 if the answer ${msg} (without its length), a list of identities, holds
 * that public key; 0: it does not; AAS_ERR_FORMAT.
 */
int aas_agent_has(
    const uint8_t *msg, size_t len, const uint8_t *blob, size_t blob_len);

/*
 * aas_agent_signed(msg, len, &sig, &sig_len):
 * Where in ${msg} the signature is, of at most AAS_SSHSIG_MAX bytes.
 * Returns 0; AAS_ERR_DENIED: the agent refused; AAS_ERR_FORMAT.
 */
int aas_agent_signed(
    const uint8_t *msg, size_t len, const uint8_t **sig, size_t *sig_len);

#endif

#ifndef AAS_LIB_SSHAGENT_H
#define AAS_LIB_SSHAGENT_H

#include <sys/types.h>

#include "lib/sshsk.h"

/* What an agent is asked for: one signature by one of some keys. */
struct aas_agent_want {
	size_t n;
	struct {
		const uint8_t *blob; /* public key, SSH wire form */
		size_t len;
	} key[AAS_KEYS_MAX];
	const uint8_t *data; /* to sign; at most 256 bytes */
	size_t data_len;
};

/*
 * aas_agent_sign(path, owner, want, until_ms, &which, sig, &len):
 * Ask the agent at the socket ${path}, which must be a socket of ${owner}'s,
 * for a signature over the data by the first of the keys that it has and that
 * signs.  For a process with the rights of ${owner} and no more: the path and
 * the answers are a stranger's.  Blocks until ${until_ms} (aas_clock_ms()).
 *   which  index of that key
 *   sig    AAS_SSHSIG_MAX bytes: what the agent says the signature is
 * Returns 0; AAS_ERR_NOTFOUND: it has none of them, or there is no agent;
 * AAS_ERR_DENIED: none signed; AAS_ERR_PERMS, AAS_ERR_TIMEOUT, AAS_ERR_FORMAT,
 * AAS_ERR_NOMEM, AAS_ERR_SYS.
 */
int aas_agent_sign(const char *path, uid_t owner,
    const struct aas_agent_want *want, int64_t until_ms, unsigned *which,
    uint8_t sig[AAS_SSHSIG_MAX], size_t *len);

#endif

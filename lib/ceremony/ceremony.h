#ifndef AAS_LIB_CEREMONY_CEREMONY_H
#define AAS_LIB_CEREMONY_CEREMONY_H

#include <sys/types.h>

#include "lib/proto.h"

/*
 * One conversation with security keys, from the request to the verdict; the
 * whole of aas-authn and aas-unlock behind their main().
 */
#define AAS_CER_UNLOCK 0x01u /* aas-unlock: only the real uid's own */

/* What a ceremony takes from the compiled policy. */
struct aas_cer_settings {
	char realm[AAS_REALM_MAX];
	char statedir[AAS_PATH_MAX];
	char rundir[AAS_PATH_MAX];
};

/*
 * How to read them from the policy ${path} ("" is the default): lib/ does not
 * know the policy, the program does.  Returns 0; AAS_ERR_NOTFOUND, or any
 * other negative enum aas_err for one that is there but no good.
 */
typedef int aas_cer_settings_fn(const char *path, struct aas_cer_settings *set);

/*
 * aas_ceremony_run(sock, flags, caller, read):
 * Read one request from ${sock} (lib/proto.h), hold the conversation, send
 * one verdict.  Needs an empty environment and descriptors 0 to 2 open; forks
 * the processes that talk to devices and reaps them all.  Blocks at most as
 * long as the request allows, and a few seconds to tidy up.
 *   caller  the real uid of the program that asks
 * Returns 0 if a verdict was sent, whatever it says; else a negative enum
 * aas_err: the caller has gone, or never spoke the protocol.
 */
int aas_ceremony_run(
    int sock, unsigned flags, uid_t caller, aas_cer_settings_fn *read);

#endif

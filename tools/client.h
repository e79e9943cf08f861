#ifndef AAS_TOOLS_CLIENT_H
#define AAS_TOOLS_CLIENT_H

#include <jansson.h>

/*
 * aas_client_call(rundir, rq, &rep):
 * Send one request to the aasd of ${rundir} and take its one answer, an
 * object with "ok".  The server must be root, or the effective user.
 *   rq  taken: released in any case
 * Returns 0; AAS_ERR_AGAIN (nobody answers there), AAS_ERR_PERMS (not root),
 * AAS_ERR_TIMEOUT (30 s), AAS_ERR_FORMAT, AAS_ERR_NOMEM, AAS_ERR_SYS.
 */
int aas_client_call(const char *rundir, json_t *rq, json_t **rep);

#endif

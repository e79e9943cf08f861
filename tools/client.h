#ifndef AAS_TOOLS_CLIENT_H
#define AAS_TOOLS_CLIENT_H

#include <jansson.h>

/* What is asked, and answered, at most; docs/protocol.md. */
#define AASD_REQUEST_MAX ((size_t)96 * 1024) /* with its LF */
#define AASD_ANSWER_MAX  ((size_t)2 * 1024 * 1024)

/*
 * aas_client_call(rundir, rq, &rep):
 * Send one request to the aasd of ${rundir} and take its one answer, an
 * object with "ok".  The server must be root, or the effective user.
 *   rq  taken: released in any case
 * Returns 0; AAS_ERR_AGAIN (nobody answers there), AAS_ERR_PERMS (not root),
 * AAS_ERR_TIMEOUT (30 s), AAS_ERR_FORMAT, AAS_ERR_NOMEM, AAS_ERR_SYS.
 */
int aas_client_call(const char *rundir, json_t *rq, json_t **rep);

/*
 * aas_client_call_while(rundir, rq, &rep, go_on, arg):
 * The same for who has something else to listen to meanwhile: ${go_on} is
 * called while nothing comes, five times a second at least and after each
 * signal, and once it returns 0 the request is given up: AAS_ERR_CANCELED.
 *   go_on  NULL: as aas_client_call()
 */
typedef int aas_client_go_on(void *arg);
int aas_client_call_while(const char *rundir, json_t *rq, json_t **rep,
    aas_client_go_on *go_on, void *arg);

#endif

#ifndef AAS_LIB_SESSION_TICKET_H
#define AAS_LIB_SESSION_TICKET_H

#include <stdint.h>

#include "lib/clock.h"
#include "lib/proc.h"
#include "lib/proto.h"

/*
 * "A ceremony just succeeded": what the auth phase leaves for open_session,
 * which may run in another process.  One file of root below
 * <rundir>/tickets, used once.
 */
#define AAS_TICKET_HEX   33  /* its name, with the NUL */
#define AAS_TICKET_S     120 /* its life: sshd's LoginGraceTime */
#define AAS_TICKET_BYTES 1024

struct aas_ticket {
	uint32_t uid;
	char service[AAS_SERVICE_MAX];
	uint8_t boot_id[16];
	int64_t boottime_ms;    /* when it was written */
	struct aas_proc caller; /* the process that ran the auth phase */
	struct aas_proc parent; /* and its parent: sshd's monitor */
	uint8_t uv;
	uint8_t keys_n; /* 1 or 2 */
	char label[2][AAS_LABEL_MAX];
	uint8_t key[2][32];
};

/* Who asks for it. */
struct aas_ticket_want {
	uint32_t uid;
	const char *service;
	const struct aas_now *now;
	struct aas_proc me;
};

/*
 * aas_ticket_write(rundir, t, hex):
 * Store ${t} under a new random name, ${hex}.  Tickets past their life are
 * swept away on the way (a bounded number).
 * Returns 0; AAS_ERR_INVAL, AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_ticket_write(
    const char *rundir, const struct aas_ticket *t, char hex[AAS_TICKET_HEX]);

/*
 * aas_ticket_peek(rundir, hex, want, &t):
 * Read the ticket ${hex} if it is ${want}'s: same uid, service and boot,
 * younger than AAS_TICKET_S, and the asking process is the one that wrote it
 * or that one's parent, by pid and start time.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_DENIED (somebody else's: it is left
 * alone), AAS_ERR_TIMEOUT (too old, or of another boot), AAS_ERR_FORMAT,
 * AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_ticket_peek(const char *rundir, const char *hex,
    const struct aas_ticket_want *want, struct aas_ticket *t);

/*
 * aas_ticket_take(rundir, hex, want, &t):
 * The same, and removes it before it returns 0: of any number that take one
 * ticket at once, one gets it; the others get AAS_ERR_NOTFOUND.
 */
int aas_ticket_take(const char *rundir, const char *hex,
    const struct aas_ticket_want *want, struct aas_ticket *t);

/*
 * aas_ticket_drop(rundir, hex, me):
 * Remove the ticket if the process ${me} wrote it: its transaction is over.
 */
void aas_ticket_drop(
    const char *rundir, const char *hex, const struct aas_proc *me);

#endif

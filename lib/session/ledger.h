#ifndef AAS_LIB_SESSION_LEDGER_H
#define AAS_LIB_SESSION_LEDGER_H

#include <stdint.h>

#include "lib/clock.h"
#include "lib/proc.h"

/*
 * The ledger: one file per open session, <rundir>/sessions/<id>, one JSON
 * line; docs/protocol.md names its fields.  aasd reads it and removes what is
 * over.
 */
#define AAS_LEDGER_ID  17   /* 16 hexadecimal characters and the NUL */
#define AAS_LEDGER_MAX 4096 /* bytes of a line */

/* How each line begins; the audit session follows, ten characters wide. */
#define AAS_LEDGER_HEAD "{\"v\":1,\"audit\":"

/* Where the person was who opened a session. */
enum aas_origin {
	AAS_ORIGIN_WITHIN, /* inside another session, as with su and sudo */
	AAS_ORIGIN_LOCAL,  /* at this machine */
	AAS_ORIGIN_REMOTE
};

struct aas_ledger {
	const char *user;
	uint32_t uid;
	const char *service;
	const char *tty; /* NULL: none, as the others below */
	const char *rhost;
	const char *key; /* label of the key that signed in */
	const char *via; /* "keys", "ssh-key", "host" */
	enum aas_origin origin;
	struct aas_proc leader;
	int64_t session_s, idle_s;
};

/*
 * aas_ledger_open(rundir, l, now, id):
 * Write the line of a new session under a random ${id}.  Text is escaped, so
 * that any bytes give one valid JSON line; what would make it longer than
 * AAS_LEDGER_MAX is AAS_ERR_TOOBIG.
 * Returns 0; AAS_ERR_TOOBIG, AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_ledger_open(const char *rundir, const struct aas_ledger *l,
    const struct aas_now *now, char id[AAS_LEDGER_ID]);

/*
 * aas_ledger_close(rundir, id):
 * Mark the session as over: <id> becomes <id>.closed, for aasd to sweep.  The
 * audit session of the calling process, unless its parent is in the same one,
 * is noted in it: what the session leaves behind is still known by that.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_FORMAT, AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_ledger_close(const char *rundir, const char *id);

#endif

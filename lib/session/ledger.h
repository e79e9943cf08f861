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

/* What is read back of a line. */
struct aas_ledger_line {
	int closed;
	uint32_t audit; /* of a closed one; AAS_PROC_NO_AUDIT: none */
	uint32_t uid;
	enum aas_origin origin;
	struct aas_proc leader;
	char boot[2 * 16 + 1]; /* as aas_hex_format() writes it */
};

/*
 * aas_ledger_read(dirfd, name, &l):
 * Read the file ${name} of the directory of sessions.
 * Returns 0; AAS_ERR_INVAL (no name of a line), AAS_ERR_FORMAT (damaged, or of
 * another form), AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_TOOBIG,
 * AAS_ERR_AGAIN, AAS_ERR_SYS, AAS_ERR_NOMEM.
 */
int aas_ledger_read(int dirfd, const char *name, struct aas_ledger_line *l);

/*
 * aas_ledger_sweep(rundir, now):
 * Remove what tells nothing any more: lines of another boot, and closed ones
 * of whose session no process is left.  Until then su and sudo in what a
 * session left behind are still known by it.  Looks at all of /proc if there
 * is a closed line; if /proc hides processes from us nothing is removed.
 * Returns how many lines went, or AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_SYS,
 * AAS_ERR_NOMEM.
 */
int aas_ledger_sweep(const char *rundir, const struct aas_now *now);

#endif

#ifndef AAS_LIB_SESSION_LEDGER_H
#define AAS_LIB_SESSION_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/cgroup.h"
#include "lib/clock.h"
#include "lib/fs.h"
#include "lib/proc.h"

/*
 * The ledger: one symbolic link per open session, <rundir>/sessions/<id>, its
 * text one JSON object; docs/protocol.md names its fields.  aasd reads it and
 * removes what is over.
 */
#define AAS_LEDGER_ID  17   /* 16 hexadecimal characters and the NUL */
#define AAS_LEDGER_MAX 4096 /* bytes of a line and a NUL: PATH_MAX */

#define AAS_LEDGER_HEAD "{\"v\":1" /* how each line begins */

/* What follows the id in the name of a closed line; then its audit session. */
#define AAS_LEDGER_CLOSED ".closed-"

/* A note of aasd's: "<when> <limit>", of a session that was extended. */
#define AAS_LEDGER_EXTEND ".extend"

/*
 * aas_ledger_extended(dirfd, id, &at_ms, &session_ms):
 * Read that note: when a key extended the session, and its overall limit from
 * its beginning since then.  ${dirfd} is the directory of sessions.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_FORMAT, AAS_ERR_SYS.
 */
int aas_ledger_extended(
    int dirfd, const char *id, int64_t *at_ms, int64_t *session_ms);

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
	const char *key;       /* label of the key that signed in */
	const char *key2;      /* and of the second, where two had to */
	const char *via;       /* "keys", "ssh-key", "lease", "host" */
	const uint8_t *key_id; /* its id in a verdict; the line has a part */
	const uint8_t *key2_id;
	int uv; /* 1: it verified its user */
	enum aas_origin origin;
	struct aas_proc leader;
	int64_t session_s, idle_s;
	int display;  /* 1: what is typed passes no terminal */
	uint64_t seq; /* of the record's last entry; UINT64_MAX: not known */
	const char *grantor; /* of the lease it runs on; NULL: on none */
	int64_t lease_ms;    /* whose end it is then, CLOCK_BOOTTIME */
	const char *group;   /* all of this control group is its; NULL: no */
};

/*
 * aas_ledger_open(rundir, seen, l, now, id):
 * Write the line of a new session under a random ${id}.  Text is escaped, so
 * that any bytes give one valid JSON line; if it would be longer than
 * AAS_LEDGER_MAX, service, tty and rhost are cut, and if it still is it is
 * AAS_ERR_TOOBIG.
 *   seen  as of aas_rundir_look(), which may make the directory
 * Returns 0; AAS_ERR_TOOBIG, AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_SYS.
 */
int aas_ledger_open(const char *rundir, struct aas_fs_seen *seen,
    const struct aas_ledger *l, const struct aas_now *now,
    char id[AAS_LEDGER_ID]);

/*
 * aas_ledger_close(rundir, id, uid):
 * Mark the session as over: <id> becomes <id>.closed-<audit>, for aasd to
 * sweep.  <audit> is the audit session of the calling process, or
 * AAS_PROC_NO_AUDIT if its parent is in the same one or it is not that of
 * ${uid}, whose session it was: what the session leaves behind is still known
 * by that.  Only for who has the ${id} of
 * aas_ledger_open(), by the same ${rundir}: that one looked at the directory.
 * Returns 0; AAS_ERR_NOTFOUND, AAS_ERR_FORMAT, AAS_ERR_SYS.
 */
int aas_ledger_close(const char *rundir, const char *id, uint32_t uid);

#define AAS_LEDGER_KEY 8 /* bytes of a key's id */

/*
 * The lock of who keeps sessions, among the lines: held as long as it does.
 * aas_ledger_kept(rundir): 1 if somebody holds it, else 0; only once
 * aas_rundir_look() or aas_ledger_open() has looked at the directory.
 */
#define AAS_LEDGER_LOCK ".kept"
int aas_ledger_kept(const char *rundir);

/* What is read back of a line. */
struct aas_ledger_line {
	int closed;
	uint32_t audit; /* of a closed one; AAS_PROC_NO_AUDIT: none */
	uint32_t uid;
	enum aas_origin origin;
	int manager;     /* the user's service manager: systemd-user */
	unsigned keys_n; /* that opened it, 0 to 2 */
	uint8_t key_id[2][AAS_LEDGER_KEY];
	int uv; /* they verified their user */
	struct aas_proc leader;
	int64_t boottime_ms, session_s, idle_s;
	int display;
	uint64_t seq;               /* UINT64_MAX: it says none */
	int64_t lease_ms;           /* as in struct aas_ledger; 0: no lease */
	char boot[2 * 16 + 1];      /* as aas_hex_format() writes it */
	char group[AAS_CGROUP_MAX]; /* "": none */
};

/*
 * aas_ledger_read(dirfd, name, &l, text):
 * Read the line ${name} of the directory of sessions; ${text} (AAS_LEDGER_MAX
 * bytes, may be NULL) is the line itself.
 * Returns 0; AAS_ERR_INVAL (no name of a line), AAS_ERR_FORMAT (damaged, or of
 * another form), AAS_ERR_NOTFOUND, AAS_ERR_PERMS, AAS_ERR_TOOBIG,
 * AAS_ERR_AGAIN, AAS_ERR_SYS, AAS_ERR_NOMEM.
 */
int aas_ledger_read(
    int dirfd, const char *name, struct aas_ledger_line *l, char *text);

/*
 * aas_ledger_text(line, key, dst, cap):
 * One of the strings of a line that aas_ledger_read() took: "user", "rhost"
 * and the like, in UTF-8.
 * Returns 0; AAS_ERR_NOTFOUND (null); AAS_ERR_FORMAT (nothing that our writer
 * escapes so); AAS_ERR_TOOBIG.
 */
int aas_ledger_text(const char *line, const char *key, char *dst, size_t cap);

/* Beside a line, made by aasd: it is the first from its network. */
#define AAS_LEDGER_FIRST ".first"

#endif

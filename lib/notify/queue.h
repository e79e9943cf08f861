#ifndef AAS_LIB_NOTIFY_QUEUE_H
#define AAS_LIB_NOTIFY_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/notify/chain.h"
#include "lib/notify/depot.h"

/*
 * A numbered alert that is not yet delivered everywhere: a file of two lines,
 * the alert and what became of it so far:
 *	aasq1 QUEUED TRIES NEXT [TARGET:HOW ...]
 * in seconds since 1970; a target is the first 16 hex digits of a hash of
 * where it goes to.
 */
#define AAS_MARKS_MAX 48
#define AAS_MARK_KEY  17 /* 16 hex digits and a NUL */

enum aas_mark_how {
	AAS_MARK_DONE = 'd',
	AAS_MARK_FAILED = 'f' /* for good */
};

struct aas_mark {
	char key[AAS_MARK_KEY];
	char how; /* enum aas_mark_how */
};

struct aas_queued {
	struct aas_chain_line line;
	int64_t queued_s;
	int64_t next_s; /* not before */
	unsigned tries;
	size_t marks_n;
	struct aas_mark marks[AAS_MARKS_MAX];
};

/*
 * aas_queued_parse(p, len, q): the bytes of such a file.  Returns 0,
 * AAS_ERR_FORMAT, AAS_ERR_NOMEM.  aas_queued_format(q, dst, cap, &n):
 * AAS_ERR_TOOBIG.
 */
int aas_queued_parse(const char *p, size_t len, struct aas_queued *q);
int aas_queued_format(
    const struct aas_queued *q, char *dst, size_t cap, size_t *n);
#define AAS_QUEUED_MAX ((size_t)8192)

/* aas_queued_how(q, key): what became of it there; 0: nothing yet. */
char aas_queued_how(const struct aas_queued *q, const char *key);

/* aas_queued_mark(q, key, how): AAS_ERR_TOOBIG if there is no room. */
int aas_queued_mark(
    struct aas_queued *q, const char *key, enum aas_mark_how how);

/*
 * aas_queue_load(dirfd, name, q), aas_queue_save(sp, name, q):
 * Read one; write queue/${name} whole or not at all, down to the disk, with
 * what is kept for the day on which that is full.
 */
int aas_queue_load(int dirfd, const char *name, struct aas_queued *q);
int aas_queue_save(
    const struct aas_depot *sp, const char *name, const struct aas_queued *q);

/*
 * More than these of one user do not wait, but for what no setting leaves out:
 * for one more the oldest is given up that has been to all its places once.
 * Where there is none, the new one is numbered alone.
 */
#define AAS_QUEUE_USER 1000

/*
 * aas_queue_take(sp, name, now_s):
 * Give the event new/${name} its number, put it into the queue and remove it
 * from new/; each step is on the disk before the next.  A file that is no
 * event goes to dead/ as it is.
 * Returns 0; AAS_ERR_NOTFOUND (it is gone), AAS_ERR_FORMAT (put aside),
 * AAS_ERR_PERMS, AAS_ERR_SYS, AAS_ERR_NOMEM: it is still there.
 */
int aas_queue_take(const struct aas_depot *sp, const char *name, int64_t now_s);

/* aas_queue_urgent(sp, name): 1 if no setting leaves out what new/${name} is.
 */
int aas_queue_urgent(const struct aas_depot *sp, const char *name);

/*
 * aas_queue_line(sp, line, len, now_s):
 * The same of a line that stands elsewhere, with its line feed or without.
 * Returns 0: it can be removed there; AAS_ERR_FORMAT, AAS_ERR_PERMS,
 * AAS_ERR_SYS, AAS_ERR_NOMEM.
 */
int aas_queue_line(
    const struct aas_depot *sp, const char *line, size_t len, int64_t now_s);

/*
 * aas_queue_stale(sp, name, now_s):
 * What a crash left in new/ under a ${name} that begins with a dot: a whole
 * event becomes one of new/; what is none goes to dead/: AAS_ERR_FORMAT; a
 * young one is not touched: AAS_ERR_AGAIN, and one that cannot be read now
 * neither.
 */
int aas_queue_stale(
    const struct aas_depot *sp, const char *name, int64_t now_s);

/* aas_queue_drop(sp, name): delivered.  aas_queue_bury(sp, name): given up. */
int aas_queue_drop(const struct aas_depot *sp, const char *name);
int aas_queue_bury(const struct aas_depot *sp, const char *name);

/*
 * aas_queue_count(fd, uid, &n):
 * How many alerts wait in the directory ${fd}: those of ${uid}, or all with
 * AAS_QUEUE_ALL.  AAS_ERR_SYS, AAS_ERR_NOMEM.
 */
#define AAS_QUEUE_ALL ((uint32_t)-1)
int aas_queue_count(int fd, uint32_t uid, size_t *n);

/* aas_queue_uid(name, &uid): whose such a file is; AAS_ERR_FORMAT: nobody's. */
int aas_queue_uid(const char *name, uint32_t *uid);

/* aas_queue_is_of(name, uid): 1 if a file of that name is ${uid}'s. */
int aas_queue_is_of(const char *name, uint32_t uid);

#endif

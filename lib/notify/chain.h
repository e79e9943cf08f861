#ifndef AAS_LIB_NOTIFY_CHAIN_H
#define AAS_LIB_NOTIFY_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "lib/notify/alert.h"

/*
 * The numbered alerts of one user, a line each, in the file <uid>; each line
 * has the number after that of the line before and the SHA-256 of its bytes
 * (without the LF), so that one that is missing is noticed.  A file that has
 * grown long becomes <uid>.1, and the chain goes on in a new one.
 */
#define AAS_CHAIN_FILE_MAX ((size_t)4 * 1024 * 1024)
#define AAS_CHAIN_TAIL     ((size_t)64 * 1024) /* where an id is looked for */

struct aas_chain_line {
	char p[AAS_ALERT_MAX + 1]; /* NUL-terminated, no LF */
	size_t len;
	int old; /* 1: it stood there already */
};

/*
 * aas_chain_append(dirfd, ev, len, a, line):
 * Give the event ${ev} its number in the chain of ${a}->uid, append it and
 * fsync.  One with its id among the last lines is not appended again, but
 * given back.  What a crash left of a line is cut off.  The caller is the only
 * one who appends: it has the lock.
 * Returns 0; AAS_ERR_TOOBIG, AAS_ERR_SYS, AAS_ERR_NOMEM; AAS_ERR_FORMAT,
 * AAS_ERR_PERMS: a file of the chain is damaged, or not ours alone, and stays
 * in the way until aas_chain_aside().
 */
int aas_chain_append(int dirfd, const char *ev, size_t len,
    const struct aas_alert *a, struct aas_chain_line *line);

/*
 * aas_chain_aside(dirfd, uid):
 * Rename what stands in the way of another line to <uid>.damaged.1 to 9, and
 * what follows from it; the next line begins a new file, with a number above
 * all that can be read there and no hash before it.
 * For who appends.  Returns 0; AAS_ERR_NOTFOUND: nothing does; AAS_ERR_SYS,
 * AAS_ERR_NOMEM.
 */
int aas_chain_aside(int dirfd, uint32_t uid);

/*
 * aas_chain_each(dirfd, uid, each, arg):
 * Hand every line of a chain to ${each}, oldest first, with what is wrong
 * with it (NULL: nothing): its number or hash does not follow, or it is no
 * alert (${a} is then NULL).  A file that was put aside is such a line, and
 * empty.  Others may append meanwhile, and begin a new file.  Stops when
 * ${each} returns other than 0, and returns that.  Else 0; AAS_ERR_NOTFOUND,
 * AAS_ERR_PERMS, AAS_ERR_SYS, AAS_ERR_TOOBIG, AAS_ERR_AGAIN, AAS_ERR_NOMEM.
 */
typedef int aas_chain_fn(void *arg, const char *line, size_t len,
    const struct aas_alert *a, const char *wrong);
int aas_chain_each(int dirfd, uint32_t uid, aas_chain_fn *each, void *arg);

/*
 * aas_chain_text(p, len, first, each, arg):
 * The same of the bytes of a file, after the line whose number and hash stand
 * in ${at} (number 0 and "": none is known), which is brought up to date.
 * With ${at}->begin the first line begins a file: it may begin anew, with a
 * higher number and no hash before it, and only so if no line is known.
 */
struct aas_chain_at {
	uint64_t number;
	char hash[65];
	int begin;
};
int aas_chain_text(const char *p, size_t len, struct aas_chain_at *at,
    aas_chain_fn *each, void *arg);

#endif

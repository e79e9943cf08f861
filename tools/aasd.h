#ifndef AAS_TOOLS_AASD_H
#define AAS_TOOLS_AASD_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "lib/spawn.h"
#include "lib/store/store.h"
#include "lib/user.h"

/*
 * aasd(8): appends entries to records for people who may not write there, and
 * tells them what their record says.  One JSON object per line, one request
 * and one answer per connection; who asks is what SO_PEERCRED says.
 */
#define AASD_REQUEST_MAX ((size_t)96 * 1024) /* with its LF */
#define AASD_ANSWER_MAX  ((size_t)2 * 1024 * 1024)
#define AASD_CONNS       64
#define AASD_CONNS_UID   8
#define AASD_DEADLINE_MS 5000
#define AASD_LOOKUPS     8 /* running at a time */
#define AASD_LOOKUPS_UID 2
#define AASD_LOOKUP_MS   12000

/* One descriptor more to wait for. */
struct aasd_extra {
	int fd; /* -1: none */
	void (*ready)(void *arg);
	void *arg;
};

struct aasd {
	const char *statedir; /* borrowed from the policy */
	const char *libexecdir;
	const char *rundir;
	struct aas_store *store;
	struct aas_child *lookup; /* where one may be started; may be NULL */
	int clock_told;           /* that the clock is behind its mark */
	const struct aasd_extra *extra; /* may be NULL */
};

/*
 * aasd_answer(d, uid, line, len, &out, &out_len):
 * Do what one request of ${uid} asks and make its answer, from malloc, LF
 * included.  Never fails but for memory: a bad request has an answer too.
 * With ${out} NULL a look-up was started in d->lookup instead: the packets
 * from its socket, to their end, are the answer.
 * Returns 0, AAS_ERR_NOMEM.
 */
int aasd_answer(struct aasd *d, uid_t uid, const char *line, size_t len,
    char **out, size_t *out_len);

/*
 * aasd_refusal(reason, &out, &out_len): the answer that refuses.
 */
int aasd_refusal(unsigned why, char **out, size_t *out_len);

/*
 * aasd_serve(d, listener, stop, tick):
 * Serve connections until ${stop} becomes readable; call ${tick} every 30 s.
 * Returns 0, AAS_ERR_SYS, AAS_ERR_NOMEM.
 */
int aasd_serve(
    struct aasd *d, int listener, int stop, void (*tick)(struct aasd *));

/*
 * Enrolments that are held: aasd_held_note() before one may be stored,
 * aasd_held_tick() from time to time: it locks the password of those that
 * count by now, and forgets what waits no longer.
 */
int aasd_held_note(const struct aasd *d, uid_t uid);
void aasd_held_tick(struct aasd *d);

/* aasd_clock_tick(d): see to the clock's mark; lib/mark.h. */
void aasd_clock_tick(struct aasd *d);

/*
 * aasd_tell(u, text):
 * Write ${text} (ASCII, one line, no control characters) on every terminal
 * that utmp(5) lists for ${u} and that belongs to it.  Never blocks.
 */
void aasd_tell(const struct aas_user *u, const char *text);

#endif

#ifndef AAS_AASD_AASD_H
#define AAS_AASD_AASD_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "lib/spawn.h"
#include "lib/store/store.h"
#include "lib/user.h"
#include "tools/client.h"

/*
 * aasd(8): appends entries to records for people who may not write there, and
 * tells them what their record says.  One JSON object per line, one request
 * and one answer per connection; who asks is what SO_PEERCRED says.
 */
#define AASD_CONNS       64
#define AASD_CONNS_UID   8
#define AASD_CONNS_ROOT  8 /* of them all, for root alone */
#define AASD_DEADLINE_MS 5000
#define AASD_LOOKUPS     8 /* running at a time */
#define AASD_LOOKUPS_UID 2
#define AASD_LOOKUP_MS   12000
#define AASD_EXTRAS      4
#define AASD_KEEPER_MS   5000 /* for the keeper's answer */

/* A descriptor more to wait for. */
struct aasd_extra {
	int fd; /* -1: none */
	void (*ready)(void *arg);
	void *arg;
};

struct aasd_held;
struct aasd_lends;
struct aasd_link;

/* The front: what takes connections; aasd/front.h. */
struct aasd {
	const char *statedir; /* borrowed from the policy */
	const char *libexecdir;
	const char *rundir;
	const char *policy; /* the file; NULL: the usual one */
	struct aas_store *store;
	/* of the request at hand: */
	struct aas_child *lookup; /* where one may be started; may be NULL */
	pid_t peer;               /* the asking process */
	uint32_t asked;           /* the keeper's answer to it; 0: none */
	struct aasd_link *link;   /* to the keeper; NULL: there is none */
	struct aasd_held *held;   /* the front's own */
	struct aasd_lends *lends; /* leases that wait for a signature */
	int clock_told;           /* that the clock is behind its mark */
	const struct aasd_extra *extra[AASD_EXTRAS]; /* each may be NULL */
};

/*
 * aasd_answer(d, uid, line, len, &out, &out_len):
 * Do what one request of ${uid} asks and make its answer, from malloc, LF
 * included.  Never fails but for memory: a bad request has an answer too.
 * With ${out} NULL either the keeper was asked, d->asked is the number of its
 * answer then, or a look-up was started in d->lookup: the packets from its
 * socket, to their end, are the answer.
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
 * Serve connections until ${stop} becomes readable or the keeper is gone; call
 * ${tick} every 30 s.
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

#endif

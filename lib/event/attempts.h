#ifndef AAS_LIB_EVENT_ATTEMPTS_H
#define AAS_LIB_EVENT_ATTEMPTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/event/event.h"
#include "lib/fs.h"

/*
 * Sign-ins that were refused: counters in one file of fixed size, however many
 * there are and from however many addresses.  A user's count is exact; which
 * hosts they came from is known of those that came often: where there is no
 * room for one more host, the one that came least makes room.
 *
 * Whoever counts takes an open file description lock on one bucket of the file
 * and waits for nobody: a user has 16 buckets, and what is held is passed
 * over.  A slot carries a check of itself and of its place; one that a crash
 * left torn is empty.
 */
#define AAS_ATTEMPTS      "attempts" /* in the spool */
#define AAS_ATTEMPTS_SIZE 1441792
#define AAS_ATTEMPTS_USER 64  /* bytes of a name kept, with the NUL */
#define AAS_ATTEMPTS_HOST 192 /* bytes of a host's name kept, with the NUL */
#define AAS_ATTEMPTS_TOP  5

/* Of users for whom there was no slot of their own. */
#define AAS_ATTEMPTS_OTHERS UINT32_MAX

/*
 * aas_attempts_add(spooldir, seen, uid, user, service, rhost, real_s):
 * Count one for ${uid}.
 *   seen           as of aas_fs_look(); may be NULL
 *   user, service  cut to what is kept of them; service and rhost may be NULL
 * Returns 0; AAS_ERR_AGAIN (all places were held; it is not counted),
 * AAS_ERR_PERMS, AAS_ERR_NOTFOUND, AAS_ERR_FORMAT (no such file of ours),
 * AAS_ERR_SYS.  Never waits, does not sync, does not allocate.
 */
int aas_attempts_add(const char *spooldir, struct aas_fs_seen *seen,
    uint32_t uid, const char *user, const char *service, const char *rhost,
    int64_t real_s);

/*
 * aas_attempts_once(spooldir, seen, uid, what, more, real_s, every_s):
 * 1 if this has not been asked about ${uid}, ${what} and ${more} (may be NULL)
 * for ${every_s} seconds, and then notes that it was; else 0.  When it cannot
 * be known it is 1: better twice than not at all.
 */
int aas_attempts_once(const char *spooldir, struct aas_fs_seen *seen,
    uint32_t uid, const char *what, const char *more, int64_t real_s,
    int64_t every_s);

/*
 * aas_attempts_due(spooldir, seen, uid, what, more, real_s, every_s):
 * What aas_attempts_once() would answer, and nothing is noted.
 */
int aas_attempts_due(const char *spooldir, struct aas_fs_seen *seen,
    uint32_t uid, const char *what, const char *more, int64_t real_s,
    int64_t every_s);

/* What a drainer notes so: that ${uid} was told of attempts. */
#define AAS_ATTEMPTS_TOLD "attempts-told"

/* What is known of one user's. */
struct aas_attempts {
	char id[AAS_EVENT_ID]; /* of the event that tells of them */
	uint32_t uid;          /* AAS_ATTEMPTS_OTHERS: of several */
	char user[AAS_ATTEMPTS_USER];
	char service[AAS_ATTEMPTS_USER]; /* of the last one */
	uint64_t count;
	int64_t first_s, last_s;
	size_t hosts_n; /* those that came most, most first */
	struct {
		char rhost[AAS_ATTEMPTS_HOST]; /* "": at this machine */
		uint64_t count;
	} hosts[AAS_ATTEMPTS_TOP];
};

/* Who takes them over.  Not for a PAM module. */
struct aas_attempts_sink {
	/*
	 * 1 if ${uid} is to be told now; NULL: all are.  Not asked where an
	 * earlier try came as far as keep(): that one is brought to its end.
	 */
	int (*due)(void *arg, uint32_t uid);
	/* 0 once the event is where a crash does not lose it */
	int (*keep)(void *arg, const struct aas_attempts *a);
	void *arg;
};

/*
 * aas_attempts_take(spooldir, sink):
 * Hand each user's attempts to ${sink}, and subtract what it kept.  After a
 * crash between the two the same count comes again under the same id.  One at
 * a time: the caller holds the drainer's lock.
 * Returns 0, also without a file; AAS_ERR_PERMS, AAS_ERR_FORMAT,
 * AAS_ERR_NOMEM, AAS_ERR_SYS.
 */
int aas_attempts_take(
    const char *spooldir, const struct aas_attempts_sink *sink);

#endif

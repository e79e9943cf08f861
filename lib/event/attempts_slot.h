#ifndef AAS_LIB_EVENT_ATTEMPTS_SLOT_H
#define AAS_LIB_EVENT_ATTEMPTS_SLOT_H

#include <sys/types.h>

#include <stdint.h>

#include "lib/event/attempts.h"

/*
 * The file of attempts, for lib/event/attempts*.c alone: three tables of
 * buckets of slots, in the byte order of the host.
 */
#define ATT_USERS_AT 0
#define ATT_USERS    256 /* the last bucket is of AAS_ATTEMPTS_OTHERS */
#define ATT_USERS_IN 4   /* slots in a bucket */
#define ATT_CHOICES  16  /* buckets that a user may be in */
#define ATT_HOSTS_AT (ATT_USERS_AT + ATT_USERS * 1024)
#define ATT_HOSTS    256
#define ATT_HOSTS_IN 16
#define ATT_MARKS_AT (ATT_HOSTS_AT + ATT_HOSTS * 4096)
#define ATT_MARKS    64
#define ATT_MARKS_IN 64
#define ATT_ROUNDS   16 /* over what is held, with a yield between */

struct att_user {
	uint64_t check; /* of the words behind it, and of its place */
	uint64_t count; /* 0: a free slot */
	uint64_t taken; /* of these, by a drainer that is not done yet */
	int64_t first_s, last_s;
	uint32_t uid, zero;
	uint8_t id[16];
	char user[AAS_ATTEMPTS_USER], service[AAS_ATTEMPTS_USER];
	uint64_t more[8];
};

struct att_host {
	uint64_t check, count;
	int64_t last_s;
	uint32_t uid, zero;
	char rhost[AAS_ATTEMPTS_HOST];
	uint64_t more[4];
};

struct att_mark {
	uint64_t check, key;
	int64_t when_s;
	uint64_t zero;
};

_Static_assert(sizeof(struct att_user) == 256, "no padding");
_Static_assert(sizeof(struct att_host) == 256, "no padding");
_Static_assert(sizeof(struct att_mark) == 32, "no padding");
_Static_assert(ATT_USERS_IN * sizeof(struct att_user) == 1024 &&
	ATT_HOSTS_IN * sizeof(struct att_host) == 4096 &&
	ATT_MARKS_AT + ATT_MARKS * ATT_MARKS_IN * 32 == AAS_ATTEMPTS_SIZE,
    "the size of the file");

/*
 * att_open(spooldir, seen, make, &fd): the file, checked; made if ${make}.
 * att_read(), att_write(): all of it; AAS_ERR_SYS.
 * att_fresh(id): a new id; AAS_ERR_SYS, and it is what it was.
 * att_mix(h, v), att_mix_text(h, s): a hash, one step on; ${s} may be NULL.
 * att_good(p, n, at), att_seal(p, n, at): the check of a slot at ${at}.
 */
int att_open(const char *spooldir, struct aas_fs_seen *seen, int make, int *fd);
int att_read(int fd, off_t at, void *p, size_t n);
int att_write(int fd, off_t at, const void *p, size_t n);
int att_fresh(uint8_t id[16]);
uint64_t att_mix(uint64_t h, uint64_t v);
uint64_t att_mix_text(uint64_t h, const char *s);
int att_good(const void *p, size_t n, off_t at);
void att_seal(void *p, size_t n, off_t at);

#endif

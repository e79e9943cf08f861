#ifndef AAS_AASD_LINK_H
#define AAS_AASD_LINK_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "lib/user.h"

/*
 * aasd(8) is two processes, at the two ends of one SOCK_SEQPACKET socket pair:
 * the keeper, which ends sessions and never asks the host for a user, and the
 * front, which takes connections.  The front passes on what is about sessions,
 * with what it has found out about who asks; each such packet is also a sign
 * of life.  No call here blocks.
 */
#define AASD_ASK_MAX ((size_t)48 * 1024) /* of one request passed on */

/* Who asks: by the socket, and by the host's users and groups. */
struct aasd_ask {
	uint32_t serial; /* 0: a sign of life and nothing else */
	uint32_t uid;
	int32_t pid; /* 0: outside this container */
	uint32_t admin;
	char name[AAS_USER_MAX];
};

/* The front's end. */
struct aasd_link {
	int fd; /* -1: none */
	uint32_t serial;
	int64_t beat_ms; /* when it last said that it lives */
};

/* aasd_link_ms(): CLOCK_MONOTONIC, which stands while the machine sleeps. */
int64_t aasd_link_ms(void);

/*
 * aasd_link_beat(l): a sign of life, not more often than each second.  NULL,
 * and a link without a keeper, are fine.
 */
void aasd_link_beat(struct aasd_link *l);

/*
 * aasd_link_ask(l, ask, text, len): pass on a request; sets ask->serial, which
 * its answer will have.
 * Returns 0; AAS_ERR_TOOBIG, AAS_ERR_AGAIN (too many wait), AAS_ERR_SYS.
 */
int aasd_link_ask(
    struct aasd_link *l, struct aasd_ask *ask, const char *text, size_t len);

/*
 * aasd_link_answered(l, &serial, &out, &len): the next answer that has come,
 * from malloc.
 * Returns 0; AAS_ERR_AGAIN (none yet), AAS_ERR_NOTFOUND (the keeper is gone),
 * AAS_ERR_FORMAT, AAS_ERR_SYS, AAS_ERR_NOMEM: that answer is lost.
 */
int aasd_link_answered(
    struct aasd_link *l, uint32_t *serial, char **out, size_t *len);

/*
 * aasd_link_take(fd, &ask, text, &len): the keeper's end: the next packet; its
 * text, without a NUL, is in ${text}, AASD_ASK_MAX bytes.  ask->name ends.
 * Returns 0; AAS_ERR_AGAIN, AAS_ERR_NOTFOUND (the front is gone),
 * AAS_ERR_FORMAT, AAS_ERR_SYS.
 */
int aasd_link_take(int fd, struct aasd_ask *ask, char *text, size_t *len);

/*
 * aasd_link_answer(fd, serial, out, len): the answer to one.
 * Returns 0; AAS_ERR_SYS: it is lost.
 */
int aasd_link_answer(int fd, uint32_t serial, const char *out, size_t len);

#endif

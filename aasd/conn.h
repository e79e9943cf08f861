#ifndef AAS_AASD_CONN_H
#define AAS_AASD_CONN_H

#include <sys/types.h>

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/spawn.h"
#include "aasd/aasd.h"

/*
 * Polled: the listener, what stops us, connections, children, the extras, the
 * keeper.
 */
#define AASD_PFDS ((size_t)2 * AASD_CONNS + 2 + AASD_EXTRAS + 1)

struct aasd_conn {
	int fd; /* -1: this place is free */
	uid_t uid;
	pid_t pid;
	int64_t since_ms; /* as in aasd/seat.h */
	int64_t until_ms;
	char *in;
	size_t in_len, in_cap;
	char *out; /* not NULL: the answer is being sent */
	size_t out_len, out_off;
	struct aas_child child; /* makes the answer, if there is one */
	uint32_t asked;         /* or the keeper does; 0: it does not */
};

/* The connections, and what their loop remembers. */
struct aasd_server {
	struct aasd *d;
	struct pollfd pfds[AASD_PFDS];
	struct aasd_conn conns[AASD_CONNS];
	int64_t tick_ms;       /* when the next tick is due */
	int over;              /* the keeper is gone */
	unsigned long crowd_n; /* refused since the log heard of it */
	int64_t crowd_ms;      /* when it may hear of it again */
};

/* aasd_take(s, listener): some of those who wait to be connected. */
void aasd_take(struct aasd_server *s, int listener);

/*
 * aasd_conn_read(s, c), aasd_conn_write(c): its socket is ready.  A line that
 * is whole is answered: at once, or by a look-up or the keeper, whom it waits
 * for then.  Neither blocks; ${c} may be over afterwards.
 */
void aasd_conn_read(struct aasd_server *s, struct aasd_conn *c);
void aasd_conn_write(struct aasd_conn *c);

/* aasd_conn_hear(c): one packet more of what its look-up says, or its end. */
void aasd_conn_hear(struct aasd_conn *c);

/* aasd_conn_failed(c, why): no answer, or none that can be passed on. */
void aasd_conn_failed(struct aasd_conn *c, unsigned why);

/* aasd_conn_end(c): it is over, its place is free; so is one that was. */
void aasd_conn_end(struct aasd_conn *c);

#endif

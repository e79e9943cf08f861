/*
 * Who gets to be a connection of aasd: taking those who wait, and turning away
 * those for whom there is no place (aasd/seat.c).
 *
 * 1. Who the client is MUST come from SO_PEERCRED alone.
 * 2. One who connects often MUST NOT keep others out, nor fill the log.
 */
#include <sys/socket.h>

#include <stdlib.h>
#include <syslog.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/reason.h"
#include "aasd/conn.h"
#include "aasd/seat.h"

#define TAKE_MAX 32    /* connections taken at a time */
#define CROWD_MS 60000 /* between two lines about too many */

/* One line a minute, however many there are. */
static void
crowded(struct aasd_server *s, uid_t uid)
{
	int64_t now_ms = aas_clock_ms();

	s->crowd_n++;
	if (now_ms < s->crowd_ms)
		return;
	aas_log(LOG_WARNING,
	    "event=connections-refused n=%lu uid=%lu: too many at once",
	    s->crowd_n, (unsigned long)uid);
	s->crowd_n = 0;
	s->crowd_ms = now_ms + CROWD_MS;
}

static int
peer_of(int fd, struct ucred *cred)
{
	socklen_t len = sizeof(*cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, cred, &len) == -1 ||
	    len != sizeof(*cred))
		return AAS_ERR_SYS;
	return AAS_OK;
}

/* A place for one more of uid; NULL when there is none. */
static struct aasd_conn *
place(struct aasd_server *s, uid_t uid)
{
	struct aasd_seat v[AASD_CONNS];
	int i = 0;

	for (size_t n = 0; n < AASD_CONNS; n++) {
		const struct aasd_conn *c = &s->conns[n];

		v[n] = (struct aasd_seat){ c->fd != -1,
			c->child.pid != -1 || c->asked != 0, c->uid,
			c->since_ms };
	}
	if ((i = aasd_seat_pick(v, uid, aas_clock_ms())) == -1)
		return NULL;
	if (s->conns[i].fd != -1) {
		crowded(s, s->conns[i].uid);
		aasd_conn_end(&s->conns[i]);
	}
	return &s->conns[i];
}

static void
turn_away(int fd)
{
	char *out = NULL;
	size_t len = 0;

	if (aasd_refusal(AAS_WHY_BUSY, &out, &len) == AAS_OK)
		(void)send(fd, out, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	free(out);
	aas_close(&fd);
}

/* 0: nobody waits. */
static int
take_one(struct aasd_server *s, int listener)
{
	struct aasd_conn *c = NULL;
	struct ucred peer;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd == -1)
		return 0;
	if (peer_of(fd, &peer) != AAS_OK) {
		aas_close(&fd);
		return 1;
	}
	if ((c = place(s, peer.uid)) == NULL) {
		crowded(s, peer.uid);
		turn_away(fd);
		return 1;
	}
	c->fd = fd;
	c->uid = peer.uid;
	c->pid = peer.pid;
	c->since_ms = aas_clock_ms();
	c->until_ms = c->since_ms + AASD_DEADLINE_MS;
	return 1;
}

/*
 * Some of those who wait: a thousand who come to be turned away are so before
 * the one behind them is late, and those who have a place are not either.
 */
void
aasd_take(struct aasd_server *s, int listener)
{
	for (int i = 0; i < TAKE_MAX && take_one(s, listener); i++)
		;
}

/*
 * The loop of aasd: it waits for connections, for what the keeper and look-ups
 * answer, and for deadlines.
 *
 * 1. One client MUST NOT keep others from being served: nothing here waits for
 *    one of them.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/reason.h"
#include "aasd/conn.h"
#include "aasd/link.h"

#define TICK_MS 30000
#define BEAT_MS 5000 /* longer than this it never sleeps */

/* Where these begin among what is polled. */
#define EXTRA ((size_t)2 * AASD_CONNS + 2)
#define LINK  (EXTRA + AASD_EXTRAS)

/* Whose that is; one who did not wait for it has gone. */
static void
keeper_said(struct aasd_server *s, uint32_t serial, char *out, size_t len)
{
	for (size_t i = 0; i < AASD_CONNS; i++) {
		struct aasd_conn *c = &s->conns[i];

		if (c->fd == -1 || c->asked == 0 || c->asked != serial)
			continue;
		c->asked = 0;
		c->out = out;
		c->out_len = len;
		c->until_ms = aas_clock_ms() + AASD_DEADLINE_MS;
		return;
	}
	free(out);
}

static void
keeper_read(struct aasd_server *s)
{
	uint32_t serial = 0;
	char *out = NULL;
	size_t len = 0;
	int r = AAS_OK;

	while (
	    (r = aasd_link_answered(s->d->link, &serial, &out, &len)) == AAS_OK)
		keeper_said(s, serial, out, len);
	s->over = r == AAS_ERR_NOTFOUND || r == AAS_ERR_SYS;
}

static int
time_left(const struct aasd_server *s)
{
	int64_t next = s->tick_ms;
	int64_t left = 0;

	for (size_t i = 0; i < AASD_CONNS; i++) {
		if (s->conns[i].fd != -1 && s->conns[i].until_ms < next)
			next = s->conns[i].until_ms;
	}
	left = next - aas_clock_ms();
	if (s->d->link != NULL && left > BEAT_MS)
		left = BEAT_MS;
	return left < 0 ? 0 : (int)left + 1;
}

/*
 * The listener, the stop, then two for each connection: its socket, and that
 * of its look-up.
 */
static void
watch(struct aasd_server *s, size_t i, int fd, short events)
{
	s->pfds[i].fd = fd;
	s->pfds[i].events = events;
	s->pfds[i].revents = 0;
}

/* Apart: gcc 12 with sanitizers takes the array for its first member. */
static __attribute__((noinline)) int
poll_all(struct pollfd *p, nfds_t n, int timeout_ms)
{
	return poll(p, n, timeout_ms);
}

static int
wait_all(struct aasd_server *s, int listener, int stop)
{
	for (size_t i = 0; i < AASD_CONNS; i++) {
		const struct aasd_conn *c = &s->conns[i];

		/*
		 * Who goes while a look-up runs does not end it: it ends what
		 * its sources started, which we cannot, and it has its place
		 * until then.  As with the keeper's answer.
		 */
		watch(s, 2 * i + 2,
		    c->child.pid != -1 || c->asked != 0 ? -1 : c->fd,
		    c->out != NULL ? POLLOUT : POLLIN);
		watch(s, 2 * i + 3, c->child.sock, POLLIN);
	}
	for (size_t i = 0; i < AASD_EXTRAS; i++)
		watch(s, EXTRA + i,
		    s->d->extra[i] != NULL ? s->d->extra[i]->fd : -1, POLLIN);
	watch(s, LINK, s->d->link != NULL ? s->d->link->fd : -1, POLLIN);
	watch(s, 1, stop, POLLIN);
	watch(s, 0, listener, POLLIN);
	if (poll_all(s->pfds, AASD_PFDS, time_left(s)) == -1) {
		for (size_t i = 0; i < AASD_PFDS; i++)
			s->pfds[i].revents = 0;
		return errno == EINTR ? AAS_OK : AAS_ERR_SYS;
	}
	return AAS_OK;
}

/* Readiness before deadlines: who waited for us is not late. */
static void
work(struct aasd_server *s)
{
	for (size_t i = 0; i < AASD_CONNS; i++) {
		struct aasd_conn *c = &s->conns[i];

		if (c->child.pid != -1 && s->pfds[2 * i + 3].revents != 0)
			aasd_conn_hear(c);
		if (c->fd == -1 || s->pfds[2 * i + 2].revents == 0)
			continue;
		if (c->out != NULL)
			aasd_conn_write(c);
		else
			aasd_conn_read(s, c);
	}
}

static void
expire(struct aasd_server *s, int64_t now_ms)
{
	for (size_t i = 0; i < AASD_CONNS; i++) {
		struct aasd_conn *c = &s->conns[i];

		if (c->fd == -1 || c->until_ms > now_ms)
			continue;
		if (c->child.pid != -1 || c->asked != 0)
			aasd_conn_failed(c, AAS_WHY_TIMEOUT);
		else
			aasd_conn_end(c);
	}
}

int
aasd_serve(struct aasd *d, int listener, int stop, void (*tick)(struct aasd *))
{
	struct aasd_server *s = calloc(1, sizeof(*s));
	int64_t now_ms = 0;
	int r = AAS_ERR_NOMEM;

	if (s == NULL)
		return r;
	s->d = d;
	for (size_t i = 0; i < AASD_CONNS; i++)
		s->conns[i] =
		    (struct aasd_conn){ .fd = -1, .child = AAS_CHILD_NONE };
	while ((r = wait_all(s, listener, stop)) == AAS_OK &&
	    s->pfds[1].revents == 0 && !s->over) {
		now_ms = aas_clock_ms(); /* before work: it may take long */
		aasd_link_beat(d->link);
		if (s->pfds[LINK].revents != 0)
			keeper_read(s);
		work(s);
		if (s->pfds[0].revents != 0)
			aasd_take(s, listener);
		for (size_t i = 0; i < AASD_EXTRAS; i++) {
			if (s->pfds[EXTRA + i].revents != 0)
				d->extra[i]->ready(d->extra[i]->arg);
		}
		expire(s, now_ms);
		if (now_ms >= s->tick_ms) {
			tick(d);
			s->tick_ms = aas_clock_ms() + TICK_MS;
		}
	}
	for (size_t i = 0; i < AASD_CONNS; i++)
		aasd_conn_end(&s->conns[i]);
	free(s);
	return r;
}

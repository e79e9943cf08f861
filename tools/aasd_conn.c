/*
 * The connections of aasd: bounded in number, per user, in size and in time.
 *
 * 1. One client MUST NOT keep others from being served: not by being slow,
 *    not by connecting often, not by sending much.
 * 2. Who the client is MUST come from SO_PEERCRED alone.
 * 3. A look-up of policy MUST NOT keep the others waiting either: a process
 *    of its own asks the sources, few at a time, each with a deadline.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/reason.h"
#include "tools/aasd.h"

#define TICK_MS    30000
#define STEP       4096
#define CHILD_STEP 65536

/* Polled: the listener, what stops us, connections, children, one more. */
#define EXTRA ((size_t)2 * AASD_CONNS + 2)
#define PFDS  (EXTRA + 1)

struct conn {
	int fd; /* -1: this place is free */
	uid_t uid;
	int64_t until_ms;
	char *in;
	size_t in_len, in_cap;
	char *out; /* not NULL: the answer is being sent */
	size_t out_len, out_off;
	struct aas_child child; /* makes the answer, if there is one */
};

struct server {
	struct aasd *d;
	struct pollfd pfds[PFDS];
	struct conn conns[AASD_CONNS];
	int64_t tick_ms; /* when the next tick is due */
};

/* Not with the look-up's consent: it and what it started are killed. */
static void
child_end(struct conn *c)
{
	aas_child_kill_group(&c->child);
	aas_child_end(&c->child, 0);
}

static void
conn_end(struct conn *c)
{
	child_end(c);
	aas_close(&c->fd);
	free(c->in);
	free(c->out);
	*c = (struct conn){ .fd = -1, .child = AAS_CHILD_NONE };
}

static void
conn_refuse(struct conn *c, unsigned why)
{
	if (aasd_refusal(why, &c->out, &c->out_len) != AAS_OK)
		conn_end(c);
}

static int
peer_of(int fd, uid_t *uid)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1 ||
	    len != sizeof(cred))
		return AAS_ERR_SYS;
	*uid = cred.uid;
	return AAS_OK;
}

/* A place for one more of uid; NULL when there is none. */
static struct conn *
place(struct server *s, uid_t uid)
{
	struct conn *free_one = NULL;
	int n = 0;

	for (size_t i = 0; i < AASD_CONNS; i++) {
		if (s->conns[i].fd == -1)
			free_one = &s->conns[i];
		else if (s->conns[i].uid == uid)
			n++;
	}
	return n < AASD_CONNS_UID ? free_one : NULL;
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

static void
take_one(struct server *s, int listener)
{
	struct conn *c = NULL;
	uid_t uid = 0;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd == -1)
		return;
	if (peer_of(fd, &uid) != AAS_OK) {
		aas_close(&fd);
		return;
	}
	if ((c = place(s, uid)) == NULL) {
		turn_away(fd);
		return;
	}
	c->fd = fd;
	c->uid = uid;
	c->until_ms = aas_clock_ms() + AASD_DEADLINE_MS;
}

static int
grow(struct conn *c)
{
	char *p = NULL;

	if (c->in_cap - c->in_len >= STEP)
		return AAS_OK;
	if ((p = realloc(c->in, c->in_cap + 4 * STEP)) == NULL)
		return AAS_ERR_NOMEM;
	c->in = p;
	c->in_cap += 4 * STEP;
	return AAS_OK;
}

/* May uid have one more look-up? */
static int
lookup_allowed(const struct server *s, uid_t uid)
{
	int all = 0;
	int own = 0;

	for (size_t i = 0; i < AASD_CONNS; i++) {
		if (s->conns[i].child.pid == -1)
			continue;
		all++;
		own += s->conns[i].uid == uid;
	}
	return all < AASD_LOOKUPS && own < AASD_LOOKUPS_UID;
}

/* There is a whole line, and nothing after it: answer. */
static void
conn_answer(struct server *s, struct conn *c, const char *lf)
{
	size_t n = (size_t)(lf - c->in);

	s->d->lookup = lookup_allowed(s, c->uid) ? &c->child : NULL;

	if (n + 1 != c->in_len)
		conn_refuse(c, AAS_WHY_PROTOCOL);
	else if (aasd_answer(s->d, c->uid, c->in, n, &c->out, &c->out_len) !=
	    AAS_OK)
		conn_end(c);
	if (c->fd != -1)
		c->until_ms = aas_clock_ms() +
		    (c->child.pid != -1 ? AASD_LOOKUP_MS : AASD_DEADLINE_MS);
}

/* No answer, or none that can be passed on. */
static void
child_failed(struct conn *c, unsigned why)
{
	child_end(c);
	free(c->out);
	c->out = NULL;
	c->out_len = 0;
	c->until_ms = aas_clock_ms() + AASD_DEADLINE_MS;
	conn_refuse(c, why);
}

/* One packet more of what the look-up says, or its end. */
static void
child_read(struct conn *c)
{
	char *p = realloc(c->out, c->out_len + CHILD_STEP);
	ssize_t n = 0;

	if (p == NULL) {
		child_failed(c, AAS_WHY_SYSTEM);
		return;
	}
	c->out = p;
	n = recv(c->child.sock, c->out + c->out_len, CHILD_STEP,
	    MSG_DONTWAIT | MSG_TRUNC);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0 && n <= CHILD_STEP &&
	    c->out_len + (size_t)n <= AASD_ANSWER_MAX) {
		c->out_len += (size_t)n;
		return;
	}
	if (n != 0 || c->out_len == 0 || c->out[c->out_len - 1] != '\n') {
		child_failed(c, AAS_WHY_SYSTEM);
		return;
	}
	child_end(c);
	c->until_ms = aas_clock_ms() + AASD_DEADLINE_MS;
}

static void
conn_read(struct server *s, struct conn *c)
{
	const char *lf = NULL;
	ssize_t n = 0;

	if (grow(c) != AAS_OK) {
		conn_end(c);
		return;
	}
	n = recv(c->fd, c->in + c->in_len, STEP, MSG_DONTWAIT);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		conn_end(c);
		return;
	}
	lf = memchr(c->in + c->in_len, '\n', (size_t)n);
	c->in_len += (size_t)n;
	if (lf != NULL)
		conn_answer(s, c, lf);
	else if (c->in_len >= AASD_REQUEST_MAX)
		conn_refuse(c, AAS_WHY_PROTOCOL);
}

static void
conn_write(struct conn *c)
{
	ssize_t n = send(c->fd, c->out + c->out_off, c->out_len - c->out_off,
	    MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		conn_end(c);
		return;
	}
	c->out_off += (size_t)n;
	if (c->out_off < c->out_len)
		return;
	(void)shutdown(c->fd, SHUT_WR);
	conn_end(c);
}

/* --- the loop --------------------------------------------------------------
 */

static int
time_left(const struct server *s)
{
	int64_t next = s->tick_ms;
	int64_t left = 0;

	for (size_t i = 0; i < AASD_CONNS; i++) {
		if (s->conns[i].fd != -1 && s->conns[i].until_ms < next)
			next = s->conns[i].until_ms;
	}
	left = next - aas_clock_ms();
	return left < 0 ? 0 : (int)left + 1;
}

/*
 * The listener, the stop, then two for each connection: its socket, and that
 * of its look-up.
 */
static void
watch(struct server *s, size_t i, int fd, short events)
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
wait_all(struct server *s, int listener, int stop)
{
	for (size_t i = 0; i < AASD_CONNS; i++) {
		const struct conn *c = &s->conns[i];

		/*
		 * Who goes while a look-up runs does not end it: it ends what
		 * its sources started, which we cannot, and it has its place
		 * until then.
		 */
		watch(s, 2 * i + 2, c->child.pid != -1 ? -1 : c->fd,
		    c->out != NULL ? POLLOUT : POLLIN);
		watch(s, 2 * i + 3, c->child.sock, POLLIN);
	}
	watch(s, EXTRA, s->d->extra != NULL ? s->d->extra->fd : -1, POLLIN);
	watch(s, 1, stop, POLLIN);
	watch(s, 0, listener, POLLIN);
	if (poll_all(s->pfds, PFDS, time_left(s)) == -1) {
		for (size_t i = 0; i < PFDS; i++)
			s->pfds[i].revents = 0;
		return errno == EINTR ? AAS_OK : AAS_ERR_SYS;
	}
	return AAS_OK;
}

/* Readiness before deadlines: who waited for us is not late. */
static void
work(struct server *s)
{
	for (size_t i = 0; i < AASD_CONNS; i++) {
		struct conn *c = &s->conns[i];

		if (c->child.pid != -1 && s->pfds[2 * i + 3].revents != 0)
			child_read(c);
		if (c->fd == -1 || s->pfds[2 * i + 2].revents == 0)
			continue;
		if (c->out != NULL)
			conn_write(c);
		else
			conn_read(s, c);
	}
}

static void
expire(struct server *s, int64_t now_ms)
{
	for (size_t i = 0; i < AASD_CONNS; i++) {
		struct conn *c = &s->conns[i];

		if (c->fd == -1 || c->until_ms > now_ms)
			continue;
		if (c->child.pid != -1)
			child_failed(c, AAS_WHY_TIMEOUT);
		else
			conn_end(c);
	}
}

int
aasd_serve(struct aasd *d, int listener, int stop, void (*tick)(struct aasd *))
{
	struct server *s = calloc(1, sizeof(*s));
	int64_t now_ms = 0;
	int r = AAS_ERR_NOMEM;

	if (s == NULL)
		return r;
	s->d = d;
	for (size_t i = 0; i < AASD_CONNS; i++)
		s->conns[i] =
		    (struct conn){ .fd = -1, .child = AAS_CHILD_NONE };
	while ((r = wait_all(s, listener, stop)) == AAS_OK &&
	    s->pfds[1].revents == 0) {
		now_ms = aas_clock_ms(); /* before work: it may take long */
		work(s);
		if (s->pfds[0].revents != 0)
			take_one(s, listener);
		if (s->pfds[EXTRA].revents != 0)
			d->extra->ready(d->extra->arg);
		expire(s, now_ms);
		if (now_ms >= s->tick_ms) {
			tick(d);
			s->tick_ms = aas_clock_ms() + TICK_MS;
		}
	}
	for (size_t i = 0; i < AASD_CONNS; i++)
		conn_end(&s->conns[i]);
	free(s);
	return r;
}

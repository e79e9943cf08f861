/*
 * One connection of aasd: a request, its answer; bounded in size and in time.
 * Who is taken is in aasd/take.c, the loop in aasd/serve.c.
 *
 * 1. One client MUST NOT keep others from being served: not by being slow,
 *    not by sending much.
 * 2. A look-up of policy MUST NOT keep the others waiting either: a process
 *    of its own asks the sources, few at a time, each with a deadline.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/reason.h"
#include "aasd/conn.h"

#define STEP       4096
#define CHILD_STEP 65536

/* Not with the look-up's consent: it and what it started are killed. */
static void
child_end(struct aasd_conn *c)
{
	aas_child_kill_group(&c->child);
	aas_child_end(&c->child, 0);
}

void
aasd_conn_end(struct aasd_conn *c)
{
	child_end(c);
	aas_close(&c->fd);
	free(c->in);
	free(c->out);
	*c = (struct aasd_conn){ .fd = -1, .child = AAS_CHILD_NONE };
}

static void
refuse(struct aasd_conn *c, unsigned why)
{
	if (aasd_refusal(why, &c->out, &c->out_len) != AAS_OK)
		aasd_conn_end(c);
}

static int
grow(struct aasd_conn *c)
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
lookup_allowed(const struct aasd_server *s, uid_t uid)
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
conn_answer(struct aasd_server *s, struct aasd_conn *c, const char *lf)
{
	size_t n = (size_t)(lf - c->in);

	s->d->peer = c->pid;
	s->d->asked = 0;
	s->d->lookup = lookup_allowed(s, c->uid) ? &c->child : NULL;

	if (n + 1 != c->in_len)
		refuse(c, AAS_WHY_PROTOCOL);
	else if (aasd_answer(s->d, c->uid, c->in, n, &c->out, &c->out_len) !=
	    AAS_OK)
		aasd_conn_end(c);
	if (c->fd == -1)
		return;
	c->asked = c->out == NULL ? s->d->asked : 0;
	c->until_ms = aas_clock_ms() +
	    (c->child.pid != -1     ? AASD_LOOKUP_MS
		    : c->asked != 0 ? AASD_KEEPER_MS
				    : AASD_DEADLINE_MS);
}

void
aasd_conn_failed(struct aasd_conn *c, unsigned why)
{
	child_end(c);
	c->asked = 0;
	free(c->out);
	c->out = NULL;
	c->out_len = 0;
	c->until_ms = aas_clock_ms() + AASD_DEADLINE_MS;
	refuse(c, why);
}

void
aasd_conn_hear(struct aasd_conn *c)
{
	char *p = realloc(c->out, c->out_len + CHILD_STEP);
	ssize_t n = 0;

	if (p == NULL) {
		aasd_conn_failed(c, AAS_WHY_SYSTEM);
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
		aasd_conn_failed(c, AAS_WHY_SYSTEM);
		return;
	}
	child_end(c);
	c->until_ms = aas_clock_ms() + AASD_DEADLINE_MS;
}

void
aasd_conn_read(struct aasd_server *s, struct aasd_conn *c)
{
	const char *lf = NULL;
	ssize_t n = 0;

	if (grow(c) != AAS_OK) {
		aasd_conn_end(c);
		return;
	}
	n = recv(c->fd, c->in + c->in_len, STEP, MSG_DONTWAIT);
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		aasd_conn_end(c);
		return;
	}
	lf = memchr(c->in + c->in_len, '\n', (size_t)n);
	c->in_len += (size_t)n;
	if (lf != NULL)
		conn_answer(s, c, lf);
	else if (c->in_len >= AASD_REQUEST_MAX)
		refuse(c, AAS_WHY_PROTOCOL);
}

void
aasd_conn_write(struct aasd_conn *c)
{
	ssize_t n = send(c->fd, c->out + c->out_off, c->out_len - c->out_off,
	    MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		aasd_conn_end(c);
		return;
	}
	c->out_off += (size_t)n;
	if (c->out_off < c->out_len)
		return;
	(void)shutdown(c->fd, SHUT_WR);
	aasd_conn_end(c);
}

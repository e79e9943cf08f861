/*
 * The devices of a ceremony: what is plugged in, what is being asked of it,
 * and the one place where the ceremony waits.
 *
 * 1. Every wait MUST end with the caller, with the ceremony's time, and for a
 *    job with the job's own time, whatever the key or its process does.
 * 2. What a process says about a key MUST NOT be believed further than which
 *    key to ask next: signatures decide.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <fido.h>

#include "lib/ceremony/priv.h"
#include "lib/err.h"

#define TICK_MS  250
#define GRACE_MS 1500 /* a process that is late by this much is hung */
#define END_MS   300

static void
collect(struct aas_slot *s, int readable)
{
	if (readable) {
		aas_io_recv(&s->io, &s->res);
	} else {
		memset(&s->res, 0, sizeof(s->res));
		s->res.end = AAS_IO_LATE;
	}
	s->busy = 0;
	s->ready = 1;
	/* A channel with stale replies is never used again. */
	if (s->res.end != AAS_IO_DONE)
		aas_io_end(&s->io, readable ? END_MS : 0);
}

int
aas_cer_step(struct aas_cer *c, int64_t wait_ms)
{
	struct pollfd fds[2 + AAS_DEV_MAX];
	int64_t now = aas_clock_ms();

	if (c->why != AAS_WHY_UNKNOWN)
		return AAS_ERR_DENIED;
	if (now >= c->until_ms)
		return aas_cer_fail(c, AAS_WHY_TIMEOUT);
	/* In the queue there is nothing to look at but for one from afar. */
	if (wait_ms > TICK_MS &&
	    (c->queue == -1 || (c->rq.flags & AAS_RQ_REMOTE)))
		wait_ms = TICK_MS;
	if (wait_ms > c->until_ms - now)
		wait_ms = c->until_ms - now;
	fds[0] = (struct pollfd){ .fd = c->sock, .events = POLLIN };
	for (size_t i = 0; i < c->slots_n; i++)
		fds[1 + i] = (struct pollfd){
			.fd = c->slots[i].busy ? c->slots[i].io.sock : -1,
			.events = POLLIN,
		};
	fds[1 + c->slots_n] =
	    (struct pollfd){ .fd = c->queue, .events = POLLIN };
	if (poll(fds, 2 + c->slots_n, (int)wait_ms) == -1 && errno != EINTR)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	now = aas_clock_ms();
	for (size_t i = 0; i < c->slots_n; i++) {
		struct aas_slot *s = &c->slots[i];

		if (!s->busy)
			continue;
		if (fds[1 + i].revents != 0)
			collect(s, 1);
		else if (now >= s->until_ms)
			collect(s, 0);
	}
	if (fds[0].revents != 0)
		return aas_cer_hear(c);
	return aas_cer_yield(c);
}

void
aas_cer_close(struct aas_slot *s, int grace_ms)
{
	aas_io_end(&s->io, grace_ms);
	s->busy = 0;
	s->ready = 0;
	if (s->state == AAS_SLOT_PROBING)
		s->state = AAS_SLOT_NEW;
}

void
aas_cer_close_others(struct aas_cer *c, const struct aas_slot *keep)
{
	/* First tell them all, then wait: they cancel side by side. */
	for (size_t i = 0; i < c->slots_n; i++)
		if (&c->slots[i] != keep && c->slots[i].busy)
			aas_io_cancel(&c->slots[i].io);
	for (size_t i = 0; i < c->slots_n; i++)
		if (&c->slots[i] != keep)
			aas_cer_close(&c->slots[i], END_MS);
}

size_t
aas_cer_count(const struct aas_cer *c, enum aas_slot_state st)
{
	size_t n = 0;

	for (size_t i = 0; i < c->slots_n; i++)
		n += c->slots[i].state == st;
	return n;
}

int
aas_cer_start(struct aas_cer *c, struct aas_slot *s, int64_t ms)
{
	int64_t now = aas_clock_ms();
	int fd = -1, r;

	if (ms > c->until_ms - now)
		ms = c->until_ms - now;
	if (ms < 1)
		ms = 1;
	s->ready = 0;
	if (s->io.pid == -1) {
		r = aas_dev_open(AAS_DEV_SYS, AAS_DEV_DEV, &s->dev, &fd);
		if (r != AAS_OK)
			return r;
		if ((r = aas_io_start(&fd, &s->io)) != AAS_OK)
			return r;
	}
	c->job.timeout_ms = (uint32_t)ms;
	if ((r = aas_io_send(&s->io, &c->job)) != AAS_OK) {
		aas_cer_close(s, 0);
		return r;
	}
	s->busy = 1;
	s->until_ms = now + ms + GRACE_MS;
	return AAS_OK;
}

int
aas_cer_do(struct aas_cer *c, struct aas_slot *s)
{
	int64_t tries_until = aas_clock_ms() + 3000;
	int r;

	/* Right after a prompt another program may have the key for a moment.
	 */
	while ((r = aas_cer_start(c, s, c->until_ms - aas_clock_ms())) ==
		AAS_ERR_AGAIN &&
	    aas_clock_ms() < tries_until)
		if ((r = aas_cer_step(c, TICK_MS)) != AAS_OK)
			return r;
	if (r == AAS_ERR_NOTFOUND)
		return aas_cer_fail(c, AAS_WHY_UNPLUGGED);
	if (r == AAS_ERR_AGAIN)
		return aas_cer_fail(c, AAS_WHY_BUSY);
	if (r != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_DEVICE);
	while (!s->ready)
		if ((r = aas_cer_step(c, TICK_MS)) != AAS_OK)
			return r;
	s->ready = 0;
	return AAS_OK;
}

unsigned
aas_cer_why(const struct aas_io_result *res)
{
	switch (res->end) {
	case AAS_IO_GONE:
		return AAS_WHY_UNPLUGGED;
	case AAS_IO_LATE:
		return AAS_WHY_TIMEOUT;
	case AAS_IO_CANCELED:
		return AAS_WHY_CANCELED;
	case AAS_IO_DONE:
		break;
	default:
		return AAS_WHY_DEVICE;
	}
	switch (res->fido) {
	case FIDO_ERR_PIN_INVALID:
	case FIDO_ERR_PIN_AUTH_INVALID:
		return AAS_WHY_PIN_WRONG;
	case FIDO_ERR_PIN_BLOCKED:
		return AAS_WHY_PIN_BLOCKED;
	case FIDO_ERR_PIN_AUTH_BLOCKED:
		return AAS_WHY_PIN_AUTH_BLOCKED;
	case FIDO_ERR_PIN_NOT_SET:
	case FIDO_ERR_PIN_REQUIRED:
		return AAS_WHY_NO_PIN;
	case FIDO_ERR_UV_BLOCKED:
	case FIDO_ERR_UV_INVALID:
		return AAS_WHY_UV;
	case FIDO_ERR_OPERATION_DENIED:
	case FIDO_ERR_NOT_ALLOWED:
	case FIDO_ERR_KEEPALIVE_CANCEL:
		return AAS_WHY_DENIED_ON_KEY;
	case FIDO_ERR_ACTION_TIMEOUT:
	case FIDO_ERR_USER_ACTION_TIMEOUT:
	case FIDO_ERR_TIMEOUT:
		return AAS_WHY_TIMEOUT;
	case FIDO_ERR_NO_CREDENTIALS:
	case FIDO_ERR_INVALID_CREDENTIAL:
		return AAS_WHY_FOREIGN_KEY;
	case FIDO_ERR_CREDENTIAL_EXCLUDED:
		return AAS_WHY_EXISTS;
	default:
		return AAS_WHY_DEVICE;
	}
}

/*
 * The ceremony's side of docs/protocol.md: text, prompts, replies.
 *
 * 1. A reply that no open prompt asked for MUST end the ceremony: some hosts
 *    feed passwords to whatever asks, and a PIN has few tries.
 * 2. While a prompt is open no device MUST be held, and no lock.
 * 3. A caller that is gone MUST end the ceremony at once.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/ceremony/priv.h"
#include "lib/err.h"
#include "lib/log.h"

int
aas_cer_fail(struct aas_cer *c, unsigned why)
{
	if (c->why == AAS_WHY_UNKNOWN)
		c->why = why;
	return AAS_ERR_DENIED;
}

int
aas_cer_failf(struct aas_cer *c, unsigned why, const char *fmt, ...)
{
	va_list ap;

	if (c->why == AAS_WHY_UNKNOWN) {
		va_start(ap, fmt);
		(void)vsnprintf(c->detail, sizeof(c->detail), fmt, ap);
		va_end(ap);
	}
	return aas_cer_fail(c, why);
}

int
aas_cer_send(struct aas_cer *c, uint8_t type, const void *p, size_t len)
{
	int r = aas_frame_send(c->sock, type, p, len);

	if (r == AAS_OK)
		return AAS_OK;
	if (r == AAS_ERR_TOOBIG)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	c->dead = 1;
	return aas_cer_fail(c, AAS_WHY_CANCELED);
}

static int
say(struct aas_cer *c, uint8_t type, const char *fmt, va_list ap)
{
	uint8_t buf[AAS_TEXT_MAX + 8];
	struct aas_text t = { .serial = c->serial };
	size_t len;

	(void)vsnprintf(t.text, sizeof(t.text), fmt, ap);
	if (aas_text_put(type, &t, buf, sizeof(buf), &len) != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_SYSTEM);
	return aas_cer_send(c, type, buf, len);
}

int
aas_cer_info(struct aas_cer *c, const char *fmt, ...)
{
	va_list ap;
	int r = AAS_OK;

	if (c->rq.flags & AAS_RQ_SILENT)
		return AAS_OK;
	va_start(ap, fmt);
	r = say(c, AAS_MSG_INFO, fmt, ap);
	va_end(ap);
	return r;
}

int
aas_cer_error(struct aas_cer *c, const char *fmt, ...)
{
	va_list ap;
	int r = AAS_OK;

	if (c->rq.flags & AAS_RQ_SILENT)
		return AAS_OK;
	va_start(ap, fmt);
	r = say(c, AAS_MSG_ERROR, fmt, ap);
	va_end(ap);
	return r;
}

int
aas_cer_hear(struct aas_cer *c)
{
	struct aas_frame *f = &c->frame;
	int r = aas_frame_recv(c->sock, 0, f);

	if (r == AAS_ERR_TIMEOUT)
		return AAS_OK;
	if (r == AAS_ERR_CANCELED) {
		c->dead = 1;
		return aas_cer_fail(c, AAS_WHY_CANCELED);
	}
	if (r != AAS_OK)
		return aas_cer_fail(c, AAS_WHY_PROTOCOL);
	if (f->type == AAS_MSG_CANCEL && f->len == 0)
		return aas_cer_fail(c, AAS_WHY_CANCELED);
	r = AAS_ERR_FORMAT;
	if (f->type == AAS_MSG_REPLY && c->asking && !c->answered)
		r = aas_reply_get(f->b, f->len, &c->reply);
	explicit_bzero(f, sizeof(*f));
	if (r != AAS_OK || c->reply.serial != c->serial) {
		explicit_bzero(&c->reply, sizeof(c->reply));
		return aas_cer_fail(c, AAS_WHY_PROTOCOL);
	}
	c->answered = 1;
	return AAS_OK;
}

int
aas_cer_ask(struct aas_cer *c, uint8_t type, const char *fmt, ...)
{
	va_list ap;
	int r;

	aas_cer_close_others(c, NULL);
	aas_cer_unlock(c);
	explicit_bzero(&c->reply, sizeof(c->reply));
	c->serial++;
	va_start(ap, fmt);
	r = say(c, type, fmt, ap);
	va_end(ap);
	c->asking = 1;
	c->answered = 0;
	while (r == AAS_OK && !c->answered)
		r = aas_cer_step(c, 1000);
	c->asking = 0;
	if (r == AAS_OK && c->reply.status != 0)
		r = aas_cer_fail(c, AAS_WHY_CANCELED);
	if (r == AAS_OK)
		r = aas_cer_lock(c);
	if (r != AAS_OK)
		explicit_bzero(&c->reply, sizeof(c->reply));
	return r;
}

static int
to_name(const struct aas_cer *c, size_t key, int plugged)
{
	const struct aas_cer_key *k = &c->keys[key];

	if (k->used || k->refused || (c->only != -1 && c->only != (int)key))
		return 0;
	if (!plugged)
		return 1;
	for (size_t i = 0; i < c->slots_n; i++)
		if (c->slots[i].state == AAS_SLOT_YOURS &&
		    c->slots[i].key == key)
			return 1;
	return 0;
}

void
aas_cer_labels(const struct aas_cer *c, int plugged, char *dst, size_t cap)
{
	char one[4 * AAS_LABEL_MAX];
	size_t left = 0, at = 0;

	for (size_t i = 0; i < c->keys_n; i++)
		left += to_name(c, i, plugged) != 0;
	dst[0] = '\0';
	for (size_t i = 0; i < c->keys_n && at < cap; i++) {
		int n;

		if (!to_name(c, i, plugged))
			continue;
		left--;
		(void)aas_printable(one, sizeof(one), c->keys[i].label);
		n = snprintf(dst + at, cap - at, "'%s'%s", one,
		    left > 1        ? ", "
			: left == 1 ? " or "
				    : "");
		if (n < 0)
			break;
		at += (size_t)n;
	}
}

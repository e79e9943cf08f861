/*
 * The stream of messages, over a socket of packets: what is sent is cut into
 * packets as it comes, and put together again.
 *
 * 1. Nothing MUST wait beyond the deadline, and what arrives MUST NOT take
 *    more memory than one message and one packet.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/source/wire.h"

#define PACKET ((size_t)64 * 1024)
#define HEAD   4 /* the length */

int
aas_pw_init(struct aas_pw *pw, int fd, int64_t until_ms)
{
	memset(pw, 0, sizeof(*pw));
	pw->fd = fd;
	pw->until_ms = until_ms;
	pw->out = malloc(PACKET);
	pw->msg = malloc(AAS_PW_MSG_MAX);
	pw->in = malloc(HEAD + AAS_PW_MSG_MAX + PACKET);
	if (pw->out != NULL && pw->msg != NULL && pw->in != NULL)
		return AAS_OK;
	aas_pw_free(pw);
	return AAS_ERR_NOMEM;
}

void
aas_pw_free(struct aas_pw *pw)
{
	free(pw->out);
	free(pw->msg);
	free(pw->in);
	memset(pw, 0, sizeof(*pw));
	pw->fd = -1;
}

static int
wait_for(const struct aas_pw *pw, short events)
{
	struct pollfd pfd = { pw->fd, events, 0 };
	int64_t left = 0;
	int n = 0;

	do {
		left = pw->until_ms - aas_clock_ms();
		if (left <= 0)
			return AAS_ERR_TIMEOUT;
		n = poll(&pfd, 1, left > 3600000 ? 3600000 : (int)left);
	} while (n == 0 || (n == -1 && errno == EINTR));
	return n == 1 ? AAS_OK : AAS_ERR_SYS;
}

int
aas_pw_flush(struct aas_pw *pw)
{
	ssize_t n = 0;
	int r = AAS_OK;

	if (pw->out_len == 0)
		return AAS_OK;
	for (;;) {
		n = send(
		    pw->fd, pw->out, pw->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n != -1)
			break;
		if (errno == EPIPE || errno == ECONNRESET)
			return AAS_ERR_CANCELED;
		if (errno != EAGAIN && errno != EINTR)
			return AAS_ERR_SYS;
		if ((r = wait_for(pw, POLLOUT)) != AAS_OK)
			return r;
	}
	pw->out_len = 0; /* a packet is sent whole or not at all */
	return AAS_OK;
}

static int
put(struct aas_pw *pw, const uint8_t *p, size_t len)
{
	int r = AAS_OK;

	while (len > 0) {
		size_t n = PACKET - pw->out_len;

		if (n > len)
			n = len;
		memcpy(pw->out + pw->out_len, p, n);
		pw->out_len += n;
		p += n;
		len -= n;
		if (pw->out_len == PACKET && (r = aas_pw_flush(pw)) != AAS_OK)
			return r;
	}
	return AAS_OK;
}

void
aas_pw_begin(struct aas_pw *pw, struct aas_wr *w)
{
	aas_wr_init(w, pw->msg, AAS_PW_MSG_MAX - 1);
}

int
aas_pw_send(struct aas_pw *pw, enum aas_pw_type type, struct aas_wr *w)
{
	uint8_t head[HEAD + 1];
	struct aas_wr h;
	size_t len = 0;
	int r = aas_wr_end(w, &len);

	if (r != AAS_OK)
		return r;
	aas_wr_init(&h, head, sizeof(head));
	aas_wr_u32(&h, (uint32_t)len + 1);
	aas_wr_u8(&h, (uint8_t)type);
	if ((r = put(pw, head, sizeof(head))) != AAS_OK)
		return r;
	return put(pw, pw->msg, len);
}

/* One packet more; there is room for it. */
static int
take(struct aas_pw *pw)
{
	ssize_t n = 0;
	int r = AAS_OK;

	if (pw->in_off > 0)
		memmove(pw->in, pw->in + pw->in_off, pw->in_len - pw->in_off);
	pw->in_len -= pw->in_off;
	pw->in_off = 0;
	for (;;) {
		n = recv(pw->fd, pw->in + pw->in_len, PACKET,
		    MSG_DONTWAIT | MSG_TRUNC);
		if (n != -1)
			break;
		if (errno == ECONNRESET)
			return AAS_ERR_CANCELED;
		if (errno != EAGAIN && errno != EINTR)
			return AAS_ERR_SYS;
		if ((r = wait_for(pw, POLLIN)) != AAS_OK)
			return r;
	}
	if (n == 0)
		return AAS_ERR_CANCELED;
	if ((size_t)n > PACKET)
		return AAS_ERR_FORMAT;
	pw->in_len += (size_t)n;
	pw->in_total += (size_t)n;
	return pw->in_total > AAS_PW_TOTAL_MAX ? AAS_ERR_TOOBIG : AAS_OK;
}

int
aas_pw_recv(struct aas_pw *pw, uint8_t *type, const uint8_t **p, size_t *len)
{
	struct aas_rd rd;
	size_t n = 0;
	int r = AAS_OK;

	for (;;) {
		aas_rd_init(&rd, pw->in + pw->in_off, pw->in_len - pw->in_off);
		n = aas_rd_u32(&rd);
		if (!rd.bad && (n == 0 || n > AAS_PW_MSG_MAX))
			return AAS_ERR_FORMAT;
		if (!rd.bad && rd.len >= n)
			break;
		r = take(pw);
		if (r == AAS_ERR_CANCELED && pw->in_len != 0)
			return AAS_ERR_FORMAT;
		if (r != AAS_OK)
			return r;
	}
	*type = rd.p[0];
	*p = rd.p + 1;
	*len = n - 1;
	pw->in_off += HEAD + n;
	return AAS_OK;
}

int
aas_pw_more(const struct aas_pw *pw)
{
	return pw->in_off != pw->in_len;
}

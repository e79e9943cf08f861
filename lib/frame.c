/*
 * Messages between the processes of the project.
 *
 * 1. A packet MUST be taken whole or refused: nothing is cut, joined or
 *    guessed.
 * 2. A descriptor that a peer slips in MUST NOT stay open here.
 * 3. A peer that went away or stopped reading MUST NOT raise a signal in the
 *    host, nor hold it for longer than the limit.
 */
#include <sys/socket.h>
#include <sys/uio.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/frame.h"

#define SEND_MS     5000
#define PAYLOAD_MAX (AAS_FRAME_MAX - AAS_FRAME_HEAD)

/* Wait for events until until_ms, for ever if it is negative. */
static int
wait_for(int sock, short events, int64_t until_ms)
{
	struct pollfd pfd = { .fd = sock, .events = events };

	for (;;) {
		int64_t left = -1;
		int n = 0;

		if (until_ms >= 0) {
			left = until_ms - aas_clock_ms();
			if (left < 0)
				left = 0;
			if (left > INT_MAX)
				left = INT_MAX;
		}
		n = poll(&pfd, 1, (int)left);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return AAS_ERR_SYS;
		if (n == 0)
			return AAS_ERR_TIMEOUT;
		if (pfd.revents & POLLNVAL) {
			errno = EBADF;
			return AAS_ERR_SYS;
		}
		return AAS_OK;
	}
}

/* What errno says after a failed send or receive. */
static int
sock_error(void)
{
	switch (errno) {
	case EPIPE:
	case ECONNRESET:
	case ECONNREFUSED:
	case ENOTCONN:
		return AAS_ERR_CANCELED;
	case EMSGSIZE:
		return AAS_ERR_TOOBIG;
	default:
		return AAS_ERR_SYS;
	}
}

/* Nothing to do but wait or try again. */
static int
sock_busy(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS;
}

int
aas_frame_send(int sock, uint8_t type, const void *p, size_t len)
{
	uint8_t head[AAS_FRAME_HEAD] = { 'A', 'A', AAS_FRAME_VERSION, type };
	struct iovec iov[2] = { { .iov_base = head, .iov_len = sizeof(head) } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 1 };
	int64_t until_ms = 0;
	int r = AAS_ERR_SYS;

	if (len > PAYLOAD_MAX)
		return AAS_ERR_TOOBIG;
	if (sock < 0) {
		errno = EBADF;
		return AAS_ERR_SYS;
	}
	if (len > 0) {
		/* sendmsg(2) only reads it; struct iovec has no const. */
		memcpy(&iov[1].iov_base, &p, sizeof(p));
		iov[1].iov_len = len;
		msg.msg_iovlen = 2;
	}
	until_ms = aas_clock_ms() + SEND_MS;
	for (;;) {
		ssize_t n = sendmsg(sock, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n == (ssize_t)(sizeof(head) + len))
			return AAS_OK;
		if (n >= 0) {
			errno = EIO; /* not a packet socket */
			return AAS_ERR_SYS;
		}
		if (errno == EINTR)
			continue;
		if (!sock_busy())
			return sock_error();
		if ((r = wait_for(sock, POLLOUT, until_ms)) != AAS_OK)
			return r;
	}
}

/* One packet into head and b; *n is its length, 0 at end of file. */
static int
recv_packet(int sock, int64_t until_ms, uint8_t *head, uint8_t *b, size_t *n)
{
	struct iovec iov[2] = {
		{ .iov_base = head, .iov_len = AAS_FRAME_HEAD },
		{ .iov_base = b, .iov_len = PAYLOAD_MAX },
	};
	int r = AAS_ERR_SYS;

	for (;;) {
		/* No room for control data: the kernel drops descriptors. */
		struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
		ssize_t got = 0;

		if ((r = wait_for(sock, POLLIN, until_ms)) != AAS_OK)
			return r;
		got = recvmsg(sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (got == -1 && (errno == EINTR || sock_busy()))
			continue;
		if (got == -1)
			return sock_error();
		if (msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
			return AAS_ERR_FORMAT;
		*n = (size_t)got;
		return AAS_OK;
	}
}

int
aas_frame_recv(int sock, int timeout_ms, struct aas_frame *f)
{
	uint8_t head[AAS_FRAME_HEAD] = { 0 };
	int64_t until_ms = timeout_ms < 0 ? -1 : aas_clock_ms() + timeout_ms;
	size_t n = 0;
	int r = AAS_ERR_SYS;

	f->type = 0;
	f->len = 0;
	if (sock < 0) { /* which poll(2) would wait on for ever */
		errno = EBADF;
		goto out;
	}
	if ((r = recv_packet(sock, until_ms, head, f->b, &n)) != AAS_OK)
		goto out;
	r = AAS_ERR_CANCELED;
	if (n == 0)
		goto out;
	r = AAS_ERR_FORMAT;
	if (n < AAS_FRAME_HEAD || head[0] != 'A' || head[1] != 'A' ||
	    head[2] != AAS_FRAME_VERSION)
		goto out;
	f->type = head[3];
	f->len = n - AAS_FRAME_HEAD;
	r = AAS_OK;
out:
	if (r != AAS_OK)
		explicit_bzero(f, sizeof(*f));
	return r;
}

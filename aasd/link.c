/*
 * What the two processes of aasd say to each other.
 *
 * 1. Neither end MUST ever wait for the other: what there is no room for is
 *    lost, and who asked hears of a time-out.
 * 2. The keeper MUST NOT take what is not whole, or too long.
 *
 * An answer may be long: it comes as a descriptor of a file in memory.
 */
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "aasd/aasd.h"
#include "aasd/link.h"

#define BEAT_MS 1000

int64_t
aasd_link_ms(void)
{
	struct timespec ts = { 0, 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int
again(void)
{
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS;
}

static int
send_ask(int fd, const struct aasd_ask *ask, const char *text, size_t len)
{
	union {
		const void *from;
		void *p;
	} a = { .from = ask }, t = { .from = text };
	struct iovec iov[2] = { { a.p, sizeof(*ask) }, { t.p, len } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = len > 0 ? 2 : 1 };

	if (sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) != -1)
		return AAS_OK;
	return again() ? AAS_ERR_AGAIN : AAS_ERR_SYS;
}

void
aasd_link_beat(struct aasd_link *l)
{
	static const struct aasd_ask beat = { .serial = 0 };
	int64_t now_ms = aasd_link_ms();

	if (l == NULL || l->fd == -1 || now_ms - l->beat_ms < BEAT_MS)
		return;
	l->beat_ms = now_ms;
	(void)send_ask(l->fd, &beat, NULL, 0);
}

int
aasd_link_ask(
    struct aasd_link *l, struct aasd_ask *ask, const char *text, size_t len)
{
	if (len == 0 || len > AASD_ASK_MAX)
		return AAS_ERR_TOOBIG;
	if (++l->serial == 0)
		l->serial = 1;
	ask->serial = l->serial;
	return send_ask(l->fd, ask, text, len);
}

/* The descriptor that came along, if it is one; never more than one. */
static int
take_fd(const struct msghdr *m)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(m);
	int fd = -1;

	if (c != NULL && c->cmsg_level == SOL_SOCKET &&
	    c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static int
read_all(int fd, char **out, size_t *len)
{
	struct stat st;
	char *p = NULL;
	size_t n = 0;
	ssize_t some = 0;

	if (fstat(fd, &st) == -1)
		return AAS_ERR_SYS;
	if (st.st_size <= 0 || (size_t)st.st_size > AASD_ANSWER_MAX)
		return AAS_ERR_FORMAT;
	if ((p = malloc((size_t)st.st_size + 1)) == NULL)
		return AAS_ERR_NOMEM;
	while (n < (size_t)st.st_size &&
	    (some = pread(fd, p + n, (size_t)st.st_size - n, (off_t)n)) > 0)
		n += (size_t)some;
	if (n != (size_t)st.st_size || p[n - 1] != '\n') {
		free(p);
		return AAS_ERR_FORMAT;
	}
	p[n] = '\0';
	*out = p;
	*len = n;
	return AAS_OK;
}

int
aasd_link_answered(
    struct aasd_link *l, uint32_t *serial, char **out, size_t *len)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} c;
	uint32_t of = 0;
	struct iovec iov = { &of, sizeof(of) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &c,
		.msg_controllen = sizeof(c) };
	ssize_t n = recvmsg(l->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int fd = -1;
	int r = AAS_ERR_FORMAT;

	if (n == -1)
		return again() ? AAS_ERR_AGAIN : AAS_ERR_SYS;
	if (n == 0)
		return AAS_ERR_NOTFOUND;
	fd = take_fd(&m);
	if (n == (ssize_t)sizeof(of) && fd != -1)
		r = read_all(fd, out, len);
	if (r == AAS_OK)
		*serial = of;
	aas_close(&fd);
	return r;
}

int
aasd_link_take(int fd, struct aasd_ask *ask, char *text, size_t *len)
{
	struct aasd_ask got;
	struct iovec iov[2] = { { &got, sizeof(got) }, { text, AASD_ASK_MAX } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n = recvmsg(fd, &m, MSG_DONTWAIT);

	if (n == -1)
		return again() ? AAS_ERR_AGAIN : AAS_ERR_SYS;
	if (n == 0)
		return AAS_ERR_NOTFOUND;
	if (n < (ssize_t)sizeof(got) ||
	    m.msg_flags & (MSG_TRUNC | MSG_CTRUNC) ||
	    memchr(got.name, '\0', sizeof(got.name)) == NULL ||
	    (got.serial != 0) == (n == (ssize_t)sizeof(got)))
		return AAS_ERR_FORMAT;
	*ask = got;
	*len = (size_t)n - sizeof(got);
	return AAS_OK;
}

int
aasd_link_answer(int fd, uint32_t serial, const char *out, size_t len)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(int))];
	} c;
	struct iovec iov = { &serial, sizeof(serial) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &c,
		.msg_controllen = sizeof(c) };
	int file = aas_fs_high(memfd_create("answer", MFD_CLOEXEC));
	int r = AAS_ERR_SYS;

	if (file == -1)
		return r;
	memset(&c, 0, sizeof(c));
	c.align.cmsg_level = SOL_SOCKET;
	c.align.cmsg_type = SCM_RIGHTS;
	c.align.cmsg_len = CMSG_LEN(sizeof(file));
	memcpy(CMSG_DATA(&c.align), &file, sizeof(file));
	if (write(file, out, len) == (ssize_t)len &&
	    sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT) != -1)
		r = AAS_OK;
	aas_close(&file);
	return r;
}

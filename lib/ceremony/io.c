/*
 * The verifying half's end of an I/O process: start it, give it jobs, end it.
 *
 * 1. The child MUST hold nothing but its device and its socket: not the
 *    caller's conversation, no file of the store, no lock, no other key.
 * 2. The verifying half MUST never wait for it without a deadline.
 */
#include <config.h>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <fido.h>

#include "lib/assertion.h"
#include "lib/ceremony/filter.h"
#include "lib/ceremony/io.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"

int
aas_io_init(void)
{
	int r;

	if ((r = aas_crypto_init()) != AAS_OK)
		return r;
	/* U2F keys have neither PIN nor a check of what they are asked for. */
	fido_init(FIDO_DISABLE_U2F_FALLBACK);
	return AAS_OK;
}

/* Put the two descriptors in place and let go of everything else. */
static int
keep_only(int *dev, int *ctl)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int d, c;

	if (null == -1)
		return AAS_ERR_SYS;
	/* Out of the way first: any of them may be 3 or 4 now. */
	d = fcntl(*dev, F_DUPFD_CLOEXEC, 16);
	c = fcntl(*ctl, F_DUPFD_CLOEXEC, 16);
	if (d == -1 || c == -1 || dup2(null, 0) == -1 || dup2(null, 1) == -1 ||
	    dup2(null, 2) == -1 || dup2(d, 3) == -1 || dup2(c, 4) == -1)
		return AAS_ERR_SYS;
	if (syscall(SYS_close_range, 5U, ~0U, 0U) == -1)
		return AAS_ERR_SYS;
	*dev = 3;
	*ctl = 4;
	return AAS_OK;
}

static _Noreturn void
child(int dev, int ctl)
{
	if (keep_only(&dev, &ctl) != AAS_OK ||
	    aas_filter_confine(AAS_IO_UID) != AAS_OK)
		_exit(126);
	aas_io_main(dev, ctl);
}

int
aas_io_start(int *devfd, struct aas_io *io)
{
	int sv[2] = { -1, -1 };
	int r = AAS_ERR_SYS;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == -1)
		goto out;
	if ((pid = fork()) == -1)
		goto out;
	if (pid == 0)
		child(*devfd, sv[1]);
	io->pid = pid;
	io->pidfd = (int)syscall(SYS_pidfd_open, pid, 0U);
	io->sock = sv[0];
	sv[0] = -1;
	/* valgrind has no such call; without it the end only waits longer. */
	if (io->pidfd == -1 && aas_filter_built()) {
		/* Not reaped yet, so the pid is certainly still that child. */
		(void)kill(pid, SIGKILL);
		aas_io_end(io, 0);
		goto out;
	}
	r = AAS_OK;
out:
	aas_close(&sv[0]);
	aas_close(&sv[1]);
	aas_close(devfd);
	return r;
}

int
aas_io_send(const struct aas_io *io, const struct aas_io_job *job)
{
	static uint8_t buf[AAS_IO_PACKET]; /* on a stack it is touched whole */
	size_t len = sizeof(buf);          /* to wipe, until it is known */
	int r;

	if ((r = aas_io_job_put(job, buf, sizeof(buf), &len)) != AAS_OK)
		goto out;
	r = AAS_ERR_DEVICE;
	if (send(io->sock, buf, len, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	    (ssize_t)len)
		r = AAS_OK;
out:
	explicit_bzero(buf, len);
	return r;
}

void
aas_io_recv(const struct aas_io *io, struct aas_io_result *res)
{
	static uint8_t buf[AAS_IO_PACKET];
	ssize_t n;

	/* A cut packet has trailing data missing: its parser refuses it. */
	n = recv(io->sock, buf, sizeof(buf), MSG_DONTWAIT);
	if (n <= 0 || aas_io_result_get(buf, (size_t)n, res) != AAS_OK) {
		memset(res, 0, sizeof(*res));
		res->end = AAS_IO_DIED;
	}
}

void
aas_io_cancel(const struct aas_io *io)
{
	static const uint8_t msg[1] = { AAS_IO_CANCEL };

	if (io->sock != -1)
		(void)send(
		    io->sock, msg, sizeof(msg), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void
aas_io_end(struct aas_io *io, int grace_ms)
{
	struct pollfd pfd = { .fd = io->pidfd, .events = POLLIN };
	int64_t until = aas_clock_ms() + grace_ms;
	int n = 0;

	aas_close(&io->sock);
	if (io->pid == -1)
		return;
	while (io->pidfd != -1) {
		int64_t left = until - aas_clock_ms();

		n = poll(&pfd, 1, left > 0 ? (int)left : 0);
		if (n != -1 || errno != EINTR)
			break;
	}
	if (n <= 0 && io->pidfd != -1)
		(void)syscall(
		    SYS_pidfd_send_signal, io->pidfd, SIGKILL, NULL, 0U);
	while (waitpid(io->pid, NULL, 0) == -1 && errno == EINTR)
		;
	aas_close(&io->pidfd);
	io->pid = -1;
}

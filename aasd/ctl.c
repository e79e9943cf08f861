/*
 * Programs of systemd's, for the keeper.
 *
 * 1. One that hangs MUST NOT hold up the next for longer than its time.
 */
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/fs.h"
#include "aasd/ctl.h"

void
aasd_ctl_init(struct aasd_ctl *c)
{
	static const struct aas_child none = AAS_CHILD_NONE;

	memset(c, 0, sizeof(*c));
	c->child = none;
	c->timer = -1;
}

static int
wait_for(int epoll, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	return fd != -1 && epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &ev) == 0;
}

int
aasd_ctl_run(struct aasd_ctl *c, int epoll, const char *path,
    char *const argv[], int64_t ms, int heard)
{
	const struct itimerspec at = {
		.it_value = { ms / 1000, ms % 1000 * 1000000 },
	};
	int r = heard ? aas_spawn_heard(path, argv, &c->child)
		      : aas_spawn(path, argv, &c->child);

	if (r != AAS_OK)
		return r;
	c->len = 0;
	c->timer = aas_fs_high(
	    timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK));
	if (c->timer == -1 || timerfd_settime(c->timer, 0, &at, NULL) == -1 ||
	    !wait_for(epoll, c->timer) || !wait_for(epoll, c->child.pidfd)) {
		aasd_ctl_stop(c);
		return AAS_ERR_SYS;
	}
	return AAS_OK;
}

/* So much of it as there is room for; the rest is read and forgotten. */
static void
hear(struct aasd_ctl *c)
{
	char more[AASD_CTL_OUT];
	ssize_t n = 0;

	while (
	    (n = recv(c->child.sock, more, sizeof(more), MSG_DONTWAIT)) > 0) {
		size_t fits = sizeof(c->out) - 1 - c->len;

		if (fits > (size_t)n)
			fits = (size_t)n;
		memcpy(c->out + c->len, more, fits);
		c->len += fits;
	}
	c->out[c->len] = '\0';
}

enum aasd_ctl_state
aasd_ctl_look(struct aasd_ctl *c)
{
	struct pollfd p[2] = {
		{ .fd = c->child.pidfd, .events = POLLIN },
		{ .fd = c->timer, .events = POLLIN },
	};

	if (c->child.pid == -1)
		return AASD_CTL_NONE;
	(void)poll(p, 2, 0);
	if (p[0].revents == 0 && p[1].revents == 0)
		return AASD_CTL_RUNS;
	hear(c);
	aasd_ctl_stop(c);
	return p[0].revents != 0 ? AASD_CTL_ENDED : AASD_CTL_LATE;
}

void
aasd_ctl_stop(struct aasd_ctl *c)
{
	aas_child_end(&c->child, 0);
	aas_close(&c->timer);
}

void
aasd_ctl_leave(struct aasd_ctl *c)
{
	aas_close(&c->child.sock);
	aas_close(&c->child.pidfd);
	aas_close(&c->timer);
}

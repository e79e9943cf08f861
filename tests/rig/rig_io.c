/*
 * Software keys for libfido2's own hooks; see rig_io.h.  It must not use the
 * network, a device or the clock, so that unit tests can run anywhere.
 */
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/rig/authenticator_priv.h"
#include "tests/rig/ctaphid.h"
#include "tests/rig/rig_io.h"

#define QUEUE_MAX   (CTAPHID_REPORT * 160)
#define STEP_MS     10
#define PATIENCE_MS 86400000 /* a day, of made-up time */

struct port {
	struct rig_key *key; /* NULL: free */
	char path[16];
	struct ctaphid hid;
	int64_t now_ms;
	int64_t spoke_ms; /* when the host last wrote */
	uint8_t queue[QUEUE_MAX];
	size_t n;
};

static struct port ports[RIG_IO_MAX];

static void
push(void *ctx, const uint8_t *report)
{
	struct port *port = ctx;

	if (port->n + CTAPHID_REPORT > sizeof(port->queue))
		return;
	memcpy(port->queue + port->n, report, CTAPHID_REPORT);
	port->n += CTAPHID_REPORT;
}

const char *
rig_io_add(struct rig_key *key)
{
	for (int i = 0; i < RIG_IO_MAX; i++) {
		struct port *port = &ports[i];

		if (port->key != NULL)
			continue;
		memset(port, 0, sizeof(*port));
		port->key = key;
		(void)snprintf(port->path, sizeof(port->path), "rig:%d", i);
		ctaphid_init(&port->hid, key, push, port);
		return port->path;
	}
	return NULL;
}

static struct port *
find(const char *path)
{
	for (int i = 0; i < RIG_IO_MAX; i++)
		if (ports[i].key != NULL && strcmp(ports[i].path, path) == 0)
			return &ports[i];
	return NULL;
}

void
rig_io_remove(const char *path)
{
	struct port *port = find(path);

	if (port != NULL)
		port->key = NULL;
}

static void *
mem_open(const char *path)
{
	struct port *port = find(path);

	if (port != NULL)
		port->n = 0;
	return port;
}

static void
mem_close(void *handle)
{
	(void)handle;
}

static int
mem_read(void *handle, unsigned char *buf, size_t len, int ms)
{
	struct port *port = handle;
	int64_t until_ms = port->now_ms + (ms < 0 ? 3600000 : ms);

	while (port->n == 0 && !port->hid.gone && port->now_ms < until_ms) {
		port->now_ms += STEP_MS;
		ctaphid_tick(&port->hid, port->now_ms);
	}
	/*
	 * libfido2 counts the whole milliseconds that each read took, of which
	 * a read here takes none: a key that says "wait" for ever would.
	 */
	if (port->n == 0 || len != CTAPHID_REPORT ||
	    port->now_ms - port->spoke_ms > PATIENCE_MS)
		return -1;
	memcpy(buf, port->queue, CTAPHID_REPORT);
	port->n -= CTAPHID_REPORT;
	memmove(port->queue, port->queue + CTAPHID_REPORT, port->n);
	return CTAPHID_REPORT;
}

static int
mem_write(void *handle, const unsigned char *buf, size_t len)
{
	struct port *port = handle;

	if (port->hid.gone || len != CTAPHID_REPORT + 1)
		return -1;
	port->spoke_ms = port->now_ms;
	ctaphid_report(&port->hid, buf + 1, port->now_ms);
	return (int)len;
}

const fido_dev_io_t rig_io = { mem_open, mem_close, mem_read, mem_write };

static void *
fd_open(const char *path)
{
	int *fd = malloc(sizeof(*fd));

	if (fd != NULL && sscanf(path, "fd:%d", fd) != 1) {
		free(fd);
		return NULL;
	}
	return fd;
}

static void
fd_close(void *handle)
{
	free(handle);
}

static int
fd_read(void *handle, unsigned char *buf, size_t len, int ms)
{
	struct pollfd p = { .fd = *(int *)handle, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, ms) != 1)
		return -1;
	n = read(p.fd, buf, len);
	return n == CTAPHID_REPORT ? (int)n : -1;
}

static int
fd_write(void *handle, const unsigned char *buf, size_t len)
{
	ssize_t n = send(*(int *)handle, buf, len, MSG_NOSIGNAL);

	return n == (ssize_t)len ? (int)n : -1;
}

const fido_dev_io_t rig_io_fd = { fd_open, fd_close, fd_read, fd_write };

static void
send_report(void *ctx, const uint8_t *report)
{
	/* Who does not read loses it, as with hidraw. */
	(void)send(*(const int *)ctx, report, CTAPHID_REPORT,
	    MSG_NOSIGNAL | MSG_DONTWAIT);
}

static int64_t
real_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int
rig_serve(int fd, struct rig_key *key)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint8_t report[CTAPHID_REPORT + 1];
	struct ctaphid *hid = calloc(1, sizeof(*hid));
	ssize_t n = -1;

	if (hid == NULL)
		return -1;
	ctaphid_init(hid, key, send_report, &fd);
	while (!hid->gone) {
		if (poll(&p, 1, ctaphid_timeout(hid, real_ms())) == -1 &&
		    errno != EINTR)
			break;
		ctaphid_tick(hid, real_ms());
		if (p.revents == 0)
			continue;
		if ((n = read(fd, report, sizeof(report))) <= 0)
			break;
		if (n == sizeof(report))
			ctaphid_report(hid, report + 1, real_ms());
	}
	n = hid->gone ? 0 : n;
	free(hid);
	return n == 0 ? 0 : -1;
}

/* Descriptors of the parent, other keys' too, must not stay open here. */
static void
close_others(int a, int b)
{
	int low = a < b ? a : b, high = a < b ? b : a;

	if (low > 3)
		(void)close_range(3, (unsigned)low - 1, 0);
	if (low < 2)
		low = 2;
	if (high > low + 1)
		(void)close_range((unsigned)low + 1, (unsigned)high - 1, 0);
	(void)close_range((unsigned)high + 1, ~0U, 0);
}

int
rig_serve_fork(struct rig_key *key, int *fd, pid_t *pid)
{
	int pair[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return -1;
	if ((child = fork()) == -1) {
		(void)close(pair[0]);
		(void)close(pair[1]);
		return -1;
	}
	if (child == 0) {
		close_others(pair[1], key->dirfd);
		_exit(rig_serve(pair[1], key) == 0 ? 0 : 1);
	}
	(void)close(pair[1]);
	*fd = pair[0];
	*pid = child;
	return 0;
}

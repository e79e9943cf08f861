/*
 * softkeyd: software security keys behind ptys, seen by every process that
 * runs below hidsup in the same mount namespace.  tests/rig/README.md shows
 * how to play with it.
 *
 * One thread and one poll loop; no key ever waits for another one.  It MUST
 * be started in a mount namespace, with a /dev, of its own.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/rig/softkeyd.h"

#define WAITERS_MAX 64

/* A client whose command is "wait NAME blink|idle MS". */
struct waiter {
	int fd; /* -1: free */
	char name[RIG_NAME_MAX + 1];
	bool blink;
	int64_t until_ms;
};

static struct softkeyd daemon_state;
static struct waiter waiters[WAITERS_MAX];
static int quitter = -1; /* the client that said "quit" */

int64_t
softkeyd_now_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int
listen_at(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	(void)unlink(path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) == -1 ||
	    listen(fd, SOMAXCONN) == -1)
		return -1;
	return fd;
}

static void
say(int fd, const char *reply)
{
	char text[SOFTKEY_LINE * 2 + 1];
	int n = snprintf(text, sizeof(text), "%s\n", reply);

	if (n > 0)
		(void)send(fd, text, (size_t)n, MSG_NOSIGNAL);
	(void)close(fd);
}

/* "wait NAME blink|idle MS": true if the line was that and is taken over. */
static bool
take_waiter(int fd, const char *line)
{
	char name[RIG_NAME_MAX + 1], what[8];
	int ms;

	if (sscanf(line, "wait %31s %7s %d", name, what, &ms) != 3)
		return false;
	for (size_t i = 0; i < WAITERS_MAX; i++) {
		struct waiter *w = &waiters[i];

		if (w->fd != -1)
			continue;
		w->fd = fd;
		memcpy(w->name, name, sizeof(name));
		w->blink = strcmp(what, "blink") == 0;
		w->until_ms = softkeyd_now_ms() + ms;
		return true;
	}
	return false;
}

static void
serve_client(int listener)
{
	char line[SOFTKEY_LINE], reply[SOFTKEY_LINE * 2];
	struct timeval limit = { .tv_sec = 1 };
	size_t n = 0;
	ssize_t got;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	while (n < sizeof(line) - 1 && memchr(line, '\n', n) == NULL &&
	    (got = read(fd, line + n, sizeof(line) - 1 - n)) > 0)
		n += (size_t)got;
	line[n] = '\0';
	if (take_waiter(fd, line))
		return;
	softkeyd_cmd(&daemon_state, line, reply, sizeof(reply));
	if (daemon_state.quit)
		quitter = fd; /* answered when nothing of us is left */
	else
		say(fd, reply);
}

static void
check_waiters(int64_t now_ms)
{
	for (size_t i = 0; i < WAITERS_MAX; i++) {
		struct waiter *w = &waiters[i];
		const struct softkey *sk;
		bool blinks;

		if (w->fd == -1)
			continue;
		sk = softkeyd_find(&daemon_state, w->name);
		blinks =
		    sk != NULL && sk->number != -1 && ctaphid_waiting(&sk->hid);
		if (blinks == w->blink)
			say(w->fd, "ok");
		else if (now_ms >= w->until_ms)
			say(w->fd, "error timeout");
		else
			continue;
		w->fd = -1;
	}
}

/* Time goes by for every key; those that pulled themselves out, go. */
static void
tick(int64_t now_ms)
{
	for (size_t i = 0; i < SOFTKEY_MAX; i++) {
		struct softkey *sk = daemon_state.keys[i];

		if (sk == NULL || sk->number == -1)
			continue;
		ctaphid_tick(&sk->hid, now_ms);
		softkey_port_write(sk);
		if (sk->hid.gone)
			softkeyd_unplug(&daemon_state, sk);
	}
}

static int
next_timeout(int64_t now_ms)
{
	int64_t best = INT32_MAX;
	int t;

	for (size_t i = 0; i < SOFTKEY_MAX; i++) {
		const struct softkey *sk = daemon_state.keys[i];

		if (sk != NULL && sk->number != -1 &&
		    (t = ctaphid_timeout(&sk->hid, now_ms)) >= 0 && t < best)
			best = t;
	}
	for (size_t i = 0; i < WAITERS_MAX; i++)
		if (waiters[i].fd != -1 && waiters[i].until_ms - now_ms < best)
			best = waiters[i].until_ms - now_ms;
	if (best == INT32_MAX)
		return -1;
	return best > 0 ? (int)best : 0;
}

static void
run(int listener)
{
	static struct pollfd p[SOFTKEY_MAX + 1];
	static struct softkey *who[SOFTKEY_MAX + 1];

	while (!daemon_state.quit) {
		nfds_t n = 0;

		p[n++] = (struct pollfd){ .fd = listener, .events = POLLIN };
		for (size_t i = 0; i < SOFTKEY_MAX; i++) {
			struct softkey *sk = daemon_state.keys[i];

			if (sk == NULL || sk->number == -1)
				continue;
			who[n] = sk;
			p[n++] = (struct pollfd){ .fd = sk->master,
				.events = (short)(POLLIN |
				    (sk->out_n > 0 ? POLLOUT : 0)) };
		}
		if (poll(p, n, next_timeout(softkeyd_now_ms())) == -1)
			continue;
		for (nfds_t i = 1; i < n; i++)
			if (p[i].revents != 0)
				softkey_port_read(who[i]);
		tick(softkeyd_now_ms());
		if (p[0].revents != 0)
			serve_client(listener);
		check_waiters(softkeyd_now_ms());
	}
	for (size_t i = 0; i < SOFTKEY_MAX; i++)
		if (daemon_state.keys[i] != NULL)
			softkeyd_unplug(&daemon_state, daemon_state.keys[i]);
}

/* To the background, once everything that can fail has been done. */
static int
detach(void)
{
	pid_t pid = fork();
	int null;

	if (pid == -1)
		return -1;
	if (pid != 0)
		_exit(0);
	(void)setsid();
	if ((null = open("/dev/null", O_RDWR)) == -1)
		return -1;
	(void)dup2(null, 0);
	(void)dup2(null, 1);
	(void)dup2(null, 2);
	(void)close(null);
	return 0;
}

static int
failed(const char *what)
{
	(void)fprintf(stderr, "softkeyd: %s: %s\n", what, strerror(errno));
	return 1;
}

int
main(int argc, char **argv)
{
	const char *sock = SOFTKEY_SOCKET, *state = SOFTKEY_STATE;
	bool foreground = false;
	int opt, listener;

	while ((opt = getopt(argc, argv, "bd:fs:")) != -1) {
		if (opt == 'b')
			daemon_state.bind = true;
		else if (opt == 'd')
			state = optarg;
		else if (opt == 'f')
			foreground = true;
		else if (opt == 's')
			sock = optarg;
		else
			optind = argc + 1;
	}
	if (optind != argc) {
		(void)fprintf(
		    stderr, "usage: softkeyd [-bf] [-d state] [-s socket]\n");
		return 2;
	}
	for (size_t i = 0; i < WAITERS_MAX; i++)
		waiters[i].fd = -1;
	(void)signal(SIGPIPE, SIG_IGN);
	(void)umask(0022);
	(void)mkdir(state, 0700);
	daemon_state.statefd = open(state, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	if (daemon_state.statefd == -1)
		return failed(state);
	if ((listener = listen_at(sock)) == -1 || chmod(sock, 0600) == -1)
		return failed(sock);
	if (softkeyd_sysfs_mount() == -1)
		return failed("tmpfs over /sys");
	if (!foreground && detach() == -1)
		return failed("detach");
	run(listener);
	softkeyd_sysfs_umount();
	(void)unlink(sock);
	if (quitter != -1)
		say(quitter, "ok");
	return 0;
}

/*
 * aasd(8), the daemon: its socket, its one lock, its end.
 *
 * 1. No sign-in MUST depend on it.
 * 2. Two MUST NOT run at once on one run directory.
 */
#include <sys/signalfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/assertion.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/session/ledger.h"
#include "policy/policy.h"
#include "tools/aasd.h"
#include "tools/aasd_watch.h"

#define SOCKET_NAME "aasd.sock"
#define SOCKET_NEW  "aasd.sock.new"
#define LOCK_NAME   "aasd.lock"
#define BACKLOG     64

struct opts {
	const char *policy;
	int listen_fd; /* -1: make our own */
};

static int
usage(void)
{
	(void)fputs("usage: aasd [--policy FILE] [--listen-fd N]\n", stderr);
	return 2;
}

static int
parse_opts(int argc, char **argv, struct opts *o)
{
	static const struct option longs[] = {
		{ "policy", required_argument, NULL, 'p' },
		{ "listen-fd", required_argument, NULL, 'l' },
		{ NULL, 0, NULL, 0 },
	};
	char *end = NULL;
	long v = 0;
	int ch = 0;

	while ((ch = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (ch == 'p') {
			o->policy = optarg;
		} else if (ch == 'l') {
			v = strtol(optarg, &end, 10);
			if (*optarg == '\0' || *end != '\0' || v < 0 ||
			    v > 1024)
				return AAS_ERR_INVAL;
			o->listen_fd = (int)v;
		} else {
			return AAS_ERR_INVAL;
		}
	}
	return optind == argc ? AAS_OK : AAS_ERR_INVAL;
}

/* The run directory, made if it is not there, and our lock in it. */
static int
open_rundir(const char *rundir, int *dirfd, int *lock)
{
	int fd = -1;
	int r = AAS_ERR_SYS;

	if (mkdir(rundir, 0755) == -1 && errno != EEXIST)
		return AAS_ERR_SYS;
	if ((r = aas_fs_dir(rundir, geteuid(), &fd)) != AAS_OK)
		return r;
	if ((r = aas_fs_lock(fd, LOCK_NAME, 1, 0, lock)) != AAS_OK)
		aas_close(&fd);
	else
		*dirfd = fd;
	return r;
}

/* The socket appears under its name with its mode and a listener behind it. */
static int
make_socket(const char *rundir, int dirfd, int *sock)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = -1;
	int r = AAS_ERR_SYS;

	if (snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/%s", rundir,
		SOCKET_NEW) >= (int)sizeof(sun.sun_path))
		return AAS_ERR_TOOBIG;
	if (unlinkat(dirfd, SOCKET_NEW, 0) == -1 && errno != ENOENT)
		return AAS_ERR_SYS;
	fd = aas_fs_high(
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (fd != -1 &&
	    bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) == 0 &&
	    fchmodat(dirfd, SOCKET_NEW, 0666, 0) == 0 &&
	    listen(fd, BACKLOG) == 0 &&
	    renameat(dirfd, SOCKET_NEW, dirfd, SOCKET_NAME) == 0) {
		*sock = fd;
		fd = -1;
		r = AAS_OK;
	}
	aas_close(&fd);
	return r;
}

/* A descriptor that systemd handed us: a listening stream of AF_UNIX. */
static int
take_socket(int fd, int *sock)
{
	struct sockaddr_un sun;
	socklen_t len = sizeof(sun);
	int on = 0;
	socklen_t on_len = sizeof(on);

	if (getsockname(fd, (struct sockaddr *)&sun, &len) == -1 ||
	    sun.sun_family != AF_UNIX ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &on_len) == -1 ||
	    !on)
		return AAS_ERR_INVAL;
	if ((*sock = aas_fs_high(fd)) == -1 ||
	    fcntl(*sock, F_SETFL, O_NONBLOCK) == -1)
		return AAS_ERR_SYS;
	return AAS_OK;
}

static int
stop_signals(int *fd)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) == -1)
		return AAS_ERR_SYS;
	*fd = aas_fs_high(signalfd(-1, &set, SFD_CLOEXEC));
	return *fd != -1 ? AAS_OK : AAS_ERR_SYS;
}

static void
tick(struct aasd *d)
{
	struct aas_now now;

	aasd_held_tick(d);
	aasd_clock_tick(d);
	if (aas_clock_now(&now) == AAS_OK)
		(void)aas_ledger_sweep(d->rundir, &now);
}

static int
run(const struct opts *o)
{
	struct aas_policy *policy = NULL;
	struct aasd d = { .statedir = NULL };
	struct aasd_watch watch;
	const char *rundir = NULL;
	int dirfd = -1, lock = -1, sock = -1, stop = -1;
	int r = aas_policy_open(o->policy, &policy);

	if (r != AAS_OK) {
		aas_log(LOG_ERR, "aasd: compiled policy: %s", aas_strerror(r));
		return r;
	}
	d.statedir = aas_policy_statedir(policy);
	d.libexecdir = aas_policy_libexecdir(policy);
	rundir = d.rundir = aas_policy_rundir(policy);
	if ((r = aas_store_open(d.statedir, 1, &d.store)) != AAS_OK ||
	    (r = open_rundir(rundir, &dirfd, &lock)) != AAS_OK ||
	    (r = stop_signals(&stop)) != AAS_OK)
		goto out;
	r = o->listen_fd >= 0 ? take_socket(o->listen_fd, &sock)
			      : make_socket(rundir, dirfd, &sock);
	if (r == AAS_OK && o->policy == NULL) {
		aasd_watch_start(&watch);
		d.extra = &watch.extra;
	}
	if (r == AAS_OK)
		r = aasd_serve(&d, sock, stop, tick);
	if (d.extra != NULL)
		aasd_watch_stop(&watch);
	if (o->listen_fd < 0)
		(void)unlinkat(dirfd, SOCKET_NAME, 0);
out:
	if (r != AAS_OK)
		aas_log(LOG_ERR, "aasd: %s%s%s", aas_strerror(r),
		    r == AAS_ERR_SYS ? ": " : "",
		    r == AAS_ERR_SYS ? strerror(errno) : "");
	aas_close(&sock);
	aas_close(&stop);
	aas_close(&lock);
	aas_close(&dirfd);
	aas_store_close(&d.store);
	aas_policy_free(&policy);
	return r;
}

int
main(int argc, char **argv)
{
	struct opts o = { NULL, -1 };

	if (parse_opts(argc, argv, &o) != AAS_OK)
		return usage();
	(void)umask(022);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (aas_crypto_init() != AAS_OK)
		return 1;
	return run(&o) == AAS_OK ? 0 : 1;
}

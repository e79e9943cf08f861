/*
 * aasd(8), the daemon: its socket, its one lock, its end.  It goes on as the
 * keeper, which starts the front.
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
#include "policy/policy.h"
#include "aasd/keeper.h"

#define SOCKET_NAME "aasd.sock"
#define SOCKET_NEW  "aasd.sock.new"
#define LOCK_NAME   "aasd.lock"
#define LOCK_MS     2000 /* one that was killed may not be gone yet */
#define BACKLOG     64
#define CODEX_MS    1000 /* the default of codex_grace */

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
	if ((r = aas_fs_lock(fd, LOCK_NAME, 1, LOCK_MS, lock)) != AAS_OK)
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

/*
 * Where run and state directory are, and how long Codex has to end.  Without a
 * policy that can be used: where they usually are; the front has it built, and
 * sees whether that was right.
 */
static int
find_dirs(const char *file, char **rundir, char **statedir, int64_t *codex_ms)
{
	struct aas_policy *policy = NULL;
	int r = aas_policy_open(file, &policy);

	if (r != AAS_OK && file != NULL) {
		aas_log(LOG_ERR, "aasd: compiled policy: %s", aas_strerror(r));
		return r;
	}
	*codex_ms = r == AAS_OK
	    ? (int64_t)aas_policy_codex_grace_s(policy) * 1000
	    : CODEX_MS;
	*rundir = strdup(r == AAS_OK ? aas_policy_rundir(policy) : AAS_RUNDIR);
	*statedir =
	    strdup(r == AAS_OK ? aas_policy_statedir(policy) : AAS_STATEDIR);
	aas_policy_free(&policy);
	return *rundir != NULL && *statedir != NULL ? AAS_OK : AAS_ERR_NOMEM;
}

/* To the log, and to who started us by hand. */
static void
say_why(int r, int error, int locked)
{
	const char *what = r == AAS_ERR_TIMEOUT && !locked
	    ? "another aasd is at work here"
	    : aas_strerror(r);
	const char *colon = r == AAS_ERR_SYS ? ": " : "";
	const char *how = r == AAS_ERR_SYS ? strerror(error) : "";

	aas_log(LOG_ERR, "aasd: %s%s%s", what, colon, how);
	(void)fprintf(stderr, "aasd: %s%s%s\n", what, colon, how);
}

static int
run(const struct opts *o)
{
	struct aasd_keeper_opts k = {
		.policy = o->policy, .listener = -1, .stop = -1, .lock = -1
	};
	char *rundir = NULL, *statedir = NULL;
	int dirfd = -1;
	int r = find_dirs(o->policy, &rundir, &statedir, &k.codex_ms);

	if (r != AAS_OK)
		goto out;
	k.rundir = rundir;
	k.statedir = statedir;
	if ((r = open_rundir(rundir, &dirfd, &k.lock)) != AAS_OK ||
	    (r = stop_signals(&k.stop)) != AAS_OK)
		goto out;
	r = o->listen_fd >= 0 ? take_socket(o->listen_fd, &k.listener)
			      : make_socket(rundir, dirfd, &k.listener);
	if (r == AAS_OK)
		r = aasd_keeper(&k);
	if (o->listen_fd < 0 && k.listener != -1)
		(void)unlinkat(dirfd, SOCKET_NAME, 0);
out:
	if (r != AAS_OK)
		say_why(r, errno, k.lock != -1);
	aas_close(&k.listener);
	aas_close(&k.stop);
	aas_close(&k.lock);
	aas_close(&dirfd);
	free(rundir);
	free(statedir);
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

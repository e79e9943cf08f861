/*
 * Helper processes.
 *
 * 1. A helper MUST get nothing of the host's: no descriptor, environment,
 *    directory, signal mask or handler, terminal.
 * 2. What others than root or the effective user may write MUST NOT be run.
 * 3. Only the pid that was started MUST be waited for or killed: the host has
 *    children of its own, and may reap ours.
 * 4. The host MUST NOT be forked, signaled, or waited in without a limit.
 */
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/spawn.h"
#include "lib/str.h"

#define KILLED_MS  1000 /* how long a killed process may take to go */
#define AWAY_STACK 16384

/* Is path a program that nobody but root and the effective user can change? */
static int
program_check(const char *path)
{
	char parent[PATH_MAX];
	const char *base = NULL;
	struct stat st;
	int dirfd = -1;
	int fd = -1;
	int r = AAS_ERR_INVAL;

	if (path == NULL || path[0] != '/' || strlen(path) >= sizeof(parent))
		return AAS_ERR_INVAL;
	base = aas_str_rchr(path, '/') + 1;
	memcpy(parent, path, (size_t)(base - path));
	parent[base - path] = '\0';
	if ((r = aas_fs_dir(parent, geteuid(), &dirfd)) != AAS_OK)
		return r;
	r = aas_fs_open(dirfd, base, geteuid(), 022, &fd, &st);
	aas_close(&fd);
	aas_close(&dirfd);
	if (r == AAS_OK && (st.st_mode & 0111) == 0)
		r = AAS_ERR_PERMS;
	return r;
}

/*
 * The order matters: descriptor 0 is taken before everything is closed.
 *   sock  -1: none, and 0 is as 1 and 2 are
 *   heard 1: 1 is the socket, too
 *   extra becomes 3; -1: none
 */
static int
actions_fill(posix_spawn_file_actions_t *fa, int sock, int heard, int extra)
{
	int e = 0;

	if (sock != -1 &&
	    (e = posix_spawn_file_actions_adddup2(fa, sock, 0)) != 0)
		return e;
	if ((e = posix_spawn_file_actions_addopen(
		 fa, 1, "/dev/null", O_RDWR, 0)) != 0)
		return e;
	if ((e = posix_spawn_file_actions_adddup2(fa, 1, 2)) != 0)
		return e;
	if (sock == -1 && (e = posix_spawn_file_actions_adddup2(fa, 1, 0)) != 0)
		return e;
	if (heard && (e = posix_spawn_file_actions_adddup2(fa, 0, 1)) != 0)
		return e;
	if (extra != -1 &&
	    (e = posix_spawn_file_actions_adddup2(fa, extra, 3)) != 0)
		return e;
	if ((e = posix_spawn_file_actions_addclosefrom_np(
		 fa, extra != -1 ? 4 : 3)) != 0)
		return e;
	return posix_spawn_file_actions_addchdir_np(fa, "/");
}

static int
attr_fill(posix_spawnattr_t *at)
{
	sigset_t all;
	static const sigset_t none; /* all zero: empty */
	int e = 0;

	(void)sigfillset(&all);
	(void)sigdelset(&all, SIGKILL);
	(void)sigdelset(&all, SIGSTOP);
	if ((e = posix_spawnattr_setsigdefault(at, &all)) != 0)
		return e;
	if ((e = posix_spawnattr_setsigmask(at, &none)) != 0)
		return e;
	return posix_spawnattr_setflags(at,
	    (short)(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
		POSIX_SPAWN_SETSID));
}

/* What posix_spawn() is to be called with. */
struct order {
	const char *path;
	char *const *argv;
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	pid_t pid;
	int e; /* an errno */
};

static int
give(void *arg)
{
	char *const envp[] = { NULL };
	struct order *o = arg;

	o->e = posix_spawn(&o->pid, o->path, &o->fa, &o->at, o->argv, envp);
	return 0;
}

/* From a process of its own that is gone when this returns. */
static void
give_away(struct order *o)
{
	_Alignas(16) char stack[AWAY_STACK];
	uint64_t all = UINT64_MAX, before = 0; /* as the kernel has a mask */
	siginfo_t si;
	pid_t pid = -1;

	/* A handler of the host's must not run in there. */
	(void)syscall(
	    SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
	pid = clone(give, stack + sizeof(stack), CLONE_VM | CLONE_VFORK, o);
	if (pid == -1)
		o->e = errno;
	(void)syscall(
	    SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
	/* It is on its way out already, and no wait of the host's takes it. */
	while (pid > 0 &&
	    syscall(SYS_waitid, P_PID, pid, &si, WEXITED | __WALL, NULL) ==
		-1 &&
	    errno == EINTR)
		continue;
}

/* posix_spawn() with all of it; returns an errno. */
static int
start(const char *path, char *const argv[], int sock, int heard, int extra,
    pid_t *pid)
{
	struct order o = { .path = path, .argv = argv };
	int e = 0;

	if ((e = posix_spawn_file_actions_init(&o.fa)) != 0)
		return e;
	if ((e = posix_spawnattr_init(&o.at)) != 0) {
		(void)posix_spawn_file_actions_destroy(&o.fa);
		return e;
	}
	if ((e = actions_fill(&o.fa, sock, heard, extra)) == 0 &&
	    (e = attr_fill(&o.at)) == 0) {
		if (pid != NULL)
			(void)give(&o);
		else
			give_away(&o);
		e = o.e;
	}
	(void)posix_spawnattr_destroy(&o.at);
	(void)posix_spawn_file_actions_destroy(&o.fa);
	if (e == 0 && pid != NULL)
		*pid = o.pid;
	return e;
}

static int
spawn(const char *path, char *const argv[], int heard, struct aas_child *c)
{
	int sv[2] = { -1, -1 };
	pid_t pid = -1;
	int e = 0;
	int r = AAS_ERR_SYS;

	if (argv == NULL || argv[0] == NULL)
		return AAS_ERR_INVAL;
	if ((r = program_check(path)) != AAS_OK)
		return r;
	if (syscall(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
		sv) == -1)
		return AAS_ERR_SYS;
	r = AAS_ERR_SYS;
	sv[0] = aas_fs_high(sv[0]);
	sv[1] = aas_fs_high(sv[1]);
	if (sv[0] == -1 || sv[1] == -1)
		goto out;
	if ((e = start(path, argv, sv[1], heard, -1, &pid)) != 0) {
		errno = e;
		goto out;
	}
	c->pid = pid;
	/* Without one (an old kernel, a filter) the pid has to do. */
	c->pidfd = aas_fs_high((int)syscall(SYS_pidfd_open, pid, 0));
	c->sock = sv[0];
	sv[0] = -1;
	r = AAS_OK;
out:
	aas_close(&sv[0]);
	aas_close(&sv[1]);
	return r;
}

int
aas_spawn(const char *path, char *const argv[], struct aas_child *c)
{
	return spawn(path, argv, 0, c);
}

int
aas_spawn_heard(const char *path, char *const argv[], struct aas_child *c)
{
	return spawn(path, argv, 1, c);
}

int
aas_spawn_away(const char *path, char *const argv[], int fd)
{
	int saved = errno;
	int e = 0;
	int r = AAS_ERR_INVAL;

	if (argv == NULL || argv[0] == NULL)
		return AAS_ERR_INVAL;
	if ((r = program_check(path)) != AAS_OK)
		return r;
	e = start(path, argv, -1, 0, fd, NULL);
	errno = e != 0 ? e : saved;
	return e == 0 ? AAS_OK : e == ENOMEM ? AAS_ERR_NOMEM : AAS_ERR_SYS;
}

static int
wait_one(int type, id_t id, siginfo_t *si, int how)
{
	return (int)syscall(
	    SYS_waitid, type, id, si, WEXITED | WNOHANG | how, NULL);
}

/*
 * Reap the child if it has ended.  1: it is gone, by us or by the host;
 * 0: it still runs.
 */
static int
reap(const struct aas_child *c)
{
	siginfo_t si;
	int n = 0;

	do {
		memset(&si, 0, sizeof(si));
		n = c->pidfd != -1 ? wait_one(P_PIDFD, (id_t)c->pidfd, &si, 0)
				   : wait_one(P_PID, (id_t)c->pid, &si, 0);
	} while (n == -1 && errno == EINTR);
	return n == -1 || si.si_pid != 0;
}

/* Wait until it is gone, at most ms; 1 if it is. */
static int
wait_gone(const struct aas_child *c, int ms)
{
	int64_t until_ms = aas_clock_ms() + (ms > 0 ? ms : 0);
	struct pollfd pfd = { c->pidfd, POLLIN, 0 };
	int nap_ms = 1;

	for (;;) {
		int64_t left = 0;

		if (reap(c))
			return 1;
		left = until_ms - aas_clock_ms();
		if (left <= 0)
			return 0;
		/* Without a pidfd it waits for nothing, a little longer each.
		 */
		(void)poll(&pfd, 1, c->pidfd != -1 ? (int)left : nap_ms);
		if (nap_ms < 16)
			nap_ms *= 2;
	}
}

void
aas_child_end(struct aas_child *c, int grace_ms)
{
	int saved = errno;

	aas_close(&c->sock);
	if (c->pid > 0 && !wait_gone(c, grace_ms)) {
		/*
		 * reap() just said that it is our child and not yet reaped, so
		 * its pid cannot be another's, unless the host reaps meanwhile:
		 * hence the pidfd where there is one.
		 */
		if (c->pidfd != -1)
			(void)syscall(
			    SYS_pidfd_send_signal, c->pidfd, SIGKILL, NULL, 0);
		else
			(void)syscall(SYS_kill, c->pid, SIGKILL);
		(void)wait_gone(c, KILLED_MS);
	}
	aas_close(&c->pidfd);
	c->pid = -1;
	errno = saved;
}

void
aas_child_kill_group(const struct aas_child *c)
{
	siginfo_t si;
	int saved = errno;

	/* Not reaped yet, so neither its pid nor its group can be another's. */
	memset(&si, 0, sizeof(si));
	if (c->pid > 1 && wait_one(P_PID, (id_t)c->pid, &si, WNOWAIT) == 0)
		(void)kill(-c->pid, SIGKILL);
	errno = saved;
}

/*
 * Runs the program.
 *
 * 1. It MUST get no descriptor but the three of its own, and no environment
 *    but a PATH.
 * 2. Neither a program that does not read nor one that does not end MUST hold
 *    this up: there is an end shortly before the deadline, while there is
 *    time to say so.
 * 3. It MUST NOT outlive this process: who kills us at the deadline does not
 *    know it.
 */
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <linux/close_range.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/plugins/exec.h"

#define EX_AGAIN  75 /* EX_TEMPFAIL of sysexits.h */
#define MARGIN_MS 200
#define STEP      65536

struct child {
	const struct aas_plugin_host *h;
	const char *path;
	pid_t pid;
	int pidfd;
	int in, out; /* our ends of its standard input and output */
	const char *question;
	size_t left; /* of the question */
	char *answer;
	size_t len, cap;
};

static void
shut(int *fd)
{
	if (*fd != -1)
		(void)close(*fd);
	*fd = -1;
}

static void
report(const struct child *c, const char *text)
{
	c->h->report(c->h->ctx, AAS_PLUGIN_ERROR, c->path, 0, text);
}

/* --- its start -------------------------------------------------------------
 */

/* In the child: become the program; on failure an errno. */
static int
become(const char *path, int in, int out, pid_t parent)
{
	static char search[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *const envp[] = { search, NULL };
	char name[] = "policy.exec";
	char *const argv[] = { name, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* A parent that went before is not told. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		return errno;
	if (getppid() != parent)
		return ESRCH;
	/* Above the three, so that none is overwritten by another. */
	if (null == -1 || (in = fcntl(in, F_DUPFD_CLOEXEC, 3)) == -1 ||
	    (out = fcntl(out, F_DUPFD_CLOEXEC, 3)) == -1 ||
	    dup2(null, 2) == -1 || dup2(in, 0) == -1 || dup2(out, 1) == -1)
		return errno;
	if (signal(SIGPIPE, SIG_DFL) == SIG_ERR ||
	    close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) == -1)
		return errno;
	(void)execve(path, argv, envp);
	return errno;
}

/*
 * By fork(2), as posix_spawn(3) cannot tie it to us.  Returns an errno, that
 * of the program's start included.
 */
static int
spawn_with(const char *path, int in, int out, pid_t *pid)
{
	int told[2] = { -1, -1 };
	pid_t parent = getpid();
	pid_t p = -1;
	int e = 0;
	ssize_t n = 0;

	if (pipe2(told, O_CLOEXEC) == -1)
		return errno;
	if ((p = fork()) == 0) {
		if ((told[1] = fcntl(told[1], F_DUPFD_CLOEXEC, 3)) != -1) {
			e = become(path, in, out, parent);
			(void)!write(told[1], &e, sizeof(e));
		}
		_exit(127);
	}
	if (p == -1)
		e = errno;
	shut(&told[1]);
	while (p != -1 && (n = read(told[0], &e, sizeof(e))) == -1 &&
	    errno == EINTR)
		;
	shut(&told[0]);
	if (p != -1 && n != 0) {
		(void)waitpid(p, NULL, 0);
		return n == (ssize_t)sizeof(e) ? e : EIO;
	}
	if (p != -1)
		*pid = p;
	return e;
}

/* Two pipes, of which our ends do not block. */
static int
start(struct child *c)
{
	int to[2] = { -1, -1 };
	int from[2] = { -1, -1 };
	int e = 0;

	if (pipe2(to, O_CLOEXEC) == -1 || pipe2(from, O_CLOEXEC) == -1 ||
	    fcntl(to[1], F_SETFL, O_NONBLOCK) == -1 ||
	    fcntl(from[0], F_SETFL, O_NONBLOCK) == -1)
		e = errno;
	if (e == 0)
		e = spawn_with(c->path, to[0], from[1], &c->pid);
	if (e == 0 && (c->pidfd = pidfd_open(c->pid, 0)) == -1)
		e = errno;
	shut(&to[0]);
	shut(&from[1]);
	c->in = to[1];
	c->out = from[0];
	if (e != 0)
		report(c, strerror(e));
	return e;
}

/* --- its life --------------------------------------------------------------
 */

static void
tell(struct child *c)
{
	ssize_t n = write(c->in, c->question, c->left);

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	/* It need not read: what it prints counts. */
	if (n == -1) {
		shut(&c->in);
		return;
	}
	c->question += n;
	c->left -= (size_t)n;
	if (c->left == 0)
		shut(&c->in);
}

/* -1: it said too much, or there is no memory; 0: that is all for now. */
static int
hear(struct child *c)
{
	for (;;) {
		ssize_t n = 0;

		if (c->cap - c->len < STEP) {
			size_t cap = 2 * c->cap + STEP;
			char *p = realloc(c->answer, cap);

			if (p == NULL)
				return -1;
			c->answer = p;
			c->cap = cap;
		}
		n = read(c->out, c->answer + c->len, STEP);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			return 0;
		if (n <= 0) {
			shut(&c->out);
			return 0;
		}
		c->len += (size_t)n;
		if (c->len > EXEC_ANSWER_MAX)
			return -1;
	}
}

/* Until it has ended; NULL, or what was wrong. */
static const char *
attend(struct child *c, int64_t margin_ms)
{
	for (;;) {
		struct pollfd p[3] = { { c->in, POLLOUT, 0 },
			{ c->out, POLLIN, 0 }, { c->pidfd, POLLIN, 0 } };
		int64_t left = c->h->left_ms(c->h->ctx) - margin_ms;

		if (left <= 0)
			return "did not end in time";
		if (poll(p, 3, left > 60000 ? 60000 : (int)left) == -1 &&
		    errno != EINTR)
			return strerror(errno);
		if (p[0].revents != 0)
			tell(c);
		if ((p[1].revents != 0 || p[2].revents != 0) && c->out != -1 &&
		    hear(c) != 0)
			return "said too much";
		if (p[2].revents != 0)
			return NULL;
	}
}

/* Its exit status as ours. */
static int
judge(const struct child *c, const siginfo_t *si)
{
	char text[64];

	if (si->si_code == CLD_EXITED && si->si_status == 0)
		return AAS_PLUGIN_SUCCESS;
	if (si->si_code == CLD_EXITED && si->si_status == EX_AGAIN)
		return AAS_PLUGIN_TRYAGAIN;
	(void)snprintf(text, sizeof(text), "ended with %s %d",
	    si->si_code == CLD_EXITED ? "status" : "signal", si->si_status);
	report(c, text);
	return AAS_PLUGIN_UNAVAIL;
}

int
exec_run(const struct aas_plugin_host *h, const char *path,
    const char *question, char **answer, size_t *len)
{
	struct child c = { h, path, -1, -1, -1, -1, question, strlen(question),
		NULL, 0, 0 };
	int64_t margin_ms = h->left_ms(h->ctx) / 10;
	const char *wrong = NULL;
	siginfo_t si;
	int status = AAS_PLUGIN_UNAVAIL;

	(void)signal(SIGPIPE, SIG_IGN); /* this process has nothing else */
	if (margin_ms > MARGIN_MS)
		margin_ms = MARGIN_MS;
	memset(&si, 0, sizeof(si));
	if (start(&c) == 0 && (wrong = attend(&c, margin_ms)) != NULL)
		report(&c, wrong);
	if (c.pid != -1) {
		if (c.pidfd == -1 || wrong != NULL)
			(void)kill(c.pid, SIGKILL);
		if (waitid(P_PID, (id_t)c.pid, &si, WEXITED) == 0 &&
		    c.pidfd != -1 && wrong == NULL)
			status = judge(&c, &si);
	}
	shut(&c.in);
	shut(&c.out);
	shut(&c.pidfd);
	if (status == AAS_PLUGIN_SUCCESS) {
		*answer = c.answer;
		*len = c.len;
		c.answer = NULL;
	}
	free(c.answer);
	return status;
}

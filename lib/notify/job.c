/*
 * Channels run as processes of their own, several at a time.
 *
 * 1. None MUST outlive its deadline, nor what it started: where the kernel
 *    lets us it is in a namespace of its own, which ends with it.  But
 *    sendmail, in time, may leave a process behind: Exim's goes on to deliver
 *    what it has taken, and without it the mail waits for hours.
 * 2. What it writes MUST NOT fill memory or a disk, nor keep it waiting.
 * 3. Nothing of ours MUST be inherited: no descriptor, lock, environment.
 * 4. None MUST see another's files or processes: they are one user.
 * 5. What sendmail leaves behind MUST NOT keep others from being started, and
 *    MUST NOT grow without end.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/fs.h"
#include "lib/log.h"
#include "lib/notify/crowd.h"
#include "lib/notify/job.h"

#define NOTIFY_USER "aas-notify"
#define JOBS_MAX    64
#define FIRST       16  /* above what a child gets */
#define LEFT_MAX    256 /* of sendmail, at which no more are started */

static atomic_int *said; /* shared with our children */

void
aas_job_init(struct aas_job *j)
{
	memset(j, 0, sizeof(*j));
	j->in = j->extra[0] = j->extra[1] = -1;
	j->pid = -1;
	j->pidfd = j->pipe = -1;
	j->status = AAS_JOB_FAILED;
}

int
aas_job_file(const void *p, size_t len, int *fd)
{
	int got = memfd_create("aas", MFD_CLOEXEC);

	if (got == -1 || (got = aas_fs_high(got)) == -1)
		return AAS_ERR_SYS;
	if (aas_fs_write_all(got, p, len) != AAS_OK ||
	    lseek(got, 0, SEEK_SET) == -1) {
		aas_close(&got);
		return AAS_ERR_SYS;
	}
	*fd = got;
	return AAS_OK;
}

static void
share_said(void)
{
	void *p = MAP_FAILED;

	if (said == NULL)
		p = mmap(NULL, sizeof(*said), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p != MAP_FAILED)
		said = p;
}

/*
 * Better told where others could look than not told; but once said, by whoever
 * of us and our children sees it first.
 */
static void
shares(void)
{
	static atomic_int here;
	int e = errno;

	if (atomic_exchange(said != NULL ? said : &here, 1) == 0)
		aas_log(LOG_WARNING,
		    "event=alert-channels-not-apart: %s: they can see each "
		    "other's files and processes",
		    strerror(e));
}

/* --- in the child --------------------------------------------------------- */

/* from, or /dev/null, as descriptor to. */
static int
put_fd(int from, int to)
{
	int r = 0;

	if (from == -1)
		from = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (from == -1)
		return AAS_ERR_SYS;
	r = dup2(from, to);
	return r == to ? AAS_OK : AAS_ERR_SYS;
}

/* Out of the way of 0 to 4, which are given out. */
static int
raise_fd(int *fd)
{
	if (*fd == -1)
		return AAS_OK;
	*fd = fcntl(*fd, F_DUPFD_CLOEXEC, FIRST);
	return *fd != -1 ? AAS_OK : AAS_ERR_SYS;
}

static int
descriptors(struct aas_job *j, int out)
{
	if (raise_fd(&j->in) != AAS_OK || raise_fd(&j->extra[0]) != AAS_OK ||
	    raise_fd(&j->extra[1]) != AAS_OK || raise_fd(&out) != AAS_OK)
		return AAS_ERR_SYS;
	if (put_fd(j->in, 0) != AAS_OK || put_fd(out, 1) != AAS_OK ||
	    put_fd(out, 2) != AAS_OK)
		return AAS_ERR_SYS;
	for (int i = 0; i < 2; i++)
		if (j->extra[i] != -1 && put_fd(j->extra[i], 3 + i) != AAS_OK)
			return AAS_ERR_SYS;
	for (int i = 0; i < 2; i++)
		if (j->extra[i] == -1)
			(void)close(3 + i);
	return syscall(SYS_close_range, 5, ~0U, 0) == 0 ? AAS_OK : AAS_ERR_SYS;
}

static void
signals(void)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		(void)sigaction(s, &sa, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void __attribute__((noreturn)) child(struct aas_job *j, int out)
{
	char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char lang[] = "LC_ALL=C.UTF-8";
	char *envp[] = { path, lang, j->env, NULL };

	signals();
	/* First of all: who is to kill us may be killed meanwhile. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1)
		_exit(AAS_JOB_CANNOT);
	if (j->apart && aas_cage_apart() != AAS_OK)
		shares();
	if (setsid() == -1 || chdir("/") == -1 ||
	    descriptors(j, out) != AAS_OK ||
	    aas_cage(j->as, j->uid, j->gid, j->procs) != AAS_OK)
		_exit(AAS_JOB_CANNOT);
	if (j->fn != NULL)
		_exit(j->fn(j->arg));
	if (aas_cage_second(j->as == AAS_JOB_NOBODY ? j->procs : 0) != AAS_OK)
		_exit(AAS_JOB_CANNOT);
	(void)execve(j->argv[0], j->argv, envp);
	_exit(127);
}

/* --- starting ------------------------------------------------------------- */

/* fork(2) into namespaces of its own if that is allowed. */
static pid_t
fork_apart(struct aas_job *j)
{
	static const unsigned long ways[] = {
		CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC, CLONE_NEWPID
	};
	pid_t pid = -1;

	/*
	 * sendmail may go on in the background once it has taken the mail,
	 * and a desktop's bus asks who we are by our process id.
	 */
	if (geteuid() != 0 || j->as != AAS_JOB_NOBODY)
		return fork();
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		j->apart = i == 0;
		pid = (pid_t)syscall(
		    SYS_clone, ways[i] | SIGCHLD, NULL, NULL, NULL, 0L);
		if (pid != -1)
			return pid;
		shares();
	}
	return fork();
}

static int
who(struct aas_job *j)
{
	const struct passwd *pw = NULL;

	if (geteuid() != 0 || (j->as != AAS_JOB_NOBODY && j->as != AAS_JOB_MTA))
		return AAS_OK;
	if ((pw = getpwnam(NOTIFY_USER)) == NULL || pw->pw_uid == 0)
		return AAS_ERR_NOTFOUND;
	j->uid = pw->pw_uid;
	j->gid = pw->pw_gid;
	return AAS_OK;
}

/*
 * The limit of processes is one of the user, whoever started them: what is
 * there already does not count against it.
 */
static int
room(struct aas_job *j)
{
	size_t n = 0;

	if (j->as != AAS_JOB_NOBODY && j->as != AAS_JOB_MTA)
		return AAS_OK;
	n = aas_crowd(geteuid() == 0 ? j->uid : getuid());
	j->procs = AAS_JOB_PROCS + n;
	if (j->as == AAS_JOB_NOBODY || geteuid() != 0)
		return AAS_OK;
	if (n < LEFT_MAX) {
		aas_crowd_joined();
		return AAS_OK;
	}
	j->out_n = (size_t)snprintf(j->out, sizeof(j->out),
	    "%zu processes of " NOTIFY_USER " are there already: sendmail's",
	    n);
	return AAS_ERR_TOOBIG;
}

static void
start(struct aas_job *j)
{
	int fds[2] = { -1, -1 };

	j->began_ms = aas_clock_ms();
	if (who(j) != AAS_OK) {
		j->status = AAS_JOB_NO_USER;
		return;
	}
	if (room(j) != AAS_OK)
		return;
	if (pipe2(fds, O_CLOEXEC) == -1)
		return;
	fds[0] = aas_fs_high(fds[0]);
	fds[1] = aas_fs_high(fds[1]);
	if (fds[0] == -1 || fds[1] == -1 ||
	    fcntl(fds[0], F_SETFL, O_NONBLOCK) == -1)
		goto out;
	if ((j->pid = fork_apart(j)) == 0)
		child(j, fds[1]);
	if (j->pid == -1)
		goto out;
	j->pidfd = aas_fs_high((int)syscall(SYS_pidfd_open, j->pid, 0));
	j->pipe = fds[0];
	fds[0] = -1;
out:
	aas_close(&fds[0]);
	aas_close(&fds[1]);
}

/* --- waiting -------------------------------------------------------------- */

static void
hear(struct aas_job *j)
{
	char buf[65536];
	ssize_t n = 0;

	/* One bite each time: who writes without end gets no more than that. */
	n = read(j->pipe, buf, sizeof(buf));
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		aas_close(&j->pipe);
		return;
	}
	if ((size_t)n > sizeof(j->out) - 1 - j->out_n)
		n = (ssize_t)(sizeof(j->out) - 1 - j->out_n);
	memcpy(j->out + j->out_n, buf, (size_t)n);
	j->out_n += (size_t)n;
	j->out[j->out_n] = '\0';
}

static void
finish(struct aas_job *j, int late)
{
	int ws = 0;
	pid_t got = 0;

	/* All of it, before its number can be another's. */
	if (late || j->as != AAS_JOB_MTA)
		(void)kill(-j->pid, SIGKILL);
	if (late)
		(void)kill(j->pid, SIGKILL);
	do
		got = waitpid(j->pid, &ws, 0);
	while (got == -1 && errno == EINTR);
	if (late)
		j->status = AAS_JOB_LATE;
	else if (got == j->pid && WIFEXITED(ws))
		j->status = WEXITSTATUS(ws);
	else
		j->status = AAS_JOB_KILLED;
	while (j->pipe != -1 && j->out_n < sizeof(j->out) - 1) {
		size_t before = j->out_n;

		hear(j);
		if (j->out_n == before)
			break;
	}
	aas_close(&j->pipe);
	aas_close(&j->pidfd);
	j->pid = -1;
	j->ms = aas_clock_ms() - j->began_ms;
}

/* Has it ended?  It stays a zombie, so that its group can still be killed. */
static int
ended(const struct aas_job *j)
{
	siginfo_t si = { .si_pid = 0 };

	return waitid(P_PID, (id_t)j->pid, &si, WEXITED | WNOHANG | WNOWAIT) ==
	    -1 ||
	    si.si_pid != 0;
}

static size_t
watch(struct aas_job *v, size_t n, struct pollfd *p)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (v[i].pid == -1)
			continue;
		p[k].fd = v[i].pidfd;
		p[k].events = POLLIN;
		p[k++].revents = 0;
		p[k].fd = v[i].pipe;
		p[k].events = POLLIN;
		p[k++].revents = 0;
	}
	return k;
}

void
aas_jobs_run(struct aas_job *v, size_t n, int timeout_ms)
{
	struct pollfd p[2 * JOBS_MAX];
	int64_t until_ms = aas_clock_ms() + timeout_ms;
	int64_t left_ms = 0;
	size_t k = 0;

	if (n > JOBS_MAX)
		n = JOBS_MAX;
	share_said();
	for (size_t i = 0; i < n; i++)
		start(&v[i]);
	while ((k = watch(v, n, p)) > 0) {
		left_ms = until_ms - aas_clock_ms();
		if (left_ms > 0)
			(void)poll(
			    p, (nfds_t)k, left_ms > 1000 ? 1000 : (int)left_ms);
		for (size_t i = 0; i < n; i++) {
			if (v[i].pid == -1)
				continue;
			if (v[i].pipe != -1)
				hear(&v[i]);
			if (left_ms <= 0)
				finish(&v[i], !ended(&v[i]));
			else if (ended(&v[i]))
				finish(&v[i], 0);
		}
	}
	for (size_t i = 0; i < n; i++) {
		aas_close(&v[i].in);
		aas_close(&v[i].extra[0]);
		aas_close(&v[i].extra[1]);
	}
}

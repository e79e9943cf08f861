/*
 * kill_at CHILD N LOG CMD [ARG...]: run CMD and kill it, by a SIGKILL that
 * comes as it enters its Nth system call (that call is not made).  With CHILD
 * 0 that is CMD alone, and what it starts runs on untouched; else it is the
 * CHILDth process that CMD starts, with the first that this one starts, and CMD
 * goes on.  The numbers of the system calls seen go to LOG.
 *
 * Exit status: 0 CMD came to its end by itself (and nothing was killed); 9 it
 * was killed; 10 CHILD was killed and CMD ended; 99 trouble of our own; else
 * what CMD said.
 *
 * strace's inject counts each kind of call for itself; a sweep over "every
 * call, whichever" needs one counter.
 */
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <linux/ptrace.h>

#define SYSCALL_STOP (SIGTRAP | 0x80)

struct watch {
	pid_t main, victim, heir; /* heir: the first that victim starts */
	unsigned long child, n;   /* as in the arguments */
	unsigned long born, seen;
	int killed;
	FILE *log;
};

static void
trouble(const char *what)
{
	perror(what);
	exit(99);
}

/* One stop at a system call of whom we watch: 1 if it is the one. */
static int
count(struct watch *w, pid_t pid)
{
	struct ptrace_syscall_info si;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(si), &si) <= 0 ||
	    si.op != PTRACE_SYSCALL_INFO_ENTRY)
		return 0;
	(void)fprintf(w->log, "%llu\n", (unsigned long long)si.entry.nr);
	return ++w->seen == w->n;
}

static void
stopped(struct watch *w, pid_t pid, int ws)
{
	int event = (int)((unsigned)ws >> 16);
	int sig = WSTOPSIG(ws);
	int pass = 0;

	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK ||
	    event == PTRACE_EVENT_CLONE) {
		unsigned long of = 0;

		if (ptrace(PTRACE_GETEVENTMSG, pid, NULL, &of) != 0)
			of = 0;
		else if (pid == w->main && ++w->born == w->child)
			w->victim = (pid_t)of;
		else if (pid == w->victim && pid != w->main && w->heir == -1)
			w->heir = (pid_t)of;
	} else if (sig == SYSCALL_STOP) {
		if ((pid == w->victim || pid == w->heir) && count(w, pid)) {
			w->killed = kill(pid, SIGKILL) == 0;
			return;
		}
	} else if (event == 0 && sig != SIGSTOP && sig != SIGTRAP)
		pass = sig;
	/* Of one that was just born nobody may have said yet whose it is. */
	if (ptrace(
		w->child == 0 || pid != w->main ? PTRACE_SYSCALL : PTRACE_CONT,
		pid, NULL, (void *)(uintptr_t)pass) == -1 &&
	    errno != ESRCH)
		trouble("ptrace");
}

static int
watch(struct watch *w)
{
	for (;;) {
		int ws = 0;
		pid_t pid = waitpid(-1, &ws, __WALL);

		if (pid == -1 && errno == EINTR)
			continue;
		if (pid == -1)
			trouble("waitpid");
		if (WIFSTOPPED(ws))
			stopped(w, pid, ws);
		else if (pid == w->main)
			return ws;
	}
}

int
main(int argc, char **argv)
{
	struct watch w = { .main = -1, .victim = -1, .heir = -1 };
	int ws = 0;
	long opts = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;

	if (argc < 5)
		return 99;
	w.child = strtoul(argv[1], NULL, 10);
	w.n = strtoul(argv[2], NULL, 10);
	if ((w.log = fopen(argv[3], "we")) == NULL)
		trouble(argv[3]);
	if ((w.main = fork()) == -1)
		trouble("fork");
	if (w.main == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1)
			_exit(99);
		(void)raise(SIGSTOP);
		(void)execv(argv[4], argv + 4);
		_exit(99);
	}
	if (waitpid(w.main, &ws, 0) == -1 || !WIFSTOPPED(ws))
		trouble("waitpid");
	if (w.child == 0)
		w.victim = w.main;
	else
		opts |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		    PTRACE_O_TRACECLONE;
	if (ptrace(PTRACE_SETOPTIONS, w.main, NULL, (void *)opts) == -1)
		trouble("ptrace");
	stopped(&w, w.main, ws);
	ws = watch(&w);
	(void)fclose(w.log);
	if (w.killed)
		return w.child == 0 ? 9 : 10;
	return WIFEXITED(ws) ? WEXITSTATUS(ws) : 99;
}

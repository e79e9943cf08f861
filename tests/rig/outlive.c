/*
 * outlive WAY FILE: try to outlive the session that it is started in.  While
 * anything of it runs, the number at the beginning of FILE grows.
 *
 *	headless	its first thread ends, another one goes on
 *	hop		is another process all the time: forks, and ends
 *	bomb		as many processes as it may have, each forking
 *	traced		stopped by the one who traces it
 *	vfork		in a sleep that nothing interrupts, for a child
 *	inside		in a namespace of users and processes of its own
 *	crowd		is a thousand processes that do nothing, for a host
 *			where it takes some time to look at all
 *	crowd		is a thousand processes that do nothing, for a host
 *			where it takes some time to look at all
 */
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned long *beat;

static void
deaf(void)
{
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN);
}

static void
live(void)
{
	const struct timespec some = { 0, 20000000 };

	for (;;) {
		++*beat;
		(void)nanosleep(&some, NULL);
	}
}

static void *
thread(void *arg)
{
	live();
	return arg;
}

static void
headless(void)
{
	pthread_t t;

	if (pthread_create(&t, NULL, thread, NULL) == 0)
		pthread_exit(NULL);
}

static void
hop(void)
{
	for (;;) {
		pid_t pid = fork();

		if (pid > 0)
			_exit(0);
		++*beat;
	}
}

static void
bomb(void)
{
	const struct rlimit some = { 400, 400 };

	(void)setrlimit(RLIMIT_NPROC, &some);
	for (;;) {
		(void)fork();
		(void)waitpid(-1, NULL, WNOHANG);
		++*beat;
	}
}

static void
traced(void)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		(void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		(void)raise(SIGSTOP);
		live();
	}
	/* What stops it for good it never hears of. */
	for (;;) {
		(void)waitpid(pid, &status, __WALL);
		(void)ptrace(PTRACE_CONT, pid, NULL, NULL);
		++*beat;
	}
}

static void
in_vfork(void)
{
	if (vfork() == 0)
		live();
}

static void
inside(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWPID) == -1)
		perror("unshare");
	if (fork() == 0 && fork() == 0)
		(void)setsid();
	live();
}

static void
crowd(void)
{
	for (int i = 0; i < 1000; i++) {
		if (fork() == 0) {
			(void)pause();
			_exit(0);
		}
	}
	++*beat;
	(void)pause();
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} ways[] = {
		{ "headless", headless },
		{ "hop", hop },
		{ "bomb", bomb },
		{ "traced", traced },
		{ "vfork", in_vfork },
		{ "inside", inside },
		{ "crowd", crowd },
	};
	int fd =
	    argc == 3 ? open(argv[2], O_RDWR | O_CREAT | O_CLOEXEC, 0644) : -1;
	void *p = MAP_FAILED;

	if (fd != -1 && ftruncate(fd, sizeof(*beat)) == 0)
		p = mmap(NULL, sizeof(*beat), PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	if (p == MAP_FAILED) {
		(void)fputs("usage: outlive WAY FILE\n", stderr);
		return 2;
	}
	beat = p;
	deaf();
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(argv[1], ways[i].name) == 0)
			ways[i].run();
	}
	return 1;
}

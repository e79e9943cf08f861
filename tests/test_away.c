/*
 * aas_spawn_away() of lib/spawn.c: a program that is nobody's child.  The
 * program is this one itself, which says what it sees into a FIFO.
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/spawn.h"
#include "tests/fixture.h"
#include "tests/self.h"

#define CHILD "aas-test-away"

static int
child_main(int argc, char *argv[])
{
	struct self r;
	int fd;

	self_look(&r, argc);
	fd = open(argv[2], O_WRONLY | O_CLOEXEC);
	if (write(fd, &r, sizeof(r)) != (ssize_t)sizeof(r))
		return 1;
	(void)close(fd);
	if (strcmp(argv[1], "crash") == 0)
		(void)raise(SIGKILL);
	while (strcmp(argv[1], "hang") == 0)
		(void)pause();
	return 0;
}

struct place {
	char program[FIXTURE_PATH], fifo[FIXTURE_PATH];
};

static void
prepare(const struct fixture *f, struct place *p)
{
	fixture_copy(f, "/proc/self/exe", "away");
	fixture_path(f, "away", p->program);
	fixture_path(f, "fifo", p->fifo);
	assert_int_equal(mkfifo(p->fifo, 0600), 0);
}

static int
away(const struct place *p, const char *mode, struct self *r)
{
	char name[] = CHILD, what[16], fifo[FIXTURE_PATH];
	char *argv[] = { name, what, fifo, NULL };
	int fd, got;

	(void)snprintf(what, sizeof(what), "%s", mode);
	(void)snprintf(fifo, sizeof(fifo), "%s", p->fifo);
	if ((got = aas_spawn_away(p->program, argv, -1)) != AAS_OK)
		return got;
	/* The one before may still have it open, and end it: not this one. */
	do {
		fd = open(p->fifo, O_RDONLY | O_CLOEXEC);
		got = (int)read(fd, r, sizeof(*r));
		(void)close(fd);
	} while (got == 0);
	return got == (int)sizeof(*r) ? AAS_OK : AAS_ERR_FORMAT;
}

static int
inherit_nothing(void *arg)
{
	struct self r;
	sigset_t all, after;

	for (int sig = 1; sig < 32; sig++)
		(void)signal(sig, SIG_IGN);
	(void)sigfillset(&all);
	(void)sigdelset(&all, SIGUSR1);
	CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
	CHECK(setenv("LD_PRELOAD_NOT", "x", 1) == 0 && chdir("/tmp") == 0);
	for (int i = 0; i < 16; i++)
		CHECK(dup(2) != -1);
	CHECK(away(arg, "end", &r) == AAS_OK);
	CHECK(r.argc == 3 && r.env_n == 0);
	CHECK(r.fds == 7 && r.null_fds == 7);
	CHECK(r.sid == r.pid && strcmp(r.cwd, "/") == 0);
	CHECK((r.ignored & ~0x180000000ULL) == 0 && r.blocked == 0);
	CHECK(r.ppid != getpid());
	/* And the host is as it was. */
	CHECK(sigprocmask(SIG_BLOCK, NULL, &after) == 0);
	CHECK(sigismember(&after, SIGUSR1) == 0);
	CHECK(sigismember(&after, SIGTERM) == 1);
	return 0;
}

static void
away_f20_inherits_nothing_and_is_no_child(void **state)
{
	struct place p;

	prepare(*state, &p);
	assert_int_equal(fixture_in_child(inherit_nothing, &p), 0);
}

static volatile sig_atomic_t chld;

static void
count(int sig)
{
	(void)sig;
	chld++;
}

static int
watch(void *arg)
{
	static void (*const how[])(int) = { SIG_DFL, SIG_IGN, count };
	static const char *const modes[] = { "end", "crash", "hang" };
	struct self r;
	int status, pid;

	for (size_t i = 0; i < 9; i++) {
		struct sigaction sa = { .sa_handler = how[i / 3] };
		int64_t before = aas_clock_ms();
		sigset_t pending;

		CHECK(sigaction(SIGCHLD, &sa, NULL) == 0);
		CHECK(away(arg, modes[i % 3], &r) == AAS_OK);
		CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
		CHECK(waitpid(-1, NULL, WNOHANG | __WALL) == -1 &&
		    errno == ECHILD);
		CHECK(sigpending(&pending) == 0 &&
		    sigismember(&pending, SIGCHLD) == 0);
		if (i % 3 == 2)
			CHECK(kill(r.pid, SIGKILL) == 0);
		CHECK(aas_clock_ms() - before < 5000);
	}
	CHECK(chld == 0);
	/* A child of the host's own stays the host's to reap. */
	(void)signal(SIGCHLD, SIG_DFL);
	if ((pid = fork()) == 0)
		_exit(42);
	CHECK(away(arg, "end", &r) == AAS_OK);
	CHECK(waitpid(-1, &status, 0) == pid && WEXITSTATUS(status) == 42);
	return 0;
}

static void
away_f18_sends_no_sigchld_and_leaves_no_zombie(void **state)
{
	struct place p;

	prepare(*state, &p);
	assert_int_equal(fixture_in_child(watch, &p), 0);
}

static int
closed(void *arg)
{
	struct self r;

	for (int i = 0; i < 3; i++)
		(void)close(i);
	CHECK(away(arg, "end", &r) == AAS_OK);
	CHECK(r.fds == 7 && r.null_fds == 7);
	for (int i = 0; i < 3; i++)
		CHECK(fcntl(i, F_GETFD) == -1);
	return 0;
}

static void
away_f30_from_a_host_without_standard_descriptors(void **state)
{
	struct place p;

	prepare(*state, &p);
	assert_int_equal(fixture_in_child(closed, &p), 0);
}

static int
no_processes(void *arg)
{
	struct rlimit limit = { 0, 0 };
	const struct place *p = arg;
	char name[] = CHILD;
	char *argv[] = { name, NULL };

	CHECK(setgid(12345) == 0 && setuid(12345) == 0);
	CHECK(setrlimit(RLIMIT_NPROC, &limit) == 0);
	CHECK(aas_spawn_away(p->program, argv, -1) == AAS_ERR_SYS);
	CHECK(errno == EAGAIN);
	return 0;
}

static void
away_f19_without_a_process_to_be_had_is_told(void **state)
{
	struct fixture *f = *state;
	struct place p;

	if (geteuid() != 0)
		skip();
	prepare(f, &p);
	assert_int_equal(fchmod(f->dirfd, 0755), 0);
	assert_int_equal(fixture_in_child(no_processes, &p), 0);
}

static void
away_what_cannot_be_run_is_told(void **state)
{
	struct fixture *f = *state;
	char path[FIXTURE_PATH], name[] = CHILD;
	char *argv[] = { name, NULL };
	char *none[] = { NULL };

	fixture_path(f, "program", path);
	assert_int_equal(aas_spawn_away(path, argv, -1), AAS_ERR_NOTFOUND);
	fixture_write(f, "program",
	    "\x7f"
	    "ELF but no more",
	    0755);
	assert_int_equal(aas_spawn_away(path, argv, -1), AAS_ERR_SYS);
	assert_int_equal(errno, ENOEXEC);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(aas_spawn_away(path, argv, -1), AAS_ERR_PERMS);
	assert_int_equal(chmod(path, 0757), 0);
	assert_int_equal(aas_spawn_away(path, argv, -1), AAS_ERR_PERMS);
	assert_int_equal(aas_spawn_away(path, none, -1), AAS_ERR_INVAL);
	assert_int_equal(aas_spawn_away("program", argv, -1), AAS_ERR_INVAL);
	assert_int_equal(waitpid(-1, NULL, WNOHANG | __WALL), -1);
}

/* --- threads --------------------------------------------------------------*/

static volatile int stop;

static void *
work(void *arg)
{
	unsigned long *n = arg;

	/* Locks of the allocator's are taken all the time. */
	while (!stop) {
		void *volatile p = malloc(*n % 4096 + 1);

		free(p);
		(*n)++;
	}
	return NULL;
}

static int
threads(void *arg)
{
	unsigned long n[4] = { 0 };
	pthread_t t[4];
	struct self r;

	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&t[i], NULL, work, &n[i]) == 0);
	for (int i = 0; i < 50; i++) {
		CHECK(away(arg, "end", &r) == AAS_OK);
		CHECK(r.fds == 7 && r.ppid != getpid());
	}
	stop = 1;
	for (int i = 0; i < 4; i++)
		CHECK(pthread_join(t[i], NULL) == 0 && n[i] > 0);
	return 0;
}

static void
away_from_a_host_of_many_threads(void **state)
{
	struct place p;

	prepare(*state, &p);
	assert_int_equal(fixture_in_child(threads, &p), 0);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(away_f20_inherits_nothing_and_is_no_child),
		FIXTURE_TEST(away_f18_sends_no_sigchld_and_leaves_no_zombie),
		FIXTURE_TEST(away_f30_from_a_host_without_standard_descriptors),
		FIXTURE_TEST(away_f19_without_a_process_to_be_had_is_told),
		FIXTURE_TEST(away_what_cannot_be_run_is_told),
		FIXTURE_TEST(away_from_a_host_of_many_threads),
	};

	if (argc == 3 && strcmp(argv[0], CHILD) == 0)
		return child_main(argc, argv);
	if (fixture_valgrind()) {
		(void)fprintf(stderr, "valgrind cannot run clone(2)\n");
		return 77;
	}
	return cmocka_run_group_tests_name("away", tests, NULL, NULL);
}

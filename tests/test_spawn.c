/*
 * The helper of these tests is this program itself: called as CHILD with a
 * mode, it does what the mode says at the other end of the socket.
 */
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/frame.h"
#include "lib/fs.h"
#include "lib/proc.h"
#include "lib/spawn.h"
#include "tests/fixture.h"
#include "tests/self.h"

#define CHILD "aas-test-child"

static int
child_main(const char *mode)
{
	static struct aas_frame f;
	struct self rep;

	if (strcmp(mode, "report") == 0) {
		self_look(&rep, 2);
		(void)aas_frame_send(0, 1, &rep, sizeof(rep));
	} else if (strcmp(mode, "echo") == 0) {
		if (aas_frame_recv(0, 5000, &f) == AAS_OK)
			(void)aas_frame_send(0, f.type, f.b, f.len);
	} else if (strcmp(mode, "hang") == 0) {
		(void)signal(SIGTERM, SIG_IGN);
		(void)aas_frame_send(0, 1, NULL, 0);
		for (;;)
			(void)pause();
	} else if (strcmp(mode, "crash") == 0) {
		(void)raise(SIGKILL);
	}
	/* Stay until the other end goes, as a helper does. */
	(void)aas_frame_recv(0, 5000, &f);
	return 0;
}

/* --- the tests ------------------------------------------------------------ */

/* This program is what is started. */
static char *
helper(const struct fixture *f, char path[FIXTURE_PATH])
{
	fixture_copy(f, "/proc/self/exe", "helper");
	return fixture_path(f, "helper", path);
}

static int
spawn(const char *path, const char *mode, struct aas_child *c)
{
	char name[] = CHILD;
	char arg[16];
	char *argv[] = { name, arg, NULL };

	(void)snprintf(arg, sizeof(arg), "%s", mode);
	return aas_spawn(path, argv, c);
}

static void
spawn_helper_answers_and_is_gone(void **state)
{
	static struct aas_frame f;
	struct aas_child c = AAS_CHILD_NONE;
	struct aas_proc p;
	char path[FIXTURE_PATH];

	(void)helper(*state, path);
	assert_int_equal(spawn(path, "echo", &c), AAS_OK);
	assert_true(c.pid > 0);
	assert_true(c.sock >= 3);
	assert_true(fcntl(c.sock, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(aas_proc_get(c.pid, &p, NULL), AAS_OK);
	assert_int_equal(aas_frame_send(c.sock, 9, "hello", 5), AAS_OK);
	assert_int_equal(aas_frame_recv(c.sock, 5000, &f), AAS_OK);
	assert_memory_equal(f.b, "hello", 5);
	aas_child_end(&c, 5000);
	assert_int_equal(c.pid, -1);
	assert_int_equal(c.pidfd, -1);
	assert_int_equal(c.sock, -1);
	assert_int_equal(aas_proc_alive(&p), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no zombie */
	aas_child_end(&c, 0);
}

/* In a host that has everything a helper must not get. */
static int
inherit_nothing(void *arg)
{
	static struct aas_frame f;
	struct aas_child c = AAS_CHILD_NONE;
	struct self rep;
	sigset_t all;

	for (int sig = 1; sig < 32; sig++)
		(void)signal(sig, SIG_IGN);
	(void)sigfillset(&all);
	CHECK(sigprocmask(SIG_BLOCK, &all, NULL) == 0);
	CHECK(setenv("LD_PRELOAD_NOT", "x", 1) == 0);
	CHECK(setenv("FIDO_DEBUG", "1", 1) == 0);
	CHECK(chdir("/tmp") == 0);
	for (int i = 0; i < 16; i++)
		CHECK(dup(2) != -1); /* not close-on-exec */
	CHECK(spawn(arg, "report", &c) == AAS_OK);
	CHECK(aas_frame_recv(c.sock, 5000, &f) == AAS_OK);
	CHECK(f.len == sizeof(rep));
	memcpy(&rep, f.b, sizeof(rep));
	CHECK(rep.pid == c.pid);
	CHECK(rep.sid == rep.pid);
	CHECK(rep.env_n == 0);
	CHECK(rep.fds == 7);
	CHECK(rep.null_fds == 6);
	/* 32 and 33 are libc's own; it ignores them until it needs them. */
	CHECK((rep.ignored & ~0x180000000ULL) == 0);
	CHECK(rep.blocked == 0);
	CHECK(strcmp(rep.cwd, "/") == 0);
	aas_child_end(&c, 5000);
	return 0;
}

static void
spawn_f20_cve_2019_12209_helper_inherits_nothing(void **state)
{
	char path[FIXTURE_PATH];

	assert_int_equal(
	    fixture_in_child(inherit_nothing, helper(*state, path)), 0);
}

static int
closed_standard_descriptors(void *arg)
{
	struct self rep;
	static struct aas_frame f;
	struct aas_child c = AAS_CHILD_NONE;

	for (int fd = 0; fd < 3; fd++)
		(void)close(fd);
	CHECK(spawn(arg, "report", &c) == AAS_OK);
	CHECK(c.sock >= 3 && (c.pidfd == -1 || c.pidfd >= 3));
	CHECK(aas_frame_recv(c.sock, 5000, &f) == AAS_OK);
	memcpy(&rep, f.b, sizeof(rep));
	CHECK(rep.fds == 7 && rep.null_fds == 6);
	aas_child_end(&c, 5000);
	for (int fd = 0; fd < 3; fd++)
		CHECK(fcntl(fd, F_GETFD) == -1);
	return 0;
}

static void
spawn_f30_host_without_standard_descriptors(void **state)
{
	char path[FIXTURE_PATH];

	assert_int_equal(
	    fixture_in_child(closed_standard_descriptors, helper(*state, path)),
	    0);
}

static int
deleted_directory(void *arg)
{
	struct aas_child c = AAS_CHILD_NONE;
	static struct aas_frame f;
	char dir[] = "/tmp/aas.XXXXXX";

	CHECK(mkdtemp(dir) != NULL);
	CHECK(chdir(dir) == 0 && rmdir(dir) == 0);
	CHECK(spawn(arg, "report", &c) == AAS_OK);
	CHECK(aas_frame_recv(c.sock, 5000, &f) == AAS_OK);
	aas_child_end(&c, 5000);
	return 0;
}

static void
spawn_host_in_a_deleted_directory(void **state)
{
	char path[FIXTURE_PATH];

	assert_int_equal(
	    fixture_in_child(deleted_directory, helper(*state, path)), 0);
}

/* --- what a host does with SIGCHLD ---------------------------------------- */

static void
reap_all(int sig)
{
	int saved = errno;

	(void)sig;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	errno = saved;
}

struct host {
	const char *path;
	void (*handler)(int);
	int flags;
	int block;
};

static int
one_conversation(void *arg)
{
	const struct host *h = arg;
	struct sigaction sa = { .sa_handler = h->handler,
		.sa_flags = h->flags };
	struct aas_child c = AAS_CHILD_NONE;
	static struct aas_frame f;
	int64_t before = 0;
	sigset_t set;

	CHECK(sigaction(SIGCHLD, &sa, NULL) == 0);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	CHECK(sigprocmask(h->block ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL) == 0);
	for (int i = 0; i < 3; i++) {
		before = aas_clock_ms();
		CHECK(spawn(h->path, "echo", &c) == AAS_OK);
		CHECK(aas_frame_send(c.sock, 9, "hello", 5) == AAS_OK);
		CHECK(aas_frame_recv(c.sock, 5000, &f) == AAS_OK);
		CHECK(f.type == 9 && f.len == 5);
		aas_child_end(&c, 5000);
		CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
		CHECK(spawn(h->path, "crash", &c) == AAS_OK);
		CHECK(aas_frame_recv(c.sock, 5000, &f) == AAS_ERR_CANCELED);
		aas_child_end(&c, 5000);
		CHECK(spawn(h->path, "hang", &c) == AAS_OK);
		CHECK(aas_frame_recv(c.sock, 5000, &f) == AAS_OK);
		aas_child_end(&c, 10);
		CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
		CHECK(aas_clock_ms() - before < 5000);
	}
	return 0;
}

static void
spawn_f22_whatever_the_host_does_with_sigchld(void **state)
{
	char path[FIXTURE_PATH];
	struct host hosts[] = {
		{ .handler = SIG_DFL },
		{ .handler = SIG_IGN },
		{ .handler = SIG_DFL, .flags = SA_NOCLDWAIT },
		{ .handler = reap_all },
		{ .handler = reap_all, .flags = SA_RESTART },
		{ .handler = SIG_DFL, .block = 1 },
		{ .handler = reap_all, .block = 1 },
	};

	(void)helper(*state, path);
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		hosts[i].path = path;
		assert_int_equal(
		    fixture_in_child(one_conversation, &hosts[i]), 0);
	}
}

static int
other_children(void *arg)
{
	struct aas_child c = AAS_CHILD_NONE;
	pid_t pids[20];

	for (int i = 0; i < 20; i++) {
		if ((pids[i] = fork()) == 0)
			_exit(i);
		CHECK(pids[i] != -1);
	}
	CHECK(spawn(arg, "echo", &c) == AAS_OK);
	aas_child_end(&c, 5000);
	CHECK(spawn(arg, "echo", &c) == AAS_OK);
	aas_close(&c.pidfd); /* as on a kernel that has none */
	aas_child_end(&c, 5000);
	for (int i = 0; i < 20; i++) {
		int status = 0;

		CHECK(waitpid(pids[i], &status, 0) == pids[i]);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == i);
	}
	return 0;
}

static void
spawn_f23_children_of_the_host_are_left_to_it(void **state)
{
	char path[FIXTURE_PATH];

	assert_int_equal(
	    fixture_in_child(other_children, helper(*state, path)), 0);
}

static int
without_pidfd(void *arg)
{
	struct aas_child c = AAS_CHILD_NONE;
	static struct aas_frame f;

	CHECK(spawn(arg, "hang", &c) == AAS_OK);
	CHECK(aas_frame_recv(c.sock, 5000, &f) == AAS_OK);
	aas_close(&c.pidfd);
	aas_child_end(&c, 10);
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	CHECK(spawn(arg, "echo", &c) == AAS_OK);
	aas_close(&c.pidfd);
	aas_child_end(&c, 5000);
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	return 0;
}

static void
spawn_kernel_without_pidfd_is_enough(void **state)
{
	char path[FIXTURE_PATH];

	assert_int_equal(
	    fixture_in_child(without_pidfd, helper(*state, path)), 0);
}

/* --- what is not run ------------------------------------------------------ */

static void
spawn_f16_program_that_others_may_change_is_not_run(void **state)
{
	struct fixture *f = *state;
	struct aas_child c = AAS_CHILD_NONE;
	char path[FIXTURE_PATH];
	char other[FIXTURE_PATH];

	(void)helper(f, path);
	assert_int_equal(spawn("helper", "echo", &c), AAS_ERR_INVAL);
	assert_int_equal(spawn(NULL, "echo", &c), AAS_ERR_INVAL);
	assert_int_equal(spawn(f->dir, "echo", &c), AAS_ERR_PERMS);
	(void)fixture_path(f, "none", other);
	assert_int_equal(spawn(other, "echo", &c), AAS_ERR_NOTFOUND);
	(void)fixture_path(f, "link", other);
	assert_int_equal(symlinkat("helper", f->dirfd, "link"), 0);
	assert_int_equal(spawn(other, "echo", &c), AAS_ERR_PERMS);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(spawn(path, "echo", &c), AAS_ERR_PERMS);
	assert_int_equal(chmod(path, 0775), 0);
	assert_int_equal(spawn(path, "echo", &c), AAS_ERR_PERMS);
	assert_int_equal(chmod(path, 0757), 0);
	assert_int_equal(spawn(path, "echo", &c), AAS_ERR_PERMS);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(linkat(f->dirfd, "helper", f->dirfd, "two", 0), 0);
	assert_int_equal(spawn(path, "echo", &c), AAS_ERR_PERMS);
	assert_int_equal(unlinkat(f->dirfd, "two", 0), 0);
	assert_int_equal(fchmod(f->dirfd, 0777), 0);
	assert_int_equal(spawn(path, "echo", &c), AAS_ERR_PERMS);
	assert_int_equal(fchmod(f->dirfd, 0700), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(path, 12345, 0), 0);
		assert_int_equal(spawn(path, "echo", &c), AAS_ERR_PERMS);
		assert_int_equal(chown(path, 0, 0), 0);
	}
	assert_int_equal(c.pid, -1);
	assert_int_equal(c.sock, -1);
	/* The unlock helper is setgid. */
	assert_int_equal(chmod(path, 02755), 0);
	assert_int_equal(spawn(path, "echo", &c), AAS_OK);
	aas_child_end(&c, 5000);
}

static void
spawn_without_a_name_is_refused(void **state)
{
	struct aas_child c = AAS_CHILD_NONE;
	char path[FIXTURE_PATH];
	char *none[] = { NULL };

	(void)helper(*state, path);
	assert_int_equal(aas_spawn(path, none, &c), AAS_ERR_INVAL);
	assert_int_equal(aas_spawn(path, NULL, &c), AAS_ERR_INVAL);
}

static void
spawn_file_that_is_no_program_is_an_error(void **state)
{
	struct fixture *f = *state;
	struct aas_child c = AAS_CHILD_NONE;
	char path[FIXTURE_PATH];

	fixture_write(f, "text", "neither ELF nor script", 0755);
	fixture_write(f, "script", "#!/nowhere/sh\n", 0755);
	assert_int_equal(
	    spawn(fixture_path(f, "text", path), "echo", &c), AAS_ERR_SYS);
	assert_int_equal(errno, ENOEXEC);
	assert_int_equal(
	    spawn(fixture_path(f, "script", path), "echo", &c), AAS_ERR_SYS);
	assert_int_equal(c.pid, -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

/* --- limits --------------------------------------------------------------- */

/* At each number of descriptors that may be open: an answer or an error. */
static int
few_descriptors(void *arg)
{
	static struct aas_frame f;
	int good = 0;

	for (rlim_t n = 3; n < 16; n++) {
		struct rlimit limit = { n, 64 };
		struct aas_child c = AAS_CHILD_NONE;
		int r = 0;

		CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
		r = spawn(arg, "echo", &c);
		CHECK(r == AAS_OK || r == AAS_ERR_SYS);
		CHECK((r == AAS_OK) == (c.pid != -1));
		if (r == AAS_OK) {
			CHECK(aas_frame_send(c.sock, 1, NULL, 0) == AAS_OK);
			CHECK(aas_frame_recv(c.sock, 5000, &f) == AAS_OK);
			good++;
		}
		aas_child_end(&c, 5000);
	}
	CHECK(good > 0);
	return 0;
}

static void
spawn_f42_few_descriptors_are_an_error(void **state)
{
	char path[FIXTURE_PATH];

	assert_int_equal(
	    fixture_in_child(few_descriptors, helper(*state, path)), 0);
}

static int
no_processes(void *arg)
{
	struct rlimit limit = { 0, 0 };
	struct aas_child c = AAS_CHILD_NONE;

	/* root is not bound by it */
	CHECK(setgid(12345) == 0 && setuid(12345) == 0);
	CHECK(setrlimit(RLIMIT_NPROC, &limit) == 0);
	CHECK(spawn(arg, "echo", &c) == AAS_ERR_SYS);
	CHECK(errno == EAGAIN);
	CHECK(c.pid == -1 && c.sock == -1);
	return 0;
}

static void
spawn_f19_no_more_processes_is_an_error(void **state)
{
	struct fixture *f = *state;
	char path[FIXTURE_PATH];

	if (geteuid() != 0)
		skip(); /* takes another uid, so that the limit counts */
	(void)helper(f, path);
	assert_int_equal(fchmod(f->dirfd, 0755), 0);
	assert_int_equal(fixture_in_child(no_processes, path), 0);
}

int
main(int argc, char *argv[])
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(spawn_helper_answers_and_is_gone),
		FIXTURE_TEST(spawn_f20_cve_2019_12209_helper_inherits_nothing),
		FIXTURE_TEST(spawn_f30_host_without_standard_descriptors),
		FIXTURE_TEST(spawn_host_in_a_deleted_directory),
		FIXTURE_TEST(spawn_f22_whatever_the_host_does_with_sigchld),
		FIXTURE_TEST(spawn_f23_children_of_the_host_are_left_to_it),
		FIXTURE_TEST(spawn_kernel_without_pidfd_is_enough),
		FIXTURE_TEST(
		    spawn_f16_program_that_others_may_change_is_not_run),
		FIXTURE_TEST(spawn_without_a_name_is_refused),
		FIXTURE_TEST(spawn_file_that_is_no_program_is_an_error),
		FIXTURE_TEST(spawn_f42_few_descriptors_are_an_error),
		FIXTURE_TEST(spawn_f19_no_more_processes_is_an_error),
	};

	if (argc == 2 && strcmp(argv[0], CHILD) == 0)
		return child_main(argv[1]);
	if (fixture_valgrind()) {
		(void)fprintf(stderr, "valgrind cannot run posix_spawn(3)\n");
		return 77;
	}
	return cmocka_run_group_tests_name("spawn", tests, NULL, NULL);
}

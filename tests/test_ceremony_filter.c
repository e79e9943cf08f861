/*
 * The cage of the I/O process: what is forbidden kills, what is needed works.
 */
#include "tests/fixture.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/ceremony/filter.h"
#include "lib/err.h"

enum call {
	OPEN,
	OPENAT,
	SOCKET,
	EXECVE,
	FORK,
	KILL,
	PTRACE,
	IOCTL,
	EXEC_MAP,
	FILE_MAP,
	MPROTECT,
	SENDMSG,
	PRCTL,
	SETUID,
	CALLS
};

static void
make_call(enum call which)
{
	switch (which) {
	case OPEN:
		(void)open("/etc/passwd", O_RDONLY);
		break;
	case OPENAT:
		(void)syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY, 0);
		break;
	case SOCKET:
		(void)socket(AF_INET, SOCK_STREAM, 0);
		break;
	case EXECVE:
		(void)syscall(SYS_execve, "/bin/true", NULL, NULL);
		break;
	case FORK:
		(void)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
		break;
	case KILL:
		(void)kill(getppid(), 0);
		break;
	case PTRACE:
		(void)syscall(SYS_ptrace, 0, 0, 0, 0);
		break;
	case IOCTL:
		(void)syscall(SYS_ioctl, 0, 0x5413, 0);
		break;
	case EXEC_MAP:
		(void)mmap(NULL, 4096, PROT_READ | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		break;
	case FILE_MAP:
		(void)mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 0, 0);
		break;
	case MPROTECT:
		(void)mprotect(NULL, 4096, PROT_EXEC);
		break;
	case SENDMSG:
		(void)syscall(SYS_sendmsg, 0, NULL, 0);
		break;
	case PRCTL:
		(void)prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
		break;
	case SETUID:
		(void)syscall(SYS_setuid, 0);
		break;
	case CALLS:
	default:
		break;
	}
}

static int
fate(enum call which)
{
	static const struct rlimit no_core = { 0, 0 };
	int st = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)setrlimit(RLIMIT_CORE, &no_core);
		if (aas_filter_calls() != AAS_OK)
			_exit(3);
		make_call(which);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &st, 0), pid);
	return st;
}

static void
ceremony_filter_kills_what_is_not_needed(void **state)
{
	(void)state;
	if (!aas_filter_built())
		skip();
	for (int i = 0; i < CALLS; i++) {
		int st = fate((enum call)i);

		if (!WIFSIGNALED(st) || WTERMSIG(st) != SIGSYS)
			fail_msg(
			    "call %d was let through: %x", i, (unsigned)st);
	}
	assert_int_equal(fate(CALLS), 0);
}

static int
needed(void *arg)
{
	int *fds = arg;
	struct pollfd pfd = { .fd = fds[0], .events = POLLIN };
	struct timespec ts;
	char c = 'x', *big;

	CHECK(aas_filter_calls() == AAS_OK);
	CHECK(write(fds[1], &c, 1) == 1);
	CHECK(poll(&pfd, 1, 1000) == 1);
	CHECK(read(fds[0], &c, 1) == 1);
	big = malloc(4 << 20);
	CHECK(big != NULL);
	big = realloc(big, 8 << 20);
	CHECK(big != NULL);
	free(big);
	CHECK(syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &ts) == 0);
	CHECK(syscall(SYS_getrandom, &c, 1, 0) == 1);
	return 0;
}

static void
ceremony_filter_lets_the_work_be_done(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	assert_int_equal(fixture_in_child(needed, fds), 0);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static int
confined(void *arg)
{
	struct rlimit rl;

	(void)arg;
	/* Before the filter, or there would be no asking. */
	CHECK(aas_filter_confine(65534) == AAS_OK);
	if (aas_filter_built())
		return 0;
	CHECK(getuid() == 65534 && geteuid() == 65534 && getgid() == 65534);
	CHECK(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	CHECK(getrlimit(RLIMIT_CORE, &rl) == 0 && rl.rlim_max == 0);
	return 0;
}

static void
ceremony_filter_f71_confines_a_child_of_root(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(fixture_in_child(confined, NULL), 0);
}

/* One field of /proc/PID/status, as text. */
static void
field_of(pid_t pid, const char *name, char *dst, size_t cap)
{
	char path[64], linebuf[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	assert_non_null(f);
	dst[0] = '\0';
	while (fgets(linebuf, sizeof(linebuf), f) != NULL)
		if (strncmp(linebuf, name, strlen(name)) == 0)
			(void)snprintf(dst, cap, "%s", linebuf + strlen(name));
	(void)fclose(f);
}

/* Looked at from outside, where no filter keeps one from asking. */
static void
ceremony_filter_leaves_no_rights(void **state)
{
	int in[2], out[2], st;
	char c = 'r', text[256];
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, in), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, out), 0);
	if ((pid = fork()) == 0) {
		if (aas_filter_confine(65534) != AAS_OK)
			_exit(3);
		if (write(out[1], &c, 1) != 1 || read(in[0], &c, 1) != 1)
			_exit(4);
		_exit(0);
	}
	assert_int_equal(read(out[0], &c, 1), 1);
	field_of(pid, "Uid:", text, sizeof(text));
	assert_string_equal(text, "\t65534\t65534\t65534\t65534\n");
	field_of(pid, "Gid:", text, sizeof(text));
	assert_string_equal(text, "\t65534\t65534\t65534\t65534\n");
	field_of(pid, "Groups:", text, sizeof(text));
	assert_int_equal(strspn(text, "\t \n"), strlen(text));
	field_of(pid, "CapEff:", text, sizeof(text));
	assert_string_equal(text, "\t0000000000000000\n");
	field_of(pid, "NoNewPrivs:", text, sizeof(text));
	assert_string_equal(text, "\t1\n");
	assert_int_equal(write(in[1], &c, 1), 1);
	assert_int_equal(waitpid(pid, &st, 0), pid);
	assert_int_equal(st, 0);
	for (int i = 0; i < 2; i++) {
		(void)close(in[i]);
		(void)close(out[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(ceremony_filter_kills_what_is_not_needed),
		FIXTURE_TEST(ceremony_filter_lets_the_work_be_done),
		FIXTURE_TEST(ceremony_filter_f71_confines_a_child_of_root),
		FIXTURE_TEST(ceremony_filter_leaves_no_rights),
	};

	return cmocka_run_group_tests_name(
	    "ceremony_filter", tests, NULL, NULL);
}

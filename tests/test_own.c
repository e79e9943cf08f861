/*
 * The calls of libc that the module brings along, held against libc's own.
 */
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/fixture.h"

/* Beside libc's, not in its place. */
#define OWN(type, name, ...) \
	__attribute__((unused)) static type aas_own_##name(__VA_ARGS__)
#include "pam_aas/own.c"

#ifdef AAS_OWN

static int
sign(int v)
{
	return (v > 0) - (v < 0);
}

static void
on_alarm(int sig)
{
	(void)sig;
}

static void
own_files_are_as_libc_sees_them(void **state)
{
	struct stat a, b;
	int fd, high;

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	assert_int_equal(aas_own_fstatat(AT_FDCWD, "/proc/self", &a, 0), 0);
	assert_int_equal(fstatat(AT_FDCWD, "/proc/self", &b, 0), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	fd = aas_own_openat(AT_FDCWD, "/dev/zero", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(aas_own_fcntl(fd, F_GETFD), FD_CLOEXEC);
	high = aas_own_fcntl(fd, F_DUPFD_CLOEXEC, 100);
	assert_true(high >= 100);
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	assert_int_equal(aas_own_fstat(high, &a), 0);
	assert_int_equal(fstat(fd, &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	memset(&a, 1, sizeof(a));
	assert_int_equal(aas_own_read(fd, &a, 9), 9);
	assert_int_equal(((char *)&a)[8], 0);
	assert_int_equal(((char *)&a)[9], 1);
	assert_int_equal(aas_own_write(fd, &a, 9), 9);
	assert_int_equal(aas_own_close(high), 0);
	assert_int_equal(aas_own_close(fd), 0);
}

static void
own_errors_are_in_errno(void **state)
{
	struct stat st;

	(void)state;
	errno = 0;
	assert_int_equal(aas_own_close(-1), -1);
	assert_int_equal(errno, EBADF);
	errno = 0;
	assert_int_equal(aas_own_openat(AT_FDCWD, "/proc/none", O_RDONLY), -1);
	assert_int_equal(errno, ENOENT);
	errno = 0;
	assert_int_equal(aas_own_fstatat(AT_FDCWD, "/proc/none", &st, 0), -1);
	assert_int_equal(errno, ENOENT);
	errno = 0;
	assert_int_equal(aas_own_renameat2(AT_FDCWD, "/proc/none", AT_FDCWD,
			     "/proc/other", 0),
	    -1);
	assert_int_equal(errno, ENOENT);
	errno = 0;
	assert_ptr_equal(
	    aas_own_mmap(NULL, 0, PROT_READ, MAP_PRIVATE, -1, 0), MAP_FAILED);
	assert_int_not_equal(errno, 0);
}

static void
own_process_and_memory_are_the_same(void **state)
{
	struct rlimit a, b;
	struct utsname u, v;
	void *p;

	(void)state;
	assert_int_equal(aas_own_getuid(), getuid());
	assert_int_equal(aas_own_geteuid(), geteuid());
	assert_int_equal(aas_own_getppid(), getppid());
	assert_int_equal(aas_own_getrlimit(RLIMIT_NOFILE, &a), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	memset(&u, 0, sizeof(u));
	memset(&v, 0, sizeof(v));
	assert_int_equal(aas_own_uname(&u), 0);
	assert_int_equal(uname(&v), 0);
	assert_memory_equal(&u, &v, sizeof(u));
	p = aas_own_mmap(NULL, 4096, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(p, MAP_FAILED);
	memset(p, 1, 4096);
	aas_own_explicit_bzero(p, 4096);
	assert_int_equal(*(char *)p, 0);
	assert_int_equal(aas_own_munmap(p, 4096), 0);
}

static void
own_poll_keeps_its_time_and_ends_by_a_signal(void **state)
{
	struct sigaction on = { .sa_handler = on_alarm };
	const struct itimerval soon = { { 0, 0 }, { 0, 10000 } };
	struct timespec from, to;
	struct pollfd p = { .events = POLLIN };
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	p.fd = pair[0];
	assert_int_equal(aas_own_poll(&p, 1, 0), 0);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &from), 0);
	assert_int_equal(aas_own_poll(&p, 1, 20), 0);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &to), 0);
	assert_true((to.tv_sec - from.tv_sec) * 1000000000 +
		(to.tv_nsec - from.tv_nsec) >=
	    20000000);
	assert_int_equal(sigaction(SIGALRM, &on, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	errno = 0;
	assert_int_equal(aas_own_poll(&p, 1, -1), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(write(pair[1], "x", 1), 1);
	assert_int_equal(aas_own_poll(&p, 1, -1), 1);
	assert_int_equal(p.revents, POLLIN);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

/* Few letters, so that much of it is equal, and all lengths and overlaps. */
static void
own_bytes_are_compared_and_moved_alike(void **state)
{
	unsigned char x[300], y[300];
	unsigned seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = (size_t)rand_r(&seed) % 150;
		size_t a = (size_t)rand_r(&seed) % 150;
		size_t b = (size_t)rand_r(&seed) % 150;
		const char *s = (char *)x + a, *t = (char *)x + b;

		for (size_t k = 0; k < sizeof(x); k++)
			x[k] = y[k] = (unsigned char)(rand_r(&seed) % 3 * 100);
		x[sizeof(x) - 1] = y[sizeof(x) - 1] = 0;
		assert_int_equal(
		    sign(aas_own_memcmp(s, t, n)), sign(memcmp(s, t, n)));
		assert_int_equal(aas_own_strlen(s), strlen(s));
		assert_int_equal(
		    sign(aas_own_strcmp(s, t)), sign(strcmp(s, t)));
		assert_ptr_equal(aas_own_memmove(x + a, x + b, n), x + a);
		memmove(y + a, y + b, n);
		assert_memory_equal(x, y, sizeof(x));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(own_files_are_as_libc_sees_them),
		FIXTURE_TEST(own_errors_are_in_errno),
		FIXTURE_TEST(own_process_and_memory_are_the_same),
		FIXTURE_TEST(own_poll_keeps_its_time_and_ends_by_a_signal),
		FIXTURE_TEST(own_bytes_are_compared_and_moved_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
int
main(void)
{
	(void)fprintf(stderr, "all of these are libc's here\n");
	return 77;
}
#endif

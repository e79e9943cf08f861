/*
 * Processes of one user, counted as the kernel counts them for RLIMIT_NPROC.
 */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/notify/crowd.h"

#define UID  ((uid_t)64321) /* nobody's */
#define SOME 5
#define ONCE 4 /* sendmails after which it looks again */

static pid_t kids[SOME];

/* SOME of them, of UID alone, and /proc shows them as root's. */
static void
gather(void)
{
	int fds[2];
	char c = 0;

	assert_int_equal(pipe(fds), 0);
	for (size_t i = 0; i < SOME; i++) {
		kids[i] = fork();
		if (kids[i] == 0) {
			if (setresuid(UID, 0, 0) == -1 ||
			    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
			    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == -1 ||
			    write(fds[1], "x", 1) != 1)
				_exit(1);
			for (;;)
				(void)pause();
		}
		assert_true(kids[i] > 0);
		assert_int_equal(read(fds[0], &c, 1), 1);
	}
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void
part(void)
{
	for (size_t i = 0; i < SOME; i++) {
		(void)kill(kids[i], SIGKILL);
		(void)waitpid(kids[i], NULL, 0);
	}
}

static void
crowd_real_uid_counts(void **state)
{
	size_t n = 99;

	(void)state;
	assert_int_equal(aas_crowd_count(UID, &n), AAS_OK);
	assert_int_equal(n, 0);
	gather();
	assert_int_equal(aas_crowd_count(UID, &n), AAS_OK);
	part();
	assert_int_equal(n, SOME);
}

static void
crowd_few_joined_looks_again(void **state)
{
	(void)state;
	assert_int_equal(aas_crowd(UID), 0);
	gather();
	for (int i = 0; i < ONCE; i++)
		aas_crowd_joined();
	assert_int_equal(aas_crowd(UID), SOME);
	part();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(crowd_real_uid_counts),
		cmocka_unit_test(crowd_few_joined_looks_again),
	};

	if (geteuid() != 0) {
		(void)fputs("only root becomes another user\n", stderr);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <sys/prctl.h>
#include <sys/wait.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/proc.h"
#include "tests/fixture.h"

static void
proc_self_is_found_and_alive(void **state)
{
	struct aas_proc p = { 0 };
	struct aas_proc again = { 0 };
	pid_t ppid = 0;

	(void)state;
	assert_int_equal(aas_proc_get(getpid(), &p, &ppid), AAS_OK);
	assert_int_equal(p.pid, getpid());
	assert_int_equal(ppid, getppid());
	assert_int_equal(aas_proc_get(getpid(), &again, NULL), AAS_OK);
	assert_true(p.start == again.start);
	assert_int_equal(aas_proc_alive(&p), 1);
	memset(&again, 0, sizeof(again));
	ppid = 0;
	assert_int_equal(aas_proc_self(&again, &ppid), AAS_OK);
	assert_int_equal(again.pid, p.pid);
	assert_true(again.start == p.start);
	assert_int_equal(ppid, getppid());
}

static void
proc_f66_other_start_time_is_another_process(void **state)
{
	struct aas_proc p = { 0 };

	(void)state;
	assert_int_equal(aas_proc_get(getpid(), &p, NULL), AAS_OK);
	p.start++;
	assert_int_equal(aas_proc_alive(&p), 0);
}

static void
proc_no_such_pid_is_not_found(void **state)
{
	static const pid_t none[] = { 0, -1, INT32_MIN, INT32_MAX };
	struct aas_proc p = { 7, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		struct aas_proc q = { none[i], 0 };

		assert_int_equal(
		    aas_proc_get(none[i], &p, NULL), AAS_ERR_NOTFOUND);
		assert_int_equal(aas_proc_alive(&q), 0);
	}
	assert_int_equal(p.pid, 7);
}

/* The name of a program is anybody's choice and stands among the fields. */
static int
hostile_name(void *arg)
{
	static const char *const names[] = { ") Z 1 1 (", "a b c d e f g h",
		"))))))))))))))", "(", "\n) S 1", "" };
	struct aas_proc want = { 0 };
	struct aas_proc p = { 0 };
	pid_t ppid = 0;

	(void)arg;
	CHECK(aas_proc_get(getpid(), &want, NULL) == AAS_OK);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CHECK(prctl(PR_SET_NAME, names[i], 0, 0, 0) == 0);
		CHECK(aas_proc_get(getpid(), &p, &ppid) == AAS_OK);
		CHECK(p.pid == getpid() && p.start == want.start);
		CHECK(ppid == getppid());
		CHECK(aas_proc_alive(&p) == 1);
	}
	return 0;
}

static void
proc_hostile_name_shifts_no_field(void **state)
{
	(void)state;
	assert_int_equal(fixture_in_child(hostile_name, NULL), 0);
}

static void *
pause_on(void *arg)
{
	for (;;)
		(void)pause();
	return arg;
}

/* Its first thread has ended: the kernel says zombie, and it goes on. */
static void
proc_whose_first_thread_has_ended_is_alive(void **state)
{
	struct aas_proc_seen p = { .state = 0 };
	pthread_t t;
	pid_t pid = fork();

	(void)state;
	assert_true(pid != -1);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (pthread_create(&t, NULL, pause_on, NULL) != 0)
			_exit(1);
		pthread_exit(NULL);
	}
	do {
		assert_int_equal(aas_proc_see(pid, &p), AAS_OK);
		(void)sched_yield();
	} while (p.state == 'R' || p.state == 'S' || p.state == 'D');
	assert_int_equal(p.state, AAS_PROC_HEADLESS);
	assert_int_equal(aas_proc_alive(&p.id), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(aas_proc_alive(&p.id), 0);
}

static void
proc_zombie_is_not_alive(void **state)
{
	struct aas_proc p = { 0 };
	siginfo_t si;
	pid_t pid = fork();

	(void)state;
	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)pid, &si, WEXITED | WNOWAIT), 0);
	assert_int_equal(aas_proc_get(pid, &p, NULL), AAS_OK);
	assert_int_equal(aas_proc_alive(&p), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(aas_proc_alive(&p), 0);
	assert_int_equal(aas_proc_get(pid, &p, NULL), AAS_ERR_NOTFOUND);
}

/* Reaped just while it is read, it is of session -1 for the kernel. */
static void
proc_that_is_ending_is_read_or_not_found(void **state)
{
	struct aas_proc_seen p;
	int fds[2], r = AAS_OK;
	pid_t reaper = -1, pid = -1;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	if ((reaper = fork()) == 0) {
		(void)signal(SIGPIPE, SIG_IGN);
		for (int i = 0; i < 1000; i++) {
			if ((pid = fork()) == 0)
				_exit(0);
			if (write(fds[1], &pid, sizeof(pid)) != sizeof(pid) ||
			    waitpid(pid, NULL, 0) != pid)
				_exit(1);
		}
		_exit(0);
	}
	assert_int_equal(close(fds[1]), 0);
	while (read(fds[0], &pid, sizeof(pid)) == sizeof(pid)) {
		while ((r = aas_proc_see(pid, &p)) == AAS_OK)
			;
		if (r != AAS_ERR_NOTFOUND)
			break;
	}
	assert_int_equal(close(fds[0]), 0);
	assert_int_equal(waitpid(reaper, NULL, 0), reaper);
	assert_int_equal(r, AAS_ERR_NOTFOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(proc_self_is_found_and_alive),
		FIXTURE_TEST(proc_f66_other_start_time_is_another_process),
		FIXTURE_TEST(proc_no_such_pid_is_not_found),
		FIXTURE_TEST(proc_hostile_name_shifts_no_field),
		FIXTURE_TEST(proc_zombie_is_not_alive),
		FIXTURE_TEST(proc_that_is_ending_is_read_or_not_found),
		FIXTURE_TEST(proc_whose_first_thread_has_ended_is_alive),
	};

	return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}

#include <sys/prctl.h>
#include <sys/wait.h>

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
proc_other_start_time_is_another_process(void **state)
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(proc_self_is_found_and_alive),
		FIXTURE_TEST(proc_other_start_time_is_another_process),
		FIXTURE_TEST(proc_no_such_pid_is_not_found),
		FIXTURE_TEST(proc_hostile_name_shifts_no_field),
		FIXTURE_TEST(proc_zombie_is_not_alive),
	};

	return cmocka_run_group_tests_name("proc", tests, NULL, NULL);
}

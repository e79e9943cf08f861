/*
 * One notifier for many events, and none that is relied on too late.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/event/duty.h"
#include "lib/fs.h"
#include "tests/fixture.h"

static const char *
dir(void **state)
{
	return ((struct fixture *)*state)->dir;
}

/* The start of a notifier: how who started it and it share the file. */
static void
duty_of_a_start_is_over_when_it_says_so(void **state)
{
	int host = -1, other = -1, fd;

	assert_int_equal(aas_duty_take(dir(state), &host), 1);
	assert_int_not_equal(host, -1);
	assert_true(fcntl(host, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(aas_duty_take(dir(state), &other), 0);
	assert_int_equal(other, -1);
	fd = dup(host); /* as AAS_DUTY_FD */
	/* It drains now; whoever started it may still have the file open. */
	aas_duty_begin(fd);
	assert_int_equal(aas_duty_take(dir(state), &other), 0);
	aas_duty_end(fd);
	assert_int_equal(aas_duty_take(dir(state), &other), 1);
	assert_int_not_equal(other, -1);
	aas_close(&other);
	aas_close(&host);
	assert_int_equal(aas_duty_take(dir(state), &other), 1);
	aas_close(&other);
	aas_close(&fd);
}

static void
duty_of_one_that_dies_is_free(void **state)
{
	int host = -1, other = -1, fd;

	assert_int_equal(aas_duty_take(dir(state), &host), 1);
	fd = dup(host);
	aas_close(&host);
	assert_int_equal(aas_duty_take(dir(state), &other), 0);
	aas_close(&fd);
	assert_int_equal(aas_duty_take(dir(state), &other), 1);
	aas_close(&other);
}

static void
duty_f15_of_one_that_hangs_in_its_start_ends(void **state)
{
	struct timespec t[2] = { 0 };
	int host = -1, other = -1;

	assert_int_equal(aas_duty_take(dir(state), &host), 1);
	assert_int_equal(aas_duty_take(dir(state), &other), 0);
	t[0].tv_sec = t[1].tv_sec = time(NULL) - AAS_DUTY_STALE;
	assert_int_equal(futimens(host, t), 0);
	/* Another one, without the lock, and then none for a while. */
	assert_int_equal(aas_duty_take(dir(state), &other), 1);
	assert_int_equal(other, -1);
	assert_int_equal(aas_duty_take(dir(state), &other), 0);
	/* A clock that went back. */
	t[0].tv_sec = t[1].tv_sec = time(NULL) + 86400;
	assert_int_equal(futimens(host, t), 0);
	assert_int_equal(aas_duty_take(dir(state), &other), 1);
	aas_close(&host);
}

static void
duty_file_that_is_none_starts_one_each_time(void **state)
{
	struct fixture *f = *state;
	int fd = 7;

	assert_int_equal(mkfifoat(f->dirfd, AAS_DUTY, 0600), 0);
	assert_int_equal(aas_duty_take(f->dir, &fd), 1);
	assert_int_equal(fd, -1);
	assert_int_equal(aas_duty_inherit(f->dir), -1);
	assert_int_equal(unlinkat(f->dirfd, AAS_DUTY, 0), 0);
	assert_int_equal(aas_duty_take("/nonexistent", &fd), 1);
	assert_int_equal(fd, -1);
	aas_duty_begin(-1);
	aas_duty_end(-1);
}

static int
inherit(void *arg)
{
	const struct fixture *f = arg;
	int fd = -1, other = -1, mine;

	CHECK(aas_duty_take(f->dir, &fd) == 1);
	(void)dup2(fd, AAS_DUTY_FD);
	CHECK(aas_duty_inherit(f->dir) == AAS_DUTY_FD);
	/* Something else there: the file is opened. */
	CHECK(dup2(2, AAS_DUTY_FD) == AAS_DUTY_FD);
	mine = aas_duty_inherit(f->dir);
	CHECK(mine > AAS_DUTY_FD);
	aas_duty_begin(mine);
	if (fd != AAS_DUTY_FD)
		aas_close(&fd);
	CHECK(aas_duty_take(f->dir, &other) == 0);
	aas_duty_end(mine);
	CHECK(aas_duty_take(f->dir, &other) == 1);
	return 0;
}

static void
duty_is_handed_on_as_a_descriptor(void **state)
{
	assert_int_equal(fixture_in_child(inherit, *state), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(duty_of_a_start_is_over_when_it_says_so),
		FIXTURE_TEST(duty_of_one_that_dies_is_free),
		FIXTURE_TEST(duty_f15_of_one_that_hangs_in_its_start_ends),
		FIXTURE_TEST(duty_file_that_is_none_starts_one_each_time),
		FIXTURE_TEST(duty_is_handed_on_as_a_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

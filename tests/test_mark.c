/*
 * The high-water mark of the clock.
 */
#include <sys/stat.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/mark.h"
#include "tests/fixture.h"

#define T2026 INT64_C(1780272000) /* 2026-06-01T00:00:00Z */
#define T2040 INT64_C(2211667200)
#define YEAR  INT64_C(31536000)

static int64_t
get(const struct fixture *f)
{
	int64_t s = -1;

	assert_int_equal(aas_mark_get(f->dir, &s), AAS_OK);
	return s;
}

static void
raise_to(const struct fixture *f, int64_t real_s, int synced, int64_t step_s)
{
	struct aas_now now = { .real_s = real_s, .synced = synced };

	assert_int_equal(aas_mark_raise(f->dir, &now, step_s), AAS_OK);
}

static void
mark_none_yet_is_zero(void **state)
{
	assert_int_equal(get(*state), 0);
}

static void
mark_follows_a_synchronized_clock(void **state)
{
	struct stat st;
	const struct fixture *f = *state;
	mode_t old = umask(077);

	raise_to(f, T2026, 1, 60);
	(void)umask(old);
	assert_int_equal(get(f), T2026);
	assert_int_equal(fstatat(f->dirfd, AAS_MARK_FILE, &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	/* Not at each sign-in: only from the step on. */
	raise_to(f, T2026 + 59, 1, 60);
	assert_int_equal(get(f), T2026);
	raise_to(f, T2026 + 60, 1, 60);
	assert_int_equal(get(f), T2026 + 60);
}

/* The clock is set back by an hour, and by ten years. */
static void
mark_f11_clock_set_back_stays(void **state)
{
	const struct fixture *f = *state;

	raise_to(f, T2026, 1, 0);
	raise_to(f, T2026 - 3600, 1, 0);
	assert_int_equal(get(f), T2026);
	raise_to(f, T2026 - 10 * YEAR, 1, 0);
	assert_int_equal(get(f), T2026);
	assert_int_equal(aas_mark_later(get(f), T2026 - 3600), T2026);
}

/* It runs ahead by ten years: for as long as it does, and no longer. */
static void
mark_f12_unsynchronized_jump_leaves_none(void **state)
{
	const struct fixture *f = *state;

	raise_to(f, T2026, 1, 0);
	raise_to(f, T2040, 0, 0);
	assert_int_equal(get(f), T2026);
	assert_int_equal(aas_mark_later(get(f), T2040), T2040);
	assert_int_equal(aas_mark_later(get(f), T2026 + 1), T2026 + 1);
}

/* The boot identity does not matter: the mark is of no boot. */
static void
mark_f14_outlives_a_boot(void **state)
{
	struct aas_now now = { .real_s = T2026, .synced = 1 };
	const struct fixture *f = *state;

	memset(now.boot_id, 1, sizeof(now.boot_id));
	now.boottime_ms = 1000000;
	assert_int_equal(aas_mark_raise(f->dir, &now, 0), AAS_OK);
	memset(now.boot_id, 2, sizeof(now.boot_id));
	now.boottime_ms = 1;
	now.real_s = T2026 - YEAR; /* a battery that is empty */
	assert_int_equal(aas_mark_raise(f->dir, &now, 0), AAS_OK);
	assert_int_equal(get(f), T2026);
}

static void
mark_accepted_by_root_goes_either_way(void **state)
{
	const struct fixture *f = *state;
	int64_t old = -1;

	assert_int_equal(aas_mark_accept(f->dir, T2040, &old), AAS_OK);
	assert_int_equal(old, 0);
	assert_int_equal(aas_mark_accept(f->dir, T2026, &old), AAS_OK);
	assert_int_equal(old, T2040);
	assert_int_equal(get(f), T2026);
}

static void
mark_of_others_does_not_count(void **state)
{
	const struct fixture *f = *state;
	struct aas_now now = { .real_s = T2026, .synced = 1 };
	int64_t s = -1;

	fixture_write(f, AAS_MARK_FILE, "", 0666);
	assert_int_equal(aas_mark_get(f->dir, &s), AAS_ERR_PERMS);
	assert_int_equal(aas_mark_raise(f->dir, &now, 0), AAS_ERR_PERMS);
	assert_int_equal(aas_mark_accept(f->dir, T2026, &s), AAS_ERR_PERMS);
	assert_int_equal(unlinkat(f->dirfd, AAS_MARK_FILE, 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", f->dirfd, AAS_MARK_FILE), 0);
	assert_int_equal(aas_mark_get(f->dir, &s), AAS_ERR_PERMS);
	assert_int_equal(s, -1);
}

static void
mark_without_a_place_is_an_error(void **state)
{
	struct aas_now now = { .real_s = T2026, .synced = 1 };
	char path[600];
	int64_t s = -1;

	(void)state;
	assert_int_equal(
	    aas_mark_raise("/nonexistent", &now, 0), AAS_ERR_NOTFOUND);
	assert_int_equal(aas_mark_get("/dev/null", &s), AAS_ERR_SYS);
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(aas_mark_get(path, &s), AAS_ERR_TOOBIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(mark_none_yet_is_zero),
		FIXTURE_TEST(mark_follows_a_synchronized_clock),
		FIXTURE_TEST(mark_f11_clock_set_back_stays),
		FIXTURE_TEST(mark_f12_unsynchronized_jump_leaves_none),
		FIXTURE_TEST(mark_f14_outlives_a_boot),
		FIXTURE_TEST(mark_accepted_by_root_goes_either_way),
		FIXTURE_TEST(mark_of_others_does_not_count),
		FIXTURE_TEST(mark_without_a_place_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

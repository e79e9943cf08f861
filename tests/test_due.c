#include "lib/keep/due.h"
#include "tests/fixture.h"

#define MIN 60000

static struct aas_keep_due
at(const struct aas_keep_times *t, int64_t now_ms)
{
	return aas_keep_due(t, now_ms);
}

static void
due_overall_limit_warns_twice_then_ends(void **state)
{
	struct aas_keep_times t = { .opened_ms = 5000, .session_ms = 60 * MIN };
	int64_t end = 5000 + 60 * MIN;
	struct aas_keep_due d;

	(void)state;
	d = at(&t, 5000);
	assert_int_equal(d.act, AAS_KEEP_WAIT);
	assert_int_equal(d.at_ms, end - 10 * MIN);
	assert_int_equal(d.left_ms, 60 * MIN);
	d = at(&t, end - 10 * MIN);
	assert_int_equal(d.act, AAS_KEEP_TELL);
	t.told_ms = d.left_ms;
	d = at(&t, end - 10 * MIN);
	assert_int_equal(d.act, AAS_KEEP_WAIT);
	assert_int_equal(d.at_ms, end - MIN);
	d = at(&t, end - MIN);
	assert_int_equal(d.act, AAS_KEEP_TELL);
	t.told_ms = d.left_ms;
	d = at(&t, end - MIN);
	assert_int_equal(d.act, AAS_KEEP_WAIT);
	assert_int_equal(d.at_ms, end);
	assert_int_equal(at(&t, end - 1).act, AAS_KEEP_WAIT);
	assert_int_equal(at(&t, end).act, AAS_KEEP_END);
	assert_int_equal(at(&t, INT64_MAX).act, AAS_KEEP_END);
}

static void
due_late_look_tells_once_for_both_warnings(void **state)
{
	struct aas_keep_times t = { .session_ms = 60 * MIN };

	(void)state;
	assert_int_equal(at(&t, 60 * MIN - 500).act, AAS_KEEP_TELL);
	t.told_ms = 500;
	assert_int_equal(at(&t, 60 * MIN - 500).act, AAS_KEEP_WAIT);
	assert_int_equal(at(&t, 60 * MIN - 500).at_ms, 60 * MIN);
}

static void
due_short_limit_has_no_warning(void **state)
{
	struct aas_keep_times t = { .opened_ms = 100, .session_ms = 5000 };

	(void)state;
	assert_int_equal(at(&t, 100).act, AAS_KEEP_WAIT);
	assert_int_equal(at(&t, 100).at_ms, 5100);
	assert_int_equal(at(&t, 5100).act, AAS_KEEP_END);
	/* Twice a minute: the last warning, but not the one of ten minutes. */
	t.session_ms = 2 * MIN;
	assert_int_equal(at(&t, 100).at_ms, 100 + MIN);
}

static void
due_idle_limit_starts_anew_with_each_input(void **state)
{
	struct aas_keep_times t = { .session_ms = 600 * MIN,
		.idle_ms = 15 * MIN };

	(void)state;
	assert_int_equal(at(&t, 0).at_ms, 14 * MIN);
	assert_int_equal(at(&t, 14 * MIN).act, AAS_KEEP_TELL_IDLE);
	t.idle_told_ms = t.input_ms = 13 * MIN;
	assert_int_equal(at(&t, 14 * MIN).act, AAS_KEEP_WAIT);
	assert_int_equal(at(&t, 27 * MIN).act, AAS_KEEP_WAIT);
	assert_int_equal(at(&t, 28 * MIN).act, AAS_KEEP_END_IDLE);
	t.input_ms = 27 * MIN;
	assert_int_equal(at(&t, 28 * MIN).at_ms, 41 * MIN);
	assert_int_equal(at(&t, 41 * MIN).act, AAS_KEEP_TELL_IDLE);
}

static void
due_the_nearer_limit_wins(void **state)
{
	struct aas_keep_times t = { .session_ms = 10000, .idle_ms = 3000 };

	(void)state;
	assert_int_equal(at(&t, 0).at_ms, 3000);
	assert_int_equal(at(&t, 3000).act, AAS_KEEP_END_IDLE);
	t.input_ms = 9000;
	assert_int_equal(at(&t, 9000).at_ms, 10000);
	assert_int_equal(at(&t, 10000).act, AAS_KEEP_END);
}

static void
due_without_limits_waits_for_ever(void **state)
{
	struct aas_keep_times t = { .opened_ms = 77 };

	(void)state;
	assert_int_equal(at(&t, INT64_MAX - 1).act, AAS_KEEP_WAIT);
	assert_true(at(&t, 5).at_ms == INT64_MAX);
	t.idle_ms = 1000;
	t.input_ms = 2000;
	assert_int_equal(at(&t, 2500).at_ms, 3000);
	assert_int_equal(at(&t, 3000).act, AAS_KEEP_END_IDLE);
}

static void
due_f11_f12_absurd_numbers_end_and_never_overflow(void **state)
{
	static const int64_t odd[] = { INT64_MIN, -1, INT64_MAX,
		INT64_MAX / 2 };
	struct aas_keep_times t = { .session_ms = -5 };

	(void)state;
	assert_int_equal(at(&t, 0).act, AAS_KEEP_END);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		t = (struct aas_keep_times){ .opened_ms = odd[i],
			.session_ms = 5000 };
		assert_int_equal(at(&t, 1).act, AAS_KEEP_END);
		t = (struct aas_keep_times){ .session_ms = INT64_MAX,
			.idle_ms = INT64_MAX,
			.input_ms = odd[i] };
		(void)at(&t, INT64_MAX);
		(void)at(&t, INT64_MIN);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(due_overall_limit_warns_twice_then_ends),
		FIXTURE_TEST(due_late_look_tells_once_for_both_warnings),
		FIXTURE_TEST(due_short_limit_has_no_warning),
		FIXTURE_TEST(due_idle_limit_starts_anew_with_each_input),
		FIXTURE_TEST(due_the_nearer_limit_wins),
		FIXTURE_TEST(due_without_limits_waits_for_ever),
		FIXTURE_TEST(due_f11_f12_absurd_numbers_end_and_never_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

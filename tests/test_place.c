/*
 * Places that alerts go to: those that fail, are slow, or are too many.
 */
#include <stdio.h>
#include <string.h>

#include "lib/notify/place.h"
#include "tests/fixture.h"

static void
place_that_fails_waits_twice_as_long_each_time(void **state)
{
	struct aas_places s = { .n = 0 };
	const char *key = "0123456789abcdef";

	(void)state;
	assert_int_equal(aas_place_wait(1, 600), 45);
	assert_int_equal(aas_place_wait(2, 600), 90);
	assert_int_equal(aas_place_wait(30, 600), 600);
	assert_true(aas_place_open(&s, key, 0, 600));
	/* Three alerts of a run are tried there, and count as one failure. */
	assert_int_equal(aas_place_bad(&s, key, 100, 600, 0), 1);
	assert_true(aas_place_open(&s, key, 100, 600));
	assert_int_equal(aas_place_bad(&s, key, 100, 600, 0), 0);
	assert_int_equal(aas_place_bad(&s, key, 100, 600, 0), 0);
	assert_false(aas_place_open(&s, key, 100, 600));
	s.v[0].run_fails = 0; /* the next run */
	assert_false(aas_place_open(&s, key, 144, 600));
	assert_true(aas_place_open(&s, key, 145, 600));
	/* One that takes all its time is left alone at once. */
	assert_int_equal(aas_place_bad(&s, key, 145, 600, 1), 2);
	assert_false(aas_place_open(&s, key, 145, 600));
	aas_place_good(&s, key);
	assert_true(aas_place_open(&s, key, 145, 600));
}

static void
place_that_is_slow_or_noted_by_a_wrong_clock_is_open_again(void **state)
{
	struct aas_places s = { .n = 0 };
	const char *key = "0123456789abcdef";

	(void)state;
	/* Good each time, but slow: the rest of the run is for the others. */
	aas_place_spent(&s, key, AAS_PLACE_MS - 1);
	aas_place_good(&s, key);
	assert_true(aas_place_open(&s, key, 100, 600));
	aas_place_spent(&s, key, 1);
	assert_false(aas_place_open(&s, key, 100, 600));
	assert_true(aas_place_open(&s, "fedcba9876543210", 100, 600));
	/* What a run notes, a clock a year ahead of ours. */
	aas_places_parse("0123456789abcdef 3 100000601\n", 29, &s);
	assert_int_equal(s.n, 1);
	assert_true(aas_place_open(&s, key, 100000000, 600));
	assert_false(aas_place_open(&s, key, 100000001, 600));
	assert_true(aas_place_open(&s, key, 100000601, 600));
}

static void
place_of_which_there_are_too_many_is_still_served_and_told(void **state)
{
	struct aas_places s = { .n = 0 };
	char key[AAS_MARK_KEY];

	(void)state;
	/* As many as there is room for, which nobody names any more. */
	for (unsigned i = 0; i < AAS_PLACES_MAX; i++) {
		(void)snprintf(key, sizeof(key), "%016x", i);
		assert_int_equal(aas_place_bad(&s, key, 1000 + i, 600, 0), 1);
	}
	assert_int_equal(s.n, AAS_PLACES_MAX);
	for (size_t i = 0; i < s.n; i++)
		s.v[i].run_fails = 0; /* the next run */
	/* One more: it is tried, waits, and is told the fifth time. */
	(void)snprintf(key, sizeof(key), "%016x", 0xabcdef);
	for (unsigned fails = 1; fails <= AAS_PLACE_TELL; fails++) {
		int64_t now_s = 100000 * (int64_t)fails;

		assert_true(aas_place_open(&s, key, now_s, 600));
		assert_int_equal(aas_place_bad(&s, key, now_s, 600, 1), fails);
		assert_false(aas_place_open(&s, key, now_s, 600));
		for (size_t i = 0; i < s.n; i++)
			s.v[i].run_fails = 0;
	}
	assert_int_equal(s.n, AAS_PLACES_MAX);
	/* The first of the others made room; the second is there. */
	(void)snprintf(key, sizeof(key), "%016x", 0);
	assert_true(aas_place_open(&s, key, 1000, 600));
	(void)snprintf(key, sizeof(key), "%016x", 1);
	assert_false(aas_place_open(&s, key, 1001, 600));
	/* Ever new ones that fail in one run drive none of it out first. */
	for (unsigned i = 0; i < AAS_PLACES_MAX; i++) {
		(void)snprintf(key, sizeof(key), "%016x", 0x10000 + i);
		assert_int_equal(aas_place_bad(&s, key, 600000 + i, 600, 1), 1);
	}
	for (unsigned i = 0; i < AAS_PLACES_MAX; i++) {
		(void)snprintf(key, sizeof(key), "%016x", 0x10000 + i);
		assert_false(aas_place_open(&s, key, 600000 + i, 600));
	}
}

static void
place_that_is_down_says_for_how_long(void **state)
{
	struct aas_places s = { .n = 0 };
	const char *key = "0123456789abcdef";

	(void)state;
	assert_int_equal(aas_place_span(0, 600), 0);
	assert_int_equal(aas_place_span(1, 600), 45);
	assert_int_equal(aas_place_span(4, 600), 45 + 90 + 180 + 360);
	assert_int_equal(aas_place_span(6, 600), 675 + 600 + 600);
	assert_int_equal(aas_place_span(AAS_PLACE_FAILS, 600),
	    675 + 600 * (AAS_PLACE_FAILS - (int64_t)4));
	aas_places_parse("0123456789abcdef 1000 100\n", 26, &s);
	/* It was not tried in this run. */
	assert_int_equal(aas_place_down(&s, key), 0);
	assert_int_equal(aas_place_down(&s, "fedcba9876543210"), 0);
	assert_int_equal(aas_place_bad(&s, key, 100, 600, 0), 1001);
	assert_int_equal(aas_place_down(&s, key), 1001);
	aas_place_good(&s, key);
	assert_int_equal(aas_place_down(&s, key), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(place_that_fails_waits_twice_as_long_each_time),
		FIXTURE_TEST(
		    place_that_is_slow_or_noted_by_a_wrong_clock_is_open_again),
		FIXTURE_TEST(
		    place_of_which_there_are_too_many_is_still_served_and_told),
		FIXTURE_TEST(place_that_is_down_says_for_how_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Who gets a place among the connections of aasd.
 */
#include "tests/fixture.h"

#include <string.h>

#include "aasd/seat.h"

#define NOW 1000000

/* Users from 1000 on, ${each} connections of each, until ${n} are taken. */
static void
fill(struct aasd_seat v[AASD_CONNS], size_t n, size_t each, int64_t age_ms)
{
	memset(v, 0, AASD_CONNS * sizeof(*v));
	for (size_t i = 0; i < n; i++)
		v[i] = (struct aasd_seat){ 1, 0, (uid_t)(1000 + i / each),
			NOW - age_ms - (int64_t)i };
}

static void
seat_is_a_free_one_while_there_is_one(void **state)
{
	struct aasd_seat v[AASD_CONNS];
	int i = 0;

	(void)state;
	fill(v, AASD_CONNS - AASD_CONNS_ROOT - 1, AASD_CONNS_UID, 0);
	i = aasd_seat_pick(v, 5, NOW);
	assert_in_range(i, 0, AASD_CONNS - 1);
	assert_false(v[i].taken);
}

static void
seat_of_one_who_has_enough_is_only_an_idle_one_of_his(void **state)
{
	struct aasd_seat v[AASD_CONNS];

	(void)state;
	fill(v, AASD_CONNS_UID, AASD_CONNS_UID, 0);
	assert_int_equal(aasd_seat_pick(v, 1000, NOW), -1);
	v[3].since_ms = NOW - AASD_SEAT_OWN_MS;
	assert_int_equal(aasd_seat_pick(v, 1000, NOW), 3);
	v[3].busy = 1;
	assert_int_equal(aasd_seat_pick(v, 1000, NOW), -1);
}

static void
seat_of_a_newcomer_is_one_of_the_greediest(void **state)
{
	struct aasd_seat v[AASD_CONNS];
	size_t n = AASD_CONNS - AASD_CONNS_ROOT;

	(void)state;
	fill(v, n, AASD_CONNS_UID, 0);
	/* The last user has one less, and he was first of all. */
	v[n - 1].uid = 77;
	v[n - 2].since_ms = 1;
	assert_int_equal(
	    aasd_seat_pick(v, 5, NOW), (int)(n - AASD_CONNS_UID - 1));
	/* All of them with work: those have to wait. */
	for (size_t i = 0; i < n; i++)
		v[i].busy = 1;
	assert_int_equal(aasd_seat_pick(v, 5, NOW), -1);
	v[9].busy = 0;
	assert_int_equal(aasd_seat_pick(v, 5, NOW), 9);
}

static void
seat_among_equals_is_one_that_had_its_time(void **state)
{
	struct aasd_seat v[AASD_CONNS];
	size_t n = AASD_CONNS - AASD_CONNS_ROOT;

	(void)state;
	fill(v, n, 1, 0);
	for (size_t i = 0; i < n; i++)
		v[i].since_ms = NOW;
	assert_int_equal(aasd_seat_pick(v, 5, NOW), -1);
	v[7].since_ms = NOW - AASD_SEAT_EVEN_MS;
	assert_int_equal(aasd_seat_pick(v, 5, NOW), 7);
	/* Who has one already takes it from nobody who has no more. */
	v[11].uid = 5;
	assert_int_equal(aasd_seat_pick(v, 5, NOW), -1);
}

static void
seat_of_root_is_kept_free_and_taken_by_nobody(void **state)
{
	struct aasd_seat v[AASD_CONNS];
	size_t n = AASD_CONNS - AASD_CONNS_ROOT;
	int i = 0;

	(void)state;
	fill(v, n, AASD_CONNS_UID, 0);
	i = aasd_seat_pick(v, 0, NOW);
	assert_in_range(i, n, AASD_CONNS - 1);
	for (size_t k = 0; k < AASD_CONNS; k++)
		v[k] = (struct aasd_seat){ 1, 0, 0, 0 };
	v[2].uid = 1000;
	v[2].busy = 1;
	assert_int_equal(aasd_seat_pick(v, 1001, NOW), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seat_is_a_free_one_while_there_is_one),
		cmocka_unit_test(
		    seat_of_one_who_has_enough_is_only_an_idle_one_of_his),
		cmocka_unit_test(seat_of_a_newcomer_is_one_of_the_greediest),
		cmocka_unit_test(seat_among_equals_is_one_that_had_its_time),
		cmocka_unit_test(seat_of_root_is_kept_free_and_taken_by_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/keep/book.h"
#include "tests/fixture.h"

#define MANY 5000

static void
name(uint64_t n, char id[AAS_LEDGER_ID])
{
	(void)snprintf(id, AAS_LEDGER_ID, "%016llx",
	    (unsigned long long)(n * 0x9E3779B97F4A7C15u));
}

static struct aas_kept *
put(struct aas_book *b, uint64_t n, int64_t due_ms)
{
	struct aas_ledger_line l = { .uid = (uint32_t)n, .session_s = 60 };
	struct aas_kept *k = NULL;
	char id[AAS_LEDGER_ID];

	name(n, id);
	assert_int_equal(aas_book_put(b, id, &l, "{}", &k), AAS_OK);
	aas_book_due(b, k, due_ms);
	return k;
}

static void
book_gives_what_is_due_in_order(void **state)
{
	struct aas_book b = { NULL, 0, NULL, 0, 0 };
	struct aas_kept *k = NULL;
	int64_t last = INT64_MIN;
	size_t n = 0;

	(void)state;
	srandom(7);
	for (uint64_t i = 1; i <= MANY; i++)
		(void)put(&b, i, random() % 1000);
	for (uint64_t i = 1; i <= MANY; i += 3)
		(void)put(&b, i, random() % 100000);
	assert_int_equal(b.n, MANY);
	while ((k = aas_book_first(&b)) != NULL) {
		assert_true(k->due_ms >= last);
		last = k->due_ms;
		aas_book_drop(&b, k);
		n++;
	}
	assert_int_equal(n, MANY);
	aas_book_free(&b);
}

static void
book_finds_each_while_others_come_and_go(void **state)
{
	struct aas_book b = { NULL, 0, NULL, 0, 0 };
	char there[MANY + 1] = { 0 };
	char id[AAS_LEDGER_ID];

	(void)state;
	srandom(11);
	for (int round = 0; round < 4 * MANY; round++) {
		uint64_t i = 1 + (uint64_t)random() % MANY;
		struct aas_kept *k = NULL;

		name(i, id);
		k = aas_book_find(&b, id);
		assert_int_equal(k != NULL, there[i]);
		if (k != NULL) {
			assert_int_equal(k->l.uid, i);
			assert_string_equal(k->id, id);
			aas_book_drop(&b, k);
		} else {
			(void)put(&b, i, random());
		}
		there[i] = !there[i];
	}
	for (uint64_t i = 1; i <= MANY; i++) {
		name(i, id);
		assert_int_equal(aas_book_find(&b, id) != NULL, there[i]);
	}
	aas_book_free(&b);
	assert_null(aas_book_first(&b));
	assert_null(aas_book_find(&b, id));
}

static void
book_renews_a_line_and_keeps_what_was_told(void **state)
{
	struct aas_book b = { NULL, 0, NULL, 0, 0 };
	struct aas_ledger_line l = { .uid = 1,
		.boottime_ms = 500,
		.seq = UINT64_MAX,
		.session_s = 10,
		.idle_s = INT64_MAX };
	struct aas_kept *k = put(&b, 1, 99), *again = NULL;

	(void)state;
	k->t.told_ms = 3;
	assert_int_equal(aas_book_put(&b, k->id, &l, "new", &again), AAS_OK);
	assert_ptr_equal(again, k);
	assert_string_equal(k->text, "new");
	assert_int_equal(k->t.told_ms, 3);
	assert_int_equal(k->t.session_ms, 10000);
	assert_true(k->t.idle_ms > 0);
	assert_int_equal(k->t.input_ms, 500);
	/* Which entry it counts from was found out, and is not forgotten. */
	k->l.seq = 7;
	assert_int_equal(aas_book_put(&b, k->id, &l, "new", &again), AAS_OK);
	assert_int_equal(k->l.seq, 7);
	l.seq = 9;
	assert_int_equal(aas_book_put(&b, k->id, &l, "new", &again), AAS_OK);
	assert_int_equal(k->l.seq, 9);
	assert_int_equal(b.n, 1);
	aas_book_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(book_gives_what_is_due_in_order),
		FIXTURE_TEST(book_finds_each_while_others_come_and_go),
		FIXTURE_TEST(book_renews_a_line_and_keeps_what_was_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Reason codes: stable, distinct, and each with a sentence.
 */
#include "tests/fixture.h"

#include <string.h>

#include "lib/reason.h"

static void
reason_codes_are_distinct_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= AAS_WHY_LAST; i++) {
		const char *c = aas_reason_code(i);

		assert_true(strlen(c) >= 2);
		assert_int_equal(
		    strspn(c, "abcdefghijklmnopqrstuvwxyz-"), strlen(c));
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(c, aas_reason_code(k));
	}
}

static void
reason_texts_are_sentences_without_format(void **state)
{
	(void)state;
	for (unsigned i = 0; i <= AAS_WHY_LAST; i++) {
		const char *t = aas_reason_text(i);

		assert_true(t[0] >= 'A' && t[0] <= 'Z');
		assert_int_equal(t[strlen(t) - 1], '.');
		assert_null(strchr(t, '%'));
		assert_true(strlen(t) < 256);
	}
}

static void
reason_beyond_the_last_is_unknown(void **state)
{
	(void)state;
	assert_string_equal(aas_reason_code(AAS_WHY_LAST + 1), "unknown");
	assert_string_equal(aas_reason_code(~0u), "unknown");
	assert_string_equal(aas_reason_text(~0u), aas_reason_text(0));
}

static void
reason_values_never_move(void **state)
{
	(void)state;
	assert_string_equal(aas_reason_code(1), "ok");
	assert_string_equal(aas_reason_code(2), "no-key");
	assert_string_equal(aas_reason_code(13), "counter");
	assert_string_equal(aas_reason_code(22), "remote");
	assert_string_equal(aas_reason_code(49), "clock");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(reason_codes_are_distinct_words),
		FIXTURE_TEST(reason_texts_are_sentences_without_format),
		FIXTURE_TEST(reason_beyond_the_last_is_unknown),
		FIXTURE_TEST(reason_values_never_move),
	};

	return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}

#include <string.h>

#include "lib/err.h"
#include "tests/fixture.h"

static void
err_every_result_has_a_text_of_its_own(void **state)
{
	(void)state;
	for (int a = AAS_ERR_DEVICE; a <= AAS_OK; a++) {
		assert_non_null(aas_strerror(a));
		assert_string_not_equal(aas_strerror(a), "unknown error");
		for (int b = AAS_ERR_DEVICE; b < a; b++)
			assert_string_not_equal(
			    aas_strerror(a), aas_strerror(b));
	}
}

static void
err_unknown_result_says_so(void **state)
{
	static const int odd[] = { 1, 2, 4711, AAS_ERR_DEVICE - 1, -4711,
		INT32_MAX, INT32_MIN };

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		assert_string_equal(aas_strerror(odd[i]), "unknown error");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(err_every_result_has_a_text_of_its_own),
		FIXTURE_TEST(err_unknown_result_says_so),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}

#include <string.h>

#include "lib/put.h"
#include "tests/fixture.h"

static void
put_pieces_make_one_text(void **state)
{
	struct aas_put t;
	char b[64];

	(void)state;
	aas_put_init(&t, b, sizeof(b));
	assert_string_equal(b, "");
	aas_put_text(&t, "/proc/");
	aas_put_number(&t, 0);
	aas_put_char(&t, '/');
	aas_put_number(&t, UINT64_MAX);
	aas_put_char(&t, '/');
	aas_put_padded(&t, 7, 2);
	aas_put_padded(&t, 123, 2);
	aas_put_padded(&t, 0, 4);
	aas_put_text(&t, "");
	assert_false(t.bad);
	assert_string_equal(b, "/proc/0/18446744073709551615/071230000");
	assert_int_equal(t.len, strlen(b));
	aas_put_init(&t, b, sizeof(b));
	aas_put_padded(&t, 1, 99);
	assert_string_equal(b, "00000000000000000001");
}

static void
put_what_does_not_fit_is_told_and_ends_it(void **state)
{
	struct aas_put t;
	char b[8];

	(void)state;
	memset(b, 'x', sizeof(b));
	aas_put_init(&t, b, 6);
	aas_put_text(&t, "12345");
	assert_false(t.bad);
	aas_put_char(&t, '6');
	assert_true(t.bad);
	aas_put_text(&t, "");
	assert_true(t.bad);
	assert_string_equal(b, "12345");
	aas_put_init(&t, b, 6);
	aas_put_text(&t, "123456");
	aas_put_text(&t, "1");
	assert_true(t.bad);
	assert_string_equal(b, "");
	assert_int_equal(b[6], 'x');
	assert_int_equal(b[7], 'x');
	aas_put_init(&t, b, 0);
	aas_put_text(&t, "");
	assert_true(t.bad);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(put_pieces_make_one_text),
		cmocka_unit_test(put_what_does_not_fit_is_told_and_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

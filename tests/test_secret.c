#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/secret.h"
#include "tests/fixture.h"

static void
secret_set_holds_the_bytes_and_a_nul(void **state)
{
	struct aas_secret s;

	(void)state;
	memset(&s, 0x55, sizeof(s));
	assert_int_equal(aas_secret_set(&s, "1234", 4), AAS_OK);
	assert_int_equal(s.len, 4);
	assert_memory_equal(s.b, "1234", 5);
	aas_secret_clear(&s);
}

static void
secret_set_shorter_leaves_nothing_of_the_longer(void **state)
{
	static const unsigned char zero[AAS_SECRET_MAX];
	struct aas_secret s;

	(void)state;
	assert_int_equal(aas_secret_set(&s, "abcdefgh", 8), AAS_OK);
	assert_int_equal(aas_secret_set(&s, "z", 1), AAS_OK);
	assert_int_equal(s.b[0], 'z');
	assert_memory_equal(s.b + 1, zero, AAS_SECRET_MAX);
	aas_secret_clear(&s);
}

static void
secret_bounds_are_exact(void **state)
{
	unsigned char big[AAS_SECRET_MAX + 1];
	struct aas_secret s;

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(aas_secret_set(&s, big, AAS_SECRET_MAX), AAS_OK);
	assert_int_equal(s.len, AAS_SECRET_MAX);
	assert_int_equal(s.b[AAS_SECRET_MAX], 0);
	assert_int_equal(
	    aas_secret_set(&s, big, AAS_SECRET_MAX + 1), AAS_ERR_TOOBIG);
	assert_int_equal(s.len, 0);
	assert_int_equal(s.b[0], 0);
	assert_int_equal(aas_secret_set(&s, NULL, 0), AAS_OK);
	assert_int_equal(s.len, 0);
}

static void
secret_clear_wipes_all_of_it(void **state)
{
	struct aas_secret s;

	(void)state;
	assert_int_equal(aas_secret_set(&s, "1234", 4), AAS_OK);
	wipe_reset();
	aas_secret_clear(&s);
	assert_true(wipe_covers(&s, sizeof(s)));
	aas_secret_clear(&s);
	aas_secret_clear(NULL);
}

static void
secret_cve_2026_54411_equal_sees_every_bit(void **state)
{
	unsigned char a[64];
	unsigned char b[64];

	(void)state;
	for (size_t i = 0; i < sizeof(a); i++)
		a[i] = (unsigned char)(i * 7);
	memcpy(b, a, sizeof(a));
	assert_int_equal(aas_mem_equal(a, b, sizeof(a)), 1);
	for (size_t i = 0; i < sizeof(a) * 8; i++) {
		b[i / 8] ^= (unsigned char)(1 << i % 8);
		assert_int_equal(aas_mem_equal(a, b, sizeof(a)), 0);
		b[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	assert_int_equal(aas_mem_equal(a, b, 0), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(secret_set_holds_the_bytes_and_a_nul),
		FIXTURE_TEST(secret_set_shorter_leaves_nothing_of_the_longer),
		FIXTURE_TEST(secret_bounds_are_exact),
		FIXTURE_TEST(secret_clear_wipes_all_of_it),
		FIXTURE_TEST(secret_cve_2026_54411_equal_sees_every_bit),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}

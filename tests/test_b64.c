#include <string.h>

#include "lib/b64.h"
#include "lib/err.h"
#include "lib/hex.h"
#include "tests/fixture.h"

static void
b64_vectors_of_the_rfc(void **state)
{
	static const char *const v[][2] = { { "", "" }, { "f", "Zg==" },
		{ "fo", "Zm8=" }, { "foo", "Zm9v" }, { "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" }, { "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/" } };

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		char text[16];
		uint8_t back[16];
		size_t n = 99;

		aas_b64_format(v[i][0], strlen(v[i][0]), text);
		assert_string_equal(text, v[i][1]);
		assert_int_equal(
		    AAS_B64_TEXT(strlen(v[i][0])), strlen(v[i][1]) + 1);
		assert_int_equal(aas_b64_parse(text, strlen(text), back,
				     strlen(v[i][0]), &n),
		    AAS_OK);
		assert_int_equal(n, strlen(v[i][0]));
		assert_memory_equal(back, v[i][0], n);
	}
}

static void
b64_one_value_has_one_text(void **state)
{
	static const char *const bad[] = { "Zg=", "Zg", "Z===", "====", "=",
		"Zh==", "Zm9=", "Zg==Zg==", "Zm 9", "Zm9v\n", "Zm9-", "Zm9_",
		"Z=g=", "Zm9v=" };
	uint8_t b[16];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (aas_b64_parse(bad[i], strlen(bad[i]), b, sizeof(b), &n) !=
		    AAS_ERR_FORMAT)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(aas_b64_parse("Zm9v", 4, b, 2, &n), AAS_ERR_TOOBIG);
	assert_int_equal(aas_b64_parse("Zm8=", 4, b, 2, &n), AAS_OK);
}

static void
b64_all_bytes_come_back(void **state)
{
	uint8_t in[256];
	uint8_t out[256];
	char text[AAS_B64_TEXT(256)];
	size_t n = 0;

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		in[i] = (uint8_t)i;
	for (size_t len = 0; len <= 256; len++) {
		aas_b64_format(in, len, text);
		assert_int_equal(strlen(text) + 1, AAS_B64_TEXT(len));
		assert_int_equal(
		    aas_b64_parse(text, strlen(text), out, sizeof(out), &n),
		    AAS_OK);
		assert_int_equal(n, len);
		assert_memory_equal(in, out, len);
	}
}

static void
hex_is_lower_case_and_exact(void **state)
{
	static const uint8_t in[4] = { 0x00, 0x9a, 0xbf, 0xff };
	uint8_t out[4];
	char text[9];

	(void)state;
	aas_hex_format(in, 4, text);
	assert_string_equal(text, "009abfff");
	assert_int_equal(aas_hex_parse(text, out, 4), AAS_OK);
	assert_memory_equal(in, out, 4);
	assert_int_equal(aas_hex_parse("009abff", out, 4), AAS_ERR_FORMAT);
	assert_int_equal(aas_hex_parse("009abfff0", out, 4), AAS_ERR_FORMAT);
	assert_int_equal(aas_hex_parse("009ABFFF", out, 4), AAS_ERR_FORMAT);
	assert_int_equal(aas_hex_parse("009abffg", out, 4), AAS_ERR_FORMAT);
	assert_int_equal(aas_hex_parse("", out, 4), AAS_ERR_FORMAT);
	assert_int_equal(aas_hex_parse("", out, 0), AAS_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(b64_vectors_of_the_rfc),
		FIXTURE_TEST(b64_one_value_has_one_text),
		FIXTURE_TEST(b64_all_bytes_come_back),
		FIXTURE_TEST(hex_is_lower_case_and_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

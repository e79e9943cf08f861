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
b64_url_has_its_own_digits_and_no_padding(void **state)
{
	static const char *const bad[] = { "A", "Zh", "Zm9",
		"Zg==", "Zm8=", "Zm9v/", "+___", "Zm9vZ", "Zm 9" };
	uint8_t b[16];
	size_t n = 0;

	(void)state;
	assert_int_equal(aas_b64_url_parse("-_-_Zg", 6, b, 4, &n), AAS_OK);
	assert_int_equal(n, 4);
	assert_memory_equal(b,
	    "\xfb\xff\xbf"
	    "f",
	    4);
	assert_int_equal(
	    aas_b64_url_parse("-_-_Zg", 6, b, 3, &n), AAS_ERR_TOOBIG);
	assert_int_equal(aas_b64_url_parse("", 0, b, 0, &n), AAS_OK);
	assert_int_equal(n, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (aas_b64_url_parse(bad[i], strlen(bad[i]), b, sizeof(b),
			&n) != AAS_ERR_FORMAT)
			fail_msg("taken: %s", bad[i]);
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

static void
hex_uuid_takes_either_case_and_its_hyphens(void **state)
{
	static const uint8_t want[16] = { 0x2f, 0xc0, 0x57, 0x9f, 0x81, 0x13,
		0x47, 0xea, 0xb1, 0x16, 0xbb, 0x5a, 0x8d, 0xb9, 0x20, 0x2a };
	static const char *const bad[] = {
		"2fc0579f-8113-47ea-b116-bb5a8db9202g",
		"2fc0579f_8113-47ea-b116-bb5a8db9202a",
		"2fc0579f8113-47ea-b116-bb5a8db9202a-",
		"2fc0579f-8113-47ea-b116 bb5a8db9202a",
		"gfc0579f-8113-47ea-b116-bb5a8db9202a",
	};
	uint8_t id[16];

	(void)state;
	assert_int_equal(
	    aas_hex_uuid("2FC0579f-8113-47EA-b116-bb5a8dB9202A", id), AAS_OK);
	assert_memory_equal(id, want, 16);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (aas_hex_uuid(bad[i], id) != AAS_ERR_FORMAT)
			fail_msg("taken: %s", bad[i]);
	assert_memory_equal(id, want, 16);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(b64_vectors_of_the_rfc),
		FIXTURE_TEST(b64_one_value_has_one_text),
		FIXTURE_TEST(b64_all_bytes_come_back),
		FIXTURE_TEST(b64_url_has_its_own_digits_and_no_padding),
		FIXTURE_TEST(hex_is_lower_case_and_exact),
		FIXTURE_TEST(hex_uuid_takes_either_case_and_its_hyphens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <string.h>

#include "lib/utf8.h"
#include "tests/fixture.h"

/* Write cp as UTF-8 without asking whether it may be. */
static size_t
encode(uint32_t cp, uint8_t b[4])
{
	size_t n = cp < 0x80 ? 1 : cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
	static const uint8_t lead[5] = { 0, 0, 0xc0, 0xe0, 0xf0 };

	for (size_t i = n; i-- > 1; cp >>= 6)
		b[i] = (uint8_t)(0x80 | (cp & 0x3f));
	b[0] = (uint8_t)(lead[n] | cp);
	return n;
}

static void
utf8_every_character_and_nothing_else(void **state)
{
	uint8_t b[4];

	(void)state;
	for (uint32_t cp = 0; cp < 0x200000; cp++) {
		uint32_t got = 0;
		size_t n = encode(cp, b);
		int good = cp <= 0x10ffff && (cp < 0xd800 || cp > 0xdfff);

		if (aas_utf8_next(b, n, &got) != (good ? n : 0))
			fail_msg("U+%x", cp);
		if (good && got != cp)
			fail_msg("U+%x read as U+%x", cp, got);
		for (size_t cut = 0; cut < n; cut++) {
			if (aas_utf8_next(b, cut, &got) != 0)
				fail_msg("U+%x cut to %zu", cp, cut);
		}
	}
}

static void
utf8_overlong_and_stray_bytes_are_refused(void **state)
{
	static const char *const bad[] = { "\x80", "\xbf", "\xc0\x80",
		"\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
		"\xf0\x8f\xbf\xbf", "\xf5\x80\x80\x80", "\xff", "\xfe", "\xc3(",
		"\xe2(\xa1", "\xe2\x82(", "\xf0\x9f\x94(", "\xc3\xc3" };
	uint32_t cp = 4711;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(aas_utf8_next(bad[i], strlen(bad[i]), &cp), 0);
	assert_int_equal(cp, 4711);
}

static void
utf8_plain_is_what_a_person_sees(void **state)
{
	static const uint32_t plain[] = { ' ', 'a', '~', 0xa0, 0xe9, 0x20ac,
		0x4e2d, 0x1f511 };
	static const uint32_t hidden[] = { 0, 0x1f, 0x7f, 0x80, 0x9f, 0xad,
		0x61c, 0x200b, 0x200f, 0x2028, 0x202a, 0x202e, 0x2060, 0x2069,
		0x3164, 0xd800, 0xe000, 0xfe0f, 0xfeff, 0xfffe, 0x1ffff,
		0xe0001, 0xf0000, 0x10ffff, 0x110000, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		assert_int_equal(aas_utf8_plain(plain[i]), 1);
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		assert_int_equal(aas_utf8_plain(hidden[i]), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(utf8_every_character_and_nothing_else),
		FIXTURE_TEST(utf8_overlong_and_stray_bytes_are_refused),
		FIXTURE_TEST(utf8_plain_is_what_a_person_sees),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
